//! Sums of logarithms without a logarithm a row.

/// Products that grow side by side.
const LANES: usize = 8;

/// Factors that are multiplied before the exponent is split off. With factors of at
/// least 2e-16 the smallest product is about 1e-251, still a normal number.
const FACTORS: usize = 16;

/// Rows of a block.
pub(crate) const BLOCK: usize = LANES * FACTORS;

/// The logarithm of a product: factors positive, normal, from 2e-16 to 1e18.
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

    /// Multiply by `factor(0)` to `factor(n - 1)`, `n` at most [`BLOCK`].
    #[inline]
    pub(crate) fn block(&mut self, n: usize, factor: impl Fn(usize) -> f64) {
        const MANTISSA: u64 = (1 << 52) - 1;
        const ONE: u64 = 1023 << 52;
        let mut products = self.products;
        if n == BLOCK {
            // The common case has loops of a known length.
            for start in (0..BLOCK).step_by(LANES) {
                for (lane, product) in products.iter_mut().enumerate() {
                    *product *= factor(start + lane);
                }
            }
        } else {
            for at in 0..n {
                products[at % LANES] *= factor(at);
            }
        }
        for (product, exponent) in products.iter_mut().zip(&mut self.exponents) {
            let bits = product.to_bits();
            *exponent += bits >> 52;
            *product = f64::from_bits(bits & MANTISSA | ONE);
        }
        self.products = products;
        self.n_splits += 1;
    }

    /// The logarithm of the product of all factors.
    pub(crate) fn ln(&self) -> f64 {
        // Exponents are stored with 1023 added.
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
        for block in factors.chunks(BLOCK) {
            product.block(block.len(), |row| block[row]);
        }
        let expected: f64 = factors.iter().map(|factor| factor.ln()).sum();
        assert!((product.ln() - expected).abs() < 1e-10 * expected.abs());
    }
}
