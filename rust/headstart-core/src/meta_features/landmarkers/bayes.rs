//! Naive Bayes: columns are independent given the class.

use super::super::numeric::Column;
use super::linear::place_of_largest;
use super::sample::{Labels, Sample};

/// Smallest variance of a class, as a share of the column's variance.
const MIN_VARIANCE: f64 = 1e-6;

/// Return the number of errors on the test rows; NaN for regression.
pub(super) fn loss(sample: &Sample, train: &[usize], test: &[usize]) -> f64 {
    let Labels::Classes { codes, n_classes } = &sample.labels else {
        return f64::NAN;
    };
    let n_classes = *n_classes;
    let mut counts = vec![0.0; n_classes];
    for &row in train {
        counts[codes[row] as usize] += 1.0;
    }
    // Logarithms of the joint probabilities, by test row.
    let prior: Vec<f64> = counts
        .iter()
        .map(|count: &f64| (count + 1.0).ln())
        .collect();
    let mut scores: Vec<f64> = test.iter().flat_map(|_| prior.iter().copied()).collect();
    for values in &sample.numeric {
        add_normal(&mut scores, values, (codes, n_classes), train, test);
    }
    for column in &sample.nominal {
        // Laplace smoothing: one more row of each level.
        let mut table = vec![1.0; column.n_levels * n_classes];
        for &row in train {
            table[column.codes[row] as usize * n_classes + codes[row] as usize] += 1.0;
        }
        for cells in table.chunks_mut(n_classes) {
            for (cell, count) in cells.iter_mut().zip(&counts) {
                *cell = (*cell / (count + column.n_levels as f64)).ln();
            }
        }
        for (scores, &row) in scores.chunks_mut(n_classes).zip(test) {
            let start = column.codes[row] as usize * n_classes;
            for (score, term) in scores.iter_mut().zip(&table[start..]) {
                *score += term;
            }
        }
    }
    let wrong = scores
        .chunks(n_classes)
        .zip(test)
        .filter(|&(scores, &row)| place_of_largest(scores) != codes[row] as usize);
    wrong.count() as f64
}

/// Add the logarithms of normal densities; missing values add nothing.
fn add_normal(
    scores: &mut [f64],
    values: &[f64],
    (codes, n_classes): (&[u32], usize),
    train: &[usize],
    test: &[usize],
) {
    let known: Vec<f64> = train.iter().map(|&row| values[row]).collect();
    let all = Column::of(&known);
    let is_varied = all.deviation > 0.0 && all.deviation.is_finite() && all.mean.is_finite();
    if !is_varied {
        return;
    }
    let standard = |row: usize| (values[row] - all.mean) / all.deviation;
    let mut of_class = vec![Vec::new(); n_classes];
    for &row in train {
        of_class[codes[row] as usize].push(standard(row));
    }
    // Mean, variance and its logarithm.
    let normals: Vec<(f64, f64, f64)> = of_class
        .iter()
        .map(|values| {
            let column = Column::of(values);
            match column.n_values {
                0 => (0.0, 1.0, 0.0),
                1 => (column.mean, 1.0, 0.0),
                _ => {
                    let variance = column.deviation.powi(2).max(MIN_VARIANCE);
                    (column.mean, variance, variance.ln())
                }
            }
        })
        .collect();
    for (scores, &row) in scores.chunks_mut(n_classes).zip(test) {
        let value = standard(row);
        if !value.is_finite() {
            continue;
        }
        for (score, &(mean, variance, logarithm)) in scores.iter_mut().zip(&normals) {
            *score -= 0.5 * (logarithm + (value - mean).powi(2) / variance);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::tests::sample;
    use super::*;

    #[test]
    fn two_normals_and_a_level_are_told_apart() {
        let values = vec![0.0, 0.1, -0.1, 5.0, 5.1, 4.9, f64::NAN, f64::NAN];
        let levels = vec![0, 0, 0, 1, 1, 1, 0, 1];
        let labels = Labels::Classes {
            codes: vec![0, 0, 0, 1, 1, 1, 0, 1],
            n_classes: 2,
        };
        let rows: Vec<usize> = (0..8).collect();
        let by_number = sample(vec![values], vec![], labels);
        assert_eq!(loss(&by_number, &rows[..6], &rows[..6]), 0.0);
        let labels = by_number.labels;
        let by_level = sample(vec![], vec![levels], labels);
        assert_eq!(loss(&by_level, &rows[..6], &rows[6..]), 0.0);
    }

    #[test]
    fn columns_that_say_nothing_leave_the_commonest_class() {
        let labels = Labels::Classes {
            codes: vec![1, 1, 1, 0],
            n_classes: 2,
        };
        let data = sample(vec![vec![7.0; 4], vec![f64::NAN; 4]], vec![], labels);
        let rows = [0, 1, 2, 3];
        assert_eq!(loss(&data, &rows, &rows), 1.0);
    }
}
