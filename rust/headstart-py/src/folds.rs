//! Fold assignments, for `headstart.validation.folds`.
#![expect(
    clippy::needless_pass_by_value,
    reason = "arrays are borrowed by value"
)]

use headstart_core::folds::{self, Dense};
use headstart_core::{Error, Workers, memory};
use numpy::ndarray::Array2;
use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::convert::slice;
use crate::run::run;

type Ids<'py> = Bound<'py, PyArray2<u8>>;
type Codes<'py> = PyReadonlyArray1<'py, i64>;
type Blocks<'py> = (Bound<'py, PyArray1<u8>>, Vec<usize>);

/// Return codes of the distinct numbers in their order: the array itself if they are dense
/// already, `None` if their range is too large.
#[pyfunction]
pub(crate) fn dense_codes<'py>(
    py: Python<'py>,
    values: PyReadonlyArray1<'py, i64>,
) -> PyResult<Option<Bound<'py, PyArray1<i64>>>> {
    let numbers = slice("values", &values)?;
    let dense = run(py, 1, numbers.len(), |workers| {
        folds::dense_codes(numbers, workers)
    })?;
    Ok(match dense {
        Dense::Same => Some((*values).clone()),
        Dense::Codes(codes) => Some(codes.into_pyarray(py)),
        Dense::Apart => None,
    })
}

#[pyfunction]
pub(crate) fn plain_folds(
    py: Python<'_>,
    n_rows: usize,
    n_folds: usize,
    n_repeats: usize,
    seed: u64,
    n_threads: usize,
) -> PyResult<Ids<'_>> {
    assign(py, n_rows, n_repeats, n_threads, |workers| {
        folds::plain_folds(n_rows, n_folds, n_repeats, seed, workers)
    })
}

#[pyfunction]
pub(crate) fn stratified_folds<'py>(
    py: Python<'py>,
    codes: Codes<'py>,
    n_folds: usize,
    n_repeats: usize,
    seed: u64,
    n_threads: usize,
) -> PyResult<Ids<'py>> {
    let codes = slice("codes", &codes)?;
    assign(py, codes.len(), n_repeats, n_threads, |workers| {
        folds::stratified_folds(codes, n_folds, n_repeats, seed, workers)
    })
}

#[pyfunction]
pub(crate) fn stratified_group_folds<'py>(
    py: Python<'py>,
    codes: Codes<'py>,
    groups: Codes<'py>,
    n_folds: usize,
    n_repeats: usize,
    seed: u64,
    n_threads: usize,
) -> PyResult<Ids<'py>> {
    let (codes, groups) = (slice("codes", &codes)?, slice("groups", &groups)?);
    assign(py, codes.len(), n_repeats, n_threads, |workers| {
        folds::stratified_group_folds(codes, groups, n_folds, n_repeats, seed, workers)
    })
}

#[pyfunction]
pub(crate) fn holdout<'py>(
    py: Python<'py>,
    codes: Codes<'py>,
    fraction: f64,
    n_repeats: usize,
    seed: u64,
    n_threads: usize,
) -> PyResult<Ids<'py>> {
    let codes = slice("codes", &codes)?;
    assign(py, codes.len(), n_repeats, n_threads, |workers| {
        folds::holdout(codes, fraction, n_repeats, seed, workers)
    })
}

#[pyfunction]
pub(crate) fn group_holdout<'py>(
    py: Python<'py>,
    codes: Codes<'py>,
    groups: Codes<'py>,
    fraction: f64,
    n_repeats: usize,
    seed: u64,
    n_threads: usize,
) -> PyResult<Ids<'py>> {
    let (codes, groups) = (slice("codes", &codes)?, slice("groups", &groups)?);
    assign(py, codes.len(), n_repeats, n_threads, |workers| {
        folds::group_holdout(codes, groups, fraction, n_repeats, seed, workers)
    })
}

#[pyfunction]
pub(crate) fn time_folds<'py>(
    py: Python<'py>,
    steps: Codes<'py>,
    n_folds: usize,
    gap: usize,
) -> PyResult<Blocks<'py>> {
    let steps = slice("steps", &steps)?;
    let (ids, first_steps) = run(py, 1, steps.len(), |_| {
        folds::time_folds(steps, n_folds, gap)
    })?;
    Ok((ids.into_pyarray(py), first_steps))
}

fn assign<F>(
    py: Python<'_>,
    n_rows: usize,
    n_repeats: usize,
    n_threads: usize,
    kernel: F,
) -> PyResult<Ids<'_>>
where
    F: FnOnce(&Workers) -> Result<Vec<u8>, Error> + Send,
{
    let n_steps = n_rows.saturating_mul(n_repeats).saturating_mul(4);
    let ids = run(py, n_threads, n_steps, |workers| {
        // Repeats are computed separately, then joined.
        memory::check::<u8>("fold ids", &[2, n_repeats, n_rows])?;
        Array2::from_shape_vec((n_repeats, n_rows), kernel(workers)?)
            .map_err(|error| Error::value(error.to_string()))
    })?;
    Ok(ids.into_pyarray(py))
}
