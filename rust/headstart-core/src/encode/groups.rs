//! Statistics of groups of rows.

use super::{Category, check_rows};
use crate::{Error, Workers};

/// A statistic of the values of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// Number of values.
    Count,
    /// Mean.
    Mean,
    /// Standard deviation with denominator n − 1, for at least two values.
    Std,
    /// Minimum.
    Min,
    /// Maximum.
    Max,
    /// Median; the mean of the two middle values.
    Median,
}

impl Statistic {
    /// Return the statistic of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "count" => Self::Count,
            "mean" => Self::Mean,
            "std" => Self::Std,
            "min" => Self::Min,
            "max" => Self::Max,
            "median" => Self::Median,
            _ => return None,
        })
    }
}

/// Return a statistic of the finite values of each group; NaN if there are too few.
///
/// # Errors
/// If lengths differ, or the work was cancelled.
pub fn group_statistic(
    key: Category<'_>,
    values: &[f64],
    statistic: Statistic,
    workers: &Workers,
) -> Result<Vec<f64>, Error> {
    check_rows("values", key.codes.len(), values.len())?;
    workers.check()?;
    let finite = |value: f64| if value.is_finite() { value } else { f64::NAN };
    let known = || {
        key.codes
            .iter()
            .zip(values)
            .filter(|(_, value)| value.is_finite())
            .map(|(&code, &value)| (code as usize, value))
    };
    let folded = |start: f64, step: fn(f64, f64) -> f64| {
        let mut by_group = vec![start; key.n_groups];
        for (group, value) in known() {
            by_group[group] = step(by_group[group], value);
        }
        by_group
    };
    let counts = || folded(0.0, |n, _| n + 1.0);
    let means = |counts: &[f64]| {
        let mut by_group = folded(0.0, |sum, value| sum + value);
        for (mean, &n) in by_group.iter_mut().zip(counts) {
            *mean = finite(*mean / n);
        }
        by_group
    };
    Ok(match statistic {
        Statistic::Count => counts(),
        Statistic::Mean => means(&counts()),
        Statistic::Min => folded(f64::INFINITY, f64::min)
            .into_iter()
            .map(finite)
            .collect(),
        Statistic::Max => {
            let maxima = folded(f64::NEG_INFINITY, f64::max);
            maxima.into_iter().map(finite).collect()
        }
        Statistic::Std => {
            let counts = counts();
            let means = means(&counts);
            let mut deviations = vec![0.0; key.n_groups];
            for (group, value) in known() {
                let gap = value - means[group];
                deviations[group] += gap * gap;
            }
            for (deviation, &n) in deviations.iter_mut().zip(&counts) {
                *deviation = if n < 2.0 {
                    f64::NAN
                } else {
                    finite((*deviation / (n - 1.0)).sqrt())
                };
            }
            deviations
        }
        Statistic::Median => {
            let (starts, sorted) = sorted_by_group(key, values, workers)?;
            (0..key.n_groups)
                .map(|group| median(&sorted[starts[group]..starts[group + 1]]))
                .collect()
        }
    })
}

/// Return the number of distinct `levels` in each group of `key`; levels from `n_levels` on
/// do not count.
///
/// # Errors
/// If lengths differ, or the work was cancelled.
pub fn group_distinct(
    key: Category<'_>,
    levels: &[u32],
    n_levels: u32,
    workers: &Workers,
) -> Result<Vec<f64>, Error> {
    check_rows("levels", key.codes.len(), levels.len())?;
    let (starts, rows) = key.rows_by_group();
    workers.check()?;
    let mut buffer = Vec::new();
    Ok((0..key.n_groups)
        .map(|group| {
            buffer.clear();
            let rows = &rows[starts[group] as usize..starts[group + 1] as usize];
            buffer.extend(
                rows.iter()
                    .map(|&row| levels[row as usize])
                    .filter(|&level| level < n_levels),
            );
            buffer.sort_unstable();
            buffer.dedup();
            buffer.len() as f64
        })
        .collect())
}

/// Return quantiles of the finite values of each group: all values of a group with at most
/// `most` of them, else `most` quantiles in equal steps from the minimum to the maximum.
///
/// Returns the start of each group's knots, and the knots, ascending within a group.
///
/// # Errors
/// If lengths differ, `most` is less than 2, or the work was cancelled.
pub fn group_knots(
    key: Category<'_>,
    values: &[f64],
    most: usize,
    workers: &Workers,
) -> Result<(Vec<usize>, Vec<f64>), Error> {
    if most < 2 {
        return Err(Error::value("There must be at least 2 knots."));
    }
    let (starts, sorted) = sorted_by_group(key, values, workers)?;
    let mut ends = Vec::with_capacity(key.n_groups + 1);
    let mut knots = Vec::new();
    ends.push(0);
    for group in 0..key.n_groups {
        let values = &sorted[starts[group]..starts[group + 1]];
        if values.len() <= most {
            knots.extend_from_slice(values);
        } else {
            knots.extend((0..most).map(|knot| values[knot * (values.len() - 1) / (most - 1)]));
        }
        ends.push(knots.len());
    }
    Ok((ends, knots))
}

/// Return the share of its group's knots below each value; equal knots count half. NaN for
/// values that are not finite, and for groups without knots or out of range.
///
/// # Errors
/// If lengths differ, or knots are not in the format of [`group_knots`].
pub fn group_positions(
    codes: &[u32],
    values: &[f64],
    starts: &[usize],
    knots: &[f64],
    workers: &Workers,
) -> Result<Vec<f64>, Error> {
    check_rows("values", codes.len(), values.len())?;
    if starts.windows(2).any(|pair| pair[0] > pair[1])
        || starts.last().is_some_and(|&end| end != knots.len())
    {
        return Err(Error::value("starts must ascend to the number of knots."));
    }
    let blocks = workers.map_chunks(codes.len(), 1 << 14, |rows| {
        Ok(rows
            .map(|row| {
                let (group, value) = (codes[row] as usize, values[row]);
                let known = group + 1 < starts.len() && value.is_finite();
                let knots = if known {
                    &knots[starts[group]..starts[group + 1]]
                } else {
                    &[]
                };
                if knots.is_empty() {
                    return f64::NAN;
                }
                let below = knots.partition_point(|&knot| knot < value);
                let up_to = knots.partition_point(|&knot| knot <= value);
                (below + up_to) as f64 / (2 * knots.len()) as f64
            })
            .collect::<Vec<f64>>())
    })?;
    Ok(blocks.concat())
}

/// Return finite values by group, ascending within each group, and the start of each group.
fn sorted_by_group(
    key: Category<'_>,
    values: &[f64],
    workers: &Workers,
) -> Result<(Vec<usize>, Vec<f64>), Error> {
    check_rows("values", key.codes.len(), values.len())?;
    let (rows_starts, rows) = key.rows_by_group();
    let mut starts = Vec::with_capacity(key.n_groups + 1);
    let mut sorted = Vec::with_capacity(values.len());
    starts.push(0);
    for group in 0..key.n_groups {
        if group % 1024 == 0 {
            workers.check()?;
        }
        let rows = &rows[rows_starts[group] as usize..rows_starts[group + 1] as usize];
        let start = sorted.len();
        sorted.extend(
            rows.iter()
                .map(|&row| values[row as usize])
                .filter(|value| value.is_finite()),
        );
        sorted[start..].sort_unstable_by(f64::total_cmp);
        starts.push(sorted.len());
    }
    Ok((starts, sorted))
}

fn median(sorted: &[f64]) -> f64 {
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    const CODES: [u32; 7] = [0, 1, 0, 1, 0, 0, 2];
    const VALUES: [f64; 7] = [1.0, 5.0, f64::NAN, 7.0, 4.0, 1.0, f64::INFINITY];

    fn statistics(statistic: Statistic) -> Vec<f64> {
        let key = Category::new(&CODES, 3).unwrap();
        group_statistic(key, &VALUES, statistic, &Workers::default()).unwrap()
    }

    #[test]
    fn statistics_are_of_the_finite_values_of_a_group() {
        assert_eq!(statistics(Statistic::Count), [3.0, 2.0, 0.0]);
        assert_eq!(statistics(Statistic::Mean)[..2], [2.0, 6.0]);
        assert_eq!(
            statistics(Statistic::Std)[..2],
            [3.0_f64.sqrt(), 2.0_f64.sqrt()]
        );
        assert_eq!(statistics(Statistic::Min)[..2], [1.0, 5.0]);
        assert_eq!(statistics(Statistic::Max)[..2], [4.0, 7.0]);
        assert_eq!(statistics(Statistic::Median)[..2], [1.0, 6.0]);
        for name in ["mean", "std", "min", "max", "median"] {
            assert!(statistics(Statistic::from_name(name).unwrap())[2].is_nan());
        }
    }

    #[test]
    fn different_levels_are_counted_by_group() {
        let key = Category::new(&CODES, 3).unwrap();
        let levels = [0, 1, 2, 1, 2, 0, 9];
        let n_distinct = group_distinct(key, &levels, 3, &Workers::default()).unwrap();
        assert_eq!(n_distinct, [2.0, 1.0, 0.0]);
    }

    #[test]
    fn positions_are_shares_of_values_below() {
        let key = Category::new(&CODES, 3).unwrap();
        let workers = Workers::default();
        let (starts, knots) = group_knots(key, &VALUES, 8, &workers).unwrap();
        let positions = group_positions(&CODES, &VALUES, &starts, &knots, &workers).unwrap();
        assert_eq!(positions[..2], [1.0 / 3.0, 0.25]);
        assert_eq!(positions[4], 5.0 / 6.0);
        assert!(positions[2].is_nan() && positions[6].is_nan());
        let unseen = group_positions(&[9], &[1.0], &starts, &knots, &workers).unwrap();
        assert!(unseen[0].is_nan());
    }

    #[test]
    fn large_groups_keep_few_knots() {
        let codes = vec![0; 1_000];
        let values: Vec<f64> = (0..1_000).map(f64::from).collect();
        let key = Category::new(&codes, 1).unwrap();
        let (starts, knots) = group_knots(key, &values, 5, &Workers::default()).unwrap();
        assert_eq!(starts, [0, 5]);
        assert_eq!(knots, [0.0, 249.0, 499.0, 749.0, 999.0]);
    }
}
