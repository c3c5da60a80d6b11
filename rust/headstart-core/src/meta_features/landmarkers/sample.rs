//! The sample of rows and columns for landmarkers, and its two folds.

use super::super::classes::Classes;
use super::super::{Table, Target};
use crate::rng::Rng;

/// Largest number of rows.
const MAX_ROWS: usize = 1000;

/// Largest number of columns.
pub(super) const MAX_COLUMNS: usize = 256;

/// Smallest number of rows.
const MIN_ROWS: usize = 4;

/// The data of landmarkers.
#[derive(Debug)]
pub(super) struct Sample {
    /// Numeric columns, NaN if missing.
    pub(super) numeric: Vec<Vec<f64>>,
    /// Nominal columns with dense levels; missing values are a level.
    pub(super) nominal: Vec<Levels>,
    pub(super) labels: Labels,
    /// The fold that holds each row out, 0 or 1.
    folds: Vec<usize>,
}

/// A nominal column.
#[derive(Debug)]
pub(super) struct Levels {
    pub(super) codes: Vec<u32>,
    pub(super) n_levels: usize,
}

/// The target.
#[derive(Debug)]
pub(super) enum Labels {
    Classes {
        codes: Vec<u32>,
        n_classes: usize,
    },
    /// Centred, with a largest absolute value of one.
    Values(Vec<f64>),
}

impl Sample {
    /// Draw a stratified sample of rows; `None` if there is nothing to learn.
    pub(super) fn draw(table: &Table<'_>, classes: Option<&Classes>, seed: u64) -> Option<Self> {
        let rows = draw_rows(table.n_rows, classes, &mut Rng::new(seed, 0));
        let labels = Labels::of(&table.target, &rows)?;
        let columns = draw_columns(table, &mut Rng::new(seed, 1));
        if columns.is_empty() || rows.len() < MIN_ROWS {
            return None;
        }
        let n_numeric = table.numeric.len();
        let (mut numeric, mut nominal) = (Vec::new(), Vec::new());
        for column in columns {
            if column < n_numeric {
                let values = table.numeric[column];
                let plain = |&row: &usize| {
                    let value: f64 = values[row];
                    if value.is_finite() { value } else { f64::NAN }
                };
                numeric.push(rows.iter().map(plain).collect());
            } else {
                nominal.push(Levels::of(table.nominal[column - n_numeric].codes, &rows));
            }
        }
        let folds = labels.fold(&mut Rng::new(seed, 2));
        Some(Self {
            numeric,
            nominal,
            labels,
            folds,
        })
    }

    pub(super) fn n_rows(&self) -> usize {
        self.folds.len()
    }

    /// Return training rows and test rows.
    pub(super) fn split(&self, fold: usize) -> (Vec<usize>, Vec<usize>) {
        (0..self.n_rows()).partition(|&row| self.folds[row] != fold)
    }

    /// Return the loss of a learner without skill: all rows, or the sum of squared
    /// distances.
    pub(super) fn total(&self) -> f64 {
        match &self.labels {
            Labels::Classes { codes, .. } => codes.len() as f64,
            Labels::Values(values) => values.iter().map(|value| value * value).sum(),
        }
    }
}

impl Labels {
    /// Return the labels of rows; `None` if they are all the same.
    fn of(target: &Target<'_>, rows: &[usize]) -> Option<Self> {
        match target {
            Target::Classes(codes) => {
                let codes: Vec<i64> = rows.iter().map(|&row| codes[row]).collect();
                let classes = Classes::new(&codes);
                let n_classes = classes.len();
                let codes = classes.codes;
                (n_classes > 1).then_some(Self::Classes { codes, n_classes })
            }
            Target::Values(values) => {
                // Halved, so that sums and distances of finite numbers do not overflow.
                let halves: Vec<f64> = rows.iter().map(|&row| values[row] / 2.0).collect();
                let n_rows = halves.len() as f64;
                let mean: f64 = halves.iter().map(|half| half / n_rows).sum();
                let largest = |far: f64, half: &f64| far.max((half - mean).abs());
                let scale = halves.iter().fold(0.0, largest);
                let is_constant = halves.windows(2).all(|pair| pair[0] == pair[1]);
                (!is_constant && scale > 0.0).then(|| {
                    Self::Values(halves.iter().map(|half| (half - mean) / scale).collect())
                })
            }
        }
    }

    /// Assign rows to two folds, stratified by class.
    fn fold(&self, rng: &mut Rng) -> Vec<usize> {
        let (n_rows, n_classes) = match self {
            Self::Classes { codes, n_classes } => (codes.len(), *n_classes),
            Self::Values(values) => (values.len(), 1),
        };
        let mut groups = vec![Vec::new(); n_classes];
        for row in 0..n_rows {
            match self {
                Self::Classes { codes, .. } => groups[codes[row] as usize].push(row),
                Self::Values(_) => groups[0].push(row),
            }
        }
        let mut folds = vec![0; n_rows];
        let mut next = 0;
        for mut group in groups {
            rng.shuffle(&mut group);
            for row in group {
                folds[row] = next;
                next = 1 - next;
            }
        }
        folds
    }
}

impl Levels {
    fn of(codes: &[i32], rows: &[usize]) -> Self {
        let codes: Vec<i64> = rows.iter().map(|&row| i64::from(codes[row])).collect();
        let dense = Classes::new(&codes);
        Self {
            n_levels: dense.len(),
            codes: dense.codes,
        }
    }
}

/// Return a stratified sample of [`MAX_ROWS`] rows in ascending order.
fn draw_rows(n_rows: usize, classes: Option<&Classes>, rng: &mut Rng) -> Vec<usize> {
    if n_rows <= MAX_ROWS {
        return (0..n_rows).collect();
    }
    let all = [n_rows];
    let counts = classes.map_or(&all[..], |classes| &classes.counts[..]);
    let mut wanted = shares(counts, n_rows);
    let mut remaining = counts.to_vec();
    let mut rows = Vec::with_capacity(MAX_ROWS);
    for row in 0..n_rows {
        let class = classes.map_or(0, |classes| classes.codes[row] as usize);
        // Every subset of that size is equally probable (Knuth 3.4.2, S).
        if rng.below(remaining[class] as u64) < wanted[class] as u64 {
            rows.push(row);
            wanted[class] -= 1;
        }
        remaining[class] -= 1;
    }
    rows
}

/// Return [`MAX_ROWS`] divided in proportion to counts, with the largest remainders rounded
/// up.
fn shares(counts: &[usize], n_rows: usize) -> Vec<usize> {
    let product = |class: usize| counts[class] as u128 * MAX_ROWS as u128;
    let n = n_rows as u128;
    let mut sizes: Vec<usize> = (0..counts.len())
        .map(|class| (product(class) / n) as usize)
        .collect();
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|&class| std::cmp::Reverse(product(class) % n));
    let missing = MAX_ROWS - sizes.iter().sum::<usize>();
    for &class in order.iter().take(missing) {
        sizes[class] += 1;
    }
    sizes
}

/// Return a sample of columns in ascending order, numeric columns first.
fn draw_columns(table: &Table<'_>, rng: &mut Rng) -> Vec<usize> {
    let mut columns: Vec<usize> = (0..table.numeric.len() + table.nominal.len()).collect();
    if columns.len() > MAX_COLUMNS {
        rng.shuffle(&mut columns);
        columns.truncate(MAX_COLUMNS);
        columns.sort_unstable();
    }
    columns
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
pub(super) mod tests {
    use super::super::super::Others;
    use super::*;

    /// A sample of these columns, nominal ones by dense codes.
    pub(in super::super) fn sample(
        numeric: Vec<Vec<f64>>,
        nominal: Vec<Vec<u32>>,
        labels: Labels,
    ) -> Sample {
        let n_rows = match &labels {
            Labels::Classes { codes, .. } => codes.len(),
            Labels::Values(values) => values.len(),
        };
        let nominal = nominal.into_iter().map(|codes| Levels {
            n_levels: codes.iter().max().map_or(0, |&code| code as usize + 1),
            codes,
        });
        Sample {
            numeric,
            nominal: nominal.collect(),
            labels,
            folds: (0..n_rows).map(|row| row % 2).collect(),
        }
    }

    fn draw(y: &[i64], n_columns: usize) -> Option<Sample> {
        let column: Vec<f64> = (0..y.len()).map(|row| row as f64).collect();
        let numeric = vec![&column[..]; n_columns];
        let target = Target::Classes(y);
        let table = Table::new(numeric, Vec::new(), Others::default(), target).unwrap();
        Sample::draw(&table, Some(&Classes::new(y)), 3)
    }

    #[test]
    fn a_sample_keeps_the_shares_of_the_classes() {
        let y: Vec<i64> = (0..10_007).map(|row| i64::from(row % 10 == 0)).collect();
        let sample = draw(&y, 1).unwrap();
        let Labels::Classes { codes, .. } = &sample.labels else {
            unreachable!()
        };
        assert_eq!(codes.len(), MAX_ROWS);
        assert_eq!(codes.iter().filter(|&&code| code == 1).count(), 100);
        for fold in 0..2 {
            let (train, test) = sample.split(fold);
            assert_eq!((train.len(), test.len()), (500, 500));
            let n_rare = test.iter().filter(|&&row| codes[row] == 1).count();
            assert_eq!(n_rare, 50);
        }
        // Rows of the whole table, no row twice.
        let rows = &sample.numeric[0];
        assert!(rows.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(rows[MAX_ROWS - 1] > 9_000.0);
    }

    #[test]
    fn a_wide_table_is_sampled_too() {
        assert_eq!(draw(&[0, 1, 0, 1], 300).unwrap().numeric.len(), MAX_COLUMNS);
    }

    #[test]
    fn nothing_is_drawn_where_there_is_nothing_to_learn() {
        assert!(draw(&[0, 1, 0], 1).is_none());
        assert!(draw(&[0, 1, 0, 1], 0).is_none());
        assert!(draw(&[2, 2, 2, 2], 1).is_none());
    }

    #[test]
    fn labels_of_any_size_are_scaled() {
        for y in [[1e308, -1e308, 0.0, 1e308], [1e-300, 2e-300, 0.0, 0.0]] {
            let rows = [0, 1, 2, 3];
            let Some(Labels::Values(values)) = Labels::of(&Target::Values(&y), &rows) else {
                unreachable!()
            };
            let far = values
                .iter()
                .fold(0.0_f64, |far, value| far.max(value.abs()));
            assert!((far - 1.0).abs() < 1e-15);
        }
        assert!(Labels::of(&Target::Values(&[0.1; 3]), &[0, 1, 2]).is_none());
    }
}
