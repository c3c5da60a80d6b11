//! Generated features, for `headstart.features`.

use headstart_core::generate::Operator;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Describe the operators: one dictionary each, by code.
#[pyfunction]
pub(crate) fn feature_operators(py: Python<'_>) -> PyResult<Vec<Bound<'_, PyDict>>> {
    Operator::ALL
        .iter()
        .map(|&operator| {
            let inputs = operator.inputs();
            let (least, most) = inputs.arity();
            let found = PyDict::new(py);
            found.set_item("code", operator.code())?;
            found.set_item("name", operator.name())?;
            found.set_item("inputs", inputs.name())?;
            found.set_item("kind", inputs.kind_at(0).name())?;
            found.set_item("least", least)?;
            found.set_item("most", most)?;
            found.set_item("is_commutative", operator.is_commutative())?;
            found.set_item("reads_target", operator.reads_target())?;
            found.set_item("is_monotone", operator.is_monotone())?;
            Ok(found)
        })
        .collect()
}
