//! Meta-features: numbers that describe a table and its target.
//!
//! A number with a name of `OpenML`'s follows the definition of `OpenML`'s evaluation
//! engine, including its peculiarities, so that both are comparable. Our own names begin
//! with `hs_`. Every call returns the same names in the same order; undefined numbers are
//! NaN.
//!
//! Columns are described separately and in parallel. The landmarkers (`landmarkers`) use at
//! most 1,000 rows. Memory is a few bytes per row, plus 1,000 rows of 256 columns.

mod classes;
mod information;
mod landmarkers;
mod nominal;
mod numeric;
mod simple;
mod summary;
mod target;

use classes::Classes;

use crate::{Error, Workers};

/// A nominal column.
#[derive(Debug, Clone, Copy)]
pub struct Nominal<'a> {
    /// Indices of the levels, from 0; -1 for missing values.
    pub codes: &'a [i32],
    /// Number of declared levels, including unused ones.
    pub n_levels: usize,
    /// Whether the first level is the first declared one. `OpenML` counts missing values as
    /// that level. If it is unknown, and values are missing, its entropies cannot be
    /// computed.
    pub is_ordered: bool,
}

/// Columns that are only counted: dates, text, identifiers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Others<'a> {
    /// Number of columns.
    pub n_columns: usize,
    /// Number of missing values in all of them.
    pub n_missing: usize,
    /// Whether each row has a missing value in one of them; empty if there is none.
    pub rows: &'a [bool],
}

/// The target.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// Class codes, any numbers.
    Classes(&'a [i64]),
    /// Values for regression.
    Values(&'a [f64]),
}

/// Columns and target.
#[derive(Debug)]
pub struct Table<'a> {
    numeric: Vec<&'a [f64]>,
    nominal: Vec<Nominal<'a>>,
    others: Others<'a>,
    target: Target<'a>,
    n_rows: usize,
}

impl<'a> Table<'a> {
    /// Return a table of numeric columns (numbers that are not finite are missing), nominal
    /// columns, statistics of the others, and the target.
    ///
    /// # Errors
    /// [`Error::Shape`] if lengths differ; [`Error::Value`] for a code outside of its
    /// column's levels, or a target value that is not finite.
    pub fn new(
        numeric: Vec<&'a [f64]>,
        nominal: Vec<Nominal<'a>>,
        others: Others<'a>,
        target: Target<'a>,
    ) -> Result<Self, Error> {
        let n_rows = match target {
            Target::Classes(codes) => codes.len(),
            Target::Values(values) => values.len(),
        };
        for (index, column) in numeric.iter().enumerate() {
            check_length(&format!("numeric column {index}"), n_rows, column.len())?;
        }
        for (index, column) in nominal.iter().enumerate() {
            let name = format!("nominal column {index}");
            check_length(&name, n_rows, column.codes.len())?;
            let n_levels = i32::try_from(column.n_levels)
                .map_err(|_| Error::value(format!("{name} has too many levels.")))?;
            if let Some(code) = column.codes.iter().find(|&&c| c < -1 || c >= n_levels) {
                return Err(Error::value(format!(
                    "{name} must hold codes from -1 to {}. Got {code}.",
                    n_levels - 1
                )));
            }
        }
        if !others.rows.is_empty() {
            check_length("rows of the other columns", n_rows, others.rows.len())?;
        }
        let is_finite = match target {
            Target::Classes(_) => true,
            Target::Values(values) => values.iter().all(|value| value.is_finite()),
        };
        if !is_finite {
            return Err(Error::value(
                "The target must hold finite numbers. Got NaN or infinity.",
            ));
        }
        Ok(Self {
            numeric,
            nominal,
            others,
            target,
            n_rows,
        })
    }
}

fn check_length(name: &str, expected: usize, actual: usize) -> Result<(), Error> {
    if actual == expected {
        Ok(())
    } else {
        Err(Error::length(name, expected, actual))
    }
}

/// Named numbers in the order of computation.
#[derive(Debug, Default)]
struct Qualities(Vec<(String, f64)>);

impl Qualities {
    fn put(&mut self, name: &str, value: f64) {
        // A canonical NaN, so that bytes do not depend on its origin.
        let value = if value.is_finite() { value } else { f64::NAN };
        self.0.push((name.to_owned(), value));
    }
}

/// Return the meta-features of a table with their names, which are always the same.
///
/// `seed` determines the sample of the landmarkers.
///
/// # Errors
/// [`Error::Cancelled`].
pub fn describe(
    table: &Table<'_>,
    seed: u64,
    workers: &Workers,
) -> Result<Vec<(String, f64)>, Error> {
    let classes = match table.target {
        Target::Classes(codes) => Some(Classes::new(codes)),
        Target::Values(_) => None,
    };
    let classes = classes.as_ref();
    let numeric = workers.map(table.numeric.len(), |index| {
        Ok(numeric::Column::of(table.numeric[index]))
    })?;
    let nominal = workers.map(table.nominal.len(), |index| {
        Ok(nominal::Column::of(&table.nominal[index], classes))
    })?;
    let mut qualities = Qualities::default();
    simple::put(&mut qualities, table, &numeric, &nominal, classes, workers)?;
    numeric::put(&mut qualities, table, &numeric);
    nominal::put(&mut qualities, &nominal, classes);
    information::put(&mut qualities, &nominal, classes);
    target::put(&mut qualities, table);
    landmarkers::put(&mut qualities, table, classes, seed, workers)?;
    Ok(qualities.0)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests;
