//! The losses: log loss of classes, squared error of values.

use crate::predict::network::lanes::{LANES, Lanes, exp, kernel};

/// The target of the training rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Targets {
    /// One class per row.
    Classes {
        /// Codes from 0 to the number of scores.
        codes: Vec<u32>,
        /// Share of each target that is spread over all classes.
        smoothing: f32,
    },
    /// One value per row.
    Values(Vec<f32>),
}

impl Targets {
    /// Return the number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Classes { codes, .. } => codes.len(),
            Self::Values(values) => values.len(),
        }
    }

    /// Return whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Replace the scores of a panel of rows by the gradient of the loss, which is
    /// multiplied by a weight per row; lanes without a row get zeros.
    pub(super) fn differentiate(&self, rows: &[u32], weight: &[f32], scores: &mut [Lanes]) {
        match self {
            Self::Values(values) => {
                for (lane, (score, weight)) in scores[0].0.iter_mut().zip(weight).enumerate() {
                    *score = rows
                        .get(lane)
                        .map_or(0.0, |&row| weight * (*score - values[row as usize]));
                }
            }
            Self::Classes { codes, smoothing } => {
                softmax(scores);
                let spread = smoothing / scores.len() as f32;
                for (lane, weight) in weight.iter().enumerate().take(LANES) {
                    let class = rows.get(lane).map(|&row| codes[row as usize] as usize);
                    for (score, slope) in scores.iter_mut().enumerate() {
                        let slope = &mut slope.0[lane];
                        let hit = if class == Some(score) {
                            1.0 - smoothing
                        } else {
                            0.0
                        };
                        *slope = class.map_or(0.0, |_| weight * (*slope - spread - hit));
                    }
                }
            }
        }
    }
}

kernel! {
/// Replace scores by probabilities.
fn softmax(scores: &mut [Lanes]) {
    let mut largest = [f32::NEG_INFINITY; LANES];
    for score in scores.iter() {
        for (largest, score) in largest.iter_mut().zip(score.0) {
            *largest = largest.max(score);
        }
    }
    let mut totals = [0.0; LANES];
    for score in scores.iter_mut() {
        let bounds = largest.iter().zip(&mut totals);
        for (score, (largest, total)) in score.0.iter_mut().zip(bounds) {
            *score = exp((*score - largest).max(-80.0));
            *total += *score;
        }
    }
    for score in scores.iter_mut() {
        for (score, total) in score.0.iter_mut().zip(&totals) {
            *score /= total;
        }
    }
}
}
