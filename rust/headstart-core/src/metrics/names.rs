//! Metrics by name. A number after `@` is a metric's parameter: `pinball@0.9`.

use std::str::FromStr;

use crate::Error;

/// The average over classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Average {
    /// Class 1 of two only.
    Positive,
    /// The mean over classes that occur or are predicted.
    Macro,
    /// From the sums over classes.
    Micro,
    /// The mean over classes, weighted by their rows.
    Weighted,
}

/// A metric of predicted labels, which depends only on the confusion matrix.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum LabelMetric {
    /// Share of rows with the correct label.
    Accuracy,
    /// Mean recall over classes.
    BalancedAccuracy,
    /// Weighted harmonic mean of precision and recall; recall has `beta` times the weight.
    FBeta(Average, f64),
    /// Share of the rows predicted in a class that are truly in it.
    Precision(Average),
    /// Share of a class's rows that are predicted in it.
    Recall(Average),
    /// Matthews correlation of true and predicted labels.
    Mcc,
    /// Cohen's kappa.
    Kappa,
    /// Cohen's kappa of ordered classes: errors are weighted by their squared distance.
    QuadraticKappa,
}

/// A metric of class predictions.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum ClassMetric {
    /// Area under the ROC curve of class 1 against class 0.
    RocAuc,
    /// Mean of the areas of each class against the rest.
    RocAucOvr,
    /// The same mean, weighted by the classes' rows.
    RocAucOvrWeighted,
    /// Mean of the areas of each pair of classes (Hand and Till 2001).
    RocAucOvo,
    /// The same mean, weighted by the pairs' rows.
    RocAucOvoWeighted,
    /// Step-wise area under the precision-recall curve of class 1.
    AveragePrecision,
    /// Mean negative logarithm of the true class's probability.
    LogLoss,
    /// Mean squared distance of probabilities from the outcome.
    Brier,
    /// Mean distance of confidence and accuracy, in bins of equal width.
    CalibrationError(usize),
    /// Share of rows whose class is among the `k` most probable ones.
    TopK(usize),
    /// A metric of the most probable class.
    Label(LabelMetric),
}

/// A metric of real values.
#[derive(Debug, Clone, Copy, PartialEq)]
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
    /// Mean of the absolute error over the mean of both absolute values.
    Smape,
    /// Median absolute error.
    Medae,
    /// Mean pinball loss at this quantile.
    Pinball(f64),
    /// Mean deviance of the Tweedie distribution of this power.
    Tweedie(f64),
    /// Correlation of ranks.
    Spearman,
    /// Share of pairs with different true values that are predicted in their order.
    Concordance,
}

/// Return a name without its parameter, and the parameter.
fn split(name: &str) -> Result<(&str, Option<f64>), Error> {
    let Some((base, parameter)) = name.split_once('@') else {
        return Ok((name, None));
    };
    match parameter.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok((base, Some(value))),
        _ => Err(Error::value(format!(
            "The parameter of metric {name:?} must be a number. Got {parameter:?}."
        ))),
    }
}

fn unknown(name: &str) -> Error {
    Error::value(format!("There is no metric {name:?}."))
}

fn no_parameter<T>(name: &str, parameter: Option<f64>, metric: T) -> Result<T, Error> {
    if parameter.is_none() {
        Ok(metric)
    } else {
        Err(Error::value(format!("Metric {name:?} has no parameter.")))
    }
}

fn whole(name: &str, parameter: Option<f64>, default: usize) -> Result<usize, Error> {
    match parameter {
        None => Ok(default),
        Some(value) if value.fract() == 0.0 && (1.0..=1e6).contains(&value) => Ok(value as usize),
        Some(value) => Err(Error::value(format!(
            "The parameter of metric {name:?} must be a whole number of at least 1. Got {value}."
        ))),
    }
}

/// A family of metrics that exist for each [`Average`].
fn averaged(base: &str) -> (&str, Average) {
    let endings = [
        ("_macro", Average::Macro),
        ("_micro", Average::Micro),
        ("_weighted", Average::Weighted),
    ];
    endings
        .into_iter()
        .find_map(|(ending, average)| base.strip_suffix(ending).map(|stem| (stem, average)))
        .unwrap_or((base, Average::Positive))
}

impl FromStr for LabelMetric {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let (base, parameter) = split(name)?;
        let (stem, average) = averaged(base);
        if stem == "f_beta" {
            return match parameter {
                Some(beta) if beta > 0.0 => Ok(Self::FBeta(average, beta)),
                _ => Err(Error::value(format!(
                    "Metric {name:?} needs its beta, above 0, as in \"{base}@2\"."
                ))),
            };
        }
        let metric = match (base, stem) {
            ("accuracy", _) => Self::Accuracy,
            ("balanced_accuracy", _) => Self::BalancedAccuracy,
            ("mcc", _) => Self::Mcc,
            ("kappa", _) => Self::Kappa,
            ("quadratic_kappa", _) => Self::QuadraticKappa,
            (_, "f1") => Self::FBeta(average, 1.0),
            (_, "precision") => Self::Precision(average),
            (_, "recall") => Self::Recall(average),
            _ => return Err(unknown(name)),
        };
        no_parameter(name, parameter, metric)
    }
}

impl FromStr for ClassMetric {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let (base, parameter) = split(name)?;
        let metric = match base {
            "roc_auc" => Self::RocAuc,
            "roc_auc_ovr" => Self::RocAucOvr,
            "roc_auc_ovr_weighted" => Self::RocAucOvrWeighted,
            "roc_auc_ovo" => Self::RocAucOvo,
            "roc_auc_ovo_weighted" => Self::RocAucOvoWeighted,
            "average_precision" => Self::AveragePrecision,
            "log_loss" => Self::LogLoss,
            "brier" => Self::Brier,
            "calibration_error" => {
                return Ok(Self::CalibrationError(whole(name, parameter, 15)?));
            }
            "top_k" => return Ok(Self::TopK(whole(name, parameter, 2)?)),
            _ => return name.parse().map(Self::Label),
        };
        no_parameter(name, parameter, metric)
    }
}

impl FromStr for ValueMetric {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let (base, parameter) = split(name)?;
        let metric = match base {
            "rmse" => Self::Rmse,
            "mae" => Self::Mae,
            "r2" => Self::R2,
            "rmsle" => Self::Rmsle,
            "mape" => Self::Mape,
            "smape" => Self::Smape,
            "medae" => Self::Medae,
            "poisson" => Self::Tweedie(1.0),
            "gamma" => Self::Tweedie(2.0),
            "spearman" => Self::Spearman,
            "concordance" => Self::Concordance,
            "pinball" => {
                let quantile = parameter.unwrap_or(0.5);
                if (0.0..=1.0).contains(&quantile) {
                    return Ok(Self::Pinball(quantile));
                }
                return Err(Error::value(format!(
                    "The quantile of {name:?} must lie in [0, 1]."
                )));
            }
            "tweedie" => {
                return match parameter {
                    Some(power) if power <= 0.0 || power >= 1.0 => Ok(Self::Tweedie(power)),
                    _ => Err(Error::value(format!(
                        "Metric {name:?} needs its power, not between 0 and 1, as in \
                         \"tweedie@1.5\"."
                    ))),
                };
            }
            _ => return Err(unknown(name)),
        };
        no_parameter(name, parameter, metric)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_follows_the_name() {
        assert_eq!("pinball@0.9".parse(), Ok(ValueMetric::Pinball(0.9)));
        assert_eq!("pinball".parse(), Ok(ValueMetric::Pinball(0.5)));
        assert_eq!("poisson".parse(), Ok(ValueMetric::Tweedie(1.0)));
        assert_eq!("top_k@3".parse(), Ok(ClassMetric::TopK(3)));
        let metric: ClassMetric = "f_beta_macro@2".parse().unwrap();
        let expected = LabelMetric::FBeta(Average::Macro, 2.0);
        assert_eq!(metric, ClassMetric::Label(expected));
        assert_eq!(
            "f1_micro".parse(),
            Ok(LabelMetric::FBeta(Average::Micro, 1.0))
        );
    }

    #[test]
    fn what_is_no_metric_is_refused() {
        for name in [
            "",
            "f2",
            "f_beta",
            "f_beta@0",
            "f_beta@x",
            "top_k@0.5",
            "top_k@nan",
            "mcc_macro",
            "accuracy@1",
            "roc_auc@2",
            "rmse",
        ] {
            assert!(name.parse::<ClassMetric>().is_err(), "{name}");
        }
        for name in ["pinball@2", "tweedie", "tweedie@0.5", "rmse@1", "mcc"] {
            assert!(name.parse::<ValueMetric>().is_err(), "{name}");
        }
    }
}
