//! Screening of very many candidate features against the residual of a baseline.
//!
//! A candidate is a formula of two columns, or a statistic by category. Its score comes
//! from the baseline's residual: rows are binned by the candidate's value, and the mean
//! residual of each bin, computed from the other parts of the rows, is evaluated on each
//! part. A candidate's column is freed after its evaluation. Memory is one copy of the
//! table in single precision, another of the rounding remainders, some kilobytes per thread
//! (for candidates by category, a few bytes per row and thread), and eight bytes per
//! candidate.
//!
//! Scores are bitwise the same for any number of threads, with and without SIMD, because
//! residuals are summed as whole numbers.

mod categories;
mod cuts;
mod formula;
mod pairs;
mod prepared;
mod simd;
mod tally;
#[cfg(test)]
mod tests;

use crate::generate::{Candidate, Inputs, Kind, Operator, evaluate_unary};
use crate::{Error, Workers};

pub use pairs::pair_gains;

use categories::Categories;
use cuts::Cuts;
use formula::Formula;
use prepared::Prepared;
use simd::Path;
use tally::{Histogram, correlation, gain};

/// Rows per block, whose values stay in the L1 cache.
const BLOCK: usize = 1024;

/// The columns of candidates, each with `n_rows` contiguous values. Descriptors number the
/// numeric columns first, then the categorical ones.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a> {
    /// Number of rows.
    pub n_rows: usize,
    /// Concatenated numeric columns; NaN if missing.
    pub numeric: &'a [f32],
    /// The rounding remainder of each number of `numeric`; 0 for missing numbers. May be
    /// empty; differences of large numbers then have single precision.
    pub remainders: &'a [f32],
    /// Concatenated categories of categorical columns.
    pub codes: &'a [u32],
    /// Number of categories of each categorical column.
    pub n_levels: &'a [u32],
}

/// The score of a candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// Out-of-fold share of the squared residual that means by bin explain. Minus infinity
    /// for a constant.
    pub gain: f32,
    /// The largest absolute correlation of the bin's number with a residual column.
    pub correlation: f32,
}

/// The rules by which candidates are scored.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The part of each row, such as folds: numbers from 0 on, at least two parts.
    pub parts: &'a [u8],
    /// Values fall into `2^depth` bins: 4, 5 or 6.
    pub depth: u32,
    /// Number of sampled values for a candidate's cuts.
    pub n_sampled: usize,
    /// Seed of that sample.
    pub seed: u64,
}

/// Return the scores of candidates: formulas of two numbers, formulas of one number without
/// a fit, counts and statistics by category, target means. `None` for candidates after the
/// deadline.
///
/// `residuals` has one or several concatenated columns of `n_rows` values, one per class,
/// which share the binning. Progress counts candidates.
///
/// # Errors
/// [`Error::Shape`] or [`Error::Value`] if arguments are inconsistent,
/// [`Error::Cancelled`].
pub fn score_candidates(
    table: &Table<'_>,
    residuals: &[f64],
    candidates: &[Candidate],
    rules: &Rules<'_>,
    workers: &Workers,
) -> Result<Vec<Option<Score>>, Error> {
    let prepared = Prepared::new(table, residuals, rules, workers)?;
    for candidate in candidates {
        prepared.check(candidate)?;
    }
    // Some milliseconds of work between checks of cancellation and deadline.
    let size = ((1 << 22) / table.n_rows.max(1)).clamp(1, 64);
    let path = Path::of_this_machine();
    let blocks = workers.map_chunks(candidates.len(), size, |range| {
        if workers.is_late() {
            return Ok(vec![None; range.len()]);
        }
        let mut scorer = Scorer::new(&prepared, rules.depth, path);
        let n_scored = range.len();
        let scores = candidates[range]
            .iter()
            .map(|candidate| scorer.score(candidate).map(Some))
            .collect::<Result<Vec<_>, _>>();
        workers.advance(n_scored);
        scores
    })?;
    Ok(blocks.into_iter().flatten().collect())
}

const NOTHING: Score = Score {
    gain: f32::NEG_INFINITY,
    correlation: 0.0,
};

/// The state of one thread that scores candidates.
struct Scorer<'a> {
    prepared: &'a Prepared,
    path: Path,
    cuts: Cuts,
    bins: Box<[u32; BLOCK]>,
    histograms: Vec<Histogram>,
    /// Cells by residual column, bin and part.
    cells: Vec<u64>,
    categories: Categories,
    values: Vec<f32>,
}

impl<'a> Scorer<'a> {
    fn new(prepared: &'a Prepared, depth: u32, path: Path) -> Self {
        let cuts = Cuts::new(depth);
        let n_residuals = prepared.residuals.len();
        let n_cells = n_residuals * prepared.parts.len() * (cuts.n_bins() + 1);
        Self {
            prepared,
            path,
            cuts,
            bins: Box::new([0; BLOCK]),
            histograms: vec![Histogram::new(); n_residuals],
            cells: vec![0; n_cells],
            categories: Categories::default(),
            values: Vec::new(),
        }
    }

    fn score(&mut self, candidate: &Candidate) -> Result<Score, Error> {
        let prepared = self.prepared;
        let operator = candidate.operator();
        let columns = candidate.columns();
        match operator.inputs() {
            Inputs::Two(_) => {
                let formula = Formula::of(operator)?;
                let (left, right) = (columns[0] as usize, columns[1] as usize);
                if formula.is_of_difference() && prepared.cancels(left, right) {
                    return self.score_made(|_, values| {
                        prepared.write_differences(formula, left, right, values);
                        Ok(())
                    });
                }
                let sample = prepared.sample(left).iter().zip(prepared.sample(right));
                if !self.cuts.learn(sample.map(|(&a, &b)| formula.value(a, b))) {
                    return Ok(NOTHING);
                }
                Ok(self.tally(formula, prepared.numeric(left), prepared.numeric(right)))
            }
            Inputs::One(_) => self.score_made(|_, values| {
                let column = prepared.numeric(columns[0] as usize);
                values.resize(column.len(), 0.0);
                evaluate_unary(operator, &[], column, values)
            }),
            Inputs::Grouped(_) => self.score_made(|categories, values| {
                categories.take(columns[1..].iter().map(|&column| prepared.codes(column)));
                categories.describe(operator, prepared.numeric(columns[0] as usize), values);
                Ok(())
            }),
            _ if operator == Operator::TargetMean => {
                let keys = columns.iter().map(|&column| prepared.codes(column));
                self.categories.take(keys);
                let gains = prepared
                    .residuals
                    .iter()
                    .map(|residual| self.categories.gain_of_means(residual, &prepared.parts));
                Ok(Score {
                    gain: (gains.sum::<f64>() / prepared.squares) as f32,
                    correlation: 0.0,
                })
            }
            _ => self.score_made(|categories, values| {
                categories.take(columns.iter().map(|&column| prepared.codes(column)));
                categories.count(values);
                Ok(())
            }),
        }
    }

    /// Score a candidate whose values are computed for all rows together.
    fn score_made(
        &mut self,
        make: impl FnOnce(&mut Categories, &mut Vec<f32>) -> Result<(), Error>,
    ) -> Result<Score, Error> {
        let mut values = std::mem::take(&mut self.values);
        make(&mut self.categories, &mut values)?;
        let score = self.score_values(&values);
        self.values = values;
        Ok(score)
    }

    fn score_values(&mut self, values: &[f32]) -> Score {
        let sample = self.prepared.sampled_rows.iter();
        if !self.cuts.learn(sample.map(|&row| values[row as usize])) {
            return NOTHING;
        }
        self.tally(Formula::Itself, values, values)
    }

    /// Bin all rows by the current cuts, and return the score from the sums.
    fn tally(&mut self, formula: Formula, left: &[f32], right: &[f32]) -> Score {
        let prepared = self.prepared;
        let n_bins = self.cuts.n_bins() + 1;
        let n_parts = prepared.parts.len();
        for (part, rows) in prepared.parts.iter().enumerate() {
            for start in rows.clone().step_by(BLOCK) {
                let block = start..(start + BLOCK).min(rows.end);
                let bins = &mut self.bins[..block.len()];
                let (a, b) = (&left[block.clone()], &right[block.clone()]);
                self.path.bin(formula, a, b, &self.cuts, bins);
                for (histogram, residual) in self.histograms.iter_mut().zip(&prepared.residuals) {
                    histogram.add(bins, residual, block.clone());
                }
            }
            for (column, histogram) in self.histograms.iter_mut().enumerate() {
                let of_column = &mut self.cells[column * n_parts * n_bins..][..n_parts * n_bins];
                histogram.drain(of_column.iter_mut().skip(part).step_by(n_parts));
            }
        }
        let mut gains = 0.0;
        let mut strongest = 0.0_f64;
        let by_column = self.cells.chunks_exact(n_parts * n_bins);
        for (cells, residual) in by_column.zip(&prepared.residuals) {
            gains += gain(cells, n_parts, residual);
            strongest = strongest.max(correlation(cells, n_parts, residual).abs());
        }
        Score {
            gain: (gains / prepared.squares) as f32,
            correlation: strongest as f32,
        }
    }
}

/// Return whether this module can score an operator.
fn is_scored(operator: Operator) -> bool {
    match operator.inputs() {
        Inputs::Two(kind) => kind == Kind::Numeric,
        Inputs::One(kind) => {
            kind == Kind::Numeric && evaluate_unary(operator, &[], &[], &mut [0.0_f32; 0]).is_ok()
        }
        Inputs::Grouped(_) => Categories::describes(operator),
        Inputs::Crossed(_) => matches!(operator, Operator::Frequency | Operator::TargetMean),
        Inputs::Row => false,
    }
}
