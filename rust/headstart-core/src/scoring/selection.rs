//! Greedy selection of columns by relevance, penalised for redundancy.
//!
//! Statistics between columns are computed for selected columns only: `n_selected` times
//! `n_columns`, not all pairs.

use crate::binning::{BinnedMatrix, MISSING};
use crate::columns::{Columns, each_column};
use crate::{Error, Workers};

use super::{Classes, blocks, check_rows};

/// Largest count with a tabulated x ln x.
const TABLE: usize = 1 << 16;

/// Largest number of cells of a table: half a gigabyte per thread.
const MOST_CELLS: usize = 1 << 27;

/// The criterion that a step maximises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Criterion {
    /// Relevance minus the mean mutual information with the selected columns (Peng et al.
    /// 2005).
    Difference,
    /// Relevance divided by that mean.
    Quotient,
    /// The sum over the selected columns of the joint information with the target (JMI;
    /// Yang and Moody 1999).
    Joint,
}

/// Columns in the order of selection, with their scores.
pub type Chosen = Vec<(usize, f64)>;

/// Select columns of a binned table by mutual information with the classes, with a bin for
/// missing values. The number of bins should be small, because the bias of an estimate
/// grows with the pairs of bins.
///
/// # Errors
/// [`Error::Shape`]; [`Error::Value`] if the criterion needs a table of two columns' bins
/// with too many classes; [`Error::Cancelled`].
pub fn by_information(
    matrix: &BinnedMatrix,
    y: Classes<'_>,
    criterion: Criterion,
    n_selected: usize,
    workers: &Workers,
) -> Result<Chosen, Error> {
    check_rows("y", matrix.n_rows(), y.codes.len())?;
    let n = matrix.n_rows();
    let logs: Vec<f64> = (0..=n.min(TABLE))
        .map(|count| x_ln_x(count as f64))
        .collect();
    // The bins, then missing values.
    let size = |column: usize| matrix.bins(column).n_bins() + 1;
    let bin = |code: u8, size: usize| (code as usize).min(size - 1);
    let n_classes = y.n_classes;
    let most_bins = (0..matrix.n_columns()).map(size).max().unwrap_or(1);
    if criterion == Criterion::Joint && n_classes > MOST_CELLS / (most_bins * most_bins) {
        return Err(Error::value(format!(
            "Joint information of two columns of {} bins is for at most {} classes. Got \
             {n_classes}. hint: fewer bins.",
            most_bins - 1,
            MOST_CELLS / (most_bins * most_bins)
        )));
    }
    let with_target: Vec<u32> = y.codes.iter().map(|&code| u32::from(code)).collect();
    let relevance = workers.map(matrix.n_columns(), |column| {
        let size = size(column);
        let groups = matrix.column(column).iter().map(|&code| bin(code, size));
        Ok(information(groups, &with_target, size, n_classes, &logs))
    })?;
    choose(&relevance, criterion, n_selected, |chosen, open| {
        let chosen_size = size(chosen);
        // The selected column, combined with the target if the criterion needs it.
        let groups: Vec<u32> = matrix
            .column(chosen)
            .iter()
            .zip(&with_target)
            .map(|(&code, &class)| match criterion {
                Criterion::Joint => class,
                _ => bin(code, chosen_size) as u32,
            })
            .collect();
        let chosen_codes = matrix.column(chosen);
        workers.map(open.len(), |place| {
            let column = open[place];
            let size = size(column);
            let codes = matrix.column(column).iter();
            Ok(if criterion == Criterion::Joint {
                let pairs = codes
                    .zip(chosen_codes)
                    .map(|(&a, &b)| bin(a, size) * chosen_size + bin(b, chosen_size));
                information(pairs, &groups, size * chosen_size, n_classes, &logs)
            } else {
                let codes = codes.map(|&code| bin(code, size));
                information(codes, &groups, size, chosen_size, &logs)
            })
        })
    })
}

/// Return x ln x, 0 at 0.
fn x_ln_x(x: f64) -> f64 {
    if x > 0.0 { x * x.ln() } else { 0.0 }
}

/// Return the mutual information, in nats, of two columns of numbers below `n_a` and `n_b`.
fn information(
    a: impl Iterator<Item = usize>,
    b: &[u32],
    n_a: usize,
    n_b: usize,
    logs: &[f64],
) -> f64 {
    let mut cells = vec![0_u32; n_a * n_b];
    for (a, &b) in a.zip(b) {
        cells[a * n_b + b as usize] += 1;
    }
    let log = |count: u32| match logs.get(count as usize) {
        Some(&log) => log,
        None => x_ln_x(f64::from(count)),
    };
    let mut columns = vec![0_u32; n_b];
    let (mut joint, mut rows) = (0.0, 0.0);
    for row in cells.chunks(n_b.max(1)) {
        let mut total = 0;
        for (&cell, column) in row.iter().zip(&mut columns) {
            joint += log(cell);
            total += cell;
            *column += cell;
        }
        rows += log(total);
    }
    let n = b.len() as f64;
    let columns: f64 = columns.into_iter().map(log).sum();
    ((x_ln_x(n) + joint - rows - columns) / n).max(0.0)
}

/// Select columns by a given relevance divided by the mean absolute Pearson correlation
/// with the selected columns, each at least 0.001. Columns without positive relevance are
/// never selected; missing values count as the column's mean.
///
/// # Errors
/// [`Error::Shape`], [`Error::Cancelled`].
pub fn by_correlation(
    table: &dyn Columns,
    relevance: &[f64],
    n_selected: usize,
    workers: &Workers,
) -> Result<Chosen, Error> {
    const FLOOR: f64 = 0.001;
    check_rows("relevance", table.n_columns(), relevance.len())?;
    let n_usable = relevance.iter().filter(|&&value| value > 0.0).count();
    // Columns with mean 0 and norm 1: a correlation is the sum of products.
    let columns = each_column(table, workers, |_, values| Ok(standardise(values)))?;
    choose(
        relevance,
        Criterion::Quotient,
        n_selected.min(n_usable),
        |chosen, open| {
            workers.map(open.len(), |place| {
                Ok(dot(&columns[chosen], &columns[open[place]])
                    .abs()
                    .max(FLOOR))
            })
        },
    )
}

fn standardise(values: &[f64]) -> Vec<f64> {
    let there = || values.iter().copied().filter(|value| value.is_finite());
    let mean = there().sum::<f64>() / there().count().max(1) as f64;
    let mut standardised: Vec<f64> = values
        .iter()
        .map(|&value| if value.is_finite() { value - mean } else { 0.0 })
        .collect();
    let length = dot(&standardised, &standardised).sqrt();
    if length > 0.0 {
        for value in &mut standardised {
            *value /= length;
        }
    }
    standardised
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    let ((a, a_rest), (b, b_rest)) = (blocks::<_, LANES>(a), blocks::<_, LANES>(b));
    for (a, b) in a.zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

/// Select greedily. `shared` returns the shared information of the last selected column
/// with the remaining columns.
fn choose(
    relevance: &[f64],
    criterion: Criterion,
    n_selected: usize,
    mut shared: impl FnMut(usize, &[usize]) -> Result<Vec<f64>, Error>,
) -> Result<Chosen, Error> {
    let mut open: Vec<usize> = (0..relevance.len())
        .filter(|&column| !relevance[column].is_nan())
        .collect();
    let mut sums = vec![0.0; relevance.len()];
    let mut chosen: Chosen = Vec::new();
    while chosen.len() < n_selected && !open.is_empty() {
        let count = chosen.len() as f64;
        let score = |column: usize| match criterion {
            _ if chosen.is_empty() => relevance[column],
            Criterion::Difference => relevance[column] - sums[column] / count,
            Criterion::Quotient => relevance[column] / (sums[column] / count).max(1e-12),
            Criterion::Joint => sums[column],
        };
        // The first column wins a tie.
        let mut best = 0;
        for place in 1..open.len() {
            if score(open[place]) > score(open[best]) {
                best = place;
            }
        }
        let (column, value) = (open[best], score(open[best]));
        chosen.push((column, value));
        open.remove(best);
        if chosen.len() < n_selected {
            for (&column, value) in open.iter().zip(shared(column, &open)?) {
                sums[column] += value;
            }
        }
    }
    Ok(chosen)
}

const _: () = assert!(MISSING == 255, "missing codes are cut to the last bin");

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::binning::{Kind, Options};
    use crate::columns::Separate;

    #[test]
    fn a_copy_of_a_chosen_column_comes_last() {
        let codes: Vec<u16> = (0..200).map(|row| row % 4).collect();
        let high: Vec<f64> = codes.iter().map(|&code| f64::from(code / 2)).collect();
        let low: Vec<f64> = codes.iter().map(|&code| f64::from(code % 2)).collect();
        let copy = high.clone();
        let table = Separate::new(vec![&high[..], &copy, &low]).unwrap();
        let options = Options {
            n_bins: 16,
            sample: None,
        };
        let workers = Workers::default();
        let matrix = BinnedMatrix::fit(&table, &[Kind::Numeric; 3], options, &workers).unwrap();
        let y = Classes::new(&codes, 4).unwrap();
        for criterion in [Criterion::Difference, Criterion::Quotient, Criterion::Joint] {
            let selected = by_information(&matrix, y, criterion, 3, &workers).unwrap();
            let order: Vec<usize> = selected.iter().map(|&(column, _)| column).collect();
            assert_eq!(order, [0, 2, 1], "{criterion:?}");
        }
        let selected = by_correlation(&table, &[1.0, 0.9, 0.8], 3, &workers).unwrap();
        assert_eq!(selected[1].0, 2);
    }
}
