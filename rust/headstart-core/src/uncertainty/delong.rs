//! Variances of areas under the ROC curve, after `DeLong` et al. (1988), in O(n log n)
//! (Sun and Xu, 2014).

use crate::sorting::{sort_by_key, unsigned_key};
use crate::{Error, Workers};

/// Areas and their covariances.
#[derive(Debug, Clone, PartialEq)]
pub struct Areas {
    /// The area of each prediction.
    pub areas: Vec<f64>,
    /// The covariances, one row per prediction.
    pub covariances: Vec<f64>,
}

/// Return the areas of several predictions of the same rows, and their covariances.
///
/// `y` is 0 or 1; `predictions` are concatenated scores.
///
/// # Errors
/// [`Error::Shape`] if lengths differ; [`Error::Value`] for other codes, scores that are
/// not finite, or fewer than two rows of a class; [`Error::Cancelled`].
pub fn delong(y: &[i64], predictions: &[f64], workers: &Workers) -> Result<Areas, Error> {
    if let Some(code) = y.iter().find(|&&code| code != 0 && code != 1) {
        return Err(Error::value(format!(
            "y must hold class codes 0 and 1. Got {code}."
        )));
    }
    let n_positive = y.iter().filter(|&&code| code == 1).count();
    let n_negative = y.len() - n_positive;
    if n_positive < 2 || n_negative < 2 {
        return Err(Error::value(format!(
            "The variance of an area needs at least 2 rows of each class. Got {n_negative} \
             of class 0 and {n_positive} of class 1."
        )));
    }
    if predictions.is_empty() || predictions.len() % y.len() != 0 {
        return Err(Error::length("prediction", y.len(), predictions.len()));
    }
    if !predictions.iter().all(|value| value.is_finite()) {
        return Err(Error::value("prediction must hold finite numbers."));
    }
    let members: Vec<&[f64]> = predictions.chunks_exact(y.len()).collect();
    let mut parts = workers.map(members.len(), |member| {
        placements(y, members[member], workers)
    })?;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let areas: Vec<f64> = parts.iter().map(|part| mean(&part.0)).collect();
    for (positive, negative) in &mut parts {
        for values in [positive, negative] {
            let mean = mean(values);
            for value in values {
                *value -= mean;
            }
        }
    }
    let covariance = |a: &[f64], b: &[f64]| {
        let products = a.iter().zip(b).map(|(a, b)| a * b);
        products.sum::<f64>() / (a.len() - 1) as f64
    };
    let n_members = parts.len();
    let pairs: Vec<(usize, usize)> = (0..n_members)
        .flat_map(|a| (a..n_members).map(move |b| (a, b)))
        .collect();
    let of_pairs = workers.map(pairs.len(), |pair| {
        let (a, b) = (&parts[pairs[pair].0], &parts[pairs[pair].1]);
        Ok(covariance(&a.0, &b.0) / n_positive as f64 + covariance(&a.1, &b.1) / n_negative as f64)
    })?;
    let mut covariances = vec![0.0; n_members * n_members];
    for (&(a, b), covariance) in pairs.iter().zip(of_pairs) {
        covariances[a * n_members + b] = covariance;
        covariances[b * n_members + a] = covariance;
    }
    Ok(Areas { areas, covariances })
}

/// Return, for each row of class 1, the share of class 0 below it, and for each row of
/// class 0, the share of class 1 above it; ties count half. In the order of the rows.
fn placements(y: &[i64], scores: &[f64], workers: &Workers) -> Result<(Vec<f64>, Vec<f64>), Error> {
    let mut entries: Vec<(u64, usize)> = scores
        .iter()
        .enumerate()
        .map(|(row, &score)| (unsigned_key(score), row))
        .collect();
    sort_by_key(&mut entries, workers)?;
    let n_positive = y.iter().filter(|&&code| code == 1).count();
    let n_negative = y.len() - n_positive;
    let mut place = vec![0.0; y.len()];
    let (mut below_positive, mut below_negative) = (0.0, 0.0);
    for tied in entries.chunk_by(|a, b| a.0 == b.0) {
        let positive = tied.iter().filter(|&&(_, row)| y[row] == 1).count() as f64;
        let negative = tied.len() as f64 - positive;
        let of_positive = (below_negative + 0.5 * negative) / n_negative as f64;
        let of_negative = 1.0 - (below_positive + 0.5 * positive) / n_positive as f64;
        for &(_, row) in tied {
            place[row] = if y[row] == 1 {
                of_positive
            } else {
                of_negative
            };
        }
        below_positive += positive;
        below_negative += negative;
    }
    let of = |wanted: i64| {
        let rows = place
            .iter()
            .zip(y)
            .filter(move |&(_, &code)| code == wanted);
        rows.map(|(&place, _)| place).collect::<Vec<f64>>()
    };
    Ok((of(1), of(0)))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_perfect_prediction_has_no_variance() {
        let estimate = delong(&[0, 0, 1, 1], &[0.1, 0.2, 0.8, 0.9], &Workers::default()).unwrap();
        assert_eq!((estimate.areas[0], estimate.covariances[0]), (1.0, 0.0));
    }

    #[test]
    fn a_prediction_and_its_double_differ_in_nothing() {
        let scores = [0.3, 0.5, 0.4, 0.9, 0.5, 0.1];
        let both: Vec<f64> = scores
            .iter()
            .chain(&scores.map(|s| 2.0 * s))
            .copied()
            .collect();
        let estimate = delong(&[0, 0, 1, 1, 1, 0], &both, &Workers::default()).unwrap();
        assert_eq!(estimate.areas[0], estimate.areas[1]);
        assert!(
            estimate
                .covariances
                .iter()
                .all(|value| *value == estimate.covariances[0])
        );
    }

    #[test]
    fn one_row_of_a_class_is_refused() {
        let result = delong(&[0, 0, 1], &[0.1, 0.2, 0.3], &Workers::default());
        assert!(matches!(result, Err(Error::Value(_))));
    }
}
