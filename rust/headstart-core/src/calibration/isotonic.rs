//! Isotonic regression: the increasing function nearest to the data.

use super::{check_finite, check_rows};
use crate::sorting::{sort_by_key, unsigned_key, value_of};
use crate::{Error, Workers};

/// Ascending values of `x`, and the function's values there.
pub type Corners = (Vec<f64>, Vec<f64>);

/// Fit an increasing function by pooling adjacent violators.
///
/// Returns the corners of the function. It is linear between them, and constant outside.
/// Rows with equal `x` count as one row with their weighted mean.
///
/// # Errors
/// [`Error::Shape`] if lengths differ; [`Error::Value`] for no rows, numbers that are not
/// finite, or invalid weights; [`Error::Cancelled`].
pub fn fit_isotonic(
    x: &[f64],
    y: &[f64],
    weight: Option<&[f64]>,
    workers: &Workers,
) -> Result<Corners, Error> {
    check_rows("y", y, x.len(), weight)?;
    check_finite("x", x)?;
    if weight.is_none() && y.iter().all(|&y| y == 0.0 || y == 1.0) {
        return of_outcomes(x, y, workers);
    }
    // Payloads are sorted with the keys: a lookup afterwards would cost more.
    if let Some(weight) = weight {
        let rows = x.iter().zip(y).zip(weight);
        let mut entries: Vec<(u64, (f64, f64))> = rows
            .filter(|&(_, &weight)| weight > 0.0)
            .map(|((&x, &y), &weight)| (unsigned_key(x), (weight * y, weight)))
            .collect();
        sort_by_key(&mut entries, workers)?;
        pool(entries.into_iter(), workers)
    } else {
        let mut entries: Vec<(u64, f64)> = x
            .iter()
            .zip(y)
            .map(|(&x, &y)| (unsigned_key(x), y))
            .collect();
        sort_by_key(&mut entries, workers)?;
        pool(entries.into_iter().map(|(key, y)| (key, (y, 1.0))), workers)
    }
}

/// Fit outcomes of 0 and 1, whose keys are sorted separately and without payload.
fn of_outcomes(x: &[f64], y: &[f64], workers: &Workers) -> Result<Corners, Error> {
    let (mut ones, mut zeros) = (vec![(0, ()); x.len()], vec![(0, ()); x.len()]);
    let (mut n_ones, mut n_zeros) = (0, 0);
    for (&x, &y) in x.iter().zip(y) {
        // Each key is written to both ends, and one end advances: there is no branch to
        // predict.
        let key = unsigned_key(x);
        ones[n_ones].0 = key;
        zeros[n_zeros].0 = key;
        n_ones += usize::from(y == 1.0);
        n_zeros += usize::from(y != 1.0);
    }
    ones.truncate(n_ones);
    zeros.truncate(n_zeros);
    sort_by_key(&mut ones, workers)?;
    sort_by_key(&mut zeros, workers)?;
    let (mut one, mut zero) = (0, 0);
    let merged = std::iter::from_fn(|| {
        let (next_one, next_zero) = match (ones.get(one), zeros.get(zero)) {
            (None, None) => return None,
            (a, b) => (a.map_or(u64::MAX, |a| a.0), b.map_or(u64::MAX, |b| b.0)),
        };
        let is_one = next_one < next_zero;
        one += usize::from(is_one);
        zero += usize::from(!is_one);
        Some((next_one.min(next_zero), (f64::from(is_one), 1.0)))
    });
    pool(merged, workers)
}

/// Consecutive rows in `x` that share a value of the function.
struct Block {
    sum: f64,
    weight: f64,
    mean: f64,
    first: u64,
    last: u64,
}

fn pool(
    entries: impl Iterator<Item = (u64, (f64, f64))>,
    workers: &Workers,
) -> Result<Corners, Error> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut entries = entries.peekable();
    let mut n_seen = 0_usize;
    while let Some((key, (mut sum, mut weight))) = entries.next() {
        while let Some((_, more)) = entries.next_if(|next| next.0 == key) {
            sum += more.0;
            weight += more.1;
        }
        n_seen += 1;
        if n_seen % (1 << 16) == 0 {
            workers.check()?;
        }
        let mut block = Block {
            sum,
            weight,
            mean: sum / weight,
            first: key,
            last: key,
        };
        while let Some(before) = blocks.pop() {
            if before.mean < block.mean {
                blocks.push(before);
                break;
            }
            block.sum += before.sum;
            block.weight += before.weight;
            block.mean = block.sum / block.weight;
            block.first = before.first;
        }
        blocks.push(block);
    }
    let (mut corners, mut values) = (Vec::new(), Vec::new());
    for block in &blocks {
        corners.push(value_of(block.first));
        values.push(block.mean);
        if block.last != block.first {
            corners.push(value_of(block.last));
            values.push(block.mean);
        }
    }
    Ok((corners, values))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn violators_are_pooled() {
        let fitted = fit_isotonic(
            &[3.0, 1.0, 2.0, 4.0],
            &[2.0, 1.0, 3.0, 5.0],
            None,
            &Workers::default(),
        );
        assert_eq!(
            fitted,
            Ok((vec![1.0, 2.0, 3.0, 4.0], vec![1.0, 2.5, 2.5, 5.0]))
        );
    }

    #[test]
    fn equal_values_are_one_row() {
        let fitted = fit_isotonic(
            &[1.0, 1.0, 0.0],
            &[1.0, 0.0, 0.0],
            Some(&[3.0, 1.0, 2.0]),
            &Workers::default(),
        );
        assert_eq!(fitted, Ok((vec![0.0, 1.0], vec![0.0, 0.75])));
    }

    proptest! {
        #[test]
        fn the_function_rises_and_keeps_the_mean(
            rows in prop::collection::vec((0_u8..20, 0.0_f64..1.0, 0_u8..4), 1..60),
        ) {
            let x: Vec<f64> = rows.iter().map(|row| f64::from(row.0)).collect();
            let y: Vec<f64> = rows.iter().map(|row| row.1).collect();
            let mut w: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect();
            w[0] = 1.0;
            let (corners, values) =
                fit_isotonic(&x, &y, Some(&w), &Workers::default()).unwrap();
            prop_assert!(corners.is_sorted_by(|a, b| a < b));
            prop_assert!(values.is_sorted());
            let at = |x: f64| {
                let right = corners.partition_point(|&corner| corner < x);
                values[right.min(values.len() - 1)]
            };
            let (mut fitted, mut expected) = (0.0, 0.0);
            for row in 0..x.len() {
                if w[row] > 0.0 {
                    fitted += w[row] * at(x[row]);
                    expected += w[row] * y[row];
                }
            }
            prop_assert!((fitted - expected).abs() < 1e-9);
        }
    }
}
