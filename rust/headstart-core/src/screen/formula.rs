//! Formulas of two numeric columns, evaluated and binned in blocks of rows.

use super::cuts::Cuts;
use crate::Error;
use crate::generate::Operator;

/// A formula of two numbers. Missing values are NaN, never infinite; a result that is not
/// finite is missing, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Formula {
    /// The left number.
    Itself,
    Add,
    Subtract,
    Multiply,
    Divide,
    Minimum,
    Maximum,
    AbsoluteDifference,
    NormalisedDifference,
    LessThan,
}

impl Formula {
    /// Return the formula of an operator on two numbers.
    pub(super) fn of(operator: Operator) -> Result<Self, Error> {
        Ok(match operator {
            Operator::Add => Self::Add,
            Operator::Subtract => Self::Subtract,
            Operator::Multiply => Self::Multiply,
            Operator::Divide => Self::Divide,
            Operator::Minimum => Self::Minimum,
            Operator::Maximum => Self::Maximum,
            Operator::AbsoluteDifference => Self::AbsoluteDifference,
            Operator::NormalisedDifference => Self::NormalisedDifference,
            Operator::LessThan => Self::LessThan,
            _ => {
                let name = operator.name();
                return Err(Error::value(format!(
                    "{name} is not a formula of two numbers"
                )));
            }
        })
    }

    /// Return whether it is a function of the difference of its numbers, which cancels if
    /// they are nearly equal.
    pub(super) fn is_of_difference(self) -> bool {
        matches!(
            self,
            Self::Subtract | Self::AbsoluteDifference | Self::NormalisedDifference | Self::LessThan
        )
    }

    /// Return the value from a precise difference, for a formula with
    /// [`Self::is_of_difference`].
    #[inline]
    pub(super) fn of_difference(self, difference: f32, a: f32, b: f32) -> f32 {
        match self {
            Self::AbsoluteDifference => difference.abs(),
            Self::NormalisedDifference => {
                let size = a.abs() + b.abs();
                if size == 0.0 { 0.0 } else { difference / size }
            }
            Self::LessThan if !difference.is_nan() => f32::from(u8::from(difference < 0.0)),
            _ => difference,
        }
    }

    /// Return the value of one row, in single precision.
    #[inline]
    pub(super) fn value(self, a: f32, b: f32) -> f32 {
        match self {
            Self::Itself => a,
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            // `f32::min` would ignore a missing operand.
            Self::Minimum | Self::Maximum | Self::LessThan if a.is_nan() || b.is_nan() => f32::NAN,
            Self::Minimum => {
                if a < b {
                    a
                } else {
                    b
                }
            }
            Self::Maximum => {
                if a > b {
                    a
                } else {
                    b
                }
            }
            Self::AbsoluteDifference => (a - b).abs(),
            Self::NormalisedDifference => {
                let size = a.abs() + b.abs();
                if size == 0.0 { 0.0 } else { (a - b) / size }
            }
            Self::LessThan => f32::from(u8::from(a < b)),
        }
    }
}

/// Evaluate a formula and write the bin of each row's value, with the last bin for missing
/// values. This scalar path has bitwise the same results as [`super::simd`].
pub(super) fn bin_values(formula: Formula, a: &[f32], b: &[f32], cuts: &Cuts, bins: &mut [u32]) {
    for ((&a, &b), bin) in a.iter().zip(b).zip(bins) {
        *bin = cuts.bin(formula.value(a, b));
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::generate::{Inputs, Kind, evaluate_binary};

    #[test]
    fn a_formula_gives_what_its_operator_makes() {
        let numbers = [0.0_f32, -0.0, 1.5, -3.0, 1.0e30, 1.0e-30, f32::NAN];
        for &operator in Operator::ALL {
            if operator.inputs() != Inputs::Two(Kind::Numeric) {
                continue;
            }
            let formula = Formula::of(operator).unwrap();
            for a in numbers {
                for b in numbers {
                    let mut made = [0.0];
                    evaluate_binary(operator, &[a], &[b], &mut made).unwrap();
                    let value = formula.value(a, b);
                    assert!(
                        value == made[0] || !value.is_finite() && made[0].is_nan(),
                        "{operator:?} of {a} and {b}"
                    );
                }
            }
        }
    }
}
