//! The fit of kernel machines: ridge regression in the space of a kernel.
//!
//! The machine minimises the weighted squared error plus `ridge` times the squared norm.
//! Its points are all rows ([`solve`], [`leave_out`]) or few of them
//! ([`solve_on_landmarks`]). The outputs of rows that a fit leaves out follow without
//! another fit. [`learn_metric`] returns the metric in which the machine changes equally in
//! all directions.
#![expect(
    clippy::needless_pass_by_value,
    reason = "views of matrices are copied like slices"
)]

mod cholesky;
mod exact;
mod landmarks;
mod metric;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests;

pub use exact::{leave_out, solve};
pub use landmarks::solve_on_landmarks;
pub use metric::{MetricForm, learn_metric};

use ndarray::{Array2, ArrayView2};

use crate::Error;

/// The training rows of a machine.
#[derive(Debug, Clone, Copy)]
pub struct TrainingRows<'a> {
    x: ArrayView2<'a, f64>,
    y: ArrayView2<'a, f64>,
    weight: &'a [f64],
}

impl<'a> TrainingRows<'a> {
    /// Return rows with one or more targets each, and their weights.
    ///
    /// # Errors
    /// [`Error::Shape`] unless the lengths agree, [`Error::Value`] unless there are rows
    /// and all weights are positive and finite.
    pub fn new(
        x: ArrayView2<'a, f64>,
        y: ArrayView2<'a, f64>,
        weight: &'a [f64],
    ) -> Result<Self, Error> {
        let n_rows = x.nrows();
        if y.nrows() != n_rows {
            return Err(Error::length("y", n_rows, y.nrows()));
        }
        if weight.len() != n_rows {
            return Err(Error::length("weight", n_rows, weight.len()));
        }
        if n_rows == 0 || y.ncols() == 0 {
            return Err(Error::value("There must be rows and targets."));
        }
        if !weight.iter().all(|w| *w > 0.0 && w.is_finite()) {
            return Err(Error::value("Weights must be positive and finite."));
        }
        Ok(Self { x, y, weight })
    }

    /// Return the number of rows, at least 1.
    pub fn n_rows(&self) -> usize {
        self.x.nrows()
    }
}

/// A fitted machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    /// One row per point and one column per output.
    pub coef: Array2<f64>,
    /// The outputs of each training row, by the machine that is fitted without it.
    pub left_out: Array2<f64>,
}

/// What is left out for the outputs of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut<'a> {
    /// The row.
    Row,
    /// The rows of its part.
    Part(&'a [i64]),
}

fn check_ridge(ridge: f64) -> Result<(), Error> {
    if ridge > 0.0 && ridge.is_finite() {
        Ok(())
    } else {
        Err(Error::value(format!(
            "A ridge must be positive and finite. Got {ridge} instead."
        )))
    }
}

fn check_parts(parts: &[i64], rows: &TrainingRows<'_>) -> Result<(), Error> {
    if parts.len() == rows.n_rows() {
        Ok(())
    } else {
        Err(Error::length("parts", rows.n_rows(), parts.len()))
    }
}

/// Return the rows of each part, ascending, in the order of the parts' numbers.
fn rows_by_part(parts: &[i64]) -> Vec<Vec<usize>> {
    let mut numbers = parts.to_vec();
    numbers.sort_unstable();
    numbers.dedup();
    let mut rows = vec![Vec::new(); numbers.len()];
    for (row, part) in parts.iter().enumerate() {
        if let Ok(place) = numbers.binary_search(part) {
            rows[place].push(row);
        }
    }
    rows
}
