//! Columns as small integers, computed once and shared by all that counts them.
//!
//! A [`BinnedMatrix`] has one byte per value, column by column: the index of its bin, or
//! [`MISSING`]. Numbers are cut at quantiles. Levels of a categorical column are bins, up
//! to the limit of a byte.

mod cuts;
mod finder;
mod levels;
mod matrix;

pub use matrix::{BinnedMatrix, Bins, Kind, Options, Sample};

/// Rows between two checks of the cancel flag.
const PIECE: usize = 1 << 18;

/// The code of a missing value, in every column.
pub const MISSING: u8 = 255;

/// Largest number of bins per column, without missing values: codes are `0..n_bins`.
pub const MAX_BINS: usize = 255;
