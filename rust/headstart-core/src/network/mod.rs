//! Training of dense networks for tables.
//!
//! The recipe is that of `RealMLP` [1]; members that share weights are those of `TabM` [2].
//! The network and its computation are those of [`crate::predict::network`].
//!
//! Training is a sequence on one thread, so that one seed gives one result.
//!
//! [1] D. Holzmüller, L. Grinsztajn, I. Steinwart, "Better by default: strong pre-tuned
//! MLPs and boosted trees on tabular data", `NeurIPS` 2024.
//!
//! [2] Y. Gorishniy, A. Kotelnikov, A. Babenko, "`TabM`: advancing tabular deep learning with
//! parameter-efficient ensembling", ICLR 2025.

mod adam;
mod inputs;
mod layer;
mod loss;
mod rates;
mod start;
#[cfg(test)]
mod tests;
mod trainer;
mod units;

pub use loss::Targets;
pub use rates::Settings;
pub use trainer::{Rows, Trainer};
