//! Many features of numbers together.

use super::{Inputs, Operator, evaluate_binary, evaluate_unary};
use crate::{Error, Workers};

/// A feature of numbers to compute.
#[derive(Debug, Clone)]
pub struct Job {
    /// An operator on one or two numbers, or on a row.
    pub operator: Operator,
    /// Indices of its columns.
    pub columns: Vec<usize>,
    /// Constants of [`evaluate_unary`].
    pub constants: Vec<f64>,
}

/// Rows per block, so that inputs and outputs fit into the caches.
const BLOCK: usize = 1 << 12;

/// Return features of columns, one vector each.
///
/// # Errors
/// If columns differ in length, a job's columns are out of range or too many or few, or the
/// work was cancelled.
pub fn make_numeric(
    columns: &[&[f64]],
    jobs: &[Job],
    workers: &Workers,
) -> Result<Vec<Vec<f64>>, Error> {
    let n_rows = columns.first().map_or(0, |column| column.len());
    if let Some(column) = columns.iter().find(|column| column.len() != n_rows) {
        return Err(Error::length("a column", n_rows, column.len()));
    }
    workers.map(jobs.len(), |index| {
        let job = &jobs[index];
        if job.columns.iter().any(|&place| place >= columns.len()) {
            return Err(Error::value("A feature's column does not exist."));
        }
        let mut made = vec![0.0; n_rows];
        for (block, out) in made.chunks_mut(BLOCK).enumerate() {
            workers.check()?;
            let rows = block * BLOCK..block * BLOCK + out.len();
            let inputs: Vec<&[f64]> = job
                .columns
                .iter()
                .map(|&place| &columns[place][rows.clone()])
                .collect();
            match (job.operator.inputs(), inputs.as_slice()) {
                (Inputs::Row, inputs) => describe_rows(job.operator, inputs, out),
                (_, &[a]) => evaluate_unary(job.operator, &job.constants, a, out)?,
                (_, &[a, b]) => evaluate_binary(job.operator, a, b, out)?,
                _ => {
                    return Err(Error::value(format!(
                        "{} of {} columns cannot be made.",
                        job.operator.name(),
                        inputs.len()
                    )));
                }
            }
        }
        Ok(made)
    })
}

/// Compute row operators. Values that are not finite are missing: one operator counts them,
/// the others ignore them. A result without values (for the deviation: fewer than two) is
/// missing.
fn describe_rows(operator: Operator, columns: &[&[f64]], out: &mut [f64]) {
    for (row, out) in out.iter_mut().enumerate() {
        let known = || columns.iter().map(|c| c[row]).filter(|v| v.is_finite());
        let n = known().count();
        let sum = || known().sum::<f64>();
        let value = match operator {
            Operator::RowMissing => (columns.len() - n) as f64,
            Operator::RowZeros => known().filter(|&value| value == 0.0).count() as f64,
            _ if n == 0 => f64::NAN,
            Operator::RowSum => sum(),
            Operator::RowMean => sum() / n as f64,
            _ if n < 2 => f64::NAN,
            _ => {
                let mean = sum() / n as f64;
                let squares: f64 = known().map(|v| (v - mean) * (v - mean)).sum();
                (squares / (n - 1) as f64).sqrt()
            }
        };
        *out = if value.is_finite() { value } else { f64::NAN };
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn make(operator: Operator, columns: Vec<usize>, table: &[&[f64]]) -> Vec<f64> {
        let job = Job {
            operator,
            columns,
            constants: Vec::new(),
        };
        let features = make_numeric(table, &[job], &Workers::default());
        features.unwrap().remove(0)
    }

    #[test]
    fn rows_are_described_by_their_finite_values() {
        let table: [&[f64]; 3] = [&[1.0, f64::NAN], &[0.0, f64::NAN], &[5.0, f64::INFINITY]];
        let row = |operator| make(operator, vec![0, 1, 2], &table);
        assert_eq!(row(Operator::RowMissing), [0.0, 3.0]);
        assert_eq!(row(Operator::RowZeros), [1.0, 0.0]);
        assert_eq!(row(Operator::RowSum)[0], 6.0);
        assert_eq!(row(Operator::RowMean)[0], 2.0);
        assert_eq!(row(Operator::RowStd)[0], 7.0_f64.sqrt());
        assert!(row(Operator::RowSum)[1].is_nan());
    }

    #[test]
    fn features_longer_than_a_block_are_made_whole() {
        let a: Vec<f64> = (0..10_000).map(f64::from).collect();
        let made = make(Operator::Subtract, vec![0, 0], &[&a]);
        assert_eq!(made, vec![0.0; 10_000]);
        assert_eq!(
            make(Operator::Square, vec![0], &[&a])[9_999],
            9_999.0 * 9_999.0
        );
    }

    #[test]
    fn columns_that_are_not_there_are_refused() {
        let job = Job {
            operator: Operator::Square,
            columns: vec![1],
            constants: Vec::new(),
        };
        assert!(make_numeric(&[&[1.0]], &[job], &Workers::default()).is_err());
    }
}
