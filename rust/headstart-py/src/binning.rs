//! Binned matrices, for `headstart.scoring.binning`.

use headstart_core::binning::{self, Bins, Kind, MISSING, Options, Sample};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;

use crate::convert::slice;
use crate::run::run;
use crate::table::Table;

/// Approximate number of elementary steps per value, for `run`.
const STEPS: usize = 4;

/// Codes of values, column by column, and the bins of columns.
#[pyclass(frozen, name = "BinnedMatrix", module = "headstart._core")]
pub(crate) struct PyBinnedMatrix {
    pub(crate) matrix: binning::BinnedMatrix,
}

#[pymethods]
impl PyBinnedMatrix {
    /// Fit the bins of a table's columns.
    #[staticmethod]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "arrays are borrowed by value"
    )]
    fn fit(
        py: Python<'_>,
        table: Table<'_>,
        is_categorical: Vec<bool>,
        n_bins: usize,
        n_sampled: Option<usize>,
        seed: u64,
        n_threads: usize,
    ) -> PyResult<Self> {
        let columns = table.columns()?;
        let columns = columns.as_ref();
        let kinds: Vec<Kind> = is_categorical
            .into_iter()
            .map(|is| if is { Kind::Categorical } else { Kind::Numeric })
            .collect();
        let options = Options {
            n_bins,
            sample: n_sampled.map(|n_rows| Sample { n_rows, seed }),
        };
        let n_steps = columns.n_rows() * columns.n_columns() * STEPS;
        let matrix = run(py, n_threads, n_steps, |workers| {
            binning::BinnedMatrix::fit(columns, &kinds, options, workers)
        })?;
        Ok(Self { matrix })
    }

    /// Return the codes of other rows with the same bins.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "arrays are borrowed by value"
    )]
    fn transform(&self, py: Python<'_>, table: Table<'_>, n_threads: usize) -> PyResult<Self> {
        let columns = table.columns()?;
        let columns = columns.as_ref();
        let n_steps = columns.n_rows() * columns.n_columns() * STEPS;
        let matrix = run(py, n_threads, n_steps, |workers| {
            self.matrix.transform(columns, workers)
        })?;
        Ok(Self { matrix })
    }

    /// Return rows by index.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "arrays are borrowed by value"
    )]
    fn take(
        &self,
        py: Python<'_>,
        rows: PyReadonlyArray1<'_, u32>,
        n_threads: usize,
    ) -> PyResult<Self> {
        let rows = slice("rows", &rows)?;
        let n_steps = rows.len() * self.matrix.n_columns();
        let matrix = run(py, n_threads, n_steps, |workers| {
            self.matrix.take(rows, workers)
        })?;
        Ok(Self { matrix })
    }

    /// Return the number of rows and of columns.
    #[getter]
    fn shape(&self) -> (usize, usize) {
        (self.matrix.n_rows(), self.matrix.n_columns())
    }

    /// The code of a missing value.
    #[classattr]
    const MISSING: u8 = MISSING;

    /// Return a copy of all codes, in Fortran order.
    fn codes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<u8>>> {
        let (n_rows, n_columns) = self.shape();
        let mut codes = Vec::with_capacity(n_rows * n_columns);
        for column in 0..n_columns {
            codes.extend_from_slice(self.matrix.column(column));
        }
        codes.into_pyarray(py).reshape_with_order(
            [n_rows, n_columns],
            numpy::npyffi::NPY_ORDER::NPY_FORTRANORDER,
        )
    }

    /// Return whether the column's bins are ordered, and their number.
    fn bins(&self, column: usize) -> PyResult<(bool, usize)> {
        let bins = self.bins_of(column)?;
        Ok((bins.is_ordered(), bins.n_bins()))
    }

    /// Return the cuts of a numeric column.
    fn cuts<'py>(
        &self,
        py: Python<'py>,
        column: usize,
    ) -> PyResult<Option<Bound<'py, PyArray1<f64>>>> {
        Ok(match self.bins_of(column)? {
            Bins::Cuts(cuts) => Some(PyArray1::from_slice(py, cuts)),
            Bins::Levels { .. } => None,
        })
    }

    /// Return the bin of each level of a categorical column.
    fn bins_of_levels<'py>(
        &self,
        py: Python<'py>,
        column: usize,
    ) -> PyResult<Option<Bound<'py, PyArray1<u8>>>> {
        Ok(match self.bins_of(column)? {
            Bins::Levels { of_level, .. } => Some(PyArray1::from_slice(py, of_level)),
            Bins::Cuts(_) => None,
        })
    }
}

impl PyBinnedMatrix {
    fn bins_of(&self, column: usize) -> PyResult<&Bins> {
        if column >= self.matrix.n_columns() {
            return Err(PyIndexError::new_err(format!(
                "There are {} columns. Got column {column}.",
                self.matrix.n_columns()
            )));
        }
        Ok(self.matrix.bins(column))
    }
}
