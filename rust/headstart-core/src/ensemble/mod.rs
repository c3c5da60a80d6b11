//! Greedy forward selection of an ensemble, with replacement (Caruana et al., 2004).
//!
//! Each round adds the member that lowers the ensemble's loss the most. A member's weight
//! is its share of the rounds. The ensemble is the mean of the members picked so far, so
//! that each loss needs only a sum of them:
//!
//! - log loss: the sum of the true class's probabilities, one number per row. Sixteen of
//!   them are multiplied before the exponent is split off, and one logarithm is computed
//!   at the end ([`LogLoss`]).
//! - squared errors: inner products of residuals. The cost of a round does not depend on
//!   the rows, except for a member that is picked for the first time ([`Squared`]).
//! - absolute errors: the sum of the residuals ([`Absolute`]).
//! - area under the ROC curve: exact for members that can be the best by bounds from
//!   the counts of some thousand buckets ([`RocAuc`]).
//! - anything else: the sum of the predictions, and the metric itself ([`AnyLoss`]).

mod absolute;
mod any_loss;
mod lanes;
mod log_loss;
mod members;
mod roc_auc;
mod squared;
#[cfg(test)]
mod tests;

pub use absolute::Absolute;
pub use any_loss::AnyLoss;
pub use log_loss::LogLoss;
pub use members::Members;
pub use roc_auc::RocAuc;
pub use squared::Squared;

use crate::Error;

/// Relative difference below which losses are tied, because it is only rounding.
const TIE: f64 = 1e-13;

/// The interface of losses for a selection.
pub trait Candidates {
    /// Return the loss of the ensemble with one more of each member; lower is better. Only
    /// the lowest losses of `allowed` members, and ties with them, must be exact. Others
    /// may be infinite.
    ///
    /// # Errors
    /// [`Error::Cancelled`], or an error of the loss.
    fn losses(&mut self, allowed: &[bool]) -> Result<Vec<f64>, Error>;

    /// Add `member` to the ensemble.
    ///
    /// # Errors
    /// As in [`Candidates::losses`].
    fn pick(&mut self, member: usize) -> Result<(), Error>;
}

/// Constraints of a selection.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// Number of rounds, at least 1.
    pub n_rounds: usize,
    /// The member with the lowest cost wins a tie.
    pub costs: Option<&'a [f64]>,
    /// Members whose total weight is at most `cap`.
    pub capped: Option<&'a [bool]>,
    /// See `capped`. Ignored if all members are capped.
    pub cap: f64,
}

/// Return the weights of the best ensemble of all rounds. If no loss is finite, this is the
/// cheapest member alone.
///
/// # Errors
/// [`Error::Value`] for invalid rules, and errors of `candidates`.
pub fn select<C: Candidates + ?Sized>(
    candidates: &mut C,
    n_members: usize,
    rules: &Rules<'_>,
) -> Result<Vec<f64>, Error> {
    check_rules(n_members, rules)?;
    let is_capped = |member: usize| rules.capped.is_some_and(|capped| capped[member]);
    let cap_holds = (0..n_members).any(|member| !is_capped(member));
    let mut picks = Vec::new();
    let mut n_capped = 0_usize;
    let mut best_loss = f64::INFINITY;
    let mut best_length = 0;
    for round in 1..=rules.n_rounds {
        // Some slack for rounding: a cap of 0.3 allows 3 of 10 picks.
        let is_full = cap_holds && (n_capped + 1) as f64 > rules.cap * round as f64 + 1e-9;
        let allowed: Vec<bool> = (0..n_members)
            .map(|member| !(is_full && is_capped(member)))
            .collect();
        let mut losses = candidates.losses(&allowed)?;
        if losses.len() != n_members {
            return Err(Error::length("losses", n_members, losses.len()));
        }
        for (loss, allowed) in losses.iter_mut().zip(allowed) {
            if !loss.is_finite() || !allowed {
                *loss = f64::INFINITY;
            }
        }
        let Some(member) = best_member(&losses, rules.costs) else {
            break;
        };
        candidates.pick(member)?;
        picks.push(member);
        n_capped += usize::from(is_capped(member));
        // A later prefix must not win by rounding.
        if best_length == 0 || losses[member] < best_loss - TIE * best_loss.abs() {
            best_loss = losses[member];
            best_length = round;
        }
    }
    if best_length == 0 {
        // The loss is undefined for these rows, such as the area under a curve with one
        // class. Members then differ only in their costs.
        let same: Vec<f64> = (0..n_members)
            .map(|member| f64::from(u8::from(cap_holds && is_capped(member))))
            .collect();
        picks.extend(best_member(&same, rules.costs));
        best_length = picks.len();
    }
    let mut weights = vec![0.0; n_members];
    for &member in &picks[..best_length] {
        weights[member] += 1.0;
    }
    for weight in &mut weights {
        *weight /= best_length as f64;
    }
    Ok(weights)
}

fn check_rules(n_members: usize, rules: &Rules<'_>) -> Result<(), Error> {
    if rules.n_rounds == 0 {
        return Err(Error::value("n_rounds must be at least 1. Got 0."));
    }
    if !(0.0..=1.0).contains(&rules.cap) {
        return Err(Error::value(format!(
            "cap must lie in [0, 1]. Got {}.",
            rules.cap
        )));
    }
    if let Some(costs) = rules.costs {
        if costs.len() != n_members {
            return Err(Error::length("costs", n_members, costs.len()));
        }
        if costs.iter().any(|cost| cost.is_nan()) {
            return Err(Error::value("costs must not be NaN."));
        }
    }
    match rules.capped {
        Some(capped) if capped.len() != n_members => {
            Err(Error::length("capped", n_members, capped.len()))
        }
        _ => Ok(()),
    }
}

/// Return the member with the lowest loss; of tied members, the cheapest, then the first.
fn best_member(losses: &[f64], costs: Option<&[f64]>) -> Option<usize> {
    let least = losses.iter().copied().fold(f64::INFINITY, f64::min);
    if least == f64::INFINITY {
        return None;
    }
    let limit = least + TIE * least.abs();
    let cost = |member: usize| costs.map_or(0.0, |costs| costs[member]);
    (0..losses.len())
        .filter(|&member| losses[member] <= limit)
        .min_by(|&a, &b| cost(a).total_cmp(&cost(b)))
}
