//! Where a numeric column is cut.

use crate::order::{key, sort_keys, value_of};
use crate::rng::Rng;
use crate::{Error, Workers};

/// Rows to find the cuts from: one of each of `size` equal stretches of the table.
pub(super) fn sample_rows(n_rows: usize, size: usize, seed: u64) -> Vec<u32> {
    let mut rng = Rng::new(seed, 0);
    let start = |part: usize| (part as u128 * n_rows as u128 / size as u128) as usize;
    (0..size)
        .map(|part| {
            let (first, end) = (start(part), start(part + 1));
            (first as u64 + rng.below((end - first) as u64)) as u32
        })
        .collect()
}

/// The largest value of each bin but the last, ascending.
///
/// Where there are no more different values than bins, each is a bin; else bins hold
/// about as many values each, and equal values are never parted.
pub(super) fn quantiles(
    values: impl Iterator<Item = f64>,
    n_bins: usize,
    workers: &Workers,
) -> Result<Vec<f64>, Error> {
    let mut keys: Vec<u64> = values.filter(|value| !value.is_nan()).map(key).collect();
    sort_keys(&mut keys, workers)?;
    let Some(&highest) = keys.last() else {
        return Ok(Vec::new());
    };
    let mut cuts = Vec::with_capacity(n_bins);
    for run in keys.chunk_by(|a, b| a == b) {
        if cuts.len() == n_bins {
            break;
        }
        cuts.push(run[0]);
    }
    if cuts.len() < n_bins || cuts.last() == Some(&highest) {
        cuts.pop();
    } else {
        cuts.clear();
        for bin in 1..n_bins {
            let cut = keys[(bin * keys.len()).div_ceil(n_bins) - 1];
            if cut < highest && cuts.last().is_none_or(|&last| last < cut) {
                cuts.push(cut);
            }
        }
    }
    Ok(cuts.into_iter().map(value_of).collect())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn found(values: impl Iterator<Item = f64>) -> Vec<f64> {
        quantiles(values, 4, &Workers::default()).unwrap()
    }

    #[test]
    fn few_values_have_a_bin_each() {
        let values = [3.0, 1.0, f64::NAN, 2.0, 1.0, f64::INFINITY];
        assert_eq!(found(values.into_iter()), [1.0, 2.0, 3.0]);
        assert_eq!(found([5.0; 9].into_iter()), []);
        assert_eq!(found([f64::NAN].into_iter()), []);
    }

    #[test]
    fn many_values_share_bins_evenly() {
        let values = (0..1000).map(f64::from);
        assert_eq!(found(values), [249.0, 499.0, 749.0]);
    }

    #[test]
    fn a_value_that_fills_several_bins_is_cut_once() {
        let values = (0..100).map(|row| if row < 90 { 0.0 } else { f64::from(row) });
        assert_eq!(found(values), [0.0]);
    }

    #[test]
    fn sampled_rows_are_spread_over_the_table() {
        let rows = sample_rows(1000, 100, 7);
        assert!((0..100).all(|part| (part * 10..part * 10 + 10).contains(&rows[part as usize])));
    }
}
