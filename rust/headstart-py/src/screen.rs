//! Screening of candidate features, for `headstart.features.screening`.

use headstart_core::generate::{Candidate, Operator};
use headstart_core::screen::{self, Rules, Table};
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::convert::slice;
use crate::error::to_python;
use crate::run::{Watch, run_watched};

/// The columns from Python: one row of an array per column.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct PyTable<'py> {
    numeric: PyReadonlyArray2<'py, f32>,
    remainders: PyReadonlyArray2<'py, f32>,
    codes: PyReadonlyArray2<'py, u32>,
    n_levels: PyReadonlyArray1<'py, u32>,
    residuals: PyReadonlyArray2<'py, f64>,
    parts: PyReadonlyArray1<'py, u8>,
}

/// Rules of screening, with time limit and progress.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct PyRules<'py> {
    depth: u32,
    n_sampled: usize,
    seed: u64,
    time_limit: Option<f64>,
    progress: Option<Bound<'py, PyAny>>,
}

/// Candidates: code of the operator, then up to three columns; negative for none.
type Descriptors<'py> = PyReadonlyArray2<'py, i32>;

impl PyTable<'_> {
    fn borrow(&self) -> PyResult<(Table<'_>, &[f64])> {
        let table = Table {
            n_rows: self.parts.as_array().len(),
            numeric: slice("numeric", &self.numeric)?,
            remainders: slice("remainders", &self.remainders)?,
            codes: slice("codes", &self.codes)?,
            n_levels: slice("n_levels", &self.n_levels)?,
        };
        Ok((table, slice("residuals", &self.residuals)?))
    }
}

fn list(descriptors: &Descriptors<'_>) -> PyResult<Vec<Candidate>> {
    let width = descriptors.as_array().ncols().max(1);
    slice("candidates", descriptors)?
        .chunks_exact(width)
        .map(|numbers| {
            let code = u8::try_from(numbers[0]).ok();
            let operator = code.and_then(Operator::from_code).ok_or_else(|| {
                PyValueError::new_err(format!("No operator has the code {}.", numbers[0]))
            })?;
            let columns: Vec<u32> = numbers[1..]
                .iter()
                .filter_map(|&column| u32::try_from(column).ok())
                .collect();
            Candidate::new(operator, &columns).map_err(|error| to_python(&error))
        })
        .collect()
}

type Scores<'py> = (Bound<'py, PyArray1<f32>>, Bound<'py, PyArray1<f32>>);

/// Return gain and correlation of each candidate; NaN after the time limit.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arrays are borrowed by value"
)]
pub(crate) fn score_candidates<'py>(
    py: Python<'py>,
    table: PyTable<'py>,
    candidates: Descriptors<'py>,
    rules: PyRules<'py>,
    n_threads: usize,
) -> PyResult<Scores<'py>> {
    let (columns, residuals) = table.borrow()?;
    let list = list(&candidates)?;
    let core_rules = Rules {
        parts: slice("parts", &table.parts)?,
        depth: rules.depth,
        n_sampled: rules.n_sampled,
        seed: rules.seed,
    };
    let n_steps = (list.len() + 8).saturating_mul(columns.n_rows);
    let watch = Watch {
        time_limit: rules.time_limit,
        progress: rules.progress.clone(),
        n_steps: list.len(),
    };
    let scores = run_watched(py, n_threads, n_steps, &watch, |workers| {
        screen::score_candidates(&columns, residuals, &list, &core_rules, workers)
    })?;
    let gains: Vec<f32> = scores
        .iter()
        .map(|score| score.map_or(f32::NAN, |score| score.gain))
        .collect();
    let correlations: Vec<f32> = scores
        .iter()
        .map(|score| score.map_or(f32::NAN, |score| score.correlation))
        .collect();
    Ok((gains.into_pyarray(py), correlations.into_pyarray(py)))
}

/// Return the joint gain of each pair of numeric columns; NaN after the time limit.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arrays are borrowed by value"
)]
pub(crate) fn pair_gains<'py>(
    py: Python<'py>,
    table: PyTable<'py>,
    rules: PyRules<'py>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray1<f32>>> {
    let (columns, residuals) = table.borrow()?;
    let core_rules = Rules {
        parts: slice("parts", &table.parts)?,
        depth: rules.depth,
        n_sampled: rules.n_sampled,
        seed: rules.seed,
    };
    let n_columns = table.numeric.as_array().nrows();
    let n_pairs = n_columns * n_columns.saturating_sub(1) / 2;
    let watch = Watch {
        time_limit: rules.time_limit,
        progress: rules.progress.clone(),
        n_steps: n_pairs,
    };
    let n_steps = (n_pairs + 8).saturating_mul(columns.n_rows);
    let gains = run_watched(py, n_threads, n_steps, &watch, |workers| {
        screen::pair_gains(&columns, residuals, &core_rules, workers)
    })?;
    let gains: Vec<f32> = gains
        .into_iter()
        .map(|gain| gain.unwrap_or(f32::NAN))
        .collect();
    Ok(gains.into_pyarray(py))
}
