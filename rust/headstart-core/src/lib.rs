//! The part of headstart whose work grows with the data. It knows nothing of Python.
//!
//! Kernels are plain functions on slices. They get a [`Workers`] that says how many
//! threads they may use and whether they should stop, and they give the same bytes for
//! any number of threads: work is cut by the size of the data, never by the threads.

pub mod binning;
pub mod calibration;
pub mod columns;
pub mod encode;
pub mod ensemble;
mod error;
pub mod folds;
pub mod generate;
mod logarithms;
pub mod memory;
pub mod meta_features;
pub mod metrics;
pub mod model_file;
pub mod oof;
mod order;
mod packing;
mod parallel;
pub mod parse;
pub mod predict;
pub mod rng;
pub mod scoring;
pub mod screen;
mod simd;
mod sorting;
pub mod uncertainty;

pub use error::Error;
pub use parallel::{CancelFlag, Progress, Workers};
