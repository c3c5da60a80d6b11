//! The cut of a probability, or the weights of classes, that suit a metric best.

use super::labels::Counts;
use super::{Classified, LabelMetric};
use crate::sorting::{sort_by_key, unsigned_key};
use crate::{Error, Workers};

/// What is to be best.
#[derive(Debug, Clone, Copy)]
pub enum Objective<'a> {
    /// As large as can be.
    Metric(LabelMetric),
    /// What a row costs by true (row) and predicted class (column), in row-major order;
    /// the mean is to be as small as can be.
    Cost(&'a [f64]),
}

/// Differences below this are rounding.
const EQUAL: f64 = 1e-12;

/// Sweeps over all classes, at the most.
const MOST_SWEEPS: usize = 20;

/// Counts of labels, and what they are worth.
struct State<'a> {
    counts: Counts,
    cost: f64,
    total: f64,
    n_classes: usize,
    objective: Objective<'a>,
}

impl<'a> State<'a> {
    fn new(
        rows: &Classified<'_>,
        objective: Objective<'a>,
        label_of: impl Fn(usize) -> usize,
    ) -> Result<Self, Error> {
        let n_classes = rows.n_classes();
        if let Objective::Cost(costs) = objective {
            if costs.len() != n_classes * n_classes {
                return Err(Error::length("costs", n_classes * n_classes, costs.len()));
            }
            if !costs.iter().all(|cost| cost.is_finite()) {
                return Err(Error::value("costs must hold finite numbers."));
            }
        }
        let mut state = Self {
            counts: Counts::zero(n_classes),
            cost: 0.0,
            total: 0.0,
            n_classes,
            objective,
        };
        for row in 0..rows.y.len() {
            let (code, label) = (rows.y[row] as usize, label_of(row));
            let weight = rows.weight.map_or(1.0, |weight| weight[row]);
            state.counts.add_rows(code, label, weight);
            state.cost += weight * state.cost_of(code, label);
            state.total += weight;
        }
        Ok(state)
    }

    fn cost_of(&self, code: usize, label: usize) -> f64 {
        match self.objective {
            Objective::Metric(_) => 0.0,
            Objective::Cost(costs) => costs[code * self.n_classes + label],
        }
    }

    fn relabel(&mut self, code: usize, label: usize, other: usize, weight: f64) {
        self.counts.relabel(code, label, other, weight);
        self.cost += weight * (self.cost_of(code, other) - self.cost_of(code, label));
    }

    /// Greater is better.
    fn worth(&self) -> Result<f64, Error> {
        match self.objective {
            Objective::Metric(metric) => self.counts.score(metric),
            Objective::Cost(_) => Ok(-self.cost / self.total),
        }
    }
}

/// The threshold above which a probability of class 1 is to mean class 1, and what it is
/// worth: the score, or the mean cost with its sign turned.
///
/// One order of the rows gives all thresholds between different probabilities. Of equally
/// good ones that nearest to one half is taken.
///
/// # Errors
/// [`Error::Value`] for more than one output, or costs that make no sense;
/// [`Error::Cancelled`].
pub fn best_threshold(
    rows: &Classified<'_>,
    objective: Objective<'_>,
    workers: &Workers,
) -> Result<(f64, f64), Error> {
    let scores = rows.one_output("A threshold")?;
    let mut entries: Vec<(u64, usize)> = scores
        .iter()
        .enumerate()
        .map(|(row, &score)| (!unsigned_key(score), row))
        .collect();
    sort_by_key(&mut entries, workers)?;
    let mut state = State::new(rows, objective, |_| 0)?;
    let highest = entries.first().map_or(0.0, |&(_, row)| scores[row]);
    let mut best = (highest, state.worth()?);
    let mut tied = entries.chunk_by(|a, b| a.0 == b.0).peekable();
    let mut n_seen = 0;
    while let Some(same) = tied.next() {
        n_seen += 1;
        if n_seen % 4096 == 0 {
            workers.check()?;
        }
        for &(_, row) in same {
            let weight = rows.weight.map_or(1.0, |weight| weight[row]);
            state.relabel(rows.y[row] as usize, 0, 1, weight);
        }
        let score = scores[same[0].1];
        let threshold = match tied.peek() {
            Some(next) => between(scores[next[0].1], score),
            None => score - score.abs().max(1.0) * f64::EPSILON,
        };
        let worth = state.worth()?;
        let nearer = (threshold - 0.5).abs() < (best.0 - 0.5).abs();
        let slack = EQUAL * worth.abs().max(1.0);
        if best.1.is_nan() || worth > best.1 + slack || (worth >= best.1 - slack && nearer) {
            best = (threshold, worth);
        }
    }
    Ok(best)
}

/// A value that is at least `low` and below `high`.
fn between(low: f64, high: f64) -> f64 {
    let middle = f64::midpoint(low, high);
    if middle < high { middle } else { low }
}

/// Factors of the classes' probabilities with which the likeliest class suits the
/// objective best, the largest being 1, and what they are worth.
///
/// By coordinate ascent from equal factors: one class after the other gets the best of
/// all factors, by one order of the rows each, until a sweep betters nothing.
///
/// # Errors
/// [`Error::Value`] for one output, negative probabilities, or costs that make no sense;
/// [`Error::Cancelled`].
pub fn best_class_factors(
    rows: &Classified<'_>,
    objective: Objective<'_>,
    workers: &Workers,
) -> Result<(Vec<f64>, f64), Error> {
    let n_classes = rows.n_outputs;
    if n_classes < 2 {
        return Err(Error::value(
            "Factors of classes need one probability a class.",
        ));
    }
    if rows.prediction.iter().any(|&p| p < 0.0) {
        return Err(Error::value("Probabilities must not be negative."));
    }
    let mut factors = vec![1.0; n_classes];
    let label_by = |factors: &[f64], row: usize| likeliest(rows, factors, row, n_classes).0;
    let mut worth = State::new(rows, objective, |row| label_by(&factors, row))?.worth()?;
    for _ in 0..MOST_SWEEPS {
        let before = worth;
        for class in 0..n_classes {
            workers.check()?;
            let mut trial = factors.clone();
            trial[class] = best_factor(rows, objective, &factors, class, workers)?;
            let found = State::new(rows, objective, |row| label_by(&trial, row))?.worth()?;
            if worth.is_nan() || found > worth + EQUAL * found.abs().max(1.0) {
                (factors, worth) = (trial, found);
            }
        }
        if worth <= before || worth.is_nan() {
            break;
        }
    }
    let largest = factors.iter().copied().fold(0.0, f64::max);
    for factor in &mut factors {
        *factor /= largest;
    }
    Ok((factors, worth))
}

/// The likeliest class but `without`, of equal ones the first, and its product.
fn likeliest(rows: &Classified<'_>, factors: &[f64], row: usize, without: usize) -> (usize, f64) {
    let n_classes = rows.n_outputs;
    let mut best = (usize::from(without == 0), f64::NEG_INFINITY);
    for (class, factor) in factors.iter().enumerate() {
        let product = factor * rows.prediction[row * n_classes + class];
        if class != without && product > best.1 {
            best = (class, product);
        }
    }
    best
}

/// The best factor of one class where the others keep theirs.
fn best_factor(
    rows: &Classified<'_>,
    objective: Objective<'_>,
    factors: &[f64],
    class: usize,
    workers: &Workers,
) -> Result<f64, Error> {
    let n_classes = rows.n_outputs;
    let mut others = Vec::with_capacity(rows.y.len());
    // A row is predicted in the class from this factor of it on.
    let mut entries: Vec<(u64, (f64, usize))> = Vec::new();
    for row in 0..rows.y.len() {
        let (other, product) = likeliest(rows, factors, row, class);
        others.push(other);
        let own = rows.prediction[row * n_classes + class];
        let limit = product / own;
        if own > 0.0 && limit.is_finite() {
            entries.push((unsigned_key(limit), (limit, row)));
        }
    }
    sort_by_key(&mut entries, workers)?;
    let mut state = State::new(rows, objective, |row| others[row])?;
    let lowest = entries.first().map_or(1.0, |entry| entry.1.0);
    let mut best = (0.5 * lowest, state.worth()?);
    if best.0 <= 0.0 {
        // Some rows have no other class: the factor cannot be so small.
        best = (factors[class], f64::NEG_INFINITY);
    }
    let mut tied = entries.chunk_by(|a, b| a.0 == b.0).peekable();
    while let Some(same) = tied.next() {
        for &(_, (_, row)) in same {
            let weight = rows.weight.map_or(1.0, |weight| weight[row]);
            state.relabel(rows.y[row] as usize, others[row], class, weight);
        }
        let limit = same[0].1.0;
        let factor = match tied.peek() {
            Some(next) => f64::midpoint(limit, next[0].1.0),
            None => 2.0 * limit,
        };
        let worth = state.worth()?;
        if factor > 0.0 && worth > best.1 + EQUAL * worth.abs().max(1.0) {
            best = (factor, worth);
        }
    }
    Ok(best.0)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::metrics::Average;

    const F1: Objective<'static> = Objective::Metric(LabelMetric::FBeta(Average::Positive, 1.0));

    proptest! {
        #[test]
        fn no_other_threshold_is_better(
            rows in prop::collection::vec((0_i64..2, 0_u8..8), 2..40),
        ) {
            let y: Vec<i64> = rows.iter().map(|row| row.0).collect();
            let p: Vec<f64> = rows.iter().map(|row| f64::from(row.1) / 7.0).collect();
            let rows = Classified::new(&y, &p, 1, None).unwrap();
            let (threshold, worth) = best_threshold(&rows, F1, &Workers::default()).unwrap();
            let at = |t: f64| {
                State::new(&rows, F1, |row| usize::from(p[row] > t)).unwrap().worth().unwrap()
            };
            prop_assert!((at(threshold) - worth).abs() < 1e-12);
            for step in -1..16 {
                prop_assert!(at(f64::from(step) / 14.0) <= worth + 1e-9);
            }
        }

        #[test]
        fn factors_never_make_it_worse(
            rows in prop::collection::vec((0_i64..3, 1_u8..9, 1_u8..9, 1_u8..9), 3..40),
        ) {
            let y: Vec<i64> = rows.iter().map(|row| row.0).collect();
            let p: Vec<f64> = rows
                .iter()
                .flat_map(|row| [row.1, row.2, row.3].map(|p| f64::from(p) / 27.0))
                .collect();
            let rows = Classified::new(&y, &p, 3, None).unwrap();
            let objective = Objective::Metric(LabelMetric::BalancedAccuracy);
            let plain = State::new(&rows, objective, |row| {
                likeliest(&rows, &[1.0; 3], row, 3).0
            }).unwrap().worth().unwrap();
            let (factors, worth) =
                best_class_factors(&rows, objective, &Workers::default()).unwrap();
            prop_assert!(worth >= plain - 1e-12);
            prop_assert!(factors.iter().all(|&factor| factor > 0.0 && factor <= 1.0));
            let again = State::new(&rows, objective, |row| likeliest(&rows, &factors, row, 3).0)
                .unwrap().worth().unwrap();
            prop_assert!((again - worth).abs() < 0.34);
        }
    }

    #[test]
    fn a_dear_mistake_lowers_the_threshold() {
        let y = [0, 1, 0, 1, 0, 1];
        let p = [0.1, 0.2, 0.3, 0.6, 0.4, 0.9];
        let rows = Classified::new(&y, &p, 1, None).unwrap();
        let costs = [0.0, 1.0, 10.0, 0.0];
        let (threshold, worth) =
            best_threshold(&rows, Objective::Cost(&costs), &Workers::default()).unwrap();
        assert!((threshold - 0.15).abs() < 1e-12);
        assert!((worth + 2.0 / 6.0).abs() < 1e-12);
        assert!(best_threshold(&rows, Objective::Cost(&[0.0]), &Workers::default()).is_err());
    }

    #[test]
    fn a_class_that_is_always_beaten_gets_a_larger_factor() {
        let y = [0, 1, 2, 0, 1, 2];
        let p = [
            0.6, 0.3, 0.1, 0.5, 0.4, 0.1, 0.6, 0.1, 0.3, 0.7, 0.2, 0.1, 0.45, 0.45, 0.1, 0.5, 0.1,
            0.4,
        ];
        let rows = Classified::new(&y, &p, 3, None).unwrap();
        let (factors, worth) = best_class_factors(
            &rows,
            Objective::Metric(LabelMetric::Accuracy),
            &Workers::default(),
        )
        .unwrap();
        assert_eq!(worth, 1.0);
        assert!(factors[2] > factors[0]);
    }
}
