//! Statistics of permuted targets with unchanged bins.

use crate::binning::BinnedMatrix;
use crate::rng::Rng;
use crate::{Error, Workers};

use super::check_rows;

/// The permuted target.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// The statistic is the mutual information with the classes, in nats.
    Classes(super::Classes<'a>),
    /// The statistic is the share of the variance between bins.
    Values(&'a [f64]),
}

/// Return the statistic of each column for the true target, then for `n_permutations`
/// permutations: `(1 + n_permutations) * n_columns` values. All columns share the
/// permutations. The share of a constant target's variance is NaN. Permutations after the
/// deadline are omitted.
///
/// # Errors
/// [`Error::Shape`], [`Error::Cancelled`].
pub fn null_statistics(
    matrix: &BinnedMatrix,
    target: Target<'_>,
    n_permutations: usize,
    seed: u64,
    workers: &Workers,
) -> Result<Vec<f64>, Error> {
    let n = match target {
        Target::Classes(classes) => classes.codes.len(),
        Target::Values(values) => values.len(),
    };
    check_rows("y", matrix.n_rows(), n)?;
    let tables = workers.map(n_permutations + 1, |permutation| {
        if permutation > 0 && workers.is_late() {
            return Ok(Vec::new());
        }
        let mut rng = Rng::new(seed, permutation as u64);
        let statistics = match target {
            Target::Classes(classes) => {
                let mut codes = classes.codes.to_vec();
                if permutation > 0 {
                    rng.shuffle(&mut codes);
                }
                each(matrix, workers, |column| {
                    mutual(column, &codes, classes.n_classes)
                })
            }
            Target::Values(values) => {
                let mut values = values.to_vec();
                if permutation > 0 {
                    rng.shuffle(&mut values);
                }
                each(matrix, workers, |column| share(column, &values))
            }
        };
        workers.advance(1);
        statistics
    })?;
    Ok(tables.into_iter().flatten().collect())
}

fn each(
    matrix: &BinnedMatrix,
    workers: &Workers,
    statistic: impl Fn(&[u8]) -> f64,
) -> Result<Vec<f64>, Error> {
    (0..matrix.n_columns())
        .map(|column| {
            workers.check()?;
            Ok(statistic(matrix.column(column)))
        })
        .collect()
}

fn mutual(codes: &[u8], classes: &[u16], n_classes: usize) -> f64 {
    let mut cells = vec![0_u32; 256 * n_classes];
    for (&code, &class) in codes.iter().zip(classes) {
        cells[code as usize * n_classes + class as usize] += 1;
    }
    let x_ln_x = |count: u32| {
        let x = f64::from(count);
        if count > 1 { x * x.ln() } else { 0.0 }
    };
    let mut totals = vec![0_u32; n_classes];
    let mut sum = 0.0;
    for bin in cells.chunks(n_classes.max(1)) {
        let mut of_bin = 0;
        for (&cell, total) in bin.iter().zip(&mut totals) {
            sum += x_ln_x(cell);
            of_bin += cell;
            *total += cell;
        }
        sum -= x_ln_x(of_bin);
    }
    let of_classes: f64 = totals.into_iter().map(x_ln_x).sum();
    let n = codes.len() as f64;
    ((sum - of_classes) / n + n.ln()).max(0.0)
}

fn share(codes: &[u8], values: &[f64]) -> f64 {
    let n = values.len() as f64;
    // For a constant, only rounding of the mean remains.
    if values.iter().all(|value| *value == values[0]) {
        return f64::NAN;
    }
    let mean = values.iter().sum::<f64>() / n;
    let (mut sums, mut counts) = ([0.0; 256], [0_u32; 256]);
    let mut square = 0.0;
    for (&code, value) in codes.iter().zip(values) {
        let distance = value - mean;
        sums[code as usize] += distance;
        counts[code as usize] += 1;
        square += distance * distance;
    }
    let between: f64 = sums
        .iter()
        .zip(counts)
        .filter(|&(_, count)| count > 0)
        .map(|(sum, count)| sum * sum / f64::from(count))
        .sum();
    between / square
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::Progress;
    use crate::binning::{Kind, Options};
    use crate::columns::Separate;
    use crate::scoring::Classes;

    #[test]
    fn a_constant_target_has_no_variance_to_share() {
        let column: Vec<f64> = (0..100).map(|row| f64::from(row % 3)).collect();
        let table = Separate::new(vec![&column[..]]).unwrap();
        let options = Options {
            n_bins: 8,
            sample: None,
        };
        let workers = Workers::default();
        let matrix = BinnedMatrix::fit(&table, &[Kind::Numeric], options, &workers).unwrap();
        let statistics =
            null_statistics(&matrix, Target::Values(&[0.1; 100]), 2, 0, &workers).unwrap();
        assert!(
            statistics.iter().all(|value| value.is_nan()),
            "{statistics:?}"
        );
    }

    #[test]
    fn the_true_order_stands_out_where_there_is_something() {
        let codes: Vec<u16> = (0..300).map(|row| row % 3).collect();
        let values: Vec<f64> = codes.iter().map(|&code| f64::from(code)).collect();
        let table = Separate::new(vec![&values[..]]).unwrap();
        let options = Options {
            n_bins: 8,
            sample: None,
        };
        let workers = Workers::default();
        let matrix = BinnedMatrix::fit(&table, &[Kind::Numeric], options, &workers).unwrap();
        let targets = [
            Target::Classes(Classes::new(&codes, 3).unwrap()),
            Target::Values(&values),
        ];
        for (target, expected) in targets.into_iter().zip([3.0_f64.ln(), 1.0]) {
            let statistics = null_statistics(&matrix, target, 20, 0, &workers).unwrap();
            assert_eq!(statistics.len(), 21);
            assert!((statistics[0] - expected).abs() < 1e-12);
            assert!(
                statistics[1..].iter().all(|&value| value < 0.1),
                "{statistics:?}"
            );
            let progress = Progress::default();
            let late = Workers::default().watched(Some(Instant::now()), progress.clone());
            let some = null_statistics(&matrix, target, 20, 0, &late).unwrap();
            assert_eq!((some, progress.done()), (statistics[..1].to_vec(), 1));
        }
    }
}
