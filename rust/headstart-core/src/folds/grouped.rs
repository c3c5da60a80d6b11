//! Folds that never split a group of rows.

use super::{check_codes, check_folds, starts_of};
use crate::rng::Rng;
use crate::sorting::sort_by_key;
use crate::{Error, Workers};

/// Return folds that never split a group, with about the same share of every class.
///
/// Groups are assigned in the order of decreasing variance of their class counts, ties in
/// random order. Each group goes to the fold for which the class shares are most even, or
/// to the smaller fold of a tie. This is the criterion of scikit-learn's
/// `StratifiedGroupKFold`, updated in O(folds · classes of the group) per group. With a
/// single class, it balances the folds' sizes, with the largest group first.
///
/// Returns `n_repeats * n_rows` ids, repeat by repeat.
///
/// # Errors
/// [`Error::Value`] for fewer than 2 folds, more folds than groups, or codes that are
/// not below the number of rows; [`Error::Shape`] if `codes` and `groups` differ in
/// length.
pub fn stratified_group_folds(
    codes: &[i64],
    groups: &[i64],
    n_folds: usize,
    n_repeats: usize,
    seed: u64,
    workers: &Workers,
) -> Result<Vec<u8>, Error> {
    let table = GroupTable::new(codes, groups)?;
    check_folds(n_folds, table.sizes.len(), "groups")?;
    let repeats = workers.map(n_repeats, |repeat| {
        let fold_of = assign(&table, n_folds, &mut Rng::new(seed, repeat as u64), workers)?;
        Ok(table.spread_to_rows(&fold_of, groups))
    })?;
    Ok(joined(repeats))
}

/// Return all repeats in one vector.
pub(super) fn joined(mut repeats: Vec<Vec<u8>>) -> Vec<u8> {
    if repeats.len() == 1 {
        repeats.swap_remove(0)
    } else {
        repeats.concat()
    }
}

/// Largest number of cells per row for a dense table of groups by classes.
const DENSE: usize = 4;

/// A class of a group and its number of rows. A table has fewer than 2^32 rows.
type Entry = (u32, u32);

/// The start of each group's entries, and the classes with counts, ascending.
type Counts = (Vec<u32>, Vec<Entry>);

fn count_densely(codes: &[i64], groups: &[i64], n_groups: usize, n_classes: usize) -> Counts {
    let mut table = vec![0_u32; n_groups * n_classes];
    for (&code, &group) in codes.iter().zip(groups) {
        table[group as usize * n_classes + code as usize] += 1;
    }
    let mut bounds = Vec::with_capacity(n_groups + 1);
    bounds.push(0);
    let mut entries = Vec::with_capacity(table.len());
    for counts in table.chunks_exact(n_classes.max(1)) {
        let present = (0_u32..).zip(counts).filter(|&(_, &count)| count > 0);
        entries.extend(present.map(|(class, &count)| (class, count)));
        bounds.push(entries.len() as u32);
    }
    (bounds, entries)
}

fn count_sparsely(codes: &[i64], groups: &[i64], n_groups: usize) -> Counts {
    let mut sizes = vec![0_usize; n_groups];
    for &group in groups {
        sizes[group as usize] += 1;
    }
    let mut next = starts_of(&sizes);
    let mut by_group = vec![0_u32; codes.len()];
    for (&code, &group) in codes.iter().zip(groups) {
        let at = &mut next[group as usize];
        by_group[*at] = code as u32;
        *at += 1;
    }
    let mut bounds = vec![0];
    let mut entries = Vec::new();
    let mut rest = by_group.as_mut_slice();
    for &size in &sizes {
        let (classes, after) = rest.split_at_mut(size);
        classes.sort_unstable();
        entries.extend(
            classes
                .chunk_by(|a, b| a == b)
                .map(|same| (same[0], same.len() as u32)),
        );
        bounds.push(entries.len() as u32);
        rest = after;
    }
    (bounds, entries)
}

/// Counts of the classes of each group. Codes without rows are not groups; the others are
/// numbered in their order.
pub(super) struct GroupTable {
    /// Rows of each class.
    pub(super) class_totals: Vec<usize>,
    /// Rows of each group.
    pub(super) sizes: Vec<usize>,
    /// Start of the entries of each group in `entries`, and their end.
    bounds: Vec<u32>,
    /// Class and count, group by group, classes ascending.
    entries: Vec<Entry>,
    /// The group of each code; empty if every code has a row.
    group_of: Option<Vec<u32>>,
}

impl GroupTable {
    pub(super) fn new(codes: &[i64], groups: &[i64]) -> Result<Self, Error> {
        if codes.len() != groups.len() {
            return Err(Error::length("groups", codes.len(), groups.len()));
        }
        if u32::try_from(codes.len()).is_err() {
            return Err(Error::value("A table must have fewer than 2^32 rows."));
        }
        let n_classes = check_codes("codes", codes)?;
        let n_groups = check_codes("groups", groups)?;
        let (mut bounds, entries) = if n_groups * n_classes <= DENSE * codes.len() {
            count_densely(codes, groups, n_groups, n_classes)
        } else {
            count_sparsely(codes, groups, n_groups)
        };
        let mut class_totals = vec![0; n_classes];
        for &(class, count) in &entries {
            class_totals[class as usize] += count as usize;
        }
        let n_there = bounds.windows(2).filter(|pair| pair[0] < pair[1]).count();
        let group_of = (n_there < n_groups).then(|| {
            let mut next = 0;
            let places = bounds.windows(2).map(|pair| {
                let group = next;
                next += u32::from(pair[0] < pair[1]);
                group
            });
            places.collect()
        });
        // A code without entries has an empty range.
        bounds.dedup();
        let sizes = bounds
            .windows(2)
            .map(|pair| {
                let entries = &entries[pair[0] as usize..pair[1] as usize];
                entries.iter().map(|&(_, count)| count as usize).sum()
            })
            .collect();
        Ok(Self {
            class_totals,
            sizes,
            bounds,
            entries,
            group_of,
        })
    }

    pub(super) fn classes_of(&self, group: usize) -> &[Entry] {
        &self.entries[self.bounds[group] as usize..self.bounds[group + 1] as usize]
    }

    /// Return the id of each row's group from the id of each group.
    pub(super) fn spread_to_rows(&self, ids: &[u8], groups: &[i64]) -> Vec<u8> {
        let of_code: Vec<u8>;
        let ids = match &self.group_of {
            None => ids,
            Some(group_of) => {
                // The last codes may have no group; they are never read.
                let id = |&group: &u32| ids.get(group as usize).copied().unwrap_or(0);
                of_code = group_of.iter().map(id).collect();
                &of_code
            }
        };
        groups.iter().map(|&group| ids[group as usize]).collect()
    }

    /// Return groups by decreasing variance of their class counts, ties in random order.
    pub(super) fn order(&self, rng: &mut Rng, workers: &Workers) -> Result<Vec<u32>, Error> {
        let mut order: Vec<u32> = (0..self.sizes.len() as u32).collect();
        rng.shuffle(&mut order);
        let n_classes = self.class_totals.len() as i128;
        // The variance times n_classes² as an integer, so that ties are exact. With one
        // class, every variance is 0 and the size decides.
        let spread: Vec<i128> = (0..self.sizes.len())
            .map(|group| {
                let squares: u64 = self
                    .classes_of(group)
                    .iter()
                    .map(|&(_, count)| u64::from(count) * u64::from(count))
                    .sum();
                let size = self.sizes[group] as i128;
                if n_classes == 1 {
                    size
                } else {
                    n_classes * i128::from(squares) - size * size
                }
            })
            .collect();
        // Both sorts are stable; a radix sort if the variances have few digits.
        let largest = spread.iter().copied().max().unwrap_or(0);
        if let Ok(largest) = u64::try_from(largest) {
            let mut keyed: Vec<(u64, u32)> = order
                .iter()
                .map(|&group| (largest - spread[group as usize] as u64, group))
                .collect();
            sort_by_key(&mut keyed, workers)?;
            return Ok(keyed.into_iter().map(|(_, group)| group).collect());
        }
        order.sort_by_key(|&group| std::cmp::Reverse(spread[group as usize]));
        Ok(order)
    }
}

fn assign(
    table: &GroupTable,
    n_folds: usize,
    rng: &mut Rng,
    workers: &Workers,
) -> Result<Vec<u8>, Error> {
    // Every number is whole and at most the square of the number of rows times the folds.
    // Below 2^53, floats are exact, and no conversions are needed.
    let n_rows: usize = table.sizes.iter().sum();
    let largest = (n_rows as u128).pow(2) * 2 * n_folds as u128;
    if largest < 1 << 53 {
        deal::<f64>(table, n_folds, rng, workers)
    } else {
        deal::<i128>(table, n_folds, rng, workers)
    }
}

/// A number type that represents squares of counts exactly.
trait Wide:
    Copy
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::AddAssign
    + Default
{
    fn of(count: usize) -> Self;
    fn to_f64(self) -> f64;
}

impl Wide for f64 {
    fn of(count: usize) -> Self {
        count as Self
    }
    fn to_f64(self) -> f64 {
        self
    }
}

impl Wide for i128 {
    fn of(count: usize) -> Self {
        count as Self
    }
    fn to_f64(self) -> f64 {
        self as f64
    }
}

/// Folds whose costs are computed together.
const LANES: usize = 2;

fn deal<W: Wide>(
    table: &GroupTable,
    n_folds: usize,
    rng: &mut Rng,
    workers: &Workers,
) -> Result<Vec<u8>, Error> {
    let n_classes = table.class_totals.len();
    // Lanes beyond the folds are never read.
    let width = n_folds.div_ceil(LANES);
    let mut counts = vec![[W::default(); LANES]; n_classes * width];
    let mut sums = vec![W::default(); n_classes];
    let mut squares = vec![W::default(); n_classes];
    let totals: Vec<f64> = table.class_totals.iter().map(|&n| n as f64).collect();
    let mut costs = vec![[0.0; LANES]; width];
    let mut fold_sizes = vec![0_usize; n_folds];
    let mut fold_of = vec![0_u8; table.sizes.len()];
    let (folds, two) = (W::of(n_folds), W::of(2));
    for (step, group) in table.order(rng, workers)?.into_iter().enumerate() {
        if step % 1024 == 0 {
            workers.check()?;
        }
        let classes = table.classes_of(group as usize);
        // Change of the classes' standard deviations over folds. Those of other classes do
        // not change, and the mean over classes is a constant factor.
        costs.fill([0.0; LANES]);
        for &(class, count) in classes {
            let class = class as usize;
            let count = W::of(count as usize);
            let sum = sums[class] + count;
            // The variance if the fold had no row of the class, and the increase per fold.
            let base = folds * (squares[class] + count * count) - sum * sum;
            let slope = two * folds * count;
            let total = totals[class];
            let counts = &counts[class * width..][..width];
            for (costs, counts) in costs.iter_mut().zip(counts) {
                for (cost, &here) in costs.iter_mut().zip(counts) {
                    *cost += (base + slope * here).to_f64().sqrt() / total;
                }
            }
        }
        let best = cheapest(costs.as_flattened(), &fold_sizes);
        for &(class, count) in classes {
            let class = class as usize;
            let count = W::of(count as usize);
            let here = &mut counts[class * width + best / LANES][best % LANES];
            squares[class] += count * (two * *here + count);
            sums[class] += count;
            *here += count;
        }
        fold_sizes[best] += table.sizes[group as usize];
        fold_of[group as usize] = best as u8;
    }
    Ok(fold_of)
}

/// Return the fold with the lowest cost; of ties, the smallest.
#[inline]
fn cheapest(costs: &[f64], fold_sizes: &[usize]) -> usize {
    let mut best = 0;
    let mut best_cost = f64::INFINITY;
    for (fold, &cost) in costs.iter().enumerate().take(fold_sizes.len()) {
        let tolerance = 1e-12 * best_cost.max(cost);
        let better = cost < best_cost - tolerance
            || (cost <= best_cost + tolerance && fold_sizes[fold] < fold_sizes[best]);
        if best_cost.is_infinite() || better {
            best = fold;
            best_cost = cost;
        }
    }
    best
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_group_lies_in_one_fold_and_no_fold_is_empty(
            rows in prop::collection::vec((0_i64..3, 0_i64..8), 40..120),
            seed: u64,
        ) {
            let codes: Vec<i64> = rows.iter().map(|row| row.0).collect();
            let mut groups: Vec<i64> = rows.iter().map(|row| row.1).collect();
            // Every group has a row: the codes are dense.
            (0..8).for_each(|group| groups[group as usize] = group);
            let ids =
                stratified_group_folds(&codes, &groups, 4, 1, seed, &Workers::default()).unwrap();
            let mut fold_of = [None; 8];
            let mut has_rows = [false; 4];
            for (&id, &group) in ids.iter().zip(&groups) {
                prop_assert_eq!(*fold_of[group as usize].get_or_insert(id), id);
                has_rows[id as usize] = true;
            }
            prop_assert_eq!(has_rows, [true; 4]);
        }
    }

    #[test]
    fn equal_groups_are_dealt_out_evenly() {
        let groups: Vec<i64> = (0..40).map(|row| row / 4).collect();
        let ids = stratified_group_folds(&[0; 40], &groups, 5, 1, 3, &Workers::default()).unwrap();
        let mut sizes = [0; 5];
        for &id in &ids {
            sizes[id as usize] += 1;
        }
        assert_eq!(sizes, [8; 5]);
    }

    #[test]
    fn more_folds_than_groups_are_refused() {
        let result = stratified_group_folds(&[0; 4], &[0, 0, 1, 1], 3, 1, 0, &Workers::default());
        assert_eq!(
            result,
            Err(Error::value(
                "3 folds need at least 3 groups. Got 2. hint: use fewer folds."
            ))
        );
    }
}
