//! Out-of-fold means of the target by category.
//!
//! Counts and means are kept by group and fold. The value of a row comes from the cells of
//! all other folds. Class counts are subtracted, which is exact. Means of a regression are
//! merged from the folds before and after, because a difference of sums would depend on the
//! row's own target in its last bits.

use std::sync::{Mutex, PoisonError};

use super::{Category, check_rows};
use crate::{Error, Workers};

/// The target.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// Class codes, below the number of classes.
    Classes(&'a [u32], usize),
    /// Finite values for regression.
    Values(&'a [f64]),
}

impl Target<'_> {
    /// Rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Classes(codes, _) => codes.len(),
            Self::Values(values) => values.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Return the number of columns per category: one for two classes or regression, else
    /// one per class.
    pub fn n_outputs(&self) -> usize {
        match self {
            Self::Classes(_, n_classes) if *n_classes > 2 => *n_classes,
            _ => 1,
        }
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        match self {
            Self::Classes(codes, n_classes) => {
                if *n_classes < 2 || codes.iter().any(|&c| c as usize >= *n_classes) {
                    return Err(Error::value(format!(
                        "Class codes must be below {n_classes}, the number of classes, \
                         of which there must be two at least."
                    )));
                }
            }
            Self::Values(values) => {
                if values.iter().any(|value| !value.is_finite()) {
                    return Err(Error::value("The target must be finite."));
                }
            }
        }
        Ok(())
    }

    /// Return the class whose share is the output with index `output`.
    pub(super) fn class_of(&self, output: usize) -> usize {
        if self.n_outputs() == 1 { 1 } else { output }
    }
}

/// Options of the encoding.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Number of rows with the overall mean that are mixed into a group's mean; `None` for
    /// the empirical Bayes estimate from the variances.
    pub smoothing: Option<f64>,
    /// Return log odds minus those of all rows, instead of means. For two classes.
    pub evidence: bool,
    /// A fold that is excluded from all means, in addition to each row's own fold.
    pub outer_fold: Option<u8>,
}

/// An encoded column.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    /// For each output, one value per group, then one for unseen groups.
    pub table: Vec<f64>,
}

/// Number, mean, and sum of squared deviations from it.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    n: f64,
    mean: f64,
    deviations: f64,
}

impl Moments {
    fn of_counts(n: u32, n_of_class: u32) -> Self {
        if n == 0 {
            return Self::default();
        }
        let (n, hits) = (f64::from(n), f64::from(n_of_class));
        Self {
            n,
            mean: hits / n,
            deviations: hits * (n - hits) / n,
        }
    }

    /// Chan, Golub and `LeVeque` 1979.
    fn merge(self, other: Self) -> Self {
        if self.n == 0.0 {
            return other;
        }
        if other.n == 0.0 {
            return self;
        }
        let n = self.n + other.n;
        let gap = other.mean - self.mean;
        Self {
            n,
            mean: self.mean + gap * (other.n / n),
            deviations: self.deviations + other.deviations + gap * gap * (self.n * other.n / n),
        }
    }

    fn blend(self, prior: Self, rules: Rules) -> f64 {
        let mean = match rules.smoothing {
            Some(size) if self.n + size > 0.0 => {
                (self.n * self.mean + size * prior.mean) / (self.n + size)
            }
            None if self.n > 0.0 => {
                // Empirical Bayes, as in scikit-learn.
                let between = prior.deviations / prior.n * self.n;
                let share = between / (between + self.deviations / self.n);
                if share.is_nan() {
                    prior.mean
                } else {
                    share * self.mean + (1.0 - share) * prior.mean
                }
            }
            _ => prior.mean,
        };
        if !rules.evidence {
            return mean;
        }
        let evidence = (mean / (1.0 - mean)).ln() - (prior.mean / (1.0 - prior.mean)).ln();
        // With one class only, the log odds are infinite.
        if prior.mean == 0.0 || prior.mean == 1.0 {
            0.0
        } else if evidence.is_finite() {
            evidence
        } else {
            f64::NAN
        }
    }
}

/// Cells of a batch of groups by fold: `n_folds * width` per group.
enum Cells {
    Counts(Vec<u32>),
    Values(Vec<Moments>),
}

/// Data shared by all columns.
struct Shared<'a> {
    target: Target<'a>,
    rules: Rules,
    /// Dense fold of each row.
    folds: Vec<u8>,
    /// Fold and class of each row as one number; empty for regression.
    places: Vec<u32>,
    n_folds: usize,
    /// Index of the outer fold, or an unused index.
    outer: usize,
    /// For each output, overall moments without each fold, and with all folds.
    priors: Vec<(Vec<Moments>, Moments)>,
}

/// Above this many cells, rows are sorted by group and processed in batches.
const MOST_CELLS: usize = 1 << 22;

/// Encode columns by the target.
///
/// `out` receives the values of training rows: one per row for each column and output. A
/// row's value comes from rows in other folds, without `rules.outer_fold`. Rows that no
/// fold holds out form one more fold. A group without such rows gets their overall mean.
///
/// # Errors
/// If lengths differ, the target or the rules are invalid, fewer than two folds have rows,
/// or the work was cancelled.
pub fn encode_target(
    columns: &[Category<'_>],
    target: Target<'_>,
    fold_ids: &[u8],
    rules: Rules,
    out: &mut [f64],
    workers: &Workers,
) -> Result<Vec<Encoded>, Error> {
    let n_rows = target.len();
    target.check()?;
    check_rows("fold_ids", n_rows, fold_ids.len())?;
    let n_outputs = target.n_outputs();
    check_rows("out", columns.len() * n_outputs * n_rows, out.len())?;
    for column in columns {
        check_rows("codes", n_rows, column.codes.len())?;
    }
    if rules
        .smoothing
        .is_some_and(|size| !(size >= 0.0 && size.is_finite()))
    {
        return Err(Error::value("smoothing must be finite and at least 0."));
    }
    if rules.evidence && !matches!(target, Target::Classes(_, 2)) {
        return Err(Error::value("Weights of evidence need two classes."));
    }
    let shared = Shared::new(target, fold_ids, rules)?;
    let slots: Vec<Mutex<&mut [f64]>> = out
        .chunks_mut((n_outputs * n_rows).max(1))
        .map(Mutex::new)
        .collect();
    workers.map(columns.len(), |index| {
        let mut rows = slots[index].lock().unwrap_or_else(PoisonError::into_inner);
        shared.encode(columns[index], &mut rows, workers)
    })
}

impl<'a> Shared<'a> {
    fn new(target: Target<'a>, fold_ids: &[u8], rules: Rules) -> Result<Self, Error> {
        let mut dense = [u32::MAX; 256];
        for &fold in fold_ids {
            dense[usize::from(fold)] = 0;
        }
        let present = dense.iter_mut().filter(|place| **place == 0);
        let n_folds = present.zip(0..).map(|(place, fold)| *place = fold).count();
        let outer = rules.outer_fold.map(|fold| dense[usize::from(fold)]);
        if n_folds < 2 + usize::from(outer.is_some()) {
            return Err(Error::value(format!(
                "Rows must be in at least {} folds. Got {n_folds}.",
                2 + usize::from(outer.is_some())
            )));
        }
        if outer == Some(u32::MAX) {
            return Err(Error::value("The outer fold has no rows."));
        }
        let folds: Vec<u8> = fold_ids
            .iter()
            .map(|&fold| dense[usize::from(fold)] as u8)
            .collect();
        let places = match target {
            Target::Classes(codes, n_classes) => codes
                .iter()
                .zip(&folds)
                .map(|(&code, &fold)| u32::from(fold) * n_classes as u32 + code)
                .collect(),
            Target::Values(_) => Vec::new(),
        };
        let mut shared = Self {
            target,
            rules,
            folds,
            places,
            n_folds,
            outer: outer.map_or(n_folds, |fold| fold as usize),
            priors: Vec::new(),
        };
        // One group of all rows.
        let codes = vec![0; target.len()];
        let mut cells = shared.empty_cells(1);
        shared.count(&codes, 0..target.len(), 0, &mut cells);
        let sizes = shared.sizes(&cells);
        shared.priors = (0..target.n_outputs())
            .map(|output| {
                let mut without = vec![Moments::default(); shared.n_folds];
                let all = shared.left_out(&cells, &sizes, 0, output, &mut without);
                (without, all)
            })
            .collect();
        Ok(shared)
    }

    /// Cells of one group.
    fn width(&self) -> usize {
        match self.target {
            Target::Classes(_, n_classes) => self.n_folds * n_classes,
            Target::Values(_) => self.n_folds,
        }
    }

    fn empty_cells(&self, n_groups: usize) -> Cells {
        let n_cells = n_groups * self.width();
        match self.target {
            Target::Classes(..) => Cells::Counts(vec![0; n_cells]),
            Target::Values(_) => Cells::Values(vec![Moments::default(); n_cells]),
        }
    }

    /// Fill the cells of the groups from `first` on.
    fn count(
        &self,
        codes: &[u32],
        rows: impl Iterator<Item = usize> + Clone,
        first: usize,
        cells: &mut Cells,
    ) {
        let width = self.width();
        match (cells, self.target) {
            (Cells::Counts(counts), _) => {
                // All rows need no lookup.
                if first == 0 && rows.size_hint().0 == codes.len() {
                    for (&code, &place) in codes.iter().zip(&self.places) {
                        counts[code as usize * width + place as usize] += 1;
                    }
                } else {
                    for row in rows {
                        let group = codes[row] as usize - first;
                        counts[group * width + self.places[row] as usize] += 1;
                    }
                }
            }
            (Cells::Values(cells), Target::Values(values)) => {
                let place = |row: usize| {
                    (codes[row] as usize - first) * width + usize::from(self.folds[row])
                };
                for row in rows.clone() {
                    let cell = &mut cells[place(row)];
                    cell.n += 1.0;
                    cell.mean += values[row];
                }
                for cell in cells.iter_mut().filter(|cell| cell.n > 0.0) {
                    cell.mean /= cell.n;
                }
                for row in rows {
                    let cell = &mut cells[place(row)];
                    let gap = values[row] - cell.mean;
                    cell.deviations += gap * gap;
                }
            }
            (Cells::Values(_), Target::Classes(..)) => {}
        }
    }

    /// Return the number of rows of each fold of each group; empty for regression, whose
    /// cells have it.
    fn sizes(&self, cells: &Cells) -> Vec<u32> {
        match cells {
            Cells::Counts(counts) => {
                let counts = counts.chunks_exact(self.width() / self.n_folds);
                // The compiler vectorises the first loop.
                match self.width() / self.n_folds {
                    2 => counts.map(|counts| counts[0] + counts[1]).collect(),
                    _ => counts.map(|counts| counts.iter().sum()).collect(),
                }
            }
            Cells::Values(_) => Vec::new(),
        }
    }

    /// Write the moments of a group without each fold to `without`, and return those of all
    /// folds, except the outer fold.
    fn left_out(
        &self,
        cells: &Cells,
        sizes: &[u32],
        group: usize,
        output: usize,
        without: &mut [Moments],
    ) -> Moments {
        let width = self.width();
        match cells {
            Cells::Counts(counts) => {
                let class = self.target.class_of(output);
                let counts = &counts[group * width..][..width];
                let sizes = &sizes[group * self.n_folds..][..self.n_folds];
                let folds = || counts.chunks_exact(width / self.n_folds).zip(sizes);
                let (mut n, mut hits) = (0, 0);
                for (fold, (counts, size)) in folds().enumerate() {
                    if fold != self.outer {
                        n += size;
                        hits += counts[class];
                    }
                }
                for (fold, (without, (counts, size))) in without.iter_mut().zip(folds()).enumerate()
                {
                    *without = if fold == self.outer {
                        Moments::of_counts(n, hits)
                    } else {
                        Moments::of_counts(n - size, hits - counts[class])
                    };
                }
                Moments::of_counts(n, hits)
            }
            Cells::Values(cells) => {
                let cells = &cells[group * width..(group + 1) * width];
                let cell = |fold: usize| {
                    if fold == self.outer {
                        Moments::default()
                    } else {
                        cells[fold]
                    }
                };
                let mut before = Moments::default();
                for (fold, moments) in without.iter_mut().enumerate() {
                    *moments = before;
                    before = before.merge(cell(fold));
                }
                let mut after = Moments::default();
                for (fold, moments) in without.iter_mut().enumerate().rev() {
                    *moments = moments.merge(after);
                    after = cell(fold).merge(after);
                }
                before
            }
        }
    }

    fn encode(
        &self,
        column: Category<'_>,
        out: &mut [f64],
        workers: &Workers,
    ) -> Result<Encoded, Error> {
        let n_groups = column.n_groups;
        let n_outputs = self.target.n_outputs();
        let mut table = vec![0.0; n_outputs * (n_groups + 1)];
        for (output, (_, prior)) in self.priors.iter().enumerate() {
            table[output * (n_groups + 1) + n_groups] =
                Moments::default().blend(*prior, self.rules);
        }
        let n_rows = self.folds.len();
        if n_groups.saturating_mul(self.width()) <= MOST_CELLS {
            let rows = 0..n_rows;
            self.encode_batch(column, &rows, 0..n_groups, (&mut table, out), workers)?;
        } else {
            let (starts, rows) = column.rows_by_group();
            let size = (MOST_CELLS / self.width()).max(1);
            for first in (0..n_groups).step_by(size) {
                let end = (first + size).min(n_groups);
                let rows = &rows[starts[first] as usize..starts[end] as usize];
                let rows = rows.iter().map(|&row| row as usize);
                self.encode_batch(column, &rows, first..end, (&mut table, out), workers)?;
            }
        }
        Ok(Encoded { table })
    }

    fn encode_batch(
        &self,
        column: Category<'_>,
        rows: &(impl Iterator<Item = usize> + Clone),
        groups: std::ops::Range<usize>,
        (table, out): (&mut [f64], &mut [f64]),
        workers: &Workers,
    ) -> Result<(), Error> {
        let mut cells = self.empty_cells(groups.len());
        self.count(column.codes, rows.clone(), groups.start, &mut cells);
        let sizes = self.sizes(&cells);
        let n_rows = self.folds.len();
        let mut values = vec![0.0; groups.len() * self.n_folds];
        let mut without = vec![Moments::default(); self.n_folds];
        for (output, (priors, prior)) in self.priors.iter().enumerate() {
            workers.check()?;
            let table = &mut table[output * (column.n_groups + 1)..][..column.n_groups];
            for (index, group) in groups.clone().enumerate() {
                let all = self.left_out(&cells, &sizes, index, output, &mut without);
                table[group] = all.blend(*prior, self.rules);
                let values = &mut values[index * self.n_folds..][..self.n_folds];
                for ((value, moments), prior) in values.iter_mut().zip(&without).zip(priors) {
                    *value = moments.blend(*prior, self.rules);
                }
            }
            let out = &mut out[output * n_rows..][..n_rows];
            if groups.len() == column.n_groups {
                let rows = column.codes.iter().zip(&self.folds);
                for (out, (&group, &fold)) in out.iter_mut().zip(rows) {
                    *out = values[group as usize * self.n_folds + usize::from(fold)];
                }
            } else {
                for row in rows.clone() {
                    let group = column.codes[row] as usize - groups.start;
                    out[row] = values[group * self.n_folds + usize::from(self.folds[row])];
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::rng::Rng;

    const PLAIN: Rules = Rules {
        smoothing: Some(0.0),
        evidence: false,
        outer_fold: None,
    };

    fn encode(
        codes: &[u32],
        n_groups: usize,
        target: Target<'_>,
        folds: &[u8],
        rules: Rules,
    ) -> (Vec<f64>, Vec<f64>) {
        let column = Category::new(codes, n_groups).unwrap();
        let mut out = vec![0.0; codes.len() * target.n_outputs()];
        let workers = Workers::default();
        let encoded = encode_target(&[column], target, folds, rules, &mut out, &workers);
        (out, encoded.unwrap().remove(0).table)
    }

    #[test]
    fn a_row_gets_the_mean_of_its_level_in_other_folds() {
        let y = [1.0, 2.0, 4.0, 8.0];
        let (out, table) = encode(&[0, 0, 0, 1], 2, Target::Values(&y), &[0, 1, 1, 0], PLAIN);
        // The last row's level is in no other fold: the mean of rows 1 and 2.
        assert_eq!(out, [3.0, 1.0, 1.0, 3.0]);
        assert!((table[0] - 7.0 / 3.0).abs() < 1e-15);
        assert_eq!(table[1..], [8.0, 3.75]);
    }

    #[test]
    fn each_of_three_classes_is_an_output() {
        let target = Target::Classes(&[0, 1, 2, 2], 3);
        let (out, table) = encode(&[0; 4], 1, target, &[0, 1, 0, 1], PLAIN);
        assert_eq!(out[..4], [0.0, 0.5, 0.0, 0.5]);
        assert_eq!(out[8..], [0.5; 4]);
        assert_eq!(table, [0.25, 0.25, 0.25, 0.25, 0.5, 0.5]);
    }

    #[test]
    fn evidence_is_positive_where_the_second_class_is_frequent() {
        let rules = Rules {
            smoothing: Some(1.0),
            evidence: true,
            outer_fold: None,
        };
        let target = Target::Classes(&[1, 1, 0, 0], 2);
        let (_, table) = encode(&[0, 0, 1, 1], 2, target, &[0, 1, 0, 1], rules);
        assert!(table[0] > 0.0 && table[1] < 0.0);
        assert_eq!(table[2], 0.0);
    }

    #[test]
    fn an_own_target_changes_no_bit_of_an_own_value() {
        let mut rng = Rng::new(3, 0);
        let n_rows = 60;
        let codes: Vec<u32> = (0..n_rows).map(|_| rng.below(4) as u32).collect();
        let folds: Vec<u8> = (0..n_rows).map(|_| rng.below(5) as u8).collect();
        let y: Vec<f64> = (0..n_rows).map(|_| rng.uniform()).collect();
        let rules = Rules {
            smoothing: None,
            ..PLAIN
        };
        let (before, _) = encode(&codes, 4, Target::Values(&y), &folds, rules);
        for row in 0..n_rows {
            let mut changed = y.clone();
            changed[row] = 1e30;
            let (after, _) = encode(&codes, 4, Target::Values(&changed), &folds, rules);
            assert_eq!(before[row].to_bits(), after[row].to_bits());
        }
    }

    #[test]
    fn leaving_an_outer_fold_out_is_encoding_the_other_rows() {
        let mut rng = Rng::new(4, 0);
        let n_rows = 80;
        let codes: Vec<u32> = (0..n_rows).map(|_| rng.below(5) as u32).collect();
        let folds: Vec<u8> = (0..n_rows).map(|_| rng.below(4) as u8).collect();
        let y: Vec<f64> = (0..n_rows).map(|_| rng.uniform()).collect();
        let nested = Rules {
            smoothing: Some(2.0),
            outer_fold: Some(2),
            ..PLAIN
        };
        let (encoded, table) = encode(&codes, 5, Target::Values(&y), &folds, nested);
        let rows: Vec<usize> = (0..n_rows).filter(|&row| folds[row] != 2).collect();
        let pick = |values: &[f64]| rows.iter().map(|&r| values[r]).collect::<Vec<f64>>();
        let inner_codes: Vec<u32> = rows.iter().map(|&r| codes[r]).collect();
        let inner_folds: Vec<u8> = rows.iter().map(|&r| folds[r]).collect();
        let rules = Rules {
            outer_fold: None,
            ..nested
        };
        let target = pick(&y);
        let (expected, inner_table) = encode(
            &inner_codes,
            5,
            Target::Values(&target),
            &inner_folds,
            rules,
        );
        let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(
            pick(&encoded)
                .iter()
                .zip(&expected)
                .all(|(&a, &b)| close(a, b))
        );
        for row in (0..n_rows).filter(|&row| folds[row] == 2) {
            assert!(close(encoded[row], inner_table[codes[row] as usize]));
        }
        assert!(table.iter().zip(&inner_table).all(|(&a, &b)| close(a, b)));
    }

    #[test]
    fn many_groups_are_encoded_as_few_are() {
        let n_rows = 3_000_u32;
        let codes: Vec<u32> = (0..n_rows).map(|row| row % 1_500).collect();
        let folds: Vec<u8> = (0..n_rows).map(|row| (row / 1_500) as u8).collect();
        let y: Vec<f64> = (0..n_rows).map(f64::from).collect();
        let target = Target::Values(&y);
        let (few, few_table) = encode(&codes, 1_500, target, &folds, PLAIN);
        let n_groups = MOST_CELLS;
        let (many, many_table) = encode(&codes, n_groups, target, &folds, PLAIN);
        assert_eq!(few, many);
        assert_eq!(few_table[..1_500], many_table[..1_500]);
    }

    #[test]
    fn wrong_folds_and_targets_are_refused() {
        let column = Category::new(&[0, 0], 1).unwrap();
        let mut out = [0.0; 2];
        let workers = Workers::default();
        let mut encode = |target, folds: &[u8], rules| {
            encode_target(&[column], target, folds, rules, &mut out, &workers).is_err()
        };
        assert!(encode(Target::Values(&[0.0, 1.0]), &[0, 0], PLAIN));
        assert!(encode(Target::Values(&[0.0, f64::NAN]), &[0, 1], PLAIN));
        assert!(encode(Target::Classes(&[0, 2], 2), &[0, 1], PLAIN));
        assert!(Category::new(&[1], 1).is_err());
    }
}
