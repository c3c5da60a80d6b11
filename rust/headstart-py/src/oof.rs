//! The out-of-fold store, for `headstart.validation.out_of_fold`.

use std::path::PathBuf;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use headstart_core::oof::OutOfFold;
use numpy::ndarray::{Array2, Array3};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArray3, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::convert::slice;
use crate::error::to_python;
use crate::run::run;

/// Predictions of held-out rows; many threads may read at a time.
#[pyclass(frozen, name = "OutOfFold", module = "headstart._core")]
pub(crate) struct PyOutOfFold(RwLock<OutOfFold>);

impl PyOutOfFold {
    fn read(&self) -> RwLockReadGuard<'_, OutOfFold> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, OutOfFold> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl PyOutOfFold {
    #[new]
    #[pyo3(signature = (fold_ids, n_outputs, path, limit))]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "arrays are borrowed by value"
    )]
    fn new(
        py: Python<'_>,
        fold_ids: PyReadonlyArray2<'_, u8>,
        n_outputs: usize,
        path: Option<PathBuf>,
        limit: usize,
    ) -> PyResult<Self> {
        let n_rows = fold_ids.as_array().ncols();
        let fold_ids = slice("fold_ids", &fold_ids)?;
        py.detach(|| {
            let mut store = OutOfFold::new(fold_ids, n_rows, n_outputs)?;
            if let Some(path) = path {
                store.overflow_to(&path, limit)?;
            }
            Ok(Self(RwLock::new(store)))
        })
        .map_err(|error| to_python(&error))
    }

    fn n_bytes(&self, py: Python<'_>) -> (usize, u64) {
        py.detach(|| {
            let store = self.read();
            (store.n_bytes(), store.n_bytes_in_file())
        })
    }

    fn trials(&self, py: Python<'_>) -> Vec<u64> {
        py.detach(|| self.read().trials())
    }

    fn folds_of(&self, py: Python<'_>, trial: u64) -> Vec<(usize, u8)> {
        py.detach(|| self.read().folds_of(trial))
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "arrays are borrowed by value"
    )]
    fn add(
        &self,
        py: Python<'_>,
        trial: u64,
        repeat: usize,
        fold: u8,
        prediction: PyReadonlyArray2<'_, f64>,
    ) -> PyResult<()> {
        let prediction = slice("prediction", &prediction)?;
        py.detach(|| self.write().add((trial, repeat, fold), prediction))
            .map_err(|error| to_python(&error))
    }

    fn merge(&self, py: Python<'_>, other: &Self) -> PyResult<()> {
        if std::ptr::eq(self, other) {
            return Err(PyValueError::new_err(
                "A store cannot be merged with itself.",
            ));
        }
        py.detach(|| {
            // In order of their addresses: two stores that are merged into each other
            // at the same time must not wait for each other.
            if std::ptr::from_ref(self) < std::ptr::from_ref(other) {
                let mut own = self.write();
                own.merge(&other.read())
            } else {
                let theirs = other.read();
                self.write().merge(&theirs)
            }
        })
        .map_err(|error| to_python(&error))
    }

    // A list becomes a vector: there are few trials.
    fn covered<'py>(&self, py: Python<'py>, trials: Vec<u64>) -> Bound<'py, PyArray1<bool>> {
        let covered = py.detach(move || self.read().covered(&trials));
        covered.into_pyarray(py)
    }

    fn prediction<'py>(&self, py: Python<'py>, trial: u64) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let (found, n_rows, n_outputs) = py
            .detach(|| {
                let store = self.read();
                store
                    .prediction(trial)
                    .map(|found| (found, store.n_rows(), store.n_outputs()))
            })
            .map_err(|error| to_python(&error))?;
        let found = Array2::from_shape_vec((n_rows, n_outputs), found)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(found.into_pyarray(py))
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "arrays are borrowed by value"
    )]
    fn stack<'py>(
        &self,
        py: Python<'py>,
        trials: Vec<u64>,
        rows: PyReadonlyArray1<'py, i64>,
        n_threads: usize,
    ) -> PyResult<Bound<'py, PyArray3<f64>>> {
        let rows = slice("rows", &rows)?;
        let (n_all, n_outputs) = py.detach(|| {
            let store = self.read();
            (store.n_rows(), store.n_outputs())
        });
        let n_steps = trials.len().saturating_mul(n_all * n_outputs);
        let found = run(py, n_threads, n_steps, |workers| {
            self.read().stack(&trials, rows, workers)
        })?;
        let found = Array3::from_shape_vec((trials.len(), rows.len(), n_outputs), found)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(found.into_pyarray(py))
    }
}
