//! Logarithmic loss, by products instead of logarithms.

use super::lanes::{LANES, lane_sum, no_column, visit_lanes};
use super::members::{check_codes, check_weight};
use super::{Candidates, Members};
use crate::{Error, Workers};

/// Probabilities are clipped this far from 0 and 1, as scikit-learn clips doubles.
pub(super) const CLIP: f64 = f64::EPSILON;

/// Factors below 1 that are multiplied before the exponent is split off: the smallest
/// product is about 1e-250, still far from the smallest double.
const FACTORS: usize = 16;

/// Logarithmic loss, by the product of the true class's probabilities.
#[derive(Debug)]
pub struct LogLoss<'a> {
    members: Members<'a>,
    workers: &'a Workers,
    weight: Option<&'a [f64]>,
    total_weight: f64,
    truth: Truth,
    sum: Vec<f64>,
    n_picked: usize,
}

/// Where a row's probability of its true class is found.
#[derive(Debug)]
enum Truth {
    /// One output, the probability of class 1: 1 in rows of class 0, which is then
    /// `flip + (1 - 2 * flip) * p`, exact in doubles for either class.
    Flipped(Vec<f32>),
    /// Picked from the members' rows beforehand, one after the other: a class's column
    /// is all that is ever used.
    Gathered(Vec<f32>),
}

impl<'a> LogLoss<'a> {
    /// Prepare a selection for class codes `y`.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Value`] where the arrays do not fit.
    pub fn new(
        members: Members<'a>,
        y: &[i64],
        weight: Option<&'a [f64]>,
        workers: &'a Workers,
    ) -> Result<Self, Error> {
        let n_rows = members.n_rows();
        check_codes(y, n_rows, members.n_outputs())?;
        check_weight(weight, n_rows)?;
        let truth = if members.n_outputs() == 1 {
            Truth::Flipped(y.iter().map(|&code| (1 - code) as f32).collect())
        } else {
            let rows = members.values.chunks_exact(members.n_outputs());
            let codes = y.iter().cycle();
            Truth::Gathered(
                rows.zip(codes)
                    .map(|(row, &code)| row[code as usize])
                    .collect(),
            )
        };
        Ok(Self {
            members,
            workers,
            weight,
            total_weight: weight.map_or(0.0, |weight| weight.iter().sum()),
            truth,
            sum: vec![0.0; n_rows],
            n_picked: 0,
        })
    }

    /// The mean of `-ln` of the clipped mean of `sum` and one more probability, which
    /// `read` makes of two columns.
    #[inline]
    fn loss<A: Copy, B: Copy>(&self, a: &[A], b: &[B], read: impl Fn(A, B) -> f64) -> f64 {
        let n_rows = self.sum.len();
        let n_picked = (self.n_picked + 1) as f64;
        let (floor, ceiling) = (CLIP * n_picked, (1.0 - CLIP) * n_picked);
        let clip = |value: f64| {
            // Not f64::clamp, which takes care of NaN: there is none.
            let value = if value < floor { floor } else { value };
            if value > ceiling { ceiling } else { value }
        };
        let (sum, total) = match self.weight {
            Some(weight) => (
                lane_sum((&self.sum, a, b, weight), |sum, a, b, weight| {
                    weight * clip(sum + read(a, b)).ln()
                }),
                self.total_weight,
            ),
            None => (
                sum_of_logarithms((&self.sum, a, b, &no_column(n_rows)), |sum, a, b, ()| {
                    clip(sum + read(a, b))
                }),
                n_rows as f64,
            ),
        };
        n_picked.ln() - sum / total
    }
}

impl Candidates for LogLoss<'_> {
    fn losses(&mut self, allowed: &[bool]) -> Result<Vec<f64>, Error> {
        let n_rows = self.sum.len();
        let unit = no_column(n_rows);
        self.workers.map(self.members.len(), |member| {
            Ok(match &self.truth {
                _ if !allowed[member] => f64::INFINITY,
                Truth::Flipped(flip) => self.loss(flip, self.members.prediction(member), unflip),
                Truth::Gathered(columns) => {
                    let column = &columns[member * n_rows..(member + 1) * n_rows];
                    self.loss(column, &unit, |p, ()| f64::from(p))
                }
            })
        })
    }

    fn pick(&mut self, member: usize) -> Result<(), Error> {
        let n_rows = self.sum.len();
        match &self.truth {
            Truth::Flipped(flip) => {
                let prediction = self.members.prediction(member);
                for ((sum, &flip), &p) in self.sum.iter_mut().zip(flip).zip(prediction) {
                    *sum += unflip(flip, p);
                }
            }
            Truth::Gathered(columns) => {
                let column = &columns[member * n_rows..(member + 1) * n_rows];
                for (sum, &p) in self.sum.iter_mut().zip(column) {
                    *sum += f64::from(p);
                }
            }
        }
        self.n_picked += 1;
        Ok(())
    }
}

#[inline]
fn unflip(flip: f32, probability: f32) -> f64 {
    f64::from(flip) + f64::from(1.0 - 2.0 * flip) * f64::from(probability)
}

/// Sum of `ln(factor)` over all rows; factors positive, normal and below 1e18.
#[inline]
fn sum_of_logarithms<A: Copy, B: Copy, C: Copy, D: Copy>(
    columns: (&[A], &[B], &[C], &[D]),
    factor: impl Fn(A, B, C, D) -> f64,
) -> f64 {
    const MANTISSA: u64 = (1 << 52) - 1;
    const ONE: u64 = 1023 << 52;
    let mut products = [1.0_f64; LANES];
    let mut exponents = [0_u64; LANES];
    let mut n_factors = 0_usize;
    let mut n_splits = 0_u64;
    let mut split = |products: &mut [f64; LANES]| {
        n_splits += 1;
        for (product, exponent) in products.iter_mut().zip(&mut exponents) {
            let bits = product.to_bits();
            *exponent += bits >> 52;
            *product = f64::from_bits(bits & MANTISSA | ONE);
        }
    };
    visit_lanes(columns, 1.0, factor, |factors| {
        for (product, factor) in products.iter_mut().zip(factors) {
            *product *= factor;
        }
        n_factors += 1;
        if n_factors == FACTORS {
            n_factors = 0;
            split(&mut products);
        }
    });
    split(&mut products);
    // Exponents are stored with 1023 added.
    let exponent = exponents.iter().sum::<u64>() as f64 - (1023 * LANES as u64 * n_splits) as f64;
    let logarithms: f64 = products.iter().map(|product| product.ln()).sum();
    exponent * std::f64::consts::LN_2 + logarithms
}
