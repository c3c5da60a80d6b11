//! Activations with a learnt strength, and their slopes.
//!
//! A unit computes `z + strength * (f(z) - z)`: strength 0 is no activation, 1 is `f`.

use super::lanes::{LANES, Lanes, exp, kernel};

/// The function `f`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// The scaled exponential linear unit.
    Selu,
    /// `x tanh(ln(1 + e^x))`.
    Mish,
}

impl Activation {
    /// Return the value and the slope of the function.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "compiled for each kind of register")]
    pub(crate) fn value_and_slope(self, x: f32) -> (f32, f32) {
        match self {
            Self::Selu => selu(x),
            Self::Mish => mish(x),
        }
    }
}

#[inline(always)]
fn selu(x: f32) -> (f32, f32) {
    const SCALE: f32 = 1.050_700_9;
    const BOUND: f32 = 1.758_099_3; // the scale times 1.6732632
    let below = BOUND * exp(x.clamp(-80.0, 0.0));
    if x > 0.0 {
        (SCALE * x, SCALE)
    } else {
        (below - BOUND, below)
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for each kind of register")]
fn mish(x: f32) -> (f32, f32) {
    // With w = e^x, tanh(ln(1 + w)) is n / (n + 2) for n = w (w + 2); it is 1 from 20 on.
    let w = exp(x.clamp(-80.0, 20.0));
    let n = w * (w + 2.0);
    let inverse = 1.0 / (n + 2.0);
    let gate = n * inverse;
    let change = 4.0 * w * (w + 1.0) * inverse * inverse;
    (x * gate, x.mul_add(change, gate))
}

/// Add a bias per output to the sums of a panel.
pub(crate) fn add_bias(sums: &mut [Lanes], bias: &[f32]) {
    for (sums, bias) in sums.iter_mut().zip(bias) {
        sums.0.iter_mut().for_each(|sum| *sum += bias);
    }
}

kernel! {
/// Replace the sums of a layer's inputs by its outputs, for one panel of rows.
pub(crate) fn activate(
    activation: Activation,
    sums: &mut [Lanes],
    bias: &[f32],
    strength: &[f32],
) {
    match activation {
        Activation::Selu => activate_by(selu, sums, bias, strength),
        Activation::Mish => activate_by(mish, sums, bias, strength),
    }
}
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for each kind of register")]
fn activate_by(
    function: impl Fn(f32) -> (f32, f32),
    sums: &mut [Lanes],
    bias: &[f32],
    strength: &[f32],
) {
    for ((sums, bias), strength) in sums.iter_mut().zip(bias).zip(strength) {
        for lane in 0..LANES {
            let z = sums.0[lane] + bias;
            sums.0[lane] = strength.mul_add(function(z).0 - z, z);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_those_of_the_values() {
        for activation in [Activation::Selu, Activation::Mish] {
            for step in -80_i16..=80 {
                let x = f32::from(step) / 8.0 + 0.01;
                let h = 1e-2;
                let (value, slope) = activation.value_and_slope(x);
                let up = activation.value_and_slope(x + h).0;
                let down = activation.value_and_slope(x - h).0;
                assert!((slope - (up - down) / (2.0 * h)).abs() < 2e-3, "{x}");
                assert!(value.is_finite());
            }
        }
    }

    #[test]
    fn values_are_those_of_the_definitions() {
        for step in -40_i16..=40 {
            let x = f32::from(step) / 4.0;
            let precise = f64::from(x);
            let selu = if precise > 0.0 {
                1.050_700_987_355_480_5 * precise
            } else {
                1.050_700_987_355_480_5 * 1.673_263_242_354_377_2 * precise.exp_m1()
            };
            let mish = precise * precise.exp().ln_1p().tanh();
            let found = Activation::Selu.value_and_slope(x).0;
            assert!((f64::from(found) - selu).abs() < 1e-5, "{x}");
            let found = Activation::Mish.value_and_slope(x).0;
            assert!((f64::from(found) - mish).abs() < 1e-5, "{x}");
        }
    }

    #[test]
    fn absurd_sums_have_finite_slopes() {
        for activation in [Activation::Selu, Activation::Mish] {
            for x in [-1e30, -1e4, 1e4, 1e30] {
                let (value, slope) = activation.value_and_slope(x);
                assert!(value.is_finite() && slope.is_finite());
            }
        }
    }
}
