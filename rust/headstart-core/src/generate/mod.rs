//! Features made from columns: what can be made, and the numbers themselves.
//!
//! An [`Operator`] is a kind of feature, a [`Candidate`] one feature of the columns of
//! a table, small enough that a million of them fit in memory. [`evaluate_unary`] and
//! [`evaluate_binary`] make the values of those that look at one row of numbers at a
//! time and learn nothing.
//!
//! One rule for missing values holds there: an input that is not finite is missing,
//! what is made of a missing input is missing, and so is a result that is not finite.

mod candidate;
mod many;
mod numeric;
mod operator;

pub use candidate::{Candidate, NO_COLUMN};
pub use many::{Job, make_numeric};
pub use numeric::{Real, evaluate_binary, evaluate_unary};
pub use operator::{Inputs, Kind, Operator};
