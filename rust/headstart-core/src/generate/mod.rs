//! Generated features: operators, candidates, and values.
//!
//! An [`Operator`] is a kind of feature. A [`Candidate`] is one feature of a table's
//! columns, small enough for a million of them in memory. [`evaluate_unary`] and
//! [`evaluate_binary`] compute the features that depend on one row's numbers and have no
//! fit.
//!
//! They share one rule for missing values: an input that is not finite is missing, a result
//! of a missing input is missing, and so is a result that is not finite.

mod candidate;
mod many;
mod numeric;
mod operator;

pub use candidate::{Candidate, NO_COLUMN};
pub use many::{Job, make_numeric};
pub use numeric::{Real, evaluate_binary, evaluate_unary};
pub use operator::{Inputs, Kind, Operator};
