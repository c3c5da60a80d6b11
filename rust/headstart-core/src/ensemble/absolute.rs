//! Absolute errors, computed from the sum of residuals.

use super::lanes::{lane_sum, no_column};
use super::members::{check_values, check_weight};
use super::{Candidates, Members};
use crate::{Error, Workers};

/// Weighted mean absolute error; with weights `w / |y|` the relative error.
#[derive(Debug)]
pub struct Absolute<'a> {
    members: Members<'a>,
    workers: &'a Workers,
    y: &'a [f64],
    weight: Option<&'a [f64]>,
    /// Sum of the residuals of the picked members.
    sum: Vec<f64>,
    n_picked: usize,
}

impl<'a> Absolute<'a> {
    /// Prepare a selection for values `y`.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Value`] if the arrays are inconsistent.
    pub fn new(
        members: Members<'a>,
        y: &'a [f64],
        weight: Option<&'a [f64]>,
        workers: &'a Workers,
    ) -> Result<Self, Error> {
        check_values(&members, y)?;
        check_weight(weight, members.n_rows())?;
        Ok(Self {
            members,
            workers,
            y,
            weight,
            sum: vec![0.0; y.len()],
            n_picked: 0,
        })
    }
}

impl Candidates for Absolute<'_> {
    fn losses(&mut self, allowed: &[bool]) -> Result<Vec<f64>, Error> {
        let n_picked = (self.n_picked + 1) as f64;
        let unit = no_column(self.y.len());
        self.workers.map(self.members.len(), |member| {
            if !allowed[member] {
                return Ok(f64::INFINITY);
            }
            let prediction = self.members.prediction(member);
            let error = |sum: f64, p: f64, y: f64| (sum + (p - y)).abs();
            let total = match self.weight {
                Some(weight) => lane_sum(
                    (&self.sum, prediction, self.y, weight),
                    |sum, p, y, weight| weight * error(sum, p, y),
                ),
                None => lane_sum((&self.sum, prediction, self.y, &unit), |sum, p, y, ()| {
                    error(sum, p, y)
                }),
            };
            Ok(total / n_picked)
        })
    }

    fn pick(&mut self, member: usize) -> Result<(), Error> {
        let prediction = self.members.prediction(member);
        for ((sum, &p), y) in self.sum.iter_mut().zip(prediction).zip(self.y) {
            *sum += p - y;
        }
        self.n_picked += 1;
        Ok(())
    }
}
