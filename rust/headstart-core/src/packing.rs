//! Predictions in four bytes each, with precision where it matters.
//!
//! Single precision keeps seven digits of a number. For probabilities near 1, these do not
//! suffice for the log loss; for values far from zero, not for their differences.

use crate::Error;

/// The encoding of the numbers of one fold's prediction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Packing {
    /// Numbers are stored unchanged.
    Plain,
    /// Probabilities above one half are stored as the negative distance from 1.
    FromEnds,
    /// Numbers are stored as distances from this number.
    About(f64),
}

impl Packing {
    /// Return the packing for finite values.
    ///
    /// The error of a value is at most 6e-8 of its distance to 0 (for probabilities, to the
    /// nearer of 0 and 1), and at most 1.2e-7 of the range. If the latter is smaller,
    /// values are stored relative to the middle of the range.
    fn of(values: &[f64]) -> Self {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let are_probabilities = low >= 0.0 && high <= 1.0;
        let to_end = if are_probabilities {
            low.min(1.0 - high)
        } else {
            low.max(-high)
        };
        if high - low <= to_end {
            Self::About(f64::midpoint(low, high))
        } else if are_probabilities {
            Self::FromEnds
        } else {
            Self::Plain
        }
    }

    fn pack(self, value: f64) -> f32 {
        match self {
            Self::FromEnds if value > 0.5 => -((1.0 - value) as f32),
            // Adding zero turns -0.0, which would mean 1, into 0.0.
            Self::Plain | Self::FromEnds => (value + 0.0) as f32,
            Self::About(middle) => (value - middle) as f32,
        }
    }

    /// Return the stored number.
    #[inline]
    pub(crate) fn unpack(self, stored: f32) -> f64 {
        let value = f64::from(stored);
        match self {
            Self::Plain => value,
            Self::FromEnds => value + f64::from(u8::from(stored.is_sign_negative())),
            Self::About(middle) => middle + value,
        }
    }
}

/// Return the packed values and their packing.
///
/// # Errors
/// [`Error::Value`] with the name `what` if a value is not finite in single precision.
pub(crate) fn pack(values: &[f64], what: &str) -> Result<(Packing, Vec<f32>), Error> {
    if !values.iter().all(|value| (*value as f32).is_finite()) {
        return Err(Error::value(format!(
            "{what} must be finite in single precision."
        )));
    }
    let packing = Packing::of(values);
    let packed = values.iter().map(|&value| packing.pack(value)).collect();
    Ok((packing, packed))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kept(values: &[f64]) -> (Packing, Vec<f64>) {
        let (packing, packed) = pack(values, "Values").unwrap();
        (
            packing,
            packed.into_iter().map(|v| packing.unpack(v)).collect(),
        )
    }

    proptest! {
        #[test]
        fn a_value_is_as_near_as_the_packing_says(
            offset in prop_oneof![Just(0.0), Just(1.7e9), -10.0..10.0],
            scale in prop_oneof![Just(1e-9), Just(0.05), Just(1e3)],
            units in prop::collection::vec(-1.0..1.0, 1..30),
        ) {
            let values: Vec<f64> = units.iter().map(|unit| offset + scale * unit).collect();
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            for (value, kept) in values.iter().zip(kept(&values).1) {
                // What is left is rounding in double precision.
                let rounding = 2.0 * f64::EPSILON * value.abs();
                let error = (kept - value).abs();
                prop_assert!(error <= 6e-8 * value.abs() + rounding + 1e-45);
                prop_assert!(error <= 1.2e-7 * (high - low) + rounding + 1e-45);
            }
        }

        #[test]
        fn a_probability_is_near_in_relation_to_both_ends(
            exponents in prop::collection::vec((-16.0_f64..0.0, any::<bool>()), 2..30),
        ) {
            let tails: Vec<f64> = exponents.iter().map(|tail| 10_f64.powf(tail.0)).collect();
            let values: Vec<f64> = tails
                .iter()
                .zip(&exponents)
                .map(|(tail, &(_, is_high))| if is_high { 1.0 - tail } else { *tail })
                .collect();
            for (value, kept) in values.iter().zip(kept(&values).1) {
                let error = (kept - value).abs();
                prop_assert!(error <= 6e-8 * value.min(1.0 - value) + f64::EPSILON / 2.0);
            }
        }
    }

    #[test]
    fn ends_and_constants_are_exact() {
        assert_eq!(
            kept(&[0.0, -0.0, 1.0, 0.5]),
            (Packing::FromEnds, vec![0.0, 0.0, 1.0, 0.5])
        );
        assert_eq!(kept(&[0.3; 2]), (Packing::About(0.3), vec![0.3; 2]));
        assert_eq!(kept(&[1.5, -2.0]), (Packing::Plain, vec![1.5, -2.0]));
        assert!(kept(&[]).1.is_empty());
    }
}
