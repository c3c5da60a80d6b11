//! `ReliefF`: the difference of columns between near rows of other classes and of the same
//! class.
//!
//! The method is that of Robnik-Šikonja and Kononenko (2003), with the choices of
//! scikit-rebate. Every row is used. Numbers are scaled by their range. In tables with
//! numeric and categorical columns, a difference of more than one standard deviation counts
//! as 1. Missing values are ignored in scores and in distances, which are means over the
//! columns that both rows have.

use crate::columns::{Columns, each_column};
use crate::simd::{self, OTHERS, ROWS};
use crate::{Error, Workers};

use super::{Classes, check_rows};

/// The target, which defines hits and misses.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// Hits have the same class; misses of each other class are weighted by its share.
    Classes(Classes<'a>),
    /// Hits are less than one standard deviation away.
    Values(&'a [f64]),
}

/// A column in the form for distances.
struct Column {
    /// Numbers divided by their range, or codes; 0 if missing.
    values: Vec<f64>,
    is_missing: Vec<bool>,
    has_missing: bool,
    is_categorical: bool,
    /// The standard deviation divided by the range.
    deviation: f64,
}

/// Weights, and the number of rows used.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// One weight per column; NaN if no row was used.
    pub weights: Vec<f64>,
    /// Number of rows before the deadline.
    pub n_rows: usize,
}

/// Rows per partial sum.
const BLOCK: usize = 64;

/// Return `ReliefF`'s weight of each column.
///
/// Blocks of rows are visited in a scattered order, so that those before a deadline
/// represent all rows.
///
/// # Errors
/// [`Error::Shape`], [`Error::Value`] for no neighbours, [`Error::Cancelled`].
pub fn relieff(
    table: &dyn Columns,
    is_categorical: &[bool],
    target: Target<'_>,
    n_neighbors: usize,
    workers: &Workers,
) -> Result<Weights, Error> {
    let n_rows = table.n_rows();
    check_rows("is_categorical", table.n_columns(), is_categorical.len())?;
    if n_neighbors == 0 {
        return Err(Error::value(
            "n_neighbors must be at least 1. Got 0 instead.",
        ));
    }
    let n_found = match target {
        Target::Classes(classes) => classes.codes.len(),
        Target::Values(values) => values.len(),
    };
    check_rows("y", n_rows, n_found)?;
    let columns = each_column(table, workers, |column, values| {
        Ok(Column::of(values, is_categorical[column]))
    })?;
    let is_mixed = columns.iter().any(|column| column.is_categorical)
        && columns.iter().any(|column| !column.is_categorical);
    let groups = Groups::of(target);
    let panels = Panels::of(&columns, n_rows);
    // Blocks of rows are summed separately, then in order, so that the sums do not depend
    // on the number of threads.
    let n_blocks = n_rows.div_ceil(BLOCK);
    let stride = stride(n_blocks);
    let block_of = |task: usize| task * stride % n_blocks;
    let parts = workers.map(n_blocks, |task| {
        if workers.is_late() {
            return Ok(None);
        }
        let first = block_of(task) * BLOCK;
        let rows = first..(first + BLOCK).min(n_rows);
        let mut scores = vec![0.0; columns.len()];
        let mut distances = vec![0.0; ROWS * panels.n_padded];
        let (mut near, mut row_scores) = (Vec::new(), vec![0.0; columns.len()]);
        for first in rows.clone().step_by(ROWS) {
            workers.check()?;
            let count = ROWS.min(rows.end - first);
            panels.distances(first, count, &columns, &mut distances);
            for (row, distances) in (first..first + count).zip(distances.chunks(panels.n_padded)) {
                groups.neighbors(row, &distances[..n_rows], n_neighbors, &mut near);
                if panels.is_plain {
                    panels.score(row, &near, &mut row_scores);
                    for (score, row_score) in scores.iter_mut().zip(&row_scores) {
                        *score += row_score;
                    }
                } else {
                    for (score, column) in scores.iter_mut().zip(&columns) {
                        *score += column.score(row, &near, is_mixed);
                    }
                }
            }
        }
        workers.advance(rows.len());
        Ok(Some((rows, scores)))
    })?;
    let mut parts: Vec<_> = parts.into_iter().flatten().collect();
    parts.sort_unstable_by_key(|(rows, _)| rows.start);
    let n_seen: usize = parts.iter().map(|(rows, _)| rows.len()).sum();
    let start = if n_seen > 0 { 0.0 } else { f64::NAN };
    let mut weights = vec![start; columns.len()];
    for (_, part) in parts {
        for (weight, part) in weights.iter_mut().zip(part) {
            *weight += part / n_seen as f64;
        }
    }
    Ok(Weights {
        weights,
        n_rows: n_seen,
    })
}

/// Return a step that visits each of `n` positions, with successive positions far apart.
fn stride(n: usize) -> usize {
    // A step exists, because n + 1 and n have no common factor.
    (n * 5 / 8..=n + 1)
        .find(|&step| step > 0 && common_factor(step, n) == 1)
        .unwrap_or(1)
}

/// Return the greatest common divisor.
fn common_factor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { common_factor(b, a % b) }
}

impl Column {
    fn of(values: &[f64], is_categorical: bool) -> Self {
        let is_missing: Vec<bool> = values.iter().map(|value| !value.is_finite()).collect();
        let there = || values.iter().copied().filter(|value| value.is_finite());
        let low = there().fold(f64::INFINITY, f64::min);
        let high = there().fold(f64::NEG_INFINITY, f64::max);
        let n = there().count() as f64;
        let mean = there().sum::<f64>() / n;
        let variance = there().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
        let (low, range) = if is_categorical || high <= low {
            (0.0, 1.0)
        } else {
            (low, high - low)
        };
        Self {
            values: values
                .iter()
                .map(|value| {
                    if value.is_finite() {
                        (value - low) / range
                    } else {
                        0.0
                    }
                })
                .collect(),
            has_missing: is_missing.contains(&true),
            is_missing,
            is_categorical,
            deviation: variance.sqrt() / range,
        }
    }

    /// Return this column's score for one row: the sum over groups of neighbours of the
    /// mean difference times the group's weight.
    fn score(&self, row: usize, near: &[Near], is_mixed: bool) -> f64 {
        if self.is_missing[row] {
            return 0.0;
        }
        let value = self.values[row];
        let mut score = 0.0;
        for group in near {
            let (mut sum, mut count) = (0.0, 0.0);
            for &other in &group.rows {
                let other = other as usize;
                if self.has_missing && self.is_missing[other] {
                    continue;
                }
                count += 1.0;
                let difference = (value - self.values[other]).abs();
                sum += if self.is_categorical {
                    f64::from(u8::from(difference != 0.0))
                } else if is_mixed && difference > self.deviation {
                    1.0
                } else {
                    difference
                };
            }
            if count > 0.0 {
                score += group.weight * sum / count;
            }
        }
        score
    }
}

/// Values of `OTHERS` adjacent rows, column by column, in the order in which distances read
/// them.
struct Panels {
    values: Vec<[f64; OTHERS]>,
    missing: Vec<[f64; OTHERS]>,
    n_padded: usize,
    n_columns: usize,
    /// Whether there are only numbers, and none is missing.
    is_plain: bool,
    /// The values row by row, in that case.
    rows: Vec<f64>,
}

impl Panels {
    fn of(columns: &[Column], n_rows: usize) -> Self {
        let n_padded = n_rows.next_multiple_of(OTHERS);
        let size = n_padded / OTHERS * columns.len();
        let any_missing = columns.iter().any(|column| column.has_missing);
        let is_plain = !any_missing && columns.iter().all(|column| !column.is_categorical);
        let mut values = vec![[0.0; OTHERS]; size];
        let mut missing = vec![[0.0; OTHERS]; if any_missing { size } else { 0 }];
        let mut rows = vec![0.0; if is_plain { n_rows * columns.len() } else { 0 }];
        for (number, column) in columns.iter().enumerate() {
            for (row, &value) in column.values.iter().enumerate() {
                let place = row / OTHERS * columns.len() + number;
                values[place][row % OTHERS] = value;
                if is_plain {
                    rows[row * columns.len() + number] = value;
                } else if any_missing && column.is_missing[row] {
                    missing[place][row % OTHERS] = 1.0;
                }
            }
        }
        Self {
            values,
            missing,
            n_padded,
            n_columns: columns.len(),
            is_plain,
            rows,
        }
    }

    /// Compute the distances of `count` rows from `first` to all rows.
    fn distances(&self, first: usize, count: usize, columns: &[Column], out: &mut [f64]) {
        let size = self.n_columns;
        let rows: Vec<[f64; ROWS]> = columns
            .iter()
            .map(|column| std::array::from_fn(|row| column.values[first + row.min(count - 1)]))
            .collect();
        for panel in 0..self.n_padded / OTHERS {
            let values = &self.values[panel * size..(panel + 1) * size];
            let sums = if self.is_plain {
                simd::absolute_differences(&rows, values)
            } else {
                let missing = self.missing.get(panel * size..(panel + 1) * size);
                mixed_distances(first, count, columns, values, missing)
            };
            for (row, sums) in sums.iter().enumerate() {
                let start = row * self.n_padded + panel * OTHERS;
                out[start..start + OTHERS].copy_from_slice(sums);
            }
        }
    }

    /// Compute [`Column::score`] of each column if there are only numbers and none is
    /// missing.
    fn score(&self, row: usize, near: &[Near], out: &mut [f64]) {
        let values = |row: usize| &self.rows[row * self.n_columns..(row + 1) * self.n_columns];
        let mut sums = vec![0.0; self.n_columns];
        out.fill(0.0);
        for group in near.iter().filter(|group| !group.rows.is_empty()) {
            sums.fill(0.0);
            for &other in &group.rows {
                let pairs = values(row).iter().zip(values(other as usize));
                for (sum, (a, b)) in sums.iter_mut().zip(pairs) {
                    *sum += (a - b).abs();
                }
            }
            let count = group.rows.len() as f64;
            for (score, sum) in out.iter_mut().zip(&sums) {
                *score += group.weight * sum / count;
            }
        }
    }
}

fn mixed_distances(
    first: usize,
    count: usize,
    columns: &[Column],
    panel: &[[f64; OTHERS]],
    missing: Option<&[[f64; OTHERS]]>,
) -> [[f64; OTHERS]; ROWS] {
    let mut sums = [[0.0; OTHERS]; ROWS];
    for (row, sums) in (first..first + count).zip(&mut sums) {
        let mut absent = [0.0; OTHERS];
        for (number, (column, others)) in columns.iter().zip(panel).enumerate() {
            let here = f64::from(u8::from(!column.is_missing[row]));
            for (lane, other) in others.iter().enumerate() {
                let gone = missing.map_or(0.0, |missing| missing[number][lane]);
                let counts = here * (1.0 - gone);
                let difference = (column.values[row] - other).abs();
                let difference = if column.is_categorical {
                    f64::from(u8::from(difference != 0.0))
                } else {
                    difference
                };
                sums[lane] += counts * difference;
                absent[lane] += 1.0 - counts;
            }
        }
        if missing.is_some() {
            for (sum, absent) in sums.iter_mut().zip(absent) {
                let n_shared = columns.len() as f64 - absent;
                // Rows without a shared column have the largest distance.
                *sum = if n_shared > 0.0 {
                    *sum / n_shared
                } else {
                    f64::INFINITY
                };
            }
        }
    }
    sums
}

/// A group of neighbours.
#[derive(Debug, Default)]
struct Near {
    rows: Vec<u32>,
    weight: f64,
}

enum Groups<'a> {
    /// Rows of each class, and its share.
    Classes {
        codes: &'a [u16],
        members: Vec<Vec<u32>>,
    },
    Values {
        values: &'a [f64],
        deviation: f64,
    },
}

impl<'a> Groups<'a> {
    fn of(target: Target<'a>) -> Self {
        match target {
            Target::Classes(classes) => {
                let mut members = vec![Vec::new(); classes.n_classes];
                for (&code, row) in classes.codes.iter().zip(0_u32..) {
                    members[code as usize].push(row);
                }
                Self::Classes {
                    codes: classes.codes,
                    members,
                }
            }
            Target::Values(values) => {
                let n = values.len() as f64;
                let mean = values.iter().sum::<f64>() / n;
                let square: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
                Self::Values {
                    values,
                    deviation: (square / (n - 1.0)).sqrt(),
                }
            }
        }
    }

    /// Collect the nearest hits, which decrease a column's score, and misses of each kind,
    /// which increase it.
    fn neighbors(&self, row: usize, distances: &[f64], k: usize, near: &mut Vec<Near>) {
        match self {
            Self::Classes { codes, members } => {
                near.resize_with(members.len(), Near::default);
                let row_class = codes[row] as usize;
                let n_others = (distances.len() - members[row_class].len()) as f64;
                for (class, (members, near)) in members.iter().zip(near).enumerate() {
                    near.weight = if class == row_class {
                        -1.0
                    } else {
                        members.len() as f64 / n_others
                    };
                    nearest(members.iter().copied(), row, distances, k, &mut near.rows);
                }
            }
            Self::Values { values, deviation } => {
                near.resize_with(2, Near::default);
                for (is_hit, near) in [true, false].into_iter().zip(near) {
                    near.weight = if is_hit { -1.0 } else { 1.0 };
                    let members = (0..distances.len() as u32).filter(|&other| {
                        ((values[row] - values[other as usize]).abs() < *deviation) == is_hit
                    });
                    nearest(members, row, distances, k, &mut near.rows);
                }
            }
        }
    }
}

/// Return the `k` nearest of `members`, without `row`; of ties, the first. Most rows are
/// rejected by one comparison.
fn nearest(
    members: impl Iterator<Item = u32>,
    row: usize,
    distances: &[f64],
    k: usize,
    neighbors: &mut Vec<u32>,
) {
    neighbors.clear();
    let mut farthest = f64::INFINITY;
    for other in members {
        let distance = distances[other as usize];
        if distance >= farthest && neighbors.len() == k || other as usize == row {
            continue;
        }
        if neighbors.len() == k {
            neighbors.pop();
        }
        let spot = neighbors.partition_point(|&before| distances[before as usize] <= distance);
        neighbors.insert(spot, other);
        if neighbors.len() == k {
            farthest = distances[neighbors[k - 1] as usize];
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::Progress;
    use crate::columns::Separate;

    #[test]
    fn a_column_that_tells_the_class_stands_above_noise() {
        let codes: Vec<u16> = (0..40).map(|row| row % 2).collect();
        let good: Vec<f64> = (0..40)
            .map(|row| f64::from(row % 2) + 0.01 * f64::from(row))
            .collect();
        let noise: Vec<f64> = (0..40).map(|row| f64::from(row * 17 % 40)).collect();
        let table = Separate::new(vec![&good[..], &noise]).unwrap();
        let target = Target::Classes(Classes::new(&codes, 2).unwrap());
        let scored = relieff(&table, &[false, false], target, 3, &Workers::default()).unwrap();
        let weights = &scored.weights;
        assert!(weights[0] > 0.5 && weights[1] < 0.3, "{weights:?}");
        assert_eq!(scored.n_rows, 40);
        let late = Workers::default().watched(Some(Instant::now()), Progress::default());
        let none = relieff(&table, &[false, false], target, 3, &late).unwrap();
        assert!(none.n_rows == 0 && none.weights[0].is_nan());
    }

    #[test]
    fn a_stride_comes_by_every_place() {
        for n in 1..70 {
            let mut places: Vec<usize> = (0..n).map(|task| task * stride(n) % n).collect();
            places.sort_unstable();
            assert!(places.into_iter().eq(0..n));
        }
    }

    #[test]
    fn of_equally_near_rows_the_first_are_taken() {
        let mut neighbors = Vec::new();
        nearest(0..5, 2, &[1.0, 2.0, 0.0, 1.0, 0.5], 2, &mut neighbors);
        assert_eq!(neighbors, [4, 0]);
    }
}
