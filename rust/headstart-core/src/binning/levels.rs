//! The bins of a categorical column's levels.

use crate::Error;

use super::{MAX_BINS, MISSING};

/// Largest number of levels of a column. A column with more is an identifier.
const LIMIT: usize = 1 << 24;

/// Return the level of a code, `None` for missing values.
#[inline]
fn level(code: f64) -> Option<usize> {
    (code >= 0.0 && code < LIMIT as f64).then_some(code as usize)
}

/// Return the bin of each level.
///
/// Up to `n_bins` levels are bins in their order. If there are more, the `n_bins - 1` most
/// frequent levels are bins, in the order of their codes, and the others share the last
/// bin. Of equally frequent levels, the one with the lower code comes first.
pub(super) fn bins_of_levels(codes: &[f64], n_bins: usize) -> Result<Vec<u8>, Error> {
    let mut counts: Vec<u64> = Vec::new();
    for &code in codes {
        if code.is_nan() || code < 0.0 {
            continue;
        }
        let level = level(code)
            .filter(|&level| level as f64 == code)
            .ok_or_else(|| {
                Error::value(format!(
                    "Codes of a categorical column must be whole numbers below {LIMIT}, \
                     negative or NaN where missing. Got {code} instead."
                ))
            })?;
        if level >= counts.len() {
            counts.resize(level + 1, 0);
        }
        counts[level] += 1;
    }
    debug_assert!(n_bins <= MAX_BINS);
    if counts.len() <= n_bins {
        return Ok((0..counts.len()).map(|level| level as u8).collect());
    }
    let mut by_count: Vec<usize> = (0..counts.len()).collect();
    by_count.sort_unstable_by_key(|&level| (std::cmp::Reverse(counts[level]), level));
    let others = (n_bins - 1) as u8;
    let mut bins = vec![others; counts.len()];
    let frequent = &mut by_count[..n_bins - 1];
    frequent.sort_unstable();
    for (&mut level, bin) in frequent.iter_mut().zip(0..) {
        bins[level] = bin;
    }
    Ok(bins)
}

/// Write the bins of codes. An unseen level is in the shared bin if there is one, else
/// missing.
pub(super) fn find(codes: &[f64], bins: &[u8], n_bins: usize, out: &mut [u8]) {
    let unseen = if bins.len() > n_bins {
        (n_bins - 1) as u8
    } else {
        MISSING
    };
    for (&code, bin) in codes.iter().zip(out) {
        *bin = match level(code) {
            Some(level) => bins.get(level).copied().unwrap_or(unseen),
            None if code >= 0.0 => unseen,
            None => MISSING,
        };
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn few_levels_are_bins_in_their_order() {
        assert_eq!(
            bins_of_levels(&[2.0, f64::NAN, 0.0, -1.0], 4),
            Ok(vec![0, 1, 2])
        );
    }

    #[test]
    fn rare_levels_share_the_last_bin() {
        let codes = [3.0, 3.0, 1.0, 1.0, 0.0, 2.0, 4.0, 4.0, 4.0];
        let bins = bins_of_levels(&codes, 3).unwrap();
        assert_eq!(bins, [2, 0, 2, 2, 1]);
        // By count: 4, then 1 before 3.
        let mut out = [0; 3];
        find(&[9.0, 1.0, f64::NAN], &bins, 3, &mut out);
        assert_eq!(out, [2, 0, MISSING]);
    }

    #[test]
    fn a_code_that_is_no_whole_number_is_refused() {
        let message = bins_of_levels(&[0.5], 4).unwrap_err().to_string();
        assert!(message.contains("Got 0.5"), "{message}");
    }
}
