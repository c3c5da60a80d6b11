//! Scores of features, for `headstart.scoring`.
#![expect(
    clippy::needless_pass_by_value,
    clippy::too_many_arguments,
    reason = "arrays are borrowed by value, and each name is one of Python's"
)]

use headstart_core::Error;
use headstart_core::scoring::{
    Classes, contingency, distance, moments, neighbors, permutation, ranks, relief, selection,
};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;

use crate::binning::PyBinnedMatrix;
use crate::convert::{optional_slice, slice};
use crate::error::to_python;
use crate::run::{PyWatch, run, run_watched};
use crate::table::Table;

type Weight<'py> = Option<PyReadonlyArray1<'py, f64>>;

/// A target of classes from Python.
#[derive(FromPyObject)]
pub(crate) struct Labels<'py>(PyReadonlyArray1<'py, u16>, usize);

impl Labels<'_> {
    fn classes(&self) -> PyResult<Classes<'_>> {
        Classes::new(slice("y", &self.0)?, self.1).map_err(|error| to_python(&error))
    }
}

/// The target: class codes with their number, or values.
#[derive(FromPyObject)]
pub(crate) enum Target<'py> {
    #[pyo3(transparent)]
    Labels(Labels<'py>),
    #[pyo3(transparent)]
    Values(PyReadonlyArray1<'py, f64>),
}

/// Return rows of equal length as a matrix.
fn matrix(py: Python<'_>, rows: Vec<f64>, n_columns: usize) -> PyResult<Bound<'_, PyArray2<f64>>> {
    let n_rows = rows.len() / n_columns.max(1);
    rows.into_pyarray(py).reshape([n_rows, n_columns])
}

/// Return Pearson's correlation of each column, and the weight of its rows.
#[pyfunction]
pub(crate) fn score_pearson<'py>(
    py: Python<'py>,
    table: Table<'py>,
    y: PyReadonlyArray1<'py, f64>,
    weight: Weight<'py>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let columns = table.columns()?;
    let columns = columns.as_ref();
    let y = slice("y", &y)?;
    let weight = optional_slice("weight", weight.as_ref())?;
    let n_steps = columns.n_columns() * y.len();
    let correlations = run(py, n_threads, n_steps, |workers| {
        moments::pearson(columns, y, weight, workers)
    })?;
    matrix(
        py,
        correlations.iter().flat_map(|c| [c.r, c.n]).collect(),
        2,
    )
}

/// Return Spearman's correlation of each column, and its number of rows.
#[pyfunction]
pub(crate) fn score_spearman<'py>(
    py: Python<'py>,
    table: Table<'py>,
    y: PyReadonlyArray1<'py, f64>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let columns = table.columns()?;
    let columns = columns.as_ref();
    let y = slice("y", &y)?;
    let n_steps = columns.n_columns() * y.len() * 8;
    let correlations = run(py, n_threads, n_steps, |workers| {
        ranks::spearman(columns, y, workers)
    })?;
    matrix(
        py,
        correlations.iter().flat_map(|&(r, n)| [r, n]).collect(),
        2,
    )
}

/// Return the sums of squares between and within classes, weight, and number of classes,
/// for each column.
#[pyfunction]
pub(crate) fn score_anova<'py>(
    py: Python<'py>,
    table: Table<'py>,
    y: Labels<'py>,
    weight: Weight<'py>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let columns = table.columns()?;
    let columns = columns.as_ref();
    let y = y.classes()?;
    let weight = optional_slice("weight", weight.as_ref())?;
    let n_steps = columns.n_columns() * columns.n_rows();
    let variances = run(py, n_threads, n_steps, |workers| {
        moments::anova(columns, y, weight, workers)
    })?;
    matrix(py, variances.iter().flat_map(variance).collect(), 4)
}

fn variance(variances: &moments::Variance) -> [f64; 4] {
    [
        variances.between,
        variances.within,
        variances.n,
        variances.n_groups,
    ]
}

/// Return the results of [`score_anova`] for the target, grouped by each column's bins.
#[pyfunction]
pub(crate) fn score_anova_of_bins<'py>(
    py: Python<'py>,
    binned: &PyBinnedMatrix,
    y: PyReadonlyArray1<'py, f64>,
    weight: Weight<'py>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let y = slice("y", &y)?;
    let weight = optional_slice("weight", weight.as_ref())?;
    let n_steps = binned.matrix.n_columns() * y.len();
    let variances = run(py, n_threads, n_steps, |workers| {
        moments::anova_of_bins(&binned.matrix, y, weight, workers)
    })?;
    matrix(py, variances.iter().flat_map(variance).collect(), 4)
}

/// Return statistics of the contingency table of each column's bins and classes: mutual
/// information, its corrected value, chi2, number of bins and of classes, Cramér's V,
/// Theil's U and its reverse, information value.
#[pyfunction]
pub(crate) fn score_contingency<'py>(
    py: Python<'py>,
    binned: &PyBinnedMatrix,
    y: Labels<'py>,
    weight: Weight<'py>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let y = y.classes()?;
    let weight = optional_slice("weight", weight.as_ref())?;
    let n_steps = binned.matrix.n_columns() * binned.matrix.n_rows();
    let associations = run(py, n_threads, n_steps, |workers| {
        contingency::associations(&binned.matrix, y, weight, workers)
    })?;
    let rows = associations.iter().flat_map(|one| {
        [
            one.mutual,
            one.corrected_mutual(),
            one.chi2,
            one.n_bins,
            one.n_classes,
            one.cramers_v(),
            one.theils_u(),
            one.theils_u_reverse(),
            one.information_value,
        ]
    });
    matrix(py, rows.collect(), 9)
}

/// Return the contingency table of one column: bins, with missing values last, by classes.
#[pyfunction]
pub(crate) fn contingency_table<'py>(
    py: Python<'py>,
    binned: &PyBinnedMatrix,
    column: usize,
    y: Labels<'py>,
    weight: Weight<'py>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    if column >= binned.matrix.n_columns() {
        return Err(PyIndexError::new_err("There is no such column."));
    }
    let n_classes = y.1;
    let y = y.classes()?;
    let weight = optional_slice("weight", weight.as_ref())?;
    let cells = run(py, 1, binned.matrix.n_rows(), |_| {
        contingency::table(&binned.matrix, column, y, weight)
    })?;
    matrix(py, cells, n_classes)
}

/// Return areas under the ROC curves: one row per column, one column per class.
#[pyfunction]
pub(crate) fn score_auc<'py>(
    py: Python<'py>,
    table: Table<'py>,
    y: Labels<'py>,
    weight: Weight<'py>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let columns = table.columns()?;
    let columns = columns.as_ref();
    let n_classes = y.1;
    let y = y.classes()?;
    let weight = optional_slice("weight", weight.as_ref())?;
    let n_steps = columns.n_columns() * columns.n_rows() * 8;
    let areas = run(py, n_threads, n_steps, |workers| {
        ranks::auc(columns, y, weight, workers)
    })?;
    matrix(py, areas, n_classes)
}

/// Return mutual information from nearest neighbours. Noise: an array, a seed, or none.
#[pyfunction]
pub(crate) fn score_neighbors<'py>(
    py: Python<'py>,
    table: Table<'py>,
    y: Target<'py>,
    n_neighbors: usize,
    noise: Option<PyReadonlyArray1<'py, f64>>,
    seed: Option<u64>,
    watch: PyWatch<'py>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let columns = table.columns()?;
    let columns = columns.as_ref();
    let values = optional_slice("noise", noise.as_ref())?;
    let noise = noise_of(values, seed);
    let n_steps = columns.n_columns() * columns.n_rows() * 100;
    let watch = watch.over(columns.n_columns());
    let information = match &y {
        Target::Labels(y) => {
            let y = y.classes()?;
            run_watched(py, n_threads, n_steps, &watch, |workers| {
                neighbors::with_classes(columns, y, n_neighbors, noise, workers)
            })
        }
        Target::Values(y) => {
            let y = slice("y", y)?;
            let n_noise = (columns.n_columns() + 1) * y.len();
            if values.is_some_and(|values| values.len() != n_noise) {
                return Err(to_python(&Error::length("noise", n_noise, 0)));
            }
            run_watched(py, n_threads, n_steps, &watch, |workers| {
                neighbors::with_values(columns, y, n_neighbors, noise, workers)
            })
        }
    }?;
    Ok(information.into_pyarray(py))
}

fn noise_of(values: Option<&[f64]>, seed: Option<u64>) -> neighbors::Noise<'_> {
    match (values, seed) {
        (Some(noise), _) => neighbors::Noise::Given(noise),
        (None, Some(seed)) => neighbors::Noise::Drawn { seed },
        (None, None) => neighbors::Noise::Zero,
    }
}

/// Return the same for the bins of each column and a numeric target.
#[pyfunction]
pub(crate) fn score_neighbors_of_bins<'py>(
    py: Python<'py>,
    binned: &PyBinnedMatrix,
    y: PyReadonlyArray1<'py, f64>,
    n_neighbors: usize,
    noise: Option<PyReadonlyArray1<'py, f64>>,
    seed: Option<u64>,
    watch: PyWatch<'py>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let y = slice("y", &y)?;
    let noise = noise_of(optional_slice("noise", noise.as_ref())?, seed);
    let n_steps = binned.matrix.n_columns() * y.len() * 100;
    let watch = watch.over(binned.matrix.n_columns());
    let information = run_watched(py, n_threads, n_steps, &watch, |workers| {
        neighbors::of_bins(&binned.matrix, y, n_neighbors, noise, workers)
    })?;
    Ok(information.into_pyarray(py))
}

/// Return `ReliefF`'s weights, and the number of rows used.
#[pyfunction]
pub(crate) fn score_relieff<'py>(
    py: Python<'py>,
    table: Table<'py>,
    is_categorical: Vec<bool>,
    y: Target<'py>,
    n_neighbors: usize,
    watch: PyWatch<'py>,
    n_threads: usize,
) -> PyResult<(Bound<'py, PyArray1<f64>>, usize)> {
    let columns = table.columns()?;
    let columns = columns.as_ref();
    let target = match &y {
        Target::Labels(y) => relief::Target::Classes(y.classes()?),
        Target::Values(y) => relief::Target::Values(slice("y", y)?),
    };
    let n_steps = columns.n_rows() * columns.n_rows() * columns.n_columns();
    let watch = watch.over(columns.n_rows());
    let scores = run_watched(py, n_threads, n_steps, &watch, |workers| {
        relief::relieff(columns, &is_categorical, target, n_neighbors, workers)
    })?;
    Ok((scores.weights.into_pyarray(py), scores.n_rows))
}

/// Return the distance correlation of each column.
#[pyfunction]
pub(crate) fn score_distance<'py>(
    py: Python<'py>,
    table: Table<'py>,
    y: PyReadonlyArray1<'py, f64>,
    watch: PyWatch<'py>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let columns = table.columns()?;
    let columns = columns.as_ref();
    let y = slice("y", &y)?;
    let n_steps = columns.n_columns() * y.len() * 100;
    let watch = watch.over(columns.n_columns());
    let correlations = run_watched(py, n_threads, n_steps, &watch, |workers| {
        distance::correlation(columns, y, workers)
    })?;
    Ok(correlations.into_pyarray(py))
}

/// Return columns selected by information, with their scores.
#[pyfunction]
pub(crate) fn select_by_information(
    py: Python<'_>,
    binned: &PyBinnedMatrix,
    y: Labels<'_>,
    criterion: &str,
    n_selected: usize,
    n_threads: usize,
) -> PyResult<Vec<(usize, f64)>> {
    let criterion = match criterion {
        "difference" => selection::Criterion::Difference,
        "quotient" => selection::Criterion::Quotient,
        "joint" => selection::Criterion::Joint,
        _ => return Err(to_python(&Error::value("There is no such criterion."))),
    };
    let y = y.classes()?;
    let n_steps = binned.matrix.n_columns() * binned.matrix.n_rows() * n_selected.max(1);
    run(py, n_threads, n_steps, |workers| {
        selection::by_information(&binned.matrix, y, criterion, n_selected, workers)
    })
}

/// Return columns selected by relevance divided by correlation, with their scores.
#[pyfunction]
pub(crate) fn select_by_correlation(
    py: Python<'_>,
    table: Table<'_>,
    relevance: PyReadonlyArray1<'_, f64>,
    n_selected: usize,
    n_threads: usize,
) -> PyResult<Vec<(usize, f64)>> {
    let columns = table.columns()?;
    let columns = columns.as_ref();
    let relevance = slice("relevance", &relevance)?;
    let n_steps = columns.n_columns() * columns.n_rows() * n_selected.max(1);
    run(py, n_threads, n_steps, |workers| {
        selection::by_correlation(columns, relevance, n_selected, workers)
    })
}

/// Return the statistics of the true target, then of its permutations: one row each.
#[pyfunction]
pub(crate) fn null_statistics<'py>(
    py: Python<'py>,
    binned: &PyBinnedMatrix,
    y: Target<'py>,
    n_permutations: usize,
    seed: u64,
    watch: PyWatch<'py>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let target = match &y {
        Target::Labels(y) => permutation::Target::Classes(y.classes()?),
        Target::Values(y) => permutation::Target::Values(slice("y", y)?),
    };
    let n_columns = binned.matrix.n_columns();
    let watch = watch.over(n_permutations + 1);
    let n_steps = n_columns * binned.matrix.n_rows() * n_permutations.max(1);
    let statistics = run_watched(py, n_threads, n_steps, &watch, |workers| {
        permutation::null_statistics(&binned.matrix, target, n_permutations, seed, workers)
    })?;
    matrix(py, statistics, n_columns)
}
