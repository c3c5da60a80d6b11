//! Metrics of predicted labels, from the number of rows of each class by truth, by
//! prediction, and by both.

use std::ops::Range;

use super::sums::CHUNK;
use super::{Average, Classified, LabelMetric};
use crate::{Error, Workers, memory};

/// Largest number of classes for counting in a table of pairs, with one increment per row.
const TABLE_CLASSES: usize = 64;

/// Number of rows of each class, or their weight.
#[derive(Debug, Clone, PartialEq)]
pub struct Counts {
    truth: Vec<f64>,
    predicted: Vec<f64>,
    both: Vec<f64>,
    /// Sum of squared distances of true and predicted codes.
    distance: f64,
}

/// Count rows by class. The predicted label is the most probable class, the first of ties:
/// class 1 of two if its probability is above one half.
pub(super) fn count(rows: &Classified<'_>, workers: &Workers) -> Result<Counts, Error> {
    let n_classes = rows.n_classes();
    if rows.n_outputs == 1 {
        return count_by(rows.y.len(), n_classes, rows.weight, workers, |chunk| {
            let prediction = rows.prediction[chunk.clone()].iter();
            let labels = prediction.map(|&p| i64::from(p > 0.5));
            rows.y[chunk].iter().copied().zip(labels)
        });
    }
    count_by(rows.y.len(), n_classes, rows.weight, workers, |chunk| {
        chunk.map(|row| (rows.y[row], label_of(rows, row) as i64))
    })
}

/// Count the true and predicted labels, below `n_classes`, that `labels` returns for a
/// range of rows.
pub(super) fn count_by<I: Iterator<Item = (i64, i64)>>(
    n_rows: usize,
    n_classes: usize,
    weight: Option<&[f64]>,
    workers: &Workers,
    labels: impl Fn(Range<usize>) -> I + Sync,
) -> Result<Counts, Error> {
    // A chunk must be larger than its counts.
    let parts = workers.map_chunks(n_rows, CHUNK.max(n_classes), |chunk| {
        let mut counts = Counts::zero(n_classes);
        match weight {
            None if n_classes == 2 => {
                // The most frequent case in a search, without branches and tables.
                let n_rows = chunk.len() as u64;
                let (mut truth, mut predicted, mut both) = (0_u64, 0_u64, 0_u64);
                for (code, label) in labels(chunk) {
                    truth += code as u64;
                    predicted += label as u64;
                    both += (code & label) as u64;
                }
                counts = Counts::of_two(n_rows, [truth, predicted, both]);
            }
            None if n_classes <= TABLE_CLASSES => {
                let mut table = vec![0_u32; n_classes * n_classes];
                for (code, label) in labels(chunk) {
                    table[code as usize * n_classes + label as usize] += 1;
                }
                for (at, &n_rows) in table.iter().enumerate() {
                    if n_rows > 0 {
                        counts.add_rows(at / n_classes, at % n_classes, f64::from(n_rows));
                    }
                }
            }
            weight => {
                for (row, (code, label)) in chunk.clone().zip(labels(chunk)) {
                    let weight = weight.map_or(1.0, |weight| weight[row]);
                    counts.add_rows(code as usize, label as usize, weight);
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

/// Return the most probable class of a row, the first of ties.
#[inline]
pub(super) fn label_of(rows: &Classified<'_>, row: usize) -> usize {
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

/// Return the number of rows, or their weight, of each pair of true and predicted class, in
/// row-major order.
///
/// # Errors
/// [`Error::Memory`], [`Error::Cancelled`].
pub(super) fn table_by<I: Iterator<Item = (i64, i64)>>(
    n_rows: usize,
    n_classes: usize,
    weight: Option<&[f64]>,
    workers: &Workers,
    labels: impl Fn(Range<usize>) -> I + Sync,
) -> Result<Vec<f64>, Error> {
    let size = n_classes.saturating_mul(n_classes);
    // A chunk must be larger than its table.
    let parts = workers.map_chunks(n_rows, CHUNK.max(size.saturating_mul(8)), |chunk| {
        let mut table = memory::zeros("a table of classes", &[n_classes, n_classes])?;
        for (row, (code, label)) in chunk.clone().zip(labels(chunk)) {
            table[code as usize * n_classes + label as usize] +=
                weight.map_or(1.0, |weight| weight[row]);
        }
        Ok(table)
    })?;
    let mut parts = parts.into_iter();
    let mut total: Vec<f64> = parts.next().unwrap_or_else(|| vec![0.0; size]);
    for part in parts {
        for (sum, term) in total.iter_mut().zip(part) {
            *sum += term;
        }
    }
    Ok(total)
}

impl Counts {
    /// Return counts of no rows.
    pub fn zero(n_classes: usize) -> Self {
        Self {
            truth: vec![0.0; n_classes],
            predicted: vec![0.0; n_classes],
            both: vec![0.0; n_classes],
            distance: 0.0,
        }
    }

    /// Return counts of two classes, from the rows of class 1 by truth, by prediction and
    /// by both.
    pub(super) fn of_two(n_rows: u64, [truth, predicted, both]: [u64; 3]) -> Self {
        Self {
            truth: vec![(n_rows - truth) as f64, truth as f64],
            predicted: vec![(n_rows - predicted) as f64, predicted as f64],
            both: vec![(n_rows + both - truth - predicted) as f64, both as f64],
            distance: (truth + predicted - 2 * both) as f64,
        }
    }

    /// Add rows of weight `weight` with true class `code` and predicted class `label`.
    #[inline]
    pub fn add_rows(&mut self, code: usize, label: usize, weight: f64) {
        self.truth[code] += weight;
        self.predicted[label] += weight;
        if code == label {
            self.both[code] += weight;
        }
        self.distance += weight * (code as f64 - label as f64).powi(2);
    }

    /// Return the number of rows predicted in a class, and of those that are truly in it.
    pub(super) fn of_label(&self, label: usize) -> [f64; 2] {
        [self.predicted[label], self.both[label]]
    }

    /// Change the prediction of rows of class `code` from `label` to `other`.
    ///
    /// `remaining` is the result of [`Counts::of_label`] for `label` without these rows. A
    /// subtraction would be exact for whole numbers only, and leave a rounding error
    /// instead of 0.
    #[inline]
    pub(super) fn relabel(
        &mut self,
        code: usize,
        (label, remaining): (usize, [f64; 2]),
        other: usize,
        weight: f64,
    ) {
        [self.predicted[label], self.both[label]] = remaining;
        self.predicted[other] += weight;
        if code == other {
            self.both[code] += weight;
        }
        let distance = |label: usize| (code as f64 - label as f64).powi(2);
        self.distance += weight * (distance(other) - distance(label));
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
        self.distance += other.distance;
    }

    /// Return the score by `metric`.
    ///
    /// # Errors
    /// [`Error::Value`] if `metric` needs two classes and there are more.
    pub fn score(&self, metric: LabelMetric) -> Result<f64, Error> {
        Ok(match metric {
            LabelMetric::Accuracy => self.right() / self.total(),
            LabelMetric::BalancedAccuracy => self.balanced_accuracy(),
            LabelMetric::FBeta(average, beta) => {
                // Rows of the class count beta² times, rows predicted in it once.
                let square = beta * beta;
                self.ratio("f1", average, 1.0 + square, |class| {
                    square * self.truth[class] + self.predicted[class]
                })?
            }
            LabelMetric::Precision(average) => {
                self.ratio("precision", average, 1.0, |class| self.predicted[class])?
            }
            LabelMetric::Recall(average) => {
                self.ratio("recall", average, 1.0, |class| self.truth[class])?
            }
            LabelMetric::Mcc => self.matthews_correlation(),
            LabelMetric::Kappa => self.kappa(),
            LabelMetric::QuadraticKappa => self.quadratic_kappa(),
        })
    }

    fn total(&self) -> f64 {
        self.truth.iter().sum()
    }

    fn right(&self) -> f64 {
        self.both.iter().sum()
    }

    /// Return the mean recall of the classes with rows.
    fn balanced_accuracy(&self) -> f64 {
        mean(
            self.both
                .iter()
                .zip(&self.truth)
                .filter(|&(_, &truth)| truth > 0.0)
                .map(|(both, truth)| both / truth),
        )
    }

    /// Return `factor * both / below`, averaged; 0 for a class whose `below` is 0.
    fn ratio(
        &self,
        name: &str,
        average: Average,
        factor: f64,
        below: impl Fn(usize) -> f64,
    ) -> Result<f64, Error> {
        let n_classes = self.truth.len();
        let share = |above: f64, below: f64| {
            if below > 0.0 {
                factor * above / below
            } else {
                0.0
            }
        };
        let of_class = |class: usize| share(self.both[class], below(class));
        Ok(match average {
            Average::Positive if n_classes == 2 => of_class(1),
            Average::Positive => {
                return Err(Error::value(format!(
                    "{name} is for two classes. hint: {name}_macro, {name}_micro or \
                     {name}_weighted is for more."
                )));
            }
            Average::Macro => mean(
                (0..n_classes)
                    .filter(|&class| self.truth[class] + self.predicted[class] > 0.0)
                    .map(of_class),
            ),
            Average::Micro => share(self.right(), (0..n_classes).map(below).sum()),
            Average::Weighted => {
                let sum: f64 = (0..n_classes)
                    .map(|class| self.truth[class] * of_class(class))
                    .sum();
                sum / self.total()
            }
        })
    }

    /// Return Matthews correlation, 0 if all true or all predicted labels are the same.
    fn matthews_correlation(&self) -> f64 {
        let total = self.total();
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let square = total * total;
        let covariance = (self.right() * total - product(&self.truth, &self.predicted)) / square;
        let variance_predicted = (square - product(&self.predicted, &self.predicted)) / square;
        let variance_truth = (square - product(&self.truth, &self.truth)) / square;
        // With weights, a variance of 0 may have a rounding error.
        if variance_predicted > 1e-12 && variance_truth > 1e-12 {
            covariance / (variance_predicted * variance_truth).sqrt()
        } else {
            0.0
        }
    }

    /// Return kappa, NaN if all true and predicted labels are the same.
    fn kappa(&self) -> f64 {
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

    /// Return kappa, NaN if all true and predicted labels are the same.
    fn quadratic_kappa(&self) -> f64 {
        let total = self.total();
        let mut expected = 0.0;
        for (code, truth) in self.truth.iter().enumerate() {
            for (label, predicted) in self.predicted.iter().enumerate() {
                expected += truth * predicted * (code as f64 - label as f64).powi(2);
            }
        }
        expected /= total;
        if expected > 1e-12 * total {
            1.0 - self.distance / expected
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
    fn the_quick_counts_are_the_general_one() {
        for n_classes in [2, 5] {
            let y: Vec<i64> = (0..100).map(|row| row * 7 % n_classes).collect();
            let predicted: Vec<i64> = (0..100).map(|row| row * row % n_classes).collect();
            let labels = |rows: Range<usize>| rows.map(|row| (y[row], predicted[row]));
            let unit = vec![1.0; 100];
            let (workers, n_classes) = (Workers::default(), n_classes as usize);
            let plain = count_by(100, n_classes, None, &workers, labels).unwrap();
            let weighted = count_by(100, n_classes, Some(&unit), &workers, labels).unwrap();
            assert_eq!(plain, weighted);
        }
    }

    #[test]
    fn a_row_that_is_relabelled_is_as_if_it_had_been_so() {
        let mut counts = Counts::zero(3);
        counts.add_rows(2, 0, 1.5);
        counts.add_rows(1, 1, 1.0);
        let mut expected = Counts::zero(3);
        expected.add_rows(2, 2, 1.5);
        expected.add_rows(1, 1, 1.0);
        counts.relabel(2, (0, [0.0; 2]), 2, 1.5);
        assert_eq!(counts, expected);
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
        assert!(counts.quadratic_kappa().abs() < 1e-15);
    }
}
