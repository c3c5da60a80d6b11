//! Interactions of pairs of numeric columns: the gain of joint bins above the columns' own
//! gains.

use super::cuts::Cuts;
use super::formula::{Formula, bin_values};
use super::prepared::Prepared;
use super::tally::{Residual, gain};
use super::{Rules, Table};
use crate::{Error, Workers};

const DEPTH: u32 = 4;
const N_BINS: usize = (1 << DEPTH) + 1;

/// Return the joint gain of all pairs of numeric columns minus the larger of their own
/// gains (at least zero), as a share of the squared residual: (0, 1), (0, 2), ..., (1, 2),
/// .... `None` for pairs after the deadline.
///
/// Progress counts pairs. Memory: one byte per value of the table, and four bytes per pair.
///
/// # Errors
/// As [`super::score_candidates`].
pub fn pair_gains(
    table: &Table<'_>,
    residuals: &[f64],
    rules: &Rules<'_>,
    workers: &Workers,
) -> Result<Vec<Option<f32>>, Error> {
    let prepared = Prepared::new(table, residuals, rules, workers)?;
    let n_columns = prepared.n_numeric();
    let binned: Vec<(Vec<u8>, f64)> = workers.map(n_columns, |column| {
        let bins = bins_of(&prepared, column);
        let gain = total_gain(&prepared, |row| bins[row] as usize, N_BINS);
        Ok((bins, gain.max(0.0)))
    })?;
    let firsts = workers.map(n_columns, |first| {
        let (left, left_gain) = &binned[first];
        let mut gains = Vec::with_capacity(n_columns - first - 1);
        for (right, right_gain) in &binned[first + 1..] {
            workers.check()?;
            if workers.is_late() {
                gains.push(None);
                continue;
            }
            let joint = total_gain(
                &prepared,
                |row| left[row] as usize * N_BINS + right[row] as usize,
                N_BINS * N_BINS,
            );
            gains.push(Some((joint - left_gain.max(*right_gain)) as f32));
        }
        workers.advance(gains.iter().flatten().count());
        Ok(gains)
    })?;
    Ok(firsts.into_iter().flatten().collect())
}

fn bins_of(prepared: &Prepared, column: usize) -> Vec<u8> {
    let mut cuts = Cuts::new(DEPTH);
    let mut bins = vec![0_u32; prepared.n_rows()];
    if cuts.learn(prepared.sample(column).iter().copied()) {
        let values = prepared.numeric(column);
        bin_values(Formula::Itself, values, values, &cuts, &mut bins);
    }
    bins.into_iter().map(|bin| bin as u8).collect()
}

fn total_gain(prepared: &Prepared, bin_of: impl Fn(usize) -> usize, n_bins: usize) -> f64 {
    let of_residual = |residual: &Residual| {
        let n_parts = prepared.parts.len();
        let mut cells = vec![0_u64; n_bins * n_parts];
        for (part, rows) in prepared.parts.iter().enumerate() {
            for (row, cell) in rows.clone().zip(residual.cells(rows.clone())) {
                cells[bin_of(row) * n_parts + part] += cell;
            }
        }
        gain(&cells, n_parts, residual)
    };
    prepared.residuals.iter().map(of_residual).sum::<f64>() / prepared.squares
}
