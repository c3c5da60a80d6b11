//! The precisions of comparisons and of sums.

use std::fmt::Debug;
use std::ops::{AddAssign, BitAnd, BitAndAssign, BitOrAssign, Not};

/// A number in the precision of comparisons.
pub(super) trait Number: Copy + Debug + PartialOrd + Into<f64> {
    /// Bits with the width of the number, so that a vector register holds equally many of
    /// both.
    type Bits: Bits;
    /// Largest number of parts of a small tree, each with as many leaves as bits. With
    /// more, a traversal is faster.
    const MOST_PARTS: u32;
    const INFINITY: Self;
    /// Smallest value that truncates to a code.
    const LEAST_CODE: Self;
    fn rounded(value: f64) -> Self;
    fn rounded_down(value: f64) -> Self;
    fn is_nan(self) -> bool;
    fn from_index(index: u32) -> Self;
    fn to_index(self) -> u32;
}

/// A small set of numbers.
pub(super) trait Bits:
    Copy + Debug + PartialEq + Not<Output = Self> + BitAnd<Output = Self> + BitAndAssign + BitOrAssign
{
    const N: u32;
    const NONE: Self;
    const ALL: Self;
    /// Return the set of all numbers or of none, without a branch.
    fn all_if(condition: bool) -> Self;
    /// Return the set of one number.
    fn one(number: u32) -> Self;
    /// Return the set of `count` numbers from `first` on.
    fn range(first: u32, count: u32) -> Self;
    /// Return the smallest number of a non-empty set.
    fn least(self) -> u32;
}

/// A number in the precision of sums.
pub(super) trait Sum: Copy + AddAssign + Into<f64> {
    fn rounded(value: f64) -> Self;
}

impl Number for f32 {
    type Bits = u32;
    const MOST_PARTS: u32 = 2;
    const INFINITY: Self = Self::INFINITY;
    const LEAST_CODE: Self = 0.0;

    fn rounded(value: f64) -> Self {
        value as Self
    }

    fn rounded_down(value: f64) -> Self {
        let rounded = value as Self;
        if f64::from(rounded) <= value || value.is_nan() {
            rounded
        } else if rounded > 0.0 {
            Self::from_bits(rounded.to_bits() - 1)
        } else if rounded < 0.0 {
            Self::from_bits(rounded.to_bits() + 1)
        } else {
            -Self::from_bits(1)
        }
    }

    fn is_nan(self) -> bool {
        self.is_nan()
    }

    fn from_index(index: u32) -> Self {
        Self::from_bits(index)
    }

    fn to_index(self) -> u32 {
        self.to_bits()
    }
}

impl Number for f64 {
    type Bits = u64;
    const MOST_PARTS: u32 = 1;
    const INFINITY: Self = Self::INFINITY;
    // -0.5 is truncated to 0.
    const LEAST_CODE: Self = -1.0 + Self::EPSILON / 2.0;

    fn rounded(value: f64) -> Self {
        value
    }

    fn rounded_down(value: f64) -> Self {
        value
    }

    fn is_nan(self) -> bool {
        self.is_nan()
    }

    fn from_index(index: u32) -> Self {
        Self::from_bits(u64::from(index))
    }

    fn to_index(self) -> u32 {
        self.to_bits() as u32
    }
}

macro_rules! bits {
    ($kind:ty) => {
        impl Bits for $kind {
            const N: u32 = Self::BITS;
            const NONE: Self = 0;
            const ALL: Self = Self::MAX;

            fn all_if(condition: bool) -> Self {
                Self::from(condition).wrapping_neg()
            }

            fn one(number: u32) -> Self {
                1 << number
            }

            fn range(first: u32, count: u32) -> Self {
                let ones = if count == Self::BITS {
                    Self::MAX
                } else {
                    (1 << count) - 1
                };
                ones << first
            }

            fn least(self) -> u32 {
                self.trailing_zeros()
            }
        }
    };
}

bits!(u32);
bits!(u64);

impl Sum for f32 {
    fn rounded(value: f64) -> Self {
        value as Self
    }
}

impl Sum for f64 {
    fn rounded(value: f64) -> Self {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_rounded_down_to_single_precision() {
        let down = |value| <f32 as Number>::rounded_down(value);
        assert_eq!(down(1.0), 1.0);
        assert_eq!(down(1.0 - 1e-12), 1.0 - f32::EPSILON / 2.0);
        assert_eq!(down(1e300), f32::MAX);
        assert_eq!(down(f64::INFINITY), f32::INFINITY);
        assert_eq!(down(-1e300), f32::NEG_INFINITY);
        assert_eq!(down(-1e-300), -f32::from_bits(1));
        assert_eq!(down(1e-300), 0.0);
        assert_eq!(down(-1.0 - 1e-12), -1.0 - f32::EPSILON);
    }

    #[test]
    fn ranges_of_bits_reach_from_the_first_to_the_last() {
        assert_eq!(u32::range(0, 32), u32::ALL);
        assert_eq!(u64::range(3, 2), 0b11000);
        assert_eq!(u32::range(31, 1).least(), 31);
    }
}
