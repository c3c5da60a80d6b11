//! Rows as vectors, for linear and nearest-neighbour landmarkers.

use super::super::numeric::Column;
use super::sample::{Levels, MAX_COLUMNS, Sample};

/// Largest number of levels of a nominal column with indicators.
const MAX_LEVELS: usize = 10;

/// Columns are padded with zeros to a multiple of these, for vector instructions.
pub(super) const LANES: usize = 8;

/// Vectors of all rows of a sample.
pub(super) struct Matrix {
    values: Vec<f64>,
    pub(super) width: usize,
}

impl Matrix {
    /// Return numeric columns, standardised by the training rows, 0 if missing.
    pub(super) fn of_numbers(sample: &Sample, train: &[usize]) -> Self {
        Self::with_room(sample, train, sample.numeric.len())
    }

    /// Return numeric columns as above, then indicators of the most frequent levels of each
    /// nominal column.
    pub(super) fn of_indicators(sample: &Sample, train: &[usize]) -> Self {
        let room = MAX_COLUMNS.saturating_sub(sample.numeric.len());
        let limit = (room / sample.nominal.len().max(1)).clamp(1, MAX_LEVELS);
        let places: Vec<Vec<Option<usize>>> = sample
            .nominal
            .iter()
            .map(|column| commonest(column, train, limit))
            .collect();
        let n_indicators: usize = places.iter().flatten().flatten().count();
        let mut matrix = Self::with_room(sample, train, sample.numeric.len() + n_indicators);
        let mut start = sample.numeric.len();
        for (column, places) in sample.nominal.iter().zip(&places) {
            for (row, &code) in column.codes.iter().enumerate() {
                if let Some(place) = places[code as usize] {
                    matrix.values[row * matrix.width + start + place] = 1.0;
                }
            }
            start += places.iter().flatten().count();
        }
        matrix
    }

    fn with_room(sample: &Sample, train: &[usize], n_columns: usize) -> Self {
        let width = n_columns.next_multiple_of(LANES);
        let mut values = vec![0.0; sample.n_rows() * width];
        for (at, column) in sample.numeric.iter().enumerate() {
            let known: Vec<f64> = train.iter().map(|&row| column[row]).collect();
            let Column {
                mean, deviation, ..
            } = Column::of(&known);
            if !(deviation > 0.0 && deviation.is_finite() && mean.is_finite()) {
                continue;
            }
            for (row, &value) in column.iter().enumerate() {
                let standard = (value - mean) / deviation;
                if standard.is_finite() {
                    values[row * width + at] = standard;
                }
            }
        }
        Self { values, width }
    }

    pub(super) fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.width..(row + 1) * self.width]
    }
}

/// Return the sum of `term` over pairs, in lanes that the compiler may vectorise, with the
/// same bits on every machine.
pub(super) fn sum_of_pairs(a: &[f64], b: &[f64], term: impl Fn(f64, f64) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    let (blocks_a, rest_a) = a.split_at(a.len() / LANES * LANES);
    let (blocks_b, rest_b) = b.split_at(blocks_a.len());
    for (a, b) in blocks_a
        .chunks_exact(LANES)
        .zip(blocks_b.chunks_exact(LANES))
    {
        for ((sum, &a), &b) in lanes.iter_mut().zip(a).zip(b) {
            *sum += term(a, b);
        }
    }
    let rest = rest_a.iter().zip(rest_b).map(|(&a, &b)| term(a, b));
    lanes.iter().copied().chain(rest).sum()
}

/// Return the indices of the levels with indicators, the most frequent first.
fn commonest(column: &Levels, train: &[usize], limit: usize) -> Vec<Option<usize>> {
    let mut counts = vec![0_usize; column.n_levels];
    for &row in train {
        counts[column.codes[row] as usize] += 1;
    }
    let mut order: Vec<usize> = (0..column.n_levels).collect();
    order.sort_by_key(|&level| std::cmp::Reverse(counts[level]));
    let mut places = vec![None; column.n_levels];
    for (place, &level) in order.iter().take(limit).enumerate() {
        places[level] = Some(place);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::super::sample::Labels;
    use super::super::sample::tests::sample;
    use super::*;

    #[test]
    fn rows_are_standardised_numbers_and_indicators() {
        let numbers = vec![1.0, 3.0, f64::NAN, 1e9];
        let levels = vec![0, 1, 1, 2];
        let labels = Labels::Values(vec![0.0; 4]);
        let data = sample(vec![numbers], vec![levels], labels);
        let matrix = Matrix::of_indicators(&data, &[0, 1, 2]);
        assert_eq!(matrix.width, LANES);
        let low = -1.0 / 2.0_f64.sqrt();
        // Level 1 is the commonest of the three, level 2 the rarest.
        assert_eq!(matrix.row(0)[..4], [low, 0.0, 1.0, 0.0]);
        assert_eq!(matrix.row(1)[..4], [-low, 1.0, 0.0, 0.0]);
        assert_eq!(matrix.row(2)[..4], [0.0, 1.0, 0.0, 0.0]);
        assert_eq!(matrix.row(3)[1..4], [0.0, 0.0, 1.0]);
    }

    #[test]
    fn many_levels_leave_the_width_bounded() {
        let levels: Vec<Vec<u32>> = (0..MAX_COLUMNS).map(|_| (0..50).collect()).collect();
        let data = sample(vec![], levels, Labels::Values(vec![0.0; 50]));
        let rows: Vec<usize> = (0..50).collect();
        assert_eq!(Matrix::of_indicators(&data, &rows).width, MAX_COLUMNS);
        assert_eq!(Matrix::of_numbers(&data, &rows).width, 0);
    }

    #[test]
    fn every_pair_counts_once() {
        for n in 0..20 {
            let values: Vec<f64> = (0..n).map(f64::from).collect();
            let sum = sum_of_pairs(&values, &values, |a, _| a);
            assert_eq!(sum, f64::from(n * (n - 1) / 2));
        }
    }
}
