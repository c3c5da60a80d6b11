//! A logistic function of a few columns, by Newton's method.

use super::check_rows;
use crate::{Error, Workers};

const CHUNK: usize = 1 << 13;
const MOST_COLUMNS: usize = 3;
const MOST_STEPS: usize = 100;

/// Fit `target ~ 1 / (1 + exp(-(c_1 x_1 + ... + c_d x_d + c_0)))`.
///
/// `columns` are the concatenated `x_i`; targets are in `[0, 1]`. Returns the coefficients
/// and, last, the constant. For perfectly separable classes no finite coefficients are
/// optimal, and the fit stops at a negligible loss.
///
/// # Errors
/// [`Error::Shape`] if lengths differ; [`Error::Value`] for more than three columns, no
/// rows, or invalid numbers; [`Error::Cancelled`].
pub fn fit_logistic(
    columns: &[f64],
    target: &[f64],
    weight: Option<&[f64]>,
    workers: &Workers,
) -> Result<Vec<f64>, Error> {
    check_rows("target", target, target.len(), weight)?;
    if target.iter().any(|value| !(0.0..=1.0).contains(value)) {
        return Err(Error::value("target must lie in [0, 1]."));
    }
    let n_columns = columns.len() / target.len();
    if columns.len() % target.len() != 0 || !(1..=MOST_COLUMNS).contains(&n_columns) {
        return Err(Error::Shape(format!(
            "There must be 1 to {MOST_COLUMNS} columns of {} rows. Got {} numbers.",
            target.len(),
            columns.len()
        )));
    }
    check_rows("columns", columns, columns.len(), None)?;
    let problem = Problem {
        columns,
        target,
        weight,
        n_columns,
    };
    let size = n_columns + 1;
    let mut coefficients = vec![0.0; size];
    let mut state = problem.evaluate(&coefficients, workers)?;
    for _ in 0..MOST_STEPS {
        let Some(step) = solve(&state.curvature, &state.gradient, size) else {
            break;
        };
        let mut share = 1.0;
        let mut improved = false;
        // Halve the step until the loss falls: far from the minimum, a full step may
        // overshoot.
        while share > 1e-6 {
            let next: Vec<f64> = coefficients
                .iter()
                .zip(&step)
                .map(|(coefficient, step)| coefficient - share * step)
                .collect();
            let next_state = problem.evaluate(&next, workers)?;
            if next_state.loss < state.loss {
                improved = state.loss - next_state.loss > 1e-14 * state.loss.abs();
                coefficients = next;
                state = next_state;
                break;
            }
            share *= 0.5;
        }
        if !improved {
            break;
        }
    }
    Ok(coefficients)
}

struct Problem<'a> {
    columns: &'a [f64],
    target: &'a [f64],
    weight: Option<&'a [f64]>,
    n_columns: usize,
}

/// The loss, its gradient, and the upper triangle of its Hessian.
struct State {
    loss: f64,
    gradient: Vec<f64>,
    curvature: Vec<f64>,
}

impl Problem<'_> {
    fn evaluate(&self, coefficients: &[f64], workers: &Workers) -> Result<State, Error> {
        const SIZE: usize = MOST_COLUMNS + 1;
        let n_rows = self.target.len();
        let size = self.n_columns + 1;
        let parts = workers.map_chunks(n_rows, CHUNK, |chunk| {
            let mut loss = 0.0;
            let mut gradient = [0.0; SIZE];
            let mut curvature = [[0.0; SIZE]; SIZE];
            for row in chunk {
                let mut x = [1.0; SIZE];
                let mut z = coefficients[self.n_columns];
                for column in 0..self.n_columns {
                    x[column] = self.columns[column * n_rows + row];
                    z += coefficients[column] * x[column];
                }
                let weight = self.weight.map_or(1.0, |weight| weight[row]);
                let target = self.target[row];
                // ln(1 + exp(z)) - target z, without overflow.
                let small = (-z.abs()).exp();
                loss += weight * (z.max(0.0) + small.ln_1p() - target * z);
                let p = if z >= 0.0 { 1.0 } else { small } / (1.0 + small);
                let slope = weight * (p - target);
                let bend = weight * (small / ((1.0 + small) * (1.0 + small)));
                x[self.n_columns] = 1.0;
                for i in 0..size {
                    gradient[i] += slope * x[i];
                    for (sum, other) in curvature[i][i..size].iter_mut().zip(&x[i..size]) {
                        *sum += bend * x[i] * other;
                    }
                }
            }
            Ok((loss, gradient, curvature))
        })?;
        let mut state = State {
            loss: 0.0,
            gradient: vec![0.0; size],
            curvature: vec![0.0; size * size],
        };
        for (loss, gradient, curvature) in parts {
            state.loss += loss;
            for i in 0..size {
                state.gradient[i] += gradient[i];
                let row = &mut state.curvature[i * size + i..(i + 1) * size];
                for (sum, term) in row.iter_mut().zip(&curvature[i][i..size]) {
                    *sum += term;
                }
            }
        }
        Ok(state)
    }
}

/// Solve a symmetric positive definite system by Cholesky; `None` if it is not definite.
fn solve(upper: &[f64], right: &[f64], size: usize) -> Option<Vec<f64>> {
    let mut lower = vec![0.0; size * size];
    for i in 0..size {
        for j in 0..=i {
            let before: f64 = (0..j)
                .map(|k| lower[i * size + k] * lower[j * size + k])
                .sum();
            let value = upper[j * size + i] - before;
            if i == j {
                // For a direction without curvature, only rounding remains.
                let diagonal = upper[i * size + i];
                let value = value.max(1e-12 * diagonal);
                if value <= 0.0 || !value.is_finite() {
                    return None;
                }
                lower[i * size + i] = value.sqrt();
            } else {
                lower[i * size + j] = value / lower[j * size + j];
            }
        }
    }
    let mut solution = right.to_vec();
    for i in 0..size {
        for k in 0..i {
            solution[i] -= lower[i * size + k] * solution[k];
        }
        solution[i] /= lower[i * size + i];
    }
    for i in (0..size).rev() {
        for k in i + 1..size {
            solution[i] -= lower[k * size + i] * solution[k];
        }
        solution[i] /= lower[i * size + i];
    }
    Some(solution)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn coefficients_are_found_again() {
        let mut rng = Rng::new(1, 0);
        let n_rows = 500;
        let columns: Vec<f64> = (0..2 * n_rows).map(|_| 4.0 * rng.uniform() - 2.0).collect();
        let target: Vec<f64> = (0..n_rows)
            .map(|row| {
                let z = 1.5 * columns[row] - 0.5 * columns[n_rows + row] + 0.25;
                1.0 / (1.0 + (-z).exp())
            })
            .collect();
        let coefficients = fit_logistic(&columns, &target, None, &Workers::default()).unwrap();
        for (coefficient, expected) in coefficients.iter().zip([1.5, -0.5, 0.25]) {
            assert!(
                (coefficient - expected).abs() < 1e-6,
                "{coefficient} is not {expected}"
            );
        }
    }

    #[test]
    fn separable_classes_and_constants_end() {
        let workers = Workers::default();
        let coefficients = fit_logistic(&[-1.0, 1.0], &[0.0, 1.0], None, &workers).unwrap();
        assert!(coefficients[0] > 5.0 && coefficients.iter().all(|value| value.is_finite()));
        let coefficients = fit_logistic(&[2.0; 4], &[0.0, 1.0, 1.0, 1.0], None, &workers).unwrap();
        let z = 2.0 * coefficients[0] + coefficients[1];
        assert!((1.0 / (1.0 + (-z).exp()) - 0.75).abs() < 1e-6);
    }
}
