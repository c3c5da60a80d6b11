//! Uncertainty of scores: bootstrap, and `DeLong`'s variance of an area.

mod bootstrap;
mod delong;
mod resample;

pub use bootstrap::{bootstrap_classes, bootstrap_values};
pub use delong::{Areas, delong};
pub use resample::Scheme;
