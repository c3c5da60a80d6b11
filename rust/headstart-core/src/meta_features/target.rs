//! The distribution of a regression target. The names are our own.

use super::{Qualities, Table, Target, numeric, summary};

/// Distance of outliers from the quartiles, in interquartile ranges.
const WHISKER: f64 = 1.5;

/// Put the shape of a regression target; NaN for classification.
pub(super) fn put(qualities: &mut Qualities, table: &Table<'_>) {
    let values = match table.target {
        Target::Values(values) => values,
        Target::Classes(_) => &[],
    };
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let share = |count: usize| count as f64 / sorted.len() as f64;
    let (mut n_distinct, mut n_of_mode) = (0, 0);
    // 0.0 and -0.0 are one value.
    for run in sorted.chunk_by(|a, b| a == b) {
        n_distinct += 1;
        n_of_mode = n_of_mode.max(run.len());
    }
    let low = summary::quartile(&sorted, 1);
    let high = summary::quartile(&sorted, 3);
    let whisker = WHISKER * (high - low);
    let is_outlier = |value: &&f64| **value < low - whisker || **value > high + whisker;
    let column = numeric::Column::of(&sorted);
    let count = |is: fn(&&f64) -> bool| sorted.iter().filter(is).count();
    qualities.put("hs_target_skewness", column.skewness);
    qualities.put("hs_target_kurtosis", column.kurtosis);
    qualities.put("hs_target_distinct_share", share(n_distinct));
    qualities.put("hs_target_mode_share", share(n_of_mode));
    qualities.put("hs_target_zero_share", share(count(|value| **value == 0.0)));
    qualities.put(
        "hs_target_negative_share",
        share(count(|value| **value < 0.0)),
    );
    let n_outliers = sorted.iter().filter(is_outlier).count();
    qualities.put("hs_target_outlier_share", share(n_outliers));
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::Others;
    use super::*;

    #[test]
    fn shares_are_of_all_rows() {
        let y = [0.0, -0.0, 1.0, 2.0, 1.0, 1.0, -3.0, 100.0];
        let table = Table::new(
            Vec::new(),
            Vec::new(),
            Others::default(),
            Target::Values(&y),
        )
        .unwrap();
        let mut qualities = Qualities::default();
        put(&mut qualities, &table);
        let values: Vec<f64> = qualities.0[2..].iter().map(|&(_, value)| value).collect();
        // Quartiles 0 and 1.75: beyond -2.625 and 4.375 lie two.
        assert_eq!(values, [0.625, 0.375, 0.25, 0.125, 0.25]);
    }
}
