//! Dense networks in single precision over numbers and codes.
//!
//! Each layer multiplies its inputs by factors, then by weights, adds biases, and applies
//! an activation with a learnt strength. Several members may share the weights, each with
//! its own factors, biases and strengths; a prediction is their mean. Rows are computed in
//! panels of sixteen, one row per lane, so that a prediction does not depend on the other
//! rows.

mod activation;
mod form;
mod inputs;
pub(crate) mod lanes;
mod outputs;
mod parameters;
mod product;
pub(crate) mod register;
#[cfg(test)]
mod tests;

pub use activation::Activation;
pub use form::{CODE_SIZE, Column, Form, MIXED, WAVES};
pub use inputs::prepare;
pub use parameters::{Layer, Parameters};

pub(crate) use activation::add_bias;
pub(crate) use inputs::{embed, gather};
pub(crate) use outputs::add_outputs;
pub(crate) use product::{Tile, along, multiply, multiply_transposed};

use crate::Error;
use activation::activate;
use lanes::{LANES, Lanes};

/// A network that predicts.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// Sizes.
    pub form: Form,
    /// Parameters, of these sizes.
    pub parameters: Parameters,
}

impl Network {
    /// Return the network of a form and a flat array; see [`Parameters::from_flat`].
    ///
    /// # Errors
    /// As in [`Parameters::from_flat`].
    pub fn new(form: Form, flat: &[f32]) -> Result<Self, Error> {
        let parameters = Parameters::from_flat(&form, flat)?;
        Ok(Self { form, parameters })
    }

    /// Return the number of products per row, of all members.
    pub fn n_products(&self) -> usize {
        let layers = self.form.layers();
        let per_member: usize = layers.iter().map(|(n_in, n_out)| n_in * n_out).sum();
        per_member.saturating_mul(self.form.n_members)
    }

    /// Return the outputs for rows of [`prepare`], in row-major order: the mean of the
    /// members' values or, with several outputs, of their probabilities.
    ///
    /// # Errors
    /// Those of `check`, which is called for each panel of rows.
    pub fn predict(
        &self,
        prepared: &[f32],
        check: impl Fn() -> Result<(), Error>,
    ) -> Result<Vec<f64>, Error> {
        let (form, parameters) = (&self.form, &self.parameters);
        let (n_columns, n_outputs) = (form.columns.len(), form.n_outputs);
        let n_rows = prepared.len() / n_columns;
        let mut panel = vec![Lanes::ZERO; n_columns];
        let mut inputs = vec![Lanes::ZERO; form.n_inputs()];
        let widest = form.hidden.iter().copied().max().unwrap_or(0);
        let widest = widest.max(inputs.len()).max(n_outputs);
        let mut values = vec![Lanes::ZERO; widest];
        let mut sums = values.clone();
        let mut outputs = vec![0.0; n_rows * n_outputs];
        for (index, outputs) in outputs.chunks_mut(LANES * n_outputs).enumerate() {
            check()?;
            let first = (index * LANES) as u32;
            let rows: Vec<u32> = (first..).take(outputs.len() / n_outputs).collect();
            gather(prepared, n_columns, &rows, &mut panel);
            embed(form, parameters, &panel, &mut inputs);
            for member in 0..form.n_members {
                values[..inputs.len()].copy_from_slice(&inputs);
                for layer in &parameters.layers {
                    layer.scale(member, &mut values[..layer.n_in]);
                    let sums_of_layer = &mut sums[..layer.n_out];
                    multiply(&layer.weights, &values[..layer.n_in], sums_of_layer);
                    layer.finish(member, form.activation, sums_of_layer);
                    std::mem::swap(&mut values, &mut sums);
                }
                add_outputs(&values[..n_outputs], outputs);
            }
        }
        let n_members = form.n_members as f64;
        for output in &mut outputs {
            *output /= n_members;
        }
        Ok(outputs)
    }
}

impl Layer {
    /// Multiply the inputs of a panel by a member's factors.
    fn scale(&self, member: usize, inputs: &mut [Lanes]) {
        if let Some(factors) = self.factors.chunks_exact(self.n_in).nth(member) {
            for (input, factor) in inputs.iter_mut().zip(factors) {
                input.0.iter_mut().for_each(|value| *value *= factor);
            }
        }
    }

    /// Add a member's biases to the sums of a panel, and apply the activation.
    fn finish(&self, member: usize, activation: Activation, sums: &mut [Lanes]) {
        let of_member = member * self.n_out..(member + 1) * self.n_out;
        let bias = &self.bias[of_member.clone()];
        if self.strength.is_empty() {
            add_bias(sums, bias);
        } else {
            activate(activation, sums, bias, &self.strength[of_member]);
        }
    }
}
