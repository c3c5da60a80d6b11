//! Predictions that are labels already.

use super::labels::{Counts, count_by, table_by};
use super::{LabelMetric, check_weight};
use crate::{Error, Workers};

/// True and predicted class codes.
#[derive(Debug, Clone, Copy)]
pub struct Labelled<'a> {
    y: &'a [i64],
    predicted: &'a [i64],
    n_classes: usize,
    weight: Option<&'a [f64]>,
}

/// Codes may not be larger: tables of classes would not fit into memory.
const MOST_CLASSES: usize = 1 << 14;

impl<'a> Labelled<'a> {
    /// Take true and predicted codes, dense from 0. `n_classes` of 0 stands for as many
    /// as there are, and at least 2.
    ///
    /// # Errors
    /// [`Error::Shape`] if lengths do not fit; [`Error::Value`] for no row, a code out of
    /// range, or weights that make no sense.
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
        let mut most = 0;
        for (name, codes) in [("y", y), ("prediction", predicted)] {
            // As unsigned numbers, negative codes are the largest.
            let largest = codes.iter().fold(0, |most, &code| most.max(code as u64));
            let limit = if n_classes == 0 {
                MOST_CLASSES
            } else {
                n_classes
            };
            if largest >= limit as u64 {
                return Err(Error::value(format!(
                    "{name} must hold class codes from 0 to {}. Got {}.",
                    limit - 1,
                    largest as i64
                )));
            }
            most = most.max(largest as usize);
        }
        Ok(Self {
            y,
            predicted,
            n_classes: if n_classes == 0 { most + 1 } else { n_classes }.max(2),
            weight,
        })
    }

    /// How many classes there are.
    pub fn n_classes(&self) -> usize {
        self.n_classes
    }

    /// The scores by several metrics, from one count.
    ///
    /// # Errors
    /// [`Error::Value`] where a metric is for two classes only; [`Error::Cancelled`].
    pub fn score_many(
        &self,
        metrics: &[LabelMetric],
        workers: &Workers,
    ) -> Result<Vec<f64>, Error> {
        let counts = self.count(workers)?;
        metrics.iter().map(|&metric| counts.score(metric)).collect()
    }

    fn count(&self, workers: &Workers) -> Result<Counts, Error> {
        let labels = |row: usize| (self.y[row], self.predicted[row]);
        count_by(self.y.len(), self.n_classes, self.weight, workers, labels)
    }

    /// Rows of each pair of true and predicted class, or their weight, in row-major
    /// order.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub fn confusion(&self, workers: &Workers) -> Result<Vec<f64>, Error> {
        let labels = |row: usize| (self.y[row], self.predicted[row]);
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
        let found = rows.confusion(&Workers::default()).unwrap();
        assert_eq!(found, [1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0]);
        assert_eq!(rows.n_classes(), 3);
    }

    #[test]
    fn codes_out_of_range_are_refused() {
        assert!(Labelled::new(&[0, -1], &[0, 0], 0, None).is_err());
        assert!(Labelled::new(&[0, 1], &[0, 2], 2, None).is_err());
        assert!(Labelled::new(&[0, 1], &[0, i64::MAX], 0, None).is_err());
        assert!(Labelled::new(&[], &[], 0, None).is_err());
    }
}
