//! Greedy ensemble selection, for `headstart.ensemble.greedy`.

use headstart_core::ensemble::{
    Absolute, AnyLoss, Candidates, LogLoss, Members, RocAuc, Rules, Squared, select,
};
use headstart_core::metrics::{ClassMetric, Classified, ValueMetric, Valued};
use headstart_core::{Error, Workers};
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1, PyReadonlyArray3};
use pyo3::prelude::*;

use crate::convert::{optional_slice, slice};
use crate::error::to_python;
use crate::run::run;

/// Constraints of a selection, from Python.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct PyRules<'py> {
    n_rounds: usize,
    costs: Option<PyReadonlyArray1<'py, f64>>,
    capped: Option<PyReadonlyArray1<'py, bool>>,
    cap: f64,
}

impl PyRules<'_> {
    fn borrow(&self) -> PyResult<Rules<'_>> {
        Ok(Rules {
            n_rounds: self.n_rounds,
            costs: optional_slice("costs", self.costs.as_ref())?,
            capped: optional_slice("capped", self.capped.as_ref())?,
            cap: self.cap,
        })
    }
}

/// The target: class codes or values.
#[derive(FromPyObject)]
pub(crate) enum Target<'py> {
    #[pyo3(transparent)]
    Codes(PyReadonlyArray1<'py, i64>),
    #[pyo3(transparent)]
    Values(PyReadonlyArray1<'py, f64>),
}

/// Select by a metric of the core.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "named in the call")]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arrays are borrowed by value"
)]
pub(crate) fn select_greedily<'py>(
    py: Python<'py>,
    predictions: PyReadonlyArray3<'py, f64>,
    y: Target<'py>,
    metric: &str,
    greater_is_better: bool,
    weight: Option<PyReadonlyArray1<'py, f64>>,
    rules: PyRules<'py>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let (n_members, n_rows, n_outputs) = predictions.as_array().dim();
    let values = slice("predictions", &predictions)?;
    let weight = optional_slice("weight", weight.as_ref())?;
    let rules = rules.borrow()?;
    let n_steps = values.len().saturating_mul(rules.n_rounds);
    let weights = match &y {
        Target::Codes(codes) => {
            let (codes, metric) = (slice("y", codes)?, parse(metric)?);
            run(py, n_threads, n_steps, |workers| {
                let members = Members::new(values, n_members, n_rows, n_outputs)?;
                by_class_metric(
                    members,
                    codes,
                    weight,
                    (metric, greater_is_better),
                    &rules,
                    workers,
                )
            })
        }
        Target::Values(targets) => {
            let (targets, metric) = (slice("y", targets)?, parse(metric)?);
            run(py, n_threads, n_steps, |workers| {
                let members = Members::new(values, n_members, n_rows, n_outputs)?;
                by_value_metric(
                    members,
                    targets,
                    weight,
                    (metric, greater_is_better),
                    &rules,
                    workers,
                )
            })
        }
    }?;
    Ok(weights.into_pyarray(py))
}

/// Select by losses from Python: `losses(counts)` receives the number of picks of each
/// member, and returns the loss with one more of each.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arrays are borrowed by value"
)]
pub(crate) fn select_greedily_by<'py>(
    py: Python<'py>,
    losses: Bound<'py, PyAny>,
    n_members: usize,
    rules: PyRules<'py>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let mut candidates = Called {
        losses,
        counts: vec![0; n_members],
        error: None,
    };
    let weights = select(&mut candidates, n_members, &rules.borrow()?);
    match (weights, candidates.error) {
        (_, Some(error)) => Err(error),
        (Ok(weights), None) => Ok(weights.into_pyarray(py)),
        (Err(error), None) => Err(to_python(&error)),
    }
}

struct Called<'py> {
    losses: Bound<'py, PyAny>,
    counts: Vec<i64>,
    /// The exception from Python, which the core's errors cannot hold.
    error: Option<PyErr>,
}

impl Candidates for Called<'_> {
    fn losses(&mut self, _allowed: &[bool]) -> Result<Vec<f64>, Error> {
        let counts = PyArray1::from_slice(self.losses.py(), &self.counts);
        let result = self.losses.call1((counts,));
        result
            .and_then(|losses| losses.extract::<Vec<f64>>())
            .map_err(|error| {
                self.error = Some(error);
                Error::Cancelled
            })
    }

    fn pick(&mut self, member: usize) -> Result<(), Error> {
        self.counts[member] += 1;
        Ok(())
    }
}

pub(crate) fn parse<M: std::str::FromStr<Err = Error>>(name: &str) -> PyResult<M> {
    name.parse().map_err(|error| to_python(&error))
}

fn as_loss(score: f64, greater_is_better: bool) -> f64 {
    if greater_is_better { -score } else { score }
}

fn by_class_metric(
    members: Members<'_>,
    y: &[i64],
    weight: Option<&[f64]>,
    (metric, greater_is_better): (ClassMetric, bool),
    rules: &Rules<'_>,
    workers: &Workers,
) -> Result<Vec<f64>, Error> {
    let n_members = members.len();
    match metric {
        ClassMetric::LogLoss => {
            let mut candidates = LogLoss::new(members, y, weight, workers)?;
            select(&mut candidates, n_members, rules)
        }
        ClassMetric::Brier => {
            let mut candidates = Squared::of_codes(members, y, weight, workers)?;
            select(&mut candidates, n_members, rules)
        }
        ClassMetric::RocAuc if weight.is_none() => {
            let mut candidates = RocAuc::new(members, y, workers)?;
            select(&mut candidates, n_members, rules)
        }
        _ => {
            let n_outputs = members.n_outputs();
            let loss = |prediction: &[f64]| {
                let rows = Classified::new(y, prediction, n_outputs, weight)?;
                // Members already run in parallel.
                let score = rows.score(metric, &Workers::default())?;
                Ok(as_loss(score, greater_is_better))
            };
            select(&mut AnyLoss::new(members, loss, workers), n_members, rules)
        }
    }
}

fn by_value_metric(
    members: Members<'_>,
    y: &[f64],
    weight: Option<&[f64]>,
    (metric, greater_is_better): (ValueMetric, bool),
    rules: &Rules<'_>,
    workers: &Workers,
) -> Result<Vec<f64>, Error> {
    let n_members = members.len();
    match metric {
        ValueMetric::Rmse | ValueMetric::R2 => {
            let mut candidates = Squared::of_values(members, y, weight, workers)?;
            select(&mut candidates, n_members, rules)
        }
        ValueMetric::Mae | ValueMetric::Pinball(0.5) => {
            let mut candidates = Absolute::new(members, y, weight, workers)?;
            select(&mut candidates, n_members, rules)
        }
        ValueMetric::Mape => {
            // The absolute error, weighted by the inverse absolute value.
            let n_weights = weight.map_or(y.len(), <[f64]>::len);
            if n_weights != y.len() {
                return Err(Error::length("weight", y.len(), n_weights));
            }
            let of_row = |row: usize| weight.map_or(1.0, |weight| weight[row]);
            let relative: Vec<f64> = y
                .iter()
                .enumerate()
                .map(|(row, value)| of_row(row) / value.abs().max(f64::EPSILON))
                .collect();
            let mut candidates = Absolute::new(members, y, Some(&relative), workers)?;
            select(&mut candidates, n_members, rules)
        }
        _ => {
            let loss = |prediction: &[f64]| {
                let rows = Valued::new(y, prediction, weight)?;
                let score = rows.score(metric, &Workers::default())?;
                Ok(as_loss(score, greater_is_better))
            };
            select(&mut AnyLoss::new(members, loss, workers), n_members, rules)
        }
    }
}
