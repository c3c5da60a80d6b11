//! Sums whose bits do not depend on the number of threads.

use std::ops::Range;

use crate::{Error, Workers};

/// Rows per task: large enough for a task, small enough to notice a cancellation.
pub(super) const CHUNK: usize = 1 << 14;

const LANES: usize = 8;

/// Return the sum of `term(row)` over `0..n_rows`.
pub(super) fn sum<F>(n_rows: usize, workers: &Workers, term: F) -> Result<f64, Error>
where
    F: Fn(usize) -> f64 + Sync,
{
    let parts = workers.map_chunks(n_rows, CHUNK, |rows| Ok(sum_lanes(rows, &term)))?;
    Ok(parts.into_iter().sum())
}

/// Return the mean of `term(row)`, weighted if there are weights.
pub(super) fn mean<F>(
    n_rows: usize,
    weight: Option<&[f64]>,
    workers: &Workers,
    term: F,
) -> Result<f64, Error>
where
    F: Fn(usize) -> f64 + Sync,
{
    match weight {
        None => Ok(sum(n_rows, workers, term)? / n_rows as f64),
        Some(weight) => {
            let total = sum(n_rows, workers, |row| weight[row])?;
            Ok(sum(n_rows, workers, |row| weight[row] * term(row))? / total)
        }
    }
}

/// Return a sum in eight lanes, which the compiler may vectorise, with the same bits on
/// every machine.
fn sum_lanes(rows: Range<usize>, term: impl Fn(usize) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    let whole = rows.start + rows.len() / LANES * LANES;
    for start in (rows.start..whole).step_by(LANES) {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            *sum += term(start + lane);
        }
    }
    for (lane, row) in (whole..rows.end).enumerate() {
        lanes[lane] += term(row);
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn every_row_counts_once() {
        for n_rows in [1, 7, 8, 9, CHUNK, CHUNK + 1, 3 * CHUNK - 5] {
            let total = sum(n_rows, &Workers::default(), |row| row as f64).unwrap();
            assert_eq!(total, (n_rows * (n_rows - 1) / 2) as f64);
        }
    }

    #[test]
    fn a_weighted_mean_divides_by_the_weights() {
        let result = mean(3, Some(&[1.0, 0.0, 3.0]), &Workers::default(), |row| {
            row as f64
        });
        assert_eq!(result, Ok(1.5));
    }
}
