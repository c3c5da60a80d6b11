//! The threshold of a probability, or the factors of classes, with the best score.

use super::labels::Counts;
use super::{Classified, LabelMetric};
use crate::sorting::{sort_by_key, unsigned_key};
use crate::{Error, Workers};

/// The objective of a decision.
#[derive(Debug, Clone, Copy)]
pub enum Objective<'a> {
    /// A metric to maximise.
    Metric(LabelMetric),
    /// Cost of a row by true class (row) and predicted class (column), in row-major order.
    /// The mean cost is minimised.
    Cost(&'a [f64]),
}

/// Differences below this are rounding errors.
const EQUAL: f64 = 1e-12;

/// Largest number of sweeps over all classes.
const MOST_SWEEPS: usize = 20;

/// Counts of labels with their score or cost.
struct State<'a> {
    counts: Counts,
    cost: f64,
    total: f64,
    n_classes: usize,
    objective: Objective<'a>,
}

/// A row, and the rows predicted in its class without this and all earlier moves; see
/// [`Counts::relabel`].
struct Move {
    row: usize,
    remaining: [f64; 2],
}

impl<'a> State<'a> {
    fn new(
        rows: &Classified<'_>,
        objective: Objective<'a>,
        label_of: impl Fn(usize) -> usize,
    ) -> Result<Self, Error> {
        Ok(Self::before(rows, objective, label_of, [])?.0)
    }

    /// Return the state with all rows labelled by `label_of`, and the moves of some rows
    /// away from that label.
    fn before(
        rows: &Classified<'_>,
        objective: Objective<'a>,
        label_of: impl Fn(usize) -> usize,
        movers: impl IntoIterator<Item = usize>,
    ) -> Result<(Self, Vec<Move>), Error> {
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
        let mut moves: Vec<Move> = movers
            .into_iter()
            .map(|row| Move {
                row,
                remaining: [0.0; 2],
            })
            .collect();
        let mut stays = vec![true; rows.y.len()];
        for one in &moves {
            stays[one.row] = false;
        }
        for row in (0..rows.y.len()).filter(|&row| stays[row]) {
            state.add_row(rows, row, label_of(row));
        }
        // Backwards, so that the rows that remain after a move are summed, not subtracted.
        for one in moves.iter_mut().rev() {
            let label = label_of(one.row);
            one.remaining = state.counts.of_label(label);
            state.add_row(rows, one.row, label);
        }
        Ok((state, moves))
    }

    fn add_row(&mut self, rows: &Classified<'_>, row: usize, label: usize) {
        let code = rows.y[row] as usize;
        let weight = rows.weight.map_or(1.0, |weight| weight[row]);
        self.counts.add_rows(code, label, weight);
        self.cost += weight * self.cost_of(code, label);
        self.total += weight;
    }

    fn cost_of(&self, code: usize, label: usize) -> f64 {
        match self.objective {
            Objective::Metric(_) => 0.0,
            Objective::Cost(costs) => costs[code * self.n_classes + label],
        }
    }

    fn relabel(&mut self, rows: &Classified<'_>, one: &Move, label: usize, other: usize) {
        let code = rows.y[one.row] as usize;
        let weight = rows.weight.map_or(1.0, |weight| weight[one.row]);
        self.counts
            .relabel(code, (label, one.remaining), other, weight);
        self.cost += weight * (self.cost_of(code, other) - self.cost_of(code, label));
    }

    /// Return the value of the state; greater is better.
    fn worth(&self) -> Result<f64, Error> {
        match self.objective {
            Objective::Metric(metric) => self.counts.score(metric),
            Objective::Cost(_) => Ok(-self.cost / self.total),
        }
    }
}

/// Return the best threshold for the probability of class 1, and its value: the score, or
/// the negative mean cost.
///
/// One sort of the rows gives all thresholds between distinct probabilities. Of ties, the
/// threshold nearest to one half is returned.
///
/// # Errors
/// [`Error::Value`] for more than one output, or invalid costs; [`Error::Cancelled`].
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
    let order = entries.iter().map(|&(_, row)| row);
    let (mut state, moves) = State::before(rows, objective, |_| 0, order)?;
    let highest = entries.first().map_or(0.0, |&(_, row)| scores[row]);
    let mut best = (highest, state.worth()?);
    let is_tied = |a: &Move, b: &Move| scores[a.row] == scores[b.row];
    let mut tied = moves.chunk_by(is_tied).peekable();
    let mut n_seen = 0;
    while let Some(same) = tied.next() {
        n_seen += 1;
        if n_seen % 4096 == 0 {
            workers.check()?;
        }
        for one in same {
            state.relabel(rows, one, 0, 1);
        }
        let score = scores[same[0].row];
        let threshold = match tied.peek() {
            Some(next) => between(scores[next[0].row], score),
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

/// Return a value that is at least `low` and below `high`.
fn between(low: f64, high: f64) -> f64 {
    let middle = f64::midpoint(low, high);
    if middle < high { middle } else { low }
}

/// Return the factors of the classes' probabilities that optimise the objective of the most
/// probable class, with a largest factor of 1, and their value.
///
/// The method is coordinate ascent from equal factors: each class in turn gets its best
/// factor, with one sort of the rows, until a sweep brings no improvement.
///
/// # Errors
/// [`Error::Value`] for one output, negative probabilities, or invalid costs;
/// [`Error::Cancelled`].
pub fn best_class_factors(
    rows: &Classified<'_>,
    objective: Objective<'_>,
    workers: &Workers,
) -> Result<(Vec<f64>, f64), Error> {
    let n_classes = rows.n_outputs;
    if n_classes < 2 {
        return Err(Error::value(
            "Factors of classes need one probability per class.",
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
            let trial_worth = State::new(rows, objective, |row| label_by(&trial, row))?.worth()?;
            if worth.is_nan() || trial_worth > worth + EQUAL * trial_worth.abs().max(1.0) {
                (factors, worth) = (trial, trial_worth);
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

/// Return the most probable class other than `without`, the first of ties, and its product.
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

/// Return the best factor of one class for fixed factors of the others.
fn best_factor(
    rows: &Classified<'_>,
    objective: Objective<'_>,
    factors: &[f64],
    class: usize,
    workers: &Workers,
) -> Result<f64, Error> {
    let n_classes = rows.n_outputs;
    let mut others = Vec::with_capacity(rows.y.len());
    // A row is predicted in the class from this factor on.
    let mut limits = Vec::with_capacity(rows.y.len());
    for row in 0..rows.y.len() {
        let (other, product) = likeliest(rows, factors, row, class);
        others.push(other);
        let probability = rows.prediction[row * n_classes + class];
        limits.push(if probability > 0.0 {
            product / probability
        } else {
            f64::INFINITY
        });
    }
    let mut entries: Vec<(u64, usize)> = limits
        .iter()
        .enumerate()
        .filter(|(_, limit)| limit.is_finite())
        .map(|(row, &limit)| (unsigned_key(limit), row))
        .collect();
    sort_by_key(&mut entries, workers)?;
    let order = entries.iter().map(|&(_, row)| row);
    let (mut state, moves) = State::before(rows, objective, |row| others[row], order)?;
    let lowest = moves.first().map_or(1.0, |one| limits[one.row]);
    let mut best = (0.5 * lowest, state.worth()?);
    if best.0 <= 0.0 {
        // Some rows have no other class, so that the factor has no effect below.
        best = (factors[class], f64::NEG_INFINITY);
    }
    let is_tied = |a: &Move, b: &Move| limits[a.row] == limits[b.row];
    let mut tied = moves.chunk_by(is_tied).peekable();
    while let Some(same) = tied.next() {
        for one in same {
            state.relabel(rows, one, others[one.row], class);
        }
        let limit = limits[same[0].row];
        let factor = match tied.peek() {
            Some(next) => f64::midpoint(limit, limits[next[0].row]),
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

    /// Weighted rows of two classes that the scores hardly tell apart.
    fn weighted_rows(seed: u64) -> (Vec<i64>, Vec<f64>, Vec<f64>) {
        let mut rng = crate::rng::Rng::new(seed, 0);
        let y: Vec<i64> = (0..50).map(|_| i64::from(rng.uniform() < 0.5)).collect();
        let p = y
            .iter()
            .map(|&y| 0.4 + 0.05 * y as f64 + 0.2 * rng.uniform())
            .collect();
        let weight = y.iter().map(|_| rng.uniform()).collect();
        (y, p, weight)
    }

    #[test]
    fn a_threshold_is_worth_what_it_scores_under_weights() {
        let metrics = [
            LabelMetric::Precision(Average::Macro),
            LabelMetric::Precision(Average::Weighted),
            LabelMetric::FBeta(Average::Macro, 1.0),
            LabelMetric::Mcc,
            LabelMetric::QuadraticKappa,
        ];
        for seed in 0..100 {
            let (y, p, weight) = weighted_rows(seed);
            let rows = Classified::new(&y, &p, 1, Some(&weight)).unwrap();
            for metric in metrics {
                let objective = Objective::Metric(metric);
                let (threshold, worth) =
                    best_threshold(&rows, objective, &Workers::default()).unwrap();
                let label = |row: usize| usize::from(p[row] > threshold);
                let score = State::new(&rows, objective, label)
                    .unwrap()
                    .worth()
                    .unwrap();
                assert!(
                    (worth - score).abs() < 1e-9,
                    "{metric:?}: {worth} is {score}"
                );
            }
        }
    }

    #[test]
    fn a_factor_is_worth_no_less_than_any_other_under_weights() {
        for seed in 0..100 {
            let (y, p, weight) = weighted_rows(seed);
            let both: Vec<f64> = p.iter().flat_map(|&p| [1.0 - p, p]).collect();
            let rows = Classified::new(&y, &both, 2, Some(&weight)).unwrap();
            let objective = Objective::Metric(LabelMetric::Precision(Average::Macro));
            let score = |factors: &[f64]| {
                let label = |row: usize| likeliest(&rows, factors, row, 2).0;
                State::new(&rows, objective, label)
                    .unwrap()
                    .worth()
                    .unwrap()
            };
            let best = best_factor(&rows, objective, &[1.0; 2], 1, &Workers::default()).unwrap();
            let best = score(&[1.0, best]);
            for &p in &p {
                let other = score(&[1.0, (1.0 - p) / p * (1.0 + 1e-9)]);
                assert!(other <= best + 1e-9, "{other} is more than {best}");
            }
        }
    }

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
