//! The parameters at the start of training.

use crate::predict::network::lanes::LANES;
use crate::predict::network::{Form, MIXED, Parameters, WAVES};
use crate::rng::Rng;

/// Standard deviation of frequencies, in periods per unit.
const SPREAD: f64 = 0.1;

/// Return random parameters whose first outputs are zero.
pub(super) fn random_parameters(form: &Form, rng: &mut Rng) -> Parameters {
    let mut parameters = Parameters::zeros(form);
    let bound = 1.0 / (WAVES as f64).sqrt();
    fill(&mut parameters.frequency, || SPREAD * normal(rng));
    fill(&mut parameters.phase, || uniform(rng, 0.5));
    fill(&mut parameters.mixing, || uniform(rng, bound));
    fill(&mut parameters.offset, || uniform(rng, bound));
    debug_assert_eq!(parameters.offset.len() % MIXED, 0);
    fill(&mut parameters.vectors, || normal(rng));
    let last = parameters.layers.len() - 1;
    for (index, layer) in parameters.layers.iter_mut().enumerate() {
        let is_signed = index == 0 && form.n_members > 1;
        fill(&mut layer.factors, || {
            if is_signed && rng.below(2) == 0 {
                -1.0
            } else {
                1.0
            }
        });
        layer.strength.fill(1.0);
        if index == last {
            continue;
        }
        let bound = (3.0 / layer.n_in as f64).sqrt();
        for (place, weights) in layer.weights.iter_mut().enumerate() {
            let first = place / layer.n_in * LANES;
            let width = LANES.min(layer.n_out - first);
            fill(&mut weights.0[..width], || uniform(rng, bound));
        }
        fill(&mut layer.bias, || normal(rng));
    }
    parameters
}

fn fill(values: &mut [f32], mut draw: impl FnMut() -> f64) {
    for value in values {
        *value = draw() as f32;
    }
}

fn uniform(rng: &mut Rng, bound: f64) -> f64 {
    bound * (2.0 * rng.uniform() - 1.0)
}

/// Return a number that is nearly normal: a sum of uniform numbers, which is the same on
/// every machine, unlike logarithms.
fn normal(rng: &mut Rng) -> f64 {
    (0..12).map(|_| rng.uniform()).sum::<f64>() - 6.0
}
