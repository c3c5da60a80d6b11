//! The out-of-fold store, for `headstart.validation.out_of_fold`.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use headstart_core::oof::OutOfFold;
use numpy::ndarray::Array2;
use numpy::{IntoPyArray, PyArray2, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::convert::slice;
use crate::error::to_python;

/// Out-of-fold predictions, which many threads may read concurrently.
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
    #[expect(
        clippy::needless_pass_by_value,
        reason = "arrays are borrowed by value"
    )]
    fn new(py: Python<'_>, fold_ids: PyReadonlyArray2<'_, u8>, n_outputs: usize) -> PyResult<Self> {
        let n_rows = fold_ids.as_array().ncols();
        let fold_ids = slice("fold_ids", &fold_ids)?;
        py.detach(|| OutOfFold::new(fold_ids, n_rows, n_outputs))
            .map(|store| Self(RwLock::new(store)))
            .map_err(|error| to_python(&error))
    }

    fn n_bytes(&self, py: Python<'_>) -> usize {
        py.detach(|| self.read().n_bytes())
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

    fn prediction<'py>(&self, py: Python<'py>, trial: u64) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let (values, n_rows, n_outputs) = py.detach(|| {
            let store = self.read();
            (store.prediction(trial), store.n_rows(), store.n_outputs())
        });
        let prediction = Array2::from_shape_vec((n_rows, n_outputs), values)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(prediction.into_pyarray(py))
    }
}
