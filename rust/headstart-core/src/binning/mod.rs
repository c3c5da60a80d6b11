//! Columns as small integers, made once and shared by what counts them.
//!
//! A [`BinnedMatrix`] holds a byte for each value, column by column: the number of its
//! bin, or [`MISSING`]. Numbers are cut at quantiles; levels of a categorical column are
//! bins of their own, as far as a byte reaches.

mod cuts;
mod finder;
mod levels;
mod matrix;

pub use matrix::{BinnedMatrix, Bins, Kind, Options, Sample};

/// Rows between two looks at the cancel flag.
const PIECE: usize = 1 << 18;

/// The code of a missing value, in every column.
pub const MISSING: u8 = 255;

/// Most bins of a column, the missing ones not counted: codes are `0..n_bins`.
pub const MAX_BINS: usize = 255;
