//! Hidden units in training: activation with dropout, and the gradient through both.

use crate::predict::network::Activation;
use crate::predict::network::lanes::{LANES, Lanes, kernel};

/// Bits of a random number that decide whether a value is kept.
const BITS: u32 = 24;

/// Dropout of one layer in one step: which values it keeps is a function of their place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dropout {
    key: u32,
    /// Random numbers below it drop the value.
    threshold: i32,
    /// Factor of the values that are kept.
    gain: f32,
}

impl Dropout {
    /// Return the dropout of a share of the values, with random bits.
    pub(super) fn new(share: f64, random: u64) -> Self {
        Self {
            key: random as u32,
            threshold: (share * f64::from(1_u32 << BITS)) as i32,
            gain: (1.0 / (1.0 - share)) as f32,
        }
    }

    /// Return the factor of the value in a place.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "compiled for each kind of register")]
    fn factor(self, place: u32) -> f32 {
        // The hash "lowbias32" of C. Wellons.
        let mut bits = place ^ self.key;
        bits = (bits ^ (bits >> 16)).wrapping_mul(0x7FEB_352D);
        bits = (bits ^ (bits >> 15)).wrapping_mul(0x846C_A68B);
        bits ^= bits >> 16;
        let is_kept = (bits >> (32 - BITS)) as i32 >= self.threshold;
        if is_kept { self.gain } else { 0.0 }
    }
}

/// The parameters of the units of one layer and member.
#[derive(Debug, Clone, Copy)]
pub(super) struct Units<'a> {
    pub(super) activation: Activation,
    pub(super) bias: &'a [f32],
    pub(super) strength: &'a [f32],
    pub(super) dropout: Dropout,
}

kernel! {
/// Compute the outputs of the units of one panel; `first` is the place of the panel.
///
/// `sums` of inputs become the slopes of the outputs in the sums, and `changes` the slopes
/// in the strengths.
pub(super) fn activate(
    units: Units<'_>,
    first: usize,
    sums: &mut [Lanes],
    outputs: &mut [Lanes],
    changes: &mut [Lanes],
) {
    match units.activation {
        Activation::Selu => {
            activate_by(Activation::Selu, units, first, sums, outputs, changes);
        }
        Activation::Mish => {
            activate_by(Activation::Mish, units, first, sums, outputs, changes);
        }
    }
}
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for each kind of register")]
fn activate_by(
    activation: Activation,
    units: Units<'_>,
    first: usize,
    sums: &mut [Lanes],
    outputs: &mut [Lanes],
    changes: &mut [Lanes],
) {
    let parameters = units.bias.iter().zip(units.strength);
    let panel = sums.iter_mut().zip(outputs).zip(changes);
    for (unit, (((sums, outputs), changes), (bias, strength))) in panel.zip(parameters).enumerate()
    {
        let place = ((first + unit) * LANES) as u32;
        for lane in 0..LANES {
            let z = sums.0[lane] + bias;
            let (value, slope) = activation.value_and_slope(z);
            let factor = units.dropout.factor(place.wrapping_add(lane as u32));
            let change = value - z;
            outputs.0[lane] = factor * strength.mul_add(change, z);
            changes.0[lane] = factor * change;
            sums.0[lane] = factor * strength.mul_add(slope - 1.0, 1.0);
        }
    }
}

kernel! {
/// Turn the gradient in the outputs of a member's units into that in their sums, and write
/// the gradients of biases and strengths.
pub(super) fn differentiate(
    gradient: &mut [Lanes],
    slopes: &[Lanes],
    changes: &[Lanes],
    of_bias: &mut [f32],
    of_strength: &mut [f32],
) {
    let height = of_bias.len();
    for (unit, (of_bias, of_strength)) in of_bias.iter_mut().zip(of_strength).enumerate() {
        let (mut bias, mut strength) = (Lanes::ZERO, Lanes::ZERO);
        let panels = gradient
            .chunks_exact_mut(height)
            .zip(slopes.chunks_exact(height).zip(changes.chunks_exact(height)));
        for (gradient, (slopes, changes)) in panels {
            let (gradient, slope, change) = (&mut gradient[unit], &slopes[unit], &changes[unit]);
            for lane in 0..LANES {
                strength.0[lane] = gradient.0[lane].mul_add(change.0[lane], strength.0[lane]);
                gradient.0[lane] *= slope.0[lane];
                bias.0[lane] += gradient.0[lane];
            }
        }
        *of_bias = bias.sum();
        *of_strength = strength.sum();
    }
}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropout_drops_its_share_and_keeps_the_mean() {
        let dropout = Dropout::new(0.3, 0x1234_5678_9ABC_DEF0);
        let factors: Vec<f32> = (0..100_000).map(|place| dropout.factor(place)).collect();
        let n_dropped = factors.iter().filter(|&&factor| factor == 0.0).count();
        assert!(n_dropped.abs_diff(30_000) < 500);
        let mean = factors.iter().sum::<f32>() / 100_000.0;
        assert!((mean - 1.0).abs() < 0.01);
        let other = Dropout::new(0.3, 7);
        let n_equal = (0..100_000)
            .filter(|&place| other.factor(place) == factors[place as usize])
            .count();
        // Both keep or both drop.
        assert!(n_equal.abs_diff(58_000) < 1_000);
    }

    #[test]
    fn no_dropout_keeps_every_value() {
        let dropout = Dropout::new(0.0, 3);
        assert!((0..1_000).all(|place| dropout.factor(place) == 1.0));
    }
}
