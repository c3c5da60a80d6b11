//! Metrics of predictions, with sample weights, as users read them.
//!
//! Values agree with scikit-learn's to rounding. A score that the data leave undefined,
//! such as the area under the curve with one class only, is NaN.

mod labels;
mod probabilities;
mod ranking;
mod sums;
mod values;

use std::str::FromStr;

use crate::{Error, Workers};

/// A metric of class predictions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClassMetric {
    /// Area under the ROC curve of class 1 against class 0.
    RocAuc,
    /// Mean of the areas of each class against the rest.
    RocAucOvr,
    /// Mean of the areas of each pair of classes (Hand and Till 2001).
    RocAucOvo,
    /// Step-wise area under the precision-recall curve of class 1.
    AveragePrecision,
    /// Mean negative logarithm of the true class's probability.
    LogLoss,
    /// Mean squared distance of probabilities from what happened.
    Brier,
    /// Share of rows with the right label.
    Accuracy,
    /// Mean over classes of the share found.
    BalancedAccuracy,
    /// Harmonic mean of precision and recall of class 1.
    F1,
    /// Mean over classes of their F1.
    F1Macro,
    /// Mean over classes of their F1, weighted by their rows.
    F1Weighted,
    /// Matthews correlation of true and predicted labels.
    Mcc,
    /// Cohen's kappa.
    Kappa,
}

impl FromStr for ClassMetric {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Ok(match name {
            "roc_auc" => Self::RocAuc,
            "roc_auc_ovr" => Self::RocAucOvr,
            "roc_auc_ovo" => Self::RocAucOvo,
            "average_precision" => Self::AveragePrecision,
            "log_loss" => Self::LogLoss,
            "brier" => Self::Brier,
            "accuracy" => Self::Accuracy,
            "balanced_accuracy" => Self::BalancedAccuracy,
            "f1" => Self::F1,
            "f1_macro" => Self::F1Macro,
            "f1_weighted" => Self::F1Weighted,
            "mcc" => Self::Mcc,
            "kappa" => Self::Kappa,
            _ => return Err(Error::value(format!("There is no metric {name:?}."))),
        })
    }
}

/// A metric of real values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueMetric {
    /// Root of the mean squared error.
    Rmse,
    /// Mean absolute error.
    Mae,
    /// Share of the variance explained.
    R2,
    /// Root of the mean squared error of `ln(1 + y)`.
    Rmsle,
    /// Mean of the absolute error over the absolute value.
    Mape,
    /// Median absolute error.
    Medae,
    /// Mean pinball loss at the median.
    Pinball,
}

impl FromStr for ValueMetric {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Ok(match name {
            "rmse" => Self::Rmse,
            "mae" => Self::Mae,
            "r2" => Self::R2,
            "rmsle" => Self::Rmsle,
            "mape" => Self::Mape,
            "medae" => Self::Medae,
            "pinball" => Self::Pinball,
            _ => return Err(Error::value(format!("There is no metric {name:?}."))),
        })
    }
}

/// Predicted class probabilities and what happened.
#[derive(Debug, Clone, Copy)]
pub struct Classified<'a> {
    y: &'a [i64],
    prediction: &'a [f64],
    n_outputs: usize,
    weight: Option<&'a [f64]>,
}

impl<'a> Classified<'a> {
    /// Take `y` of class codes and `prediction` of `n_outputs` numbers a row: the
    /// probability of class 1, or one probability a class.
    ///
    /// # Errors
    /// [`Error::Shape`] if lengths do not fit; [`Error::Value`] for no row, a code that
    /// has no probability, numbers that are not finite, or negative weights.
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
        let n_classes = n_outputs.max(2) as i64;
        if let Some(code) = y.iter().find(|&&code| !(0..n_classes).contains(&code)) {
            return Err(Error::value(format!(
                "y must hold class codes from 0 to {}. Got {code}.",
                n_classes - 1
            )));
        }
        Ok(Self {
            y,
            prediction,
            n_outputs,
            weight,
        })
    }

    fn n_classes(&self) -> usize {
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

    /// The score by `metric`.
    ///
    /// # Errors
    /// [`Error::Value`] if `metric` is for two classes only and there are more;
    /// [`Error::Cancelled`].
    pub fn score(&self, metric: ClassMetric, workers: &Workers) -> Result<f64, Error> {
        match metric {
            ClassMetric::RocAuc => ranking::roc_auc(self, workers),
            ClassMetric::RocAucOvr => ranking::roc_auc_ovr(self, workers),
            ClassMetric::RocAucOvo => ranking::roc_auc_ovo(self, workers),
            ClassMetric::AveragePrecision => ranking::average_precision(self, workers),
            ClassMetric::LogLoss => probabilities::log_loss(self, workers),
            ClassMetric::Brier => probabilities::brier(self, workers),
            ClassMetric::F1 => {
                self.binary("f1")?;
                Ok(labels::count(self, workers)?.f1(1))
            }
            ClassMetric::Accuracy => Ok(labels::count(self, workers)?.accuracy()),
            ClassMetric::BalancedAccuracy => Ok(labels::count(self, workers)?.balanced_accuracy()),
            ClassMetric::F1Macro => Ok(labels::count(self, workers)?.f1_macro()),
            ClassMetric::F1Weighted => Ok(labels::count(self, workers)?.f1_weighted()),
            ClassMetric::Mcc => Ok(labels::count(self, workers)?.matthews_correlation()),
            ClassMetric::Kappa => Ok(labels::count(self, workers)?.kappa()),
        }
    }
}

/// Predicted values and the true ones.
#[derive(Debug, Clone, Copy)]
pub struct Valued<'a> {
    y: &'a [f64],
    prediction: &'a [f64],
    weight: Option<&'a [f64]>,
}

impl<'a> Valued<'a> {
    /// Take the true values and those predicted.
    ///
    /// # Errors
    /// [`Error::Shape`] if lengths do not fit; [`Error::Value`] for no row, numbers
    /// that are not finite, or negative weights.
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

    /// The score by `metric`.
    ///
    /// # Errors
    /// [`Error::Value`] if a true value has no logarithm and `metric` needs it;
    /// [`Error::Cancelled`].
    pub fn score(&self, metric: ValueMetric, workers: &Workers) -> Result<f64, Error> {
        match metric {
            ValueMetric::Rmse => values::rmse(self, workers),
            ValueMetric::Mae => values::mae(self, workers),
            ValueMetric::R2 => values::r2(self, workers),
            ValueMetric::Rmsle => values::rmsle(self, workers),
            ValueMetric::Mape => values::mape(self, workers),
            ValueMetric::Medae => values::medae(self, workers),
            ValueMetric::Pinball => Ok(0.5 * values::mae(self, workers)?),
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
    Ok(())
}

fn check_finite(name: &str, values: &[f64]) -> Result<(), Error> {
    // A block at a time: the inner loop then has no early exit and is vectorised.
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
            let found = two_classes(ClassMetric::RocAuc, &y, &p, None);
            if pairs == 0.0 {
                prop_assert!(found.is_nan());
            } else {
                prop_assert!((found - won / pairs).abs() < 1e-12);
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
                ClassMetric::Mcc,
                ClassMetric::Kappa,
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
        let found = two_classes(ClassMetric::RocAuc, &[0, 1], &[0.0, -0.0], None);
        assert_eq!(found, 0.5);
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
    fn two_class_metrics_refuse_three_classes() {
        let rows = Classified::new(&[0], &[0.2, 0.3, 0.5], 3, None).unwrap();
        for metric in [
            ClassMetric::RocAuc,
            ClassMetric::AveragePrecision,
            ClassMetric::F1,
        ] {
            assert!(rows.score(metric, &Workers::default()).is_err());
        }
    }
}
