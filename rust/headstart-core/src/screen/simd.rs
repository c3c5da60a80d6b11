//! The candidate kernel with AVX2 if the processor has it: formula and bins of eight rows
//! together. Its results are bitwise those of the scalar path: both use the same operations
//! of IEEE 754 in single precision, with one rounding each.

use super::cuts::Cuts;
use super::formula::{Formula, bin_values};

/// The implementation that bins blocks of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Path {
    /// One row at a time.
    Plain,
    /// Eight rows at a time.
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Path {
    /// Return the best path of this processor, or the scalar path if the environment
    /// variable `HEADSTART_SIMD` is `off`.
    pub(super) fn of_this_machine() -> Self {
        let is_off = std::env::var_os("HEADSTART_SIMD").is_some_and(|value| value == "off");
        #[cfg(target_arch = "x86_64")]
        if !is_off && std::arch::is_x86_feature_detected!("avx2") {
            return Self::Avx2;
        }
        let _ = is_off;
        Self::Plain
    }

    /// Evaluate a formula and write the bin of each row's value.
    ///
    /// # Panics
    /// If the lengths differ.
    #[inline]
    pub(super) fn bin(self, formula: Formula, a: &[f32], b: &[f32], cuts: &Cuts, bins: &mut [u32]) {
        assert!(a.len() == b.len() && a.len() == bins.len());
        match self {
            Self::Plain => bin_values(formula, a, b, cuts, bins),
            #[cfg(target_arch = "x86_64")]
            #[expect(unsafe_code, reason = "the only call of the AVX2 kernel")]
            // SAFETY: the path is chosen only if AVX2 was detected, and the lengths were
            // just compared.
            Self::Avx2 => unsafe { avx2::bin(formula, a, b, cuts, bins) },
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "intrinsics on raw pointers")]
mod avx2 {
    use std::arch::x86_64::{
        __m256, __m256i, _CMP_EQ_OQ, _CMP_GT_OQ, _CMP_LT_OQ, _CMP_UNORD_Q, _mm256_add_epi32,
        _mm256_add_ps, _mm256_and_ps, _mm256_andnot_ps, _mm256_blendv_ps, _mm256_castps_si256,
        _mm256_castsi256_ps, _mm256_cmp_ps, _mm256_div_ps, _mm256_i32gather_ps, _mm256_loadu_ps,
        _mm256_max_ps, _mm256_min_ps, _mm256_mul_ps, _mm256_or_ps, _mm256_permutevar8x32_ps,
        _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_ps, _mm256_setzero_si256,
        _mm256_storeu_si256, _mm256_sub_epi32, _mm256_sub_ps,
    };

    use super::{Cuts, Formula, bin_values};

    const LANES: usize = 8;

    /// # Safety
    /// The processor must have AVX2; `a`, `b` and `bins` must be of one length.
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn bin(
        formula: Formula,
        a: &[f32],
        b: &[f32],
        cuts: &Cuts,
        bins: &mut [u32],
    ) {
        // A separate loop for each formula, so that the choice is not made per row.
        macro_rules! with {
            ($value:expr) => {
                // SAFETY: as promised to this function.
                unsafe { bin_by($value, formula, a, b, cuts, bins) }
            };
        }
        match formula {
            Formula::Itself => with!(|a, _| a),
            Formula::Add => with!(|a, b| _mm256_add_ps(a, b)),
            Formula::Subtract => with!(|a, b| _mm256_sub_ps(a, b)),
            Formula::Multiply => with!(|a, b| _mm256_mul_ps(a, b)),
            Formula::Divide => with!(|a, b| _mm256_div_ps(a, b)),
            // The instructions return the second operand if one is NaN. The mask of missing
            // operands, with all bits set, is itself NaN.
            Formula::Minimum => {
                with!(|a, b| _mm256_or_ps(
                    _mm256_min_ps(a, b),
                    _mm256_cmp_ps::<_CMP_UNORD_Q>(a, b)
                ));
            }
            Formula::Maximum => {
                with!(|a, b| _mm256_or_ps(
                    _mm256_max_ps(a, b),
                    _mm256_cmp_ps::<_CMP_UNORD_Q>(a, b)
                ));
            }
            Formula::AbsoluteDifference => with!(|a, b| absolute(_mm256_sub_ps(a, b))),
            // 0 if both numbers are 0.
            Formula::NormalisedDifference => with!(|a, b| {
                let size = _mm256_add_ps(absolute(a), absolute(b));
                let empty = _mm256_cmp_ps::<_CMP_EQ_OQ>(size, _mm256_setzero_ps());
                _mm256_andnot_ps(empty, _mm256_div_ps(_mm256_sub_ps(a, b), size))
            }),
            Formula::LessThan => with!(|a, b| _mm256_or_ps(
                _mm256_and_ps(_mm256_cmp_ps::<_CMP_LT_OQ>(a, b), _mm256_set1_ps(1.0)),
                _mm256_cmp_ps::<_CMP_UNORD_Q>(a, b)
            )),
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn absolute(value: __m256) -> __m256 {
        _mm256_and_ps(value, _mm256_castsi256_ps(_mm256_set1_epi32(0x7FFF_FFFF)))
    }

    /// # Safety
    /// As [`bin`].
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn bin_by(
        value: impl Fn(__m256, __m256) -> __m256,
        formula: Formula,
        a: &[f32],
        b: &[f32],
        cuts: &Cuts,
        bins: &mut [u32],
    ) {
        let mut first = [0.0_f32; 3 * LANES];
        for level in 1..cuts.depth.min(4) as usize {
            let start = (1 << level) - 1;
            first[(level - 1) * LANES..][..1 << level]
                .copy_from_slice(&cuts.nodes[start..start + (1 << level)]);
        }
        let root = _mm256_set1_ps(cuts.nodes[0]);
        // SAFETY: `first` holds three vectors.
        let tables = unsafe {
            [
                _mm256_loadu_ps(first.as_ptr()),
                _mm256_loadu_ps(first.as_ptr().add(LANES)),
                _mm256_loadu_ps(first.as_ptr().add(2 * LANES)),
            ]
        };
        let infinity = _mm256_set1_ps(f32::INFINITY);
        let missing = _mm256_castsi256_ps(_mm256_set1_epi32(1 << cuts.depth));
        let whole = a.len() - a.len() % LANES;
        for row in (0..whole).step_by(LANES) {
            // SAFETY: `row + 8` rows are in each slice: the lengths are equal.
            let (left, right) = unsafe {
                (
                    _mm256_loadu_ps(a.as_ptr().add(row)),
                    _mm256_loadu_ps(b.as_ptr().add(row)),
                )
            };
            let v = value(left, right);
            // A true mask is -1: subtracting it adds one.
            let mut place = _mm256_sub_epi32(_mm256_setzero_si256(), above(v, root));
            for table in tables {
                let node = _mm256_permutevar8x32_ps(table, place);
                place = _mm256_sub_epi32(_mm256_add_epi32(place, place), above(v, node));
            }
            for level in 4..cuts.depth {
                let start = _mm256_set1_epi32((1 << level) - 1);
                // SAFETY: indices of a level are below its number of nodes.
                let node = unsafe {
                    _mm256_i32gather_ps::<4>(cuts.nodes.as_ptr(), _mm256_add_epi32(start, place))
                };
                place = _mm256_sub_epi32(_mm256_add_epi32(place, place), above(v, node));
            }
            let finite = _mm256_cmp_ps::<_CMP_LT_OQ>(absolute(v), infinity);
            let places = _mm256_castps_si256(_mm256_blendv_ps(
                missing,
                _mm256_castsi256_ps(place),
                finite,
            ));
            // SAFETY: as above.
            unsafe { _mm256_storeu_si256(bins.as_mut_ptr().add(row).cast(), places) };
        }
        bin_values(formula, &a[whole..], &b[whole..], cuts, &mut bins[whole..]);
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn above(value: __m256, node: __m256) -> __m256i {
        _mm256_castps_si256(_mm256_cmp_ps::<_CMP_GT_OQ>(value, node))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn both_paths_give_the_same_bins() {
        let mut rng = Rng::new(0, 0);
        let special = [0.0, -0.0, 1.0, f32::NAN, f32::MAX, 1.0e-40];
        let mut column = |n: usize| -> Vec<f32> {
            (0..n)
                .map(|_| match rng.below(4) {
                    0 => special[rng.below(special.len() as u64) as usize],
                    _ => (rng.uniform() * 8.0 - 4.0) as f32,
                })
                .collect()
        };
        let (a, b) = (column(203), column(203));
        for depth in 4..=6 {
            for formula in [
                Formula::Itself,
                Formula::Add,
                Formula::Subtract,
                Formula::Multiply,
                Formula::Divide,
                Formula::Minimum,
                Formula::Maximum,
                Formula::AbsoluteDifference,
                Formula::NormalisedDifference,
                Formula::LessThan,
            ] {
                let mut cuts = Cuts::new(depth);
                let sample = a.iter().zip(&b).map(|(&a, &b)| formula.value(a, b));
                assert!(cuts.learn(sample));
                let (mut plain, mut best) = (vec![0; a.len()], vec![0; a.len()]);
                Path::Plain.bin(formula, &a, &b, &cuts, &mut plain);
                Path::of_this_machine().bin(formula, &a, &b, &cuts, &mut best);
                assert_eq!(plain, best, "{formula:?} at depth {depth}");
            }
        }
    }
}
