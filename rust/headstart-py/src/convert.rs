//! Arrays in, without copies; arrays out, owned by Python.

use numpy::{Element, PyReadonlyArray, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The values of an array in C order, borrowed.
pub(crate) fn slice<'a, T, D>(name: &str, array: &'a PyReadonlyArray<'_, T, D>) -> PyResult<&'a [T]>
where
    T: Element,
    D: numpy::ndarray::Dimension,
{
    // Not `PyReadonlyArray::as_slice`, which hands out Fortran order as it lies.
    array.as_array().to_slice().ok_or_else(|| {
        PyValueError::new_err(format!("{name} must be a contiguous array in C order."))
    })
}

/// The values of an optional array, borrowed.
pub(crate) fn optional_slice<'a, T: Element>(
    name: &str,
    array: Option<&'a PyReadonlyArray1<'_, T>>,
) -> PyResult<Option<&'a [T]>> {
    array.map(|array| slice(name, array)).transpose()
}
