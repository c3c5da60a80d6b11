//! Conditions of small trees with AVX2, chosen at run time.
//!
//! Both variants have bitwise equal results. `HEADSTART_SIMD=off` disables the wide one.
#![expect(unsafe_code, reason = "what a machine has is known when it runs")]

use std::sync::OnceLock;

use super::bits::Questions;
use super::number::Number;
use super::panel::LANES;

/// Return whether 256-bit registers may be used.
fn is_wide() -> bool {
    static IS_WIDE: OnceLock<bool> = OnceLock::new();
    *IS_WIDE.get_or_init(|| {
        let is_off = std::env::var_os("HEADSTART_SIMD").is_some_and(|value| value == "off");
        !is_off && has_wide()
    })
}

#[cfg(target_arch = "x86_64")]
fn has_wide() -> bool {
    std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("bmi1")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_wide() -> bool {
    false
}

/// See [`Questions::leaves`].
pub(super) fn leaves<T: Number>(
    questions: &Questions<'_, T>,
    rows: &[[T; LANES]],
    codes: &[[T::Bits; LANES]],
) -> [u32; LANES] {
    #[cfg(target_arch = "x86_64")]
    if is_wide() {
        // SAFETY: the machine has AVX2 and BMI1.
        return unsafe { leaves_wide(questions, rows, codes) };
    }
    questions.leaves(rows, codes)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1")]
fn leaves_wide<T: Number>(
    questions: &Questions<'_, T>,
    rows: &[[T; LANES]],
    codes: &[[T::Bits; LANES]],
) -> [u32; LANES] {
    questions.leaves(rows, codes)
}
