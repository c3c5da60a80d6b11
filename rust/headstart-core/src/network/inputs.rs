//! The gradient through the embeddings of columns.

use super::adam::update;
use super::rates::Rates;
use crate::predict::network::lanes::{LANES, Lanes, cosine_and_sine, kernel};
use crate::predict::network::{CODE_SIZE, Column, Form, MIXED, Parameters, WAVES};

/// Gradients of all embeddings, in the order of [`Parameters`].
#[derive(Debug)]
pub(super) struct Embeddings {
    frequency: Vec<f32>,
    phase: Vec<f32>,
    mixing: Vec<f32>,
    offset: Vec<f32>,
    vectors: Vec<f32>,
}

impl Embeddings {
    /// Return gradients of zero.
    pub(super) fn new(parameters: &Parameters) -> Self {
        Self {
            frequency: vec![0.0; parameters.frequency.len()],
            phase: vec![0.0; parameters.phase.len()],
            mixing: vec![0.0; parameters.mixing.len()],
            offset: vec![0.0; parameters.offset.len()],
            vectors: vec![0.0; parameters.vectors.len()],
        }
    }

    /// Return whether there is no embedding.
    pub(super) fn is_empty(&self) -> bool {
        self.offset.is_empty() && self.vectors.is_empty()
    }

    /// Compute the gradients of a batch.
    ///
    /// `panels` are those of the columns, `gradient` is that in the inputs of the first
    /// layer, in panels.
    pub(super) fn differentiate(
        &mut self,
        form: &Form,
        parameters: &Parameters,
        panels: &[Lanes],
        gradient: &[Lanes],
    ) {
        self.vectors.fill(0.0);
        let (n_columns, n_inputs) = (form.columns.len(), form.n_inputs());
        let (mut input, mut periodic, mut code) = (0, 0, 0);
        for (index, column) in form.columns.iter().enumerate() {
            match column {
                Column::Number | Column::OneHot(_) => {}
                Column::Periodic => {
                    let waves = periodic * WAVES..(periodic + 1) * WAVES;
                    let mixing = waves.start * MIXED..waves.end * MIXED;
                    differentiate_waves(
                        Waves {
                            frequency: &parameters.frequency[waves.clone()],
                            phase: &parameters.phase[waves.clone()],
                            mixing: &parameters.mixing[mixing.clone()],
                        },
                        Places {
                            numbers: panels,
                            column: index,
                            n_columns,
                            gradient,
                            input,
                            n_inputs,
                        },
                        &mut self.frequency[waves.clone()],
                        &mut self.phase[waves],
                        &mut self.mixing[mixing],
                        &mut self.offset[periodic * MIXED..(periodic + 1) * MIXED],
                    );
                    periodic += 1;
                }
                Column::Embedded(n_codes) => {
                    let range = code * CODE_SIZE..(code + n_codes) * CODE_SIZE;
                    let vectors = &mut self.vectors[range];
                    let rows = panels.chunks_exact(n_columns);
                    for (panel, gradient) in rows.zip(gradient.chunks_exact(n_inputs)) {
                        let gradient = &gradient[input..input + CODE_SIZE];
                        for (lane, &value) in panel[index].0.iter().enumerate() {
                            let start = value as usize * CODE_SIZE;
                            let vector = vectors.get_mut(start..start + CODE_SIZE);
                            for (sum, slope) in vector.unwrap_or_default().iter_mut().zip(gradient)
                            {
                                *sum += slope.0[lane];
                            }
                        }
                    }
                    code += n_codes;
                }
            }
            input += column.n_inputs();
        }
    }

    /// Update the embeddings.
    pub(super) fn update(
        &self,
        values: &mut Parameters,
        mean: &mut Parameters,
        square: &mut Parameters,
        rates: &Rates,
    ) {
        let (waves, biases, vectors) = (rates.of_waves(), rates.of_biases(), rates.of_vectors());
        macro_rules! update {
            ($name:ident, $pace:expr) => {
                update(
                    &mut values.$name,
                    &mut mean.$name,
                    &mut square.$name,
                    &self.$name,
                    $pace,
                );
            };
        }
        update!(frequency, waves);
        update!(phase, biases);
        update!(mixing, waves);
        update!(offset, biases);
        update!(vectors, vectors);
    }
}

#[derive(Clone, Copy)]
struct Waves<'a> {
    frequency: &'a [f32],
    phase: &'a [f32],
    mixing: &'a [f32],
}

/// A column in panels of numbers, and its inputs in panels of gradients.
#[derive(Clone, Copy)]
struct Places<'a> {
    numbers: &'a [Lanes],
    column: usize,
    n_columns: usize,
    gradient: &'a [Lanes],
    input: usize,
    n_inputs: usize,
}

kernel! {
/// Write the gradients of one periodic embedding.
fn differentiate_waves(
    waves: Waves<'_>,
    places: Places<'_>,
    of_frequency: &mut [f32],
    of_phase: &mut [f32],
    of_mixing: &mut [f32],
    of_offset: &mut [f32],
) {
    let mut offset = [Lanes::ZERO; MIXED];
    for gradient in places.gradient.chunks_exact(places.n_inputs) {
        for mixed in 0..MIXED {
            for lane in 0..LANES {
                offset[mixed].0[lane] += gradient[places.input + mixed].0[lane];
            }
        }
    }
    for (target, lanes) in of_offset.iter_mut().zip(offset) {
        *target = lanes.sum();
    }
    for wave in 0..WAVES {
        let (frequency, phase) = (waves.frequency[wave], waves.phase[wave]);
        let weights = &waves.mixing[wave * MIXED..(wave + 1) * MIXED];
        let mut mixing = [Lanes::ZERO; MIXED];
        let (mut turns, mut speed) = (Lanes::ZERO, Lanes::ZERO);
        let panels = places.numbers.chunks_exact(places.n_columns);
        for (numbers, gradient) in panels.zip(places.gradient.chunks_exact(places.n_inputs)) {
            let numbers = &numbers[places.column];
            let gradient = &gradient[places.input..places.input + MIXED];
            for lane in 0..LANES {
                let number = numbers.0[lane];
                let (cosine, sine) = cosine_and_sine(frequency.mul_add(number, phase));
                let mut slope = 0.0;
                for mixed in 0..MIXED {
                    let gradient = gradient[mixed].0[lane];
                    mixing[mixed].0[lane] = gradient.mul_add(cosine, mixing[mixed].0[lane]);
                    slope = weights[mixed].mul_add(gradient, slope);
                }
                let slope = -std::f32::consts::TAU * sine * slope;
                turns.0[lane] += slope;
                speed.0[lane] = slope.mul_add(number, speed.0[lane]);
            }
        }
        of_frequency[wave] = speed.sum();
        of_phase[wave] = turns.sum();
        for (mixed, lanes) in mixing.into_iter().enumerate() {
            of_mixing[wave * MIXED + mixed] = lanes.sum();
        }
    }
}
}
