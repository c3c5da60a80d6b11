//! Area under the ROC curve, exact for members that can be the best.

use super::members::{check_codes, mean_with};
use super::{Candidates, Members};
use crate::metrics::{ClassMetric, Classified};
use crate::{Error, Workers};

/// Area under the ROC curve of class 1, exact.
///
/// Scores are first sorted into buckets. The order of a positive and a negative row in two
/// buckets is known. Pairs within one bucket are at best all correct, and at worst all
/// wrong. With these bounds, few members can be the best, and only their scores are sorted.
#[derive(Debug)]
pub struct RocAuc<'a> {
    members: Members<'a>,
    workers: &'a Workers,
    y: &'a [i64],
    sum: Vec<f64>,
    n_picked: usize,
}

/// Largest number of buckets. With two counts each, they fit into an L2 cache.
const MOST_BUCKETS: usize = 1 << 15;

/// Below this many rows, sorting is as fast.
pub(super) const FEW_ROWS: usize = 2_000;

/// Larger than the rounding error of an area.
const SLACK: f64 = 1e-12;

impl<'a> RocAuc<'a> {
    /// Prepare a selection for class codes `y`, 0 or 1.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Value`] if the arrays are inconsistent.
    pub fn new(members: Members<'a>, y: &'a [i64], workers: &'a Workers) -> Result<Self, Error> {
        if members.n_outputs() != 1 {
            return Err(Error::value(
                "roc_auc needs predictions of one output, the probability of class 1.",
            ));
        }
        check_codes(y, members.n_rows(), 1)?;
        Ok(Self {
            members,
            workers,
            y,
            sum: vec![0.0; y.len()],
            n_picked: 0,
        })
    }

    fn scores(&self, member: usize) -> Vec<f64> {
        mean_with(&self.sum, self.n_picked, &self.members, member)
    }

    fn exact(&self, member: usize) -> Result<f64, Error> {
        let scores = self.scores(member);
        let rows = Classified::new(self.y, &scores, 1, None)?;
        // Members already run in parallel.
        rows.score(ClassMetric::RocAuc, &Workers::default())
    }

    /// Return the lower and the upper bound of the area from a member's buckets.
    fn bounds(&self, member: usize) -> (f64, f64) {
        let scores = self.scores(member);
        let mut low = f64::INFINITY;
        let mut high = f64::NEG_INFINITY;
        for &score in &scores {
            low = if score < low { score } else { low };
            high = if score > high { score } else { high };
        }
        let n_buckets = scores.len().next_power_of_two().min(MOST_BUCKETS);
        // If all scores are equal, the factor is infinite, and all are in one bucket.
        let factor = (n_buckets - 1) as f64 / (high - low);
        let mut counts = vec![[0_u32; 2]; n_buckets];
        for (&score, &code) in scores.iter().zip(self.y) {
            // Monotone in the score despite rounding, so that the order holds.
            let bucket = ((score - low) * factor) as usize;
            counts[bucket.min(n_buckets - 1)][usize::from(code == 1)] += 1;
        }
        let (mut below, mut positives, mut right, mut unknown) = (0_u64, 0_u64, 0_u64, 0_u64);
        for [negative, positive] in counts {
            let (negative, positive) = (u64::from(negative), u64::from(positive));
            right += positive * below;
            unknown += positive * negative;
            below += negative;
            positives += positive;
        }
        let pairs = (positives * below) as f64;
        (right as f64 / pairs, (right + unknown) as f64 / pairs)
    }
}

impl Candidates for RocAuc<'_> {
    fn losses(&mut self, allowed: &[bool]) -> Result<Vec<f64>, Error> {
        let n_members = self.members.len();
        let mut may_win = allowed.to_vec();
        if self.y.len() >= FEW_ROWS {
            let bounds = self.workers.map(n_members, |member| {
                Ok(if allowed[member] {
                    self.bounds(member)
                } else {
                    (f64::NEG_INFINITY, f64::NEG_INFINITY)
                })
            })?;
            let sure = bounds.iter().map(|b| b.0).fold(f64::NEG_INFINITY, f64::max);
            for (may_win, (_, high)) in may_win.iter_mut().zip(bounds) {
                *may_win &= high >= sure - SLACK;
            }
        }
        self.workers.map(n_members, |member| {
            if may_win[member] {
                self.exact(member).map(|area| -area)
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
