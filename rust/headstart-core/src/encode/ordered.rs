//! Means of the target over earlier rows in a random order.

use std::sync::{Mutex, PoisonError};

use super::target::{Encoded, Target};
use super::{Category, check_rows};
use crate::rng::Rng;
use crate::{Error, Workers};

/// Encode columns by prefix means, with `CatBoost`'s method.
///
/// `seed` determines the order of the rows. The value of a row is the mean target of
/// earlier rows of its group, mixed with `smoothing` rows of the mean of all earlier rows.
/// The first row has no earlier row: its value is NaN. `out` and the tables are as in
/// [`super::encode_target`].
///
/// # Errors
/// If lengths differ, the target is not as [`Target`] says, `smoothing` is negative, or
/// the work was cancelled.
pub fn encode_ordered(
    columns: &[Category<'_>],
    target: Target<'_>,
    smoothing: f64,
    seed: u64,
    out: &mut [f64],
    workers: &Workers,
) -> Result<Vec<Encoded>, Error> {
    target.check()?;
    let (n_rows, n_outputs) = (target.len(), target.n_outputs());
    check_rows("out", columns.len() * n_outputs * n_rows, out.len())?;
    for column in columns {
        check_rows("codes", n_rows, column.codes.len())?;
    }
    if !(smoothing >= 0.0 && smoothing.is_finite()) {
        return Err(Error::value("smoothing must be finite and at least 0."));
    }
    let n_codes = u32::try_from(n_rows).map_err(|_| Error::value("Too many rows."))?;
    let mut order: Vec<u32> = (0..n_codes).collect();
    Rng::new(seed, 0).shuffle(&mut order);
    let hit = |row: usize, output: usize| match target {
        Target::Values(values) => values[row],
        Target::Classes(codes, _) => {
            f64::from(u8::from(codes[row] as usize == target.class_of(output)))
        }
    };
    let slots: Vec<Mutex<&mut [f64]>> = out
        .chunks_mut((n_outputs * n_rows).max(1))
        .map(Mutex::new)
        .collect();
    workers.map(columns.len(), |index| {
        let mut out = slots[index].lock().unwrap_or_else(PoisonError::into_inner);
        let column = columns[index];
        let mut table = Vec::with_capacity(n_outputs * (column.n_groups + 1));
        for output in 0..n_outputs {
            workers.check()?;
            let out = &mut out[output * n_rows..][..n_rows];
            let mut groups = vec![(0.0, 0.0); column.n_groups];
            let (mut n_before, mut sum_before) = (0.0, 0.0);
            for &row in &order {
                let row = row as usize;
                let (n, sum) = &mut groups[column.codes[row] as usize];
                out[row] = mixed(*n, *sum, smoothing, sum_before / n_before);
                let value = hit(row, output);
                *n += 1.0;
                *sum += value;
                n_before += 1.0;
                sum_before += value;
            }
            let prior = sum_before / n_before;
            table.extend(
                groups
                    .iter()
                    .map(|&(n, sum)| mixed(n, sum, smoothing, prior)),
            );
            table.push(prior);
        }
        Ok(Encoded { table })
    })
}

fn mixed(n: f64, sum: f64, smoothing: f64, prior: f64) -> f64 {
    if n + smoothing > 0.0 {
        (sum + smoothing * prior) / (n + smoothing)
    } else {
        prior
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn encode(y: &[f64], codes: &[u32], seed: u64) -> (Vec<f64>, Vec<f64>) {
        let column = Category::new(codes, 3).unwrap();
        let mut out = vec![0.0; y.len()];
        let workers = Workers::default();
        let target = Target::Values(y);
        let encoded = encode_ordered(&[column], target, 1.0, seed, &mut out, &workers);
        (out, encoded.unwrap().remove(0).table)
    }

    #[test]
    fn values_are_prefix_means_in_the_order_of_the_seed() {
        let (codes, y) = ([0, 1, 0, 0, 1], [1.0, 2.0, 4.0, 8.0, 16.0]);
        let (out, table) = encode(&y, &codes, 5);
        let mut order: Vec<u32> = (0..5).collect();
        Rng::new(5, 0).shuffle(&mut order);
        for (place, &row) in order.iter().enumerate() {
            let before: Vec<usize> = order[..place].iter().map(|&r| r as usize).collect();
            let row = row as usize;
            if before.is_empty() {
                assert!(out[row].is_nan());
                continue;
            }
            let prior = before.iter().map(|&r| y[r]).sum::<f64>() / before.len() as f64;
            let level_values: Vec<f64> = before
                .iter()
                .filter(|&&r| codes[r] == codes[row])
                .map(|&r| y[r])
                .collect();
            let expected =
                (level_values.iter().sum::<f64>() + prior) / (level_values.len() as f64 + 1.0);
            assert!((out[row] - expected).abs() < 1e-12);
        }
        assert!((table[0] - (13.0 + 6.2) / 4.0).abs() < 1e-12);
        assert!((table[2] - 6.2).abs() < 1e-12);
        assert_eq!(table[2], table[3]);
    }

    #[test]
    fn an_own_target_changes_no_bit_of_an_own_value() {
        let codes = [0, 1, 2, 0, 1, 2, 0, 0];
        let y = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
        let (before, _) = encode(&y, &codes, 1);
        for row in 0..8 {
            let mut changed = y;
            changed[row] = -1e30;
            let (after, _) = encode(&changed, &codes, 1);
            assert_eq!(before[row].to_bits(), after[row].to_bits());
        }
    }
}
