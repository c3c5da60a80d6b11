//! Numeric columns: moments, and their summary over all columns.

use super::{Qualities, Table, Target, summary};

/// The description of one numeric column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    /// Number of values that are not missing.
    pub(super) n_values: usize,
    pub(super) mean: f64,
    /// Denominator n - 1; 0 for one value.
    pub(super) deviation: f64,
    /// Bias-adjusted (G1), from three values on; NaN for a constant.
    pub(super) skewness: f64,
    /// Bias-adjusted excess kurtosis (G2), from four values on; NaN for a constant.
    pub(super) kurtosis: f64,
    /// Whether all values are whole numbers.
    is_whole: bool,
}

impl Column {
    pub(super) fn of(values: &[f64]) -> Self {
        let (mut n_values, mut sum, mut is_whole) = (0_usize, 0.0, true);
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for &value in values {
            if value.is_finite() {
                n_values += 1;
                sum += value;
                low = low.min(value);
                high = high.max(value);
                is_whole &= value == value.trunc();
            }
        }
        let n = n_values as f64;
        let mean = if low == high { low } else { sum / n };
        let mut moments = Self {
            n_values,
            mean,
            deviation: if n_values == 0 { f64::NAN } else { 0.0 },
            skewness: f64::NAN,
            kurtosis: f64::NAN,
            is_whole: is_whole && n_values > 0,
        };
        // The mean of equal values may differ from them by rounding, which would look like
        // a shape.
        if low >= high {
            return moments;
        }
        // Distances relative to the largest, so that their powers cannot overflow.
        let scale = (high - mean).max(mean - low);
        let (mut squares, mut cubes, mut fourths) = (0.0, 0.0, 0.0);
        for &value in values {
            if value.is_finite() {
                let distance = (value - mean) / scale;
                let square = distance * distance;
                squares += square;
                cubes += square * distance;
                fourths += square * square;
            }
        }
        let variance = squares / (n - 1.0);
        moments.deviation = scale * variance.sqrt();
        if n_values > 2 {
            let factor = n / ((n - 1.0) * (n - 2.0));
            moments.skewness = factor * cubes / (variance * variance.sqrt());
        }
        if n_values > 3 {
            let rest = (n - 2.0) * (n - 3.0);
            let factor = n * (n + 1.0) / ((n - 1.0) * rest);
            let normal = 3.0 * (n - 1.0).powi(2) / rest;
            moments.kurtosis = factor * fourths / (variance * variance) - normal;
        }
        moments
    }
}

/// Put the statistical qualities of `OpenML`, in which a numeric target is another column,
/// and our own, in which it is not.
pub(super) fn put(qualities: &mut Qualities, table: &Table<'_>, columns: &[Column]) {
    let mut all = columns.to_vec();
    if let Target::Values(values) = table.target {
        all.push(Column::of(values));
    }
    let over = |value: fn(&Column) -> f64| all.iter().map(value);
    summary::put(qualities, "MeansOfNumericAtts", over(|column| column.mean));
    summary::put(
        qualities,
        "StdDevOfNumericAtts",
        over(|column| column.deviation),
    );
    summary::put(
        qualities,
        "SkewnessOfNumericAtts",
        over(|column| column.skewness),
    );
    summary::put(
        qualities,
        "KurtosisOfNumericAtts",
        over(|column| column.kurtosis),
    );

    let mut shapes: Vec<f64> = columns
        .iter()
        .map(|column| column.skewness.abs())
        .filter(|skewness| skewness.is_finite())
        .collect();
    shapes.sort_unstable_by(f64::total_cmp);
    qualities.put("hs_mean_absolute_skewness", summary::mean(&shapes));
    let n_whole = columns.iter().filter(|column| column.is_whole).count();
    qualities.put(
        "hs_whole_number_share",
        n_whole as f64 / columns.len() as f64,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(actual: f64, expected: f64) -> bool {
        (actual - expected).abs() < 1e-12 * expected.abs().max(1.0)
    }

    #[test]
    fn moments_are_those_of_the_textbook() {
        let column = Column::of(&[1.0, f64::NAN, 2.0, 4.0, 9.0, f64::INFINITY]);
        assert_eq!(column.n_values, 4);
        assert_eq!(column.mean, 4.0);
        // Squares of the distances: 9, 4, 0, 25; G1 and G2 by hand.
        assert!(near(column.deviation, (38.0_f64 / 3.0).sqrt()));
        let cubed = (38.0_f64 / 3.0).powf(1.5);
        assert!(near(column.skewness, 4.0 / 6.0 * 90.0 / cubed));
        let fourth = (38.0_f64 / 3.0).powi(2);
        let expected = 20.0 / 6.0 * (81.0 + 16.0 + 625.0) / fourth - 13.5;
        assert!(near(column.kurtosis, expected));
        assert!(column.is_whole);
    }

    #[test]
    fn equal_values_have_no_shape() {
        let column = Column::of(&[0.1; 7]);
        assert_eq!((column.mean, column.deviation), (0.1, 0.0));
        assert!(column.skewness.is_nan() && column.kurtosis.is_nan());
        assert!(!column.is_whole);
    }

    #[test]
    fn no_values_have_no_moments() {
        for values in [&[][..], &[f64::NAN]] {
            let column = Column::of(values);
            assert_eq!(column.n_values, 0);
            assert!(column.mean.is_nan() && column.deviation.is_nan());
            assert!(!column.is_whole);
        }
    }

    #[test]
    fn the_unit_does_not_change_the_shape() {
        let values = [1.0, 2.0, 4.0, 9.0, 9.5];
        let small = Column::of(&values);
        let large = Column::of(&values.map(|value| value * 1e200));
        assert!(near(large.skewness, small.skewness));
        assert!(near(large.kurtosis, small.kurtosis));
        assert!(near(large.deviation / 1e200, small.deviation));
    }
}
