//! The metric of a machine: its average gradient outer product.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, Axis, s};

use super::TrainingRows;
use super::cholesky::factorize;
use crate::predict::kernel_machine::{BLOCK_ROWS, Kernel, Metric, Points};
use crate::{Error, Workers};

/// The form of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricForm {
    /// A matrix instead of one factor per column.
    pub is_full: bool,
    /// Share of the identity in the squared metric, above 0 and at most 1.
    pub plain_share: f64,
}

/// Return the next metric of a machine with all rows as points; None if the machine is
/// constant.
///
/// Squared distances of the metric are those of the average outer product of the outputs'
/// gradients at the rows `at` (or of its diagonal), scaled to a mean of 1 on the diagonal
/// and mixed with the identity.
///
/// # Errors
/// [`Error::Shape`], [`Error::Value`], [`Error::Cancelled`].
pub fn learn_metric(
    rows: &TrainingRows<'_>,
    coef: ArrayView2<'_, f64>,
    at: &[usize],
    metric: &Metric<'_>,
    kernel: Kernel,
    form: MetricForm,
    workers: &Workers,
) -> Result<Option<Array2<f64>>, Error> {
    if coef.nrows() != rows.n_rows() {
        return Err(Error::length("coef", rows.n_rows(), coef.nrows()));
    }
    if let Some(row) = at.iter().find(|row| **row >= rows.n_rows()) {
        return Err(Error::Shape(format!("There is no row {row}.")));
    }
    if !(form.plain_share > 0.0 && form.plain_share <= 1.0) {
        return Err(Error::value("The share of the identity must be in (0, 1]."));
    }
    if !form.is_full && !metric.is_diagonal() {
        return Err(Error::value("A matrix is not followed by factors."));
    }
    let values = metric.map(rows.x)?;
    let products = outer_products(
        &values,
        rows.weight,
        coef,
        at,
        kernel,
        form.is_full,
        workers,
    )?;
    // A gradient in the columns is the metric times the gradient in its coordinates.
    let factors = metric.matrix();
    let products = match (form.is_full, metric.is_diagonal()) {
        (false, _) => products * factors * factors,
        (true, true) => products * factors * factors.t(),
        (true, false) => factors.dot(&products).dot(&factors.t()),
    };
    let mean = if form.is_full {
        products.diag().mean()
    } else {
        products.mean()
    };
    let scale = (1.0 - form.plain_share) / mean.unwrap_or(0.0);
    if !(scale.is_finite() && scale >= 0.0 && mean > Some(0.0)) {
        return Ok(None);
    }
    let mut mixed = products * scale;
    if !form.is_full {
        mixed.mapv_inplace(|value| (value + form.plain_share).sqrt());
        return Ok(Some(mixed));
    }
    mixed
        .diag_mut()
        .mapv_inplace(|value| value + form.plain_share);
    Ok(factorize(&mut mixed, workers)?.then_some(mixed))
}

/// Return the weighted sum of the outer products of the outputs' gradients in the
/// coordinates of the metric, or its diagonal as one row.
fn outer_products(
    values: &Array2<f64>,
    weight: &[f64],
    coef: ArrayView2<'_, f64>,
    at: &[usize],
    kernel: Kernel,
    is_full: bool,
    workers: &Workers,
) -> Result<Array2<f64>, Error> {
    let width = values.ncols();
    let points = Points::new(values.view());
    let mut products = Array2::zeros((if is_full { width } else { 1 }, width));
    for rows in at.chunks(BLOCK_ROWS) {
        let row_values = values.select(Axis(0), rows);
        let row_points = Points::new(row_values.view());
        let mut slopes = row_points.squared_distances(0..rows.len(), &points, 0..points.len());
        slopes.mapv_inplace(|square| kernel.slope(square));
        for output in 0..coef.ncols() {
            workers.check()?;
            let coef = coef.slice(s![.., output..=output]);
            // The gradient is the sum over points of coef * slope * (row - point).
            let mut gradients = &row_values * &slopes.dot(&coef);
            general_mat_mul(-1.0, &slopes, &(values * &coef), 1.0, &mut gradients);
            for (mut gradient, row) in gradients.outer_iter_mut().zip(rows) {
                gradient *= weight[*row].sqrt();
            }
            if is_full {
                general_mat_mul(1.0, &gradients.t(), &gradients, 1.0, &mut products);
            } else {
                for gradient in gradients.outer_iter() {
                    let mut sums = products.row_mut(0);
                    sums.zip_mut_with(&gradient, |sum, value| *sum += value * value);
                }
            }
        }
    }
    Ok(products)
}
