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
//! - anything else: the sum of the predictions, and the metric itself ([`AnyLoss`]).

use std::collections::BTreeMap;

use crate::{Error, Workers};

/// Losses closer than this, relatively, are a tie: they differ by rounding only.
const TIE: f64 = 1e-13;

/// Probabilities are clipped this far from 0 and 1, as scikit-learn clips doubles.
const CLIP: f64 = f64::EPSILON;

/// Sums run in this many lanes of fixed order, which compilers turn into vectors.
const LANES: usize = 8;

/// Factors below 1 that are multiplied before the exponent is split off: the smallest
/// product is about 1e-250, still far from the smallest double.
const FACTORS: usize = 16;

/// The members' predictions, one after the other, each in row-major order.
#[derive(Debug, Clone, Copy)]
pub struct Members<'a> {
    values: &'a [f32],
    count: usize,
    n_outputs: usize,
}

impl<'a> Members<'a> {
    /// Check that `values` holds `n_members` finite predictions of `n_rows` rows.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Value`] where it does not.
    pub fn new(
        values: &'a [f32],
        n_members: usize,
        n_rows: usize,
        n_outputs: usize,
    ) -> Result<Self, Error> {
        if n_members == 0 || n_rows == 0 || n_outputs == 0 {
            return Err(Error::value(
                "An ensemble needs at least one member, one row and one output.",
            ));
        }
        let expected = n_members
            .checked_mul(n_rows)
            .and_then(|size| size.checked_mul(n_outputs));
        if expected != Some(values.len()) {
            return Err(Error::Shape(format!(
                "predictions of shape ({n_members}, {n_rows}, {n_outputs}) cannot have \
                 {} values.",
                values.len()
            )));
        }
        for (member, prediction) in values.chunks_exact(n_rows * n_outputs).enumerate() {
            // A sum of absolute values would overflow; this loop is made of vectors.
            if !prediction.iter().fold(true, |ok, v| ok & v.is_finite()) {
                return Err(Error::value(format!(
                    "predictions must be finite. Those of member {member} are not."
                )));
            }
        }
        Ok(Self {
            values,
            count: n_members,
            n_outputs,
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none; never so.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Columns of a prediction.
    pub fn n_outputs(&self) -> usize {
        self.n_outputs
    }

    fn size(&self) -> usize {
        self.values.len() / self.count
    }

    fn n_rows(&self) -> usize {
        self.size() / self.n_outputs
    }

    fn prediction(&self, member: usize) -> &'a [f32] {
        &self.values[member * self.size()..(member + 1) * self.size()]
    }
}

/// What a selection asks of a loss.
pub trait Candidates {
    /// The loss of the ensemble with one more of each member; lower is better.
    ///
    /// # Errors
    /// [`Error::Cancelled`], or what is wrong with the loss.
    fn losses(&mut self) -> Result<Vec<f64>, Error>;

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
        let mut losses = candidates.losses()?;
        if losses.len() != n_members {
            return Err(Error::length("losses", n_members, losses.len()));
        }
        for (member, loss) in losses.iter_mut().enumerate() {
            if !loss.is_finite() || is_full && is_capped(member) {
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

/// Sum `term(i)` for `i` in `0..n`, in lanes of fixed order.
#[inline]
fn lane_sum(n: usize, term: impl Fn(usize) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    let whole = n / LANES * LANES;
    for start in (0..whole).step_by(LANES) {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            *sum += term(start + lane);
        }
    }
    for (lane, index) in (whole..n).enumerate() {
        lanes[lane] += term(index);
    }
    lanes.iter().sum()
}

fn check_weight(weight: Option<&[f64]>, n_rows: usize) -> Result<(), Error> {
    let Some(weight) = weight else { return Ok(()) };
    if weight.len() != n_rows {
        return Err(Error::length("weight", n_rows, weight.len()));
    }
    if !weight.iter().all(|w| w.is_finite() && *w >= 0.0) {
        return Err(Error::value("weight must be finite and not negative."));
    }
    if weight.iter().sum::<f64>() > 0.0 {
        Ok(())
    } else {
        Err(Error::value("weight must not be zero in all rows."))
    }
}

fn check_codes(codes: &[i64], n_rows: usize, n_outputs: usize) -> Result<(), Error> {
    if codes.len() != n_rows {
        return Err(Error::length("y", n_rows, codes.len()));
    }
    let n_classes = n_outputs.max(2) as i64;
    match codes.iter().find(|code| !(0..n_classes).contains(code)) {
        Some(code) => Err(Error::value(format!(
            "y must hold class codes in 0..{n_classes}. Got {code}."
        ))),
        None => Ok(()),
    }
}

/// Logarithmic loss, by the product of the true class's probabilities.
#[derive(Debug)]
pub struct LogLoss<'a> {
    members: Members<'a>,
    workers: &'a Workers,
    weight: Option<&'a [f64]>,
    truth: Truth,
    sum: Vec<f64>,
    n_picked: usize,
}

/// Where a row's probability of its true class is found.
#[derive(Debug)]
enum Truth {
    /// One output, the probability of class 1: 1 in rows of class 0, which is then
    /// `flip + (1 - 2 * flip) * p`, exact in doubles for either class.
    Flipped(Vec<f32>),
    /// Picked from the members' rows beforehand, one after the other: a class's column
    /// is all that is ever used.
    Gathered(Vec<f32>),
}

impl<'a> LogLoss<'a> {
    /// Prepare a selection for class codes `y`.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Value`] where the arrays do not fit.
    pub fn new(
        members: Members<'a>,
        y: &[i64],
        weight: Option<&'a [f64]>,
        workers: &'a Workers,
    ) -> Result<Self, Error> {
        let n_rows = members.n_rows();
        check_codes(y, n_rows, members.n_outputs)?;
        check_weight(weight, n_rows)?;
        let truth = if members.n_outputs == 1 {
            Truth::Flipped(y.iter().map(|&code| (1 - code) as f32).collect())
        } else {
            let rows = members.values.chunks_exact(members.n_outputs);
            let codes = y.iter().cycle();
            Truth::Gathered(
                rows.zip(codes)
                    .map(|(row, &code)| row[code as usize])
                    .collect(),
            )
        };
        Ok(Self {
            members,
            workers,
            weight,
            truth,
            sum: vec![0.0; n_rows],
            n_picked: 0,
        })
    }

    /// The mean of `-ln` of the clipped mean of `sum` and one more `probability`.
    fn loss(&self, probability: impl Fn(usize) -> f64) -> f64 {
        let n_rows = self.sum.len();
        let n_picked = (self.n_picked + 1) as f64;
        let (floor, ceiling) = (CLIP * n_picked, (1.0 - CLIP) * n_picked);
        let clipped = |row: usize| (self.sum[row] + probability(row)).max(floor).min(ceiling);
        let (sum, total) = match self.weight {
            Some(weight) => (
                lane_sum(n_rows, |row| weight[row] * clipped(row).ln()),
                lane_sum(n_rows, |row| weight[row]),
            ),
            None => (sum_of_logarithms(n_rows, clipped), n_rows as f64),
        };
        n_picked.ln() - sum / total
    }
}

impl Candidates for LogLoss<'_> {
    fn losses(&mut self) -> Result<Vec<f64>, Error> {
        let n_rows = self.sum.len();
        self.workers.map(self.members.len(), |member| {
            Ok(match &self.truth {
                Truth::Flipped(flip) => {
                    let prediction = &self.members.prediction(member)[..n_rows];
                    let flip = &flip[..n_rows];
                    self.loss(|row| unflip(flip[row], prediction[row]))
                }
                Truth::Gathered(columns) => {
                    let column = &columns[member * n_rows..(member + 1) * n_rows];
                    self.loss(|row| f64::from(column[row]))
                }
            })
        })
    }

    fn pick(&mut self, member: usize) -> Result<(), Error> {
        let n_rows = self.sum.len();
        match &self.truth {
            Truth::Flipped(flip) => {
                let prediction = self.members.prediction(member);
                for ((sum, &flip), &p) in self.sum.iter_mut().zip(flip).zip(prediction) {
                    *sum += unflip(flip, p);
                }
            }
            Truth::Gathered(columns) => {
                let column = &columns[member * n_rows..(member + 1) * n_rows];
                for (sum, &p) in self.sum.iter_mut().zip(column) {
                    *sum += f64::from(p);
                }
            }
        }
        self.n_picked += 1;
        Ok(())
    }
}

#[inline]
fn unflip(flip: f32, probability: f32) -> f64 {
    f64::from(flip) + f64::from(1.0 - 2.0 * flip) * f64::from(probability)
}

/// Sum of `ln(factor(i))` for `i` in `0..n`; factors positive, normal and below 1e18.
#[inline]
fn sum_of_logarithms(n: usize, factor: impl Fn(usize) -> f64) -> f64 {
    const MANTISSA: u64 = (1 << 52) - 1;
    const ONE: u64 = 1023 << 52;
    const STEP: usize = LANES * FACTORS;
    let mut products = [1.0_f64; LANES];
    let mut exponents = [0_i64; LANES];
    let whole = n / STEP * STEP;
    let mut split = |products: &mut [f64; LANES]| {
        for (product, exponent) in products.iter_mut().zip(&mut exponents) {
            let bits = product.to_bits();
            *exponent += (bits >> 52) as i64 - 1023;
            *product = f64::from_bits(bits & MANTISSA | ONE);
        }
    };
    for start in (0..whole).step_by(STEP) {
        for step in (start..start + STEP).step_by(LANES) {
            for (lane, product) in products.iter_mut().enumerate() {
                *product *= factor(step + lane);
            }
        }
        split(&mut products);
    }
    for index in whole..n {
        products[index % LANES] *= factor(index);
    }
    split(&mut products);
    let exponent: i64 = exponents.iter().sum();
    let logarithms: f64 = products.iter().map(|product| product.ln()).sum();
    exponent as f64 * std::f64::consts::LN_2 + logarithms
}

/// Mean squared error: the order of RMSE, of R2 and of the Brier score.
#[derive(Debug)]
pub struct Squared<'a> {
    members: Members<'a>,
    workers: &'a Workers,
    target: Vec<f64>,
    /// One number a row, repeated for each output; empty where all rows count the same.
    weight: Vec<f64>,
    /// Inner products of each member's residual with itself.
    own: Vec<f64>,
    /// Inner products of each member's residual with the ensemble's sum.
    with_sum: Vec<f64>,
    /// Inner product of the ensemble's sum with itself.
    sum_with_sum: f64,
    /// Inner products of all members with those that were picked.
    products: BTreeMap<usize, Vec<f64>>,
    n_picked: usize,
}

impl<'a> Squared<'a> {
    /// Prepare a selection for values `y`.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Value`] where the arrays do not fit.
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
    /// As [`Squared::of_values`].
    pub fn of_codes(
        members: Members<'a>,
        y: &[i64],
        weight: Option<&[f64]>,
        workers: &'a Workers,
    ) -> Result<Self, Error> {
        check_codes(y, members.n_rows(), members.n_outputs)?;
        let target = if members.n_outputs == 1 {
            y.iter().map(|&code| code as f64).collect()
        } else {
            let mut target = vec![0.0; members.size()];
            for (row, &code) in target.chunks_exact_mut(members.n_outputs).zip(y) {
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
        let repeat = |&w: &f64| std::iter::repeat_n(w, members.n_outputs);
        let mut squared = Self {
            members,
            workers,
            target,
            weight: weight.map_or_else(Vec::new, |w| w.iter().flat_map(repeat).collect()),
            own: Vec::new(),
            with_sum: vec![0.0; members.len()],
            sum_with_sum: 0.0,
            products: BTreeMap::new(),
            n_picked: 0,
        };
        squared.own = workers.map(members.len(), |member| {
            Ok(squared.product(member, &squared.residual(member)))
        })?;
        Ok(squared)
    }

    /// Residuals, not predictions: their inner products do not cancel, however far the
    /// target is from zero.
    fn residual(&self, member: usize) -> Vec<f64> {
        let prediction = self.members.prediction(member);
        let residual = prediction.iter().zip(&self.target);
        let residual = residual.map(|(&p, y)| f64::from(p) - y);
        if self.weight.is_empty() {
            residual.collect()
        } else {
            residual.zip(&self.weight).map(|(r, w)| r * w).collect()
        }
    }

    /// The inner product of a member's plain residual and a weighted one.
    fn product(&self, member: usize, weighted: &[f64]) -> f64 {
        let n = weighted.len();
        let (prediction, target) = (&self.members.prediction(member)[..n], &self.target[..n]);
        lane_sum(n, |i| (f64::from(prediction[i]) - target[i]) * weighted[i])
    }
}

impl Candidates for Squared<'_> {
    fn losses(&mut self) -> Result<Vec<f64>, Error> {
        self.workers.check()?;
        let n_picked = (self.n_picked + 1) as f64;
        let losses = self.own.iter().zip(&self.with_sum);
        Ok(losses
            .map(|(own, with_sum)| {
                let total = self.sum_with_sum + 2.0 * with_sum + own;
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
        self.sum_with_sum += 2.0 * self.with_sum[member] + self.own[member];
        if let Some(row) = self.products.get(&member) {
            for (sum, product) in self.with_sum.iter_mut().zip(row) {
                *sum += product;
            }
        }
        self.n_picked += 1;
        Ok(())
    }
}

/// Weighted mean absolute error; with weights `w / |y|` the relative error.
#[derive(Debug)]
pub struct Absolute<'a> {
    members: Members<'a>,
    workers: &'a Workers,
    y: &'a [f64],
    weight: Option<&'a [f64]>,
    /// Sum of the residuals of those picked.
    sum: Vec<f64>,
    n_picked: usize,
}

impl<'a> Absolute<'a> {
    /// Prepare a selection for values `y`.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Value`] where the arrays do not fit.
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
    fn losses(&mut self) -> Result<Vec<f64>, Error> {
        let n = self.y.len();
        let n_picked = (self.n_picked + 1) as f64;
        let (sum, y) = (&self.sum[..n], &self.y[..n]);
        self.workers.map(self.members.len(), |member| {
            let prediction = &self.members.prediction(member)[..n];
            let error = |i: usize| (sum[i] + (f64::from(prediction[i]) - y[i])).abs();
            let total = match self.weight {
                Some(weight) => lane_sum(n, |i| weight[i] * error(i)),
                None => lane_sum(n, error),
            };
            Ok(total / n_picked)
        })
    }

    fn pick(&mut self, member: usize) -> Result<(), Error> {
        let prediction = self.members.prediction(member);
        for ((sum, &p), y) in self.sum.iter_mut().zip(prediction).zip(self.y) {
            *sum += f64::from(p) - y;
        }
        self.n_picked += 1;
        Ok(())
    }
}

fn check_values(members: &Members<'_>, y: &[f64]) -> Result<(), Error> {
    if members.n_outputs != 1 {
        return Err(Error::Shape(format!(
            "predictions of values must have one output. Got {}.",
            members.n_outputs
        )));
    }
    if y.len() != members.n_rows() {
        return Err(Error::length("y", members.n_rows(), y.len()));
    }
    if y.iter().all(|value| value.is_finite()) {
        Ok(())
    } else {
        Err(Error::value("y must be finite."))
    }
}

/// Any loss of a prediction, computed anew for each candidate.
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
    /// Prepare a selection by `loss`, which is given predictions in row-major order.
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
    fn losses(&mut self) -> Result<Vec<f64>, Error> {
        let n_picked = (self.n_picked + 1) as f64;
        self.workers.map(self.members.len(), |member| {
            let prediction = self.members.prediction(member);
            let mean: Vec<f64> = self
                .sum
                .iter()
                .zip(prediction)
                .map(|(sum, &p)| (sum + f64::from(p)) / n_picked)
                .collect();
            (self.loss)(&mean)
        })
    }

    fn pick(&mut self, member: usize) -> Result<(), Error> {
        let prediction = self.members.prediction(member);
        for (sum, &p) in self.sum.iter_mut().zip(prediction) {
            *sum += f64::from(p);
        }
        self.n_picked += 1;
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULES: Rules<'_> = Rules {
        n_rounds: 12,
        costs: None,
        capped: None,
        cap: 1.0,
    };

    /// Losses that do not depend on what was picked.
    struct Fixed(Vec<f64>);

    impl Candidates for Fixed {
        fn losses(&mut self) -> Result<Vec<f64>, Error> {
            Ok(self.0.clone())
        }

        fn pick(&mut self, _member: usize) -> Result<(), Error> {
            Ok(())
        }
    }

    /// Losses computed in the plainest way.
    fn plain<'a>(
        members: Members<'a>,
        workers: &'a Workers,
        loss: impl Fn(&[f64]) -> f64 + Sync + 'a,
    ) -> AnyLoss<'a, impl Fn(&[f64]) -> Result<f64, Error> + Sync + 'a> {
        AnyLoss::new(members, move |p: &[f64]| Ok(loss(p)), workers)
    }

    /// Walk both through the same picks and compare all losses on the way.
    fn assert_same_losses(
        fast: &mut dyn Candidates,
        slow: &mut dyn Candidates,
        n_members: usize,
        transform: impl Fn(f64) -> f64,
    ) {
        for round in 0..7 {
            let (found, expected) = (fast.losses().unwrap(), slow.losses().unwrap());
            for (found, expected) in found.iter().zip(expected) {
                let found = transform(*found);
                assert!(
                    (found - expected).abs() <= 1e-12 * (1.0 + expected.abs()),
                    "{found} is not {expected}"
                );
            }
            let member = (round * round) % n_members;
            fast.pick(member).unwrap();
            slow.pick(member).unwrap();
        }
    }

    fn weighted_mean(values: impl Iterator<Item = f64>, weight: Option<&[f64]>) -> f64 {
        let values: Vec<f64> = values.collect();
        let ones = vec![1.0; values.len()];
        let weight = weight.unwrap_or(&ones);
        let sum: f64 = values.iter().zip(weight).map(|(v, w)| v * w).sum();
        sum / weight.iter().sum::<f64>()
    }

    /// Members, weights and codes of `n_outputs` outputs, deterministic and uneven.
    fn sample(n_rows: usize, n_outputs: usize) -> (Vec<f32>, Vec<f64>, Vec<i64>) {
        let mut state = 7_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(99);
            (state >> 40) as f32 / (1 << 24) as f32
        };
        let mut values: Vec<f32> = (0..5 * n_rows * n_outputs).map(|_| next()).collect();
        if n_outputs > 1 {
            for row in values.chunks_exact_mut(n_outputs) {
                let sum: f32 = row.iter().sum();
                for value in row {
                    *value /= sum;
                }
            }
        }
        values[0] = 0.0;
        let weight = (0..n_rows).map(|_| f64::from(next()) + 0.1).collect();
        let n_classes = n_outputs.max(2) as f32;
        let codes = (0..n_rows).map(|_| (next() * n_classes) as i64).collect();
        (values, weight, codes)
    }

    #[test]
    fn the_product_trick_gives_the_log_loss() {
        let workers = Workers::default();
        for (n_rows, n_outputs) in [(3, 1), (1000, 1), (257, 3)] {
            let (values, weight, y) = sample(n_rows, n_outputs);
            let members = Members::new(&values, 5, n_rows, n_outputs).unwrap();
            for weight in [None, Some(weight.as_slice())] {
                let mut fast = LogLoss::new(members, &y, weight, &workers).unwrap();
                let mut slow = plain(members, &workers, |p| {
                    let terms = p.chunks_exact(n_outputs).zip(&y).map(|(row, &code)| {
                        let p = match (n_outputs, code) {
                            (1, 0) => 1.0 - row[0],
                            (1, _) => row[0],
                            _ => row[code as usize],
                        };
                        -p.clamp(CLIP, 1.0 - CLIP).ln()
                    });
                    weighted_mean(terms, weight)
                });
                assert_same_losses(&mut fast, &mut slow, 5, |loss| loss);
            }
        }
    }

    #[test]
    fn inner_products_give_the_squared_error() {
        let workers = Workers::default();
        let (values, weight, _) = sample(100, 1);
        let y: Vec<f64> = (0..100).map(|i| f64::from(i % 9) / 9.0).collect();
        let members = Members::new(&values, 5, 100, 1).unwrap();
        for weight in [None, Some(weight.as_slice())] {
            let mut fast = Squared::of_values(members, &y, weight, &workers).unwrap();
            let mut slow = plain(members, &workers, |p| {
                weighted_mean(p.iter().zip(&y).map(|(p, y)| (p - y).powi(2)), weight)
            });
            let total: f64 = weight.map_or(100.0, |w| w.iter().sum());
            assert_same_losses(&mut fast, &mut slow, 5, |loss| loss / total);
        }
    }

    #[test]
    fn a_far_target_does_not_cancel_the_squared_error() {
        let workers = Workers::default();
        let values = [1e7_f32 + 1.0, 1e7, 1e7 + 2.0, 1e7 + 1.0];
        let members = Members::new(&values, 2, 2, 1).unwrap();
        let y = [1e7 + 1.0, 1e7 + 0.5];
        let mut squared = Squared::of_values(members, &y, None, &workers).unwrap();
        assert_eq!(squared.losses().unwrap(), [0.25, 1.25]);
    }

    #[test]
    fn the_brier_score_counts_all_classes() {
        let workers = Workers::default();
        let (values, _, y) = sample(50, 3);
        let members = Members::new(&values, 5, 50, 3).unwrap();
        let mut fast = Squared::of_codes(members, &y, None, &workers).unwrap();
        let mut slow = plain(members, &workers, |p| {
            let rows = p.chunks_exact(3).zip(&y).map(|(row, &code)| {
                let cells = row.iter().enumerate();
                cells
                    .map(|(k, p)| (p - f64::from(u8::from(k == code as usize))).powi(2))
                    .sum()
            });
            weighted_mean(rows, None)
        });
        assert_same_losses(&mut fast, &mut slow, 5, |loss| loss / 50.0);
    }

    #[test]
    fn residual_sums_give_the_absolute_error() {
        let workers = Workers::default();
        let (values, weight, _) = sample(77, 1);
        let y: Vec<f64> = (0..77).map(|i| f64::from(i % 5) / 5.0).collect();
        let members = Members::new(&values, 5, 77, 1).unwrap();
        for weight in [None, Some(weight.as_slice())] {
            let mut fast = Absolute::new(members, &y, weight, &workers).unwrap();
            let mut slow = plain(members, &workers, |p| {
                weighted_mean(p.iter().zip(&y).map(|(p, y)| (p - y).abs()), weight)
            });
            let total: f64 = weight.map_or(77.0, |w| w.iter().sum());
            assert_same_losses(&mut fast, &mut slow, 5, |loss| loss / total);
        }
    }

    #[test]
    fn ties_go_to_the_cheaper_and_then_to_the_first() {
        let costs = [3.0, 1.0, 1.0, 0.0];
        let rules = Rules {
            costs: Some(&costs),
            ..RULES
        };
        let losses = || Fixed(vec![0.5, 0.5 + 1e-15, 0.5, 0.6]);
        assert_eq!(
            select(&mut losses(), 4, &rules).unwrap(),
            [0.0, 1.0, 0.0, 0.0]
        );
        assert_eq!(
            select(&mut losses(), 4, &RULES).unwrap(),
            [1.0, 0.0, 0.0, 0.0]
        );
    }

    #[test]
    fn a_member_without_a_finite_loss_is_never_picked() {
        let mut losses = Fixed(vec![f64::NAN, 2.0, f64::NEG_INFINITY]);
        assert_eq!(select(&mut losses, 3, &RULES).unwrap(), [0.0, 1.0, 0.0]);
    }

    #[test]
    fn where_no_loss_is_finite_the_cheapest_member_stands_alone() {
        let costs = [3.0, 1.0, 2.0];
        let rules = |capped| Rules {
            costs: Some(&costs),
            capped,
            cap: 0.5,
            ..RULES
        };
        let undefined = || Fixed(vec![f64::NAN; 3]);
        let found = select(&mut undefined(), 3, &rules(None)).unwrap();
        assert_eq!(found, [0.0, 1.0, 0.0]);
        let capped = [false, true, false];
        let found = select(&mut undefined(), 3, &rules(Some(&capped))).unwrap();
        assert_eq!(found, [0.0, 0.0, 1.0]);
    }

    #[test]
    fn capped_members_keep_below_their_share() {
        let workers = Workers::default();
        // Members 0 and 1 cancel each other's errors, but 0 may weigh a quarter only.
        let values = [2.0_f32, -2.0, -1.0, 1.0];
        let members = Members::new(&values, 2, 2, 1).unwrap();
        let y = [0.0, 0.0];
        let weights = |capped: &[bool]| {
            let rules = Rules {
                capped: Some(capped),
                cap: 0.25,
                ..RULES
            };
            let mut squared = Squared::of_values(members, &y, None, &workers).unwrap();
            select(&mut squared, 2, &rules).unwrap()
        };
        assert_eq!(weights(&[true, false]), [0.25, 0.75]);
        assert_eq!(weights(&[false, false]), [1.0 / 3.0, 2.0 / 3.0]);
        assert_eq!(weights(&[true, true]), [1.0 / 3.0, 2.0 / 3.0]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let workers = Workers::default();
        let values = [0.5_f32; 6];
        assert!(Members::new(&values, 2, 2, 1).is_err());
        assert!(Members::new(&[], 0, 2, 1).is_err());
        assert!(Members::new(&[f32::NAN], 1, 1, 1).is_err());
        let members = Members::new(&values, 3, 2, 1).unwrap();
        assert!(LogLoss::new(members, &[0, 2], None, &workers).is_err());
        assert!(LogLoss::new(members, &[0, 1, 1], None, &workers).is_err());
        assert!(LogLoss::new(members, &[0, 1], Some(&[0.0, 0.0]), &workers).is_err());
        assert!(Squared::of_values(members, &[f64::NAN, 0.0], None, &workers).is_err());
        assert!(Absolute::new(members, &[0.0], None, &workers).is_err());
        let rules = Rules {
            n_rounds: 0,
            ..RULES
        };
        assert!(select(&mut Fixed(vec![1.0]), 1, &rules).is_err());
        let rules = Rules { cap: 1.5, ..RULES };
        assert!(select(&mut Fixed(vec![1.0]), 1, &rules).is_err());
    }

    proptest! {
        #[test]
        fn an_ensemble_is_never_worse_than_its_best_member(
            values in prop::collection::vec(0.0_f32..1.0, 24),
            y in prop::collection::vec(0_i64..2, 6),
        ) {
            let workers = Workers::default();
            let members = Members::new(&values, 4, 6, 1).unwrap();
            let mut log_loss = LogLoss::new(members, &y, None, &workers).unwrap();
            let best = log_loss.losses().unwrap().into_iter().fold(f64::INFINITY, f64::min);
            let weights = select(&mut log_loss, 4, &RULES).unwrap();
            prop_assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            prop_assert!(weights.iter().all(|&weight| weight >= 0.0));
            let mixed: f64 = (0..6)
                .map(|row| {
                    let members = weights.iter().enumerate();
                    let p: f64 = members.map(|(m, w)| w * f64::from(values[m * 6 + row])).sum();
                    -(if y[row] == 1 { p } else { 1.0 - p }).clamp(CLIP, 1.0 - CLIP).ln()
                })
                .sum::<f64>() / 6.0;
            prop_assert!(mixed <= best + 1e-12);
        }
    }
}
