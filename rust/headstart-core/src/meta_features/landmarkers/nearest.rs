//! The nearest training row.

use super::matrix::{LANES, Matrix};
use super::sample::{Labels, Sample};

/// Loss of predicting what the nearest row has, the first of several.
pub(super) fn loss(sample: &Sample, train: &[usize], test: &[usize]) -> f64 {
    let matrix = Matrix::of(sample, train);
    // Side by side: the inner loop then reads memory in order.
    let known: Vec<f64> = train
        .iter()
        .flat_map(|&row| matrix.row(row))
        .copied()
        .collect();
    test.iter()
        .map(|&row| {
            let mut nearest = (f64::INFINITY, row);
            for (other, &label) in known.chunks(matrix.width).zip(train) {
                let distance = squared_distance(matrix.row(row), other);
                if distance < nearest.0 {
                    nearest = (distance, label);
                }
            }
            match &sample.labels {
                Labels::Classes { codes, .. } => f64::from(codes[row] != codes[nearest.1]),
                Labels::Values(values) => (values[row] - values[nearest.1]).powi(2),
            }
        })
        .sum()
}

/// Lanes are summed side by side: vectors where the machine has them, the same bits
/// anyway.
fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
        for ((sum, a), b) in lanes.iter_mut().zip(a).zip(b) {
            let distance = a - b;
            *sum += distance * distance;
        }
    }
    lanes.iter().sum()
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
        let numbers = sample(
            vec![values],
            vec![],
            Labels::Values(vec![0.0, 4.0, 1.0, 2.0]),
        );
        assert_eq!(loss(&numbers, &[0, 1], &[2, 3]), 5.0);
    }
}
