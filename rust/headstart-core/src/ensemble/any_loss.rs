//! Any loss, computed for each candidate separately.

use super::members::mean_with;
use super::{Candidates, Members};
use crate::{Error, Workers};

/// Any loss of a prediction, computed for each candidate separately.
pub struct AnyLoss<'a, F> {
    members: Members<'a>,
    workers: &'a Workers,
    loss: F,
    sum: Vec<f64>,
    n_picked: usize,
}

impl<'a, F> AnyLoss<'a, F>
where
    F: Fn(&[f64]) -> Result<f64, Error> + Sync,
{
    /// Prepare a selection by `loss`, a function of predictions in row-major order.
    pub fn new(members: Members<'a>, loss: F, workers: &'a Workers) -> Self {
        Self {
            members,
            workers,
            loss,
            sum: vec![0.0; members.size()],
            n_picked: 0,
        }
    }
}

impl<F> Candidates for AnyLoss<'_, F>
where
    F: Fn(&[f64]) -> Result<f64, Error> + Sync,
{
    fn losses(&mut self, allowed: &[bool]) -> Result<Vec<f64>, Error> {
        self.workers.map(self.members.len(), |member| {
            if allowed[member] {
                (self.loss)(&mean_with(&self.sum, self.n_picked, &self.members, member))
            } else {
                Ok(f64::INFINITY)
            }
        })
    }

    fn pick(&mut self, member: usize) -> Result<(), Error> {
        let prediction = self.members.prediction(member);
        for (sum, &p) in self.sum.iter_mut().zip(prediction) {
            *sum += p;
        }
        self.n_picked += 1;
        Ok(())
    }
}
