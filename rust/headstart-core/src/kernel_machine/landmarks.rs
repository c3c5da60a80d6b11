//! Machines with few of the rows as points (Nyström's approximation).
//!
//! With the kernel matrix `K = R Rᵀ` of the landmarks, the features of a row are
//! `inv(R) k`, where `k` is its kernel at the landmarks. The machine is a ridge regression
//! on these features. Its second moments are summed by part, so that the regression without
//! a part needs no further pass over the rows.

use std::ops::Range;

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, Axis, concatenate, s};

use super::cholesky::{factorize, invert, substitute};
use super::exact::kernel_matrix;
use super::{Solution, TrainingRows, check_parts, check_ridge, rows_by_part};
use crate::predict::kernel_machine::{Kernel, KernelMachine, Metric, Points};
use crate::{Error, Workers};

/// Rows whose features are in memory at once.
const BLOCK: usize = 256;

/// Columns of one matrix product, which skips zeros of triangular matrices.
const STRIP: usize = 256;

/// Added to the diagonal of the kernel matrix, so that it has a factor.
const JITTER: f64 = 1e-9;

/// Fit one machine per ridge, with `landmarks` as points, which are in the coordinates of
/// the metric; None if rounding errors exceed a ridge.
///
/// The outputs of a row are left out with those of its part. With `m` landmarks and `p`
/// parts, `(p + 3) * m * m` values are in memory.
///
/// # Errors
/// [`Error::Shape`], [`Error::Value`], [`Error::Memory`], [`Error::Cancelled`].
pub fn solve_on_landmarks<'a>(
    rows: &TrainingRows<'_>,
    parts: &[i64],
    landmarks: ArrayView2<'a, f64>,
    metric: &Metric<'a>,
    kernel: Kernel,
    ridges: &[f64],
    workers: &Workers,
) -> Result<Option<Vec<Solution>>, Error> {
    ridges.iter().try_for_each(|ridge| check_ridge(*ridge))?;
    check_parts(parts, rows)?;
    let by_part = rows_by_part(parts);
    if by_part.len() < 2 || landmarks.nrows() == 0 {
        return Err(Error::value(
            "There must be landmarks and at least two parts.",
        ));
    }
    let features = Features::new(landmarks, *metric, kernel, workers)?;
    let Some(features) = features else {
        return Ok(None);
    };
    let moments: Vec<Moments> = by_part
        .iter()
        .map(|part| Moments::of(&features, rows, part, workers))
        .collect::<Result<_, _>>()?;
    let mut total = moments[0].clone();
    moments[1..].iter().for_each(|part| total.add(part, 1.0));

    let mut coefs = Vec::with_capacity(ridges.len());
    let mut coefs_by_part = vec![Vec::with_capacity(ridges.len()); moments.len()];
    for &ridge in ridges {
        let Some(coef) = features.regress(total.clone(), ridge, workers)? else {
            return Ok(None);
        };
        coefs.push(coef);
        for (part, coefs) in moments.iter().zip(&mut coefs_by_part) {
            let mut others = total.clone();
            others.add(part, -1.0);
            let Some(coef) = features.regress(others, ridge, workers)? else {
                return Ok(None);
            };
            coefs.push(coef);
        }
    }
    drop(moments);
    let n_outputs = rows.y.ncols();
    let mut solutions: Vec<Solution> = coefs
        .into_iter()
        .map(|coef| Solution {
            coef,
            left_out: Array2::zeros(rows.y.dim()),
        })
        .collect();
    for (part, coefs) in by_part.iter().zip(&coefs_by_part) {
        let views: Vec<_> = coefs.iter().map(|coef| coef.view()).collect();
        let coefs =
            concatenate(Axis(1), &views).map_err(|error| Error::Shape(error.to_string()))?;
        let machine = KernelMachine::new(landmarks, coefs.view(), kernel)?;
        for block in part.chunks(BLOCK) {
            workers.check()?;
            let values = metric.map(rows.x.select(Axis(0), block).view())?;
            let outputs = machine.outputs(values.view())?;
            for (row, outputs) in block.iter().zip(outputs.outer_iter()) {
                let by_ridge = outputs.axis_chunks_iter(Axis(0), n_outputs);
                for (solution, output) in solutions.iter_mut().zip(by_ridge) {
                    solution.left_out.row_mut(*row).assign(&output);
                }
            }
        }
    }
    Ok(Some(solutions))
}

/// The map of rows to features.
struct Features<'a> {
    landmarks: Points<'a>,
    metric: Metric<'a>,
    kernel: Kernel,
    /// The inverse of the lower triangular factor of the landmarks' kernel matrix.
    inverse: Array2<f64>,
}

impl<'a> Features<'a> {
    fn new(
        landmarks: ArrayView2<'a, f64>,
        metric: Metric<'a>,
        kernel: Kernel,
        workers: &Workers,
    ) -> Result<Option<Self>, Error> {
        let landmarks = Points::new(landmarks);
        let mut inverse = kernel_matrix(&landmarks, kernel, workers)?;
        inverse.diag_mut().mapv_inplace(|value| value + JITTER);
        if !factorize(&mut inverse, workers)? {
            return Ok(None);
        }
        invert(&mut inverse, workers)?;
        Ok(Some(Self {
            landmarks,
            metric,
            kernel,
            inverse,
        }))
    }

    /// Return the features of rows, one row each.
    fn of(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        let values = self.metric.map(rows)?;
        let points = Points::new(values.view());
        let n = self.landmarks.len();
        let mut kernels = points.squared_distances(0..points.len(), &self.landmarks, 0..n);
        kernels.mapv_inplace(|square| self.kernel.value(square));
        let mut features = Array2::zeros(kernels.dim());
        for Range { start, end } in strips(n) {
            general_mat_mul(
                1.0,
                &kernels.slice(s![.., ..end]),
                &self.inverse.slice(s![start..end, ..end]).t(),
                0.0,
                &mut features.slice_mut(s![.., start..end]),
            );
        }
        Ok(features)
    }

    /// Return the coefficients at the landmarks of the regression on features; None if
    /// rounding errors exceed the ridge.
    fn regress(
        &self,
        moments: Moments,
        ridge: f64,
        workers: &Workers,
    ) -> Result<Option<Array2<f64>>, Error> {
        let Moments {
            mut squares,
            products: mut solution,
        } = moments;
        squares.diag_mut().mapv_inplace(|value| value + ridge);
        if !factorize(&mut squares, workers)? {
            return Ok(None);
        }
        substitute(&squares, &mut solution);
        Ok(Some(self.inverse.t().dot(&solution)))
    }
}

/// Weighted second moments: the lower triangle of those of features with features, and
/// those of features with targets.
#[derive(Clone)]
struct Moments {
    squares: Array2<f64>,
    products: Array2<f64>,
}

impl Moments {
    fn of(
        features: &Features<'_>,
        rows: &TrainingRows<'_>,
        part: &[usize],
        workers: &Workers,
    ) -> Result<Self, Error> {
        let n = features.landmarks.len();
        let mut squares = Array2::zeros((n, n));
        let mut products = Array2::zeros((n, rows.y.ncols()));
        for block in part.chunks(BLOCK) {
            workers.check()?;
            let mut values = features.of(rows.x.select(Axis(0), block).view())?;
            let mut targets = rows.y.select(Axis(0), block);
            for (place, row) in block.iter().enumerate() {
                let root = rows.weight[*row].sqrt();
                values.row_mut(place).mapv_inplace(|value| value * root);
                targets.row_mut(place).mapv_inplace(|value| value * root);
            }
            for Range { start, end } in strips(n) {
                general_mat_mul(
                    1.0,
                    &values.slice(s![.., start..]).t(),
                    &values.slice(s![.., start..end]),
                    1.0,
                    &mut squares.slice_mut(s![start.., start..end]),
                );
            }
            general_mat_mul(1.0, &values.t(), &targets, 1.0, &mut products);
        }
        Ok(Self { squares, products })
    }

    fn add(&mut self, other: &Self, factor: f64) {
        self.squares.scaled_add(factor, &other.squares);
        self.products.scaled_add(factor, &other.products);
    }
}

/// Divide `0..n` into ranges of [`STRIP`].
fn strips(n: usize) -> impl Iterator<Item = Range<usize>> {
    (0..n)
        .step_by(STRIP)
        .map(move |start| start..(start + STRIP).min(n))
}
