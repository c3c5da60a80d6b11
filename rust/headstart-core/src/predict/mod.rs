//! Kernels that only predict: what a stored model needs, and nothing that fits one.
//!
//! Nothing here imports another module of the crate but its errors, starts a thread or
//! reads a clock: callers cut rows into blocks, spread them over their threads and say
//! when to stop.

pub mod links;
pub mod trees;
