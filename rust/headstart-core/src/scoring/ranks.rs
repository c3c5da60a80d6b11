//! Scores by ranks of a column's values.

use crate::columns::{Columns, each_column};
use crate::order::{Ordered, Scratch, check_count, place};
use crate::{Error, Workers};

use super::{Classes, check_rows, check_weight};

/// Return Spearman's correlation of each column with `y`, with mean ranks for ties, over
/// rows where the column is not NaN, and the number of these rows.
///
/// # Errors
/// [`Error::Shape`]; [`Error::Value`] if `y` has NaN, or for at least 2^31 rows;
/// [`Error::Cancelled`].
pub fn spearman(
    table: &dyn Columns,
    y: &[f64],
    workers: &Workers,
) -> Result<Vec<(f64, f64)>, Error> {
    check_rows("y", table.n_rows(), y.len())?;
    // Twice a centred rank fits into 32 bits.
    check_count(y.len(), i32::MAX as u32)?;
    if y.iter().any(|y| y.is_nan()) {
        return Err(Error::value("y must not have missing values."));
    }
    let whole = Ranks::of(y.iter().copied(), workers)?;
    each_column(table, workers, |_, values| {
        if !values.iter().any(|value| value.is_nan()) {
            let r = correlate(values.iter().copied(), &whole, workers)?;
            return Ok((r, y.len() as f64));
        }
        let there = || values.iter().zip(y).filter(|(value, _)| !value.is_nan());
        let ranks = Ranks::of(there().map(|(_, &y)| y), workers)?;
        let r = correlate(there().map(|(&value, _)| value), &ranks, workers)?;
        Ok((r, ranks.centred.len() as f64))
    })
}

/// Ranks of the target.
struct Ranks {
    /// Twice the centred rank, a whole number.
    centred: Vec<i32>,
    square: f64,
}

impl Ranks {
    fn of(values: impl Iterator<Item = f64>, workers: &Workers) -> Result<Self, Error> {
        let keys = Scratch::keys(values);
        let mut centred = vec![0; keys.len()];
        let mut square = 0.0;
        Ordered::new(&keys, workers)?.each_tie(|first, tie| {
            let rank = twice_centred(first, tie.len(), keys.len());
            square += tie.len() as f64 * f64::from(rank) * f64::from(rank);
            for &item in tie {
                centred[place(item)] = rank;
            }
        })?;
        Ok(Self { centred, square })
    }
}

/// Return twice the mean rank of `count` positions from `first`, minus that of all `n`.
#[inline]
fn twice_centred(first: usize, count: usize, n: usize) -> i32 {
    ((2 * first + count) as i64 - n as i64) as i32
}

fn correlate(
    values: impl Iterator<Item = f64>,
    y: &Ranks,
    workers: &Workers,
) -> Result<f64, Error> {
    let keys = Scratch::keys(values);
    let (mut product, mut square) = (0.0, 0.0);
    Ordered::new(&keys, workers)?.each_tie(|first, tie| {
        let rank = f64::from(twice_centred(first, tie.len(), keys.len()));
        let sum: i64 = tie
            .iter()
            .map(|&item| i64::from(y.centred[place(item)]))
            .sum();
        product += rank * sum as f64;
        square += rank * rank * tie.len() as f64;
    })?;
    Ok(if square > 0.0 && y.square > 0.0 {
        (product / square.sqrt() / y.square.sqrt()).clamp(-1.0, 1.0)
    } else {
        f64::NAN
    })
}

/// Return the area under the ROC curve of each class against the rest with the column as
/// score, over rows where it is not NaN: `n_columns` times `n_classes` values.
///
/// # Errors
/// [`Error::Shape`], [`Error::Value`] for wrong weights, [`Error::Cancelled`].
pub fn auc(
    table: &dyn Columns,
    y: Classes<'_>,
    weight: Option<&[f64]>,
    workers: &Workers,
) -> Result<Vec<f64>, Error> {
    check_rows("y", table.n_rows(), y.codes.len())?;
    check_weight(weight, y.codes.len())?;
    let areas = each_column(table, workers, |_, values| {
        areas(values, y, weight, workers)
    })?;
    Ok(areas.into_iter().flatten().collect())
}

fn areas(
    values: &[f64],
    y: Classes<'_>,
    weight: Option<&[f64]>,
    workers: &Workers,
) -> Result<Vec<f64>, Error> {
    let keys = Scratch::keys(values.iter().copied());
    let (mut sums, mut totals) = (vec![0.0; y.n_classes], vec![0.0; y.n_classes]);
    let mut tied = vec![0.0; y.n_classes];
    let mut below = 0.0;
    Ordered::new(&keys, workers)?.each_tie(|_, tie| {
        if values[place(tie[0])].is_nan() {
            return;
        }
        let mut of_tie = 0.0;
        for &item in tie {
            let row = place(item);
            let w = weight.map_or(1.0, |weight| weight[row]);
            tied[y.codes[row] as usize] += w;
            of_tie += w;
        }
        for &item in tie {
            let class = y.codes[place(item)] as usize;
            let of_class = std::mem::take(&mut tied[class]);
            // Rows of other classes below, plus half of those with the same value.
            let others = below - totals[class] + 0.5 * (of_tie - of_class);
            sums[class] += of_class * others;
            totals[class] += of_class;
        }
        below += of_tie;
    })?;
    Ok(sums
        .iter()
        .zip(&totals)
        .map(|(sum, total)| sum / (total * (below - total)))
        .collect())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::columns::Separate;

    #[test]
    fn a_monotone_column_has_the_same_order() {
        let y: Vec<f64> = (0..700).map(|row| f64::from(row * 37 % 101)).collect();
        let x: Vec<f64> = y.iter().map(|y| -y.exp()).collect();
        let mut gaps = x.clone();
        gaps[5] = f64::NAN;
        let table = Separate::new(vec![&x[..], &gaps]).unwrap();
        let correlations = spearman(&table, &y, &Workers::default()).unwrap();
        assert!((correlations[0].0 + 1.0).abs() < 1e-12);
        assert!((correlations[1].0 + 1.0).abs() < 1e-12 && correlations[1].1 == 699.0);
    }

    #[test]
    fn an_area_counts_pairs_and_half_of_ties() {
        let x = [1.0, 2.0, 2.0, 3.0, f64::NAN];
        let table = Separate::new(vec![&x[..]]).unwrap();
        let y = Classes::new(&[0, 0, 1, 1, 0], 2).unwrap();
        let areas = auc(&table, y, None, &Workers::default()).unwrap();
        assert_eq!(areas, [0.125, 0.875]);
        let y = Classes::new(&[0, 0, 1, 2, 0], 3).unwrap();
        let areas = auc(&table, y, None, &Workers::default()).unwrap();
        assert_eq!(areas, [0.125, 0.5, 1.0]);
    }
}
