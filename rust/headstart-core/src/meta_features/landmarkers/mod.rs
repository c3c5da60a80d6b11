//! Landmarkers: scores of simple learners on a sample of the rows.
//!
//! All learners use the same sample of at most 1,000 rows and 256 columns, and two folds.
//! Scores over both folds are the share of errors, or the R² of a regression, at least -1.
//! The values differ from `OpenML`'s, which uses Weka's learners and all rows.

mod bayes;
mod linear;
mod matrix;
mod nearest;
mod sample;
mod tally;
mod tree;

use sample::Sample;
use tree::Orders;

use super::classes::Classes;
use super::{Qualities, Table};
use crate::{Error, Workers};

/// A simple learner.
#[derive(Debug, Clone, Copy)]
enum Learner {
    /// The best single split.
    Stump,
    /// A tree of depth three.
    Tree,
    /// Naive Bayes with normal distributions for numeric columns.
    Bayes,
    /// The nearest row.
    Nearest,
    /// Ridge regression, of class indicators for classification.
    Linear,
}

impl Learner {
    /// Return the loss over the validation rows of a fold.
    fn loss(self, sample: &Sample, orders: &Orders, fold: usize) -> f64 {
        let (train, test) = sample.split(fold);
        match self {
            Self::Stump => tree::loss(sample, orders, train, test, 1),
            Self::Tree => tree::loss(sample, orders, train, test, 3),
            Self::Bayes => bayes::loss(sample, &train, &test),
            Self::Nearest => nearest::loss(sample, &train, &test),
            Self::Linear => linear::loss(sample, &train, &test),
        }
    }
}

const OF_CLASSES: [(&str, Learner); 5] = [
    ("hs_stump_error", Learner::Stump),
    ("hs_tree_error", Learner::Tree),
    ("hs_naive_bayes_error", Learner::Bayes),
    ("hs_nearest_error", Learner::Nearest),
    ("hs_linear_error", Learner::Linear),
];

const OF_VALUES: [(&str, Learner); 4] = [
    ("hs_stump_r2", Learner::Stump),
    ("hs_tree_r2", Learner::Tree),
    ("hs_nearest_r2", Learner::Nearest),
    ("hs_linear_r2", Learner::Linear),
];

/// Put the landmarkers of classification and of regression. NaN for those of the other
/// kind, and all are NaN with fewer than four rows, no column, or a constant target.
pub(super) fn put(
    qualities: &mut Qualities,
    table: &Table<'_>,
    classes: Option<&Classes>,
    seed: u64,
    workers: &Workers,
) -> Result<(), Error> {
    let sample = Sample::draw(table, classes, seed);
    let of_classes = sample.as_ref().filter(|_| classes.is_some());
    let of_values = sample.as_ref().filter(|_| classes.is_none());
    for (name, error) in scores(of_classes, &OF_CLASSES, workers)? {
        qualities.put(name, error);
    }
    for (name, error) in scores(of_values, &OF_VALUES, workers)? {
        // The unit is the sample's sum of squared distances from the mean.
        let score = 1.0 - error;
        // `max` would hide a NaN.
        qualities.put(name, if score < -1.0 { -1.0 } else { score });
    }
    Ok(())
}

/// Return the loss of each learner, relative to the loss of a constant.
fn scores(
    sample: Option<&Sample>,
    learners: &[(&'static str, Learner)],
    workers: &Workers,
) -> Result<Vec<(&'static str, f64)>, Error> {
    let Some(sample) = sample else {
        return Ok(learners.iter().map(|&(name, _)| (name, f64::NAN)).collect());
    };
    let orders = Orders::of(sample, workers)?;
    let losses = workers.map(2 * learners.len(), |task| {
        Ok(learners[task / 2].1.loss(sample, &orders, task % 2))
    })?;
    Ok(learners
        .iter()
        .zip(losses.chunks(2))
        .map(|(&(name, _), of_folds)| (name, (of_folds[0] + of_folds[1]) / sample.total()))
        .collect())
}
