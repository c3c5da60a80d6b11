//! The parameters of a network, as arrays for computation and as one flat array.

use super::form::{CODE_SIZE, Form, MIXED, WAVES};
use super::lanes::{LANES, Lanes};
use crate::Error;

/// Parameters of a layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// Inputs per member and input, to multiply with; empty if there are none.
    pub factors: Vec<f32>,
    /// Weights in panels: blocks of sixteen outputs, with one entry per input.
    pub weights: Vec<Lanes>,
    /// One bias per member and output.
    pub bias: Vec<f32>,
    /// Strength of the activation per member and output; empty in the last layer.
    pub strength: Vec<f32>,
    /// Number of inputs.
    pub n_in: usize,
    /// Number of outputs.
    pub n_out: usize,
}

/// All parameters of a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters {
    /// Periods per unit, `WAVES` for each periodic column.
    pub frequency: Vec<f32>,
    /// Phases in periods, `WAVES` for each periodic column.
    pub phase: Vec<f32>,
    /// Weights of the waves, `WAVES * MIXED` for each periodic column.
    pub mixing: Vec<f32>,
    /// Biases of the mixed waves, `MIXED` for each periodic column.
    pub offset: Vec<f32>,
    /// Vectors of codes, `CODE_SIZE` for each, by column.
    pub vectors: Vec<f32>,
    /// The layers, from the inputs to the outputs.
    pub layers: Vec<Layer>,
}

impl Parameters {
    /// Return parameters that are zero.
    pub fn zeros(form: &Form) -> Self {
        let n_periodic = form.n_periodic();
        let layers = form.layers();
        let last = layers.len() - 1;
        let of_layer = |(index, &(n_in, n_out)): (usize, &(usize, usize))| {
            let n_factors = if form.has_factors(index) { n_in } else { 0 };
            let n_strengths = if index == last { 0 } else { n_out };
            Layer {
                factors: vec![0.0; form.n_members * n_factors],
                weights: vec![Lanes::ZERO; n_out.div_ceil(LANES) * n_in],
                bias: vec![0.0; form.n_members * n_out],
                strength: vec![0.0; form.n_members * n_strengths],
                n_in,
                n_out,
            }
        };
        Self {
            frequency: vec![0.0; n_periodic * WAVES],
            phase: vec![0.0; n_periodic * WAVES],
            mixing: vec![0.0; n_periodic * WAVES * MIXED],
            offset: vec![0.0; n_periodic * MIXED],
            vectors: vec![0.0; form.n_embedded_codes() * CODE_SIZE],
            layers: layers.iter().enumerate().map(of_layer).collect(),
        }
    }

    /// Return the parameters of a flat array: waves, vectors of codes, then per layer
    /// factors, weights by input, biases and strengths.
    ///
    /// # Errors
    /// [`Error::Value`] if the form is impossible, [`Error::Shape`] if the array has
    /// another length.
    pub fn from_flat(form: &Form, flat: &[f32]) -> Result<Self, Error> {
        form.check()?;
        // Before anything is allocated: a hostile form may ask for any size.
        if count(form) != Some(flat.len()) {
            return Err(Error::Shape(format!(
                "A network of this form does not have {} parameters.",
                flat.len()
            )));
        }
        let mut parameters = Self::zeros(form);
        let mut rest = flat;
        parameters.visit(&mut |values| {
            let (head, tail) = rest.split_at(values.len());
            values.copy_from_slice(head);
            rest = tail;
        });
        Ok(parameters)
    }

    /// Return the parameters as a flat array; see [`Parameters::from_flat`].
    pub fn to_flat(&self) -> Vec<f32> {
        let mut flat = Vec::new();
        // The visit writes weights back as they are.
        self.clone()
            .visit(&mut |values| flat.extend_from_slice(values));
        flat
    }

    /// Call `visit` with each array, weights by input and without the padding of panels.
    fn visit(&mut self, visit: &mut dyn FnMut(&mut [f32])) {
        visit(&mut self.frequency);
        visit(&mut self.phase);
        visit(&mut self.mixing);
        visit(&mut self.offset);
        visit(&mut self.vectors);
        for layer in &mut self.layers {
            visit(&mut layer.factors);
            let mut row = vec![0.0; layer.n_out];
            for input in 0..layer.n_in {
                for (n, value) in row.iter_mut().enumerate() {
                    *value = layer.weights[n / LANES * layer.n_in + input].0[n % LANES];
                }
                visit(&mut row);
                for (n, value) in row.iter().enumerate() {
                    layer.weights[n / LANES * layer.n_in + input].0[n % LANES] = *value;
                }
            }
            visit(&mut layer.bias);
            visit(&mut layer.strength);
        }
    }
}

/// Return the number of parameters, None if there are too many to count.
fn count(form: &Form) -> Option<usize> {
    let per_column = WAVES * (2 + MIXED) + MIXED;
    let mut total = form
        .n_periodic()
        .checked_mul(per_column)?
        .checked_add(form.n_embedded_codes().checked_mul(CODE_SIZE)?)?;
    let layers = form.layers();
    for (index, &(n_in, n_out)) in layers.iter().enumerate() {
        let n_factors = if form.has_factors(index) { n_in } else { 0 };
        let n_strengths = if index + 1 < layers.len() { n_out } else { 0 };
        total = total
            .checked_add(n_in.checked_mul(n_out)?)?
            .checked_add(form.n_members * (n_factors + n_out + n_strengths))?;
    }
    Some(total)
}
