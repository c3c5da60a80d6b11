//! One layer in training: buffers, the way forward and the way back.

use super::adam::{update, update_weights};
use super::rates::Rates;
use super::units::{Dropout, Units, activate, differentiate};
use crate::predict::network::lanes::{LANES, Lanes, kernel};
use crate::predict::network::{Activation, Layer, add_bias, multiply, multiply_transposed};

/// What a layer keeps of a batch, for the way back.
///
/// Panels of the members follow one another; the inputs of the first layer are one set of
/// panels for all members.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Inputs.
    pub(super) inputs: Vec<Lanes>,
    /// Inputs times factors; empty without factors.
    scaled: Vec<Lanes>,
    /// Sums of inputs, which become the slopes of outputs; in the last layer the scores.
    pub(super) sums: Vec<Lanes>,
    /// Slopes of outputs in the strengths.
    changes: Vec<Lanes>,
}

/// Room for the gradients of a step.
#[derive(Debug, Default)]
pub(super) struct Work {
    /// The slopes of a block of sixteen outputs, with one entry per row.
    block: Vec<Lanes>,
    factors: Vec<f32>,
    bias: Vec<f32>,
    strength: Vec<f32>,
}

impl Batch {
    /// Make room for `n_panels` panels per member.
    pub(super) fn resize(
        &mut self,
        layer: &Layer,
        n_panels: usize,
        n_members: usize,
        n_sets: usize,
    ) {
        self.inputs
            .resize(n_sets * n_panels * layer.n_in, Lanes::ZERO);
        if !layer.factors.is_empty() {
            self.scaled
                .resize(n_members * n_panels * layer.n_in, Lanes::ZERO);
        }
        self.sums
            .resize(n_members * n_panels * layer.n_out, Lanes::ZERO);
        if !layer.strength.is_empty() {
            self.changes
                .resize(n_members * n_panels * layer.n_out, Lanes::ZERO);
        }
    }

    /// Compute the outputs of all panels and members: the scores in `sums`, or the values
    /// of units in `outputs`.
    pub(super) fn forward(
        &mut self,
        layer: &Layer,
        units: Option<(Activation, Dropout)>,
        n_panels: usize,
        outputs: &mut [Lanes],
    ) {
        let (n_in, n_out) = (layer.n_in, layer.n_out);
        let n_members = layer.bias.len() / n_out;
        for index in 0..n_members * n_panels {
            let member = index / n_panels;
            let panel = index * n_in..(index + 1) * n_in;
            let values = if layer.factors.is_empty() {
                &self.inputs[panel]
            } else {
                let start = panel.start % self.inputs.len();
                let factors = &layer.factors[member * n_in..(member + 1) * n_in];
                let scaled = &mut self.scaled[panel];
                scale(&self.inputs[start..start + n_in], factors, scaled);
                scaled
            };
            let panel = index * n_out..(index + 1) * n_out;
            let sums = &mut self.sums[panel.clone()];
            multiply(&layer.weights, values, sums);
            let of_member = member * n_out..(member + 1) * n_out;
            let bias = &layer.bias[of_member.clone()];
            match units {
                None => add_bias(sums, bias),
                Some((activation, dropout)) => {
                    let units = Units {
                        activation,
                        bias,
                        strength: &layer.strength[of_member],
                        dropout,
                    };
                    let changes = &mut self.changes[panel.clone()];
                    activate(units, panel.start, sums, &mut outputs[panel], changes);
                }
            }
        }
    }

    /// Update the layer, and write the gradient in its inputs.
    ///
    /// `rates` are those of the layer of a number. `gradient` is that in the outputs, and becomes that in the sums. In `back`, inputs
    /// that the members share have one set of panels per member.
    pub(super) fn backward(
        &self,
        layer: &mut Layer,
        moments: [&mut Layer; 2],
        rates: (usize, &Rates),
        gradient: &mut [Lanes],
        back: &mut [Lanes],
        work: &mut Work,
    ) {
        let (n_in, n_out) = (layer.n_in, layer.n_out);
        let (index, rates) = rates;
        let [mean, square] = moments;
        let n_panels = gradient.len() / layer.bias.len();
        work.resize(layer);
        self.through_units(n_panels * n_out, n_out, gradient, work);
        for (slopes, back) in gradient
            .chunks_exact(n_out)
            .zip(back.chunks_exact_mut(n_in))
        {
            multiply_transposed(&layer.weights, slopes, back);
        }
        let values = if layer.factors.is_empty() {
            &self.inputs
        } else {
            &self.scaled
        };
        let blocks = layer.weights.chunks_exact_mut(n_in).zip(
            mean.weights
                .chunks_exact_mut(n_in)
                .zip(square.weights.chunks_exact_mut(n_in)),
        );
        for (block, (weights, (mean, square))) in blocks.enumerate() {
            transpose(gradient, n_out, block * LANES, &mut work.block);
            let pace = rates.of_weights(n_in);
            update_weights(values, &work.block, weights, mean, square, pace);
        }
        self.through_factors(layer, n_panels * n_in, back, work);
        macro_rules! update {
            ($name:ident, $pace:expr) => {
                update(
                    &mut layer.$name,
                    &mut mean.$name,
                    &mut square.$name,
                    &work.$name,
                    $pace,
                );
            };
        }
        update!(factors, rates.of_factors(index));
        update!(bias, rates.of_biases());
        update!(strength, rates.of_biases());
    }

    fn through_units(&self, size: usize, n_out: usize, gradient: &mut [Lanes], work: &mut Work) {
        for (member, of_bias) in work.bias.chunks_exact_mut(n_out).enumerate() {
            let panels = member * size..(member + 1) * size;
            if self.changes.is_empty() {
                sum_rows(&gradient[panels], of_bias);
            } else {
                differentiate(
                    &mut gradient[panels.clone()],
                    &self.sums[panels.clone()],
                    &self.changes[panels],
                    of_bias,
                    &mut work.strength[member * n_out..(member + 1) * n_out],
                );
            }
        }
    }

    fn through_factors(&self, layer: &Layer, size: usize, back: &mut [Lanes], work: &mut Work) {
        let n_in = layer.n_in;
        let factors = layer.factors.chunks_exact(n_in);
        let members = back.chunks_exact_mut(size).zip(factors);
        for ((member, (back, factors)), gradient) in
            members.enumerate().zip(work.factors.chunks_exact_mut(n_in))
        {
            let start = member * size % self.inputs.len();
            unscale(&self.inputs[start..start + size], factors, back, gradient);
        }
    }
}

impl Work {
    fn resize(&mut self, layer: &Layer) {
        self.factors.resize(layer.factors.len(), 0.0);
        self.bias.resize(layer.bias.len(), 0.0);
        self.strength.resize(layer.strength.len(), 0.0);
    }
}

kernel! {
/// Write the inputs of a panel times factors.
fn scale(inputs: &[Lanes], factors: &[f32], scaled: &mut [Lanes]) {
    for ((input, factor), scaled) in inputs.iter().zip(factors).zip(scaled) {
        for lane in 0..LANES {
            scaled.0[lane] = factor * input.0[lane];
        }
    }
}
}

kernel! {
/// Turn the gradient in scaled inputs into that in inputs, and write that in the factors.
fn unscale(inputs: &[Lanes], factors: &[f32], gradient: &mut [Lanes], of_factors: &mut [f32]) {
    let height = factors.len();
    for (input, (factor, of_factor)) in factors.iter().zip(of_factors).enumerate() {
        let mut sum = Lanes::ZERO;
        let panels = inputs.chunks_exact(height).zip(gradient.chunks_exact_mut(height));
        for (inputs, gradient) in panels {
            let (values, gradient) = (&inputs[input], &mut gradient[input]);
            for lane in 0..LANES {
                sum.0[lane] = gradient.0[lane].mul_add(values.0[lane], sum.0[lane]);
                gradient.0[lane] *= factor;
            }
        }
        *of_factor = sum.sum();
    }
}
}

kernel! {
/// Write the sum over rows of each feature of panels.
fn sum_rows(panels: &[Lanes], sums: &mut [f32]) {
    let height = sums.len();
    for (feature, sum) in sums.iter_mut().enumerate() {
        let mut lanes = Lanes::ZERO;
        for panel in panels.chunks_exact(height) {
            for lane in 0..LANES {
                lanes.0[lane] += panel[feature].0[lane];
            }
        }
        *sum = lanes.sum();
    }
}
}

/// Write sixteen features of panels, from `first` on, with one entry per row; features
/// after the last one are zero.
fn transpose(panels: &[Lanes], height: usize, first: usize, rows: &mut Vec<Lanes>) {
    let width = LANES.min(height - first);
    rows.clear();
    for panel in panels.chunks_exact(height) {
        let mut block = [Lanes::ZERO; LANES];
        for (feature, values) in panel[first..first + width].iter().enumerate() {
            for (row, value) in block.iter_mut().zip(values.0) {
                row.0[feature] = value;
            }
        }
        rows.extend_from_slice(&block);
    }
}
