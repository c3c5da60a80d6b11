//! Metrics, for `headstart.metrics`.

use headstart_core::Error;
use headstart_core::metrics::{
    ClassMetric, Classified, LabelMetric, Labelled, Objective, ValueMetric, Valued,
    best_class_factors, best_threshold as best_threshold_of,
};
use numpy::ndarray::Array2;
use numpy::{
    IntoPyArray, PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods,
};
use pyo3::prelude::*;

use crate::convert::{optional_slice, slice};
use crate::error::to_python;
use crate::run::run;

/// Return a score of class probabilities, with one column for two classes.
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

/// Return a score of predicted values.
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

/// Return scores of class probabilities by several metrics.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arrays are borrowed by value"
)]
pub(crate) fn score_classes_by(
    py: Python<'_>,
    metrics: Vec<String>,
    y: PyReadonlyArray1<'_, i64>,
    prediction: PyReadonlyArray2<'_, f64>,
    weight: Option<PyReadonlyArray1<'_, f64>>,
    n_threads: usize,
) -> PyResult<Vec<f64>> {
    let metrics: Vec<ClassMetric> = parse_all(&metrics)?;
    let n_outputs = prediction.shape()[1];
    let y = slice("y", &y)?;
    let prediction = slice("prediction", &prediction)?;
    let weight = optional_slice("weight", weight.as_ref())?;
    let n_steps = prediction.len().saturating_mul(metrics.len());
    run(py, n_threads, n_steps, |workers| {
        Classified::new(y, prediction, n_outputs, weight)?.score_many(&metrics, workers)
    })
}

/// Return scores of predicted labels by several metrics.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arrays are borrowed by value"
)]
pub(crate) fn score_labels_by(
    py: Python<'_>,
    metrics: Vec<String>,
    y: PyReadonlyArray1<'_, i64>,
    prediction: PyReadonlyArray1<'_, i64>,
    n_classes: usize,
    weight: Option<PyReadonlyArray1<'_, f64>>,
    n_threads: usize,
) -> PyResult<Vec<f64>> {
    let metrics: Vec<LabelMetric> = parse_all(&metrics)?;
    let y = slice("y", &y)?;
    let prediction = slice("prediction", &prediction)?;
    let weight = optional_slice("weight", weight.as_ref())?;
    run(py, n_threads, y.len(), |workers| {
        Labelled::new(y, prediction, n_classes, weight)?.score_many(&metrics, workers)
    })
}

/// Return scores of predicted values by several metrics.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arrays are borrowed by value"
)]
pub(crate) fn score_values_by(
    py: Python<'_>,
    metrics: Vec<String>,
    y: PyReadonlyArray1<'_, f64>,
    prediction: PyReadonlyArray1<'_, f64>,
    weight: Option<PyReadonlyArray1<'_, f64>>,
    n_threads: usize,
) -> PyResult<Vec<f64>> {
    let metrics: Vec<ValueMetric> = parse_all(&metrics)?;
    let y = slice("y", &y)?;
    let prediction = slice("prediction", &prediction)?;
    let weight = optional_slice("weight", weight.as_ref())?;
    let n_steps = prediction.len().saturating_mul(metrics.len());
    run(py, n_threads, n_steps, |workers| {
        let rows = Valued::new(y, prediction, weight)?;
        metrics
            .iter()
            .map(|&metric| rows.score(metric, workers))
            .collect()
    })
}

/// Return the number of rows, or their weight, of each pair of true and predicted class.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arrays are borrowed by value"
)]
pub(crate) fn confusion_table<'py>(
    py: Python<'py>,
    y: PyReadonlyArray1<'py, i64>,
    prediction: PyReadonlyArray1<'py, i64>,
    n_classes: usize,
    weight: Option<PyReadonlyArray1<'py, f64>>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let y = slice("y", &y)?;
    let prediction = slice("prediction", &prediction)?;
    let weight = optional_slice("weight", weight.as_ref())?;
    let table = run(py, n_threads, y.len(), |workers| {
        let rows = Labelled::new(y, prediction, n_classes, weight)?;
        let size = (rows.n_classes(), rows.n_classes());
        Array2::from_shape_vec(size, rows.confusion(workers)?)
            .map_err(|error| Error::value(error.to_string()))
    })?;
    Ok(table.into_pyarray(py))
}

/// Return the best threshold of the probability of class 1, and its value.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arrays are borrowed by value"
)]
pub(crate) fn best_threshold(
    py: Python<'_>,
    y: PyReadonlyArray1<'_, i64>,
    prediction: PyReadonlyArray1<'_, f64>,
    metric: Option<&str>,
    costs: Option<PyReadonlyArray1<'_, f64>>,
    weight: Option<PyReadonlyArray1<'_, f64>>,
) -> PyResult<(f64, f64)> {
    let objective = objective(metric, costs.as_ref())?;
    let y = slice("y", &y)?;
    let prediction = slice("prediction", &prediction)?;
    let weight = optional_slice("weight", weight.as_ref())?;
    run(py, 1, y.len().saturating_mul(8), |workers| {
        let rows = Classified::new(y, prediction, 1, weight)?;
        best_threshold_of(&rows, objective, workers)
    })
}

/// Return the best factors of the probabilities of classes, and their value.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arrays are borrowed by value"
)]
pub(crate) fn best_factors<'py>(
    py: Python<'py>,
    y: PyReadonlyArray1<'py, i64>,
    prediction: PyReadonlyArray2<'py, f64>,
    metric: Option<&str>,
    costs: Option<PyReadonlyArray1<'py, f64>>,
    weight: Option<PyReadonlyArray1<'py, f64>>,
) -> PyResult<(Bound<'py, PyArray1<f64>>, f64)> {
    let objective = objective(metric, costs.as_ref())?;
    let n_outputs = prediction.shape()[1];
    let y = slice("y", &y)?;
    let prediction = slice("prediction", &prediction)?;
    let weight = optional_slice("weight", weight.as_ref())?;
    let n_steps = prediction.len().saturating_mul(8);
    let (factors, worth) = run(py, 1, n_steps, |workers| {
        let rows = Classified::new(y, prediction, n_outputs, weight)?;
        best_class_factors(&rows, objective, workers)
    })?;
    Ok((factors.into_pyarray(py), worth))
}

fn objective<'a>(
    metric: Option<&str>,
    costs: Option<&'a PyReadonlyArray1<'_, f64>>,
) -> PyResult<Objective<'a>> {
    match (metric, optional_slice("costs", costs)?) {
        (_, Some(costs)) => Ok(Objective::Cost(costs)),
        (Some(name), None) => name
            .parse()
            .map(Objective::Metric)
            .map_err(|error| to_python(&error)),
        (None, None) => Err(to_python(&Error::value("A metric or costs are needed."))),
    }
}

fn parse_all<M: std::str::FromStr<Err = Error>>(names: &[String]) -> PyResult<Vec<M>> {
    names
        .iter()
        .map(|name| name.parse().map_err(|error| to_python(&error)))
        .collect()
}
