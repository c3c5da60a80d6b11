//! Dense networks, for `headstart.predict.network` and `headstart.learners.network`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use headstart_core::Error;
use headstart_core::network::{Rows, Settings, Targets, Trainer};
use headstart_core::predict::network::{Activation, Column, Form, Network, prepare};
use numpy::ndarray::Array2;
use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::convert::{optional_slice, slice};
use crate::ensemble::Target;
use crate::error::to_python;
use crate::run::run;

/// Products of a row per elementary step, for `run`.
const PRODUCTS_PER_STEP: usize = 8;

/// The form of a network, from Python.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct PyForm<'py> {
    kinds: PyReadonlyArray1<'py, i64>,
    n_codes: PyReadonlyArray1<'py, i64>,
    hidden: Vec<usize>,
    n_outputs: usize,
    n_members: usize,
    activation: String,
}

impl PyForm<'_> {
    fn read(&self) -> PyResult<Form> {
        let kinds = slice("kinds", &self.kinds)?.iter();
        let columns = kinds.zip(slice("n_codes", &self.n_codes)?);
        let columns: Option<Vec<Column>> = columns
            .map(
                |(kind, &n_codes)| match (kind, usize::try_from(n_codes).ok()?) {
                    (0, 0) => Some(Column::Number),
                    (1, 0) => Some(Column::Periodic),
                    (2, n_codes) => Some(Column::OneHot(n_codes)),
                    (3, n_codes) => Some(Column::Embedded(n_codes)),
                    _ => None,
                },
            )
            .collect();
        let activation = match self.activation.as_str() {
            "selu" => Activation::Selu,
            "mish" => Activation::Mish,
            other => {
                return Err(PyValueError::new_err(format!(
                    "Unknown activation {other:?}."
                )));
            }
        };
        Ok(Form {
            columns: columns.ok_or_else(|| PyValueError::new_err("Unknown kinds of columns."))?,
            hidden: self.hidden.clone(),
            n_outputs: self.n_outputs,
            n_members: self.n_members,
            activation,
        })
    }
}

/// A network that predicts.
#[pyclass(frozen, name = "Network", module = "headstart._core")]
pub(crate) struct PyNetwork(Network);

#[pymethods]
impl PyNetwork {
    #[new]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "arrays are borrowed by value"
    )]
    fn new(py: Python<'_>, form: PyForm<'_>, flat: PyReadonlyArray1<'_, f32>) -> PyResult<Self> {
        let (form, flat) = (form.read()?, slice("flat", &flat)?);
        py.detach(|| Network::new(form, flat))
            .map(Self)
            .map_err(|error| to_python(&error))
    }

    #[getter]
    fn n_products(&self) -> usize {
        self.0.n_products()
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "arrays are borrowed by value"
    )]
    fn predict<'py>(
        &self,
        py: Python<'py>,
        x: PyReadonlyArray2<'py, f64>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let prepared = prepared(&self.0.form, &x)?;
        let n_rows = x.as_array().nrows();
        let n_steps = n_rows.saturating_mul(self.0.n_products() / PRODUCTS_PER_STEP);
        predict(py, &self.0, &prepared, n_steps)
    }
}

/// A network in training.
#[pyclass(frozen, name = "NetworkTrainer", module = "headstart._core")]
pub(crate) struct PyNetworkTrainer {
    trainer: Mutex<Trainer>,
    /// Products of the matrices of one step.
    #[pyo3(get)]
    n_products: usize,
}

impl PyNetworkTrainer {
    fn trainer(&self) -> MutexGuard<'_, Trainer> {
        self.trainer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl PyNetworkTrainer {
    #[new]
    #[pyo3(signature = (
        form, x, y, weight, *, learning_rate, weight_decay, dropout, smoothing, batch, seed
    ))]
    #[expect(clippy::too_many_arguments, reason = "named in the call")]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "arrays are borrowed by value"
    )]
    fn new(
        py: Python<'_>,
        form: PyForm<'_>,
        x: PyReadonlyArray2<'_, f64>,
        y: Target<'_>,
        weight: Option<PyReadonlyArray1<'_, f64>>,
        learning_rate: f64,
        weight_decay: f64,
        dropout: f64,
        smoothing: f64,
        batch: usize,
        seed: u64,
    ) -> PyResult<Self> {
        let form = form.read()?;
        let targets = match &y {
            Target::Values(values) => {
                let values = slice("y", values)?.iter();
                Targets::Values(values.map(|&value| value as f32).collect())
            }
            Target::Codes(codes) => {
                let codes = slice("y", codes)?.iter();
                let codes: Result<Vec<u32>, _> = codes.map(|&code| code.try_into()).collect();
                Targets::Classes {
                    codes: codes
                        .map_err(|_| PyValueError::new_err("Codes must not be negative."))?,
                    smoothing: smoothing as f32,
                }
            }
        };
        let weight = match optional_slice("weight", weight.as_ref())? {
            Some(weight) => weight.iter().map(|&value| value as f32).collect(),
            None => vec![1.0; targets.len()],
        };
        let rows = Rows {
            prepared: prepared(&form, &x)?,
            targets,
            weight,
        };
        let settings = Settings {
            learning_rate,
            weight_decay,
            dropout,
            batch,
        };
        let trainer = py
            .detach(|| Trainer::new(form, rows, settings, seed))
            .map_err(|error| to_python(&error))?;
        Ok(Self {
            n_products: 3 * batch * trainer.network().n_products(),
            trainer: Mutex::new(trainer),
        })
    }

    #[getter]
    fn steps_per_epoch(&self, py: Python<'_>) -> usize {
        py.detach(|| self.trainer().steps_per_epoch())
    }

    /// Train for some steps, during which the progress grows from `start` to `end`. It runs
    /// on the calling thread, so that Ctrl-C waits for the end of the call.
    fn train(&self, py: Python<'_>, n_steps: usize, start: f64, end: f64) -> PyResult<()> {
        run(py, 1, 0, |workers| {
            self.trainer()
                .train(n_steps, start..end, || workers.check())
        })
    }

    /// Return outputs with the present parameters.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "arrays are borrowed by value"
    )]
    fn predict<'py>(
        &self,
        py: Python<'py>,
        x: PyReadonlyArray2<'py, f64>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let network = py.detach(|| self.trainer().network().clone());
        let prepared = prepared(&network.form, &x)?;
        predict(py, &network, &prepared, 0)
    }

    /// Return the present parameters as one array.
    fn parameters<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f32>> {
        let flat = py.detach(|| self.trainer().network().parameters.to_flat());
        flat.into_pyarray(py)
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "arrays are borrowed by value"
    )]
    fn set_parameters(&self, py: Python<'_>, flat: PyReadonlyArray1<'_, f32>) -> PyResult<()> {
        let flat = slice("flat", &flat)?;
        py.detach(|| self.trainer().set_parameters(flat))
            .map_err(|error| to_python(&error))
    }
}

fn prepared(form: &Form, x: &PyReadonlyArray2<'_, f64>) -> PyResult<Vec<f32>> {
    let n_columns = form.columns.len();
    let given = x.as_array().ncols();
    if n_columns == 0 || given != n_columns {
        return Err(PyValueError::new_err(format!(
            "X must have {n_columns} columns, at least one. Got {given} instead."
        )));
    }
    let values = slice("X", x)?;
    let mut prepared = vec![0.0; values.len()];
    prepare(&form.columns, values, &mut prepared);
    Ok(prepared)
}

fn predict<'py>(
    py: Python<'py>,
    network: &Network,
    prepared: &[f32],
    n_steps: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let n_rows = prepared.len() / network.form.columns.len();
    let outputs = run(py, 1, n_steps, |workers| {
        network.predict(prepared, || workers.check())
    })?;
    let outputs = Array2::from_shape_vec((n_rows, network.form.n_outputs), outputs)
        .map_err(|error: numpy::ndarray::ShapeError| to_python(&Error::value(error.to_string())))?;
    Ok(outputs.into_pyarray(py))
}
