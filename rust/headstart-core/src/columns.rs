//! Columns of a table, read as 64-bit floats from any storage.

use crate::{Error, Workers};

/// A table that is read column by column as 64-bit floats, NaN where missing.
///
/// Integers beyond 2^53 are rounded.
pub trait Columns: Sync {
    /// Number of rows.
    fn n_rows(&self) -> usize;

    /// Columns.
    fn n_columns(&self) -> usize;

    /// Return the best number of neighbouring columns to read together.
    fn group(&self) -> usize {
        1
    }

    /// Return the values of columns `first..first + count`, borrowed from the table, or
    /// written to `buffer` if they need conversion.
    fn read<'a>(&'a self, first: usize, count: usize, buffer: &'a mut Vec<f64>) -> Vec<&'a [f64]>;
}

/// Call `task` for each column of a table, reading groups of columns.
pub(crate) fn each_column<T: Send>(
    table: &dyn Columns,
    workers: &Workers,
    task: impl Fn(usize, &[f64]) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let groups = workers.map_chunks(table.n_columns(), table.group(), |columns| {
        let mut buffer = Vec::new();
        let values = table.read(columns.start, columns.len(), &mut buffer);
        columns
            .zip(values)
            .map(|(column, values)| {
                workers.check()?;
                task(column, values)
            })
            .collect::<Result<Vec<T>, Error>>()
    })?;
    Ok(groups.into_iter().flatten().collect())
}

/// Return the result of a slow `task` for each column; NaN for columns after the deadline.
/// The others count as steps.
pub(crate) fn in_time(
    table: &dyn Columns,
    workers: &Workers,
    task: impl Fn(usize, &[f64]) -> Result<f64, Error> + Sync,
) -> Result<Vec<f64>, Error> {
    each_column(table, workers, |column, values| {
        unless_late(workers, || task(column, values))
    })
}

/// Return the result of `task`, counted as a step, or NaN after the deadline. A task may
/// return NaN once it is late.
pub(crate) fn unless_late(
    workers: &Workers,
    task: impl FnOnce() -> Result<f64, Error>,
) -> Result<f64, Error> {
    if workers.is_late() {
        return Ok(f64::NAN);
    }
    let value = task()?;
    if !(value.is_nan() && workers.is_late()) {
        workers.advance(1);
    }
    Ok(value)
}

/// A number of a table.
pub trait Number: Copy + Send + Sync {
    /// Return the number as a 64-bit float.
    fn widen(self) -> f64;

    /// Return the same values if they are 64-bit floats already.
    fn as_floats(_values: &[Self]) -> Option<&[f64]> {
        None
    }
}

impl Number for f64 {
    #[inline]
    fn widen(self) -> f64 {
        self
    }

    fn as_floats(values: &[Self]) -> Option<&[f64]> {
        Some(values)
    }
}

impl Number for bool {
    #[inline]
    fn widen(self) -> f64 {
        f64::from(u8::from(self))
    }
}

macro_rules! numbers {
    ($widen:expr, $($kind:ty),*) => {
        $(impl Number for $kind {
            #[inline]
            fn widen(self) -> f64 {
                let widen: fn($kind) -> f64 = $widen;
                widen(self)
            }
        })*
    };
}
numbers!(f64::from, f32, i8, i16, i32, u8, u16, u32);
numbers!(|value| value as f64, i64, u64);

/// Contiguous columns.
#[derive(Debug)]
pub struct Separate<'a, T> {
    columns: Vec<&'a [T]>,
    n_rows: usize,
}

impl<'a, T: Number> Separate<'a, T> {
    /// Return columns of equal length.
    ///
    /// # Errors
    /// [`Error::Shape`] if lengths differ.
    pub fn new(columns: Vec<&'a [T]>) -> Result<Self, Error> {
        let n_rows = columns.first().map_or(0, |column| column.len());
        match columns.iter().position(|column| column.len() != n_rows) {
            Some(place) => Err(Error::length(
                &format!("column {place}"),
                n_rows,
                columns[place].len(),
            )),
            None => Ok(Self { columns, n_rows }),
        }
    }

    /// Return the columns of a matrix in Fortran order.
    pub fn of_matrix(values: &'a [T], n_rows: usize, n_columns: usize) -> Self {
        let columns = (0..n_columns)
            .map(|column| &values[column * n_rows..(column + 1) * n_rows])
            .collect();
        Self { columns, n_rows }
    }
}

impl<T: Number> Columns for Separate<'_, T> {
    fn n_rows(&self) -> usize {
        self.n_rows
    }

    fn n_columns(&self) -> usize {
        self.columns.len()
    }

    fn read<'a>(&'a self, first: usize, count: usize, buffer: &'a mut Vec<f64>) -> Vec<&'a [f64]> {
        let wanted = &self.columns[first..first + count];
        if let Some(plain) = wanted
            .iter()
            .map(|column| T::as_floats(column))
            .collect::<Option<Vec<_>>>()
        {
            return plain;
        }
        buffer.clear();
        for column in wanted {
            buffer.extend(column.iter().map(|value| value.widen()));
        }
        pieces(buffer, self.n_rows, count)
    }
}

/// A matrix in C order. Some columns are transposed together, so that every cache line is
/// read once.
#[derive(Debug)]
pub struct RowMajor<'a, T> {
    values: &'a [T],
    n_rows: usize,
    n_columns: usize,
}

impl<'a, T: Number> RowMajor<'a, T> {
    /// Return a matrix of `n_rows` by `n_columns`.
    ///
    /// # Errors
    /// [`Error::Shape`] if `values` does not fill it.
    pub fn new(values: &'a [T], n_rows: usize, n_columns: usize) -> Result<Self, Error> {
        if values.len() != n_rows * n_columns {
            return Err(Error::length("values", n_rows * n_columns, values.len()));
        }
        Ok(Self {
            values,
            n_rows,
            n_columns,
        })
    }
}

impl<T: Number> Columns for RowMajor<'_, T> {
    fn n_rows(&self) -> usize {
        self.n_rows
    }

    fn n_columns(&self) -> usize {
        self.n_columns
    }

    fn group(&self) -> usize {
        8
    }

    fn read<'a>(&'a self, first: usize, count: usize, buffer: &'a mut Vec<f64>) -> Vec<&'a [f64]> {
        // Rows of a tile, whose `count` columns fit into the L1 cache.
        const TILE: usize = 256;
        buffer.clear();
        buffer.resize(self.n_rows * count, 0.0);
        let row_length = self.n_columns.max(1);
        for (tile, rows) in self.values.chunks(TILE * row_length).enumerate() {
            let start = tile * TILE;
            for column in 0..count {
                let target = &mut buffer[column * self.n_rows + start..];
                for (target, row) in target.iter_mut().zip(rows.chunks(row_length)) {
                    *target = row[first + column].widen();
                }
            }
        }
        pieces(buffer, self.n_rows, count)
    }
}

/// Return `buffer` as `count` columns of `n_rows`.
fn pieces(buffer: &[f64], n_rows: usize, count: usize) -> Vec<&[f64]> {
    (0..count)
        .map(|column| &buffer[column * n_rows..(column + 1) * n_rows])
        .collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn all_forms_of_a_matrix_read_the_same() {
        let rows: Vec<f32> = (0..300 * 3).map(|value| value as f32).collect();
        let turned: Vec<f64> = (0..3)
            .flat_map(|column| (0..300).map(move |row| f64::from(row * 3 + column)))
            .collect();
        let by_rows = RowMajor::new(&rows, 300, 3).unwrap();
        let by_columns = Separate::of_matrix(&turned, 300, 3);
        let (mut a, mut b) = (Vec::new(), Vec::new());
        assert_eq!(by_rows.read(1, 2, &mut a), by_columns.read(1, 2, &mut b));
        assert!(b.is_empty());
    }

    #[test]
    fn columns_of_different_lengths_are_refused() {
        let result = Separate::new(vec![&[1.0, 2.0][..], &[1.0][..]]);
        assert!(result.unwrap_err().to_string().contains("column 1"));
    }
}
