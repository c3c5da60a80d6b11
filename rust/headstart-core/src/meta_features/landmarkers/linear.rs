//! Ridge regression of values, or of one indicator per class.

use super::matrix::{Matrix, sum_of_pairs};
use super::sample::{Labels, Sample};

/// Added to the diagonal. Columns are standardised, and there are some hundred rows.
const PENALTY: f64 = 1.0;

/// Return the loss on the test rows: squared errors, or the number of wrong classes.
pub(super) fn loss(sample: &Sample, train: &[usize], test: &[usize]) -> f64 {
    let matrix = Matrix::of_indicators(sample, train);
    let centre = centre(&matrix, train);
    let row = |row: usize| -> Vec<f64> {
        let values = matrix.row(row).iter().zip(&centre);
        values.map(|(value, centre)| value - centre).collect()
    };
    let known: Vec<Vec<f64>> = train.iter().map(|&at| row(at)).collect();
    let factor = Factor::of(&known, matrix.width);
    let n_outputs = match &sample.labels {
        Labels::Classes { n_classes, .. } => *n_classes,
        Labels::Values(_) => 1,
    };
    let outputs: Vec<(f64, Vec<f64>)> = (0..n_outputs)
        .map(|output| {
            let y: Vec<f64> = train
                .iter()
                .map(|&row| match &sample.labels {
                    Labels::Classes { codes, .. } => f64::from(codes[row] as usize == output),
                    Labels::Values(values) => values[row],
                })
                .collect();
            let mean = y.iter().sum::<f64>() / y.len().max(1) as f64;
            let mut weights = vec![0.0; matrix.width];
            for (values, y) in known.iter().zip(&y) {
                for (weight, value) in weights.iter_mut().zip(values) {
                    *weight += value * (y - mean);
                }
            }
            factor.solve(&mut weights);
            (mean, weights)
        })
        .collect();
    test.iter()
        .map(|&at| {
            let values = row(at);
            let predicted: Vec<f64> = outputs
                .iter()
                .map(|(mean, weights)| mean + sum_of_pairs(&values, weights, |a, b| a * b))
                .collect();
            match &sample.labels {
                Labels::Classes { codes, .. } => {
                    f64::from(place_of_largest(&predicted) != codes[at] as usize)
                }
                Labels::Values(values) => (values[at] - predicted[0]).powi(2),
            }
        })
        .sum()
}

/// Return the index of the largest number, the first of ties.
pub(super) fn place_of_largest(values: &[f64]) -> usize {
    let mut largest = 0;
    for (place, value) in values.iter().enumerate() {
        if *value > values[largest] {
            largest = place;
        }
    }
    largest
}

fn centre(matrix: &Matrix, rows: &[usize]) -> Vec<f64> {
    let mut sums = vec![0.0; matrix.width];
    for &row in rows {
        for (sum, value) in sums.iter_mut().zip(matrix.row(row)) {
            *sum += value;
        }
    }
    for sum in &mut sums {
        *sum /= rows.len().max(1) as f64;
    }
    sums
}

/// The Cholesky factor of the penalised moments: lower triangle, row by row.
struct Factor {
    values: Vec<f64>,
    width: usize,
}

impl Factor {
    fn of(rows: &[Vec<f64>], width: usize) -> Self {
        let mut values = vec![0.0; width * width];
        for row in rows {
            for (at, &value) in row.iter().enumerate() {
                let moments = &mut values[at * width..=at * width + at];
                for (moment, other) in moments.iter_mut().zip(row) {
                    *moment += value * other;
                }
            }
        }
        for at in 0..width {
            values[at * width + at] += PENALTY;
            for column in 0..=at {
                let (before, rest) = values.split_at_mut(at * width);
                let other = if column == at {
                    &rest[..column]
                } else {
                    &before[column * width..column * width + column]
                };
                let sum = sum_of_pairs(&rest[..column], other, |a, b| a * b);
                let remainder = rest[column] - sum;
                // Moments plus a penalty are positive definite, except for rounding.
                rest[column] = if column == at {
                    remainder.max(f64::EPSILON).sqrt()
                } else {
                    remainder / before[column * width + column]
                };
            }
        }
        Self { values, width }
    }

    /// Replace the right-hand side by the solution.
    fn solve(&self, values: &mut [f64]) {
        let at = |row: usize, column: usize| self.values[row * self.width + column];
        for row in 0..self.width {
            let sum: f64 = (0..row)
                .map(|column| at(row, column) * values[column])
                .sum();
            values[row] = (values[row] - sum) / at(row, row);
        }
        for row in (0..self.width).rev() {
            let below = row + 1..self.width;
            let sum: f64 = below.map(|lower| at(lower, row) * values[lower]).sum();
            values[row] = (values[row] - sum) / at(row, row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::tests::sample;
    use super::*;

    #[test]
    fn a_factor_solves_its_equations() {
        let rows = [vec![1.0, 2.0, 0.0], vec![0.0, 1.0, 3.0]];
        // Moments and penalty: [[2, 2, 0], [2, 6, 3], [0, 3, 10]].
        let mut solution = vec![4.0, 11.0, 13.0];
        Factor::of(&rows, 3).solve(&mut solution);
        for (value, expected) in solution.iter().zip([1.0, 1.0, 1.0]) {
            assert!((value - expected).abs() < 1e-12, "{value}");
        }
    }

    #[test]
    fn a_line_is_found_but_for_the_penalty() {
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        let y: Vec<f64> = values.iter().map(|value| (value - 49.5) / 49.5).collect();
        let rows: Vec<usize> = (0..100).collect();
        let data = sample(vec![values], vec![], Labels::Values(y));
        assert!(loss(&data, &rows, &rows) < 0.01);
    }

    #[test]
    fn the_highest_output_is_the_class() {
        let values: Vec<f64> = (0..20).map(f64::from).collect();
        let labels = Labels::Classes {
            codes: (0..20).map(|row| u32::from(row >= 10)).collect(),
            n_classes: 2,
        };
        let rows: Vec<usize> = (0..20).collect();
        let data = sample(vec![values], vec![], labels);
        assert_eq!(loss(&data, &rows, &rows), 0.0);
    }
}
