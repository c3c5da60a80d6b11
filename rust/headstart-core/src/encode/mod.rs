//! Encodings of categories: codes, statistics of groups, means of the target.
//!
//! A category is a column of dense codes, `0..n_groups`, as from [`factorize`]. Target
//! encodings ([`encode_target`], [`encode_ordered`]) return values for training rows that
//! are independent of the row's own target, bit for bit, and a table for new rows.

mod factorize;
mod groups;
mod ordered;
mod target;
mod text;
mod words;

pub use factorize::{factorize, factorize_words, find_codes};
pub use groups::{Statistic, group_distinct, group_knots, group_positions, group_statistic};
pub use ordered::encode_ordered;
pub use target::{Encoded, Rules, Target, encode_target};
pub use text::hash_text;
pub use words::Words;

use crate::Error;
use crate::order::check_count;

/// A column of codes.
#[derive(Debug, Clone, Copy)]
pub struct Category<'a> {
    codes: &'a [u32],
    n_groups: usize,
}

impl<'a> Category<'a> {
    /// Return a column of codes below `n_groups`.
    ///
    /// # Errors
    /// If a code is not below `n_groups`, or there are 2^32 codes or more.
    pub fn new(codes: &'a [u32], n_groups: usize) -> Result<Self, Error> {
        check_count(codes.len(), u32::MAX)?;
        let largest = codes.iter().copied().max();
        if let Some(largest) = largest
            && largest as usize >= n_groups
        {
            return Err(Error::value(format!(
                "codes must be below {n_groups}. Got {largest}."
            )));
        }
        Ok(Self { codes, n_groups })
    }

    /// Return the code of each row.
    pub fn codes(&self) -> &'a [u32] {
        self.codes
    }

    /// Return the number of possible codes.
    pub fn n_groups(&self) -> usize {
        self.n_groups
    }

    /// Return rows by group: the start of each group, and the rows, ascending within each
    /// group.
    fn rows_by_group(&self) -> (Vec<u32>, Vec<u32>) {
        let mut starts = vec![0_u32; self.n_groups + 1];
        for &code in self.codes {
            starts[code as usize + 1] += 1;
        }
        for group in 0..self.n_groups {
            starts[group + 1] += starts[group];
        }
        let mut next = starts.clone();
        let mut rows = vec![0_u32; self.codes.len()];
        for (row, &code) in self.codes.iter().enumerate() {
            let place = &mut next[code as usize];
            rows[*place as usize] = row as u32;
            *place += 1;
        }
        (starts, rows)
    }
}

fn check_rows(name: &str, expected: usize, actual: usize) -> Result<(), Error> {
    if actual == expected {
        Ok(())
    } else {
        Err(Error::length(name, expected, actual))
    }
}
