//! Metrics of predicted labels: all from the rows of each class that were truly, by
//! prediction, and by both in it.

use super::Classified;
use super::sums::CHUNK;
use crate::{Error, Workers};

/// Rows of each class, or their weight.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Counts {
    truth: Vec<f64>,
    predicted: Vec<f64>,
    both: Vec<f64>,
}

/// Count rows by class. The predicted label is the likeliest class, of equal ones the
/// first: class 1 of two where its probability is above one half.
pub(super) fn count(rows: &Classified<'_>, workers: &Workers) -> Result<Counts, Error> {
    let n_classes = rows.n_classes();
    let parts = workers.map_chunks(rows.y.len(), CHUNK, |chunk| {
        let mut counts = Counts::zero(n_classes);
        match rows.weight {
            None if rows.n_outputs == 1 => {
                let y = &rows.y[chunk.clone()];
                let prediction = &rows.prediction[chunk];
                let (mut truth, mut predicted, mut both) = (0_u64, 0_u64, 0_u64);
                // No branches and no table: this is the search's most frequent case.
                for (&code, &probability) in y.iter().zip(prediction) {
                    let found = probability > 0.5;
                    truth += u64::from(code == 1);
                    predicted += u64::from(found);
                    both += u64::from((code == 1) & found);
                }
                let n_rows = y.len() as u64;
                counts.truth = vec![(n_rows - truth) as f64, truth as f64];
                counts.predicted = vec![(n_rows - predicted) as f64, predicted as f64];
                counts.both = vec![(n_rows + both - truth - predicted) as f64, both as f64];
            }
            weight => {
                for row in chunk {
                    let weight = weight.map_or(1.0, |weight| weight[row]);
                    let code = rows.y[row] as usize;
                    let label = label_of(rows, row);
                    counts.truth[code] += weight;
                    counts.predicted[label] += weight;
                    if code == label {
                        counts.both[code] += weight;
                    }
                }
            }
        }
        Ok(counts)
    })?;
    let mut total = Counts::zero(n_classes);
    for part in &parts {
        total.add(part);
    }
    Ok(total)
}

#[inline]
fn label_of(rows: &Classified<'_>, row: usize) -> usize {
    if rows.n_outputs == 1 {
        return usize::from(rows.prediction[row] > 0.5);
    }
    let probabilities = &rows.prediction[row * rows.n_outputs..(row + 1) * rows.n_outputs];
    let mut label = 0;
    for class in 1..probabilities.len() {
        if probabilities[class] > probabilities[label] {
            label = class;
        }
    }
    label
}

impl Counts {
    fn zero(n_classes: usize) -> Self {
        Self {
            truth: vec![0.0; n_classes],
            predicted: vec![0.0; n_classes],
            both: vec![0.0; n_classes],
        }
    }

    fn add(&mut self, other: &Self) {
        for (mine, theirs) in [
            (&mut self.truth, &other.truth),
            (&mut self.predicted, &other.predicted),
            (&mut self.both, &other.both),
        ] {
            for (sum, term) in mine.iter_mut().zip(theirs) {
                *sum += term;
            }
        }
    }

    fn total(&self) -> f64 {
        self.truth.iter().sum()
    }

    fn right(&self) -> f64 {
        self.both.iter().sum()
    }

    pub(super) fn accuracy(&self) -> f64 {
        self.right() / self.total()
    }

    /// The mean share found of the classes that have rows.
    pub(super) fn balanced_accuracy(&self) -> f64 {
        mean(
            self.both
                .iter()
                .zip(&self.truth)
                .filter(|&(_, &truth)| truth > 0.0)
                .map(|(both, truth)| both / truth),
        )
    }

    /// F1 of one class; 0 where it was neither there nor predicted.
    pub(super) fn f1(&self, class: usize) -> f64 {
        let sum = self.truth[class] + self.predicted[class];
        if sum > 0.0 {
            2.0 * self.both[class] / sum
        } else {
            0.0
        }
    }

    /// The mean F1 of the classes that were there or predicted.
    pub(super) fn f1_macro(&self) -> f64 {
        mean(
            (0..self.truth.len())
                .filter(|&class| self.truth[class] + self.predicted[class] > 0.0)
                .map(|class| self.f1(class)),
        )
    }

    pub(super) fn f1_weighted(&self) -> f64 {
        let sum: f64 = (0..self.truth.len())
            .map(|class| self.truth[class] * self.f1(class))
            .sum();
        sum / self.total()
    }

    /// 0 where all labels, true or predicted, are the same.
    pub(super) fn matthews_correlation(&self) -> f64 {
        let total = self.total();
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let covariance = self.right() * total - product(&self.truth, &self.predicted);
        let variance_predicted = total * total - product(&self.predicted, &self.predicted);
        let variance_truth = total * total - product(&self.truth, &self.truth);
        let both = variance_predicted * variance_truth;
        // With weights, a variance of 0 can come out as a rounding error around it.
        if variance_predicted > 1e-12 * total * total && variance_truth > 1e-12 * total * total {
            covariance / both.sqrt()
        } else {
            0.0
        }
    }

    /// NaN where all labels, true and predicted, are the same.
    pub(super) fn kappa(&self) -> f64 {
        let total = self.total();
        let chance: f64 = self
            .truth
            .iter()
            .zip(&self.predicted)
            .map(|(truth, predicted)| truth * predicted)
            .sum::<f64>()
            / total;
        let expected = total - chance;
        if expected > 1e-12 * total {
            1.0 - (total - self.right()) / expected
        } else {
            f64::NAN
        }
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0_usize), |(sum, count), value| {
        (sum + value, count + 1)
    });
    sum / count as f64
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn the_branchless_count_is_the_general_one() {
        let y: Vec<i64> = (0..100).map(|row| i64::from(row % 3 == 0)).collect();
        let prediction: Vec<f64> = (0..100)
            .map(|row| f64::from(row * 37 % 100) / 100.0)
            .collect();
        let unit = vec![1.0; 100];
        let plain = Classified::new(&y, &prediction, 1, None).unwrap();
        let weighted = Classified::new(&y, &prediction, 1, Some(&unit)).unwrap();
        let workers = Workers::default();
        assert_eq!(
            count(&plain, &workers).unwrap(),
            count(&weighted, &workers).unwrap()
        );
    }

    #[test]
    fn one_half_and_equal_probabilities_go_to_the_first_class() {
        let rows = Classified::new(&[0], &[0.5], 1, None).unwrap();
        assert_eq!(label_of(&rows, 0), 0);
        let rows = Classified::new(&[0], &[0.2, 0.4, 0.4], 3, None).unwrap();
        assert_eq!(label_of(&rows, 0), 1);
    }

    #[test]
    fn a_constant_prediction_has_no_correlation_and_no_kappa() {
        let rows = Classified::new(&[0, 1, 1], &[0.9, 0.9, 0.9], 1, None).unwrap();
        let counts = count(&rows, &Workers::default()).unwrap();
        assert_eq!(counts.matthews_correlation(), 0.0);
        assert!(counts.kappa().abs() < 1e-15);
    }
}
