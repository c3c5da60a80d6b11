//! Scores of the relation of columns to a target.
//!
//! Scores of numbers read a table ([`Columns`](crate::columns::Columns)): moments, ranks,
//! neighbours and distances ignore rows with a missing value, separately for each column.
//! Scores of bins read a [`BinnedMatrix`](crate::binning::BinnedMatrix), in which missing
//! values are a bin. Undefined scores, such as the correlation with a constant, are NaN.

pub mod contingency;
mod digamma;
pub mod distance;
pub mod moments;
pub mod neighbors;
pub mod permutation;
pub mod ranks;
pub mod relief;
pub mod selection;

use crate::Error;

/// A target of classes.
#[derive(Debug, Clone, Copy)]
pub struct Classes<'a> {
    codes: &'a [u16],
    n_classes: usize,
}

impl<'a> Classes<'a> {
    /// Return a target of codes from 0 to `n_classes - 1`.
    ///
    /// # Errors
    /// [`Error::Value`] for other codes.
    pub fn new(codes: &'a [u16], n_classes: usize) -> Result<Self, Error> {
        match codes.iter().find(|&&code| code as usize >= n_classes) {
            Some(code) => Err(Error::value(format!(
                "Codes of classes must be below {n_classes}. Got {code} instead."
            ))),
            None => Ok(Self { codes, n_classes }),
        }
    }

    fn counts(&self) -> Vec<f64> {
        let mut counts = vec![0.0; self.n_classes];
        for &code in self.codes {
            counts[code as usize] += 1.0;
        }
        counts
    }
}

fn check_rows(name: &str, n_rows: usize, length: usize) -> Result<(), Error> {
    if n_rows == length {
        Ok(())
    } else {
        Err(Error::length(name, n_rows, length))
    }
}

fn check_weight(weight: Option<&[f64]>, n_rows: usize) -> Result<(), Error> {
    let Some(weight) = weight else {
        return Ok(());
    };
    check_rows("weight", n_rows, weight.len())?;
    match weight
        .iter()
        .find(|&&weight| !(weight >= 0.0 && weight.is_finite()))
    {
        Some(wrong) => Err(Error::value(format!(
            "Weights must be finite and not negative. Got {wrong} instead."
        ))),
        None => Ok(()),
    }
}

/// Return values in blocks of `N`, and the remaining ones.
fn blocks<T, const N: usize>(values: &[T]) -> (impl Iterator<Item = &[T; N]>, &[T]) {
    let blocks = values.chunks_exact(N);
    let rest = blocks.remainder();
    (blocks.filter_map(|block| block.first_chunk()), rest)
}
