//! Candidates of categories: group statistics, counts, means of the residual.

use std::ops::Range;

use super::tally::{Residual, gain};
use crate::generate::Operator;

/// The groups of the current candidate, and buffers for sums by group.
#[derive(Debug, Default)]
pub(super) struct Categories {
    groups: Vec<u32>,
    n_groups: usize,
    keys: Vec<u64>,
    counts: Vec<u32>,
    sums: Vec<f64>,
    numbers: Vec<f64>,
    cells: Vec<u64>,
}

impl Categories {
    /// Return whether this module computes an operator on groups.
    pub(super) fn describes(operator: Operator) -> bool {
        matches!(
            operator,
            Operator::GroupMean
                | Operator::GroupStd
                | Operator::GroupMin
                | Operator::GroupMax
                | Operator::MinusGroupMean
                | Operator::OverGroupMean
        )
    }

    /// Group rows by one column or by the cross of several. Each column is given by the
    /// rows' categories and their number.
    pub(super) fn take<'a>(&mut self, columns: impl Iterator<Item = (&'a [u32], u64)>) {
        for (place, (codes, n_levels)) in columns.enumerate() {
            if place == 0 {
                self.groups.clear();
                self.groups.extend_from_slice(codes);
                self.n_groups = n_levels as usize;
            } else {
                self.cross(codes, n_levels);
            }
        }
    }

    fn cross(&mut self, codes: &[u32], n_levels: u64) {
        let key = |group: u32, code: u32| u64::from(group) * n_levels + u64::from(code);
        let n_pairs = (self.n_groups as u64).saturating_mul(n_levels);
        if n_pairs <= 4 * codes.len() as u64 {
            for (group, &code) in self.groups.iter_mut().zip(codes) {
                *group = key(*group, code) as u32;
            }
            self.n_groups = n_pairs as usize;
            return;
        }
        // Too many combinations for a table: number those that occur.
        let pairs = self.groups.iter().zip(codes);
        self.keys.clear();
        self.keys
            .extend(pairs.map(|(&group, &code)| key(group, code)));
        self.keys.sort_unstable();
        self.keys.dedup();
        for (group, &code) in self.groups.iter_mut().zip(codes) {
            let pair = key(*group, code);
            *group = self.keys.partition_point(|&other| other < pair) as u32;
        }
        self.n_groups = self.keys.len();
    }

    /// Compute the number of rows in each row's group.
    pub(super) fn count(&mut self, values: &mut Vec<f32>) {
        self.counts.clear();
        self.counts.resize(self.n_groups, 0);
        for &group in &self.groups {
            self.counts[group as usize] += 1;
        }
        values.clear();
        let groups = self.groups.iter();
        values.extend(groups.map(|&group| self.counts[group as usize] as f32));
    }

    /// Compute a statistic of `numbers` by group, for each row. Missing numbers are
    /// ignored.
    pub(super) fn describe(&mut self, operator: Operator, numbers: &[f32], values: &mut Vec<f32>) {
        let by_group = match operator {
            Operator::GroupMin | Operator::GroupMax => self.extremes(operator, numbers),
            Operator::GroupStd => self.deviations(numbers),
            _ => self.means(numbers),
        };
        values.clear();
        let rows = self.groups.iter().zip(numbers);
        values.extend(rows.map(|(&group, &number)| {
            let statistic = by_group[group as usize];
            match operator {
                Operator::MinusGroupMean => (f64::from(number) - statistic) as f32,
                Operator::OverGroupMean => (f64::from(number) / statistic) as f32,
                _ => statistic as f32,
            }
        }));
        self.numbers = by_group;
    }

    fn means(&mut self, numbers: &[f32]) -> Vec<f64> {
        self.counts.clear();
        self.counts.resize(self.n_groups, 0);
        let mut sums = std::mem::take(&mut self.numbers);
        sums.clear();
        sums.resize(self.n_groups, 0.0);
        for (&group, &number) in self.groups.iter().zip(numbers) {
            if number.is_finite() {
                self.counts[group as usize] += 1;
                sums[group as usize] += f64::from(number);
            }
        }
        for (sum, &count) in sums.iter_mut().zip(&self.counts) {
            *sum /= f64::from(count);
        }
        sums
    }

    fn deviations(&mut self, numbers: &[f32]) -> Vec<f64> {
        let mut means = self.means(numbers);
        self.sums.clear();
        self.sums.resize(self.n_groups, 0.0);
        for (&group, &number) in self.groups.iter().zip(numbers) {
            if number.is_finite() {
                let apart = f64::from(number) - means[group as usize];
                self.sums[group as usize] += apart * apart;
            }
        }
        for ((mean, &sum), &count) in means.iter_mut().zip(&self.sums).zip(&self.counts) {
            // The standard deviation needs two numbers.
            *mean = if count < 2 {
                f64::NAN
            } else {
                (sum / (f64::from(count) - 1.0)).sqrt()
            };
        }
        means
    }

    fn extremes(&mut self, operator: Operator, numbers: &[f32]) -> Vec<f64> {
        let mut extremes = std::mem::take(&mut self.numbers);
        extremes.clear();
        extremes.resize(self.n_groups, f64::NAN);
        for (&group, &number) in self.groups.iter().zip(numbers) {
            if number.is_finite() {
                let so_far = &mut extremes[group as usize];
                let number = f64::from(number);
                // `f64::min` and `f64::max` ignore the initial NaN.
                *so_far = match operator {
                    Operator::GroupMin => so_far.min(number),
                    _ => so_far.max(number),
                };
            }
        }
        extremes
    }

    /// Return the gain of the mean residual by group, computed from the other parts.
    pub(super) fn gain_of_means(&mut self, residual: &Residual, parts: &[Range<usize>]) -> f64 {
        let n_parts = parts.len();
        self.cells.clear();
        self.cells.resize(self.n_groups * n_parts, 0);
        for (part, rows) in parts.iter().enumerate() {
            let groups = self.groups[rows.clone()].iter();
            for (&group, cell) in groups.zip(residual.cells(rows.clone())) {
                self.cells[group as usize * n_parts + part] += cell;
            }
        }
        gain(&self.cells, n_parts, residual)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_fewer_than_two_numbers_have_no_spread() {
        let mut categories = Categories::default();
        categories.take([(&[0, 0, 1, 2, 2][..], 3)].into_iter());
        let numbers = [f32::NAN, f32::NAN, 1.0, 1.0, 3.0];
        let mut spreads = Vec::new();
        categories.describe(Operator::GroupStd, &numbers, &mut spreads);
        assert!(
            spreads[..3].iter().all(|spread| spread.is_nan()),
            "{spreads:?}"
        );
        assert_eq!(spreads[3..], [2.0_f32.sqrt(); 2]);
    }
}
