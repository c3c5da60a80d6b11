//! Cholesky factors and their inverses, by blocks: matrix products do most of the work.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, Axis, s};

use crate::{Error, Workers};

/// Columns that are factorised at once.
const BLOCK: usize = 96;

/// Columns, or rows, of one matrix product.
const STRIP: usize = 256;

/// Replace a symmetric matrix by the lower triangular `L` of `matrix = L Lᵀ`; return false
/// if the matrix is not positive definite. Only its lower triangle is read.
///
/// # Errors
/// [`Error::Cancelled`].
pub(super) fn factorize(matrix: &mut Array2<f64>, workers: &Workers) -> Result<bool, Error> {
    let n = matrix.nrows();
    for start in (0..n).step_by(BLOCK) {
        let end = (start + BLOCK).min(n);
        let mut block = matrix.slice(s![start..end, start..end]).to_owned();
        if !factorize_block(&mut block) {
            return Ok(false);
        }
        let inverse = invert_block(&block);
        matrix.slice_mut(s![start..end, start..end]).assign(&block);
        matrix.slice_mut(s![start..end, end..]).fill(0.0);
        let panel = matrix.slice(s![end.., start..end]).dot(&inverse.t());
        matrix.slice_mut(s![end.., start..end]).assign(&panel);
        for first in (end..n).step_by(STRIP) {
            workers.check()?;
            let last = (first + STRIP).min(n);
            general_mat_mul(
                -1.0,
                &panel.slice(s![first - end.., ..]),
                &panel.slice(s![first - end..last - end, ..]).t(),
                1.0,
                &mut matrix.slice_mut(s![first.., first..last]),
            );
        }
    }
    Ok(true)
}

/// Replace a lower triangular matrix by its inverse.
///
/// # Errors
/// [`Error::Cancelled`].
pub(super) fn invert(matrix: &mut Array2<f64>, workers: &Workers) -> Result<(), Error> {
    let n = matrix.nrows();
    for start in (0..n).step_by(BLOCK).rev() {
        let end = (start + BLOCK).min(n);
        let inverse = invert_block(&matrix.slice(s![start..end, start..end]).to_owned());
        let panel = matrix.slice(s![end.., start..end]).to_owned();
        for first in (end..n).step_by(STRIP) {
            workers.check()?;
            let last = (first + STRIP).min(n);
            // The columns after this block hold their part of the inverse already.
            let product = matrix
                .slice(s![first..last, end..last])
                .dot(&panel.slice(s![..last - end, ..]));
            general_mat_mul(
                -1.0,
                &product,
                &inverse,
                0.0,
                &mut matrix.slice_mut(s![first..last, start..end]),
            );
        }
        matrix
            .slice_mut(s![start..end, start..end])
            .assign(&inverse);
    }
    Ok(())
}

/// Replace `values` by the solution `X` of `factor factorᵀ X = values`.
pub(super) fn substitute(factor: &Array2<f64>, values: &mut Array2<f64>) {
    // Each column is contiguous here.
    let mut columns = values.t().as_standard_layout().into_owned();
    for mut column in columns.outer_iter_mut() {
        for (row, coefficients) in factor.outer_iter().enumerate() {
            let known = coefficients.slice(s![..row]).dot(&column.slice(s![..row]));
            column[row] = (column[row] - known) / coefficients[row];
        }
        for (row, coefficients) in factor.outer_iter().enumerate().rev() {
            column[row] /= coefficients[row];
            let solved = column[row];
            column
                .slice_mut(s![..row])
                .scaled_add(-solved, &coefficients.slice(s![..row]));
        }
    }
    values.assign(&columns.t());
}

/// Factorise a small matrix and clear its upper triangle.
fn factorize_block(block: &mut Array2<f64>) -> bool {
    let n = block.nrows();
    let mut column = vec![0.0; n];
    for pivot in 0..n {
        let square = block[[pivot, pivot]];
        // Written so that NaN is refused too.
        if !(square > 0.0 && square.is_finite()) {
            return false;
        }
        let root = square.sqrt();
        block[[pivot, pivot]] = root;
        for row in pivot + 1..n {
            block[[row, pivot]] /= root;
            column[row] = block[[row, pivot]];
            block[[pivot, row]] = 0.0;
        }
        for row in pivot + 1..n {
            let factor = column[row];
            let mut rest = block.slice_mut(s![row, pivot + 1..=row]);
            for (value, other) in rest.iter_mut().zip(&column[pivot + 1..=row]) {
                *value -= factor * other;
            }
        }
    }
    true
}

/// Return the inverse of a small lower triangular matrix.
fn invert_block(block: &Array2<f64>) -> Array2<f64> {
    let n = block.nrows();
    let mut inverse = Array2::<f64>::zeros((n, n));
    for row in 0..n {
        let (done, mut rest) = inverse.view_mut().split_at(Axis(0), row);
        let mut current = rest.row_mut(0);
        for before in 0..row {
            let factor = block[[row, before]];
            let known = done.row(before);
            for (value, other) in current.iter_mut().zip(known).take(before + 1) {
                *value -= factor * other;
            }
        }
        let pivot = block[[row, row]];
        for value in current.iter_mut().take(row) {
            *value /= pivot;
        }
        current[row] = 1.0 / pivot;
    }
    inverse
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn positive_definite(n: usize) -> Array2<f64> {
        let mut rng = Rng::new(n as u64, 0);
        let root = Array2::from_shape_simple_fn((n, n), || rng.uniform() - 0.5);
        root.dot(&root.t()) + 0.1 * Array2::<f64>::eye(n)
    }

    fn distance(one: &Array2<f64>, other: &Array2<f64>) -> f64 {
        (one - other)
            .iter()
            .fold(0.0, |largest, difference| difference.abs().max(largest))
    }

    #[test]
    fn factor_and_inverse_multiply_to_the_matrix_and_to_1() {
        for n in [1, 2, 95, 96, 97, 300, 500] {
            let matrix = positive_definite(n);
            let mut factor = matrix.clone();
            assert!(factorize(&mut factor, &Workers::default()).unwrap());
            assert!(distance(&factor.dot(&factor.t()), &matrix) < 1e-11);
            let mut inverse = factor.clone();
            invert(&mut inverse, &Workers::default()).unwrap();
            assert!(distance(&factor.dot(&inverse), &Array2::eye(n)) < 1e-9);
            for row in 0..n {
                assert!(factor.slice(s![row, row + 1..]).iter().all(|v| *v == 0.0));
                assert!(inverse.slice(s![row, row + 1..]).iter().all(|v| *v == 0.0));
            }
        }
    }

    #[test]
    fn substitution_solves_the_system() {
        for n in [1, 200] {
            let matrix = positive_definite(n);
            let expected = Array2::from_shape_fn((n, 3), |(row, column)| (row + column) as f64);
            let mut factor = matrix.clone();
            assert!(factorize(&mut factor, &Workers::default()).unwrap());
            let mut found = matrix.dot(&expected);
            substitute(&factor, &mut found);
            assert!(distance(&found, &expected) < 1e-8);
        }
    }

    #[test]
    fn the_upper_triangle_is_not_read() {
        let matrix = positive_definite(200);
        let mut factor = matrix.clone();
        let mut noisy = matrix;
        for row in 0..200 {
            noisy.slice_mut(s![row, row + 1..]).fill(f64::NAN);
        }
        assert!(factorize(&mut factor, &Workers::default()).unwrap());
        assert!(factorize(&mut noisy, &Workers::default()).unwrap());
        assert_eq!(factor, noisy);
    }

    #[test]
    fn a_matrix_that_is_not_positive_definite_is_refused() {
        for n in [3, 150] {
            for value in [-1.0, 0.0, f64::NAN, f64::INFINITY] {
                let mut matrix = positive_definite(n);
                matrix[[n - 1, n - 1]] = value;
                assert!(!factorize(&mut matrix, &Workers::default()).unwrap());
            }
        }
    }
}
