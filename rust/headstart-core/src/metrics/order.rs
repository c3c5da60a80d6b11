//! Metrics of the order of predicted values, with exact ties.

use super::Valued;
use super::ranking::sort_key;
use super::sums::mean;
use crate::{Error, Workers};

/// Return the correlation of ranks; equal values share the mean of their ranks. NaN if one
/// side is constant.
pub(super) fn spearman(rows: &Valued<'_>, workers: &Workers) -> Result<f64, Error> {
    let truth = ranks(rows.y, rows.weight, workers)?;
    let prediction = ranks(rows.prediction, rows.weight, workers)?;
    let n_rows = truth.len();
    let centre_truth = mean(n_rows, rows.weight, workers, |row| truth[row])?;
    let centre_prediction = mean(n_rows, rows.weight, workers, |row| prediction[row])?;
    let moment = |a: &[f64], b: &[f64], centre_a: f64, centre_b: f64| {
        mean(n_rows, rows.weight, workers, |row| {
            (a[row] - centre_a) * (b[row] - centre_b)
        })
    };
    let covariance = moment(&truth, &prediction, centre_truth, centre_prediction)?;
    let truth_variance = moment(&truth, &truth, centre_truth, centre_truth)?;
    let prediction_variance = moment(
        &prediction,
        &prediction,
        centre_prediction,
        centre_prediction,
    )?;
    let total = 2.0 * centre_truth;
    // A rank is a sum of weights. For constants, only rounding remains.
    let rounding = (1e-12 * total).powi(2);
    Ok(
        if truth_variance > rounding && prediction_variance > rounding {
            (covariance / (truth_variance.sqrt() * prediction_variance.sqrt())).clamp(-1.0, 1.0)
        } else {
            f64::NAN
        },
    )
}

/// Return the weight of the rows below each row, plus half of the weight of equal rows.
fn ranks(values: &[f64], weight: Option<&[f64]>, workers: &Workers) -> Result<Vec<f64>, Error> {
    let order = sorted(values, workers)?;
    let mut ranks = vec![0.0; values.len()];
    let mut below = 0.0;
    for tied in order.chunk_by(|a, b| a.0 == b.0) {
        let tied_weight: f64 = tied
            .iter()
            .map(|&(_, row)| weight.map_or(1.0, |weight| weight[row as usize]))
            .sum();
        for &(_, row) in tied {
            ranks[row as usize] = below + 0.5 * tied_weight;
        }
        below += tied_weight;
    }
    Ok(ranks)
}

/// Return keys with rows, ascending.
fn sorted(values: &[f64], workers: &Workers) -> Result<Vec<(i64, u32)>, Error> {
    if u32::try_from(values.len()).is_err() {
        return Err(Error::value("There may be at most 2**32 - 1 rows."));
    }
    let mut order: Vec<(i64, u32)> = values
        .iter()
        .enumerate()
        .map(|(row, &value)| (sort_key(value), row as u32))
        .collect();
    workers.check()?;
    workers.sort_unstable_by(&mut order, Ord::cmp);
    workers.check()?;
    Ok(order)
}

/// Return the share of pairs with different true values that are predicted in their order;
/// pairs with equal predictions count half. NaN if all true values are equal.
pub(super) fn concordance(rows: &Valued<'_>, workers: &Workers) -> Result<f64, Error> {
    let by_truth = sorted(rows.y, workers)?;
    // Ranks of the distinct predictions, from 1.
    let mut place = vec![0_usize; rows.y.len()];
    let mut n_places = 0;
    for tied in sorted(rows.prediction, workers)?.chunk_by(|a, b| a.0 == b.0) {
        n_places += 1;
        for &(_, row) in tied {
            place[row as usize] = n_places;
        }
    }
    let weight_of = |row: u32| rows.weight.map_or(1.0, |weight| weight[row as usize]);
    // A Fenwick tree over ranks: the weight of rows with lower true values.
    let mut tree = vec![0.0; n_places + 1];
    let (mut total, mut below, mut right) = (0.0, 0.0, 0.0);
    let up_to = |tree: &[f64], mut place: usize| {
        let mut sum = 0.0;
        while place > 0 {
            sum += tree[place];
            place &= place - 1;
        }
        sum
    };
    for (step, tied) in by_truth.chunk_by(|a, b| a.0 == b.0).enumerate() {
        if step % 4096 == 0 {
            workers.check()?;
        }
        for &(_, row) in tied {
            let (weight, place) = (weight_of(row), place[row as usize]);
            let lower = up_to(&tree, place - 1);
            let equal = up_to(&tree, place) - lower;
            right += weight * (lower + 0.5 * equal);
            total += weight * below;
        }
        for &(_, row) in tied {
            let weight = weight_of(row);
            below += weight;
            let mut at = place[row as usize];
            while at <= n_places {
                tree[at] += weight;
                at += at & at.wrapping_neg();
            }
        }
    }
    Ok(if total > 0.0 { right / total } else { f64::NAN })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn concordance_is_the_share_of_pairs_in_order(
            rows in prop::collection::vec((0_u8..5, 0_u8..5, 0_u8..3), 2..40),
        ) {
            let y: Vec<f64> = rows.iter().map(|row| f64::from(row.0)).collect();
            let p: Vec<f64> = rows.iter().map(|row| f64::from(row.1)).collect();
            let mut w: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect();
            w[0] = 1.0;
            let (mut right, mut total) = (0.0, 0.0);
            for (i, j) in (0..y.len()).flat_map(|i| (0..y.len()).map(move |j| (i, j))) {
                if y[i] < y[j] {
                    let pair = w[i] * w[j];
                    total += pair;
                    right += pair
                        * if p[i] < p[j] { 1.0 } else if p[i] == p[j] { 0.5 } else { 0.0 };
                }
            }
            let actual = concordance(
                &Valued::new(&y, &p, Some(&w)).unwrap(), &Workers::default()
            ).unwrap();
            prop_assert!(
                (actual.is_nan() && total == 0.0) || (actual - right / total).abs() < 1e-12
            );
        }
    }

    #[test]
    fn ranks_see_the_order_only() {
        let y = [1.0, 2.0, 3.0, 4.0];
        let score =
            |p: &[f64]| spearman(&Valued::new(&y, p, None).unwrap(), &Workers::default()).unwrap();
        assert!((score(&[1.0, 10.0, 100.0, 1e9]) - 1.0).abs() < 1e-15);
        assert!((score(&[4.0, 3.0, 2.0, -0.5]) + 1.0).abs() < 1e-15);
        assert!(score(&[7.0; 4]).is_nan());
    }
}
