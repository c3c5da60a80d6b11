//! Conversion of core errors to Python exceptions.

use headstart_core::Error;
use pyo3::exceptions::{PyKeyboardInterrupt, PyMemoryError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;

/// Return the Python exception of a core error.
pub(crate) fn to_python(error: &Error) -> PyErr {
    let message = error.to_string();
    match error {
        Error::Value(_) | Error::Shape(_) => PyValueError::new_err(message),
        Error::Memory(_) => PyMemoryError::new_err(message),
        Error::Cancelled => PyKeyboardInterrupt::new_err(()),
        _ => PyRuntimeError::new_err(message),
    }
}
