//! The computations of headstart whose cost grows with the data, without Python.
//!
//! Kernels are functions on slices. A [`Workers`] argument has their threads and the
//! cancellation flag. They return the same bytes for any number of threads, because work is
//! divided by the size of the data, never by the number of threads.

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
pub mod network;
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
