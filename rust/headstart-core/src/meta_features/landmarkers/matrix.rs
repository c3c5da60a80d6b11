//! Rows as vectors, for learners that need them.
//!
//! Numbers are standardised by the training rows, 0 where missing. Of a nominal column
//! the commonest levels become indicators, scaled so that two rows of different levels
//! are at a distance of one.

use super::super::numeric::Column;
use super::sample::{Levels, MAX_COLUMNS, Sample};

/// Levels of a nominal column that have indicators, at most.
const MAX_LEVELS: usize = 10;

/// Columns are padded with zeros to a multiple of these, for vector instructions.
pub(super) const LANES: usize = 8;

/// Vectors of all rows of a sample.
pub(super) struct Matrix {
    values: Vec<f64>,
    pub(super) width: usize,
}

impl Matrix {
    pub(super) fn of(sample: &Sample, train: &[usize]) -> Self {
        let n_nominal = sample.nominal.len();
        let room = MAX_COLUMNS.saturating_sub(sample.numeric.len());
        let limit = (room / n_nominal.max(1)).clamp(1, MAX_LEVELS);
        let indicators: Vec<Vec<Option<usize>>> = sample
            .nominal
            .iter()
            .map(|column| commonest(column, train, limit))
            .collect();
        let n_indicators = |places: &Vec<Option<usize>>| places.iter().flatten().count();
        let n_columns = sample.numeric.len() + indicators.iter().map(n_indicators).sum::<usize>();
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
        let mut start = sample.numeric.len();
        for (column, places) in sample.nominal.iter().zip(&indicators) {
            for (row, &code) in column.codes.iter().enumerate() {
                if let Some(place) = places[code as usize] {
                    values[row * width + start + place] = std::f64::consts::FRAC_1_SQRT_2;
                }
            }
            start += n_indicators(places);
        }
        Self { values, width }
    }

    pub(super) fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.width..(row + 1) * self.width]
    }
}

/// Places of the levels that have indicators, the commonest first.
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
        let found = sample(vec![numbers], vec![levels], labels);
        let matrix = Matrix::of(&found, &[0, 1, 2]);
        assert_eq!(matrix.width, LANES);
        let half = std::f64::consts::FRAC_1_SQRT_2;
        let low = -1.0 / 2.0_f64.sqrt();
        // Level 1 is the commonest of the three, level 2 the rarest.
        assert_eq!(matrix.row(0)[..4], [low, 0.0, half, 0.0]);
        assert_eq!(matrix.row(1)[..4], [-low, half, 0.0, 0.0]);
        assert_eq!(matrix.row(2)[..4], [0.0, half, 0.0, 0.0]);
        assert_eq!(matrix.row(3)[1..4], [0.0, 0.0, half]);
    }

    #[test]
    fn many_levels_leave_the_width_bounded() {
        let levels: Vec<Vec<u32>> = (0..MAX_COLUMNS).map(|_| (0..50).collect()).collect();
        let found = sample(vec![], levels, Labels::Values(vec![0.0; 50]));
        let rows: Vec<usize> = (0..50).collect();
        assert_eq!(Matrix::of(&found, &rows).width, MAX_COLUMNS);
    }
}
