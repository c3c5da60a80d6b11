//! Bootstrap and `DeLong`, for `headstart.validation.uncertainty`.

use headstart_core::Error;
use headstart_core::metrics::{Classified, Valued};
use headstart_core::uncertainty::{Scheme, bootstrap_classes, bootstrap_values, delong};
use numpy::ndarray::Array2;
use numpy::{
    IntoPyArray, PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2, PyReadonlyArray3,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::convert::{optional_slice, slice};
use crate::ensemble::{Target, parse};
use crate::run::{PyWatch, run, run_watched};

/// The scheme and number of resamples.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct PyResampling<'py> {
    strata: Option<PyReadonlyArray1<'py, i64>>,
    groups: Option<PyReadonlyArray1<'py, i64>>,
    n_resamples: usize,
    seed: u64,
}

/// Return the scores of several predictions on the same resamples, one row per prediction,
/// for the resamples before the time limit.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    clippy::too_many_arguments,
    reason = "arrays are borrowed by value, and each name is one of Python's"
)]
pub(crate) fn bootstrap_scores<'py>(
    py: Python<'py>,
    metric: &str,
    y: Target<'py>,
    predictions: PyReadonlyArray3<'py, f64>,
    weight: Option<PyReadonlyArray1<'py, f64>>,
    resampling: PyResampling<'py>,
    watch: PyWatch<'py>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let (n_predictions, n_rows, n_outputs) = predictions.as_array().dim();
    let values = slice("predictions", &predictions)?;
    let weight = optional_slice("weight", weight.as_ref())?;
    let strata = optional_slice("strata", resampling.strata.as_ref())?;
    let groups = optional_slice("groups", resampling.groups.as_ref())?;
    let scheme = match (strata, groups) {
        (Some(_), Some(_)) => {
            return Err(PyValueError::new_err(
                "Rows are drawn by strata or by groups, not by both.",
            ));
        }
        (Some(strata), None) => Scheme::Strata(strata),
        (None, Some(groups)) => Scheme::Groups(groups),
        (None, None) => Scheme::Rows,
    };
    let n_resamples = resampling.n_resamples;
    let draws = (n_resamples, resampling.seed);
    let size = n_rows * n_outputs;
    if size == 0 || n_predictions == 0 {
        return Err(PyValueError::new_err("A metric needs at least one row."));
    }
    let n_steps = values.len().saturating_mul(n_resamples);
    let watch = watch.over(n_resamples);
    let members = values.chunks_exact(size);
    let scores = match &y {
        Target::Codes(codes) => {
            let (codes, metric) = (slice("y", codes)?, parse(metric)?);
            run_watched(py, n_threads, n_steps, &watch, |workers| {
                let rows = members
                    .map(|one| Classified::new(codes, one, n_outputs, weight))
                    .collect::<Result<Vec<_>, Error>>()?;
                bootstrap_classes(metric, &rows, scheme, draws, workers)
            })?
        }
        Target::Values(y) => {
            let (y, metric) = (slice("y", y)?, parse(metric)?);
            run_watched(py, n_threads, n_steps, &watch, |workers| {
                let rows = members
                    .map(|one| Valued::new(y, one, weight))
                    .collect::<Result<Vec<_>, Error>>()?;
                bootstrap_values(metric, &rows, scheme, draws, workers)
            })?
        }
    };
    let n_done = scores.len() / n_predictions;
    let scores = Array2::from_shape_vec((n_predictions, n_done), scores)
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(scores.into_pyarray(py))
}

type AreasAndCovariances<'py> = (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray2<f64>>);

/// Return areas under the ROC curve and their covariances.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arrays are borrowed by value"
)]
pub(crate) fn delong_covariances<'py>(
    py: Python<'py>,
    y: PyReadonlyArray1<'py, i64>,
    predictions: PyReadonlyArray2<'py, f64>,
    n_threads: usize,
) -> PyResult<AreasAndCovariances<'py>> {
    let n_predictions = predictions.as_array().nrows();
    let y = slice("y", &y)?;
    let values = slice("predictions", &predictions)?;
    let n_steps = values.len().saturating_mul(16);
    let estimate = run(py, n_threads, n_steps, |workers| delong(y, values, workers))?;
    let size = (n_predictions, n_predictions);
    let covariances = Array2::from_shape_vec(size, estimate.covariances)
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok((
        estimate.areas.into_pyarray(py),
        covariances.into_pyarray(py),
    ))
}
