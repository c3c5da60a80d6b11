//! Features of one or two numbers.

use super::{Inputs, Kind, Operator};
use crate::Error;

/// A trait for `f32` and `f64`.
pub trait Real:
    Copy
    + PartialOrd
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::Div<Output = Self>
    + Send
    + Sync
{
    /// No number.
    const NAN: Self;
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// 10.
    const TEN: Self;
    /// From here on, not every whole number is representable.
    const WHOLE_LIMIT: Self;
    /// Return whether the number is neither infinite nor NaN.
    fn is_finite(self) -> bool;
    /// Return the absolute value.
    #[must_use]
    fn abs(self) -> Self;
    /// Return the number with the sign of another.
    #[must_use]
    fn copysign(self, sign: Self) -> Self;
    /// Square root.
    #[must_use]
    fn sqrt(self) -> Self;
    /// ln(1 + a).
    #[must_use]
    fn ln_1p(self) -> Self;
    /// Return the nearest whole number, halves away from zero.
    #[must_use]
    fn round(self) -> Self;
    /// Return the whole number towards zero.
    #[must_use]
    fn trunc(self) -> Self;
}

macro_rules! real {
    ($float:ty, $whole_limit:expr) => {
        impl Real for $float {
            const NAN: Self = Self::NAN;
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const TEN: Self = 10.0;
            const WHOLE_LIMIT: Self = $whole_limit;
            #[inline]
            fn is_finite(self) -> bool {
                <$float>::is_finite(self)
            }
            #[inline]
            fn abs(self) -> Self {
                <$float>::abs(self)
            }
            #[inline]
            fn copysign(self, sign: Self) -> Self {
                <$float>::copysign(self, sign)
            }
            #[inline]
            fn sqrt(self) -> Self {
                <$float>::sqrt(self)
            }
            #[inline]
            fn ln_1p(self) -> Self {
                <$float>::ln_1p(self)
            }
            #[inline]
            fn round(self) -> Self {
                <$float>::round(self)
            }
            #[inline]
            fn trunc(self) -> Self {
                <$float>::trunc(self)
            }
        }
    };
}

real!(f32, 16_777_216.0);
real!(f64, 9_007_199_254_740_992.0);

/// Compute an operator on one number.
///
/// `constants` are the multiple of [`Operator::RoundTo`], or the bounds of
/// [`Operator::Winsorised`]; other operators have none.
///
/// # Errors
/// If the operator is not one on one number, or needs another fitted state, or lengths
/// differ.
pub fn evaluate_unary<T: Real>(
    operator: Operator,
    constants: &[T],
    a: &[T],
    out: &mut [T],
) -> Result<(), Error> {
    check_length("out", a.len(), out.len())?;
    let finite = |value: T| if value.is_finite() { value } else { T::NAN };
    match (operator, constants) {
        (Operator::SignedLog, []) => each(a, out, |x| finite(x.abs().ln_1p().copysign(x))),
        (Operator::SignedSqrt, []) => each(a, out, |x| finite(x.abs().sqrt().copysign(x))),
        (Operator::Square, []) => each(a, out, |x| finite(x * x)),
        (Operator::Reciprocal, []) => each(a, out, |x| {
            let reciprocal = T::ONE / x;
            if x.is_finite() {
                finite(reciprocal)
            } else {
                T::NAN
            }
        }),
        (Operator::Absolute, []) => each(a, out, |x| finite(x.abs())),
        (Operator::LastDigit, []) => each(a, out, last_digit),
        (Operator::IsMissing, []) => each(a, out, |x| if x.is_finite() { T::ZERO } else { T::ONE }),
        (Operator::RoundTo, &[multiple]) => {
            each(a, out, |x| finite((x / multiple).round() * multiple));
        }
        (Operator::Winsorised, &[least, most]) => each(a, out, |x| {
            if !x.is_finite() {
                T::NAN
            } else if x < least {
                least
            } else if x > most {
                most
            } else {
                x
            }
        }),
        _ => {
            return Err(Error::value(format!(
                "{} with {} constants is not a function of one number.",
                operator.name(),
                constants.len()
            )));
        }
    }
    Ok(())
}

/// Compute an operator on two numbers.
///
/// # Errors
/// If the operator is not one on two numbers, or lengths differ.
pub fn evaluate_binary<T: Real>(
    operator: Operator,
    a: &[T],
    b: &[T],
    out: &mut [T],
) -> Result<(), Error> {
    if operator.inputs() != Inputs::Two(Kind::Numeric) {
        return Err(Error::value(format!(
            "{} is not a function of two numbers.",
            operator.name()
        )));
    }
    check_length("b", a.len(), b.len())?;
    check_length("out", a.len(), out.len())?;
    match operator {
        Operator::Add => pairs(a, b, out, |x, y| x + y),
        Operator::Subtract => pairs(a, b, out, |x, y| x - y),
        Operator::Multiply => pairs(a, b, out, |x, y| x * y),
        Operator::Divide => pairs(a, b, out, |x, y| x / y),
        Operator::Minimum => pairs(a, b, out, |x, y| if x < y { x } else { y }),
        Operator::Maximum => pairs(a, b, out, |x, y| if x > y { x } else { y }),
        Operator::AbsoluteDifference => pairs(a, b, out, |x, y| (x - y).abs()),
        Operator::NormalisedDifference => pairs(a, b, out, |x, y| {
            let size = x.abs() + y.abs();
            if size == T::ZERO {
                T::ZERO
            } else {
                (x - y) / size
            }
        }),
        _ => pairs(a, b, out, |x, y| if x < y { T::ONE } else { T::ZERO }),
    }
    Ok(())
}

#[inline]
fn each<T: Real>(a: &[T], out: &mut [T], make: impl Fn(T) -> T) {
    for (out, &x) in out.iter_mut().zip(a) {
        *out = make(x);
    }
}

#[inline]
fn pairs<T: Real>(a: &[T], b: &[T], out: &mut [T], make: impl Fn(T, T) -> T) {
    for ((out, &x), &y) in out.iter_mut().zip(a).zip(b) {
        let value = make(x, y);
        // Bitwise and, because a branch would prevent vectorisation.
        *out = if x.is_finite() & y.is_finite() & value.is_finite() {
            value
        } else {
            T::NAN
        };
    }
}

#[inline]
fn last_digit<T: Real>(x: T) -> T {
    let whole = x.abs().trunc();
    // False for NaN too.
    if whole < T::WHOLE_LIMIT {
        whole - (whole / T::TEN).trunc() * T::TEN
    } else {
        T::NAN
    }
}

fn check_length(name: &str, expected: usize, actual: usize) -> Result<(), Error> {
    if actual == expected {
        Ok(())
    } else {
        Err(Error::length(name, expected, actual))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn unary(operator: Operator, constants: &[f64], a: f64) -> f64 {
        let mut out = [0.0];
        evaluate_unary(operator, constants, &[a], &mut out).unwrap();
        out[0]
    }

    fn binary(operator: Operator, a: f64, b: f64) -> f64 {
        let mut out = [0.0];
        evaluate_binary(operator, &[a], &[b], &mut out).unwrap();
        out[0]
    }

    #[test]
    fn functions_of_one_number_are_as_named() {
        let e = std::f64::consts::E;
        assert!((unary(Operator::SignedLog, &[], 1.0 - e) + 1.0).abs() < 1e-15);
        assert_eq!(unary(Operator::SignedSqrt, &[], -9.0), -3.0);
        assert_eq!(unary(Operator::Square, &[], -3.0), 9.0);
        assert_eq!(unary(Operator::Reciprocal, &[], 4.0), 0.25);
        assert_eq!(unary(Operator::Absolute, &[], -4.0), 4.0);
        assert_eq!(unary(Operator::LastDigit, &[], -127.9), 7.0);
        assert_eq!(unary(Operator::RoundTo, &[10.0], 25.0), 30.0);
        assert_eq!(unary(Operator::Winsorised, &[0.0, 1.0], 7.0), 1.0);
        assert_eq!(unary(Operator::IsMissing, &[], f64::INFINITY), 1.0);
    }

    #[test]
    fn functions_of_two_numbers_are_as_named() {
        let values: Vec<f64> = Operator::ALL
            .iter()
            .filter(|operator| operator.inputs() == Inputs::Two(Kind::Numeric))
            .map(|&operator| binary(operator, 1.0, -3.0))
            .collect();
        assert_eq!(
            values,
            [-2.0, 4.0, -3.0, -1.0 / 3.0, -3.0, 1.0, 4.0, 1.0, 0.0]
        );
        assert_eq!(binary(Operator::NormalisedDifference, 0.0, 0.0), 0.0);
    }

    #[test]
    fn what_is_not_finite_is_missing() {
        let missing = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        for &operator in Operator::ALL {
            match operator.inputs() {
                Inputs::Two(Kind::Numeric) => {
                    for value in missing {
                        assert!(binary(operator, value, 1.0).is_nan(), "{operator:?}");
                        assert!(binary(operator, 1.0, value).is_nan(), "{operator:?}");
                    }
                }
                Inputs::One(Kind::Numeric)
                    if !matches!(operator, Operator::Rank | Operator::QuantileBin) =>
                {
                    let constants: &[f64] = match operator {
                        Operator::RoundTo => &[10.0],
                        Operator::Winsorised => &[0.0, 1.0],
                        _ => &[],
                    };
                    for value in missing {
                        assert!(unary(operator, constants, value).is_nan(), "{operator:?}");
                    }
                }
                _ => {}
            }
        }
        assert!(binary(Operator::Divide, 1.0, 0.0).is_nan());
        assert!(unary(Operator::Reciprocal, &[], 0.0).is_nan());
        assert!(unary(Operator::Square, &[], 1e200).is_nan());
        assert!(unary(Operator::LastDigit, &[], 1e17).is_nan());
    }

    #[test]
    fn single_and_double_precision_do_the_same() {
        let mut out = [0.0_f32; 2];
        evaluate_binary(Operator::Divide, &[1.0, 1.0], &[4.0, 0.0], &mut out).unwrap();
        assert_eq!(out[0], 0.25);
        assert!(out[1].is_nan());
    }

    #[test]
    fn wrong_operators_and_lengths_are_refused() {
        let mut out = [0.0];
        assert!(evaluate_binary(Operator::Square, &[1.0], &[1.0], &mut out).is_err());
        assert!(evaluate_binary(Operator::Add, &[1.0], &[], &mut out).is_err());
        assert!(evaluate_unary(Operator::Rank, &[], &[1.0], &mut out).is_err());
        assert!(evaluate_unary(Operator::RoundTo, &[], &[1.0], &mut out).is_err());
    }
}
