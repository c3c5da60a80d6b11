//! Vectors of sixteen rows in single precision, and functions of them.
//!
//! A product and its sum are one operation with one rounding (`mul_add`), in a fixed order.
//! Each kernel is compiled twice, with AVX2 and FMA and without, and has the same bits
//! both times: without FMA, `mul_add` is a slow call that rounds once, too.
//! `HEADSTART_SIMD=off` disables the fast variants.

use std::sync::OnceLock;

/// Rows of a panel.
pub(crate) const LANES: usize = 16;

/// One feature of the rows of a panel.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C, align(64))]
pub struct Lanes(pub [f32; LANES]);

impl Lanes {
    /// Zero in all lanes.
    pub const ZERO: Self = Self([0.0; LANES]);

    /// Return the sum of the lanes, in pairs of a fixed order.
    pub fn sum(mut self) -> f32 {
        let mut width = LANES / 2;
        while width > 0 {
            for lane in 0..width {
                self.0[lane] += self.0[lane + width];
            }
            width /= 2;
        }
        self.0[0]
    }
}

/// Return whether the machine has AVX2 and FMA.
pub(crate) fn is_wide() -> bool {
    static IS_WIDE: OnceLock<bool> = OnceLock::new();
    *IS_WIDE.get_or_init(|| {
        let is_off = std::env::var_os("HEADSTART_SIMD").is_some_and(|value| value == "off");
        !is_off && has_wide()
    })
}

#[cfg(target_arch = "x86_64")]
fn has_wide() -> bool {
    std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_wide() -> bool {
    false
}

/// Define a kernel that is compiled with AVX2 and FMA, and without. With a type parameter,
/// it has registers of that type.
macro_rules! kernel {
    (
        $(#[$attribute:meta])*
        $visibility:vis fn $name:ident $(<$register:ident>)? (
            $($argument:ident: $form:ty),* $(,)?
        ) $body:block
    ) => {
        $(#[$attribute])*
        $visibility fn $name($($argument: $form),*) {
            #[inline(always)]
            fn body$(<$register: $crate::predict::network::register::Register>)?(
                $($argument: $form),*
            ) $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn wide($($argument: $form),*) {
                $(type $register = $crate::predict::network::register::Wide;)?
                body$(::<$register>)?($($argument),*);
            }

            fn narrow($($argument: $form),*) {
                $(type $register = [f32; $crate::predict::network::register::WIDTH];)?
                body$(::<$register>)?($($argument),*);
            }

            #[cfg(target_arch = "x86_64")]
            if $crate::predict::network::lanes::is_wide() {
                #[expect(unsafe_code, reason = "what a machine has is known when it runs")]
                // SAFETY: the machine has AVX2 and FMA.
                return unsafe { wide($($argument),*) };
            }
            narrow($($argument),*);
        }
    };
}
pub(crate) use kernel;

/// Added to a number below 2^22, its fraction is rounded away.
const ROUNDER: f32 = 12_582_912.0;

/// Return the exponential of a value between -87 and 88, with an error of about 1e-7.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for each kind of register")]
pub(crate) fn exp(x: f32) -> f32 {
    // e^x = 2^n e^r, with r between -ln(2) / 2 and ln(2) / 2.
    let shifted = x.mul_add(std::f32::consts::LOG2_E, ROUNDER);
    let n = shifted - ROUNDER;
    // The logarithm of 2 in two parts, of which the first has few bits.
    let r = n.mul_add(-355.0 / 512.0, x);
    let r = n.mul_add(2.121_944_4e-4, r);
    let mut sum = 1.0 / 720.0;
    for term in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        sum = r.mul_add(sum, term);
    }
    let exponent = shifted.to_bits().wrapping_sub(ROUNDER.to_bits());
    sum * f32::from_bits(exponent.wrapping_add(127) << 23)
}

/// Return the cosine and the sine of an angle in turns, with an error of about 1e-6.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for each kind of register")]
pub(crate) fn cosine_and_sine(turns: f32) -> (f32, f32) {
    // Of half the angle, which is at most a quarter turn in size.
    let whole = (turns + ROUNDER) - ROUNDER;
    let half = (turns - whole) * std::f32::consts::PI;
    let square = half * half;
    let mut cosine = 1.0 / 479_001_600.0;
    for term in [
        -1.0 / 3_628_800.0,
        1.0 / 40_320.0,
        -1.0 / 720.0,
        1.0 / 24.0,
        -0.5,
        1.0,
    ] {
        cosine = square.mul_add(cosine, term);
    }
    let mut sine = -1.0 / 39_916_800.0;
    for term in [
        1.0 / 362_880.0,
        -1.0 / 5_040.0,
        1.0 / 120.0,
        -1.0 / 6.0,
        1.0,
    ] {
        sine = square.mul_add(sine, term);
    }
    sine *= half;
    ((-2.0 * sine).mul_add(sine, 1.0), 2.0 * sine * cosine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_are_those_of_the_standard_library() {
        for step in 0..=1_750 {
            let x = step as f32 / 10.0 - 87.0;
            let expected = x.exp();
            assert!((exp(x) - expected).abs() <= 3e-7 * expected, "{x}");
        }
    }

    #[test]
    fn angles_are_turned_as_by_the_standard_library() {
        for step in 0..4_000 {
            let turns = step as f32 / 173.0 - 11.0;
            let (cosine, sine) = cosine_and_sine(turns);
            let (expected_sine, expected_cosine) =
                (std::f64::consts::TAU * f64::from(turns)).sin_cos();
            assert!(
                (f64::from(cosine) - expected_cosine).abs() < 2e-6,
                "{turns}"
            );
            assert!((f64::from(sine) - expected_sine).abs() < 2e-6, "{turns}");
        }
    }

    #[test]
    fn lanes_are_summed_in_pairs() {
        let lanes = Lanes(std::array::from_fn(|lane| lane as f32));
        assert_eq!(lanes.sum(), 120.0);
    }
}
