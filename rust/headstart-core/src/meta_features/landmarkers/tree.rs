//! Greedily grown trees of one or a few splits.

use super::sample::{Labels, Levels, Sample};
use super::tally::{ClassTally, Tally, ValueTally};
use crate::{Error, Workers};

/// Smallest number of rows on each side of a split.
const MIN_LEAF: usize = 3;

/// Smallest gain of a split, above rounding errors.
const MIN_GAIN: f64 = 1e-9;

/// Return the loss of a tree with at most the given depth.
pub(super) fn loss(
    sample: &Sample,
    orders: &Orders,
    train: Vec<usize>,
    test: Vec<usize>,
    depth: usize,
) -> f64 {
    match &sample.labels {
        Labels::Classes { codes, n_classes } => {
            let mut tally = ClassTally::new(codes, *n_classes);
            grow(sample, orders, &mut tally, train, test, depth)
        }
        Labels::Values(values) => {
            let mut tally = ValueTally::new(values);
            grow(sample, orders, &mut tally, train, test, depth)
        }
    }
}

/// Rows in the order of each column's values, which all trees and nodes share.
pub(super) struct Orders {
    /// Rows with a value, and rows without a value.
    numeric: Vec<(Vec<usize>, Vec<usize>)>,
    nominal: Vec<Vec<usize>>,
}

impl Orders {
    pub(super) fn of(sample: &Sample, workers: &Workers) -> Result<Self, Error> {
        let numeric = workers.map(sample.numeric.len(), |column| {
            let values = &sample.numeric[column];
            let (known, missing): (Vec<usize>, Vec<usize>) =
                (0..values.len()).partition(|&row| !values[row].is_nan());
            let mut pairs: Vec<(f64, usize)> =
                known.into_iter().map(|row| (values[row], row)).collect();
            pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            Ok((pairs.into_iter().map(|(_, row)| row).collect(), missing))
        })?;
        let nominal = workers.map(sample.nominal.len(), |column| {
            let codes = &sample.nominal[column].codes;
            let mut rows: Vec<usize> = (0..codes.len()).collect();
            rows.sort_by_key(|&row| codes[row]);
            Ok(rows)
        })?;
        Ok(Self { numeric, nominal })
    }
}

/// A condition on a row; rows that satisfy it go left.
#[derive(Clone, Copy)]
enum Split<'a> {
    UpTo {
        values: &'a [f64],
        threshold: f64,
        missing_left: bool,
    },
    Is {
        codes: &'a [u32],
        level: u32,
    },
}

impl Split<'_> {
    fn goes_left(self, row: usize) -> bool {
        match self {
            Self::UpTo {
                values,
                threshold,
                missing_left,
            } => {
                let value = values[row];
                if value.is_nan() {
                    missing_left
                } else {
                    value <= threshold
                }
            }
            Self::Is { codes, level } => codes[row] == level,
        }
    }
}

/// Return the loss of the test rows of a node's subtree.
fn grow<T: Tally>(
    sample: &Sample,
    orders: &Orders,
    tally: &mut T,
    train: Vec<usize>,
    test: Vec<usize>,
    depth: usize,
) -> f64 {
    tally.start(&train);
    let split = if depth == 0 || train.len() < 2 * MIN_LEAF {
        None
    } else {
        best_split(sample, orders, tally, &train)
    };
    let Some(split) = split else {
        return tally.leaf_loss(&test);
    };
    let part = |rows: Vec<usize>| -> (Vec<usize>, Vec<usize>) {
        rows.into_iter().partition(|&row| split.goes_left(row))
    };
    let ((train_left, train_right), (test_left, test_right)) = (part(train), part(test));
    grow(sample, orders, tally, train_left, test_left, depth - 1)
        + grow(sample, orders, tally, train_right, test_right, depth - 1)
}

/// Return the split with the highest score, the first of ties; `None` if none gains.
fn best_split<'a, T: Tally>(
    sample: &'a Sample,
    orders: &Orders,
    tally: &mut T,
    rows: &[usize],
) -> Option<Split<'a>> {
    let mut inside = vec![false; sample.n_rows()];
    for &row in rows {
        inside[row] = true;
    }
    let mut best = Best {
        score: tally.score() + MIN_GAIN,
        split: None,
        n_rows: rows.len(),
    };
    for (values, (order, missing)) in sample.numeric.iter().zip(&orders.numeric) {
        let missing: Vec<usize> = missing.iter().copied().filter(|&row| inside[row]).collect();
        let order = || order.iter().copied().filter(|&row| inside[row]);
        best.look_at_numbers(tally, values, order(), None);
        if !missing.is_empty() {
            best.look_at_numbers(tally, values, order(), Some(&missing));
        }
    }
    for (column, order) in sample.nominal.iter().zip(&orders.nominal) {
        let order = order.iter().copied().filter(|&row| inside[row]);
        best.look_at_levels(tally, column, order);
    }
    best.split
}

struct Best<'a> {
    score: f64,
    split: Option<Split<'a>>,
    n_rows: usize,
}

impl<'a> Best<'a> {
    fn offer<T: Tally>(&mut self, tally: &T, split: Split<'a>) {
        let (left, right) = (tally.n_left(), self.n_rows - tally.n_left());
        if left >= MIN_LEAF && right >= MIN_LEAF {
            let score = tally.score();
            if score > self.score {
                self.score = score;
                self.split = Some(split);
            }
        }
    }

    /// Evaluate every threshold, with the rows without a value on the left or, for `None`,
    /// on the right.
    fn look_at_numbers<T: Tally>(
        &mut self,
        tally: &mut T,
        values: &'a [f64],
        order: impl Iterator<Item = usize>,
        missing: Option<&[usize]>,
    ) {
        tally.rewind();
        for &row in missing.unwrap_or_default() {
            tally.move_left(row);
        }
        // A split below all values separates missing values.
        let mut below = f64::NEG_INFINITY;
        for row in order {
            let value = values[row];
            if value > below {
                let middle = f64::midpoint(below, value);
                let split = Split::UpTo {
                    values,
                    // There is no number between neighbouring floats.
                    threshold: if middle < value { middle } else { below },
                    missing_left: missing.is_some(),
                };
                self.offer(tally, split);
            }
            tally.move_left(row);
            below = value;
        }
    }

    /// Evaluate each level against the rest.
    fn look_at_levels<T: Tally>(
        &mut self,
        tally: &mut T,
        column: &'a Levels,
        order: impl Iterator<Item = usize>,
    ) {
        let mut current = None;
        for row in order {
            let level = column.codes[row];
            if current != Some(level) {
                self.offer_level(tally, column, current);
                tally.rewind();
                current = Some(level);
            }
            tally.move_left(row);
        }
        self.offer_level(tally, column, current);
    }

    fn offer_level<T: Tally>(&mut self, tally: &T, column: &'a Levels, level: Option<u32>) {
        if let Some(level) = level {
            let codes = &column.codes;
            self.offer(tally, Split::Is { codes, level });
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::sample::tests::sample;
    use super::*;

    fn classes(codes: &[u32]) -> Labels {
        Labels::Classes {
            codes: codes.to_vec(),
            n_classes: 3,
        }
    }

    /// Loss of a tree on the rows that it was grown from.
    fn fitted(sample: &Sample, depth: usize) -> f64 {
        let rows: Vec<usize> = (0..sample.n_rows()).collect();
        let orders = Orders::of(sample, &Workers::default()).unwrap();
        loss(sample, &orders, rows.clone(), rows, depth)
    }

    #[test]
    fn one_split_tells_two_classes_apart_and_two_tell_three() {
        let values: Vec<f64> = (0..12).map(f64::from).collect();
        let codes = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2];
        let data = sample(vec![values], vec![], classes(&codes));
        assert_eq!(fitted(&data, 1), 4.0);
        assert_eq!(fitted(&data, 2), 0.0);
    }

    #[test]
    fn missing_values_can_tell_the_class() {
        let mut values: Vec<f64> = (0..8).map(|row| f64::from(row % 2)).collect();
        values[..4].fill(f64::NAN);
        let codes = [0, 0, 0, 0, 1, 1, 1, 1];
        let data = sample(vec![values], vec![], classes(&codes));
        assert_eq!(fitted(&data, 1), 0.0);
    }

    #[test]
    fn a_level_is_split_from_the_others() {
        let levels = vec![2, 1, 0, 1, 2, 1, 0, 1];
        let codes = [0, 1, 0, 1, 0, 1, 0, 1];
        let data = sample(vec![], vec![levels], classes(&codes));
        assert_eq!(fitted(&data, 1), 0.0);
    }

    #[test]
    fn values_are_predicted_by_the_means_of_the_sides() {
        let values: Vec<f64> = (0..8).map(f64::from).collect();
        let y = vec![-1.0, -1.0, -1.0, -1.0, 1.0, 1.0, 1.0, 1.0];
        let data = sample(vec![values], vec![], Labels::Values(y));
        assert_eq!(fitted(&data, 0), 8.0);
        assert_eq!(fitted(&data, 1), 0.0);
    }

    #[test]
    fn neighbouring_floats_are_parted() {
        let low = 1.0_f64;
        let high = f64::from_bits(low.to_bits() + 1);
        let values = vec![low, low, low, high, high, high];
        let data = sample(vec![values], vec![], classes(&[0, 0, 0, 1, 1, 1]));
        assert_eq!(fitted(&data, 1), 0.0);
    }
}
