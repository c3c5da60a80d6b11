//! Mutual information from distances to nearest neighbours.
//!
//! Ross (2014) for classes, Kraskov, Stögbauer and Grassberger (2004) for two numbers, as
//! scikit-learn computes them. A column has one dimension: what is a tree elsewhere is a
//! sorted array here.

use crate::binning::BinnedMatrix;
use crate::columns::{Columns, in_time};
use crate::order::{Ordered, key};
use crate::rng::Rng;
use crate::{Error, Workers};

use super::digamma::table as digamma_table;
use super::{Classes, check_rows};

/// Noise that tells equal values apart, as the method asks for.
#[derive(Debug, Clone, Copy)]
pub enum Noise<'a> {
    /// None.
    Zero,
    /// Given, column by column: standard normal for scikit-learn's results.
    Given(&'a [f64]),
    /// Drawn for each column.
    Drawn {
        /// Which.
        seed: u64,
    },
}

/// Rows between two looks at whether to stop.
const BLOCK: usize = 1024;

/// As large as scikit-learn's: of a column's mean absolute value in standard deviations.
const NOISE: f64 = 1e-10;

/// The finite values of a column in units of their deviation, with noise, and their rows.
fn prepare(values: &[f64], column: usize, noise: Noise<'_>) -> (Vec<f64>, Vec<usize>) {
    let rows: Vec<usize> = (0..values.len())
        .filter(|&row| values[row].is_finite())
        .collect();
    let n = rows.len() as f64;
    let mean = rows.iter().map(|&row| values[row]).sum::<f64>() / n;
    let square: f64 = rows.iter().map(|&row| (values[row] - mean).powi(2)).sum();
    let deviation = (square / n).sqrt();
    let unit = if deviation > 0.0 { deviation } else { 1.0 };
    let mut found: Vec<f64> = rows.iter().map(|&row| values[row] / unit).collect();
    let size = NOISE * (found.iter().map(|value| value.abs()).sum::<f64>() / n).max(1.0);
    match noise {
        Noise::Zero => {}
        Noise::Given(noise) => {
            for (value, &row) in found.iter_mut().zip(&rows) {
                *value += size * noise[column * values.len() + row];
            }
        }
        Noise::Drawn { seed } => {
            let mut rng = Rng::new(seed, column as u64);
            for value in &mut found {
                // The sum of four has nearly a normal's shape, and a deviation of 1.
                let sum: f64 = (0..4).map(|_| rng.uniform() - 0.5).sum();
                *value += size * sum * 3.0_f64.sqrt();
            }
        }
    }
    (found, rows)
}

/// The distance below which others are counted: what scikit-learn does to leave out the
/// neighbour itself.
fn radius(distance: f64) -> f64 {
    if distance > 0.0 {
        f64::from_bits(distance.to_bits() - 1)
    } else {
        0.0
    }
}

/// How many of `sorted` lie within `radius` of the value at `place`, it included.
fn count_within(sorted: &[f64], place: usize, radius: f64) -> usize {
    let value = sorted[place];
    let above = reach(sorted.len() - place, |step| {
        sorted[place + step] - value <= radius
    });
    let below = reach(place + 1, |step| value - sorted[place - step] <= radius);
    above + below - 1
}

/// The first of `1..limit` for which `is_within` fails, which then fails for all more.
fn reach(limit: usize, is_within: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut step) = (0, 1);
    while low + step < limit && is_within(low + step) {
        low += step;
        step *= 2;
    }
    let mut high = (low + step).min(limit);
    while high - low > 1 {
        let middle = usize::midpoint(low, high);
        if is_within(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low + 1
}

/// Mutual information of each numeric column and the classes, in nats, not below 0; over
/// rows where the column is finite. NaN for columns that a deadline leaves no time for.
///
/// # Errors
/// [`Error::Shape`], [`Error::Value`] for no neighbours, [`Error::Cancelled`].
pub fn with_classes(
    table: &dyn Columns,
    y: Classes<'_>,
    n_neighbors: usize,
    noise: Noise<'_>,
    workers: &Workers,
) -> Result<Vec<f64>, Error> {
    check_rows("y", table.n_rows(), y.codes.len())?;
    check(n_neighbors, table, noise)?;
    let digamma = digamma_table(table.n_rows());
    in_time(table, workers, |column, values| {
        let (values, rows) = prepare(values, column, noise);
        let classes: Vec<usize> = rows.iter().map(|&row| y.codes[row] as usize).collect();
        classes_of_values(
            &values,
            &classes,
            y.n_classes,
            n_neighbors,
            &digamma,
            workers,
        )
    })
}

/// The same of the numeric target and the levels of each column: of its bins, missing
/// being one.
///
/// # Errors
/// As [`with_classes`].
pub fn of_bins(
    matrix: &BinnedMatrix,
    y: &[f64],
    n_neighbors: usize,
    noise: Noise<'_>,
    workers: &Workers,
) -> Result<Vec<f64>, Error> {
    check_rows("y", matrix.n_rows(), y.len())?;
    let digamma = digamma_table(y.len());
    let (values, rows) = prepare(y, 0, noise);
    workers.map(matrix.n_columns(), |column| {
        if workers.is_late() {
            return Ok(f64::NAN);
        }
        let codes = matrix.column(column);
        let groups: Vec<usize> = rows.iter().map(|&row| codes[row] as usize).collect();
        let found = classes_of_values(&values, &groups, 256, n_neighbors, &digamma, workers)?;
        workers.advance(1);
        Ok(found)
    })
}

fn classes_of_values(
    values: &[f64],
    classes: &[usize],
    n_classes: usize,
    n_neighbors: usize,
    digamma: &[f64],
    workers: &Workers,
) -> Result<f64, Error> {
    let mut counts = vec![0_usize; n_classes];
    for &class in classes {
        counts[class] += 1;
    }
    // In order, without classes of a single row: they have no neighbour.
    let keys: Vec<u64> = values.iter().map(|&value| key(value)).collect();
    let order: Vec<usize> = Ordered::new(&keys, workers)?
        .places()
        .filter(|&place| counts[classes[place]] > 1)
        .collect();
    let sorted: Vec<f64> = order.iter().map(|&place| values[place]).collect();
    let mut members: Vec<Vec<u32>> = counts
        .iter()
        .map(|&count| Vec::with_capacity(if count > 1 { count } else { 0 }))
        .collect();
    for (place, &row) in order.iter().enumerate() {
        members[classes[row]].push(place as u32);
    }
    let n = sorted.len() as f64;
    if sorted.is_empty() {
        return Ok(f64::NAN);
    }
    let mut sum = 0.0;
    for members in members.iter().filter(|members| !members.is_empty()) {
        let k = n_neighbors.min(members.len() - 1);
        let at = |member: usize| sorted[members[member] as usize];
        for member in 0..members.len() {
            if member % BLOCK == 0 {
                workers.check()?;
            }
            // k + 1 neighbours in a row, this one among them, that reach the least far.
            let value = at(member);
            let first = member.saturating_sub(k);
            let last = member.min(members.len() - 1 - k);
            let distance = (first..=last)
                .map(|start| (value - at(start)).max(at(start + k) - value))
                .fold(f64::INFINITY, f64::min);
            let within = count_within(&sorted, members[member] as usize, radius(distance));
            sum -= digamma[within];
        }
        sum += members.len() as f64 * (digamma[k] - digamma[members.len()]);
    }
    Ok((digamma[sorted.len()] + sum / n).max(0.0))
}

/// Mutual information of each numeric column and the numeric target, in nats, not below
/// 0; over rows where both are finite. About `n_rows` to the power of 1.5 steps a column.
///
/// # Errors
/// As [`with_classes`].
pub fn with_values(
    table: &dyn Columns,
    y: &[f64],
    n_neighbors: usize,
    noise: Noise<'_>,
    workers: &Workers,
) -> Result<Vec<f64>, Error> {
    check_rows("y", table.n_rows(), y.len())?;
    check(n_neighbors, table, noise)?;
    let digamma = digamma_table(table.n_rows());
    // The target's noise is that of a column behind the last.
    let target_noise = match noise {
        Noise::Given(noise) => Noise::Given(&noise[table.n_columns() * y.len()..]),
        Noise::Drawn { seed } => Noise::Drawn {
            seed: crate::rng::mix(seed),
        },
        Noise::Zero => noise,
    };
    in_time(table, workers, |column, values| {
        let there: Vec<f64> = values
            .iter()
            .zip(y)
            .map(|(x, y)| if y.is_finite() { *x } else { f64::NAN })
            .collect();
        let (x, rows) = prepare(&there, column, noise);
        let (y, _) = if rows.len() == y.len() {
            prepare(y, 0, target_noise)
        } else {
            let mut masked = vec![f64::NAN; y.len()];
            for &row in &rows {
                masked[row] = y[row];
            }
            prepare(&masked, 0, target_noise)
        };
        values_of_values(&x, &y, n_neighbors, &digamma, workers)
    })
}

fn values_of_values(
    x: &[f64],
    y: &[f64],
    n_neighbors: usize,
    digamma: &[f64],
    workers: &Workers,
) -> Result<f64, Error> {
    let n = x.len();
    if n <= n_neighbors {
        return Ok(f64::NAN);
    }
    let x_keys: Vec<u64> = x.iter().map(|&value| key(value)).collect();
    let y_keys: Vec<u64> = y.iter().map(|&value| key(value)).collect();
    let by_x: Vec<usize> = Ordered::new(&x_keys, workers)?.places().collect();
    let by_y: Vec<usize> = Ordered::new(&y_keys, workers)?.places().collect();
    let xs: Vec<f64> = by_x.iter().map(|&row| x[row]).collect();
    let ys: Vec<f64> = by_y.iter().map(|&row| y[row]).collect();
    // The target in the column's order, and where it is in its own.
    let partner: Vec<f64> = by_x.iter().map(|&row| y[row]).collect();
    let mut y_place = vec![0; n];
    for (place, &row) in by_y.iter().enumerate() {
        y_place[row] = place;
    }
    let mut nearest = vec![f64::INFINITY; n_neighbors];
    let mut sum = 0.0;
    for place in 0..n {
        if place % BLOCK == 0 {
            workers.check()?;
        }
        let distance = kth_distance(&xs, &partner, place, &mut nearest);
        let radius = radius(distance);
        sum += digamma[count_within(&xs, place, radius)];
        sum += digamma[count_within(&ys, y_place[by_x[place]], radius)];
    }
    Ok((digamma[n] + digamma[n_neighbors] - sum / n as f64).max(0.0))
}

/// The distance to the k-th neighbour in the plane, by the larger of both differences.
/// Rows are visited by their distance in x, until that alone is too far.
fn kth_distance(x: &[f64], y: &[f64], place: usize, nearest: &mut [f64]) -> f64 {
    nearest.fill(f64::INFINITY);
    let last = nearest.len() - 1;
    let (mut below, mut above) = (place, place + 1);
    loop {
        let left = if below > 0 {
            x[place] - x[below - 1]
        } else {
            f64::INFINITY
        };
        let right = if above < x.len() {
            x[above] - x[place]
        } else {
            f64::INFINITY
        };
        if left.min(right) >= nearest[last] {
            return nearest[last];
        }
        let (dx, other) = if left <= right {
            below -= 1;
            (left, below)
        } else {
            above += 1;
            (right, above - 1)
        };
        let distance = dx.max((y[other] - y[place]).abs());
        if distance < nearest[last] {
            let mut spot = last;
            while spot > 0 && nearest[spot - 1] > distance {
                nearest[spot] = nearest[spot - 1];
                spot -= 1;
            }
            nearest[spot] = distance;
        }
    }
}

fn check(n_neighbors: usize, table: &dyn Columns, noise: Noise<'_>) -> Result<(), Error> {
    if n_neighbors == 0 {
        return Err(Error::value(
            "n_neighbors must be at least 1. Got 0 instead.",
        ));
    }
    match noise {
        Noise::Given(noise) if noise.len() < table.n_rows() * table.n_columns() => Err(
            Error::length("noise", table.n_rows() * table.n_columns(), noise.len()),
        ),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn neighbours_are_those_of_a_full_search(
            rows in prop::collection::vec((0_u8..20, 0_u8..20), 5..40),
            k in 1_usize..4,
        ) {
            let mut rows = rows;
            rows.sort_unstable();
            let x: Vec<f64> = rows.iter().map(|row| f64::from(row.0)).collect();
            let y: Vec<f64> = rows.iter().map(|row| f64::from(row.1)).collect();
            for place in 0..x.len() {
                let mut all: Vec<f64> = (0..x.len())
                    .filter(|&other| other != place)
                    .map(|other| (x[other] - x[place]).abs().max((y[other] - y[place]).abs()))
                    .collect();
                all.sort_unstable_by(f64::total_cmp);
                let found = kth_distance(&x, &y, place, &mut vec![0.0; k]);
                prop_assert_eq!(found, all[k - 1]);
                for radius in [0.0, 1.0, 2.5, 30.0] {
                    let expected = x.iter().filter(|&&o| (o - x[place]).abs() <= radius).count();
                    prop_assert_eq!(count_within(&x, place, radius), expected);
                }
            }
        }
    }
}
