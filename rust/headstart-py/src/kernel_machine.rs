//! Kernel machines, for `headstart.predict` and `headstart.learners`.

use headstart_core::kernel_machine::{self, LeftOut, MetricForm, Solution, TrainingRows};
use headstart_core::predict::kernel_machine::{BLOCK_ROWS, Kernel, KernelMachine, Metric};
use numpy::ndarray::{ArrayView2, Axis, concatenate, s};
use numpy::{IntoPyArray, PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::convert::{optional_slice, slice};
use crate::error::to_python;
use crate::run::run;

type Matrix<'py> = PyReadonlyArray2<'py, f64>;
type Fitted<'py> = (Bound<'py, PyArray2<f64>>, Bound<'py, PyArray2<f64>>);

/// Bandwidth and power of a kernel.
#[derive(FromPyObject, Clone, Copy)]
pub(crate) struct PyKernel(f64, f64);

impl PyKernel {
    fn checked(self) -> PyResult<Kernel> {
        Kernel::new(self.0, self.1).map_err(|error| to_python(&error))
    }
}

/// Columns, targets and weights of training rows.
#[derive(FromPyObject)]
pub(crate) struct PyRows<'py>(Matrix<'py>, Matrix<'py>, PyReadonlyArray1<'py, f64>);

impl PyRows<'_> {
    fn borrow(&self) -> PyResult<TrainingRows<'_>> {
        TrainingRows::new(
            view("X", &self.0)?,
            view("y", &self.1)?,
            slice("weight", &self.2)?,
        )
        .map_err(|error| to_python(&error))
    }

    /// Return the number of steps of a fit with a matrix of `width` columns, for [`run`].
    ///
    /// A fit is many of these kernels. Those of at most some 50 ms run on the calling
    /// thread: Ctrl-C is handled between them.
    fn n_steps(&self, width: usize) -> usize {
        let n_rows = self.0.as_array().nrows();
        let n_products = n_rows.saturating_mul(width).saturating_mul(width);
        if n_products < 1 << 30 { 0 } else { n_products }
    }
}

fn view<'a>(name: &str, array: &'a Matrix<'_>) -> PyResult<ArrayView2<'a, f64>> {
    slice(name, array)?;
    Ok(array.as_array())
}

fn metric_of<'a>(metric: &'a Matrix<'_>) -> PyResult<Metric<'a>> {
    Metric::new(view("metric", metric)?).map_err(|error| to_python(&error))
}

fn fitted(py: Python<'_>, solution: Solution) -> Fitted<'_> {
    (
        solution.coef.into_pyarray(py),
        solution.left_out.into_pyarray(py),
    )
}

/// Return rows in the coordinates of a metric.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arrays are borrowed by value"
)]
pub(crate) fn map_to_metric<'py>(
    py: Python<'py>,
    x: Matrix<'py>,
    metric: Matrix<'py>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let (x, metric) = (view("X", &x)?, metric_of(&metric)?);
    let points = run(py, 1, x.len(), |_| metric.map(x))?;
    Ok(points.into_pyarray(py))
}

/// Return the outputs of a kernel machine.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arrays are borrowed by value"
)]
pub(crate) fn apply_kernel_machine<'py>(
    py: Python<'py>,
    x: Matrix<'py>,
    metric: Matrix<'py>,
    points: Matrix<'py>,
    coef: Matrix<'py>,
    kernel: PyKernel,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let (x, metric) = (view("X", &x)?, metric_of(&metric)?);
    let (points, coef) = (view("points", &points)?, view("coef", &coef)?);
    let machine =
        KernelMachine::new(points, coef, kernel.checked()?).map_err(|error| to_python(&error))?;
    let n_steps = x.nrows().saturating_mul(points.len());
    let blocks = run(py, n_threads, n_steps, |workers| {
        workers.map_chunks(x.nrows(), BLOCK_ROWS, |rows| {
            machine.outputs(metric.map(x.slice(s![rows, ..]))?.view())
        })
    })?;
    let views: Vec<_> = blocks.iter().map(|block| block.view()).collect();
    let outputs =
        concatenate(Axis(0), &views).map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(outputs.into_pyarray(py))
}

/// Return coefficients, with all rows as points.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arrays are borrowed by value"
)]
pub(crate) fn fit_kernel_machine<'py>(
    py: Python<'py>,
    rows: PyRows<'py>,
    metric: Matrix<'py>,
    kernel: PyKernel,
    ridge: f64,
) -> PyResult<Option<Bound<'py, PyArray2<f64>>>> {
    let (training, metric, kernel) = (rows.borrow()?, metric_of(&metric)?, kernel.checked()?);
    let n_steps = rows.n_steps(training.n_rows());
    let coef = run(py, 1, n_steps, |workers| {
        kernel_machine::solve(&training, &metric, kernel, ridge, workers)
    })?;
    Ok(coef.map(|coef| coef.into_pyarray(py)))
}

/// Return the same coefficients, and the outputs of each row without its part, or itself.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arrays are borrowed by value"
)]
pub(crate) fn leave_out_rows<'py>(
    py: Python<'py>,
    rows: PyRows<'py>,
    parts: Option<PyReadonlyArray1<'py, i64>>,
    metric: Matrix<'py>,
    kernel: PyKernel,
    ridge: f64,
) -> PyResult<Option<Fitted<'py>>> {
    let (training, metric, kernel) = (rows.borrow()?, metric_of(&metric)?, kernel.checked()?);
    let left_out = match optional_slice("parts", parts.as_ref())? {
        None => LeftOut::Row,
        Some(parts) => LeftOut::Part(parts),
    };
    let n_steps = rows.n_steps(training.n_rows());
    let solution = run(py, 1, n_steps, |workers| {
        kernel_machine::leave_out(&training, left_out, &metric, kernel, ridge, workers)
    })?;
    Ok(solution.map(|solution| fitted(py, solution)))
}

/// Return coefficients and left-out outputs of each ridge, with landmarks as points.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arrays are borrowed by value"
)]
pub(crate) fn fit_kernel_landmarks<'py>(
    py: Python<'py>,
    rows: PyRows<'py>,
    parts: PyReadonlyArray1<'py, i64>,
    landmarks: Matrix<'py>,
    metric: Matrix<'py>,
    kernel: PyKernel,
    ridges: Vec<f64>,
) -> PyResult<Option<Vec<Fitted<'py>>>> {
    let (training, metric, kernel) = (rows.borrow()?, metric_of(&metric)?, kernel.checked()?);
    let (parts, landmarks) = (slice("parts", &parts)?, view("landmarks", &landmarks)?);
    let n_steps = rows.n_steps(landmarks.nrows());
    let solutions = run(py, 1, n_steps, |workers| {
        kernel_machine::solve_on_landmarks(
            &training, parts, landmarks, &metric, kernel, &ridges, workers,
        )
    })?;
    Ok(solutions.map(|solutions| {
        let solutions = solutions.into_iter();
        solutions.map(|solution| fitted(py, solution)).collect()
    }))
}

/// Return the next metric of a machine with all rows as points.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arrays are borrowed by value"
)]
pub(crate) fn learn_kernel_metric<'py>(
    py: Python<'py>,
    rows: PyRows<'py>,
    coef: Matrix<'py>,
    at: Vec<usize>,
    metric: Matrix<'py>,
    kernel: PyKernel,
    form: (bool, f64),
) -> PyResult<Option<Bound<'py, PyArray2<f64>>>> {
    let n_steps = rows.n_steps(at.len());
    let (training, metric, kernel) = (rows.borrow()?, metric_of(&metric)?, kernel.checked()?);
    let coef = view("coef", &coef)?;
    let form = MetricForm {
        is_full: form.0,
        plain_share: form.1,
    };
    let learnt = run(py, 1, n_steps, |workers| {
        kernel_machine::learn_metric(&training, coef, &at, &metric, kernel, form, workers)
    })?;
    Ok(learnt.map(|metric| metric.into_pyarray(py)))
}
