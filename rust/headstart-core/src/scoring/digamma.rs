//! The digamma function of whole numbers.

/// Return digamma of `0..=n`; NaN at 0.
pub(super) fn table(n: usize) -> Vec<f64> {
    (0..=n).map(|count| of(count as f64)).collect()
}

/// Return digamma of a positive number, by recurrence and the asymptotic series.
fn of(mut x: f64) -> f64 {
    if x <= 0.0 {
        return f64::NAN;
    }
    let mut below = 0.0;
    while x < 10.0 {
        below -= 1.0 / x;
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    // Bernoulli numbers over 2k, k from 1 to 7.
    let series = [
        1.0 / 12.0,
        -1.0 / 120.0,
        1.0 / 252.0,
        -1.0 / 240.0,
        1.0 / 132.0,
        -691.0 / 32_760.0,
        1.0 / 12.0,
    ];
    let tail = series
        .iter()
        .rev()
        .fold(0.0, |tail, term| (tail + term) * square);
    below + x.ln() - 0.5 / x - tail
}

#[cfg(test)]
mod tests {
    #[test]
    fn values_are_those_of_the_harmonic_numbers() {
        let table = super::table(200);
        let mut expected = -0.577_215_664_901_532_9;
        for (n, value) in table.iter().enumerate().skip(1) {
            assert!((value - expected).abs() < 1e-13, "{n}: {value} {expected}");
            expected += 1.0 / n as f64;
        }
        assert!(table[0].is_nan());
    }
}
