//! Kernels for prediction, for `headstart.predict`.

use headstart_core::predict::links::{self, Link};
use headstart_core::predict::trees::{CategoryArrays, TreeArrays, TreeEnsemble, TreeForm};
use numpy::ndarray::Array2;
use numpy::{IntoPyArray, PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::slice;
use crate::error::to_python;
use crate::run::run;

/// Checked trees.
#[pyclass(frozen, name = "TreeEnsemble", module = "headstart._core")]
pub(crate) struct PyTreeEnsemble(TreeEnsemble);

#[pymethods]
impl PyTreeEnsemble {
    #[new]
    #[pyo3(signature = (
        *, roots, left, right, feature, threshold, missing_left, category_set, values,
        category_features, category_offsets, category_values, set_offsets, sets,
        n_features, baseline, mean, single_precision, single_sums, largest
    ))]
    #[expect(clippy::too_many_arguments, reason = "each is an array of its own")]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "arrays are borrowed by value"
    )]
    fn new(
        py: Python<'_>,
        roots: PyReadonlyArray1<'_, i64>,
        left: PyReadonlyArray1<'_, i32>,
        right: PyReadonlyArray1<'_, i32>,
        feature: PyReadonlyArray1<'_, i32>,
        threshold: PyReadonlyArray1<'_, f64>,
        missing_left: PyReadonlyArray1<'_, u8>,
        category_set: PyReadonlyArray1<'_, i32>,
        values: PyReadonlyArray2<'_, f64>,
        category_features: PyReadonlyArray1<'_, i32>,
        category_offsets: PyReadonlyArray1<'_, i64>,
        category_values: PyReadonlyArray1<'_, f64>,
        set_offsets: PyReadonlyArray1<'_, i64>,
        sets: PyReadonlyArray1<'_, u32>,
        n_features: usize,
        baseline: PyReadonlyArray1<'_, f64>,
        mean: bool,
        single_precision: bool,
        single_sums: bool,
        largest: f64,
    ) -> PyResult<Self> {
        let trees = TreeArrays {
            roots: slice("roots", &roots)?,
            left: slice("left", &left)?,
            right: slice("right", &right)?,
            feature: slice("feature", &feature)?,
            threshold: slice("threshold", &threshold)?,
            missing_left: slice("missing_left", &missing_left)?,
            category_set: slice("category_set", &category_set)?,
            values: slice("values", &values)?,
        };
        let categories = CategoryArrays {
            features: slice("category_features", &category_features)?,
            offsets: slice("category_offsets", &category_offsets)?,
            values: slice("category_values", &category_values)?,
            set_offsets: slice("set_offsets", &set_offsets)?,
            sets: slice("sets", &sets)?,
        };
        let form = TreeForm {
            n_features,
            baseline: slice("baseline", &baseline)?,
            mean,
            single_precision,
            single_sums,
            largest,
        };
        py.detach(|| TreeEnsemble::new(&trees, &categories, &form))
            .map(Self)
            .map_err(|error| to_python(&error))
    }

    #[getter]
    fn n_trees(&self) -> usize {
        self.0.n_trees()
    }

    #[getter]
    fn n_nodes(&self) -> usize {
        self.0.n_nodes()
    }

    #[getter]
    fn n_features(&self) -> usize {
        self.0.n_features()
    }

    #[getter]
    fn n_outputs(&self) -> usize {
        self.0.n_outputs()
    }

    /// Return the trees' arrays in their own order; `right` is `left + 1`.
    fn arrays<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let stored = self.0.stored();
        let width = self.0.n_value_columns();
        let n_leaves = stored.values.len() / width;
        let values = Array2::from_shape_vec((n_leaves, width), stored.values)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        let arrays = PyDict::new(py);
        arrays.set_item("roots", stored.roots.into_pyarray(py))?;
        arrays.set_item("left", stored.left.into_pyarray(py))?;
        arrays.set_item("feature", stored.feature.into_pyarray(py))?;
        arrays.set_item("threshold", stored.threshold.into_pyarray(py))?;
        arrays.set_item("missing_left", stored.missing_left.into_pyarray(py))?;
        arrays.set_item("category_set", stored.category_set.into_pyarray(py))?;
        arrays.set_item("values", values.into_pyarray(py))?;
        Ok(arrays)
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "arrays are borrowed by value"
    )]
    fn predict<'py>(
        &self,
        py: Python<'py>,
        x: PyReadonlyArray2<'py, f64>,
        n_threads: usize,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let (n_rows, n_columns) = x.as_array().dim();
        if n_columns != self.0.n_features() {
            return Err(PyValueError::new_err(format!(
                "X must have {} columns. Got {n_columns} instead.",
                self.0.n_features()
            )));
        }
        let values = slice("X", &x)?;
        // About ten conditions per row and tree.
        let n_steps = n_rows.saturating_mul(10 * self.0.n_trees());
        let blocks = run(py, n_threads, n_steps, |workers| {
            workers.map_chunks(n_rows, self.0.block_rows(), |rows| {
                let block = &values[rows.start * n_columns..rows.end * n_columns];
                self.0.predict(block, || workers.check())
            })
        })?;
        let raw = Array2::from_shape_vec((n_rows, self.0.n_outputs()), blocks.concat())
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(raw.into_pyarray(py))
    }
}

/// Return predictions from raw predictions, by the name of a link.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arrays are borrowed by value"
)]
pub(crate) fn apply_link<'py>(
    py: Python<'py>,
    link: &str,
    values: PyReadonlyArray2<'py, f64>,
    single_precision: bool,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let link = match link {
        "identity" => Link::Identity,
        "logistic" => Link::Logistic,
        "softmax" => Link::Softmax,
        other => return Err(PyValueError::new_err(format!("Unknown link {other:?}."))),
    };
    let (n_rows, n_outputs) = values.as_array().dim();
    let mut predictions = slice("values", &values)?.to_vec();
    py.detach(|| links::apply_link(link, &mut predictions, n_outputs, single_precision))
        .map_err(|error| to_python(&error))?;
    let predictions = Array2::from_shape_vec((n_rows, n_outputs), predictions)
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(predictions.into_pyarray(py))
}

/// Return the log odds of a probability, in single precision.
#[pyfunction]
pub(crate) fn logit_single(probability: f32) -> f32 {
    links::logit_single(probability)
}
