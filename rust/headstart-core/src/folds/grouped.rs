//! Folds that keep each group of rows together.

use super::{check_folds, count_codes, starts_of};
use crate::rng::Rng;
use crate::sorting::sort_by_key;
use crate::{Error, Workers};

/// Folds that never share a group and hold out about the same share of every class.
///
/// Groups are taken by falling unevenness of their classes, those alike in random
/// order; each goes to the fold where it leaves the classes' shares most even, or to
/// the smaller of two equal ones. That is the criterion of scikit-learn's
/// `StratifiedGroupKFold`, brought up to date in O(folds · classes of the group) a
/// group. With a single class it balances the folds' sizes, largest group first.
///
/// Returns `n_repeats * n_rows` ids, repeat by repeat.
///
/// # Errors
/// [`Error::Value`] for fewer than 2 folds, more folds than groups, or codes that are
/// not dense; [`Error::Shape`] if `codes` and `groups` differ in length.
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
        Ok(groups
            .iter()
            .map(|&group| fold_of[group as usize])
            .collect::<Vec<u8>>())
    })?;
    Ok(repeats.concat())
}

/// A table of every group by every class is kept up to this many cells a row.
const DENSE: usize = 4;

/// Where each group's entries begin, and its classes with their counts, ascending.
type Counts = (Vec<usize>, Vec<(usize, usize)>);

fn count_densely(codes: &[i64], groups: &[i64], n_groups: usize, n_classes: usize) -> Counts {
    let mut table = vec![0_u32; n_groups * n_classes];
    for (&code, &group) in codes.iter().zip(groups) {
        table[group as usize * n_classes + code as usize] += 1;
    }
    let mut bounds = Vec::with_capacity(n_groups + 1);
    bounds.push(0);
    let mut entries = Vec::with_capacity(table.len());
    for counts in table.chunks_exact(n_classes) {
        let present = counts.iter().enumerate().filter(|&(_, &count)| count > 0);
        entries.extend(present.map(|(class, &count)| (class, count as usize)));
        bounds.push(entries.len());
    }
    (bounds, entries)
}

fn count_sparsely(codes: &[i64], groups: &[i64], sizes: &[usize]) -> Counts {
    let mut next = starts_of(sizes);
    let mut by_group = vec![0; codes.len()];
    for (&code, &group) in codes.iter().zip(groups) {
        let at = &mut next[group as usize];
        by_group[*at] = code as usize;
        *at += 1;
    }
    let mut bounds = vec![0];
    let mut entries = Vec::new();
    let mut rest = by_group.as_mut_slice();
    for &size in sizes {
        let (classes, after) = rest.split_at_mut(size);
        classes.sort_unstable();
        entries.extend(
            classes
                .chunk_by(|a, b| a == b)
                .map(|same| (same[0], same.len())),
        );
        bounds.push(entries.len());
        rest = after;
    }
    (bounds, entries)
}

/// The classes of each group, counted.
pub(super) struct GroupTable {
    /// Rows of each class.
    pub(super) class_totals: Vec<usize>,
    /// Rows of each group.
    pub(super) sizes: Vec<usize>,
    /// Where the entries of each group begin in `entries`, and their end.
    bounds: Vec<usize>,
    /// Class and count, group by group, classes ascending.
    entries: Vec<(usize, usize)>,
}

impl GroupTable {
    pub(super) fn new(codes: &[i64], groups: &[i64]) -> Result<Self, Error> {
        if codes.len() != groups.len() {
            return Err(Error::length("groups", codes.len(), groups.len()));
        }
        let class_totals = count_codes("codes", codes)?;
        let sizes = count_codes("groups", groups)?;
        if sizes.contains(&0) {
            return Err(Error::value("groups must be dense codes. One has no row."));
        }
        let (bounds, entries) = if sizes.len() * class_totals.len() <= DENSE * codes.len() {
            count_densely(codes, groups, sizes.len(), class_totals.len())
        } else {
            count_sparsely(codes, groups, &sizes)
        };
        Ok(Self {
            class_totals,
            sizes,
            bounds,
            entries,
        })
    }

    pub(super) fn classes_of(&self, group: usize) -> &[(usize, usize)] {
        &self.entries[self.bounds[group]..self.bounds[group + 1]]
    }

    /// Groups by falling spread of their class counts, equal ones in random order.
    pub(super) fn order(&self, rng: &mut Rng, workers: &Workers) -> Result<Vec<usize>, Error> {
        let mut order: Vec<usize> = (0..self.sizes.len()).collect();
        rng.shuffle(&mut order);
        let n_classes = self.class_totals.len() as i128;
        // The variance times n_classes², in integers: equal is then truly equal. With
        // one class every variance is 0 and the size decides.
        let spread: Vec<i128> = (0..self.sizes.len())
            .map(|group| {
                let squares: i128 = self
                    .classes_of(group)
                    .iter()
                    .map(|&(_, count)| (count * count) as i128)
                    .sum();
                let size = self.sizes[group] as i128;
                if n_classes == 1 {
                    size
                } else {
                    n_classes * squares - size * size
                }
            })
            .collect();
        // Stable both ways; by digits where the spreads have few enough.
        let largest = spread.iter().copied().max().unwrap_or(0);
        if let Ok(largest) = u64::try_from(largest) {
            let mut keyed: Vec<(u64, usize)> = order
                .iter()
                .map(|&group| (largest - spread[group] as u64, group))
                .collect();
            sort_by_key(&mut keyed, workers)?;
            return Ok(keyed.into_iter().map(|(_, group)| group).collect());
        }
        order.sort_by_key(|&group| std::cmp::Reverse(spread[group]));
        Ok(order)
    }
}

fn assign(
    table: &GroupTable,
    n_folds: usize,
    rng: &mut Rng,
    workers: &Workers,
) -> Result<Vec<u8>, Error> {
    // Squares of all rows times the folds: below this they fit into 64 bits, and the
    // same integers cost a third.
    let n_rows: usize = table.sizes.iter().sum();
    if n_rows < 1 << 27 {
        deal::<i64>(table, n_folds, rng, workers)
    } else {
        deal::<i128>(table, n_folds, rng, workers)
    }
}

/// An integer wide enough for the squares of counts.
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

impl Wide for i64 {
    fn of(count: usize) -> Self {
        count as Self
    }
    fn to_f64(self) -> f64 {
        self as f64
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

fn deal<W: Wide>(
    table: &GroupTable,
    n_folds: usize,
    rng: &mut Rng,
    workers: &Workers,
) -> Result<Vec<u8>, Error> {
    let n_classes = table.class_totals.len();
    let mut counts = vec![0_usize; n_folds * n_classes];
    let mut sums = vec![0_usize; n_classes];
    let mut squares = vec![W::default(); n_classes];
    let mut fold_sizes = vec![0_usize; n_folds];
    let mut fold_of = vec![0_u8; table.sizes.len()];
    for (step, group) in table.order(rng, workers)?.into_iter().enumerate() {
        if step % 1024 == 0 {
            workers.check()?;
        }
        let classes = table.classes_of(group);
        let mut best = 0;
        let mut best_cost = f64::INFINITY;
        for fold in 0..n_folds {
            // Change of the classes' standard deviations over folds; those of other
            // classes stay, and the mean over classes is a constant factor.
            let cost: f64 = classes
                .iter()
                .map(|&(class, count)| {
                    let here = counts[fold * n_classes + class];
                    let sum = W::of(sums[class] + count);
                    let square = squares[class] + W::of(count * (2 * here + count));
                    let variance = W::of(n_folds) * square - sum * sum;
                    variance.to_f64().sqrt() / table.class_totals[class] as f64
                })
                .sum();
            let tolerance = 1e-12 * best_cost.max(cost);
            let better = cost < best_cost - tolerance
                || (cost <= best_cost + tolerance && fold_sizes[fold] < fold_sizes[best]);
            if best_cost.is_infinite() || better {
                best = fold;
                best_cost = cost;
            }
        }
        for &(class, count) in classes {
            let here = &mut counts[best * n_classes + class];
            squares[class] += W::of(count * (2 * *here + count));
            sums[class] += count;
            *here += count;
        }
        fold_sizes[best] += table.sizes[group];
        fold_of[group] = best as u8;
    }
    Ok(fold_of)
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
            // Every group has a row, so that codes are dense.
            (0..8).for_each(|group| groups[group as usize] = group);
            let ids =
                stratified_group_folds(&codes, &groups, 4, 1, seed, &Workers::default()).unwrap();
            let mut fold_of = [None; 8];
            let mut seen = [false; 4];
            for (&id, &group) in ids.iter().zip(&groups) {
                prop_assert_eq!(*fold_of[group as usize].get_or_insert(id), id);
                seen[id as usize] = true;
            }
            prop_assert!(seen.iter().all(|&seen| seen));
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
        let found = stratified_group_folds(&[0; 4], &[0, 0, 1, 1], 3, 1, 0, &Workers::default());
        assert_eq!(
            found,
            Err(Error::value("3 folds need at least 3 groups. Got 2."))
        );
    }
}
