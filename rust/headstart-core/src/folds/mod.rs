//! Fold assignments: the fold that holds out each row.
//!
//! An assignment is one `u8` per row and repeat: the fold that holds the row out, or
//! [`NEVER`]. Repeat `r` of a seed does not depend on the number of repeats. Codes of
//! classes and groups are at least 0 and below the number of rows.

mod codes;
mod grouped;
mod holdout;
mod rows;
mod time;

pub use codes::{Dense, dense_codes};
pub use grouped::stratified_group_folds;
pub use holdout::{group_holdout, holdout};
pub use rows::{plain_folds, stratified_folds};
pub use time::time_folds;

use crate::Error;

/// The id of a row that no fold holds out.
pub const NEVER: u8 = u8::MAX;

/// The largest number of folds.
pub const MAX_FOLDS: usize = 254;

fn check_folds(n_folds: usize, n_units: usize, unit: &str) -> Result<(), Error> {
    if !(2..=MAX_FOLDS).contains(&n_folds) {
        return Err(Error::value(format!(
            "n_folds must be in 2..={MAX_FOLDS}. Got {n_folds} instead."
        )));
    }
    if n_folds > n_units {
        return Err(Error::value(format!(
            "{n_folds} folds need at least {n_folds} {unit}. Got {n_units}. \
             hint: use fewer folds."
        )));
    }
    Ok(())
}

/// Return one more than the largest code, after a check that all are below the number of
/// rows.
fn check_codes(name: &str, codes: &[i64]) -> Result<usize, Error> {
    // As unsigned numbers, negative codes are the largest.
    let Some(largest) = codes.iter().map(|&code| code as u64).max() else {
        return Ok(0);
    };
    if largest < codes.len() as u64 {
        return Ok(largest as usize + 1);
    }
    // For a wrong code, `count_codes` reports the first one.
    count_codes(name, codes).map(|counts| counts.len())
}

/// Return the number of rows of each code.
pub(crate) fn count_codes(name: &str, codes: &[i64]) -> Result<Vec<usize>, Error> {
    let mut counts = Vec::new();
    for &code in codes {
        let index = usize::try_from(code)
            .ok()
            .filter(|&index| index < codes.len())
            .ok_or_else(|| {
                Error::value(format!(
                    "{name} must be dense codes, 0 or more and below the number of rows. \
                     Got {code}."
                ))
            })?;
        if index >= counts.len() {
            counts.resize(index + 1, 0);
        }
        counts[index] += 1;
    }
    Ok(counts)
}

/// Return the start of each code's rows in the order by code.
pub(crate) fn starts_of(counts: &[usize]) -> Vec<usize> {
    counts
        .iter()
        .scan(0, |next, &count| {
            let start = *next;
            *next += count;
            Some(start)
        })
        .collect()
}
