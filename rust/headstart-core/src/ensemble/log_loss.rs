//! Log loss, by products instead of logarithms.

use super::lanes::{lane_sum, no_column};
use super::members::{check_codes, check_weight};
use super::{Candidates, Members};
use crate::logarithms::LogProduct;
use crate::{Error, Workers};

/// Probabilities are clipped this far from 0 and 1, as scikit-learn clips doubles.
pub(super) const CLIP: f64 = f64::EPSILON;

/// Log loss, by the product of the true class's probabilities.
///
/// Only the probability of the true class is kept of each member.
#[derive(Debug)]
pub struct LogLoss<'a> {
    workers: &'a Workers,
    weight: Option<&'a [f64]>,
    total_weight: f64,
    /// One column per member.
    columns: Vec<Vec<f64>>,
    sum: Vec<f64>,
    n_picked: usize,
}

impl<'a> LogLoss<'a> {
    /// Prepare a selection for class codes `y`.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Value`] if the arrays are inconsistent.
    pub fn new(
        members: Members<'a>,
        y: &[i64],
        weight: Option<&'a [f64]>,
        workers: &'a Workers,
    ) -> Result<Self, Error> {
        let (n_rows, n_outputs) = (members.n_rows(), members.n_outputs());
        check_codes(y, n_rows, n_outputs)?;
        check_weight(weight, n_rows)?;
        let columns = workers.map(members.len(), |member| {
            let rows = members.prediction(member).chunks_exact(n_outputs).zip(y);
            let of_true_class = rows.map(|(row, &code)| match (n_outputs, code) {
                (1, 0) => 1.0 - row[0],
                (1, _) => row[0],
                _ => row[code as usize],
            });
            Ok(of_true_class.collect())
        })?;
        Ok(Self {
            workers,
            weight,
            total_weight: weight.map_or(n_rows as f64, |weight| weight.iter().sum()),
            columns,
            sum: vec![0.0; n_rows],
            n_picked: 0,
        })
    }

    /// Return the sum over all rows of the logarithm of `sum` plus one probability.
    fn logarithms(&self, column: &[f64]) -> f64 {
        let n_picked = (self.n_picked + 1) as f64;
        let (floor, ceiling) = (CLIP * n_picked, (1.0 - CLIP) * n_picked);
        let clip = |value: f64| {
            // Not f64::clamp, which handles NaN: there is none.
            let value = if value < floor { floor } else { value };
            if value > ceiling { ceiling } else { value }
        };
        if let Some(weight) = self.weight {
            let unit = no_column(column.len());
            return lane_sum((&self.sum, column, weight, &unit), |sum, p, weight, ()| {
                weight * clip(sum + p).ln()
            });
        }
        let mut product = LogProduct::new();
        product.columns(&self.sum, column, |sum, p| clip(sum + p));
        product.ln()
    }
}

impl Candidates for LogLoss<'_> {
    fn losses(&mut self, allowed: &[bool]) -> Result<Vec<f64>, Error> {
        let n_picked = (self.n_picked + 1) as f64;
        self.workers.map(self.columns.len(), |member| {
            if !allowed[member] {
                return Ok(f64::INFINITY);
            }
            let sum = self.logarithms(&self.columns[member]);
            Ok(n_picked.ln() - sum / self.total_weight)
        })
    }

    fn pick(&mut self, member: usize) -> Result<(), Error> {
        for (sum, p) in self.sum.iter_mut().zip(&self.columns[member]) {
            *sum += p;
        }
        self.n_picked += 1;
        Ok(())
    }
}
