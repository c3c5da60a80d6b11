//! Logarithmic loss, by products instead of logarithms.

use super::lanes::{lane_sum, no_column};
use super::members::{check_codes, check_weight};
use super::{Candidates, Members};
use crate::logarithms::LogProduct;
use crate::{Error, Workers};

/// Probabilities are clipped this far from 0 and 1, as scikit-learn clips doubles.
pub(super) const CLIP: f64 = f64::EPSILON;

/// Logarithmic loss, by the product of the true class's probabilities.
///
/// Of each member the one column is kept that matters, in single precision: the
/// probability of the true class, a class at a time. With two classes and one output
/// that of class 1 is kept, rows of class 0 first, where it is taken from 1 in doubles.
#[derive(Debug)]
pub struct LogLoss<'a> {
    workers: &'a Workers,
    n_members: usize,
    /// In the order of the columns, as is `sum`.
    weight: Option<Vec<f64>>,
    total_weight: f64,
    /// A column a member.
    columns: Vec<Vec<f32>>,
    /// Rows, first in a column, that hold the probability of the other class.
    n_flipped: usize,
    sum: Vec<f64>,
    n_picked: usize,
}

impl<'a> LogLoss<'a> {
    /// Prepare a selection for class codes `y`.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Value`] where the arrays do not fit.
    pub fn new(
        members: Members<'a>,
        y: &[i64],
        weight: Option<&[f64]>,
        workers: &'a Workers,
    ) -> Result<Self, Error> {
        let (n_rows, n_outputs) = (members.n_rows(), members.n_outputs());
        check_codes(y, n_rows, n_outputs)?;
        check_weight(weight, n_rows)?;
        if u32::try_from(n_rows).is_err() {
            return Err(Error::value("There may be at most 2**32 - 1 rows."));
        }
        let of_code =
            |wanted: i64| (0..n_rows as u32).filter(move |&row| y[row as usize] == wanted);
        let order: Vec<u32> = if n_outputs == 1 {
            of_code(0).chain(of_code(1)).collect()
        } else {
            (0..n_rows as u32).collect()
        };
        let columns = workers.map(members.len(), |member| {
            let prediction = members.prediction(member);
            let place = |row: usize| match n_outputs {
                1 => row,
                _ => row * n_outputs + y[row] as usize,
            };
            let values = order.iter().map(|&row| prediction[place(row as usize)]);
            Ok(values.collect())
        })?;
        Ok(Self {
            workers,
            n_members: members.len(),
            weight: weight.map(|weight| order.iter().map(|&row| weight[row as usize]).collect()),
            total_weight: weight.map_or(n_rows as f64, |weight| weight.iter().sum()),
            columns,
            n_flipped: if n_outputs == 1 {
                of_code(0).count()
            } else {
                0
            },
            sum: vec![0.0; n_rows],
            n_picked: 0,
        })
    }

    /// The sum over some rows of the logarithm of `sum` and one more probability.
    #[inline]
    fn logarithms(
        &self,
        column: &[f32],
        rows: std::ops::Range<usize>,
        read: impl Fn(f32) -> f64,
    ) -> f64 {
        let n_picked = (self.n_picked + 1) as f64;
        let (floor, ceiling) = (CLIP * n_picked, (1.0 - CLIP) * n_picked);
        let clip = |value: f64| {
            // Not f64::clamp, which takes care of NaN: there is none.
            let value = if value < floor { floor } else { value };
            if value > ceiling { ceiling } else { value }
        };
        let (sum, column) = (&self.sum[rows.clone()], &column[rows.clone()]);
        if let Some(weight) = &self.weight {
            let unit = no_column(sum.len());
            return lane_sum((sum, column, &weight[rows], &unit), |sum, p, weight, ()| {
                weight * clip(sum + read(p)).ln()
            });
        }
        let mut product = LogProduct::new();
        product.columns(sum, column, |sum, p| clip(sum + read(p)));
        product.ln()
    }
}

impl Candidates for LogLoss<'_> {
    fn losses(&mut self, allowed: &[bool]) -> Result<Vec<f64>, Error> {
        let n_picked = (self.n_picked + 1) as f64;
        let n_rows = self.sum.len();
        self.workers.map(self.n_members, |member| {
            if !allowed[member] {
                return Ok(f64::INFINITY);
            }
            let column = &self.columns[member];
            let flipped = self.logarithms(column, 0..self.n_flipped, |p| 1.0 - f64::from(p));
            let plain = self.logarithms(column, self.n_flipped..n_rows, f64::from);
            Ok(n_picked.ln() - (flipped + plain) / self.total_weight)
        })
    }

    fn pick(&mut self, member: usize) -> Result<(), Error> {
        let column = &self.columns[member];
        for (row, (sum, &p)) in self.sum.iter_mut().zip(column).enumerate() {
            *sum += if row < self.n_flipped {
                1.0 - f64::from(p)
            } else {
                f64::from(p)
            };
        }
        self.n_picked += 1;
        Ok(())
    }
}
