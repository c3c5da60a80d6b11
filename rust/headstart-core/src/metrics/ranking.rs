//! Metrics of the order of predictions: areas under curves, with exact ties.

use super::Classified;
use crate::sorting::{sort_by_key, unsigned_key};
use crate::{Error, Workers};

pub(super) fn roc_auc(rows: &Classified<'_>, workers: &Workers) -> Result<f64, Error> {
    rows.binary("roc_auc")?;
    Ok(area(&rank_class(rows, 1, 0, workers)?))
}

pub(super) fn average_precision(rows: &Classified<'_>, workers: &Workers) -> Result<f64, Error> {
    rows.binary("average_precision")?;
    let ranked = rank_class(rows, 1, 0, workers)?;
    let total: f64 = ranked.totals().0;
    let (mut sum, mut above, mut positives) = (0.0, 0.0, 0.0);
    ranked.visit_ties(|positive, negative| {
        positives += positive;
        above += positive + negative;
        sum += positive * (positives / above);
    });
    Ok(if total > 0.0 { sum / total } else { f64::NAN })
}

/// Return the mean area of each class against the rest, over classes that occur.
pub(super) fn roc_auc_ovr(
    rows: &Classified<'_>,
    by_size: bool,
    workers: &Workers,
) -> Result<f64, Error> {
    let areas = workers.map(rows.n_classes(), |class| {
        let output = class.min(rows.n_outputs - 1);
        let ranked = rank_class(rows, class as i64, output, workers)?;
        let size = if by_size { ranked.totals().0 } else { 1.0 };
        Ok((area(&ranked), size))
    })?;
    Ok(mean_of_defined(areas.into_iter()))
}

/// Return the mean area over pairs of classes, ranked once by each of the two
/// probabilities.
pub(super) fn roc_auc_ovo(
    rows: &Classified<'_>,
    by_size: bool,
    workers: &Workers,
) -> Result<f64, Error> {
    let n_classes = rows.n_classes();
    if rows.n_outputs == 1 {
        return roc_auc(rows, workers);
    }
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); n_classes];
    for (row, &code) in rows.y.iter().enumerate() {
        members[code as usize].push(row);
    }
    let pairs: Vec<(usize, usize)> = (0..n_classes)
        .flat_map(|a| (0..a).map(move |b| (b, a)))
        .collect();
    let one = |class: usize, rest: usize| -> Result<(f64, f64), Error> {
        let both = members[class]
            .iter()
            .map(|&row| (row, true))
            .chain(members[rest].iter().map(|&row| (row, false)))
            .map(|(row, positive)| {
                (
                    positive,
                    rows.prediction[row * n_classes + class],
                    rows.weight.map_or(1.0, |weight| weight[row]),
                )
            });
        let n_rows = members[class].len() + members[rest].len();
        let ranked = Ranked::new(n_rows, both, rows.weight.is_some(), workers)?;
        let (positives, negatives) = ranked.totals();
        Ok((
            area(&ranked),
            if by_size { positives + negatives } else { 1.0 },
        ))
    };
    let areas = workers.map(pairs.len(), |pair| {
        let (a, b) = pairs[pair];
        let ((first, size), (second, _)) = (one(a, b)?, one(b, a)?);
        Ok((f64::midpoint(first, second), size))
    })?;
    Ok(mean_of_defined(areas.into_iter()))
}

fn mean_of_defined(areas: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (sum, total) = areas
        .filter(|(area, _)| !area.is_nan())
        .fold((0.0, 0.0), |(sum, total), (area, size)| {
            (sum + size * area, total + size)
        });
    sum / total
}

/// Return rows ranked by one output; rows of `class` are positive.
fn rank_class(
    rows: &Classified<'_>,
    class: i64,
    output: usize,
    workers: &Workers,
) -> Result<Ranked, Error> {
    // With one output, class 0 is ranked by the negative of class 1's probability.
    let sign = if rows.n_outputs == 1 && class == 0 {
        -1.0
    } else {
        1.0
    };
    let scores = rows.prediction.iter().skip(output).step_by(rows.n_outputs);
    let labelled = rows.y.iter().zip(scores).enumerate();
    let weight = rows.weight;
    Ranked::new(
        rows.y.len(),
        labelled.map(|(row, (&code, &score))| {
            (
                code == class,
                sign * score,
                weight.map_or(1.0, |weight| weight[row]),
            )
        }),
        weight.is_some(),
        workers,
    )
}

fn area(ranked: &Ranked) -> f64 {
    let (positive, negative) = ranked.totals();
    if positive <= 0.0 || negative <= 0.0 {
        return f64::NAN;
    }
    if let Ranked::Counted {
        positive: positives,
        negative: negatives,
    } = ranked
    {
        let below = count_pairs(positives, negatives, |positive, negative| {
            positive < negative
        });
        let up_to = count_pairs(positives, negatives, |positive, negative| {
            positive <= negative
        });
        return 1.0 - (below + up_to) as f64 / (2.0 * positive * negative);
    }
    let (mut sum, mut above) = (0.0, 0.0);
    ranked.visit_ties(|tied_positive, tied_negative| {
        sum += tied_negative * (above + 0.5 * tied_positive);
        above += tied_positive;
    });
    sum / (positive * negative)
}

/// Return the number of pairs whose positive key is before the negative one, both
/// ascending. The merge has no branches, because the order of random scores cannot be
/// predicted.
fn count_pairs(
    positive: &[(u64, ())],
    negative: &[(u64, ())],
    before: impl Fn(u64, u64) -> bool,
) -> u64 {
    let (mut p, mut n, mut pairs) = (0, 0, 0_u64);
    while p < positive.len() && n < negative.len() {
        let is_before = before(positive[p].0, negative[n].0);
        pairs += u64::from(!is_before) * p as u64;
        p += usize::from(is_before);
        n += usize::from(!is_before);
    }
    pairs + (p * (negative.len() - n)) as u64
}

/// Scores in order, as integers that sort as the floats do.
enum Ranked {
    /// The positive and the negative rows, each in order. Separate keys without payload are
    /// fast to sort.
    Counted {
        positive: Vec<(u64, ())>,
        negative: Vec<(u64, ())>,
    },
    /// Weights, negative for the negative class, with the row, which fixes the order of
    /// sums among equal scores.
    Weighted(Vec<(i64, usize, f64)>),
}

impl Ranked {
    fn new(
        n_rows: usize,
        rows: impl Iterator<Item = (bool, f64, f64)>,
        weighted: bool,
        workers: &Workers,
    ) -> Result<Self, Error> {
        if weighted {
            let mut entries: Vec<(i64, usize, f64)> = rows
                .enumerate()
                .filter(|(_, (_, _, weight))| *weight > 0.0)
                .map(|(row, (is_positive, score, weight))| {
                    (
                        sort_key(score),
                        row,
                        if is_positive { weight } else { -weight },
                    )
                })
                .collect();
            workers.sort_unstable_by(&mut entries, |a, b| (a.0, a.1).cmp(&(b.0, b.1)));
            return Ok(Self::Weighted(entries));
        }
        // Positive keys go to one end, negative keys to the other, without a branch: each
        // key is written to both ends, and one end advances.
        let mut positive = vec![(0, ()); n_rows];
        // Zeros cost nothing before they are written, unlike a clone.
        let mut negative = vec![(0, ()); n_rows];
        let (mut n_positive, mut n_negative) = (0, 0);
        for (is_positive, score, _) in rows.take(n_rows) {
            let key = unsigned_key(score);
            positive[n_positive].0 = key;
            negative[n_negative].0 = key;
            n_positive += usize::from(is_positive);
            n_negative += usize::from(!is_positive);
        }
        positive.truncate(n_positive);
        negative.truncate(n_negative);
        sort_by_key(&mut positive, workers)?;
        sort_by_key(&mut negative, workers)?;
        Ok(Self::Counted { positive, negative })
    }

    /// Return the weight of the positive and of the negative rows.
    fn totals(&self) -> (f64, f64) {
        match self {
            Self::Counted { positive, negative } => (positive.len() as f64, negative.len() as f64),
            Self::Weighted(entries) => {
                entries
                    .iter()
                    .fold((0.0, 0.0), |(positive, negative), &(_, _, weight)| {
                        if weight > 0.0 {
                            (positive + weight, negative)
                        } else {
                            (positive, negative - weight)
                        }
                    })
            }
        }
    }

    /// Call `visit` with the positive and the negative weight of each distinct score,
    /// highest first.
    fn visit_ties(&self, mut visit: impl FnMut(f64, f64)) {
        match self {
            Self::Counted { positive, negative } => {
                let (mut p, mut n) = (positive.len(), negative.len());
                while p > 0 || n > 0 {
                    let highest = match (positive[..p].last(), negative[..n].last()) {
                        (Some(a), Some(b)) => a.0.max(b.0),
                        (Some(a), None) => a.0,
                        (None, Some(b)) => b.0,
                        (None, None) => break,
                    };
                    let (before_p, before_n) = (p, n);
                    while p > 0 && positive[p - 1].0 == highest {
                        p -= 1;
                    }
                    while n > 0 && negative[n - 1].0 == highest {
                        n -= 1;
                    }
                    visit((before_p - p) as f64, (before_n - n) as f64);
                }
            }
            Self::Weighted(entries) => {
                for tied in entries.chunk_by(|a, b| a.0 == b.0).rev() {
                    let (positive, negative) =
                        tied.iter().fold((0.0, 0.0), |(positive, negative), entry| {
                            if entry.2 > 0.0 {
                                (positive + entry.2, negative)
                            } else {
                                (positive, negative - entry.2)
                            }
                        });
                    visit(positive, negative);
                }
            }
        }
    }
}

/// Return a key in the order of `f64::total_cmp`, with equal keys for both zeros.
#[inline]
pub(super) fn sort_key(score: f64) -> i64 {
    // Adding zero turns -0.0 into 0.0.
    let bits = (score + 0.0).to_bits() as i64;
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_their_floats() {
        let scores = [
            f64::MIN,
            -1.5,
            -f64::MIN_POSITIVE,
            0.0,
            1e-300,
            0.5,
            f64::MAX,
        ];
        let keys: Vec<i64> = scores.into_iter().map(sort_key).collect();
        assert!(keys.is_sorted_by(|a, b| a < b));
        assert_eq!(sort_key(-0.0), sort_key(0.0));
    }

    #[test]
    fn classes_that_are_absent_are_left_out_of_the_mean() {
        let prediction = [0.7, 0.2, 0.1, 0.2, 0.7, 0.1, 0.6, 0.3, 0.1];
        let rows = Classified::new(&[0, 1, 0], &prediction, 3, None).unwrap();
        let workers = Workers::default();
        assert_eq!(roc_auc_ovr(&rows, false, &workers), Ok(1.0));
        assert_eq!(roc_auc_ovo(&rows, false, &workers), Ok(1.0));
    }

    #[test]
    fn one_class_alone_has_no_area() {
        let rows = Classified::new(&[1, 1], &[0.2, 0.4], 1, None).unwrap();
        assert!(roc_auc(&rows, &Workers::default()).unwrap().is_nan());
    }
}
