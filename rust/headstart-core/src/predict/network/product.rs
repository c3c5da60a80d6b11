//! Products of matrices in panels.
//!
//! A matrix of `height` features and many rows is stored as panels of sixteen rows, one
//! after the other: row `r` of feature `f` is lane `r % 16` of entry
//! `(r / 16) * height + f`. Weights from `n_in` to `n_out` features have the same form:
//! their rows are the outputs, their features the inputs. No matrix is copied for a
//! product: each tile of sums stays in registers.

use super::lanes::{LANES, Lanes, kernel};
use super::register::{Register, WIDTH};

/// Rows of a tile: its sums, and what is added to them, fill sixteen wide registers.
const TILE: usize = 6;

kernel! {
/// Write the outputs of one panel of rows: output `n` is the sum over `k` of
/// weight `(k, n)` times input `k`.
pub(crate) fn multiply<R>(weights: &[Lanes], input: &[Lanes], output: &mut [Lanes]) {
    for (block, output) in weights.chunks_exact(input.len()).zip(output.chunks_mut(LANES)) {
        let mut first = 0;
        // Tiles of 6, 5 and 5 outputs.
        for tiles in (1..=LANES.div_ceil(TILE)).rev() {
            let size = output.len().saturating_sub(first).div_ceil(tiles);
            let tile = &mut output[first..first + size];
            match size {
                1 => across::<R, 1>(block, input, first, tile),
                2 => across::<R, 2>(block, input, first, tile),
                3 => across::<R, 3>(block, input, first, tile),
                4 => across::<R, 4>(block, input, first, tile),
                5 => across::<R, 5>(block, input, first, tile),
                6 => across::<R, 6>(block, input, first, tile),
                _ => {}
            }
            first += size;
        }
    }
}
}

kernel! {
/// Write the product with the transposed weights for one panel of rows: output `k` is the
/// sum over `n` of weight `(k, n)` times input `n`.
pub(crate) fn multiply_transposed<R>(weights: &[Lanes], input: &[Lanes], output: &mut [Lanes]) {
    let height = output.len();
    for (tile, output) in output.chunks_mut(TILE).enumerate() {
        let first = tile * TILE;
        match output.len() {
            1 => along::<R, 1>(weights, height, first, input).write(output),
            2 => along::<R, 2>(weights, height, first, input).write(output),
            3 => along::<R, 3>(weights, height, first, input).write(output),
            4 => along::<R, 4>(weights, height, first, input).write(output),
            5 => along::<R, 5>(weights, height, first, input).write(output),
            _ => along::<R, 6>(weights, height, first, input).write(output),
        }
    }
}
}

/// Sums of several features in the lanes of one panel.
#[derive(Clone, Copy)]
pub(crate) struct Tile<R, const ROWS: usize>([[R; LANES / WIDTH]; ROWS]);

impl<R: Register, const ROWS: usize> Tile<R, ROWS> {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "compiled for each kind of register")]
    fn zeros() -> Self {
        Self([[R::all(0.0); LANES / WIDTH]; ROWS])
    }

    /// Write the sums, one entry per row.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "compiled for each kind of register")]
    pub(crate) fn write(&self, output: &mut [Lanes]) {
        for (output, sums) in output.iter_mut().zip(&self.0) {
            for (values, sums) in output.0.chunks_exact_mut(WIDTH).zip(sums) {
                sums.store(values);
            }
        }
    }

    /// Add the products of one factor per row with the lanes of `values`.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "compiled for each kind of register")]
    fn add(&mut self, factor: impl Fn(usize) -> f32, values: &Lanes) {
        let part = |part: usize| &values.0[part * WIDTH..(part + 1) * WIDTH];
        let values: [R; LANES / WIDTH] = std::array::from_fn(|index| R::load(part(index)));
        for (row, sums) in self.0.iter_mut().enumerate() {
            let factor = R::all(factor(row));
            for (sum, values) in sums.iter_mut().zip(values) {
                *sum = sum.add_product(factor, values);
            }
        }
    }
}

/// Write a tile of outputs, from lane `first` of a block of weights.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for each kind of register")]
fn across<R: Register, const ROWS: usize>(
    block: &[Lanes],
    input: &[Lanes],
    first: usize,
    output: &mut [Lanes],
) {
    let mut sums = Tile::<R, ROWS>::zeros();
    for (weights, values) in block.iter().zip(input) {
        let weights = &weights.0[first..first + ROWS];
        sums.add(|row| weights[row], values);
    }
    sums.write(output);
}

/// Return a tile of the product of the features `first` to `first + ROWS` of a matrix in
/// panels with `values`, which has one entry per row of the matrix.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for each kind of register")]
pub(crate) fn along<R: Register, const ROWS: usize>(
    panels: &[Lanes],
    height: usize,
    first: usize,
    values: &[Lanes],
) -> Tile<R, ROWS> {
    let mut sums = Tile::<R, ROWS>::zeros();
    for (panel, values) in panels.chunks_exact(height).zip(values.chunks(LANES)) {
        let features = &panel[first..first + ROWS];
        for (lane, values) in values.iter().enumerate() {
            sums.add(|row| features[row].0[lane % LANES], values);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panels(n_rows: usize, height: usize, value: impl Fn(usize, usize) -> f32) -> Vec<Lanes> {
        let mut panels = vec![Lanes::ZERO; n_rows.div_ceil(LANES) * height];
        for row in 0..n_rows {
            for feature in 0..height {
                panels[row / LANES * height + feature].0[row % LANES] = value(row, feature);
            }
        }
        panels
    }

    fn weight(k: usize, n: usize) -> f32 {
        ((k * 31 + n * 17) % 23) as f32 - 11.0
    }

    fn value(row: usize, k: usize) -> f32 {
        ((row * 13 + k * 7) % 19) as f32 - 9.0
    }

    #[test]
    fn products_are_sums_over_inputs_and_over_outputs() {
        for (n_in, n_out) in [(1, 1), (3, 2), (7, 16), (20, 21), (33, 40), (5, 13)] {
            let weights = panels(n_out, n_in, |n, k| weight(k, n));
            let input = panels(LANES, n_in, value);
            let mut output = vec![Lanes::ZERO; n_out];
            multiply(&weights, &input, &mut output);
            for (n, output) in output.iter().enumerate() {
                for lane in 0..LANES {
                    let sum: f32 = (0..n_in).map(|k| value(lane, k) * weight(k, n)).sum();
                    assert_eq!(output.0[lane], sum);
                }
            }
            let slopes = panels(LANES, n_out, value);
            let mut back = vec![Lanes::ZERO; n_in];
            multiply_transposed(&weights, &slopes, &mut back);
            for (k, back) in back.iter().enumerate() {
                for lane in 0..LANES {
                    let sum: f32 = (0..n_out).map(|n| value(lane, n) * weight(k, n)).sum();
                    assert_eq!(back.0[lane], sum);
                }
            }
        }
    }
}
