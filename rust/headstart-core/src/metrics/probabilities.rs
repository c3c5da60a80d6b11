//! Metrics of probabilities.

use super::Classified;
use super::labels::label_of;
use super::sums::{CHUNK, mean};
use crate::logarithms::{BLOCK, LogProduct};
use crate::{Error, Workers};

/// Return the mean negative logarithm of the true class's probability, clipped by the
/// machine epsilon as in scikit-learn.
pub(super) fn log_loss(rows: &Classified<'_>, workers: &Workers) -> Result<f64, Error> {
    let n_rows = rows.y.len();
    if rows.weight.is_some() {
        return mean(n_rows, rows.weight, workers, |row| {
            -true_probability(rows, row).ln()
        });
    }
    let parts = workers.map_chunks(n_rows, CHUNK, |chunk| {
        let mut product = LogProduct::new();
        if rows.n_outputs == 1 {
            let (y, prediction) = (&rows.y[chunk.clone()], &rows.prediction[chunk]);
            product.columns(y, prediction, |code, p| {
                // Selection by bits: the order of classes cannot be predicted, and SSE2
                // does not compare such integers.
                let of_class_0 = (code as u64).wrapping_sub(1);
                let bits = (p.to_bits() & !of_class_0) | ((1.0 - p).to_bits() & of_class_0);
                clip(f64::from_bits(bits))
            });
        } else {
            let mut start = chunk.start;
            while start < chunk.end {
                let n = (chunk.end - start).min(BLOCK);
                product.rest(n, |row| true_probability(rows, start + row));
                start += n;
            }
        }
        Ok(-product.ln())
    })?;
    Ok(parts.into_iter().sum::<f64>() / n_rows as f64)
}

#[inline]
fn clip(probability: f64) -> f64 {
    // Not f64::clamp, which handles NaN: there is none.
    let probability = if probability < f64::EPSILON {
        f64::EPSILON
    } else {
        probability
    };
    if probability > 1.0 - f64::EPSILON {
        1.0 - f64::EPSILON
    } else {
        probability
    }
}

#[inline]
pub(super) fn true_probability(rows: &Classified<'_>, row: usize) -> f64 {
    let probability = if rows.n_outputs > 1 {
        rows.prediction[row * rows.n_outputs + rows.y[row] as usize]
    } else if rows.y[row] == 1 {
        rows.prediction[row]
    } else {
        1.0 - rows.prediction[row]
    };
    clip(probability)
}

/// Return the mean squared distance from the outcome: of class 1's probability for two
/// classes, summed over classes for more.
pub(super) fn brier(rows: &Classified<'_>, workers: &Workers) -> Result<f64, Error> {
    mean(rows.y.len(), rows.weight, workers, |row| {
        squared_distance(rows, row)
    })
}

#[inline]
pub(super) fn squared_distance(rows: &Classified<'_>, row: usize) -> f64 {
    let n_outputs = rows.n_outputs;
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
}

/// Return the mean distance between the probability of the predicted label and its
/// accuracy, over bins of equal width of that probability. With two classes, class 1
/// replaces the label.
pub(super) fn calibration_error(
    rows: &Classified<'_>,
    n_bins: usize,
    workers: &Workers,
) -> Result<f64, Error> {
    // Weight, weight of positive rows, and sum of probabilities of each bin.
    let parts = workers.map_chunks(rows.y.len(), CHUNK.max(8 * n_bins), |chunk| {
        let mut bins = vec![[0.0; 3]; n_bins];
        for row in chunk {
            let (probability, happened) = if rows.n_outputs == 1 {
                (rows.prediction[row], rows.y[row] == 1)
            } else {
                let label = label_of(rows, row);
                let largest = rows.prediction[row * rows.n_outputs + label];
                (largest, rows.y[row] as usize == label)
            };
            let weight = rows.weight.map_or(1.0, |weight| weight[row]);
            // Casts saturate: numbers below 0 go to the first bin.
            let bin = ((probability * n_bins as f64) as usize).min(n_bins - 1);
            bins[bin][0] += weight;
            bins[bin][1] += weight * f64::from(happened);
            bins[bin][2] += weight * probability;
        }
        Ok(bins)
    })?;
    let mut total = vec![[0.0; 3]; n_bins];
    for part in parts {
        for (sums, terms) in total.iter_mut().zip(part) {
            for (sum, term) in sums.iter_mut().zip(terms) {
                *sum += term;
            }
        }
    }
    let weight: f64 = total.iter().map(|bin| bin[0]).sum();
    let distance: f64 = total.iter().map(|bin| (bin[1] - bin[2]).abs()).sum();
    Ok(distance / weight)
}

/// Return the share of rows whose class is among the `k` most probable ones. The last of
/// ties counts as more probable, as in scikit-learn.
pub(super) fn top_k(rows: &Classified<'_>, k: usize, workers: &Workers) -> Result<f64, Error> {
    let n_outputs = rows.n_outputs;
    mean(rows.y.len(), rows.weight, workers, |row| {
        let code = rows.y[row] as usize;
        if n_outputs == 1 {
            return f64::from(k > 1 || code == usize::from(rows.prediction[row] > 0.5));
        }
        let probabilities = &rows.prediction[row * n_outputs..(row + 1) * n_outputs];
        let probability = probabilities[code];
        let likelier = probabilities
            .iter()
            .enumerate()
            .filter(|&(class, &other)| {
                other > probability || (other == probability && class > code)
            })
            .count();
        f64::from(likelier < k)
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
        let loss = log_loss(&rows, &Workers::default()).unwrap();
        assert!((loss + f64::EPSILON.ln()).abs() < 1e-12, "{loss}");
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
