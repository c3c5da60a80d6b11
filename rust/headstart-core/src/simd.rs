//! Loops that benefit from AVX2, chosen at run time.
//!
//! Each is one function, compiled twice with the same order of lanes and without fused
//! operations, so that both variants have bitwise equal results. `HEADSTART_SIMD=off`
//! disables the wide one.
#![expect(unsafe_code, reason = "what a machine has is known when it runs")]

use std::sync::OnceLock;

/// Rows per call of [`absolute_differences`].
pub(crate) const ROWS: usize = 4;

/// Other rows per call.
pub(crate) const OTHERS: usize = 8;

/// Return whether 256-bit registers may be used.
fn is_wide() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let is_off = std::env::var_os("HEADSTART_SIMD").is_some_and(|value| value == "off");
        !is_off && has_avx2()
    })
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    std::arch::is_x86_feature_detected!("avx2")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_avx2() -> bool {
    false
}

/// Return the sums over columns of absolute differences between `ROWS` rows and `OTHERS`
/// others.
///
/// `rows` and `panel` have their values by column.
pub(crate) fn absolute_differences(
    rows: &[[f64; ROWS]],
    panel: &[[f64; OTHERS]],
) -> [[f64; OTHERS]; ROWS] {
    #[cfg(target_arch = "x86_64")]
    if is_wide() {
        // SAFETY: the machine has AVX2.
        return unsafe { absolute_differences_wide(rows, panel) };
    }
    let mut sums = [[0.0; OTHERS]; ROWS];
    // As many parallel sums as there are registers.
    for start in (0..OTHERS).step_by(OTHERS / 2) {
        let half: [[f64; OTHERS / 2]; ROWS] = sum_differences(rows, panel, start);
        for (sums, half) in sums.iter_mut().zip(half) {
            sums[start..start + half.len()].copy_from_slice(&half);
        }
    }
    sums
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn absolute_differences_wide(
    rows: &[[f64; ROWS]],
    panel: &[[f64; OTHERS]],
) -> [[f64; OTHERS]; ROWS] {
    sum_differences(rows, panel, 0)
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for each kind of register")]
fn sum_differences<const LANES: usize>(
    rows: &[[f64; ROWS]],
    panel: &[[f64; OTHERS]],
    start: usize,
) -> [[f64; LANES]; ROWS] {
    let mut sums = [[0.0; LANES]; ROWS];
    // Indexed, because with an iterator the sums do not stay in registers.
    for column in 0..rows.len().min(panel.len()) {
        let (values, others) = (&rows[column], &panel[column]);
        for row in 0..ROWS {
            for lane in 0..LANES {
                sums[row][lane] += (values[row] - others[start + lane]).abs();
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_and_narrow_sums_have_the_same_bits() {
        let mut rng = crate::rng::Rng::new(0, 0);
        let rows: Vec<[f64; ROWS]> = (0..37)
            .map(|_| std::array::from_fn(|_| rng.uniform()))
            .collect();
        let panel: Vec<[f64; OTHERS]> = (0..37)
            .map(|_| std::array::from_fn(|_| rng.uniform()))
            .collect();
        let differences = absolute_differences(&rows, &panel);
        for row in 0..ROWS {
            for other in 0..OTHERS {
                let mut expected = 0.0;
                for (values, others) in rows.iter().zip(&panel) {
                    expected += (values[row] - others[other]).abs();
                }
                assert_eq!(differences[row][other].to_bits(), f64::to_bits(expected));
            }
        }
    }
}
