//! The compiled module `headstart._core`: wrappers that convert arguments and results.
//!
//! Everything is private to the package `headstart`. Each name has one Python module that
//! wraps and documents it.

mod arrow;
mod binning;
mod build_info;
mod calibration;
mod convert;
mod ensemble;
mod error;
mod features;
mod folds;
mod meta_features;
mod metrics;
mod model_file;
mod network;
mod oof;
mod parse;
mod predict;
mod run;
mod scoring;
mod screen;
mod table;
mod uncertainty;

use pyo3::prelude::*;

#[pymodule(gil_used = false)]
mod _core {
    use pyo3::prelude::*;

    // Build information.
    #[pymodule_export]
    use crate::build_info::build_info;

    // Folds: headstart.validation.folds.
    #[pymodule_export]
    use crate::folds::{
        dense_codes, group_holdout, holdout, plain_folds, stratified_folds, stratified_group_folds,
        time_folds,
    };

    // Metrics: headstart.metrics.
    #[pymodule_export]
    use crate::metrics::{
        best_factors, best_threshold, confusion_table, score_classes, score_classes_by,
        score_labels_by, score_values, score_values_by,
    };

    // Uncertainty of scores: headstart.validation.uncertainty.
    #[pymodule_export]
    use crate::uncertainty::{bootstrap_scores, delong_covariances};

    // Calibration: headstart.validation.calibration.
    #[pymodule_export]
    use crate::calibration::{fit_isotonic, fit_logistic, fit_temperature};

    // Out-of-fold store: headstart.validation.out_of_fold.
    #[pymodule_export]
    use crate::oof::PyOutOfFold;

    // Ensembles: headstart.ensemble.greedy.
    #[pymodule_export]
    use crate::ensemble::{select_greedily, select_greedily_by};

    // Meta-features: headstart.meta.features.
    #[pymodule_export]
    use crate::meta_features::describe_table;

    // Generated features: headstart.features.
    #[pymodule_export]
    use crate::features::{
        encode_ordered, encode_target, factorize, factorize_words, feature_operators, find_codes,
        group_distinct, group_knots, group_positions, group_statistics, hash_text, make_numeric,
    };

    // Values of text: headstart.tables.kinds.
    #[pymodule_export]
    use crate::parse::{
        class_of_format, count_words, find_formats, first_invalid, flag_words, last_record_end,
        read_moments, scan_delimited, split_amounts,
    };

    // Binned matrices: headstart.scoring.binning.
    #[pymodule_export]
    use crate::binning::PyBinnedMatrix;

    // Scores of features: headstart.scoring.
    #[pymodule_export]
    use crate::scoring::{
        contingency_table, null_statistics, score_anova, score_anova_of_bins, score_auc,
        score_contingency, score_distance, score_neighbors, score_neighbors_of_bins, score_pearson,
        score_relieff, score_spearman, select_by_correlation, select_by_information,
    };

    // Screening: headstart.features.screening.
    #[pymodule_export]
    use crate::screen::{pair_gains, score_candidates};

    // Kernels that predict: headstart.predict.
    #[pymodule_export]
    use crate::predict::{PyTreeEnsemble, apply_link, logit_single};

    // Networks: headstart.predict.network, headstart.learners.network.
    #[pymodule_export]
    use crate::network::{PyNetwork, PyNetworkTrainer};

    // Model files: headstart.artifact; stored arrays: headstart.base.arrays.
    #[pymodule_export]
    use crate::model_file::{
        PyLimits, PyModelFile, check_json_record, find_stored_arrays, model_file_directory,
        model_file_header, model_file_manifest,
    };

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::build_info::warn_of_debug_build(module.py())
    }
}
