//! Generated features, for `headstart.features`.
#![expect(
    clippy::needless_pass_by_value,
    clippy::too_many_arguments,
    reason = "arrays are borrowed by value, and each name is one of Python's"
)]

use std::sync::{Mutex, PoisonError};

use headstart_core::encode::{self, Category, Encoded, Rules, Statistic};
use headstart_core::generate::{self, Job, Operator};
use headstart_core::{Error, Workers};
use numpy::ndarray::Array2;
use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray1, PyReadwriteArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::PyDict;

use crate::arrow::WordTable;
use crate::convert::slice;
use crate::run::run;

type Floats<'py> = Bound<'py, PyArray1<f64>>;
type Codes<'py> = Bound<'py, PyArray1<u32>>;
/// Codes and the number of groups.
type PyCategory<'py> = (PyReadonlyArray1<'py, u32>, usize);
/// One table per column.
type Tables<'py> = Vec<Floats<'py>>;

/// Return the descriptions of the operators: one dictionary each, by code.
#[pyfunction]
pub(crate) fn feature_operators(py: Python<'_>) -> PyResult<Vec<Bound<'_, PyDict>>> {
    Operator::ALL
        .iter()
        .map(|&operator| {
            let inputs = operator.inputs();
            let (least, most) = inputs.arity();
            let description = PyDict::new(py);
            description.set_item("code", operator.code())?;
            description.set_item("name", operator.name())?;
            description.set_item("inputs", inputs.name())?;
            description.set_item("kind", inputs.kind_at(0).name())?;
            description.set_item("least", least)?;
            description.set_item("most", most)?;
            description.set_item("is_commutative", operator.is_commutative())?;
            description.set_item("reads_target", operator.reads_target())?;
            description.set_item("is_monotone", operator.is_monotone())?;
            Ok(description)
        })
        .collect()
}

/// Return features of numbers, from the operator's code, columns and constants of each.
#[pyfunction]
pub(crate) fn make_numeric<'py>(
    py: Python<'py>,
    columns: Vec<PyReadonlyArray1<'py, f64>>,
    jobs: Vec<(u8, Vec<usize>, Vec<f64>)>,
    n_threads: usize,
) -> PyResult<Vec<Floats<'py>>> {
    let columns: Vec<&[f64]> = columns
        .iter()
        .map(|column| slice("a column", column))
        .collect::<PyResult<_>>()?;
    let n_rows = columns.first().map_or(0, |column| column.len());
    let made = run(
        py,
        n_threads,
        jobs.len().saturating_mul(n_rows),
        |workers| {
            let jobs = jobs
                .into_iter()
                .map(|(code, columns, constants)| {
                    Ok(Job {
                        operator: Operator::from_code(code)
                            .ok_or_else(|| Error::value(format!("No operator has code {code}.")))?,
                        columns,
                        constants,
                    })
                })
                .collect::<Result<Vec<_>, Error>>()?;
            generate::make_numeric(&columns, &jobs, workers)
        },
    )?;
    Ok(made.into_iter().map(|m| m.into_pyarray(py)).collect())
}

/// Write codes, equal for equal ids of a column, into the rows of `out`; return the first
/// row of each code.
#[pyfunction]
pub(crate) fn factorize<'py>(
    py: Python<'py>,
    columns: Vec<PyReadonlyArray1<'py, u64>>,
    mut out: PyReadwriteArray2<'py, u32>,
    n_threads: usize,
) -> PyResult<Vec<Codes<'py>>> {
    let columns: Vec<&[u64]> = columns
        .iter()
        .map(|column| slice("a column", column))
        .collect::<PyResult<_>>()?;
    let n_steps = columns.iter().map(|column| column.len()).sum();
    by_column(
        py,
        columns.len(),
        n_steps,
        &mut out,
        n_threads,
        |index, codes, workers| encode::factorize(columns[index], codes, workers),
    )
}

/// Do [`factorize`] for text columns from Arrow, in one chunk, as string views.
#[pyfunction]
pub(crate) fn factorize_words<'py>(
    py: Python<'py>,
    table: WordTable,
    mut out: PyReadwriteArray2<'py, u32>,
    n_threads: usize,
) -> PyResult<Vec<Codes<'py>>> {
    let (n_columns, n_rows) = table.shape();
    let n_steps = n_columns.saturating_mul(n_rows);
    by_column(
        py,
        n_columns,
        n_steps,
        &mut out,
        n_threads,
        |index, codes, workers| encode::factorize_words(&table.column(index)?, codes, workers),
    )
}

/// Fill the rows of `out`, one per column; return the result of each.
fn by_column<'py>(
    py: Python<'py>,
    n_columns: usize,
    n_steps: usize,
    out: &mut PyReadwriteArray2<'py, u32>,
    n_threads: usize,
    fill: impl Fn(usize, &mut [u32], &Workers) -> Result<Vec<u32>, Error> + Sync + Send,
) -> PyResult<Vec<Codes<'py>>> {
    let mut out = out.as_array_mut();
    if out.nrows() != n_columns {
        return Err(PyValueError::new_err("out must have one row per column."));
    }
    let n_rows = out.ncols();
    let out = out
        .as_slice_mut()
        .ok_or_else(|| PyValueError::new_err("out must be a contiguous array in C order."))?;
    let results = run(py, n_threads, n_steps, |workers| {
        let slots: Vec<Mutex<&mut [u32]>> = out.chunks_mut(n_rows.max(1)).map(Mutex::new).collect();
        workers.map(n_columns, |index| {
            let mut none = [].as_mut_slice();
            let mut slot = slots
                .get(index)
                .map(|slot| slot.lock().unwrap_or_else(PoisonError::into_inner));
            let codes = slot.as_deref_mut().unwrap_or(&mut none);
            fill(index, codes, workers)
        })
    })?;
    Ok(results.into_iter().map(|f| f.into_pyarray(py)).collect())
}

/// Return the index of each id among known ids.
#[pyfunction]
pub(crate) fn find_codes<'py>(
    py: Python<'py>,
    known: PyReadonlyArray1<'py, u64>,
    ids: PyReadonlyArray1<'py, u64>,
) -> PyResult<Codes<'py>> {
    let (known, ids) = (slice("known", &known)?, slice("ids", &ids)?);
    let codes = run(py, 1, ids.len(), |workers| {
        encode::find_codes(known, ids, workers)
    })?;
    Ok(codes.into_pyarray(py))
}

/// The target: class codes, or values for regression.
#[derive(FromPyObject)]
pub(crate) enum PyTarget<'py> {
    #[pyo3(transparent)]
    Classes(PyReadonlyArray1<'py, u32>),
    #[pyo3(transparent)]
    Values(PyReadonlyArray1<'py, f64>),
}

impl PyTarget<'_> {
    fn borrow(&self, n_classes: usize) -> PyResult<encode::Target<'_>> {
        Ok(match self {
            Self::Classes(codes) => encode::Target::Classes(slice("y", codes)?, n_classes),
            Self::Values(values) => encode::Target::Values(slice("y", values)?),
        })
    }
}

fn categories<'a>(columns: &'a [PyCategory<'_>]) -> PyResult<Vec<(&'a [u32], usize)>> {
    columns
        .iter()
        .map(|(codes, n_groups)| Ok((slice("codes", codes)?, *n_groups)))
        .collect()
}

/// Encode columns by out-of-fold target means.
#[pyfunction]
pub(crate) fn encode_target<'py>(
    py: Python<'py>,
    columns: Vec<PyCategory<'py>>,
    y: PyTarget<'py>,
    n_classes: usize,
    fold_ids: PyReadonlyArray1<'py, u8>,
    smoothing: Option<f64>,
    evidence: bool,
    outer_fold: Option<u8>,
    out: PyReadwriteArray2<'py, f64>,
    n_threads: usize,
) -> PyResult<Tables<'py>> {
    let fold_ids = slice("fold_ids", &fold_ids)?;
    let rules = Rules {
        smoothing,
        evidence,
        outer_fold,
    };
    encode_by(
        py,
        &columns,
        y.borrow(n_classes)?,
        out,
        n_threads,
        |columns, target, out, workers| {
            encode::encode_target(columns, target, fold_ids, rules, out, workers)
        },
    )
}

/// Encode columns by target means of earlier rows, in the order of a seed.
#[pyfunction]
pub(crate) fn encode_ordered<'py>(
    py: Python<'py>,
    columns: Vec<PyCategory<'py>>,
    y: PyTarget<'py>,
    n_classes: usize,
    smoothing: f64,
    seed: u64,
    out: PyReadwriteArray2<'py, f64>,
    n_threads: usize,
) -> PyResult<Tables<'py>> {
    encode_by(
        py,
        &columns,
        y.borrow(n_classes)?,
        out,
        n_threads,
        |columns, target, out, workers| {
            encode::encode_ordered(columns, target, smoothing, seed, out, workers)
        },
    )
}

fn encode_by<'py, F>(
    py: Python<'py>,
    columns: &[PyCategory<'_>],
    target: encode::Target<'_>,
    mut out: PyReadwriteArray2<'py, f64>,
    n_threads: usize,
    kernel: F,
) -> PyResult<Tables<'py>>
where
    F: FnOnce(
            &[Category<'_>],
            encode::Target<'_>,
            &mut [f64],
            &headstart_core::Workers,
        ) -> Result<Vec<Encoded>, Error>
        + Send,
{
    let columns = categories(columns)?;
    let mut out = out.as_array_mut();
    let out = out
        .as_slice_mut()
        .ok_or_else(|| PyValueError::new_err("out must be a contiguous array in C order."))?;
    let n_steps = out.len().saturating_add(target.len());
    let tables = run(py, n_threads, n_steps, |workers| {
        let columns = columns
            .iter()
            .map(|&(codes, n_groups)| Category::new(codes, n_groups))
            .collect::<Result<Vec<_>, Error>>()?;
        kernel(&columns, target, out, workers)
    })?;
    Ok(tables
        .into_iter()
        .map(|encoded| encoded.table.into_pyarray(py))
        .collect())
}

/// Return statistics by group, from the index of the key, the index of the values, and the
/// name of each statistic.
#[pyfunction]
pub(crate) fn group_statistics<'py>(
    py: Python<'py>,
    keys: Vec<PyCategory<'py>>,
    values: Vec<PyReadonlyArray1<'py, f64>>,
    jobs: Vec<(usize, usize, String)>,
    n_threads: usize,
) -> PyResult<Vec<Floats<'py>>> {
    let keys = categories(&keys)?;
    let values: Vec<&[f64]> = values
        .iter()
        .map(|column| slice("values", column))
        .collect::<PyResult<_>>()?;
    let n_rows = values.first().map_or(0, |column| column.len());
    let n_steps = jobs.len().saturating_mul(n_rows);
    let statistics = run(py, n_threads, n_steps, |workers| {
        workers.map(jobs.len(), |index| {
            let (key, column, name) = &jobs[index];
            let (Some(&(codes, n_groups)), Some(&column), Some(statistic)) = (
                keys.get(*key),
                values.get(*column),
                Statistic::from_name(name),
            ) else {
                return Err(Error::value(format!("There is no such statistic: {name}.")));
            };
            encode::group_statistic(Category::new(codes, n_groups)?, column, statistic, workers)
        })
    })?;
    Ok(statistics.into_iter().map(|f| f.into_pyarray(py)).collect())
}

/// Return the number of distinct levels by group.
#[pyfunction]
pub(crate) fn group_distinct<'py>(
    py: Python<'py>,
    key: PyCategory<'py>,
    levels: PyReadonlyArray1<'py, u32>,
    n_levels: u32,
) -> PyResult<Floats<'py>> {
    let (codes, levels) = (slice("codes", &key.0)?, slice("levels", &levels)?);
    let n_distinct = run(py, 1, 4 * codes.len(), |workers| {
        encode::group_distinct(Category::new(codes, key.1)?, levels, n_levels, workers)
    })?;
    Ok(n_distinct.into_pyarray(py))
}

/// Return quantiles by group: the start of each group, and the quantiles.
#[pyfunction]
pub(crate) fn group_knots<'py>(
    py: Python<'py>,
    key: PyCategory<'py>,
    values: PyReadonlyArray1<'py, f64>,
    most: usize,
) -> PyResult<(Vec<usize>, Floats<'py>)> {
    let (codes, values) = (slice("codes", &key.0)?, slice("values", &values)?);
    let (starts, knots) = run(py, 1, 16 * codes.len(), |workers| {
        encode::group_knots(Category::new(codes, key.1)?, values, most, workers)
    })?;
    Ok((starts, knots.into_pyarray(py)))
}

/// Return the positions of values among the quantiles of their groups.
#[pyfunction]
pub(crate) fn group_positions<'py>(
    py: Python<'py>,
    codes: PyReadonlyArray1<'py, u32>,
    values: PyReadonlyArray1<'py, f64>,
    starts: Vec<usize>,
    knots: PyReadonlyArray1<'py, f64>,
    n_threads: usize,
) -> PyResult<Floats<'py>> {
    let (codes, values) = (slice("codes", &codes)?, slice("values", &values)?);
    let knots = slice("knots", &knots)?;
    let positions = run(py, n_threads, 16 * codes.len(), |workers| {
        encode::group_positions(codes, values, &starts, knots, workers)
    })?;
    Ok(positions.into_pyarray(py))
}

/// Return counts of character n-grams in hashed columns.
#[pyfunction]
pub(crate) fn hash_text(
    py: Python<'_>,
    texts: Vec<Option<PyBackedStr>>,
    length: usize,
    n_columns: usize,
    n_threads: usize,
) -> PyResult<Bound<'_, PyArray2<f64>>> {
    let n_steps = texts.iter().flatten().map(|text| text.len()).sum();
    let counts = run(py, n_threads, n_steps, |workers| {
        let counts = encode::hash_text(&texts, length, n_columns, workers)?;
        Array2::from_shape_vec((n_columns, texts.len()), counts)
            .map_err(|error| Error::value(error.to_string()))
    })?;
    Ok(counts.into_pyarray(py))
}
