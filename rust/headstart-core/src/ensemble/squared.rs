//! Squared errors, computed from inner products of residuals.

use std::collections::BTreeMap;

use super::lanes::{lane_sum, no_column};
use super::members::{check_codes, check_values, check_weight};
use super::{Candidates, Members};
use crate::{Error, Workers};

/// Mean squared error, with the same order as RMSE, R² and the Brier score.
#[derive(Debug)]
pub struct Squared<'a> {
    members: Members<'a>,
    workers: &'a Workers,
    target: Vec<f64>,
    /// One weight per row, repeated for each output; empty for equal weights.
    weight: Vec<f64>,
    /// Inner products of each member's residual with itself.
    with_itself: Vec<f64>,
    /// Inner products of each member's residual with the ensemble's sum.
    with_sum: Vec<f64>,
    /// Inner product of the ensemble's sum with itself.
    sum_with_sum: f64,
    /// Inner products of all members with the picked members.
    products: BTreeMap<usize, Vec<f64>>,
    n_picked: usize,
}

impl<'a> Squared<'a> {
    /// Prepare a selection for values `y`.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Value`] if the arrays are inconsistent.
    pub fn of_values(
        members: Members<'a>,
        y: &[f64],
        weight: Option<&[f64]>,
        workers: &'a Workers,
    ) -> Result<Self, Error> {
        check_values(&members, y)?;
        Self::new(members, y.to_vec(), weight, workers)
    }

    /// Prepare a selection for class codes `y`: the Brier score.
    ///
    /// # Errors
    /// As in [`Squared::of_values`].
    pub fn of_codes(
        members: Members<'a>,
        y: &[i64],
        weight: Option<&[f64]>,
        workers: &'a Workers,
    ) -> Result<Self, Error> {
        check_codes(y, members.n_rows(), members.n_outputs())?;
        let target = if members.n_outputs() == 1 {
            y.iter().map(|&code| code as f64).collect()
        } else {
            let mut target = vec![0.0; members.size()];
            for (row, &code) in target.chunks_exact_mut(members.n_outputs()).zip(y) {
                row[code as usize] = 1.0;
            }
            target
        };
        Self::new(members, target, weight, workers)
    }

    fn new(
        members: Members<'a>,
        target: Vec<f64>,
        weight: Option<&[f64]>,
        workers: &'a Workers,
    ) -> Result<Self, Error> {
        check_weight(weight, members.n_rows())?;
        let repeat = |&w: &f64| std::iter::repeat_n(w, members.n_outputs());
        let mut squared = Self {
            members,
            workers,
            target,
            weight: weight.map_or_else(Vec::new, |w| w.iter().flat_map(repeat).collect()),
            with_itself: Vec::new(),
            with_sum: vec![0.0; members.len()],
            sum_with_sum: 0.0,
            products: BTreeMap::new(),
            n_picked: 0,
        };
        squared.with_itself = workers.map(members.len(), |member| {
            Ok(squared.product(member, &squared.residual(member)))
        })?;
        Ok(squared)
    }

    /// Inner products of residuals, unlike those of predictions, do not cancel if the
    /// target is far from zero.
    fn residual(&self, member: usize) -> Vec<f64> {
        let prediction = self.members.prediction(member);
        let residual = prediction.iter().zip(&self.target);
        let residual = residual.map(|(p, y)| p - y);
        if self.weight.is_empty() {
            residual.collect()
        } else {
            residual.zip(&self.weight).map(|(r, w)| r * w).collect()
        }
    }

    /// Return the inner product of a member's residual and a weighted residual.
    fn product(&self, member: usize, weighted: &[f64]) -> f64 {
        let unit = no_column(weighted.len());
        let prediction = self.members.prediction(member);
        lane_sum(
            (prediction, &self.target, weighted, &unit),
            |p, y, w, ()| (p - y) * w,
        )
    }
}

impl Candidates for Squared<'_> {
    fn losses(&mut self, _allowed: &[bool]) -> Result<Vec<f64>, Error> {
        self.workers.check()?;
        let n_picked = (self.n_picked + 1) as f64;
        let losses = self.with_itself.iter().zip(&self.with_sum);
        Ok(losses
            .map(|(with_itself, with_sum)| {
                let total = self.sum_with_sum + 2.0 * with_sum + with_itself;
                total.max(0.0) / (n_picked * n_picked)
            })
            .collect())
    }

    fn pick(&mut self, member: usize) -> Result<(), Error> {
        if !self.products.contains_key(&member) {
            let residual = self.residual(member);
            let row = self.workers.map(self.members.len(), |other| {
                Ok(self.product(other, &residual))
            })?;
            self.products.insert(member, row);
        }
        self.sum_with_sum += 2.0 * self.with_sum[member] + self.with_itself[member];
        if let Some(row) = self.products.get(&member) {
            for (sum, product) in self.with_sum.iter_mut().zip(row) {
                *sum += product;
            }
        }
        self.n_picked += 1;
        Ok(())
    }
}
