//! From scores of the last layer to values and probabilities.

use super::lanes::{LANES, Lanes};

/// Add the outputs of a panel to those of its rows, in row-major order: the value or, with
/// several scores, probabilities.
pub(crate) fn add_outputs(scores: &[Lanes], outputs: &mut [f64]) {
    for (lane, row) in outputs.chunks_mut(scores.len()).enumerate().take(LANES) {
        if let [output] = row {
            *output += f64::from(scores[0].0[lane]);
            continue;
        }
        let lanes = scores.iter().map(|score| f64::from(score.0[lane]));
        let largest = lanes.clone().fold(f64::NEG_INFINITY, f64::max);
        let shares: Vec<f64> = lanes.map(|score| (score - largest).exp()).collect();
        let total: f64 = shares.iter().sum();
        for (output, share) in row.iter_mut().zip(shares) {
            *output += share / total;
        }
    }
}
