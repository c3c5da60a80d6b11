//! Cuts of numeric columns.

use crate::order::{key, sort_keys, value_of};
use crate::rng::Rng;
use crate::{Error, Workers};

use super::PIECE;

/// Return sampled rows for the cuts: one from each of `size` equal parts of the table.
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

/// Return the largest value of each bin but the last, ascending.
///
/// If there are at most as many distinct values as bins, each value is a bin. Otherwise,
/// bins have about equally many values, and equal values share a bin.
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

/// Return the cuts of a column with at most `n_bins` distinct values, each of which is a
/// bin; `None` if there are more values.
///
/// It reads all rows, because a sample can miss rare values. It stops at the first value
/// above the limit.
pub(super) fn of_few_values(
    values: &[f64],
    n_bins: usize,
    workers: &Workers,
) -> Result<Option<Vec<f64>>, Error> {
    let mut distinct = Distinct::new(n_bins);
    for values in values.chunks(PIECE) {
        workers.check()?;
        if !distinct.add(values) {
            return Ok(None);
        }
    }
    let mut keys = distinct.keys;
    keys.sort_unstable();
    keys.pop();
    Ok(Some(keys.into_iter().map(value_of).collect()))
}

/// A hash set of distinct values with open addressing, up to a limit.
struct Distinct {
    /// Slots of the table hold a key, or `EMPTY`.
    slots: Box<[u64; N_SLOTS]>,
    keys: Vec<u64>,
    limit: usize,
}

/// Four times the largest number of keys, so that probes are short.
const N_SLOTS: usize = 1 << 10;

/// The key of a NaN, which is never in the table.
const EMPTY: u64 = u64::MAX;

impl Distinct {
    fn new(limit: usize) -> Self {
        Self {
            slots: Box::new([EMPTY; N_SLOTS]),
            keys: Vec::with_capacity(limit),
            limit,
        }
    }

    /// Add values; return false if there are more distinct values than the limit.
    fn add(&mut self, values: &[f64]) -> bool {
        let mut last = EMPTY;
        for &value in values {
            let key = key(value);
            if key == last || value.is_nan() {
                continue;
            }
            last = key;
            let mixed = (key ^ key >> 32).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let mut slot = (mixed >> (u64::BITS - N_SLOTS.ilog2())) as usize;
            while self.slots[slot] != key {
                if self.slots[slot] == EMPTY {
                    if self.keys.len() == self.limit {
                        return false;
                    }
                    self.slots[slot] = key;
                    self.keys.push(key);
                    break;
                }
                slot = (slot + 1) % N_SLOTS;
            }
        }
        true
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_told_from_many() {
        let few =
            |values: &[f64], n_bins| of_few_values(values, n_bins, &Workers::default()).unwrap();
        let values = [3.0, -0.0, f64::NAN, 0.0, 1.0, f64::NEG_INFINITY];
        assert_eq!(few(&values, 4), Some(vec![f64::NEG_INFINITY, 0.0, 1.0]));
        assert_eq!(few(&values, 3), None);
        assert_eq!(few(&[f64::NAN], 2), Some(vec![]));
        let many: Vec<f64> = (0..2_550).map(|row| f64::from(row % 255) * 0.1).collect();
        assert_eq!(few(&many, 255).map(|cuts| cuts.len()), Some(254));
        assert_eq!(few(&many, 254), None);
    }

    fn cuts_of(values: impl Iterator<Item = f64>) -> Vec<f64> {
        quantiles(values, 4, &Workers::default()).unwrap()
    }

    #[test]
    fn few_values_have_a_bin_each() {
        let values = [3.0, 1.0, f64::NAN, 2.0, 1.0, f64::INFINITY];
        assert_eq!(cuts_of(values.into_iter()), [1.0, 2.0, 3.0]);
        assert!(cuts_of([5.0; 9].into_iter()).is_empty());
        assert!(cuts_of([f64::NAN].into_iter()).is_empty());
    }

    #[test]
    fn many_values_share_bins_evenly() {
        let values = (0..1000).map(f64::from);
        assert_eq!(cuts_of(values), [249.0, 499.0, 749.0]);
    }

    #[test]
    fn a_value_that_fills_several_bins_is_cut_once() {
        let values = (0..100).map(|row| if row < 90 { 0.0 } else { f64::from(row) });
        assert_eq!(cuts_of(values), [0.0]);
    }

    #[test]
    fn sampled_rows_are_spread_over_the_table() {
        let rows = sample_rows(1000, 100, 7);
        assert!((0..100).all(|part| (part * 10..part * 10 + 10).contains(&rows[part as usize])));
    }
}
