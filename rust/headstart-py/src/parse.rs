//! Values of text, for `headstart.tables.kinds`.
#![expect(
    clippy::needless_pass_by_value,
    reason = "arguments are borrowed by value, as Python gives them"
)]

use headstart_core::Error;
use headstart_core::parse::{self, Format, Order};
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use crate::arrow::WordTable;
use crate::convert::slice;
use crate::run::run;

/// Approximate number of elementary steps per word.
const WORD: usize = 40;

/// Return the class of a format's values, `None` if it does not follow the grammar.
#[pyfunction]
pub(crate) fn class_of_format(text: &str) -> Option<&'static str> {
    Format::new(text).map(|format| format.class().name())
}

/// Return the formats of distinct words, their class, and whether day and month are
/// ambiguous.
#[pyfunction]
#[pyo3(signature = (table, counts, order=None))]
pub(crate) fn find_formats(
    py: Python<'_>,
    table: WordTable,
    counts: PyReadonlyArray1<'_, u32>,
    order: Option<&str>,
) -> PyResult<Option<(Vec<String>, &'static str, bool)>> {
    let counts = slice("counts", &counts)?;
    let formats = run(py, 1, WORD * counts.len(), |_| {
        let words = table.column(0)?;
        if words.len() != counts.len() {
            return Err(Error::length("counts", words.len(), counts.len()));
        }
        let order = match order {
            Some(name) => Some(
                Order::of_name(name)
                    .ok_or_else(|| Error::value(format!("{name:?} is not an order.")))?,
            ),
            None => None,
        };
        Ok(parse::find_formats(&words, counts, order))
    })?;
    Ok(formats.map(|f| (f.formats, f.class.name(), f.is_ambiguous)))
}

type Counted<'py> = (
    Bound<'py, PyArray1<u32>>,
    Bound<'py, PyArray1<u32>>,
    Bound<'py, PyArray1<u32>>,
);

/// Return the distinct words of a column: first rows, counts and flags.
#[pyfunction]
pub(crate) fn count_words(py: Python<'_>, table: WordTable) -> PyResult<Counted<'_>> {
    let counted = run(py, 1, WORD * table.shape().1, |workers| {
        parse::count_words(&table.column(0)?, workers)
    })?;
    Ok((
        counted.rows.into_pyarray(py),
        counted.counts.into_pyarray(py),
        counted.flags.into_pyarray(py),
    ))
}

/// Return the flags of each word of a column.
#[pyfunction]
pub(crate) fn flag_words(py: Python<'_>, table: WordTable) -> PyResult<Bound<'_, PyArray1<u32>>> {
    let flags = run(py, 1, WORD * table.shape().1, |_| {
        Ok(parse::flag_words(&table.column(0)?))
    })?;
    Ok(flags.into_pyarray(py))
}

type Moments<'py> = (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i32>>);

/// Return the values of words, read by the first format that matches, and offsets in
/// minutes.
#[pyfunction]
pub(crate) fn read_moments(
    py: Python<'_>,
    table: WordTable,
    formats: Vec<String>,
) -> PyResult<Moments<'_>> {
    let n_steps = WORD * table.shape().1;
    let (values, offsets) = run(py, 1, n_steps, |_| {
        let formats: Vec<&str> = formats.iter().map(String::as_str).collect();
        parse::read_moments(&table.column(0)?, &formats)
    })?;
    Ok((values.into_pyarray(py), offsets.into_pyarray(py)))
}

type Amounts<'py> = (
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<u16>>,
    Bound<'py, PyArray1<u32>>,
    Vec<String>,
);

/// Return amounts: both numbers, flags, indices of the units, and the distinct units.
#[pyfunction]
pub(crate) fn split_amounts(
    py: Python<'_>,
    table: WordTable,
    decimal: char,
    multiply: bool,
) -> PyResult<Amounts<'_>> {
    let out = run(py, 1, WORD * table.shape().1, |_| {
        parse::split_amounts(&table.column(0)?, decimal, multiply)
    })?;
    Ok((
        out.first.into_pyarray(py),
        out.second.into_pyarray(py),
        out.flags.into_pyarray(py),
        out.units.into_pyarray(py),
        out.names,
    ))
}

/// Return the offset of the first byte that is not UTF-8, `None` if all are.
#[pyfunction]
pub(crate) fn first_invalid(data: PyBackedBytes) -> Option<usize> {
    parse::first_invalid(&data)
}

type Scan = (
    usize,
    Vec<usize>,
    Option<(usize, usize)>,
    usize,
    Vec<u32>,
    bool,
);

/// Return the scan of delimited text without its header: number of records, indices of
/// empty lines, the first wrong record, the number of records with additional empty fields,
/// flags of the columns, unusual quotes.
#[pyfunction]
pub(crate) fn scan_delimited(
    py: Python<'_>,
    data: PyBackedBytes,
    start: usize,
    separator: char,
    n_columns: usize,
) -> PyResult<Scan> {
    let scan = run(py, 1, data.len(), |_| {
        Ok(parse::scan_delimited(
            &data,
            start,
            one_byte(separator)?,
            n_columns,
        ))
    })?;
    Ok((
        scan.n_records,
        scan.blank,
        scan.wrong,
        scan.n_trailing,
        scan.columns,
        scan.has_odd_quote,
    ))
}

/// Return the end of the last complete record of delimited text, 0 if there is none.
#[pyfunction]
pub(crate) fn last_record_end(
    py: Python<'_>,
    data: PyBackedBytes,
    separator: char,
) -> PyResult<usize> {
    run(py, 1, data.len(), |_| {
        Ok(parse::last_record_end(&data, one_byte(separator)?))
    })
}

fn one_byte(separator: char) -> Result<u8, Error> {
    u8::try_from(separator)
        .ok()
        .filter(u8::is_ascii)
        .ok_or_else(|| Error::value("The separator must be a character of one byte."))
}
