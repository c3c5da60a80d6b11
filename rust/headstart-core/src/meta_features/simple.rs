//! The nineteen qualities that `OpenML` computes for every dataset.

use super::classes::Classes;
use super::{Qualities, Table, Target, nominal, numeric};
use crate::{Error, Workers};

/// Rows per task.
const CHUNK: usize = 1 << 16;

pub(super) fn put(
    qualities: &mut Qualities,
    table: &Table<'_>,
    numeric: &[numeric::Column],
    nominal: &[nominal::Column],
    classes: Option<&Classes>,
    workers: &Workers,
) -> Result<(), Error> {
    // For OpenML, the target is a feature like the others.
    let (numeric_targets, nominal_targets) = match classes {
        Some(_) => (0, 1),
        None => (1, 0),
    };
    let n_rows = table.n_rows as f64;
    let n_numeric = (numeric.len() + numeric_targets) as f64;
    let n_symbolic = (nominal.len() + nominal_targets) as f64;
    let n_features = n_numeric + n_symbolic + table.others.n_columns as f64;
    let binary_columns = nominal.iter().filter(|column| column.n_levels == 2);
    let binary_targets = classes.filter(|classes| classes.len() == 2);
    let n_binary = (binary_columns.count() + usize::from(binary_targets.is_some())) as f64;
    let missing_numbers = numeric.iter().map(|column| table.n_rows - column.n_values);
    let missing_levels = nominal.iter().map(|column| column.n_missing);
    let n_missing =
        (missing_numbers.chain(missing_levels).sum::<usize>() + table.others.n_missing) as f64;
    let n_incomplete = incomplete_rows(table, numeric, nominal, workers)? as f64;
    let percent = |part: f64, whole: f64| part / whole * 100.0;

    qualities.put("NumberOfInstances", n_rows);
    qualities.put("NumberOfFeatures", n_features);
    let dimensionality = if n_rows > 0.0 {
        n_features / n_rows
    } else {
        0.0
    };
    qualities.put("Dimensionality", dimensionality);
    qualities.put("NumberOfNumericFeatures", n_numeric);
    qualities.put("NumberOfSymbolicFeatures", n_symbolic);
    qualities.put("NumberOfBinaryFeatures", n_binary);
    qualities.put(
        "PercentageOfNumericFeatures",
        percent(n_numeric, n_features),
    );
    qualities.put(
        "PercentageOfSymbolicFeatures",
        percent(n_symbolic, n_features),
    );
    qualities.put("PercentageOfBinaryFeatures", percent(n_binary, n_features));
    qualities.put("NumberOfMissingValues", n_missing);
    qualities.put("NumberOfInstancesWithMissingValues", n_incomplete);
    qualities.put(
        "PercentageOfMissingValues",
        percent(n_missing, n_features * n_rows),
    );
    qualities.put(
        "PercentageOfInstancesWithMissingValues",
        percent(n_incomplete, n_rows),
    );

    let counts = classes.map(|classes| &classes.counts);
    let n_classes = counts.map_or(0.0, |counts| counts.len() as f64);
    let size = |of: Option<&usize>| of.map_or(f64::NAN, |&count| count as f64);
    let majority = size(counts.and_then(|counts| counts.iter().max()));
    let minority = size(counts.and_then(|counts| counts.iter().min()));
    qualities.put("NumberOfClasses", n_classes);
    qualities.put("MajorityClassSize", majority);
    qualities.put("MinorityClassSize", minority);
    qualities.put("MajorityClassPercentage", percent(majority, n_rows));
    qualities.put("MinorityClassPercentage", percent(minority, n_rows));
    qualities.put("AutoCorrelation", autocorrelation(&table.target));
    Ok(())
}

/// Return one minus the mean change from row to row: 1 for another class, or the distance
/// of values. NaN for fewer than two rows.
fn autocorrelation(target: &Target<'_>) -> f64 {
    let (n_steps, change) = match target {
        Target::Classes(codes) => {
            let changes = codes.windows(2).filter(|pair| pair[0] != pair[1]);
            (codes.len().saturating_sub(1), changes.count() as f64)
        }
        Target::Values(values) => {
            let changes = values.windows(2).map(|pair| (pair[0] - pair[1]).abs());
            (values.len().saturating_sub(1), changes.sum())
        }
    };
    (n_steps as f64 - change) / n_steps as f64
}

/// Return the number of rows with a missing value in some column.
fn incomplete_rows(
    table: &Table<'_>,
    numeric: &[numeric::Column],
    nominal: &[nominal::Column],
    workers: &Workers,
) -> Result<usize, Error> {
    // Only columns with missing values are read again.
    let numbers: Vec<&[f64]> = (table.numeric.iter().zip(numeric))
        .filter(|(_, column)| column.n_values < table.n_rows)
        .map(|(&values, _)| values)
        .collect();
    let codes: Vec<&[i32]> = (table.nominal.iter().zip(nominal))
        .filter(|(_, column)| column.n_missing > 0)
        .map(|(column, _)| column.codes)
        .collect();
    let counts = workers.map_chunks(table.n_rows, CHUNK, |rows| {
        let mut lacks = match table.others.rows {
            [] => vec![false; rows.len()],
            others => others[rows.clone()].to_vec(),
        };
        for column in &numbers {
            for (lack, value) in lacks.iter_mut().zip(&column[rows.clone()]) {
                *lack |= !value.is_finite();
            }
        }
        for column in &codes {
            for (lack, &code) in lacks.iter_mut().zip(&column[rows.clone()]) {
                *lack |= code < 0;
            }
        }
        Ok(lacks.into_iter().filter(|&lack| lack).count())
    })?;
    Ok(counts.into_iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn autocorrelation_counts_changes_of_a_class_and_adds_those_of_a_value() {
        let of_classes = autocorrelation(&Target::Classes(&[1, 1, 2, 1, 1]));
        assert_eq!(of_classes, 0.5);
        let of_values = autocorrelation(&Target::Values(&[1.0, 3.0, 0.0]));
        assert_eq!(of_values, -1.5);
        assert!(autocorrelation(&Target::Values(&[1.0])).is_nan());
    }
}
