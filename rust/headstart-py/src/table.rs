//! Conversion of arrays of numbers to columns of the core, without copies.

use headstart_core::columns::{Columns, Number, RowMajor, Separate};
use numpy::{Element, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::convert::check_aligned;
use crate::error::to_python;

macro_rules! kinds_of_arrays {
    ($($variant:ident $kind:ty),*) => {
        /// A matrix of any readable number type.
        #[derive(FromPyObject)]
        pub(crate) enum Matrix<'py> {
            $(#[pyo3(transparent)] $variant(PyReadonlyArray2<'py, $kind>),)*
        }

        /// A column of any readable number type.
        #[derive(FromPyObject)]
        pub(crate) enum Vector<'py> {
            $(#[pyo3(transparent)] $variant(PyReadonlyArray1<'py, $kind>),)*
        }

        impl Matrix<'_> {
            fn columns(&self) -> PyResult<Box<dyn Columns + '_>> {
                match self {
                    $(Self::$variant(array) => matrix(array),)*
                }
            }
        }

        impl Vector<'_> {
            fn columns(&self) -> PyResult<Box<dyn Columns + '_>> {
                match self {
                    $(Self::$variant(array) => vector(array),)*
                }
            }
        }
    };
}
kinds_of_arrays!(
    F64 f64, F32 f32, I64 i64, I32 i32, I16 i16, I8 i8, U64 u64, U32 u32, U16 u16, U8 u8,
    Bool bool
);

/// A table from Python.
#[derive(FromPyObject)]
pub(crate) enum Table<'py> {
    #[pyo3(transparent)]
    Matrix(Matrix<'py>),
    #[pyo3(transparent)]
    Vectors(Vec<Vector<'py>>),
}

impl Table<'_> {
    /// Return the borrowed columns.
    pub(crate) fn columns(&self) -> PyResult<Box<dyn Columns + '_>> {
        Ok(match self {
            Self::Matrix(array) => array.columns()?,
            Self::Vectors(arrays) => Box::new(Stack::new(
                arrays
                    .iter()
                    .map(Vector::columns)
                    .collect::<PyResult<_>>()?,
            )?),
        })
    }
}

fn matrix<'a, T: Element + Number>(
    array: &'a PyReadonlyArray2<'_, T>,
) -> PyResult<Box<dyn Columns + 'a>> {
    check_aligned("X", array)?;
    let (n_rows, n_columns) = (array.shape()[0], array.shape()[1]);
    let values = array
        .as_slice()
        .map_err(|_| PyValueError::new_err("X must be contiguous, in C or Fortran order."))?;
    if array.is_fortran_contiguous() {
        return Ok(Box::new(Separate::of_matrix(values, n_rows, n_columns)));
    }
    let rows = RowMajor::new(values, n_rows, n_columns).map_err(|error| to_python(&error))?;
    Ok(Box::new(rows))
}

fn vector<'a, T: Element + Number>(
    array: &'a PyReadonlyArray1<'_, T>,
) -> PyResult<Box<dyn Columns + 'a>> {
    check_aligned("A column", array)?;
    let values = array
        .as_slice()
        .map_err(|_| PyValueError::new_err("A column must be contiguous."))?;
    Ok(Box::new(Separate::of_matrix(values, values.len(), 1)))
}

/// Adjacent columns of different types.
pub(crate) struct Stack<'a> {
    columns: Vec<Box<dyn Columns + 'a>>,
    n_rows: usize,
}

impl<'a> Stack<'a> {
    /// Return one table of one-column tables.
    pub(crate) fn new(columns: Vec<Box<dyn Columns + 'a>>) -> PyResult<Self> {
        let n_rows = columns.first().map_or(0, |column| column.n_rows());
        match columns.iter().position(|column| column.n_rows() != n_rows) {
            Some(place) => Err(PyValueError::new_err(format!(
                "All columns must have as many rows as the first, {n_rows}. Column {place} \
                 has {} instead.",
                columns[place].n_rows()
            ))),
            None => Ok(Self { columns, n_rows }),
        }
    }
}

impl Columns for Stack<'_> {
    fn n_rows(&self) -> usize {
        self.n_rows
    }

    fn n_columns(&self) -> usize {
        self.columns.len()
    }

    fn read<'a>(&'a self, first: usize, _count: usize, buffer: &'a mut Vec<f64>) -> Vec<&'a [f64]> {
        // `group` is 1: columns are read one by one.
        self.columns[first].read(0, 1, buffer)
    }
}
