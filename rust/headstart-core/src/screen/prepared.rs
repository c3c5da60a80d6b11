//! A table prepared for screening: rows sorted by part, residuals as whole numbers, a
//! sample for the cuts.

use std::ops::Range;

use super::formula::Formula;
use super::tally::{Residual, check_rows};
use super::{Rules, Table, is_scored};
use crate::generate::{Candidate, Kind};
use crate::rng::Rng;
use crate::{Error, Workers};

/// Largest accepted error of differences in single precision, as a share of their mean
/// deviation.
const LARGEST_ERROR: f64 = 1.0 / 1024.0;

/// The prepared table, with rows sorted by part.
#[derive(Debug)]
pub(super) struct Prepared {
    n_rows: usize,
    numeric: Vec<Vec<f32>>,
    /// The rounding remainder of each number; empty for columns without remainders.
    remainders: Vec<Vec<f32>>,
    codes: Vec<Vec<u32>>,
    n_levels: Vec<u32>,
    pub(super) parts: Vec<Range<usize>>,
    pub(super) residuals: Vec<Residual>,
    /// Sum of squares of all residual columns.
    pub(super) squares: f64,
    pub(super) sampled_rows: Vec<u32>,
    /// Numeric columns of the sample.
    samples: Vec<Vec<f32>>,
}

impl Prepared {
    pub(super) fn new(
        table: &Table<'_>,
        residuals: &[f64],
        rules: &Rules<'_>,
        workers: &Workers,
    ) -> Result<Self, Error> {
        let n_rows = table.n_rows;
        check(table, residuals, rules)?;
        let n_parts = rules
            .parts
            .iter()
            .max()
            .map_or(0, |&last| last as usize + 1);
        let mut rows: Vec<u32> = (0..n_rows as u32).collect();
        rows.sort_by_key(|&row| rules.parts[row as usize]);
        let parts: Vec<Range<usize>> = (0..n_parts)
            .map(|part| {
                let end = |part: usize| {
                    rows.partition_point(|&row| (rules.parts[row as usize] as usize) < part)
                };
                end(part)..end(part + 1)
            })
            .collect();
        let in_order =
            |column: &[f32]| -> Vec<f32> { rows.iter().map(|&row| column[row as usize]).collect() };
        let n_numeric = table.numeric.len() / n_rows;
        let numeric = workers.map(n_numeric, |i| {
            Ok(in_order(&table.numeric[i * n_rows..(i + 1) * n_rows]))
        })?;
        let remainders = workers.map(n_numeric, |i| {
            if table.remainders.is_empty() {
                return Ok(Vec::new());
            }
            let column = &table.remainders[i * n_rows..(i + 1) * n_rows];
            Ok(if column.iter().all(|&remainder| remainder == 0.0) {
                Vec::new()
            } else {
                in_order(column)
            })
        })?;
        let codes = workers.map(table.n_levels.len(), |i| {
            let column = &table.codes[i * n_rows..(i + 1) * n_rows];
            Ok(rows.iter().map(|&row| column[row as usize]).collect())
        })?;
        let residuals = workers.map(residuals.len() / n_rows, |i| {
            Ok(Residual::new(
                &residuals[i * n_rows..(i + 1) * n_rows],
                &rows,
            ))
        })?;
        let squares = residuals
            .iter()
            .map(|residual| residual.squares)
            .sum::<f64>();
        let mut sampled_rows: Vec<u32> = (0..n_rows as u32).collect();
        if rules.n_sampled < n_rows {
            Rng::new(rules.seed, 0).shuffle(&mut sampled_rows);
            sampled_rows.truncate(rules.n_sampled);
            sampled_rows.sort_unstable();
        }
        let samples = numeric
            .iter()
            .map(|column| {
                let rows = sampled_rows.iter();
                rows.map(|&row| column[row as usize]).collect()
            })
            .collect();
        Ok(Self {
            n_rows,
            numeric,
            remainders,
            codes,
            n_levels: table.n_levels.to_vec(),
            parts,
            residuals,
            // Without a residual, gains are 0 divided by a tiny number.
            squares: squares.max(f64::MIN_POSITIVE),
            sampled_rows,
            samples,
        })
    }

    pub(super) fn n_rows(&self) -> usize {
        self.n_rows
    }

    pub(super) fn n_numeric(&self) -> usize {
        self.numeric.len()
    }

    pub(super) fn numeric(&self, column: usize) -> &[f32] {
        &self.numeric[column]
    }

    pub(super) fn sample(&self, column: usize) -> &[f32] {
        &self.samples[column]
    }

    /// Return whether single precision is too imprecise for differences of two columns: in
    /// the sample, its error is not small relative to their deviation.
    pub(super) fn cancels(&self, left: usize, right: usize) -> bool {
        if self.remainders[left].is_empty() && self.remainders[right].is_empty() {
            return false;
        }
        let rows = || {
            self.sampled_rows.iter().filter_map(|&row| {
                let row = row as usize;
                let exact = self.difference(left, right, row);
                let rough = self.numeric[left][row] - self.numeric[right][row];
                (exact.is_finite() && rough.is_finite())
                    .then(|| (f64::from(exact), f64::from(rough)))
            })
        };
        let (mut n_rows, mut total, mut error) = (0.0, 0.0, 0.0);
        for (exact, rough) in rows() {
            n_rows += 1.0;
            total += exact;
            error += (exact - rough).abs();
        }
        if n_rows == 0.0 {
            return false;
        }
        let mean = total / n_rows;
        let deviation: f64 = rows().map(|(exact, _)| (exact - mean).abs()).sum();
        error > LARGEST_ERROR * deviation
    }

    /// Write the values of a formula of the difference of two columns.
    pub(super) fn write_differences(
        &self,
        formula: Formula,
        left: usize,
        right: usize,
        values: &mut Vec<f32>,
    ) {
        let (a, b) = (&self.numeric[left], &self.numeric[right]);
        values.clear();
        values.extend(
            (0..self.n_rows).map(|row| {
                formula.of_difference(self.difference(left, right, row), a[row], b[row])
            }),
        );
    }

    /// Return the difference of two numbers with their remainders.
    #[inline]
    fn difference(&self, left: usize, right: usize, row: usize) -> f32 {
        let remainder = |column: usize| self.remainders[column].get(row).copied().unwrap_or(0.0);
        (self.numeric[left][row] - self.numeric[right][row]) + (remainder(left) - remainder(right))
    }

    /// Return the categories by row, and their number, of a column by its index in
    /// descriptors.
    pub(super) fn codes(&self, column: u32) -> (&[u32], u64) {
        let place = column as usize - self.numeric.len();
        (&self.codes[place], u64::from(self.n_levels[place]))
    }

    /// Refuse a candidate that cannot be scored, or has columns out of range.
    pub(super) fn check(&self, candidate: &Candidate) -> Result<(), Error> {
        let operator = candidate.operator();
        let (n_numeric, n_coded) = (self.numeric.len(), self.codes.len());
        let is_there = |(place, &column): (usize, &u32)| {
            let column = column as usize;
            match operator.inputs().kind_at(place) {
                Kind::Numeric => column < n_numeric,
                _ => (n_numeric..n_numeric + n_coded).contains(&column),
            }
        };
        if !is_scored(operator) {
            Err(Error::value(format!("{} is not screened", operator.name())))
        } else if candidate.columns().iter().enumerate().all(is_there) {
            Ok(())
        } else {
            Err(Error::value(format!(
                "{} cannot take the columns {:?} of {n_numeric} numeric and then                  {n_coded} categorical ones",
                operator.name(),
                candidate.columns()
            )))
        }
    }
}

fn check(table: &Table<'_>, residuals: &[f64], rules: &Rules<'_>) -> Result<(), Error> {
    let n_rows = table.n_rows;
    if n_rows == 0 {
        return Err(Error::value("screening needs at least one row"));
    }
    check_rows(n_rows)?;
    if table.numeric.len() % n_rows != 0 {
        return Err(Error::Shape(format!(
            "{} must hold a multiple of {n_rows} values.",
            "numeric"
        )));
    }
    if !table.remainders.is_empty() && table.remainders.len() != table.numeric.len() {
        let expected = table.numeric.len();
        return Err(Error::length(
            "remainders",
            expected,
            table.remainders.len(),
        ));
    }
    if table.codes.len() != n_rows * table.n_levels.len() {
        let expected = n_rows * table.n_levels.len();
        return Err(Error::length("codes", expected, table.codes.len()));
    }
    if residuals.is_empty() || residuals.len() % n_rows != 0 {
        return Err(Error::Shape(format!(
            "{} must hold a multiple of {n_rows} values.",
            "residuals"
        )));
    }
    if rules.parts.len() != n_rows {
        return Err(Error::length("parts", n_rows, rules.parts.len()));
    }
    if residuals.iter().any(|residual| !residual.is_finite()) {
        return Err(Error::value("residuals must be finite"));
    }
    if !(4..=6).contains(&rules.depth) || rules.n_sampled == 0 {
        return Err(Error::value(
            "cuts are made for 16, 32 or 64 bins of a sample",
        ));
    }
    for (column, &n_levels) in table.n_levels.iter().enumerate() {
        let codes = &table.codes[column * n_rows..(column + 1) * n_rows];
        if let Some(row) = codes.iter().position(|&code| code >= n_levels) {
            return Err(Error::value(format!(
                "code {} of categorical column {column} (row {row}) must be below its \
                 number of categories, {n_levels}",
                codes[row]
            )));
        }
    }
    Ok(())
}
