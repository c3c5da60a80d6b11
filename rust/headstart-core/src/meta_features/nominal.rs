//! Nominal columns: levels, and their information on the class.

use super::classes::Classes;
use super::{Nominal, Qualities, summary};

/// The description of one nominal column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) n_missing: usize,
    /// Number of declared levels.
    pub(super) n_levels: usize,
    /// Number of levels that occur.
    n_distinct: usize,
    /// In bits, by `OpenML`'s definition: missing values count as the first level.
    pub(super) theirs: Information,
    /// In bits, with missing values as a separate level.
    pub(super) ours: Information,
}

/// In bits; NaN if unknown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Information {
    /// Entropy of the levels.
    pub(super) entropy: f64,
    /// Mutual information of the levels and the class.
    pub(super) mutual: f64,
}

impl Column {
    pub(super) fn of(column: &Nominal<'_>, classes: Option<&Classes>) -> Self {
        let n_missing = column.codes.iter().filter(|&&code| code < 0).count();
        let mut present = vec![false; column.n_levels];
        for &code in column.codes {
            if let Ok(level) = usize::try_from(code) {
                present[level] = true;
            }
        }
        let ours = measure(column, column.n_levels, classes);
        let theirs = if n_missing == 0 {
            ours
        } else if column.is_ordered {
            measure(column, 0, classes)
        } else {
            Information {
                entropy: f64::NAN,
                mutual: f64::NAN,
            }
        };
        Self {
            n_missing,
            n_levels: column.n_levels,
            n_distinct: present.iter().filter(|&&is_present| is_present).count(),
            theirs: Information {
                mutual: to_14_places(theirs.mutual),
                ..theirs
            },
            ours,
        }
    }
}

/// Return entropy and mutual information, with missing values counted as the level
/// `missing`.
fn measure(column: &Nominal<'_>, missing: usize, classes: Option<&Classes>) -> Information {
    let level_of = |code: i32| usize::try_from(code).unwrap_or(missing);
    let mut levels = vec![0_u64; column.n_levels + 1];
    for &code in column.codes {
        levels[level_of(code)] += 1;
    }
    let entropy = entropy(levels.iter().copied(), column.codes.len());
    let Some(classes) = classes else {
        return Information {
            entropy,
            mutual: f64::NAN,
        };
    };
    let counts = classes.counts.iter().map(|&count| count as u64);
    let before = self::entropy(counts, column.codes.len());
    let cells = joint(column, level_of, classes);
    let joint = self::entropy(cells.into_iter(), column.codes.len());
    Information {
        entropy,
        mutual: entropy + before - joint,
    }
}

/// Return the number of rows of each pair of level and class that occurs, in order.
fn joint(column: &Nominal<'_>, level_of: impl Fn(i32) -> usize, classes: &Classes) -> Vec<u64> {
    let n_classes = classes.len();
    let pairs = column
        .codes
        .iter()
        .zip(&classes.codes)
        .map(|(&code, &class)| level_of(code) as u64 * n_classes as u64 + u64::from(class));
    let n_cells = (column.n_levels + 1).saturating_mul(n_classes);
    if n_cells <= column.codes.len().saturating_mul(4).max(1024) {
        let mut cells = vec![0; n_cells];
        for pair in pairs {
            cells[pair as usize] += 1;
        }
        cells.retain(|&count| count > 0);
        return cells;
    }
    // A table of all pairs could be larger than the column.
    let mut pairs: Vec<u64> = pairs.collect();
    pairs.sort_unstable();
    pairs
        .chunk_by(|a, b| a == b)
        .map(|run| run.len() as u64)
        .collect()
}

/// Return the entropy in bits of counts in `n_rows`; NaN for no rows.
pub(super) fn entropy(counts: impl Iterator<Item = u64>, n_rows: usize) -> f64 {
    if n_rows == 0 {
        return f64::NAN;
    }
    let n_rows = n_rows as f64;
    let bits: f64 = counts
        .filter(|&count| count > 0)
        .map(|count| {
            let share = count as f64 / n_rows;
            share * share.log2()
        })
        .sum();
    // Avoids -0.0 for a single level.
    0.0 - bits
}

/// Round as `OpenML` rounds mutual information, halves up.
fn to_14_places(value: f64) -> f64 {
    (value * 1e14 + 0.5).floor() / 1e14
}

/// Put `OpenML`'s qualities of distinct values, in which a class is another nominal column.
pub(super) fn put(qualities: &mut Qualities, columns: &[Column], classes: Option<&Classes>) {
    let mut distinct: Vec<f64> = columns
        .iter()
        .map(|column| column.n_distinct as f64)
        .chain(classes.map(|classes| classes.len() as f64))
        .collect();
    distinct.sort_unstable_by(f64::total_cmp);
    let at = |place: Option<&f64>| place.copied().unwrap_or(f64::NAN);
    qualities.put("MinNominalAttDistinctValues", at(distinct.first()));
    qualities.put("MaxNominalAttDistinctValues", at(distinct.last()));
    qualities.put("MeanNominalAttDistinctValues", summary::mean(&distinct));
    qualities.put(
        "StdvNominalAttDistinctValues",
        summary::deviation(&distinct),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(codes: &[i32], n_levels: usize, is_ordered: bool) -> Column {
        let classes = Classes::new(&[0, 0, 1, 1]);
        let nominal = Nominal {
            codes,
            n_levels,
            is_ordered,
        };
        Column::of(&nominal, Some(&classes))
    }

    #[test]
    fn a_copy_of_the_class_tells_all_and_a_constant_nothing() {
        let copy = column(&[1, 1, 0, 0], 2, false);
        assert_eq!((copy.ours.entropy, copy.ours.mutual), (1.0, 1.0));
        let constant = column(&[0, 0, 0, 0], 1, false);
        assert_eq!((constant.ours.entropy, constant.ours.mutual), (0.0, 0.0));
    }

    #[test]
    fn openml_takes_missing_values_for_the_first_level() {
        let statistics = column(&[0, 0, -1, 1], 2, true);
        let share = 0.75_f64;
        let expected = -share * share.log2() + 0.5;
        assert!((statistics.theirs.entropy - expected).abs() < 1e-15);
        assert_eq!(statistics.ours.entropy, 1.5);
        assert_eq!((statistics.n_missing, statistics.n_distinct), (1, 2));
        assert!(column(&[0, 0, -1, 1], 2, false).theirs.entropy.is_nan());
    }

    #[test]
    fn many_levels_are_counted_as_few_are() {
        let few = column(&[0, 1, 1, -1], 2, true);
        let many = column(&[0, 1, 1, -1], 100_000, true);
        assert_eq!(few.ours.mutual, many.ours.mutual);
        assert_eq!(few.theirs.mutual, many.theirs.mutual);
    }
}
