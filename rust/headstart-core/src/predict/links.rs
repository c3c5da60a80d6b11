//! Inverse link functions, from the scale of raw predictions to probabilities.
//!
//! The operations, their order and their precision are those of `LightGBM` (double
//! precision) and `XGBoost` (single precision). The probabilities are bitwise equal to
//! theirs if exponentials come from the same C library.

use crate::Error;

/// The map from raw predictions to predictions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Raw predictions are values.
    Identity,
    /// One raw prediction per row is the log odds of the second of two classes.
    Logistic,
    /// Raw predictions are logarithms of the classes' shares.
    Softmax,
}

/// Apply `link` to raw predictions with `n_outputs` columns, in row-major order.
///
/// With `single_precision`, the values and each step are rounded to single precision.
///
/// # Errors
/// [`Error::Shape`] if `values` are not rows of `n_outputs`, or the link needs another
/// number of outputs.
pub fn apply_link(
    link: Link,
    values: &mut [f64],
    n_outputs: usize,
    single_precision: bool,
) -> Result<(), Error> {
    let fits = match link {
        Link::Identity => true,
        Link::Logistic => n_outputs == 1,
        Link::Softmax => n_outputs >= 2,
    };
    if !fits || n_outputs == 0 || values.len() % n_outputs != 0 {
        return Err(Error::Shape(format!(
            "{} values in rows of {n_outputs} do not suit the link {link:?}.",
            values.len()
        )));
    }
    match (link, single_precision) {
        (Link::Identity, _) => {}
        (Link::Logistic, false) => {
            for value in values {
                *value = 1.0 / (1.0 + (-*value).exp());
            }
        }
        (Link::Logistic, true) => {
            for value in values {
                *value = f64::from(logistic_single(*value as f32));
            }
        }
        (Link::Softmax, false) => {
            for row in values.chunks_exact_mut(n_outputs) {
                softmax(row);
            }
        }
        (Link::Softmax, true) => {
            for row in values.chunks_exact_mut(n_outputs) {
                softmax_single(row);
            }
        }
    }
    Ok(())
}

/// Return the log odds of a probability, each step in single precision.
pub fn logit_single(probability: f32) -> f32 {
    -(1.0 / probability - 1.0).ln()
}

fn logistic_single(value: f32) -> f32 {
    // XGBoost bounds the exponent; its added 1e-16 vanishes by rounding.
    1.0 / ((-value).min(88.7).exp() + 1.0)
}

fn softmax(row: &mut [f64]) {
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for value in &mut *row {
        *value = (*value - largest).exp();
        sum += *value;
    }
    for value in row {
        *value /= sum;
    }
}

fn softmax_single(row: &mut [f64]) {
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max) as f32;
    // The terms have single precision, their sum has double precision.
    let mut sum = 0.0;
    for value in &mut *row {
        *value = f64::from((*value as f32 - largest).exp());
        sum += *value;
    }
    let sum = sum as f32;
    for value in row {
        *value = f64::from(*value as f32 / sum);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn probabilities_lie_between_0_and_1() {
        for single_precision in [false, true] {
            let mut values = [-1e30, -200.0, -1.0, 0.0, 1.0, 200.0, 1e30];
            apply_link(Link::Logistic, &mut values, 1, single_precision).unwrap();
            assert!(values.iter().all(|value| (0.0..=1.0).contains(value)));
            assert!(values.is_sorted());
            assert_eq!(values[3], 0.5);
            assert!((values[4] - 0.731_058_578_630_004_9).abs() < 1e-7);
        }
    }

    #[test]
    fn shares_of_classes_sum_to_1() {
        for single_precision in [false, true] {
            let mut values = [0.0, 2f64.ln(), 0.0, 900.0, -900.0, 900.0];
            apply_link(Link::Softmax, &mut values, 3, single_precision).unwrap();
            let expected = [0.25, 0.5, 0.25, 0.5, 0.0, 0.5];
            for (value, expected) in values.iter().zip(expected) {
                assert!((value - expected).abs() < 1e-7);
            }
        }
    }

    #[test]
    fn log_odds_are_the_inverse_of_the_logistic_function() {
        for probability in [0.001, 0.3, 0.5, 0.9] {
            let log_odds = logit_single(probability);
            assert!((logistic_single(log_odds) - probability).abs() < 1e-6);
        }
    }

    #[test]
    fn another_number_of_outputs_is_refused() {
        for (link, n_outputs, n_values) in [
            (Link::Logistic, 2, 4),
            (Link::Softmax, 1, 4),
            (Link::Softmax, 3, 4),
            (Link::Identity, 0, 4),
        ] {
            let mut values = vec![0.0; n_values];
            assert!(apply_link(link, &mut values, n_outputs, false).is_err());
        }
    }
}
