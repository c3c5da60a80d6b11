//! Summaries over columns: extremes, mean and quartiles.

use super::Qualities;

/// Put `Min`, `Mean`, `Max` and the three quartiles of the finite `values` under `OpenML`'s
/// names; NaN if there are none.
pub(super) fn put(qualities: &mut Qualities, group: &str, values: impl Iterator<Item = f64>) {
    let mut sorted: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = |place: Option<&f64>| place.copied().unwrap_or(f64::NAN);
    qualities.put(&format!("Min{group}"), at(sorted.first()));
    qualities.put(&format!("Mean{group}"), mean(&sorted));
    qualities.put(&format!("Max{group}"), at(sorted.last()));
    for quarter in 1..=3 {
        qualities.put(
            &format!("Quartile{quarter}{group}"),
            quartile(&sorted, quarter),
        );
    }
}

/// Return the mean, NaN for no values.
///
/// The values are sorted, so that the order of the columns does not change the sum.
pub(super) fn mean(sorted: &[f64]) -> f64 {
    sorted.iter().sum::<f64>() / sorted.len() as f64
}

/// Return the standard deviation with denominator n - 1: 0 for one value, NaN for none.
pub(super) fn deviation(sorted: &[f64]) -> f64 {
    match sorted.len() {
        0 => return f64::NAN,
        1 => return 0.0,
        _ => {}
    }
    let mean = mean(sorted);
    let squares: f64 = sorted.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (sorted.len() as f64 - 1.0)).sqrt()
}

/// Return the quartile at position `quarter / 4 * (n + 1)`, counted from 1, interpolated
/// between its neighbours; an extreme if out of range. It is definition 6 of Hyndman and
/// Fan (1996).
pub(super) fn quartile(sorted: &[f64], quarter: usize) -> f64 {
    let (Some(&first), Some(&last)) = (sorted.first(), sorted.last()) else {
        return f64::NAN;
    };
    let place = quarter as f64 / 4.0 * (sorted.len() as f64 + 1.0);
    if place < 1.0 {
        return first;
    }
    let below = place as usize;
    if below >= sorted.len() {
        return last;
    }
    let (low, high) = (sorted[below - 1], sorted[below]);
    low + (place - below as f64) * (high - low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_lie_at_quarters_of_one_more_than_there_are() {
        let values = [1.0, 2.0, 4.0, 8.0];
        assert_eq!(quartile(&values, 1), 1.25);
        assert_eq!(quartile(&values, 2), 3.0);
        assert_eq!(quartile(&values, 3), 7.0);
        assert_eq!(quartile(&[5.0], 1), 5.0);
        assert_eq!(quartile(&[1.0, 2.0], 1), 1.0);
        assert_eq!(quartile(&[1.0, 2.0], 3), 2.0);
        assert!(quartile(&[], 2).is_nan());
    }

    #[test]
    fn values_that_are_not_finite_are_left_out() {
        let mut qualities = Qualities::default();
        put(&mut qualities, "X", [f64::NAN, 3.0, 1.0].into_iter());
        let names: Vec<&str> = qualities.0.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "MinX",
                "MeanX",
                "MaxX",
                "Quartile1X",
                "Quartile2X",
                "Quartile3X"
            ]
        );
        let values: Vec<f64> = qualities.0.iter().map(|&(_, value)| value).collect();
        assert_eq!(values, [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]);
    }

    #[test]
    fn one_value_does_not_deviate() {
        assert_eq!(deviation(&[3.0]), 0.0);
        assert!(deviation(&[]).is_nan());
        assert_eq!(deviation(&[1.0, 3.0]), 2.0_f64.sqrt());
    }
}
