//! Predicted labels.

use std::ops::Range;

use super::labels::{Counts, count_by, table_by};
use super::{LabelMetric, check_codes, check_weight};
use crate::{Error, Workers};

/// True and predicted class codes.
#[derive(Debug, Clone, Copy)]
pub struct Labelled<'a> {
    y: &'a [i64],
    predicted: &'a [i64],
    n_classes: usize,
    weight: Option<&'a [f64]>,
    /// Number of rows of class 1 by truth, by prediction and by both, for two classes
    /// without weights: counted during the check of the codes.
    quick: Option<[u64; 3]>,
}

/// Largest number of classes if it is not given. A table of more classes would not fit into
/// memory.
const MOST_CLASSES: usize = 1 << 14;

impl<'a> Labelled<'a> {
    /// Return true and predicted codes, dense from 0. `n_classes` of 0 means the number of
    /// classes that occur, at least 2.
    ///
    /// # Errors
    /// [`Error::Shape`] if lengths differ; [`Error::Value`] for no rows, a code out of
    /// range, or invalid weights.
    pub fn new(
        y: &'a [i64],
        predicted: &'a [i64],
        n_classes: usize,
        weight: Option<&'a [f64]>,
    ) -> Result<Self, Error> {
        if y.is_empty() {
            return Err(Error::value("A metric needs at least one row."));
        }
        if predicted.len() != y.len() {
            return Err(Error::length("prediction", y.len(), predicted.len()));
        }
        check_weight(y.len(), weight)?;
        let (mut bits, mut quick) = (0, [0; 3]);
        for (&code, &label) in y.iter().zip(predicted) {
            let (code, label) = (code as u64, label as u64);
            bits |= code | label;
            quick[0] = u64::wrapping_add(quick[0], code);
            quick[1] = u64::wrapping_add(quick[1], label);
            quick[2] = u64::wrapping_add(quick[2], code & label);
        }
        if bits <= 1 && (n_classes == 0 || n_classes == 2) {
            return Ok(Self {
                y,
                predicted,
                n_classes: 2,
                weight,
                quick: weight.is_none().then_some(quick),
            });
        }
        let limit = if n_classes == 0 {
            MOST_CLASSES
        } else {
            n_classes
        };
        check_codes("y", y, limit as u64)?;
        check_codes("prediction", predicted, limit as u64)?;
        let largest = y
            .iter()
            .chain(predicted)
            .fold(0, |most, &code| most.max(code));
        let n_classes = if n_classes > 0 {
            n_classes
        } else {
            largest as usize + 1
        };
        Ok(Self {
            y,
            predicted,
            n_classes: n_classes.max(2),
            weight,
            quick: None,
        })
    }

    /// Return the number of classes.
    pub fn n_classes(&self) -> usize {
        self.n_classes
    }

    /// Return the scores by several metrics, from one count.
    ///
    /// # Errors
    /// [`Error::Value`] if a metric needs two classes; [`Error::Cancelled`].
    pub fn score_many(
        &self,
        metrics: &[LabelMetric],
        workers: &Workers,
    ) -> Result<Vec<f64>, Error> {
        let counts = self.count(workers)?;
        metrics.iter().map(|&metric| counts.score(metric)).collect()
    }

    fn count(&self, workers: &Workers) -> Result<Counts, Error> {
        if let Some(quick) = self.quick {
            return Ok(Counts::of_two(self.y.len() as u64, quick));
        }
        let labels = |rows: Range<usize>| {
            let predicted = &self.predicted[rows.clone()];
            self.y[rows].iter().copied().zip(predicted.iter().copied())
        };
        count_by(self.y.len(), self.n_classes, self.weight, workers, labels)
    }

    /// Return the number of rows, or their weight, of each pair of true and predicted
    /// class, in row-major order.
    ///
    /// # Errors
    /// [`Error::Value`] for more than 16,384 classes; [`Error::Memory`];
    /// [`Error::Cancelled`].
    pub fn confusion(&self, workers: &Workers) -> Result<Vec<f64>, Error> {
        if self.n_classes > MOST_CLASSES {
            return Err(Error::value(format!(
                "A confusion matrix may have at most {MOST_CLASSES} classes. Got {}. hint: is \
                 the target an identifier or a number?",
                self.n_classes
            )));
        }
        let labels = |rows: Range<usize>| {
            let predicted = &self.predicted[rows.clone()];
            self.y[rows].iter().copied().zip(predicted.iter().copied())
        };
        table_by(self.y.len(), self.n_classes, self.weight, workers, labels)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_a_true_class() {
        let rows = Labelled::new(&[0, 1, 2, 2], &[0, 2, 2, 1], 0, None).unwrap();
        let confusion = rows.confusion(&Workers::default()).unwrap();
        assert_eq!(confusion, [1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0]);
        assert_eq!(rows.n_classes(), 3);
    }

    #[test]
    fn codes_out_of_range_are_refused() {
        assert!(Labelled::new(&[0, -1], &[0, 0], 0, None).is_err());
        assert!(Labelled::new(&[0, 1], &[0, 2], 2, None).is_err());
        assert!(Labelled::new(&[0, 1], &[0, i64::MAX], 0, None).is_err());
        assert!(Labelled::new(&[], &[], 0, None).is_err());
    }

    #[test]
    fn more_classes_than_a_table_has_room_for_are_refused() {
        let rows = Labelled::new(&[0], &[0], 3_000_000, None).unwrap();
        let error = rows.confusion(&Workers::default()).unwrap_err();
        assert!(error.to_string().contains("16384"), "{error}");
    }
}
