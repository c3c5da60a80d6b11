//! Which of very many candidate features say something that a baseline does not know.
//!
//! A candidate is a formula of two columns, or a statistic by category. It is judged by
//! the baseline's residual: rows fall into bins by the candidate's value, and the mean
//! residual of a bin, learnt from other parts of the rows, is tried on each part. No
//! candidate's column outlives its evaluation: memory is one copy of the table in single
//! precision, another of what that has taken off its numbers, some kilobytes a thread (for
//! candidates by category: a few bytes a row and thread), and eight bytes a candidate.
//!
//! Scores are the same to the last bit for any number of threads, with SIMD and without:
//! residuals are added as whole numbers.

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

/// Rows that are evaluated at a time: their values stay in the nearest cache.
const BLOCK: usize = 1024;

/// The columns that candidates are made of, each a run of `n_rows` values. Descriptors
/// count the numeric columns first, then the categorical ones.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a> {
    /// Rows of every column.
    pub n_rows: usize,
    /// Numeric columns, one after the other; NaN where missing.
    pub numeric: &'a [f32],
    /// For each number of `numeric` what single precision has taken off it; 0 where that
    /// is missing. May be empty: then differences of large numbers are as exact as
    /// single precision is.
    pub remainders: &'a [f32],
    /// Categories of categorical columns, one column after the other.
    pub codes: &'a [u32],
    /// How many categories each of those has.
    pub n_levels: &'a [u32],
}

/// How much of the residual a candidate tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// Share of the residual's squares that means by bin take off rows they were not
    /// learnt from. Minus infinity for a constant.
    pub gain: f32,
    /// The largest absolute correlation of the bin's number with a residual column.
    pub correlation: f32,
}

/// The rules by which candidates are scored.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The part of each row: halves, or folds. Numbers from 0 on, at least two of them.
    pub parts: &'a [u8],
    /// Values fall into `2^depth` bins: 4, 5 or 6.
    pub depth: u32,
    /// Values that a candidate's cuts are learnt from.
    pub n_sampled: usize,
    /// For the rows of that sample.
    pub seed: u64,
}

/// Score candidates: formulas of two numbers, those of one that learn nothing, counts and
/// statistics by category, target means. None stands for those that the deadline left no time for.
///
/// `residuals` holds one or several columns of `n_rows` values, one after the other: a
/// column a class. Binning is shared by them. The steps that are counted are candidates.
///
/// # Errors
/// [`Error::Shape`] or [`Error::Value`] where arguments do not fit, [`Error::Cancelled`].
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
    // Some milliseconds of work, so that cancelling and the deadline are noticed.
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

/// What one thread needs to score one candidate after the other.
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

    /// Score a candidate whose values are made for all rows at once.
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

    /// Bin all rows by cuts that were learnt, and read the score off the sums.
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

/// Whether the core can score what an operator makes.
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
