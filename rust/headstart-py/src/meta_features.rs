//! Meta-features, for `headstart.meta.features`.

use headstart_core::meta_features::{self, Nominal, Others, Table};
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict};

use crate::convert::slice;
use crate::ensemble::Target;
use crate::run::run;

/// A nominal column from Python.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct PyNominal<'py> {
    codes: PyReadonlyArray1<'py, i32>,
    n_levels: usize,
    is_ordered: bool,
}

/// Statistics of the columns that are only counted.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct PyOthers<'py> {
    n_columns: usize,
    n_missing: usize,
    rows: PyReadonlyArray1<'py, bool>,
}

/// Return the names and numbers that describe a table.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arrays are borrowed by value"
)]
pub(crate) fn describe_table<'py>(
    py: Python<'py>,
    numeric: Vec<PyReadonlyArray1<'py, f64>>,
    nominal: Vec<PyNominal<'py>>,
    others: PyOthers<'py>,
    y: Target<'py>,
    seed: u64,
    n_threads: usize,
) -> PyResult<Bound<'py, PyDict>> {
    let numbers: Vec<&[f64]> = numeric
        .iter()
        .map(|column| slice("a numeric column", column))
        .collect::<PyResult<_>>()?;
    let levels: Vec<Nominal<'_>> = nominal
        .iter()
        .map(|column| {
            Ok(Nominal {
                codes: slice("a nominal column", &column.codes)?,
                n_levels: column.n_levels,
                is_ordered: column.is_ordered,
            })
        })
        .collect::<PyResult<_>>()?;
    let others = Others {
        n_columns: others.n_columns,
        n_missing: others.n_missing,
        rows: slice("rows", &others.rows)?,
    };
    let (target, n_rows) = match &y {
        Target::Codes(codes) => {
            let codes = slice("y", codes)?;
            (meta_features::Target::Classes(codes), codes.len())
        }
        Target::Values(values) => {
            let values = slice("y", values)?;
            (meta_features::Target::Values(values), values.len())
        }
    };
    // Several passes over every value, and landmarkers on up to a thousand rows.
    let n_steps = (numbers.len() + levels.len()).saturating_mul(8 * n_rows + 1_000);
    let qualities = run(py, n_threads, n_steps, |workers| {
        let table = Table::new(numbers, levels, others, target)?;
        meta_features::describe(&table, seed, workers)
    })?;
    qualities.into_py_dict(py)
}
