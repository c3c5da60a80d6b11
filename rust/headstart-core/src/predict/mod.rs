//! Kernels that stored models need for prediction, and none for fitting.
//!
//! This module imports only the errors of the crate, starts no threads and reads no clock:
//! callers divide rows into blocks, distribute them over threads, and decide when to stop.

pub mod links;
pub mod network;
pub mod trees;
