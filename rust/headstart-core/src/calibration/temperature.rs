//! Temperature scaling: one factor for all logarithms of probabilities.

use super::check_rows;
use crate::{Error, Workers};

const CHUNK: usize = 1 << 12;
/// Probabilities are clipped this far from 0 before the logarithm is taken.
const CLIP: f64 = f64::EPSILON;
const RANGE: (f64, f64) = (1e-3, 1e3);

/// Fit the factor of `ln p` with the lowest log loss of the renormalised probabilities. It
/// is the inverse of the temperature, from 0.001 to 1,000.
///
/// `prediction` is the probability of class 1, or of all classes, row by row.
///
/// # Errors
/// [`Error::Shape`] if lengths differ; [`Error::Value`] for no rows, codes without a
/// probability, or invalid numbers; [`Error::Cancelled`].
pub fn fit_temperature(
    prediction: &[f64],
    y: &[i64],
    weight: Option<&[f64]>,
    workers: &Workers,
) -> Result<f64, Error> {
    let n_rows = y.len();
    let n_outputs = prediction.len().checked_div(n_rows).unwrap_or(0).max(1);
    check_rows("prediction", prediction, n_rows * n_outputs, None)?;
    if let Some(weight) = weight {
        check_rows("weight", weight, n_rows, Some(weight))?;
    }
    let n_classes = n_outputs.max(2);
    if let Some(code) = y.iter().find(|&&code| code < 0 || code >= n_classes as i64) {
        return Err(Error::value(format!(
            "y must hold class codes from 0 to {}. Got {code}.",
            n_classes - 1
        )));
    }
    // The loss is convex in the factor.
    let slopes = |factor: f64| -> Result<(f64, f64), Error> {
        let parts = workers.map_chunks(n_rows, CHUNK, |chunk| {
            let (mut gradient, mut curvature) = (0.0, 0.0);
            let mut logs = vec![0.0; n_classes];
            for row in chunk {
                if n_outputs == 1 {
                    let p = prediction[row];
                    logs[0] = (1.0 - p).max(CLIP).ln();
                    logs[1] = p.max(CLIP).ln();
                } else {
                    let probabilities = &prediction[row * n_outputs..(row + 1) * n_outputs];
                    for (log, p) in logs.iter_mut().zip(probabilities) {
                        *log = p.max(CLIP).ln();
                    }
                }
                let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let (mut total, mut first, mut second) = (0.0, 0.0, 0.0);
                for &log in &logs {
                    let share = (factor * (log - most)).exp();
                    total += share;
                    first += share * log;
                    second += share * log * log;
                }
                let mean = first / total;
                let weight = weight.map_or(1.0, |weight| weight[row]);
                gradient += weight * (mean - logs[y[row] as usize]);
                curvature += weight * (second / total - mean * mean).max(0.0);
            }
            Ok((gradient, curvature))
        })?;
        Ok(parts
            .into_iter()
            .fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1)))
    };
    let (mut low, mut high) = RANGE;
    let mut factor = 1.0_f64;
    for _ in 0..100 {
        let (gradient, curvature) = slopes(factor)?;
        if gradient == 0.0 {
            break;
        }
        if gradient > 0.0 {
            high = factor;
        } else {
            low = factor;
        }
        let newton = factor - gradient / curvature;
        // A step out of the interval, or NaN, is replaced by bisection on a logarithmic
        // scale.
        let next = if newton > low && newton < high {
            newton
        } else {
            (low * high).sqrt()
        };
        let done = (next - factor).abs() <= 1e-10 * factor;
        factor = next;
        if done {
            break;
        }
    }
    Ok(factor)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn too_sure_a_prediction_is_softened() {
        // Right in three rows of four, but with a probability of 0.9.
        let prediction = [0.9, 0.9, 0.9, 0.9];
        let factor =
            fit_temperature(&prediction, &[1, 1, 1, 0], None, &Workers::default()).unwrap();
        let odds = (0.9_f64 / 0.1).powf(factor);
        assert!((odds - 3.0).abs() < 1e-6);
    }

    #[test]
    fn two_columns_are_as_good_as_one() {
        let y = [0, 1, 1, 0];
        let one = [0.2, 0.7, 0.4, 0.3];
        let both: Vec<f64> = one.iter().flat_map(|p| [1.0 - p, *p]).collect();
        let workers = Workers::default();
        let factor = fit_temperature(&one, &y, None, &workers).unwrap();
        let expected = fit_temperature(&both, &y, None, &workers).unwrap();
        assert!((factor - expected).abs() < 1e-9);
    }

    #[test]
    fn what_is_always_right_ends_at_the_limit() {
        let factor = fit_temperature(&[0.9, 0.1], &[1, 0], None, &Workers::default()).unwrap();
        assert!(factor > 10.0 && factor <= RANGE.1);
    }
}
