//! Adam with decoupled weight decay.

use crate::predict::network::lanes::{LANES, Lanes, kernel};
use crate::predict::network::register::Register;
use crate::predict::network::{Tile, along};

/// Decay of the mean gradient.
const FIRST: f32 = 0.9;

/// Decay of the mean squared gradient.
const SECOND: f32 = 0.95;

/// Added to the root of the mean square.
const LEAST: f32 = 1e-8;

/// The size of one step for one group of parameters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Learning rate, divided by the correction of the mean gradient.
    rate: f32,
    /// Factor of the parameters before the step.
    keep: f32,
    /// Correction of the mean square.
    correction: f32,
}

impl Pace {
    /// Return the pace of step number `step`, counted from 1.
    pub(super) fn new(rate: f64, decay: f64, step: i32) -> Self {
        Self {
            rate: (rate / (1.0 - f64::from(FIRST).powi(step))) as f32,
            keep: (1.0 - decay) as f32,
            correction: (1.0 / (1.0 - f64::from(SECOND).powi(step))) as f32,
        }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "compiled for each kind of register")]
    fn step(self, value: &mut f32, mean: &mut f32, square: &mut f32, gradient: f32) {
        *mean = FIRST.mul_add(*mean, (1.0 - FIRST) * gradient);
        *square = SECOND.mul_add(*square, (1.0 - SECOND) * gradient * gradient);
        let root = (*square * self.correction).sqrt() + LEAST;
        *value = value.mul_add(self.keep, -(self.rate * *mean / root));
    }
}

kernel! {
/// Update parameters by their gradient.
pub(super) fn update(
    values: &mut [f32],
    mean: &mut [f32],
    square: &mut [f32],
    gradient: &[f32],
    pace: Pace,
) {
    let moments = mean.iter_mut().zip(square).zip(gradient);
    for (value, ((mean, square), gradient)) in values.iter_mut().zip(moments) {
        pace.step(value, mean, square, *gradient);
    }
}
}

/// Rows of a tile of gradients.
const TILE: usize = 6;

kernel! {
/// Update the weights of a block of sixteen outputs. Their gradient is the product of
/// inputs, in panels, and the slopes of the block, with one entry per row: it stays in
/// registers.
pub(super) fn update_weights<R>(
    inputs: &[Lanes],
    slopes: &[Lanes],
    values: &mut [Lanes],
    mean: &mut [Lanes],
    square: &mut [Lanes],
    pace: Pace,
) {
    let height = values.len();
    let tiles = values.chunks_mut(TILE).zip(mean.chunks_mut(TILE).zip(square.chunks_mut(TILE)));
    for (tile, (values, (mean, square))) in tiles.enumerate() {
        let first = tile * TILE;
        match values.len() {
            1 => step(&along::<R, 1>(inputs, height, first, slopes), values, mean, square, pace),
            2 => step(&along::<R, 2>(inputs, height, first, slopes), values, mean, square, pace),
            3 => step(&along::<R, 3>(inputs, height, first, slopes), values, mean, square, pace),
            4 => step(&along::<R, 4>(inputs, height, first, slopes), values, mean, square, pace),
            5 => step(&along::<R, 5>(inputs, height, first, slopes), values, mean, square, pace),
            _ => step(&along::<R, 6>(inputs, height, first, slopes), values, mean, square, pace),
        }
    }
}
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for each kind of register")]
fn step<R: Register, const ROWS: usize>(
    tile: &Tile<R, ROWS>,
    values: &mut [Lanes],
    mean: &mut [Lanes],
    square: &mut [Lanes],
    pace: Pace,
) {
    let mut gradient = [Lanes::ZERO; ROWS];
    tile.write(&mut gradient);
    for row in 0..ROWS {
        let (values, mean, square) = (&mut values[row], &mut mean[row], &mut square[row]);
        for lane in 0..LANES {
            pace.step(
                &mut values.0[lane],
                &mut mean.0[lane],
                &mut square.0[lane],
                gradient[row].0[lane],
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_is_as_long_as_the_rate() {
        let (mut values, mut mean, mut square) = ([1.0_f32; 3], [0.0; 3], [0.0; 3]);
        let pace = Pace::new(0.1, 0.0, 1);
        update(&mut values, &mut mean, &mut square, &[4.0, -0.5, 0.0], pace);
        for (value, expected) in values.iter().zip([0.9, 1.1, 1.0]) {
            assert!((value - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn decay_shrinks_without_a_gradient() {
        let (mut values, mut mean, mut square) = ([2.0_f32; 2], [0.0; 2], [0.0; 2]);
        let pace = Pace::new(0.1, 0.25, 7);
        update(&mut values, &mut mean, &mut square, &[0.0; 2], pace);
        assert_eq!(values, [1.5; 2]);
    }
}
