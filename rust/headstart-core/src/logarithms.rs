//! Sums of logarithms without one logarithm per row.

/// Number of parallel products.
const LANES: usize = 8;

/// Factors that are multiplied before the exponent is split off. With factors of at least
/// 2e-16, the smallest product is about 1e-251, which is a normal number.
const FACTORS: usize = 16;

/// Rows per block.
pub(crate) const BLOCK: usize = LANES * FACTORS;

/// The logarithm of a product of normal factors from 2e-16 to 1e18.
#[derive(Debug, Clone)]
pub(crate) struct LogProduct {
    products: [f64; LANES],
    exponents: [u64; LANES],
    n_splits: u64,
}

impl LogProduct {
    pub(crate) fn new() -> Self {
        Self {
            products: [1.0; LANES],
            exponents: [0; LANES],
            n_splits: 0,
        }
    }

    /// Multiply by `factor(0)` to `factor(BLOCK - 1)`. With factors from arrays of
    /// [`BLOCK`] values, the loop is vectorised.
    #[inline]
    pub(crate) fn whole(&mut self, factor: impl Fn(usize) -> f64) {
        let mut products = self.products;
        for start in (0..BLOCK).step_by(LANES) {
            for (lane, product) in products.iter_mut().enumerate() {
                *product *= factor(start + lane);
            }
        }
        self.split(products);
    }

    /// Multiply by `factor(0)` to `factor(n - 1)`, `n` at most [`BLOCK`].
    #[inline]
    pub(crate) fn rest(&mut self, n: usize, factor: impl Fn(usize) -> f64) {
        let mut products = self.products;
        for at in 0..n {
            products[at % LANES] *= factor(at);
        }
        self.split(products);
    }

    #[inline]
    fn split(&mut self, mut products: [f64; LANES]) {
        const MANTISSA: u64 = (1 << 52) - 1;
        const ONE: u64 = 1023 << 52;
        for (product, exponent) in products.iter_mut().zip(&mut self.exponents) {
            let bits = product.to_bits();
            *exponent += bits >> 52;
            *product = f64::from_bits(bits & MANTISSA | ONE);
        }
        self.products = products;
        self.n_splits += 1;
    }

    /// Multiply by `factor` of each pair of two columns of equal length.
    #[inline]
    pub(crate) fn columns<A: Copy, B: Copy>(
        &mut self,
        first: &[A],
        second: &[B],
        factor: impl Fn(A, B) -> f64,
    ) {
        let (mut a, mut b) = (first.chunks_exact(BLOCK), second.chunks_exact(BLOCK));
        for (a, b) in a.by_ref().zip(b.by_ref()) {
            if let (Ok(a), Ok(b)) = (<&[A; BLOCK]>::try_from(a), <&[B; BLOCK]>::try_from(b)) {
                self.whole(|row| factor(a[row], b[row]));
            }
        }
        let (a, b) = (a.remainder(), b.remainder());
        self.rest(a.len().min(b.len()), |row| factor(a[row], b[row]));
    }

    /// Return the logarithm of the product of all factors.
    pub(crate) fn ln(&self) -> f64 {
        // Exponents are stored with an offset of 1023.
        let exponent = self.exponents.iter().sum::<u64>() as f64
            - (1023 * LANES as u64 * self.n_splits) as f64;
        let mantissas: f64 = self.products.iter().map(|product| product.ln()).sum();
        exponent * std::f64::consts::LN_2 + mantissas
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_of_a_product_is_the_sum_of_logarithms() {
        let factors: Vec<f64> = (0..1000)
            .map(|row| match row % 7 {
                0 => f64::EPSILON,
                1 => 1e17,
                _ => f64::from(row * 37 % 101 + 1) / 101.0,
            })
            .collect();
        let mut product = LogProduct::new();
        product.columns(&factors, &[(); 1000], |factor, ()| factor);
        let expected: f64 = factors.iter().map(|factor| factor.ln()).sum();
        assert!((product.ln() - expected).abs() < 1e-10 * expected.abs());
    }
}
