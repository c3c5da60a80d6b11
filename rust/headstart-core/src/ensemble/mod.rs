//! Greedy forward selection of an ensemble, with replacement (Caruana et al., 2004).
//!
//! Each round adds the member that lowers the ensemble's loss the most; a member's
//! weight is its share of the rounds. The ensemble is the plain mean of the members
//! picked so far, so what a round needs to know of it is a sum:
//!
//! - log loss: the sum of the true class's probabilities, a row one number. Sixteen of
//!   them are multiplied before their exponent is split off, and one logarithm is taken
//!   at the end ([`LogLoss`]).
//! - squared errors: inner products of residuals. A round then costs nothing that grows
//!   with the rows, but for a member that is picked for the first time ([`Squared`]).
//! - absolute errors: the sum of the residuals ([`Absolute`]).
//! - area under the ROC curve: exact, but only for members that can be the best by the
//!   counts of some thousand buckets ([`RocAuc`]).
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

/// Losses closer than this, relatively, are a tie: they differ by rounding only.
const TIE: f64 = 1e-13;

/// What a selection asks of a loss.
pub trait Candidates {
    /// The loss of the ensemble with one more of each member; lower is better. Only
    /// those of `allowed` members that are least, or tie with the least, need be exact:
    /// any other may be infinite.
    ///
    /// # Errors
    /// [`Error::Cancelled`], or what is wrong with the loss.
    fn losses(&mut self, allowed: &[bool]) -> Result<Vec<f64>, Error>;

    /// Add `member` to the ensemble.
    ///
    /// # Errors
    /// As [`Candidates::losses`].
    fn pick(&mut self, member: usize) -> Result<(), Error>;
}

/// What may be picked, and how often.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// Picks, at least 1.
    pub n_rounds: usize,
    /// Where losses tie, the member of least cost is picked.
    pub costs: Option<&'a [f64]>,
    /// Members whose weights may sum to no more than `cap`.
    pub capped: Option<&'a [bool]>,
    /// See `capped`. No limit where all members are capped.
    pub cap: f64,
}

/// Select members; the weights of the best ensemble that came up on the way. Where no
/// loss is finite, the cheapest member alone.
///
/// # Errors
/// [`Error::Value`] where the rules make no sense, and what `candidates` returns.
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
        // A little slack: a cap of 0.3 allows 3 picks of 10.
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
        // Only a true improvement counts: a later prefix must not win by rounding.
        if best_length == 0 || losses[member] < best_loss - TIE * best_loss.abs() {
            best_loss = losses[member];
            best_length = round;
        }
    }
    if best_length == 0 {
        // The rows leave the loss undefined, as one class only does the area under a
        // curve: nothing tells the members apart but their costs.
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

/// The member of least loss; among ties the cheapest, then the first.
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
