"""Folds, splitters, out-of-fold predictions, calibration, intervals and tests."""

from headstart.validation.assignment import (
    group_folds,
    holdout_fold,
    newest_fold,
    plain_folds,
    quantile_bins,
    stratified_folds,
    stratified_group_folds,
    time_folds,
)
from headstart.validation.calibration import (
    BetaCalibration,
    Calibration,
    CalibrationChoice,
    IsotonicCalibration,
    NoCalibration,
    PlattCalibration,
    TemperatureCalibration,
    choose_calibration,
    read_calibration,
)
from headstart.validation.decision import CrossFittedDecision, cross_fitted_threshold
from headstart.validation.dependence import INDEPENDENT, Dependence
from headstart.validation.folds import Folds
from headstart.validation.named import splitter_named
from headstart.validation.out_of_fold import OutOfFoldStore
from headstart.validation.plan import Validation, plan_folds
from headstart.validation.racing import probability_best, promote, survivors
from headstart.validation.splitter import folds_from_splitter
from headstart.validation.splitters import (
    FoldSplitter,
    GroupKFold,
    HoldoutSplit,
    KFold,
    NestedSplit,
    PredefinedSplit,
    PurgedKFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
)
from headstart.validation.time_windows import purged_folds, window_folds
from headstart.validation.uncertainty import (
    Bootstrap,
    Comparison,
    Interval,
    bootstrap_interval,
    compare_by_bootstrap,
    compare_by_corrected_t,
    compare_by_delong,
    delong_interval,
)

__all__ = [
    "INDEPENDENT",
    "BetaCalibration",
    "Bootstrap",
    "Calibration",
    "CalibrationChoice",
    "Comparison",
    "CrossFittedDecision",
    "Dependence",
    "FoldSplitter",
    "Folds",
    "GroupKFold",
    "HoldoutSplit",
    "Interval",
    "IsotonicCalibration",
    "KFold",
    "NestedSplit",
    "NoCalibration",
    "OutOfFoldStore",
    "PlattCalibration",
    "PredefinedSplit",
    "PurgedKFold",
    "StratifiedGroupKFold",
    "StratifiedKFold",
    "TemperatureCalibration",
    "TimeSeriesSplit",
    "Validation",
    "bootstrap_interval",
    "choose_calibration",
    "compare_by_bootstrap",
    "compare_by_corrected_t",
    "compare_by_delong",
    "cross_fitted_threshold",
    "delong_interval",
    "folds_from_splitter",
    "group_folds",
    "holdout_fold",
    "newest_fold",
    "plain_folds",
    "plan_folds",
    "probability_best",
    "promote",
    "purged_folds",
    "quantile_bins",
    "read_calibration",
    "splitter_named",
    "stratified_folds",
    "stratified_group_folds",
    "survivors",
    "time_folds",
    "window_folds",
]
