//! Metrics of regression.

use super::Valued;
use super::sums::mean;
use crate::{Error, Workers};

pub(super) fn rmse(rows: &Valued<'_>, workers: &Workers) -> Result<f64, Error> {
    let squared = mean(rows.y.len(), rows.weight, workers, |row| {
        (rows.y[row] - rows.prediction[row]).powi(2)
    })?;
    Ok(squared.sqrt())
}

pub(super) fn mae(rows: &Valued<'_>, workers: &Workers) -> Result<f64, Error> {
    mean(rows.y.len(), rows.weight, workers, |row| {
        (rows.y[row] - rows.prediction[row]).abs()
    })
}

/// Return R². For constant `y` it is 1 for a perfect prediction, else 0. NaN for a single
/// row.
pub(super) fn r2(rows: &Valued<'_>, workers: &Workers) -> Result<f64, Error> {
    let n_rows = rows.y.len();
    if n_rows < 2 {
        return Ok(f64::NAN);
    }
    let centre = mean(n_rows, rows.weight, workers, |row| rows.y[row])?;
    let residual = mean(n_rows, rows.weight, workers, |row| {
        (rows.y[row] - rows.prediction[row]).powi(2)
    })?;
    let total = mean(n_rows, rows.weight, workers, |row| {
        (rows.y[row] - centre).powi(2)
    })?;
    // The mean of equal numbers may have a rounding error.
    let rounding = (4.0 * f64::EPSILON * centre).powi(2);
    Ok(if total > rounding {
        1.0 - residual / total
    } else if residual > rounding {
        0.0
    } else {
        1.0
    })
}

/// A prediction of at most -1 counts as slightly above -1: extrapolation is penalised, but
/// not an error.
pub(super) fn rmsle(rows: &Valued<'_>, workers: &Workers) -> Result<f64, Error> {
    const LOWEST: f64 = -1.0 + 1e-9;
    if let Some(value) = rows.y.iter().find(|&&value| value <= -1.0) {
        return Err(Error::value(format!(
            "rmsle needs true values above -1. Got {value}."
        )));
    }
    let squared = mean(rows.y.len(), rows.weight, workers, |row| {
        (rows.y[row].ln_1p() - rows.prediction[row].max(LOWEST).ln_1p()).powi(2)
    })?;
    Ok(squared.sqrt())
}

pub(super) fn mape(rows: &Valued<'_>, workers: &Workers) -> Result<f64, Error> {
    mean(rows.y.len(), rows.weight, workers, |row| {
        (rows.y[row] - rows.prediction[row]).abs() / rows.y[row].abs().max(f64::EPSILON)
    })
}

/// A value of 0 that is predicted as 0 counts as 0.
pub(super) fn smape(rows: &Valued<'_>, workers: &Workers) -> Result<f64, Error> {
    mean(rows.y.len(), rows.weight, workers, |row| {
        let (y, prediction) = (rows.y[row], rows.prediction[row]);
        let error = (y - prediction).abs();
        if error > 0.0 {
            error / (0.5 * y.abs() + 0.5 * prediction.abs())
        } else {
            0.0
        }
    })
}

pub(super) fn pinball(rows: &Valued<'_>, quantile: f64, workers: &Workers) -> Result<f64, Error> {
    mean(rows.y.len(), rows.weight, workers, |row| {
        let error = rows.y[row] - rows.prediction[row];
        if error >= 0.0 {
            quantile * error
        } else {
            (quantile - 1.0) * error
        }
    })
}

/// Return the mean deviance of a Tweedie distribution: normal for power 0, Poisson for 1,
/// gamma for 2, inverse Gaussian for 3.
pub(super) fn tweedie(rows: &Valued<'_>, power: f64, workers: &Workers) -> Result<f64, Error> {
    let lowest = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
    let (y, prediction) = (lowest(rows.y), lowest(rows.prediction));
    if power != 0.0 && prediction <= 0.0 {
        return Err(Error::value(format!(
            "A deviance of power {power} needs predictions above 0. Got {prediction}."
        )));
    }
    if (power >= 1.0 && y < 0.0) || (power >= 2.0 && y <= 0.0) {
        return Err(Error::value(format!(
            "A deviance of power {power} needs true values {}. Got {y}.",
            if power >= 2.0 {
                "above 0"
            } else {
                "of at least 0"
            }
        )));
    }
    let half = mean(rows.y.len(), rows.weight, workers, |row| {
        let (y, prediction) = (rows.y[row], rows.prediction[row]);
        if power == 0.0 {
            0.5 * (y - prediction).powi(2)
        } else if power == 1.0 {
            let term = if y > 0.0 {
                y * (y / prediction).ln()
            } else {
                0.0
            };
            term - y + prediction
        } else if power == 2.0 {
            (prediction / y).ln() + y / prediction - 1.0
        } else {
            y.max(0.0).powf(2.0 - power) / ((1.0 - power) * (2.0 - power))
                - y * prediction.powf(1.0 - power) / (1.0 - power)
                + prediction.powf(2.0 - power) / (2.0 - power)
        }
    })?;
    Ok(2.0 * half)
}

/// Return the median absolute error. With weights, it is the error below which half of the
/// weight lies, or the middle of two errors if that is exact.
pub(super) fn medae(rows: &Valued<'_>, workers: &Workers) -> Result<f64, Error> {
    let mut errors: Vec<(f64, f64)> = (0..rows.y.len())
        .map(|row| {
            let error = (rows.y[row] - rows.prediction[row]).abs();
            (error, rows.weight.map_or(1.0, |weight| weight[row]))
        })
        .filter(|&(_, weight)| weight > 0.0)
        .collect();
    workers.check()?;
    // Sorted by weight too, so that equal errors are summed in one order.
    workers.sort_unstable_by(&mut errors, |a, b| {
        a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    let total: f64 = errors.iter().map(|&(_, weight)| weight).sum();
    let half = 0.5 * total;
    let mut below = 0.0;
    for (at, &(error, weight)) in errors.iter().enumerate() {
        below += weight;
        if below > half + 1e-12 * total {
            return Ok(error);
        }
        if below >= half - 1e-12 * total {
            let next = errors.get(at + 1).map_or(error, |next| next.0);
            return Ok(f64::midpoint(error, next));
        }
    }
    Ok(f64::NAN)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn score(
        metric: fn(&Valued<'_>, &Workers) -> Result<f64, Error>,
        y: &[f64],
        prediction: &[f64],
        weight: Option<&[f64]>,
    ) -> f64 {
        let rows = Valued::new(y, prediction, weight).unwrap();
        metric(&rows, &Workers::default()).unwrap()
    }

    #[test]
    fn the_median_of_an_even_number_is_the_middle_of_two() {
        let zero = [0.0; 4];
        assert_eq!(score(medae, &[1.0, 5.0, 2.0, 9.0], &zero, None), 3.5);
        let weight = [1.0, 1.0, 1.0, 4.0];
        assert_eq!(
            score(medae, &[1.0, 5.0, 2.0, 9.0], &zero, Some(&weight)),
            9.0
        );
    }

    #[test]
    fn a_constant_target_is_explained_or_not() {
        assert_eq!(score(r2, &[2.0, 2.0], &[2.0, 2.0], None), 1.0);
        assert_eq!(score(r2, &[2.0, 2.0], &[2.0, 3.0], None), 0.0);
        assert_eq!(score(r2, &[0.1; 3], &[0.1, 0.1, 7.0], None), 0.0);
    }

    #[test]
    fn values_without_a_logarithm_are_refused_in_the_truth_only() {
        let rows = Valued::new(&[-1.0], &[0.0], None).unwrap();
        assert!(rmsle(&rows, &Workers::default()).is_err());
        assert!(score(rmsle, &[0.0], &[-7.0], None).is_finite());
    }
}
