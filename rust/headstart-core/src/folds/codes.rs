//! Dense codes for whole numbers that represent groups or classes.

use crate::{Error, Workers};

/// The result of [`dense_codes`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dense {
    /// The numbers are dense codes already.
    Same,
    /// Indices into the sorted distinct numbers.
    Codes(Vec<i64>),
    /// The range of the numbers is too large for a lookup table.
    Apart,
}

/// Largest number of cells of a lookup table per row.
const CELLS: usize = 4;

/// Rows between two checks for cancellation.
const BLOCK: usize = 1 << 20;

/// Return codes `0..n` for the `n` distinct numbers, with a lookup table instead of a sort.
///
/// # Errors
/// [`Error::Cancelled`].
pub fn dense_codes(values: &[i64], workers: &Workers) -> Result<Dense, Error> {
    let Some(&first) = values.first() else {
        return Ok(Dense::Same);
    };
    let (mut low, mut high) = (first, first);
    for values in values.chunks(BLOCK) {
        workers.check()?;
        for &value in values {
            low = low.min(value);
            high = high.max(value);
        }
    }
    let span = high.abs_diff(low);
    if span >= (CELLS * values.len()) as u64 {
        return Ok(Dense::Apart);
    }
    let place = |value: i64| value.wrapping_sub(low) as usize;
    let mut table = vec![0_u32; span as usize + 1];
    for values in values.chunks(BLOCK) {
        workers.check()?;
        for &value in values {
            table[place(value)] = 1;
        }
    }
    if low == 0 && table.iter().all(|&occurs| occurs == 1) {
        return Ok(Dense::Same);
    }
    let mut next = 0;
    for cell in &mut table {
        next += std::mem::replace(cell, next);
    }
    let mut codes = Vec::with_capacity(values.len());
    for values in values.chunks(BLOCK) {
        workers.check()?;
        codes.extend(values.iter().map(|&value| i64::from(table[place(value)])));
    }
    Ok(Dense::Codes(codes))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn dense(values: &[i64]) -> Dense {
        dense_codes(values, &Workers::default()).unwrap()
    }

    #[test]
    fn numbers_become_places_among_those_that_occur() {
        assert_eq!(dense(&[7, -2, 7, 3]), Dense::Codes(vec![2, 0, 2, 1]));
        assert_eq!(dense(&[5, 6, 5]), Dense::Codes(vec![0, 1, 0]));
    }

    #[test]
    fn what_needs_no_table_or_would_need_a_huge_one_is_left() {
        assert_eq!(dense(&[]), Dense::Same);
        assert_eq!(dense(&[1, 0, 2, 0]), Dense::Same);
        assert_eq!(dense(&[0, 8]), Dense::Apart);
        assert_eq!(dense(&[i64::MIN, i64::MAX, 0]), Dense::Apart);
    }
}
