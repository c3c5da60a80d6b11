//! Information on the build, and a warning for debug builds.

use pyo3::exceptions::PyRuntimeWarning;
use pyo3::prelude::*;
use pyo3::types::PyDict;

const PROFILE: &str = if cfg!(debug_assertions) {
    "debug"
} else {
    "release"
};

/// Return the profile and version of the compiled module.
#[pyfunction]
pub(crate) fn build_info(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let info = PyDict::new(py);
    info.set_item("profile", PROFILE)?;
    info.set_item("version", env!("CARGO_PKG_VERSION"))?;
    Ok(info)
}

/// Warn of a debug build, which is many times slower.
pub(crate) fn warn_of_debug_build(py: Python<'_>) -> PyResult<()> {
    if cfg!(debug_assertions) {
        let category = py.get_type::<PyRuntimeWarning>();
        let message = c"headstart._core is a debug build and many times slower than a \
                        release build. hint: maturin develop --release";
        PyErr::warn(py, &category, message, 1)?;
    }
    Ok(())
}
