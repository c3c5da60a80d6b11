//! Machines whose points are all training rows.

use ndarray::{Array2, Axis, s};

use super::cholesky::{factorize, invert, substitute};
use super::{LeftOut, Solution, TrainingRows, check_parts, check_ridge, rows_by_part};
use crate::predict::kernel_machine::{BLOCK_ROWS, Kernel, Metric, Points};
use crate::{Error, Workers, memory};

/// Return the coefficients of a machine with all rows as points; None if rounding errors
/// exceed the ridge.
///
/// One matrix of `n_rows * n_rows` values is in memory.
///
/// # Errors
/// [`Error::Shape`], [`Error::Value`], [`Error::Memory`], [`Error::Cancelled`].
pub fn solve(
    rows: &TrainingRows<'_>,
    metric: &Metric<'_>,
    kernel: Kernel,
    ridge: f64,
    workers: &Workers,
) -> Result<Option<Array2<f64>>, Error> {
    let Some(factor) = regularised_factor(rows, metric, kernel, ridge, workers)? else {
        return Ok(None);
    };
    let mut coef = rows.y.to_owned();
    substitute(&factor, &mut coef);
    Ok(Some(coef))
}

/// Return the same coefficients, and the outputs of rows that a fit leaves out.
///
/// It takes twice as long as [`solve`]. With parts, up to two and a quarter matrices of
/// `n_rows * n_rows` values are in memory.
///
/// # Errors
/// [`Error::Shape`], [`Error::Value`], [`Error::Memory`], [`Error::Cancelled`].
pub fn leave_out(
    rows: &TrainingRows<'_>,
    left_out: LeftOut<'_>,
    metric: &Metric<'_>,
    kernel: Kernel,
    ridge: f64,
    workers: &Workers,
) -> Result<Option<Solution>, Error> {
    let Some(mut inverse) = regularised_factor(rows, metric, kernel, ridge, workers)? else {
        return Ok(None);
    };
    invert(&mut inverse, workers)?;
    let coef = inverse.t().dot(&inverse.dot(&rows.y));
    let errors = match left_out {
        LeftOut::Row => Some(errors_without_row(&inverse, &coef)),
        LeftOut::Part(parts) => {
            check_parts(parts, rows)?;
            errors_without_part(&inverse, &coef, parts, workers)?
        }
    };
    Ok(errors.map(|errors| Solution {
        left_out: &rows.y - &errors,
        coef,
    }))
}

/// Return the factor of the kernel matrix plus the ridge over the weights.
fn regularised_factor(
    rows: &TrainingRows<'_>,
    metric: &Metric<'_>,
    kernel: Kernel,
    ridge: f64,
    workers: &Workers,
) -> Result<Option<Array2<f64>>, Error> {
    check_ridge(ridge)?;
    let values = metric.map(rows.x)?;
    let mut matrix = kernel_matrix(&Points::new(values.view()), kernel, workers)?;
    for (value, weight) in matrix.diag_mut().iter_mut().zip(rows.weight) {
        *value += ridge / weight;
    }
    Ok(factorize(&mut matrix, workers)?.then_some(matrix))
}

/// Return the lower triangle of the kernel between all pairs of points.
pub(super) fn kernel_matrix(
    points: &Points<'_>,
    kernel: Kernel,
    workers: &Workers,
) -> Result<Array2<f64>, Error> {
    let n = points.len();
    let zeros = memory::zeros("a kernel matrix", &[n, n])?;
    let mut matrix =
        Array2::from_shape_vec((n, n), zeros).map_err(|error| Error::Shape(error.to_string()))?;
    for start in (0..n).step_by(BLOCK_ROWS) {
        workers.check()?;
        let end = (start + BLOCK_ROWS).min(n);
        let squares = points.squared_distances(start..end, points, 0..end);
        let mut block = matrix.slice_mut(s![start..end, ..end]);
        block.zip_mut_with(&squares, |value, square| *value = kernel.value(*square));
    }
    Ok(matrix)
}

/// Return the error of each row's output without it, from the inverse of the factor.
///
/// With the inverse `A` of the regularised kernel matrix, it is `coef / diag(A)`.
fn errors_without_row(inverse: &Array2<f64>, coef: &Array2<f64>) -> Array2<f64> {
    let mut diagonal = vec![0.0; inverse.nrows()];
    for row in inverse.outer_iter() {
        for (sum, value) in diagonal.iter_mut().zip(row) {
            *sum += value * value;
        }
    }
    let mut errors = coef.clone();
    for (mut error, square) in errors.outer_iter_mut().zip(diagonal) {
        error /= square;
    }
    errors
}

/// The same without the row's part `p`: they are `inv(A[p, p]) coef[p]`.
fn errors_without_part(
    inverse: &Array2<f64>,
    coef: &Array2<f64>,
    parts: &[i64],
    workers: &Workers,
) -> Result<Option<Array2<f64>>, Error> {
    let mut errors = Array2::zeros(coef.dim());
    for part in rows_by_part(parts) {
        workers.check()?;
        let columns = inverse.select(Axis(1), &part);
        let mut block = columns.t().dot(&columns);
        drop(columns);
        if !factorize(&mut block, workers)? {
            return Ok(None);
        }
        invert(&mut block, workers)?;
        let part_errors = block.t().dot(&block.dot(&coef.select(Axis(0), &part)));
        for (row, error) in part.iter().zip(part_errors.outer_iter()) {
            errors.row_mut(*row).assign(&error);
        }
    }
    Ok(Some(errors))
}
