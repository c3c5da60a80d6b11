//! The nearest training row.
//!
//! The distance of two rows is the sum of squared differences of their standardised
//! numbers, plus one for each nominal column with different levels.

use super::matrix::{Matrix, sum_of_pairs};
use super::sample::{Labels, Sample};

/// Return the loss of predicting the target of the nearest row, the first of ties.
pub(super) fn loss(sample: &Sample, train: &[usize], test: &[usize]) -> f64 {
    let numbers = Matrix::of_numbers(sample, train);
    // Row by row, so that memory is read in order.
    let n_nominal = sample.nominal.len();
    let mut levels = vec![0; sample.n_rows() * n_nominal];
    for (at, column) in sample.nominal.iter().enumerate() {
        for (row, &code) in column.codes.iter().enumerate() {
            levels[row * n_nominal + at] = code;
        }
    }
    let levels = |row: usize| &levels[row * n_nominal..(row + 1) * n_nominal];
    test.iter()
        .map(|&row| {
            let mut nearest = (f64::INFINITY, row);
            for &other in train {
                let apart = sum_of_pairs(numbers.row(row), numbers.row(other), |a, b| {
                    (a - b) * (a - b)
                });
                let distance = apart + f64::from(n_different(levels(row), levels(other)));
                if distance < nearest.0 {
                    nearest = (distance, other);
                }
            }
            match &sample.labels {
                Labels::Classes { codes, .. } => f64::from(codes[row] != codes[nearest.1]),
                Labels::Values(values) => (values[row] - values[nearest.1]).powi(2),
            }
        })
        .sum()
}

fn n_different(a: &[u32], b: &[u32]) -> u32 {
    a.iter().zip(b).map(|(a, b)| u32::from(a != b)).sum()
}

#[cfg(test)]
mod tests {
    use super::super::sample::tests::sample;
    use super::*;

    #[test]
    fn a_row_is_what_its_nearest_is() {
        let values = vec![0.0, 10.0, 1.0, 9.0];
        let labels = Labels::Classes {
            codes: vec![0, 1, 0, 0],
            n_classes: 2,
        };
        let classes = sample(vec![values.clone()], vec![], labels);
        assert_eq!(loss(&classes, &[0, 1], &[2, 3]), 1.0);
        let labels = Labels::Values(vec![0.0, 4.0, 1.0, 2.0]);
        let numbers = sample(vec![values], vec![], labels);
        assert_eq!(loss(&numbers, &[0, 1], &[2, 3]), 5.0);
    }

    #[test]
    fn levels_that_differ_are_apart() {
        let labels = Labels::Values(vec![0.0, 4.0, 1.0, 2.0]);
        let nominal = vec![vec![0, 1, 0, 1], vec![0, 1, 2, 1]];
        let data = sample(vec![], nominal, labels);
        assert_eq!(loss(&data, &[0, 1], &[2, 3]), 5.0);
    }
}
