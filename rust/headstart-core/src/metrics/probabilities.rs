//! Metrics of the probabilities themselves.

use super::Classified;
use super::sums::{CHUNK, mean};
use crate::{Error, Workers};

/// Probabilities multiplied before one logarithm is taken. The smallest, clipped, are
/// 2e-16: sixteen of them make 1e-251, which is still a normal number.
const PRODUCT: usize = 16;

/// Mean negative logarithm of the true class's probability, clipped away from 0 and 1
/// by the machine epsilon as scikit-learn does.
pub(super) fn log_loss(rows: &Classified<'_>, workers: &Workers) -> Result<f64, Error> {
    let n_rows = rows.y.len();
    if rows.weight.is_some() {
        return mean(n_rows, rows.weight, workers, |row| {
            -true_probability(rows, row).ln()
        });
    }
    let parts = workers.map_chunks(n_rows, CHUNK, |chunk| {
        let mut sum = 0.0;
        for start in chunk.clone().step_by(PRODUCT) {
            let product: f64 = (start..(start + PRODUCT).min(chunk.end))
                .map(|row| true_probability(rows, row))
                .product();
            sum -= product.ln();
        }
        Ok(sum)
    })?;
    Ok(parts.into_iter().sum::<f64>() / n_rows as f64)
}

#[inline]
fn true_probability(rows: &Classified<'_>, row: usize) -> f64 {
    let probability = if rows.n_outputs > 1 {
        rows.prediction[row * rows.n_outputs + rows.y[row] as usize]
    } else if rows.y[row] == 1 {
        rows.prediction[row]
    } else {
        1.0 - rows.prediction[row]
    };
    probability.clamp(f64::EPSILON, 1.0 - f64::EPSILON)
}

/// Mean squared distance from the outcome: of class 1's probability with two classes,
/// summed over classes with more.
pub(super) fn brier(rows: &Classified<'_>, workers: &Workers) -> Result<f64, Error> {
    let n_outputs = rows.n_outputs;
    mean(rows.y.len(), rows.weight, workers, |row| {
        if n_outputs == 1 {
            return (rows.prediction[row] - rows.y[row] as f64).powi(2);
        }
        let probabilities = &rows.prediction[row * n_outputs..(row + 1) * n_outputs];
        probabilities
            .iter()
            .enumerate()
            .map(|(class, probability)| {
                let outcome = f64::from(class == rows.y[row] as usize);
                (probability - outcome).powi(2)
            })
            .sum()
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_of_certain_mistakes_does_not_underflow() {
        let (y, prediction) = ([1_i64; 100], [0.0; 100]);
        let rows = Classified::new(&y, &prediction, 1, None).unwrap();
        let found = log_loss(&rows, &Workers::default()).unwrap();
        assert!((found + f64::EPSILON.ln()).abs() < 1e-12, "{found}");
    }

    #[test]
    fn two_columns_give_the_loss_of_one() {
        let y = [0, 1, 1];
        let one = Classified::new(&y, &[0.2, 0.7, 0.4], 1, None).unwrap();
        let two = Classified::new(&y, &[0.8, 0.2, 0.3, 0.7, 0.6, 0.4], 2, None).unwrap();
        let workers = Workers::default();
        let difference = log_loss(&one, &workers).unwrap() - log_loss(&two, &workers).unwrap();
        assert!(difference.abs() < 1e-12);
    }
}
