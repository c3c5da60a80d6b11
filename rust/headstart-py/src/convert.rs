//! Conversion of arrays: inputs without copies, outputs owned by Python.

use numpy::{Element, PyArrayMethods, PyReadonlyArray, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Return the borrowed values of an array in C order.
pub(crate) fn slice<'a, T, D>(name: &str, array: &'a PyReadonlyArray<'_, T, D>) -> PyResult<&'a [T]>
where
    T: Element,
    D: numpy::ndarray::Dimension,
{
    check_aligned(name, array)?;
    // `PyReadonlyArray::as_slice` would also return arrays in Fortran order.
    array.as_array().to_slice().ok_or_else(|| {
        PyValueError::new_err(format!("{name} must be a contiguous array in C order."))
    })
}

/// Refuse an array with misaligned elements, which a view into a byte buffer may have.
pub(crate) fn check_aligned<T, D>(name: &str, array: &PyReadonlyArray<'_, T, D>) -> PyResult<()>
where
    T: Element,
    D: numpy::ndarray::Dimension,
{
    if array.data().is_aligned() {
        Ok(())
    } else {
        Err(PyValueError::new_err(format!(
            "{name} must be an aligned array. hint: copy it."
        )))
    }
}

/// Return the borrowed values of an optional array.
pub(crate) fn optional_slice<'a, T: Element>(
    name: &str,
    array: Option<&'a PyReadonlyArray1<'_, T>>,
) -> PyResult<Option<&'a [T]>> {
    array.map(|array| slice(name, array)).transpose()
}
