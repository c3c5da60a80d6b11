//! Correlation with a numeric target, and analysis of variance.

use crate::binning::BinnedMatrix;
use crate::columns::{Columns, each_column};
use crate::{Error, Workers};

use super::{Classes, blocks, check_rows, check_weight};

/// Number of independent sums, which keep the processor busy and fix the order of
/// additions.
const LANES: usize = 8;

/// Rows that stay in the L1 cache for several sums, computed one after the other because of
/// the limited registers.
const TILE: usize = 1024;

/// Number of leading values for the origin of sums.
const LEADING: usize = 1024;

/// Pearson's correlation of a column with the target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correlation {
    /// From -1 to 1; NaN if either is constant.
    pub r: f64,
    /// Weight of the rows with a value.
    pub n: f64,
}

/// Sums of squares between and within groups.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Variance {
    /// Sum of squares between the groups.
    pub between: f64,
    /// Sum of squares within them.
    pub within: f64,
    /// Weight of the rows with a value.
    pub n: f64,
    /// Number of groups with a row.
    pub n_groups: f64,
}

impl Variance {
    /// Return the F statistic of a one-way analysis of variance; NaN for a constant.
    pub fn f(&self) -> f64 {
        (self.between / (self.n_groups - 1.0)) / (self.within / (self.n - self.n_groups))
    }

    /// Return the share of the variance between groups; NaN for a constant.
    pub fn eta_squared(&self) -> f64 {
        self.between / (self.between + self.within)
    }
}

/// Return the mean of the leading finite values with a weight. Sums about it have small
/// rounding errors.
fn middle(values: &[f64], weight: Option<&[f64]>) -> f64 {
    let weight = |row: usize| weight.map_or(1.0, |weight| weight[row]);
    let leading = values
        .iter()
        .enumerate()
        .map(|(row, &value)| (value, weight(row)))
        .filter(|&(value, weight)| value.is_finite() && weight > 0.0)
        .take(LEADING);
    let (mut sum, mut total) = (0.0, 0.0);
    for (value, weight) in leading {
        sum += weight * value;
        total += weight;
    }
    if total > 0.0 { sum / total } else { 0.0 }
}

/// Whether any value differs from the first. Sums of weighted values do not show it,
/// because their rounding errors grow with the rows.
#[derive(Clone, Copy, Default)]
struct Variety {
    first: Option<f64>,
    varies: bool,
}

impl Variety {
    #[inline]
    fn add(&mut self, value: f64) {
        self.varies |= value != *self.first.get_or_insert(value);
    }
}

/// Sums in lanes, independent of the division of rows.
#[derive(Clone, Copy, Default)]
struct Lanes([f64; LANES]);

impl Lanes {
    #[inline]
    fn add(&mut self, x: &[f64], term: impl Fn(f64) -> f64) {
        self.add_pairs(x, x, |x, _| term(x));
    }

    /// Add rows in tiles of a multiple of the lanes, except the last tile.
    #[inline]
    fn add_pairs(&mut self, x: &[f64], y: &[f64], term: impl Fn(f64, f64) -> f64) {
        let mut sums = self.0;
        let (x_blocks, x_rest) = blocks::<_, LANES>(x);
        let (y_blocks, y_rest) = blocks::<_, LANES>(y);
        for (x, y) in x_blocks.zip(y_blocks) {
            for lane in 0..LANES {
                sums[lane] += term(x[lane], y[lane]);
            }
        }
        for ((sum, &x), &y) in sums.iter_mut().zip(x_rest).zip(y_rest) {
            *sum += term(x, y);
        }
        self.0 = sums;
    }

    fn sum(&self) -> f64 {
        self.0.iter().sum()
    }
}

/// Return the sums of numbers about an origin, and of their squares.
fn powers(values: &[f64], origin: f64) -> (f64, f64) {
    let (mut sum, mut square) = (Lanes::default(), Lanes::default());
    for values in values.chunks(TILE) {
        sum.add(values, |value| value - origin);
        square.add(values, |value| (value - origin) * (value - origin));
    }
    (sum.sum(), square.sum())
}

/// Return the sums of `values` about an origin, of their products with `others` about their
/// origin, and of their squares.
fn products(values: &[f64], origin: f64, others: &[f64], others_origin: f64) -> [f64; 3] {
    let mut lanes = [Lanes::default(); 3];
    for (x, y) in values.chunks(TILE).zip(others.chunks(TILE)) {
        lanes[0].add(x, |x| x - origin);
        lanes[1].add_pairs(x, y, |x, y| (x - origin) * (y - others_origin));
        lanes[2].add(x, |x| (x - origin) * (x - origin));
    }
    lanes.map(|lanes| lanes.sum())
}

/// A target of correlations.
struct Numbers<'a> {
    values: &'a [f64],
    origin: f64,
    sum: f64,
    square: f64,
}

/// Return Pearson's correlation of each column with `y`, over rows with finite values of
/// both.
///
/// # Errors
/// [`Error::Shape`], [`Error::Value`] for wrong weights, [`Error::Cancelled`].
pub fn pearson(
    table: &dyn Columns,
    y: &[f64],
    weight: Option<&[f64]>,
    workers: &Workers,
) -> Result<Vec<Correlation>, Error> {
    check_rows("y", table.n_rows(), y.len())?;
    check_weight(weight, y.len())?;
    let origin = middle(y, weight);
    let (sum, square) = powers(y, origin);
    let y = Numbers {
        values: y,
        origin,
        sum,
        square,
    };
    each_column(table, workers, |_, values| {
        Ok(correlation(values, &y, weight, middle(values, weight)))
    })
}

fn correlation(x: &[f64], y: &Numbers<'_>, weight: Option<&[f64]>, origin: f64) -> Correlation {
    // n, x, y, xx, yy, xy
    let mut sums = [f64::NAN; 6];
    let mut has_constant = false;
    if weight.is_none() {
        let [a, ab, aa] = products(x, origin, y.values, y.origin);
        sums = [x.len() as f64, a, y.sum, aa, y.square, ab];
    }
    // With missing values, weights or an overflow, rows are summed one by one.
    if !(sums[3].is_finite() && sums[4].is_finite()) {
        sums = [0.0; 6];
        let (mut of_x, mut of_y) = (Variety::default(), Variety::default());
        for (row, (x, y_value)) in x.iter().zip(y.values).enumerate() {
            let w = weight.map_or(1.0, |weight| weight[row]);
            if x.is_finite() && y_value.is_finite() && w > 0.0 {
                of_x.add(*x);
                of_y.add(*y_value);
                let (a, b) = (x - origin, y_value - y.origin);
                let terms = [1.0, a, b, a * a, b * b, a * b];
                for (sum, term) in sums.iter_mut().zip(terms) {
                    *sum += w * term;
                }
            }
        }
        has_constant = !(of_x.varies && of_y.varies);
    }
    let [n, a, b, aa, bb, ab] = sums;
    let (xx, yy, xy) = (aa - a * a / n, bb - b * b / n, ab - a * b / n);
    // For a constant, only rounding remains.
    let r = if has_constant || xx <= aa * 1e-15 || yy <= bb * 1e-15 {
        f64::NAN
    } else {
        (xy / xx.sqrt() / yy.sqrt()).clamp(-1.0, 1.0)
    };
    Correlation { r, n }
}

/// Return the analysis of variance of each column between the classes of the target, over
/// rows with a finite value. Weights count rows.
///
/// # Errors
/// As [`pearson`].
pub fn anova(
    table: &dyn Columns,
    y: Classes<'_>,
    weight: Option<&[f64]>,
    workers: &Workers,
) -> Result<Vec<Variance>, Error> {
    check_rows("y", table.n_rows(), y.codes.len())?;
    check_weight(weight, y.codes.len())?;
    let counts = y.counts();
    let indicator: Vec<f64> = if y.n_classes == 2 && weight.is_none() {
        y.codes.iter().map(|&code| f64::from(code)).collect()
    } else {
        Vec::new()
    };
    each_column(table, workers, |_, values| {
        let origin = middle(values, weight);
        let by_sums = match (weight, y.n_classes) {
            (Some(_), _) => None,
            (None, 2) => two_groups(values, &indicator, origin, &counts),
            (None, _) => many_groups(values, y, origin, &counts),
        };
        Ok(by_sums.unwrap_or_else(|| {
            grouped(
                values,
                |row| y.codes[row] as usize,
                y.n_classes,
                weight,
                origin,
            )
        }))
    })
}

/// Return the analysis of variance of the target between the bins of each column, with a
/// bin for missing values. Weights count rows.
///
/// # Errors
/// As [`pearson`].
pub fn anova_of_bins(
    matrix: &BinnedMatrix,
    y: &[f64],
    weight: Option<&[f64]>,
    workers: &Workers,
) -> Result<Vec<Variance>, Error> {
    check_rows("y", matrix.n_rows(), y.len())?;
    check_weight(weight, y.len())?;
    let origin = middle(y, weight);
    workers.map(matrix.n_columns(), |column| {
        let codes = matrix.column(column);
        Ok(grouped(y, |row| codes[row] as usize, 256, weight, origin))
    })
}

/// Return the variance between two groups, `None` if a value is missing.
fn two_groups(x: &[f64], indicator: &[f64], origin: f64, counts: &[f64]) -> Option<Variance> {
    let [sum, second, square] = products(x, origin, indicator, 0.0);
    square
        .is_finite()
        .then(|| variance(&[sum - second, second], counts, square))
}

fn many_groups(x: &[f64], y: Classes<'_>, origin: f64, counts: &[f64]) -> Option<Variance> {
    // Alternating sums, because neighbouring rows of one class would wait for each other.
    const APART: usize = 4;
    let n_classes = y.n_classes;
    let mut sums = vec![0.0; APART * n_classes];
    let mut squares = [0.0; APART];
    for (x, codes) in x.chunks(APART).zip(y.codes.chunks(APART)) {
        for (lane, (x, &code)) in x.iter().zip(codes).enumerate() {
            let a = x - origin;
            sums[lane * n_classes + code as usize] += a;
            squares[lane] += a * a;
        }
    }
    let square: f64 = squares.iter().sum();
    let (first, others) = sums.split_at_mut(n_classes);
    for lane in others.chunks(n_classes.max(1)) {
        for (sum, more) in first.iter_mut().zip(lane) {
            *sum += more;
        }
    }
    square.is_finite().then(|| variance(first, counts, square))
}

fn grouped(
    values: &[f64],
    group: impl Fn(usize) -> usize,
    n_groups: usize,
    weight: Option<&[f64]>,
    origin: f64,
) -> Variance {
    let (mut sums, mut counts) = (vec![0.0; n_groups], vec![0.0; n_groups]);
    let mut square = 0.0;
    let mut variety = Variety::default();
    for (row, &value) in values.iter().enumerate() {
        let w = weight.map_or(1.0, |weight| weight[row]);
        if value.is_finite() && w > 0.0 {
            variety.add(value);
            let a = value - origin;
            sums[group(row)] += w * a;
            counts[group(row)] += w;
            square += w * a * a;
        }
    }
    if !variety.varies {
        square = 0.0;
    }
    variance(&sums, &counts, square)
}

/// Return the variance from the sums by group and the sum of squares about an origin; a
/// `square` of 0 means a constant.
fn variance(sums: &[f64], counts: &[f64], square: f64) -> Variance {
    let (mut n, mut sum, mut n_groups, mut of_groups) = (0.0, 0.0, 0.0, 0.0);
    for (&group, &count) in sums.iter().zip(counts) {
        if count > 0.0 {
            n += count;
            sum += group;
            n_groups += 1.0;
            of_groups += group * group / count;
        }
    }
    let of_all = sum * sum / n;
    let total = square - of_all;
    // For a constant, only rounding remains.
    if total.is_nan() || total <= square * 1e-15 {
        return Variance {
            between: 0.0,
            within: 0.0,
            n,
            n_groups,
        };
    }
    Variance {
        between: (of_groups - of_all).max(0.0),
        within: (square - of_groups).max(0.0),
        n,
        n_groups,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::columns::Separate;

    #[test]
    fn a_line_correlates_wholly_and_a_constant_not_at_all() {
        let y: Vec<f64> = (0..19).map(f64::from).collect();
        let line: Vec<f64> = y.iter().map(|y| 1e9 - 2.0 * y).collect();
        let constant = [0.1; 19];
        let table = Separate::new(vec![&line[..], &constant]).unwrap();
        let correlations = pearson(&table, &y, None, &Workers::default()).unwrap();
        assert!((correlations[0].r + 1.0).abs() < 1e-12);
        assert!(correlations[1].r.is_nan());
    }

    #[test]
    fn rows_of_weight_zero_are_as_if_left_out() {
        let y: Vec<f64> = (0..50).map(|row| f64::from(row % 7)).collect();
        let mut x: Vec<f64> = (0..50).map(|row| f64::from(row % 7 + row % 3)).collect();
        let codes: Vec<u16> = (0..50).map(|row| row % 2).collect();
        let mut weight = vec![1.0; 50];
        let workers = Workers::default();
        let score = |x: &[f64], y: &[f64], codes: &[u16], weight: &[f64]| {
            let table = Separate::new(vec![x]).unwrap();
            let r = pearson(&table, y, Some(weight), &workers).unwrap()[0].r;
            let groups = Classes::new(codes, 2).unwrap();
            (
                r,
                anova(&table, groups, Some(weight), &workers).unwrap()[0].f(),
            )
        };
        let expected = score(&x[5..], &y[5..], &codes[5..], &weight[5..]);
        x[..5].fill(1e12);
        weight[..5].fill(0.0);
        let scored = score(&x, &y, &codes, &weight);
        assert!((scored.0 - expected.0).abs() < 1e-12, "{scored:?}");
        assert!((scored.1 - expected.1).abs() < 1e-10, "{scored:?}");
    }

    #[test]
    fn a_constant_under_weights_has_no_variance_and_no_correlation() {
        let mut rng = crate::rng::Rng::new(5, 0);
        let n = 2_000;
        let weight: Vec<f64> = (0..n).map(|_| rng.uniform()).collect();
        let y: Vec<f64> = (0..n).map(|_| rng.uniform()).collect();
        let codes: Vec<u16> = y.iter().map(|&y| u16::from(y < 0.3)).collect();
        let constants: Vec<Vec<f64>> = (0..50)
            .map(|_| vec![200.0 * rng.uniform() - 100.0; n])
            .collect();
        let table = Separate::new(constants.iter().map(Vec::as_slice).collect()).unwrap();
        let workers = Workers::default();
        let groups = Classes::new(&codes, 2).unwrap();
        let variances = anova(&table, groups, Some(&weight), &workers).unwrap();
        assert!(
            variances
                .iter()
                .all(|v| (v.between, v.within) == (0.0, 0.0))
        );
        let correlations = pearson(&table, &y, Some(&weight), &workers).unwrap();
        assert!(correlations.iter().all(|c| c.r.is_nan()));
    }

    #[test]
    fn a_table_of_no_rows_and_no_classes_has_undefined_scores() {
        let table = Separate::new(vec![&[] as &[f64]]).unwrap();
        let none = Classes::new(&[], 0).unwrap();
        let variance = anova(&table, none, None, &Workers::default()).unwrap()[0];
        assert!(variance.f().is_nan());
    }

    #[test]
    fn two_groups_are_a_case_of_many() {
        let x: Vec<f64> = (0..37).map(|row| f64::from(row * row % 11)).collect();
        let codes: Vec<u16> = (0..37).map(|row| u16::from(row % 3 == 0)).collect();
        let table = Separate::new(vec![&x[..]]).unwrap();
        let workers = Workers::default();
        let two = Classes::new(&codes, 2).unwrap();
        let three = Classes::new(&codes, 3).unwrap();
        let ones = [1.0; 37];
        let a = anova(&table, two, None, &workers).unwrap()[0];
        let b = anova(&table, three, None, &workers).unwrap()[0];
        let c = anova(&table, two, Some(&ones), &workers).unwrap()[0];
        assert!((a.f() - b.f()).abs() < 1e-12 && (a.f() - c.f()).abs() < 1e-12);
        assert_eq!((a.n, b.n_groups), (37.0, 2.0));
    }
}
