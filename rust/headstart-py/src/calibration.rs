//! Calibration, for `headstart.validation.calibration`.

use headstart_core::calibration;
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::convert::{optional_slice, slice};
use crate::run::run;

type Floats<'py> = PyReadonlyArray1<'py, f64>;
type Corners<'py> = (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>);

/// Return the corners of an increasing function.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arrays are borrowed by value"
)]
pub(crate) fn fit_isotonic<'py>(
    py: Python<'py>,
    x: Floats<'py>,
    y: Floats<'py>,
    weight: Option<Floats<'py>>,
) -> PyResult<Corners<'py>> {
    let (x, y) = (slice("x", &x)?, slice("y", &y)?);
    let weight = optional_slice("weight", weight.as_ref())?;
    let (corners, values) = run(py, 1, x.len().saturating_mul(16), |workers| {
        calibration::fit_isotonic(x, y, weight, workers)
    })?;
    Ok((corners.into_pyarray(py), values.into_pyarray(py)))
}

/// Return the coefficients of a logistic function, the constant last.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arrays are borrowed by value"
)]
pub(crate) fn fit_logistic<'py>(
    py: Python<'py>,
    columns: PyReadonlyArray2<'py, f64>,
    target: Floats<'py>,
    weight: Option<Floats<'py>>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let (columns, target) = (slice("columns", &columns)?, slice("target", &target)?);
    let weight = optional_slice("weight", weight.as_ref())?;
    let n_steps = columns.len().saturating_mul(64);
    let coefficients = run(py, n_threads, n_steps, |workers| {
        calibration::fit_logistic(columns, target, weight, workers)
    })?;
    Ok(coefficients.into_pyarray(py))
}

/// Return the factor of all logarithms of probabilities.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arrays are borrowed by value"
)]
pub(crate) fn fit_temperature(
    py: Python<'_>,
    prediction: PyReadonlyArray2<'_, f64>,
    y: PyReadonlyArray1<'_, i64>,
    weight: Option<Floats<'_>>,
    n_threads: usize,
) -> PyResult<f64> {
    let (prediction, y) = (slice("prediction", &prediction)?, slice("y", &y)?);
    let weight = optional_slice("weight", weight.as_ref())?;
    let n_steps = prediction.len().saturating_mul(64);
    run(py, n_threads, n_steps, |workers| {
        calibration::fit_temperature(prediction, y, weight, workers)
    })
}
