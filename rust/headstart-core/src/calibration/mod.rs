//! Calibration of predicted probabilities.

mod isotonic;
mod logistic;
mod temperature;

pub use isotonic::{Corners, fit_isotonic};
pub use logistic::fit_logistic;
pub use temperature::fit_temperature;

use crate::Error;

fn check_rows(
    name: &str,
    values: &[f64],
    n_rows: usize,
    weight: Option<&[f64]>,
) -> Result<(), Error> {
    if n_rows == 0 {
        return Err(Error::value("A calibration needs at least one row."));
    }
    if values.len() != n_rows {
        return Err(Error::length(name, n_rows, values.len()));
    }
    check_finite(name, values)?;
    let Some(weight) = weight else { return Ok(()) };
    if weight.len() != n_rows {
        return Err(Error::length("weight", n_rows, weight.len()));
    }
    check_finite("weight", weight)?;
    if weight.iter().any(|&weight| weight < 0.0) || weight.iter().all(|&weight| weight == 0.0) {
        return Err(Error::value(
            "Weights must not be negative, and not all of them 0.",
        ));
    }
    Ok(())
}

fn check_finite(name: &str, values: &[f64]) -> Result<(), Error> {
    if values
        .iter()
        .fold(true, |all, value| all & value.is_finite())
    {
        Ok(())
    } else {
        Err(Error::value(format!("{name} must hold finite numbers.")))
    }
}
