//! Counts and sums of residuals by part and bin, and the gain from them.

use std::ops::Range;

use crate::Error;

/// Residuals are whole numbers with this many bits, so that sums do not depend on the order
/// of additions, hence not on threads or SIMD.
const BITS: u32 = 20;
/// Residuals are clipped to this many standard deviations from their mean, to limit the
/// influence of outliers.
const REACH: f64 = 5.0;
/// A cell holds the sum of residuals in its low bits, the count of rows above.
const ONE: u64 = 1 << 44;
/// Number of rows with residual 0 that shrink a bin's mean.
const PRIOR: f64 = 20.0;

/// One residual column as whole numbers, in the order of the parts.
#[derive(Debug, Clone)]
pub(super) struct Residual {
    steps: Vec<u32>,
    /// `residual = steps * unit - offset`.
    unit: f64,
    offset: f64,
    /// Sum of squares of the represented residuals.
    pub(super) squares: f64,
}

impl Residual {
    /// Return the residuals in the order `rows`. A constant column has no gain.
    pub(super) fn new(values: &[f64], rows: &[u32]) -> Self {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|r| (r - mean) * (r - mean)).sum::<f64>() / n;
        let reach = REACH * variance.sqrt();
        let unit = (2.0 * reach / f64::from((1_u32 << BITS) - 1)).max(f64::MIN_POSITIVE);
        let steps: Vec<u32> = rows
            .iter()
            .map(|&row| {
                let centred = (values[row as usize] - mean).clamp(-reach, reach);
                ((centred + reach) / unit).round() as u32
            })
            .collect();
        let total: u64 = steps.iter().map(|&step| u64::from(step)).sum();
        // Clipping changed the mean: the steps are centred again.
        let offset = total as f64 / n * unit;
        let squares = steps
            .iter()
            .map(|&step| {
                let value = f64::from(step) * unit - offset;
                value * value
            })
            .sum();
        Self {
            steps,
            unit,
            offset,
            squares,
        }
    }

    /// Return the count of rows and the sum of residuals of a cell.
    pub(super) fn decode(&self, cell: u64) -> (f64, f64) {
        let count = (cell / ONE) as f64;
        (count, (cell % ONE) as f64 * self.unit - count * self.offset)
    }

    /// Return the residuals of a range of rows, in the form for cells.
    #[inline]
    pub(super) fn cells(&self, rows: Range<usize>) -> impl Iterator<Item = u64> + '_ {
        self.steps[rows].iter().map(|&step| u64::from(step) + ONE)
    }
}

/// Check the number of rows, which a cell must be able to count.
pub(super) fn check_rows(n_rows: usize) -> Result<(), Error> {
    if n_rows < 1 << (64 - 44) {
        Ok(())
    } else {
        Err(Error::value(format!(
            "Candidates are screened on fewer than {} rows. Got {n_rows}: take a sample.",
            1 << (64 - 44)
        )))
    }
}

/// Up to 64 bins and one for missing values, in four copies, so that an addition need not
/// wait for the previous one.
const WIDTH: usize = 128;
const COPIES: usize = 4;

/// Sums by bin of the rows added so far.
#[derive(Debug, Clone)]
pub(super) struct Histogram(Box<[u64; COPIES * WIDTH]>);

impl Histogram {
    pub(super) fn new() -> Self {
        Self(Box::new([0; COPIES * WIDTH]))
    }

    /// Add rows with given bins.
    #[inline]
    pub(super) fn add(&mut self, bins: &[u32], residual: &Residual, rows: Range<usize>) {
        let steps = &residual.steps[rows];
        let cells = &mut *self.0;
        let mut by_four = bins.chunks_exact(COPIES);
        let mut steps_by_four = steps.chunks_exact(COPIES);
        for (bins, steps) in by_four.by_ref().zip(steps_by_four.by_ref()) {
            for copy in 0..COPIES {
                cells[copy * WIDTH + bins[copy] as usize % WIDTH] += u64::from(steps[copy]) + ONE;
            }
        }
        let rest = by_four.remainder().iter();
        for (&bin, &step) in rest.zip(steps_by_four.remainder()) {
            cells[bin as usize % WIDTH] += u64::from(step) + ONE;
        }
    }

    /// Move the cells of the first bins to `cells`.
    pub(super) fn drain<'a>(&mut self, cells: impl Iterator<Item = &'a mut u64>) {
        for (bin, cell) in cells.enumerate() {
            *cell = 0;
            for copy in 0..COPIES {
                *cell += std::mem::take(&mut self.0[copy * WIDTH + bin]);
            }
        }
    }
}

/// Return the reduction of each part's sum of squares by the mean residual by group,
/// computed from the other parts. No row is evaluated with a mean that contains it.
///
/// `cells` has `n_parts` cells per group. The result is negative for uninformative groups.
pub(super) fn gain(cells: &[u64], n_parts: usize, residual: &Residual) -> f64 {
    let mut total = 0.0;
    for cells in cells.chunks_exact(n_parts) {
        let all: u64 = cells.iter().sum();
        for &cell in cells {
            let (count, sum) = residual.decode(cell);
            let (rest_count, rest_sum) = residual.decode(all - cell);
            let mean = rest_sum / (rest_count + PRIOR);
            total += mean * (2.0 * sum - mean * count);
        }
    }
    total
}

/// Return the correlation of the bin's index with the residual, over rows with a value.
///
/// `cells` has `n_parts` cells per bin; the last bin is for missing values.
pub(super) fn correlation(cells: &[u64], n_parts: usize, residual: &Residual) -> f64 {
    let (mut n, mut codes, mut squares, mut sum, mut product) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let n_bins = cells.len() / n_parts - 1;
    for (bin, cells) in cells.chunks_exact(n_parts).take(n_bins).enumerate() {
        let (count, residual_sum) = residual.decode(cells.iter().sum());
        let code = bin as f64;
        n += count;
        codes += code * count;
        squares += code * code * count;
        sum += residual_sum;
        product += code * residual_sum;
    }
    let spread = squares - codes * codes / n;
    if n > 0.0 && spread > 0.0 && residual.squares > 0.0 {
        (product - codes * sum / n) / (spread * residual.squares).sqrt()
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_give_back_counts_and_sums() {
        let values = [1.0, -2.0, 4.0, 0.5, -3.5];
        let residual = Residual::new(&values, &[4, 3, 2, 1, 0]);
        let mut histogram = Histogram::new();
        histogram.add(&[2, 0, 2, 1, 0], &residual, 0..5);
        let mut cells = [0; 3];
        histogram.drain(cells.iter_mut());
        let decoded = cells.map(|cell| residual.decode(cell));
        for ((count, sum), expected) in
            decoded
                .into_iter()
                .zip([(2.0, 1.5), (1.0, -2.0), (2.0, 0.5)])
        {
            assert_eq!(count, expected.0);
            assert!((sum - expected.1).abs() < 1e-4, "{sum}");
        }
        histogram.drain(cells.iter_mut());
        assert_eq!(cells, [0; 3]);
    }

    #[test]
    fn a_bin_that_tells_the_residual_gains_and_one_at_random_loses() {
        let values: Vec<f64> = (0..800).map(|row| f64::from(row % 2) - 0.5).collect();
        let rows: Vec<u32> = (0..800).collect();
        let residual = Residual::new(&values, &rows);
        let score = |bin_of: &dyn Fn(u32) -> u32| {
            let mut cells = [0; 6];
            for (number, part) in [0..400_u32, 400..800].into_iter().enumerate() {
                let bins: Vec<u32> = part.clone().map(bin_of).collect();
                let mut histogram = Histogram::new();
                histogram.add(&bins, &residual, part.start as usize..part.end as usize);
                histogram.drain(cells.iter_mut().skip(number).step_by(2));
            }
            (
                gain(&cells, 2, &residual) / residual.squares,
                correlation(&cells, 2, &residual),
            )
        };
        let (signal, with) = score(&|row| row % 2);
        assert!(signal > 0.9 && with > 0.99, "{signal} {with}");
        let (noise, without) = score(&|row| (crate::rng::mix(u64::from(row)) % 2) as u32);
        assert!(noise < 0.02 && without.abs() < 0.1, "{noise} {without}");
    }
}
