//! Metrics, for `headstart.metrics`.

use headstart_core::Error;
use headstart_core::metrics::{ClassMetric, Classified, ValueMetric, Valued};
use numpy::{PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;

use crate::convert::{optional_slice, slice};
use crate::error::to_python;
use crate::run::run;

/// A score of class probabilities, one column for two classes.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arrays are borrowed by value"
)]
pub(crate) fn score_classes(
    py: Python<'_>,
    metric: &str,
    y: PyReadonlyArray1<'_, i64>,
    prediction: PyReadonlyArray2<'_, f64>,
    weight: Option<PyReadonlyArray1<'_, f64>>,
    n_threads: usize,
) -> PyResult<f64> {
    let metric: ClassMetric = metric.parse().map_err(|error: Error| to_python(&error))?;
    let n_outputs = prediction.shape()[1];
    let y = slice("y", &y)?;
    let prediction = slice("prediction", &prediction)?;
    let weight = optional_slice("weight", weight.as_ref())?;
    run(py, n_threads, prediction.len(), |workers| {
        Classified::new(y, prediction, n_outputs, weight)?.score(metric, workers)
    })
}

/// A score of predicted values.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arrays are borrowed by value"
)]
pub(crate) fn score_values(
    py: Python<'_>,
    metric: &str,
    y: PyReadonlyArray1<'_, f64>,
    prediction: PyReadonlyArray1<'_, f64>,
    weight: Option<PyReadonlyArray1<'_, f64>>,
    n_threads: usize,
) -> PyResult<f64> {
    let metric: ValueMetric = metric.parse().map_err(|error: Error| to_python(&error))?;
    let y = slice("y", &y)?;
    let prediction = slice("prediction", &prediction)?;
    let weight = optional_slice("weight", weight.as_ref())?;
    run(py, n_threads, prediction.len(), |workers| {
        Valued::new(y, prediction, weight)?.score(metric, workers)
    })
}
