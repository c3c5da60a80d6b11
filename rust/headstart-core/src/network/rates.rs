//! Learning rates, weight decay and dropout over the course of training.

use std::f64::consts::PI;

use super::adam::Pace;

/// Learning rate of the factors of the first layer, relative to that of weights.
const OF_FACTORS: f64 = 6.0;

/// Learning rate of biases, strengths, periodic embeddings and factors of other layers.
const OF_OTHERS: f64 = 0.1;

/// How a network is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Largest learning rate, of weights of variance 1.
    pub learning_rate: f64,
    /// Share of weights that a step with rate 1 removes.
    pub weight_decay: f64,
    /// Share of hidden values that are set to zero.
    pub dropout: f64,
    /// Rows per step.
    pub batch: usize,
}

/// The paces of all groups of parameters in one step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rates {
    rate: f64,
    decay: f64,
    step: i32,
    /// Share of hidden values that are set to zero.
    pub(super) dropout: f64,
}

impl Rates {
    /// Return the rates of step number `step`, counted from 1, at a share of the training.
    pub(super) fn new(settings: &Settings, progress: f64, step: i32) -> Self {
        let progress = progress.clamp(0.0, 1.0);
        let rate = settings.learning_rate * rise_and_fall(progress);
        Self {
            rate,
            decay: rate * settings.weight_decay * fading(progress),
            step,
            dropout: settings.dropout * fading(progress),
        }
    }

    /// Return the pace of weights of `n_in` inputs. Their variance is 1 / `n_in`, so that a
    /// step is as many times smaller than that of weights of variance 1.
    pub(super) fn of_weights(&self, n_in: usize) -> Pace {
        self.pace(1.0 / (n_in as f64).sqrt(), self.decay)
    }

    /// Return the pace of factors.
    pub(super) fn of_factors(&self, layer: usize) -> Pace {
        self.pace(if layer == 0 { OF_FACTORS } else { OF_OTHERS }, 0.0)
    }

    /// Return the pace of vectors of codes.
    pub(super) fn of_vectors(&self) -> Pace {
        self.pace(1.0, self.decay)
    }

    /// Return the pace of frequencies and of the weights of waves.
    pub(super) fn of_waves(&self) -> Pace {
        self.pace(OF_OTHERS, self.decay * OF_OTHERS)
    }

    /// Return the pace of biases, phases and strengths.
    pub(super) fn of_biases(&self) -> Pace {
        self.pace(OF_OTHERS, 0.0)
    }

    fn pace(&self, share: f64, decay: f64) -> Pace {
        Pace::new(self.rate * share, decay, self.step)
    }
}

/// Return the share of the learning rate: it rises from zero and falls back four times, each
/// time in twice as many steps as the time before.
fn rise_and_fall(progress: f64) -> f64 {
    0.5 - 0.5 * (2.0 * PI * (1.0 + 15.0 * progress).log2()).cos()
}

/// Return 1 in the first half of the training, then less and less.
fn fading(progress: f64) -> f64 {
    if progress < 0.5 {
        return 1.0;
    }
    0.5 * (1.0 + (PI * (2.0 * progress - 1.0)).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_zero_five_times_and_largest_between() {
        for zero in [0.0, 1.0 / 15.0, 3.0 / 15.0, 7.0 / 15.0, 1.0] {
            assert!(rise_and_fall(zero).abs() < 1e-12);
        }
        for peak in [0.5_f64, 1.5, 2.5, 3.5] {
            assert!((rise_and_fall((peak.exp2() - 1.0) / 15.0) - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn decay_and_dropout_fade_in_the_second_half() {
        assert_eq!(fading(0.2), 1.0);
        assert!((fading(0.75) - 0.5).abs() < 1e-12);
        assert!(fading(1.0).abs() < 1e-12);
    }
}
