//! The matrix of codes: its fit, and the codes of new rows.

use crate::columns::{Columns, each_column};
use crate::{Error, Workers};

use super::finder::Finder;
use super::{MAX_BINS, PIECE, cuts, levels};

/// The kind of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Ordered values.
    Numeric,
    /// Codes of levels, from 0; negative or NaN where missing.
    Categorical,
}

/// A sample of rows for quantiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// Number of sampled rows; all rows if the table has no more.
    pub n_rows: usize,
    /// Seed of the sample.
    pub seed: u64,
}

/// Options of the bins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Largest number of bins per column, from 2 to [`MAX_BINS`].
    pub n_bins: usize,
    /// Sample for the cuts of numeric columns with more distinct values than bins; all rows
    /// if `None`.
    pub sample: Option<Sample>,
}

/// The bins of one column.
#[derive(Debug, Clone, PartialEq)]
pub enum Bins {
    /// Ascending cuts. The bin of a number is the number of cuts below it.
    Cuts(Vec<f64>),
    /// The bin of each level, and the number of bins.
    Levels {
        /// The bin of each level.
        of_level: Vec<u8>,
        /// Largest number of bins; rarer levels share the last one.
        limit: usize,
    },
}

impl Bins {
    /// Return the number of bins, without that of missing values: codes are `0..n_bins`.
    pub fn n_bins(&self) -> usize {
        match self {
            Self::Cuts(cuts) => cuts.len() + 1,
            Self::Levels { of_level, limit } => of_level.len().min(*limit).max(1),
        }
    }

    /// Return whether the bins are ordered.
    pub fn is_ordered(&self) -> bool {
        matches!(self, Self::Cuts(_))
    }

    fn learn(
        kind: Kind,
        values: &[f64],
        rows: Option<&[u32]>,
        n_bins: usize,
        workers: &Workers,
    ) -> Result<Self, Error> {
        Ok(match kind {
            Kind::Categorical => Self::Levels {
                of_level: levels::bins_of_levels(values, n_bins)?,
                limit: n_bins,
            },
            Kind::Numeric => Self::Cuts(match rows {
                None => cuts::quantiles(values.iter().copied(), n_bins, workers)?,
                Some(rows) => {
                    if let Some(cuts) = cuts::of_few_values(values, n_bins, workers)? {
                        cuts
                    } else {
                        let sampled = rows.iter().map(|&row| values[row as usize]);
                        cuts::quantiles(sampled, n_bins, workers)?
                    }
                }
            }),
        })
    }

    fn find(&self, values: &[f64], workers: &Workers) -> Result<Vec<u8>, Error> {
        let mut codes = vec![0; values.len()];
        let finder = match self {
            Self::Cuts(cuts) => Some(Finder::new(cuts)),
            Self::Levels { .. } => None,
        };
        for (values, codes) in values.chunks(PIECE).zip(codes.chunks_mut(PIECE)) {
            workers.check()?;
            match (self, &finder) {
                (_, Some(finder)) => finder.find(values, codes),
                (Self::Levels { of_level, limit }, _) => {
                    levels::find(values, of_level, *limit, codes);
                }
                (Self::Cuts(_), None) => {}
            }
        }
        Ok(codes)
    }
}

/// One byte per value, column by column.
#[derive(Debug, Clone, PartialEq)]
pub struct BinnedMatrix {
    n_rows: usize,
    codes: Vec<Vec<u8>>,
    bins: Vec<Bins>,
}

impl BinnedMatrix {
    /// Fit the bins of a table's columns, with one kind per column.
    ///
    /// # Errors
    /// [`Error::Shape`] and [`Error::Value`] if the arguments are invalid or codes of
    /// levels are not whole numbers; [`Error::Cancelled`].
    pub fn fit(
        table: &dyn Columns,
        kinds: &[Kind],
        options: Options,
        workers: &Workers,
    ) -> Result<Self, Error> {
        let n_rows = table.n_rows();
        if kinds.len() != table.n_columns() {
            return Err(Error::length("kinds", table.n_columns(), kinds.len()));
        }
        if !(2..=MAX_BINS).contains(&options.n_bins) {
            return Err(Error::value(format!(
                "n_bins must be from 2 to {MAX_BINS}. Got {} instead.",
                options.n_bins
            )));
        }
        if n_rows > u32::MAX as usize {
            return Err(Error::value("A table must have fewer than 2^32 rows."));
        }
        let rows = options
            .sample
            .filter(|sample| sample.n_rows < n_rows)
            .map(|sample| cuts::sample_rows(n_rows, sample.n_rows, sample.seed));
        let (codes, bins) = each_column(table, workers, |column, values| {
            let bins = Bins::learn(
                kinds[column],
                values,
                rows.as_deref(),
                options.n_bins,
                workers,
            )
            .map_err(|error| at_column(column, error))?;
            Ok((bins.find(values, workers)?, bins))
        })?
        .into_iter()
        .unzip();
        Ok(Self {
            n_rows,
            codes,
            bins,
        })
    }

    /// Return the codes of another table with the same columns, with the bins of this one.
    ///
    /// # Errors
    /// [`Error::Shape`] if the number of columns differs; [`Error::Cancelled`].
    pub fn transform(&self, table: &dyn Columns, workers: &Workers) -> Result<Self, Error> {
        if table.n_columns() != self.n_columns() {
            return Err(Error::length("a row", self.n_columns(), table.n_columns()));
        }
        let codes = each_column(table, workers, |column, values| {
            self.bins[column].find(values, workers)
        })?;
        Ok(Self {
            n_rows: table.n_rows(),
            codes,
            bins: self.bins.clone(),
        })
    }

    /// Return the rows with the given indices, in that order.
    ///
    /// # Errors
    /// [`Error::Value`] for an index out of range; [`Error::Cancelled`].
    pub fn take(&self, rows: &[u32], workers: &Workers) -> Result<Self, Error> {
        if let Some(row) = rows.iter().find(|&&row| row as usize >= self.n_rows) {
            return Err(Error::value(format!(
                "Rows must be below {}. Got {row} instead.",
                self.n_rows
            )));
        }
        let codes = workers.map(self.n_columns(), |column| {
            let codes = &self.codes[column];
            Ok(rows.iter().map(|&row| codes[row as usize]).collect())
        })?;
        Ok(Self {
            n_rows: rows.len(),
            codes,
            bins: self.bins.clone(),
        })
    }

    /// Rows.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Columns.
    pub fn n_columns(&self) -> usize {
        self.codes.len()
    }

    /// Return the codes of a column.
    pub fn column(&self, column: usize) -> &[u8] {
        &self.codes[column]
    }

    /// Return the bins of a column.
    pub fn bins(&self, column: usize) -> &Bins {
        &self.bins[column]
    }
}

/// Return the error with the index of its column.
fn at_column(column: usize, error: Error) -> Error {
    match error {
        Error::Value(message) => Error::Value(format!("Column {column}: {message}")),
        other => other,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::MISSING;
    use super::*;
    use crate::columns::Separate;

    const PLAIN: Options = Options {
        n_bins: 4,
        sample: None,
    };

    #[test]
    fn each_column_has_bins_of_its_own() {
        let numbers = [0.5, f64::NAN, 2.5, -1.0, f64::INFINITY];
        let levels = [1.0, 0.0, -1.0, 1.0, 2.0];
        let constant = [7.0; 5];
        let table = Separate::new(vec![&numbers[..], &levels, &constant]).unwrap();
        let kinds = [Kind::Numeric, Kind::Categorical, Kind::Numeric];
        let workers = Workers::default();
        let matrix = BinnedMatrix::fit(&table, &kinds, PLAIN, &workers).unwrap();
        assert_eq!(matrix.column(0), [1, MISSING, 2, 0, 3]);
        assert_eq!(matrix.column(1), [1, 0, MISSING, 1, 2]);
        assert_eq!(matrix.column(2), [0; 5]);
        assert_eq!(matrix.bins(0), &Bins::Cuts(vec![-1.0, 0.5, 2.5]));
        assert_eq!(matrix.bins(2).n_bins(), 1);
        assert_eq!(matrix.transform(&table, &workers).unwrap(), matrix);
        let taken = matrix.take(&[4, 0], &workers).unwrap();
        assert_eq!(taken.column(0), [3, 1]);
    }

    #[test]
    fn a_rare_value_has_its_bin_although_the_sample_misses_it() {
        let mut values = vec![0.0; 10_000];
        values[7_123] = 1.0;
        let table = Separate::new(vec![&values[..]]).unwrap();
        let options = Options {
            n_bins: 4,
            sample: Some(Sample {
                n_rows: 100,
                seed: 0,
            }),
        };
        let matrix =
            BinnedMatrix::fit(&table, &[Kind::Numeric], options, &Workers::default()).unwrap();
        assert_eq!(matrix.bins(0), &Bins::Cuts(vec![0.0]));
        assert_eq!(matrix.column(0)[7_123], 1);
    }

    #[test]
    fn cuts_of_a_sample_are_near_those_of_all_rows() {
        let values: Vec<f64> = (0..50_000_u32)
            .map(|row| f64::from(row * 7919 % 50_000))
            .collect();
        let table = Separate::new(vec![&values[..]]).unwrap();
        let options = Options {
            n_bins: 4,
            sample: Some(Sample {
                n_rows: 2_000,
                seed: 1,
            }),
        };
        let workers = Workers::default();
        let matrix = BinnedMatrix::fit(&table, &[Kind::Numeric], options, &workers).unwrap();
        let Bins::Cuts(cuts) = matrix.bins(0) else {
            unreachable!()
        };
        for (cut, expected) in cuts.iter().zip([12_500.0, 25_000.0, 37_500.0]) {
            assert!((cut - expected).abs() < 1_500.0, "{cuts:?}");
        }
    }
}
