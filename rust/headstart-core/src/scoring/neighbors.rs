//! Mutual information by nearest neighbours.
//!
//! The methods are those of Ross (2014) for classes, and of Kraskov, Stögbauer and
//! Grassberger (2004) for two numbers, as in scikit-learn. A column has one dimension, so
//! that a sorted array replaces a tree.

use crate::binning::BinnedMatrix;
use crate::columns::{Columns, in_time, unless_late};
use crate::order::{Ordered, key};
use crate::rng::Rng;
use crate::{Error, Workers};

use super::digamma::table as digamma_table;
use super::{Classes, check_rows};

/// Noise that breaks ties, which the method requires.
#[derive(Debug, Clone, Copy)]
pub enum Noise<'a> {
    /// None.
    Zero,
    /// Noise from the caller, column by column: standard normal for scikit-learn's results.
    Given(&'a [f64]),
    /// Random noise for each column.
    Drawn {
        /// Seed of the noise.
        seed: u64,
    },
}

/// Rows between two checks for cancellation.
const BLOCK: usize = 1024;

/// Visited points between two checks for cancellation.
const MANY_STEPS: usize = 1 << 20;

/// Size of the noise as in scikit-learn: relative to a column's mean absolute value in
/// standard deviations.
const NOISE: f64 = 1e-10;

/// Return the finite values of a column in standard deviations, with noise, and their rows.
fn prepare(values: &[f64], column: usize, noise: Noise<'_>) -> (Vec<f64>, Vec<usize>) {
    let rows: Vec<usize> = (0..values.len())
        .filter(|&row| values[row].is_finite())
        .collect();
    let n = rows.len() as f64;
    let mean = rows.iter().map(|&row| values[row]).sum::<f64>() / n;
    let square: f64 = rows.iter().map(|&row| (values[row] - mean).powi(2)).sum();
    let deviation = (square / n).sqrt();
    let unit = if deviation > 0.0 { deviation } else { 1.0 };
    let mut scaled: Vec<f64> = rows.iter().map(|&row| values[row] / unit).collect();
    let size = NOISE * (scaled.iter().map(|value| value.abs()).sum::<f64>() / n).max(1.0);
    match noise {
        Noise::Zero => {}
        Noise::Given(noise) => {
            for (value, &row) in scaled.iter_mut().zip(&rows) {
                *value += size * noise[column * values.len() + row];
            }
        }
        Noise::Drawn { seed } => {
            let mut rng = Rng::new(seed, column as u64);
            for value in &mut scaled {
                // The sum of four uniform numbers is nearly normal, with a standard
                // deviation of 1.
                let sum: f64 = (0..4).map(|_| rng.uniform() - 0.5).sum();
                *value += size * sum * 3.0_f64.sqrt();
            }
        }
    }
    (scaled, rows)
}

/// Return the distance below which points count, which excludes the neighbour itself as in
/// scikit-learn.
fn radius(distance: f64) -> f64 {
    if distance > 0.0 {
        f64::from_bits(distance.to_bits() - 1)
    } else {
        0.0
    }
}

/// Return the number of `sorted` values within `radius` of the value at `place`, including
/// it.
fn count_within(sorted: &[f64], place: usize, radius: f64) -> usize {
    let value = sorted[place];
    let above = reach(sorted.len() - place, |step| {
        sorted[place + step] - value <= radius
    });
    let below = reach(place + 1, |step| value - sorted[place - step] <= radius);
    above + below - 1
}

/// Return the first of `1..limit` for which `is_within` fails; it then fails for all larger
/// ones.
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

/// Return the mutual information of each numeric column and the classes, in nats, at least
/// 0, over rows with a finite value. NaN for columns after the deadline.
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
    check(n_neighbors, table.n_rows() * table.n_columns(), noise)?;
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

/// Return the mutual information of the numeric target and each column's bins, with a bin
/// for missing values.
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
    check(n_neighbors, y.len(), noise)?;
    let digamma = digamma_table(y.len());
    let (values, rows) = prepare(y, 0, noise);
    workers.map(matrix.n_columns(), |column| {
        unless_late(workers, || {
            let codes = matrix.column(column);
            let groups: Vec<usize> = rows.iter().map(|&row| codes[row] as usize).collect();
            classes_of_values(&values, &groups, 256, n_neighbors, &digamma, workers)
        })
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
    // Sorted, without classes of a single row, which have no neighbours.
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
                if workers.is_late() {
                    return Ok(f64::NAN);
                }
            }
            // The k + 1 consecutive points with the smallest radius around this one.
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
    Ok(not_negative(digamma[sorted.len()] + sum / n))
}

/// Return the mutual information of each numeric column and the numeric target, in nats, at
/// least 0, over rows with finite values of both. The cost is about `n_rows` to the power
/// of 1.5 per column, also for columns with few distinct values.
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
    check(n_neighbors, (table.n_columns() + 1) * y.len(), noise)?;
    let digamma = digamma_table(table.n_rows());
    // The target's noise is that of a column after the last.
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
    let plane = Plane::new(x, y, workers)?;
    let mut nearest = vec![f64::INFINITY; n_neighbors];
    let mut sum = 0.0;
    let mut n_steps = 0;
    for place in 0..n {
        if n_steps >= MANY_STEPS || place % BLOCK == 0 {
            workers.check()?;
            if workers.is_late() {
                return Ok(f64::NAN);
            }
            n_steps = 0;
        }
        n_steps += plane.nearest(place, &mut nearest);
        let radius = radius(nearest[n_neighbors - 1]);
        sum += digamma[count_within(&plane.x.sorted, place, radius)];
        sum += digamma[count_within(&plane.y.sorted, plane.y_place[place] as usize, radius)];
    }
    Ok(not_negative(
        digamma[n] + digamma[n_neighbors] - sum / n as f64,
    ))
}

/// One coordinate of all points.
struct Axis {
    /// Sorted values.
    sorted: Vec<f64>,
    /// The other coordinate of the same points.
    other: Vec<f64>,
}

/// A search from a point along an axis, by distance on that axis.
struct Walk<'a> {
    axis: &'a Axis,
    place: usize,
    /// Points at places from `below` on, and below `above`, have been visited.
    below: usize,
    above: usize,
}

impl<'a> Walk<'a> {
    fn new(axis: &'a Axis, place: usize) -> Self {
        Self {
            axis,
            place,
            below: place,
            above: place + 1,
        }
    }

    fn has_visited(&self, place: usize) -> bool {
        (self.below..self.above).contains(&place)
    }

    /// Return the index of the next point, and its distance in the plane; `None` if the
    /// distance along the axis is at least `limit`.
    #[inline]
    fn next(&mut self, limit: f64) -> Option<(usize, f64)> {
        let (values, value) = (&self.axis.sorted, self.axis.sorted[self.place]);
        let left = if self.below > 0 {
            value - values[self.below - 1]
        } else {
            f64::INFINITY
        };
        let right = if self.above < values.len() {
            values[self.above] - value
        } else {
            f64::INFINITY
        };
        if left.min(right) >= limit {
            return None;
        }
        let (along, place) = if left <= right {
            self.below -= 1;
            (left, self.below)
        } else {
            self.above += 1;
            (right, self.above - 1)
        };
        let across = (self.axis.other[place] - self.axis.other[self.place]).abs();
        Some((place, along.max(across)))
    }
}

/// Points in order of x and in order of y.
struct Plane {
    x: Axis,
    y: Axis,
    /// The ranks by y of the points in order of x, and vice versa.
    y_place: Vec<u32>,
    x_place: Vec<u32>,
    /// Number of points that a search along x visits alone.
    n_alone: usize,
}

impl Plane {
    fn new(x: &[f64], y: &[f64], workers: &Workers) -> Result<Self, Error> {
        let order = |values: &[f64]| -> Result<Vec<usize>, Error> {
            let keys: Vec<u64> = values.iter().map(|&value| key(value)).collect();
            Ok(Ordered::new(&keys, workers)?.places().collect())
        };
        let axis = |order: &[usize], values: &[f64], other: &[f64]| Axis {
            sorted: order.iter().map(|&row| values[row]).collect(),
            other: order.iter().map(|&row| other[row]).collect(),
        };
        let (by_x, by_y) = (order(x)?, order(y)?);
        let mut of_row = vec![0; x.len()];
        for (place, &row) in by_x.iter().enumerate() {
            of_row[row] = place as u32;
        }
        let x_place: Vec<u32> = by_y.iter().map(|&row| of_row[row]).collect();
        let mut y_place = vec![0; x.len()];
        for (place, &x_place) in x_place.iter().enumerate() {
            y_place[x_place as usize] = place as u32;
        }
        Ok(Self {
            x: axis(&by_x, x, y),
            y: axis(&by_y, y, x),
            y_place,
            x_place,
            n_alone: 8 * x.len().isqrt(),
        })
    }

    /// Write the ascending distances to the nearest points, by the larger of both
    /// differences, into `nearest`; return the number of visited points.
    ///
    /// Points are visited by their distance in x, until this distance is too large. Among
    /// many points of nearly equal x, that would visit all of them. Hence, after some
    /// points, a second search by the distance in y alternates with the first, and the
    /// first search that exceeds the distance ends both.
    fn nearest(&self, place: usize, nearest: &mut [f64]) -> usize {
        nearest.fill(f64::INFINITY);
        let last = nearest.len() - 1;
        let mut along_x = Walk::new(&self.x, place);
        for n_visited in 0..self.n_alone {
            match along_x.next(nearest[last]) {
                Some((_, distance)) => insert(nearest, distance),
                None => return n_visited,
            }
        }
        let mut along_y = Walk::new(&self.y, self.y_place[place] as usize);
        let mut n_visited = self.n_alone;
        loop {
            n_visited += 1;
            let Some((other, distance)) = along_x.next(nearest[last]) else {
                return n_visited;
            };
            if !along_y.has_visited(self.y_place[other] as usize) {
                insert(nearest, distance);
            }
            let Some((other, distance)) = along_y.next(nearest[last]) else {
                return n_visited;
            };
            if !along_x.has_visited(self.x_place[other] as usize) {
                insert(nearest, distance);
            }
        }
    }
}

/// Insert a distance into the ascending smallest distances.
#[inline]
fn insert(nearest: &mut [f64], distance: f64) {
    let last = nearest.len() - 1;
    if distance < nearest[last] {
        let mut spot = last;
        while spot > 0 && nearest[spot - 1] > distance {
            nearest[spot] = nearest[spot - 1];
            spot -= 1;
        }
        nearest[spot] = distance;
    }
}

fn check(n_neighbors: usize, n_values: usize, noise: Noise<'_>) -> Result<(), Error> {
    if n_neighbors == 0 {
        return Err(Error::value(
            "n_neighbors must be at least 1. Got 0 instead.",
        ));
    }
    match noise {
        Noise::Given(noise) if noise.len() < n_values => {
            Err(Error::length("noise", n_values, noise.len()))
        }
        _ => Ok(()),
    }
}

/// Return an estimate of information, at least 0; NaN stays.
fn not_negative(information: f64) -> f64 {
    if information < 0.0 { 0.0 } else { information }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::Progress;
    use crate::binning::{Kind, Options};
    use crate::columns::Separate;
    use proptest::prelude::*;

    const NOISE: Noise<'static> = Noise::Drawn { seed: 0 };

    #[test]
    fn a_column_of_two_values_visits_few_points() {
        let mut rng = crate::rng::Rng::new(3, 0);
        let n = 5_000;
        let x: Vec<f64> = (0..n).map(|_| f64::from(rng.uniform() < 0.5)).collect();
        let y: Vec<f64> = (0..n).map(|_| rng.uniform()).collect();
        let (x, _) = prepare(&x, 0, NOISE);
        let plane = Plane::new(&x, &y, &Workers::default()).unwrap();
        let mut nearest = [0.0; 3];
        let n_steps: usize = (0..n).map(|place| plane.nearest(place, &mut nearest)).sum();
        assert!(n_steps < n * 10 * n.isqrt(), "{n_steps}");
    }

    #[test]
    fn a_column_that_time_runs_out_in_is_nan_and_is_no_step() {
        let x: Vec<f64> = (0..100).map(f64::from).collect();
        let progress = Progress::default();
        let late = Workers::default().watched(Some(Instant::now()), progress.clone());
        let digamma = digamma_table(100);
        assert!(
            values_of_values(&x, &x, 3, &digamma, &late)
                .unwrap()
                .is_nan()
        );
        let classes = vec![0; 100];
        let score = classes_of_values(&x, &classes, 1, 3, &digamma, &late).unwrap();
        assert!(score.is_nan());
        let table = Separate::new(vec![&x[..]]).unwrap();
        assert!(with_values(&table, &x, 3, NOISE, &late).unwrap()[0].is_nan());
        assert_eq!(progress.done(), 0);
    }

    #[test]
    fn neighbours_and_noise_of_bins_are_checked_as_those_of_columns_are() {
        let y = [1.0, 2.0, 3.0];
        let table = Separate::new(vec![&y[..]]).unwrap();
        let options = Options {
            n_bins: 4,
            sample: None,
        };
        let workers = Workers::default();
        let matrix = BinnedMatrix::fit(&table, &[Kind::Numeric], options, &workers).unwrap();
        assert!(of_bins(&matrix, &y, 0, Noise::Zero, &workers).is_err());
        let short = Noise::Given(&y[..1]);
        let error = of_bins(&matrix, &y, 3, short, &workers).unwrap_err();
        assert!(error.to_string().contains("noise"), "{error}");
        assert!(with_values(&table, &y, 1, Noise::Given(&y), &workers).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn neighbours_are_those_of_a_full_search(
            rows in prop::collection::vec((0_u8..20, 0_u8..20), 5..40),
            k in 1_usize..4,
            n_alone in 0_usize..12,
        ) {
            let mut rows = rows;
            rows.sort_unstable();
            let x: Vec<f64> = rows.iter().map(|row| f64::from(row.0)).collect();
            let y: Vec<f64> = rows.iter().map(|row| f64::from(row.1)).collect();
            let mut plane = Plane::new(&x, &y, &Workers::default()).unwrap();
            plane.n_alone = n_alone;
            for place in 0..x.len() {
                let mut all: Vec<f64> = (0..x.len())
                    .filter(|&other| other != place)
                    .map(|other| (x[other] - x[place]).abs().max((y[other] - y[place]).abs()))
                    .collect();
                all.sort_unstable_by(f64::total_cmp);
                let mut nearest = vec![0.0; k];
                plane.nearest(place, &mut nearest);
                prop_assert_eq!(&nearest, &all[..k]);
                for radius in [0.0, 1.0, 2.5, 30.0] {
                    let expected = x.iter().filter(|&&o| (o - x[place]).abs() <= radius).count();
                    prop_assert_eq!(count_within(&x, place, radius), expected);
                }
            }
        }
    }
}
