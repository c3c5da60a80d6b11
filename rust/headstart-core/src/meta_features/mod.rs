//! Meta-features: numbers that describe a table and its target.
//!
//! A number under a name of `OpenML`'s is defined as `OpenML`'s evaluation engine defines
//! that quality, quirks included, so that both can be compared. Names of our own begin
//! with `hs_`. Every call gives the same names in the same order; what a table leaves
//! undefined is NaN.
//!
//! Columns are described each on its own, in parallel; the landmarkers (`landmarkers`)
//! look at 1,000 rows at most. Memory is a few bytes a row, beside 1,000 rows of 256
//! columns.

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
    /// Places of the levels, from 0; -1 where the value is missing.
    pub codes: &'a [i32],
    /// Levels that are declared, whether they occur or not.
    pub n_levels: usize,
    /// Whether the first level is the one that was declared first. `OpenML` counts
    /// missing values as that level; where it is not known, and values are missing,
    /// its entropies cannot be computed.
    pub is_ordered: bool,
}

/// Columns that are counted but not looked into: dates, text, identifiers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Others<'a> {
    /// How many there are.
    pub n_columns: usize,
    /// Missing values in all of them.
    pub n_missing: usize,
    /// Rows with a missing value in one of them; empty for none.
    pub rows: &'a [bool],
}

/// What is to be predicted.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// Class codes, any numbers.
    Classes(&'a [i64]),
    /// Values of a regression.
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
    /// Take numeric columns (missing where a number is not finite), nominal ones, what
    /// is known of the others, and the target.
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

fn check_length(name: &str, expected: usize, found: usize) -> Result<(), Error> {
    if found == expected {
        Ok(())
    } else {
        Err(Error::length(name, expected, found))
    }
}

/// Named numbers, in the order in which they were found.
#[derive(Debug, Default)]
struct Qualities(Vec<(String, f64)>);

impl Qualities {
    fn put(&mut self, name: &str, value: f64) {
        // One NaN for all: bytes are to be the same wherever it came from.
        let value = if value.is_finite() { value } else { f64::NAN };
        self.0.push((name.to_owned(), value));
    }
}

/// Describe a table: names and numbers, always the same names.
///
/// `seed` chooses the rows of the landmarkers, where there are more than they look at.
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
    let mut found = Qualities::default();
    simple::put(&mut found, table, &numeric, &nominal, classes, workers)?;
    numeric::put(&mut found, table, &numeric);
    nominal::put(&mut found, &nominal, classes);
    information::put(&mut found, &nominal, classes);
    target::put(&mut found, table);
    landmarkers::put(&mut found, table, classes, seed, workers)?;
    Ok(found.0)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests;
