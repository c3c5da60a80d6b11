"""Folds, and the plan that chooses them."""

from headstart.validation.dealing import (
    group_folds,
    holdout_fold,
    plain_folds,
    quantile_bins,
    stratified_folds,
    stratified_group_folds,
    time_folds,
)
from headstart.validation.folds import Folds
from headstart.validation.named import splitter_named
from headstart.validation.out_of_fold import OutOfFoldStore
from headstart.validation.plan import Validation, plan_folds
from headstart.validation.splitter import folds_from_splitter

__all__ = [
    "Folds",
    "OutOfFoldStore",
    "Validation",
    "folds_from_splitter",
    "group_folds",
    "holdout_fold",
    "plain_folds",
    "plan_folds",
    "quantile_bins",
    "splitter_named",
    "stratified_folds",
    "stratified_group_folds",
    "time_folds",
]
