//! Metrics of predictions with sample weights.
//!
//! Values agree with scikit-learn's except for rounding. An undefined score, such as the
//! area under the ROC curve with one class, is NaN.

mod labelled;
mod labels;
mod names;
mod order;
mod probabilities;
mod ranking;
mod sums;
mod threshold;
mod values;

use crate::{Error, Workers};

pub use labelled::Labelled;
pub use labels::Counts;
pub use names::{Average, ClassMetric, LabelMetric, ValueMetric};
pub use threshold::{Objective, best_class_factors, best_threshold};

/// Predicted class probabilities and true classes.
#[derive(Debug, Clone, Copy)]
pub struct Classified<'a> {
    y: &'a [i64],
    prediction: &'a [f64],
    n_outputs: usize,
    weight: Option<&'a [f64]>,
}

impl<'a> Classified<'a> {
    /// Return class codes `y` with a `prediction` of `n_outputs` numbers per row: the
    /// probability of class 1, or one probability per class.
    ///
    /// # Errors
    /// [`Error::Shape`] if lengths differ; [`Error::Value`] for no rows, a code without a
    /// probability, numbers that are not finite, or negative weights.
    pub fn new(
        y: &'a [i64],
        prediction: &'a [f64],
        n_outputs: usize,
        weight: Option<&'a [f64]>,
    ) -> Result<Self, Error> {
        if n_outputs == 0 {
            return Err(Error::value("prediction must have at least one column."));
        }
        check(y.len(), prediction, n_outputs, weight)?;
        let n_classes = n_outputs.max(2);
        check_codes("y", y, n_classes as u64)?;
        Ok(Self {
            y,
            prediction,
            n_outputs,
            weight,
        })
    }

    pub(crate) fn n_classes(&self) -> usize {
        self.n_outputs.max(2)
    }

    fn binary(&self, name: &str) -> Result<(), Error> {
        if self.n_outputs == 1 {
            Ok(())
        } else {
            Err(Error::value(format!(
                "{name} is for two classes: prediction must be the probability of class 1."
            )))
        }
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.y.len()
    }

    pub(crate) fn weight(&self) -> Option<&'a [f64]> {
        self.weight
    }

    pub(crate) fn code(&self, row: usize) -> i64 {
        self.y[row]
    }

    /// Return the probability of class 1 of all rows.
    pub(crate) fn one_output(&self, name: &str) -> Result<&'a [f64], Error> {
        self.binary(name)?;
        Ok(self.prediction)
    }

    /// Return the same rows with other weights, which the caller has checked.
    pub(crate) fn weighted<'b>(&'b self, weight: &'b [f64]) -> Classified<'b> {
        Classified {
            weight: Some(weight),
            ..*self
        }
    }

    /// Return the true and predicted code of each row.
    pub(crate) fn labels(&self) -> Vec<(u32, u32)> {
        (0..self.y.len())
            .map(|row| (self.y[row] as u32, labels::label_of(self, row) as u32))
            .collect()
    }

    /// Return each row's log loss or, for any other metric, its Brier loss.
    pub(crate) fn losses(&self, metric: ClassMetric, workers: &Workers) -> Result<Vec<f64>, Error> {
        let parts = workers.map_chunks(self.y.len(), sums::CHUNK, |rows| {
            Ok(rows
                .map(|row| match metric {
                    ClassMetric::LogLoss => -probabilities::true_probability(self, row).ln(),
                    _ => probabilities::squared_distance(self, row),
                })
                .collect::<Vec<f64>>())
        })?;
        Ok(parts.concat())
    }

    /// Return the score by `metric`.
    ///
    /// # Errors
    /// [`Error::Value`] if `metric` needs two classes and there are more;
    /// [`Error::Cancelled`].
    pub fn score(&self, metric: ClassMetric, workers: &Workers) -> Result<f64, Error> {
        match metric {
            ClassMetric::RocAuc => ranking::roc_auc(self, workers),
            ClassMetric::RocAucOvr => ranking::roc_auc_ovr(self, false, workers),
            ClassMetric::RocAucOvrWeighted => ranking::roc_auc_ovr(self, true, workers),
            ClassMetric::RocAucOvo => ranking::roc_auc_ovo(self, false, workers),
            ClassMetric::RocAucOvoWeighted => ranking::roc_auc_ovo(self, true, workers),
            ClassMetric::AveragePrecision => ranking::average_precision(self, workers),
            ClassMetric::LogLoss => probabilities::log_loss(self, workers),
            ClassMetric::Brier => probabilities::brier(self, workers),
            ClassMetric::CalibrationError(n_bins) => {
                probabilities::calibration_error(self, n_bins, workers)
            }
            ClassMetric::TopK(k) => probabilities::top_k(self, k, workers),
            ClassMetric::Label(metric) => labels::count(self, workers)?.score(metric),
        }
    }

    /// Return the scores by several metrics; all metrics of labels share one count.
    ///
    /// # Errors
    /// As in [`Classified::score`].
    pub fn score_many(
        &self,
        metrics: &[ClassMetric],
        workers: &Workers,
    ) -> Result<Vec<f64>, Error> {
        let mut counts = None;
        metrics
            .iter()
            .map(|&metric| {
                let ClassMetric::Label(metric) = metric else {
                    return self.score(metric, workers);
                };
                if counts.is_none() {
                    counts = Some(labels::count(self, workers)?);
                }
                counts
                    .as_ref()
                    .map_or(Ok(f64::NAN), |counts| counts.score(metric))
            })
            .collect()
    }
}

/// Predicted and true values.
#[derive(Debug, Clone, Copy)]
pub struct Valued<'a> {
    y: &'a [f64],
    prediction: &'a [f64],
    weight: Option<&'a [f64]>,
}

impl<'a> Valued<'a> {
    /// Return true and predicted values.
    ///
    /// # Errors
    /// [`Error::Shape`] if lengths differ; [`Error::Value`] for no rows, numbers that are
    /// not finite, or negative weights.
    pub fn new(
        y: &'a [f64],
        prediction: &'a [f64],
        weight: Option<&'a [f64]>,
    ) -> Result<Self, Error> {
        check(y.len(), prediction, 1, weight)?;
        check_finite("y", y)?;
        Ok(Self {
            y,
            prediction,
            weight,
        })
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.y.len()
    }

    pub(crate) fn weight(&self) -> Option<&'a [f64]> {
        self.weight
    }

    /// Return the same rows with other weights, which the caller has checked.
    pub(crate) fn weighted<'b>(&'b self, weight: &'b [f64]) -> Valued<'b> {
        Valued {
            weight: Some(weight),
            ..*self
        }
    }

    /// Return each row's squared error for `Rmse`, else its absolute error.
    pub(crate) fn losses(&self, metric: ValueMetric) -> Vec<f64> {
        let errors = self
            .y
            .iter()
            .zip(self.prediction)
            .map(|(y, p)| (y - p).abs());
        if metric == ValueMetric::Rmse {
            errors.map(|error| error * error).collect()
        } else {
            errors.collect()
        }
    }

    /// Return the score by `metric`.
    ///
    /// # Errors
    /// [`Error::Value`] if `metric` needs the logarithm of a true value that has none;
    /// [`Error::Cancelled`].
    pub fn score(&self, metric: ValueMetric, workers: &Workers) -> Result<f64, Error> {
        match metric {
            ValueMetric::Rmse => values::rmse(self, workers),
            ValueMetric::Mae => values::mae(self, workers),
            ValueMetric::R2 => values::r2(self, workers),
            ValueMetric::Rmsle => values::rmsle(self, workers),
            ValueMetric::Mape => values::mape(self, workers),
            ValueMetric::Medae => values::medae(self, workers),
            // Exactly half of the absolute error.
            ValueMetric::Pinball(0.5) => Ok(0.5 * values::mae(self, workers)?),
            ValueMetric::Pinball(quantile) => values::pinball(self, quantile, workers),
            ValueMetric::Smape => values::smape(self, workers),
            ValueMetric::Tweedie(power) => values::tweedie(self, power, workers),
            ValueMetric::Spearman => order::spearman(self, workers),
            ValueMetric::Concordance => order::concordance(self, workers),
        }
    }
}

fn check(
    n_rows: usize,
    prediction: &[f64],
    n_outputs: usize,
    weight: Option<&[f64]>,
) -> Result<(), Error> {
    if n_rows == 0 {
        return Err(Error::value("A metric needs at least one row."));
    }
    if prediction.len() != n_rows * n_outputs {
        return Err(Error::length(
            "prediction",
            n_rows * n_outputs,
            prediction.len(),
        ));
    }
    check_finite("prediction", prediction)?;
    check_weight(n_rows, weight)
}

fn check_weight(n_rows: usize, weight: Option<&[f64]>) -> Result<(), Error> {
    let Some(weight) = weight else {
        return Ok(());
    };
    if weight.len() != n_rows {
        return Err(Error::length("weight", n_rows, weight.len()));
    }
    check_finite("weight", weight)?;
    if weight.iter().any(|&weight| weight < 0.0) || weight.iter().all(|&weight| weight == 0.0) {
        return Err(Error::value(
            "Weights must not be negative, and not all of them 0.",
        ));
    }
    // Products of up to two totals must be finite.
    let total: f64 = weight.iter().sum();
    if !(1e-100..=1e100).contains(&total) {
        return Err(Error::value(format!(
            "The sum of the weights must be from 1e-100 to 1e100. Got {total:e}. hint: divide \
             them by their mean."
        )));
    }
    Ok(())
}

/// Check that codes are below `n_classes`.
fn check_codes(name: &str, codes: &[i64], n_classes: u64) -> Result<(), Error> {
    // The bitwise or is vectorised. As unsigned numbers, negative codes are the largest.
    if codes.iter().fold(0, |all, &code| all | code as u64) < n_classes {
        return Ok(());
    }
    match codes.iter().find(|&&code| code as u64 >= n_classes) {
        None => Ok(()),
        Some(code) => Err(Error::value(format!(
            "{name} must hold class codes from 0 to {}. Got {code}.",
            n_classes - 1
        ))),
    }
}

fn check_finite(name: &str, values: &[f64]) -> Result<(), Error> {
    // In blocks, so that the inner loop has no early exit and is vectorised.
    let clean = values.chunks(1024).all(|block| {
        block
            .iter()
            .fold(true, |all, value| all & value.is_finite())
    });
    if clean {
        Ok(())
    } else {
        Err(Error::value(format!(
            "{name} must hold finite numbers. Got NaN or infinity."
        )))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn two_classes(metric: ClassMetric, y: &[i64], p: &[f64], w: Option<&[f64]>) -> f64 {
        Classified::new(y, p, 1, w)
            .unwrap()
            .score(metric, &Workers::default())
            .unwrap()
    }

    proptest! {
        #[test]
        fn the_area_is_the_share_of_pairs_in_order(
            rows in prop::collection::vec((0_i64..2, 0_u8..6), 2..60),
        ) {
            let y: Vec<i64> = rows.iter().map(|row| row.0).collect();
            let p: Vec<f64> = rows.iter().map(|row| f64::from(row.1) / 5.0).collect();
            let (mut won, mut pairs) = (0.0, 0.0);
            for (i, j) in (0..y.len()).flat_map(|i| (0..y.len()).map(move |j| (i, j))) {
                if y[i] == 1 && y[j] == 0 {
                    pairs += 1.0;
                    won += if p[i] > p[j] { 1.0 } else if p[i] == p[j] { 0.5 } else { 0.0 };
                }
            }
            let area = two_classes(ClassMetric::RocAuc, &y, &p, None);
            if pairs == 0.0 {
                prop_assert!(area.is_nan());
            } else {
                prop_assert!((area - won / pairs).abs() < 1e-12);
            }
        }

        #[test]
        fn unit_weights_change_nothing(
            rows in prop::collection::vec((0_i64..2, 0.0_f64..1.0), 2..60),
        ) {
            let y: Vec<i64> = rows.iter().map(|row| row.0).collect();
            let p: Vec<f64> = rows.iter().map(|row| row.1).collect();
            let unit = vec![1.0; y.len()];
            for metric in [
                ClassMetric::RocAuc,
                ClassMetric::AveragePrecision,
                ClassMetric::LogLoss,
                ClassMetric::Brier,
                ClassMetric::Label(LabelMetric::Mcc),
                ClassMetric::Label(LabelMetric::Kappa),
            ] {
                let plain = two_classes(metric, &y, &p, None);
                let weighted = two_classes(metric, &y, &p, Some(&unit));
                prop_assert!((plain.is_nan() && weighted.is_nan())
                    || (plain - weighted).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn negative_zero_ties_with_zero() {
        let area = two_classes(ClassMetric::RocAuc, &[0, 1], &[0.0, -0.0], None);
        assert_eq!(area, 0.5);
    }

    #[test]
    fn nonsense_is_refused() {
        for prediction in [[0.5, f64::NAN], [f64::INFINITY, 0.5]] {
            assert!(Classified::new(&[0, 1], &prediction, 1, None).is_err());
        }
        assert!(Classified::new(&[0, 2], &[0.5, 0.5], 1, None).is_err());
        assert!(Classified::new(&[0, 1], &[0.5, 0.5], 1, Some(&[1.0, -1.0])).is_err());
        assert!(Classified::new(&[], &[], 1, None).is_err());
        assert!(Valued::new(&[0.0, 1.0], &[0.5], None).is_err());
    }

    #[test]
    fn weights_whose_products_leave_the_range_of_floats_are_refused() {
        let (y, p) = ([0, 1, 0, 1], [0.1, 0.4, 0.35, 0.8]);
        for weight in [1e-200, 1e-160, 1e160] {
            let error = Classified::new(&y, &p, 1, Some(&[weight; 4])).unwrap_err();
            assert!(error.to_string().contains("hint"), "{error}");
        }
        for metric in [ClassMetric::RocAuc, ClassMetric::Label(LabelMetric::Mcc)] {
            let plain = two_classes(metric, &y, &p, None);
            for weight in [1e-90, 1e90] {
                let weighted = two_classes(metric, &y, &p, Some(&[weight; 4]));
                assert!((weighted - plain).abs() < 1e-12, "{metric:?}: {weighted}");
            }
        }
    }

    #[test]
    fn two_class_metrics_refuse_three_classes() {
        let rows = Classified::new(&[0], &[0.2, 0.3, 0.5], 3, None).unwrap();
        for metric in [
            ClassMetric::RocAuc,
            ClassMetric::AveragePrecision,
            ClassMetric::Label(LabelMetric::FBeta(Average::Positive, 1.0)),
        ] {
            assert!(rows.score(metric, &Workers::default()).is_err());
        }
    }
}
