//! Eight values in single precision: a register of AVX2, or an array.
//!
//! The sums of a matrix product must stay in registers, which the compiler does not always
//! achieve with arrays.
#![expect(
    clippy::inline_always,
    reason = "a call would move registers to memory"
)]

/// Number of values.
pub(crate) const WIDTH: usize = 8;

/// Eight values.
pub(crate) trait Register: Copy {
    /// Return eight times a value.
    fn all(value: f32) -> Self;
    /// Return eight values of memory.
    ///
    /// # Panics
    /// If there are others.
    fn load(values: &[f32]) -> Self;
    /// Return the sum of `self` and the product of the factors, rounded once.
    fn add_product(self, left: Self, right: Self) -> Self;
    /// Write the values.
    ///
    /// # Panics
    /// If there is no room for eight.
    fn store(self, values: &mut [f32]);
}

impl Register for [f32; WIDTH] {
    #[inline(always)]
    fn all(value: f32) -> Self {
        [value; WIDTH]
    }

    #[inline(always)]
    fn load(values: &[f32]) -> Self {
        assert_eq!(values.len(), WIDTH);
        std::array::from_fn(|index| values[index])
    }

    #[inline(always)]
    fn add_product(mut self, left: Self, right: Self) -> Self {
        for (sum, (left, right)) in self.iter_mut().zip(left.iter().zip(right)) {
            *sum = left.mul_add(right, *sum);
        }
        self
    }

    #[inline(always)]
    fn store(self, values: &mut [f32]) {
        values.copy_from_slice(&self);
    }
}

/// The register of kernels that are compiled with AVX2 and FMA; other code must not use it.
#[cfg(target_arch = "x86_64")]
pub(crate) use std::arch::x86_64::__m256 as Wide;

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "intrinsics")]
impl Register for Wide {
    #[inline(always)]
    fn all(value: f32) -> Self {
        // SAFETY: only kernels for machines with AVX2 and FMA call this.
        unsafe { std::arch::x86_64::_mm256_set1_ps(value) }
    }

    #[inline(always)]
    fn load(values: &[f32]) -> Self {
        assert_eq!(values.len(), WIDTH);
        // SAFETY: as above, and there are eight values.
        unsafe { std::arch::x86_64::_mm256_loadu_ps(values.as_ptr()) }
    }

    #[inline(always)]
    fn add_product(self, left: Self, right: Self) -> Self {
        // SAFETY: as above.
        unsafe { std::arch::x86_64::_mm256_fmadd_ps(left, right, self) }
    }

    #[inline(always)]
    fn store(self, values: &mut [f32]) {
        assert_eq!(values.len(), WIDTH);
        // SAFETY: as above, and there are eight values.
        unsafe { std::arch::x86_64::_mm256_storeu_ps(values.as_mut_ptr(), self) }
    }
}
