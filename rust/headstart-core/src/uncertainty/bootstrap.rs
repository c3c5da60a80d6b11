//! Scores of bootstrap resamples.
//!
//! A resample is a vector of row counts. Rows are sorted only once, for areas under the ROC
//! curve. Means of losses sum the rows' losses, and metrics of labels count the rows' pairs
//! of labels. Other metrics receive the counts as weights.

use super::resample::{Drawer, Scheme};
use crate::metrics::{ClassMetric, Classified, Counts, LabelMetric, ValueMetric, Valued};
use crate::rng::Rng;
use crate::sorting::{sort_by_key, unsigned_key};
use crate::{Error, Workers, memory};

/// Resamples per task.
const CHUNK: usize = 8;

/// Return the scores of class predictions on `n_resamples` resamples, prediction by
/// prediction, with the same resamples for all. NaN for undefined scores. Resamples after
/// the deadline are omitted.
///
/// # Errors
/// [`Error::Value`] for no resample or prediction, for predictions that differ in rows or
/// weights, and errors of the metric; [`Error::Cancelled`].
pub fn bootstrap_classes(
    metric: ClassMetric,
    predictions: &[Classified<'_>],
    scheme: Scheme<'_>,
    (n_resamples, seed): (usize, u64),
    workers: &Workers,
) -> Result<Vec<f64>, Error> {
    let Some(first) = predictions.first() else {
        return Err(Error::value("There must be at least one prediction."));
    };
    let order = match metric {
        ClassMetric::RocAuc if first.weight().is_none() => {
            Some(order_of(first.one_output("roc_auc")?, workers)?)
        }
        _ => None,
    };
    let drawer = Drawer::new(first.n_rows(), scheme, order.as_deref())?;
    let prepared = predictions
        .iter()
        .map(|rows| {
            // Report errors of the metric and the rows once.
            rows.score(metric, workers)?;
            if rows.n_rows() != first.n_rows() {
                return Err(Error::length("prediction", first.n_rows(), rows.n_rows()));
            }
            Ok(match metric {
                ClassMetric::RocAuc if rows.weight().is_none() => {
                    Prepared::Area(ranked(rows, &drawer, workers)?)
                }
                ClassMetric::LogLoss | ClassMetric::Brier => Prepared::Losses {
                    losses: rows.losses(metric, workers)?,
                    weight: rows.weight(),
                    root: false,
                },
                ClassMetric::Label(metric) => Prepared::Labels {
                    labels: rows.labels(),
                    n_classes: rows.n_classes(),
                    weight: rows.weight(),
                    metric,
                },
                _ => Prepared::Classes(*rows, metric),
            })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    resample(&prepared, &drawer, n_resamples, seed, workers)
}

/// Return the result of [`bootstrap_classes`] for predicted values.
///
/// # Errors
/// As [`bootstrap_classes`].
pub fn bootstrap_values(
    metric: ValueMetric,
    predictions: &[Valued<'_>],
    scheme: Scheme<'_>,
    (n_resamples, seed): (usize, u64),
    workers: &Workers,
) -> Result<Vec<f64>, Error> {
    let Some(first) = predictions.first() else {
        return Err(Error::value("There must be at least one prediction."));
    };
    let drawer = Drawer::new(first.n_rows(), scheme, None)?;
    let prepared = predictions
        .iter()
        .map(|rows| {
            rows.score(metric, workers)?;
            if rows.n_rows() != first.n_rows() {
                return Err(Error::length("prediction", first.n_rows(), rows.n_rows()));
            }
            Ok(match metric {
                ValueMetric::Rmse | ValueMetric::Mae => Prepared::Losses {
                    losses: rows.losses(metric),
                    weight: rows.weight(),
                    root: metric == ValueMetric::Rmse,
                },
                _ => Prepared::Values(*rows, metric),
            })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    resample(&prepared, &drawer, n_resamples, seed, workers)
}

/// The data of a prediction that do not depend on the resample.
enum Prepared<'a> {
    /// Rows by ascending score: see [`entry`].
    Area(Vec<u32>),
    Losses {
        losses: Vec<f64>,
        weight: Option<&'a [f64]>,
        root: bool,
    },
    Labels {
        labels: Vec<(u32, u32)>,
        n_classes: usize,
        weight: Option<&'a [f64]>,
        metric: LabelMetric,
    },
    Classes(Classified<'a>, ClassMetric),
    Values(Valued<'a>, ValueMetric),
}

const IS_POSITIVE: u32 = 1;
const ENDS_TIE: u32 = 2;

/// Return an entry: the unit of a row, whether it is of class 1, and whether the next has a
/// higher score.
fn entry(unit: u32, is_positive: bool, ends_tie: bool) -> u32 {
    (unit << 2) | (u32::from(ends_tie) * ENDS_TIE) | (u32::from(is_positive) * IS_POSITIVE)
}

fn order_of(scores: &[f64], workers: &Workers) -> Result<Vec<u32>, Error> {
    let mut entries: Vec<(u64, u32)> = scores
        .iter()
        .enumerate()
        .map(|(row, &score)| (unsigned_key(score), row as u32))
        .collect();
    sort_by_key(&mut entries, workers)?;
    Ok(entries.into_iter().map(|(_, row)| row).collect())
}

fn ranked(rows: &Classified<'_>, drawer: &Drawer, workers: &Workers) -> Result<Vec<u32>, Error> {
    let scores = rows.one_output("roc_auc")?;
    let order = order_of(scores, workers)?;
    Ok(order
        .iter()
        .enumerate()
        .map(|(at, &row)| {
            let row = row as usize;
            let ends_tie = order
                .get(at + 1)
                .is_none_or(|&next| scores[next as usize] != scores[row]);
            entry(drawer.unit_of(row), rows.code(row) == 1, ends_tie)
        })
        .collect())
}

fn resample(
    prepared: &[Prepared<'_>],
    drawer: &Drawer,
    n_resamples: usize,
    seed: u64,
    workers: &Workers,
) -> Result<Vec<f64>, Error> {
    if n_resamples == 0 {
        return Err(Error::value("n_resamples must be at least 1. Got 0."));
    }
    memory::check::<f64>("the scores of resamples", &[2, n_resamples, prepared.len()])?;
    let parts = workers.map_chunks(n_resamples, CHUNK, |chunk| {
        let mut counts = vec![0; drawer.n_units()];
        let mut scores = Vec::with_capacity(chunk.len() * prepared.len());
        for resample in chunk {
            workers.check()?;
            if workers.is_late() {
                break;
            }
            workers.advance(1);
            drawer.draw(&mut Rng::new(seed, resample as u64), &mut counts);
            for one in prepared {
                scores.push(one.score(&counts, drawer)?);
            }
        }
        Ok(scores)
    })?;
    let by_resample = parts.concat();
    let n_predictions = prepared.len();
    Ok((0..n_predictions)
        .flat_map(|one| by_resample.iter().skip(one).step_by(n_predictions).copied())
        .collect())
}

impl Prepared<'_> {
    fn score(&self, counts: &[u32], drawer: &Drawer) -> Result<f64, Error> {
        let times = |row: usize| f64::from(counts[drawer.unit_of(row) as usize]);
        let weights = |weight: Option<&[f64]>, n_rows: usize| -> Vec<f64> {
            (0..n_rows)
                .map(|row| times(row) * weight.map_or(1.0, |weight| weight[row]))
                .collect()
        };
        // Resamples already run in parallel.
        let workers = Workers::default();
        Ok(match self {
            Self::Area(entries) => area(entries, counts),
            Self::Losses {
                losses,
                weight,
                root,
            } => {
                let (mut sum, mut total) = (0.0, 0.0);
                for (row, loss) in losses.iter().enumerate() {
                    let times = times(row) * weight.map_or(1.0, |weight| weight[row]);
                    sum += times * loss;
                    total += times;
                }
                let mean = sum / total;
                if *root { mean.sqrt() } else { mean }
            }
            Self::Labels {
                labels,
                n_classes,
                weight,
                metric,
            } => {
                let mut class_counts = Counts::zero(*n_classes);
                for (row, &(code, label)) in labels.iter().enumerate() {
                    let times = times(row) * weight.map_or(1.0, |weight| weight[row]);
                    class_counts.add_rows(code as usize, label as usize, times);
                }
                class_counts.score(*metric)?
            }
            Self::Classes(rows, metric) => {
                let weight = weights(rows.weight(), rows.n_rows());
                rows.weighted(&weight).score(*metric, &workers)?
            }
            Self::Values(rows, metric) => {
                let weight = weights(rows.weight(), rows.n_rows());
                rows.weighted(&weight).score(*metric, &workers)?
            }
        })
    }
}

/// Return the area of rows in ascending order of their scores, with their counts.
fn area(entries: &[u32], counts: &[u32]) -> f64 {
    let (mut positive, mut negative) = (0_u64, 0_u64);
    let (mut all_positive, mut below, mut twice) = (0_u64, 0_u64, 0_u64);
    for &entry in entries {
        let count = u64::from(counts[(entry >> 2) as usize]);
        // The count of a positive row, 0 for others.
        let positive_count = count & u64::from(entry & IS_POSITIVE).wrapping_neg();
        positive += positive_count;
        negative += count - positive_count;
        if entry & ENDS_TIE != 0 {
            twice += positive * (2 * below + negative);
            all_positive += positive;
            below += negative;
            (positive, negative) = (0, 0);
        }
    }
    // Without one of the classes, 0 / 0 is NaN.
    twice as f64 / (2.0 * all_positive as f64 * below as f64)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::Progress;

    /// Each quick way against the general one, which gives the metric weights.
    #[test]
    fn quick_ways_are_the_general_one() {
        let mut rng = Rng::new(4, 0);
        let n_rows = 60;
        let y: Vec<i64> = (0..n_rows).map(|_| rng.below(2) as i64).collect();
        let p: Vec<f64> = (0..n_rows)
            .map(|_| (rng.uniform() * 9.0).round() / 9.0)
            .collect();
        let groups: Vec<i64> = (0..n_rows as i64).map(|row| row / 4).collect();
        let rows = Classified::new(&y, &p, 1, None).unwrap();
        let workers = Workers::default();
        for scheme in [Scheme::Rows, Scheme::Strata(&y), Scheme::Groups(&groups)] {
            for name in ["roc_auc", "log_loss", "brier", "f1", "kappa"] {
                let metric = name.parse().unwrap();
                let actual =
                    bootstrap_classes(metric, &[rows, rows], scheme, (9, 5), &workers).unwrap();
                assert_eq!(actual[..9], actual[9..]);
                let late = Workers::default().watched(Some(Instant::now()), Progress::default());
                let none = bootstrap_classes(metric, &[rows], scheme, (9, 5), &late);
                assert_eq!(none, Ok(Vec::new()));
                let order = order_of(&p, &workers).unwrap();
                let order = (name == "roc_auc").then_some(order.as_slice());
                let drawer = Drawer::new(n_rows, scheme, order).unwrap();
                let general = [Prepared::Classes(rows, metric)];
                let expected = resample(&general, &drawer, 9, 5, &workers).unwrap();
                for (value, expected) in actual.iter().zip(expected) {
                    assert!(
                        (value - expected).abs() < 1e-12,
                        "{name}: {value}, {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn values_are_resampled_alike() {
        let y: Vec<f64> = (0..30).map(|row| f64::from(row % 7)).collect();
        let p: Vec<f64> = (0..30).map(|row| f64::from(row % 5)).collect();
        let rows = Valued::new(&y, &p, None).unwrap();
        let workers = Workers::default();
        for metric in [ValueMetric::Rmse, ValueMetric::Mae] {
            let actual = bootstrap_values(metric, &[rows], Scheme::Rows, (5, 1), &workers).unwrap();
            let drawer = Drawer::new(30, Scheme::Rows, None).unwrap();
            let general = [Prepared::Values(rows, metric)];
            let expected = resample(&general, &drawer, 5, 1, &workers).unwrap();
            for (value, expected) in actual.iter().zip(expected) {
                assert!((value - expected).abs() < 1e-12);
            }
        }
    }
}
