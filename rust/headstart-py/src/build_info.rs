//! What was built, and a warning where it was built slow.

use pyo3::exceptions::PyRuntimeWarning;
use pyo3::prelude::*;
use pyo3::types::PyDict;

const PROFILE: &str = if cfg!(debug_assertions) {
    "debug"
} else {
    "release"
};

/// Profile and version of the compiled module.
#[pyfunction]
pub(crate) fn build_info(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let info = PyDict::new(py);
    info.set_item("profile", PROFILE)?;
    info.set_item("version", env!("CARGO_PKG_VERSION"))?;
    Ok(info)
}

/// A debug build is many times slower: nobody should time one by accident.
pub(crate) fn warn_of_debug_build(py: Python<'_>) -> PyResult<()> {
    if cfg!(debug_assertions) {
        let category = py.get_type::<PyRuntimeWarning>();
        let message = c"headstart._core is a debug build and many times slower than a \
                        release build. hint: maturin develop --release";
        PyErr::warn(py, &category, message, 1)?;
    }
    Ok(())
}
