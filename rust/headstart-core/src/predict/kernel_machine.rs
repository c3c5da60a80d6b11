//! Kernel machines: weighted sums of a generalised Laplace kernel around points.
//!
//! The kernel of two points at a distance `d` is `exp(-(d / bandwidth)^power)`. Distances
//! are Euclidean in the coordinates of a [`Metric`].
#![expect(
    clippy::needless_pass_by_value,
    reason = "views of matrices are copied like slices"
)]

use std::ops::Range;

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, Axis, s};

use crate::Error;

/// Rows per block, so that a block of distances fits into the processor's cache.
pub const BLOCK_ROWS: usize = 64;

/// Larger values are cut, so that their squares do not overflow.
const LARGEST: f64 = 1e15;

/// Share of the squared norms below which a squared distance is rounding error.
const ROUNDING: f64 = 1e-13;

/// The kernel as a function of a distance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kernel {
    bandwidth: f64,
    power: f64,
}

impl Kernel {
    /// Return the kernel of a bandwidth and a power.
    ///
    /// # Errors
    /// [`Error::Value`] unless the bandwidth is positive and finite, and the power is
    /// positive and at most 2: with a larger one the kernel is not positive definite.
    pub fn new(bandwidth: f64, power: f64) -> Result<Self, Error> {
        if !(bandwidth > 0.0 && bandwidth.is_finite() && power > 0.0 && power <= 2.0) {
            return Err(Error::value(format!(
                "A kernel must have a positive bandwidth and a power in (0, 2]. Got \
                 {bandwidth} and {power} instead."
            )));
        }
        Ok(Self { bandwidth, power })
    }

    /// Return the kernel at a squared distance.
    #[inline]
    pub fn value(&self, square: f64) -> f64 {
        (-self.exponent(square)).exp()
    }

    /// Return the factor by which the difference of two points is multiplied in the
    /// gradient of their kernel; 0 for equal points, where there is no gradient.
    #[inline]
    pub fn slope(&self, square: f64) -> f64 {
        if square <= 0.0 {
            return 0.0;
        }
        let exponent = self.exponent(square);
        -self.power * exponent / square * (-exponent).exp()
    }

    /// Return `(d / bandwidth)^power` of a squared distance.
    #[inline]
    fn exponent(&self, square: f64) -> f64 {
        let scaled = square / (self.bandwidth * self.bandwidth);
        // A square root is ten times as fast as a power.
        if self.power == 1.0 {
            scaled.sqrt()
        } else {
            scaled.powf(0.5 * self.power)
        }
    }
}

/// A linear map of rows to the coordinates in which distances are Euclidean.
///
/// It is one row of factors of the columns, or a square matrix that rows are multiplied by.
#[derive(Debug, Clone, Copy)]
pub struct Metric<'a>(ArrayView2<'a, f64>);

impl<'a> Metric<'a> {
    /// Return the metric of one row of factors, or of a square matrix.
    ///
    /// # Errors
    /// [`Error::Shape`] for another shape.
    pub fn new(matrix: ArrayView2<'a, f64>) -> Result<Self, Error> {
        let (n_rows, n_columns) = matrix.dim();
        if n_columns == 0 || (n_rows != 1 && n_rows != n_columns) {
            return Err(Error::Shape(format!(
                "A metric must have one row, or as many rows as columns. Got the shape \
                 ({n_rows}, {n_columns}) instead."
            )));
        }
        Ok(Self(matrix))
    }

    /// Return the number of columns of the rows that it maps.
    pub fn n_columns(&self) -> usize {
        self.0.ncols()
    }

    /// Return whether columns are only multiplied by factors.
    pub fn is_diagonal(&self) -> bool {
        self.0.nrows() == 1
    }

    /// Return the matrix.
    pub fn matrix(&self) -> ArrayView2<'a, f64> {
        self.0
    }

    /// Return rows in the coordinates of the metric.
    ///
    /// # Errors
    /// [`Error::Shape`] if they have another number of columns.
    pub fn map(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        if rows.ncols() != self.n_columns() {
            return Err(Error::Shape(format!(
                "Rows must have {} columns. Got {} instead.",
                self.n_columns(),
                rows.ncols()
            )));
        }
        let bounded = rows.mapv(|value| value.clamp(-LARGEST, LARGEST));
        Ok(if self.is_diagonal() {
            bounded * self.0
        } else {
            bounded.dot(&self.0)
        })
    }
}

/// Points in the coordinates of a metric, with their squared norms.
#[derive(Debug, Clone)]
pub struct Points<'a> {
    values: ArrayView2<'a, f64>,
    squares: Vec<f64>,
}

impl<'a> Points<'a> {
    /// Return the points that are the rows of a matrix.
    pub fn new(values: ArrayView2<'a, f64>) -> Self {
        let squares = values
            .axis_iter(Axis(0))
            .map(|point| point.dot(&point))
            .collect();
        Self { values, squares }
    }

    /// Return the number of points.
    pub fn len(&self) -> usize {
        self.squares.len()
    }

    /// Return whether there are no points.
    pub fn is_empty(&self) -> bool {
        self.squares.is_empty()
    }

    /// Return the coordinates, one row per point.
    pub fn values(&self) -> ArrayView2<'a, f64> {
        self.values
    }

    /// Return the squared distances of a range of these points from a range of others.
    pub fn squared_distances(
        &self,
        range: Range<usize>,
        others: &Points<'_>,
        other_range: Range<usize>,
    ) -> Array2<f64> {
        let (values, other_values) = (
            self.values.slice(s![range.clone(), ..]),
            others.values.slice(s![other_range.clone(), ..]),
        );
        let mut distances = Array2::zeros((range.len(), other_range.len()));
        general_mat_mul(-2.0, &values, &other_values.t(), 0.0, &mut distances);
        let other_squares = &others.squares[other_range];
        for (mut row, square) in distances.outer_iter_mut().zip(&self.squares[range]) {
            for (distance, other_square) in row.iter_mut().zip(other_squares) {
                let sum = square + other_square;
                let exact = *distance + sum;
                *distance = if exact > ROUNDING * sum { exact } else { 0.0 };
            }
        }
        distances
    }
}

/// A kernel machine: `coef` has one row per point and one column per output.
#[derive(Debug, Clone)]
pub struct KernelMachine<'a> {
    points: Points<'a>,
    coef: ArrayView2<'a, f64>,
    kernel: Kernel,
}

impl<'a> KernelMachine<'a> {
    /// Return the machine of points in the coordinates of a metric.
    ///
    /// # Errors
    /// [`Error::Shape`] unless there are as many rows of coefficients as points.
    pub fn new(
        points: ArrayView2<'a, f64>,
        coef: ArrayView2<'a, f64>,
        kernel: Kernel,
    ) -> Result<Self, Error> {
        if points.nrows() != coef.nrows() {
            return Err(Error::length("coef", points.nrows(), coef.nrows()));
        }
        let points = Points::new(points);
        Ok(Self {
            points,
            coef,
            kernel,
        })
    }

    /// Return the outputs of rows, which are in the coordinates of the metric.
    ///
    /// # Errors
    /// [`Error::Shape`] if they have other columns than the points.
    pub fn outputs(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        if rows.ncols() != self.points.values.ncols() {
            return Err(Error::length(
                "A row",
                self.points.values.ncols(),
                rows.ncols(),
            ));
        }
        let rows = Points::new(rows);
        let mut values = rows.squared_distances(0..rows.len(), &self.points, 0..self.points.len());
        values.mapv_inplace(|square| self.kernel.value(square));
        Ok(values.dot(&self.coef))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn the_kernel_falls_with_the_distance_from_1() {
        for power in [0.7, 1.0, 1.4, 2.0] {
            let kernel = Kernel::new(3.0, power).unwrap();
            assert_eq!(kernel.value(0.0), 1.0);
            for distance in [0.1_f64, 1.0, 3.0, 20.0] {
                let expected = (-(distance / 3.0).powf(power)).exp();
                assert!((kernel.value(distance * distance) - expected).abs() < 1e-14);
            }
        }
    }

    #[test]
    fn the_slope_is_the_derivative_over_the_distance() {
        for power in [0.7, 1.0, 1.4, 2.0] {
            let kernel = Kernel::new(0.8, power).unwrap();
            assert_eq!(kernel.slope(0.0), 0.0);
            for distance in [0.05, 0.5, 2.0] {
                let step = 1e-6;
                let at = |d: f64| kernel.value(d * d);
                let derivative = (at(distance + step) - at(distance - step)) / (2.0 * step);
                let found = kernel.slope(distance * distance) * distance;
                assert!((found - derivative).abs() < 1e-7);
            }
        }
    }

    #[test]
    fn another_kernel_or_metric_is_refused() {
        for (bandwidth, power) in [
            (0.0, 1.0),
            (-1.0, 1.0),
            (f64::NAN, 1.0),
            (f64::INFINITY, 1.0),
            (1.0, 0.0),
            (1.0, 2.1),
            (1.0, f64::NAN),
        ] {
            assert!(Kernel::new(bandwidth, power).is_err());
        }
        for shape in [(0, 0), (0, 2), (2, 3), (3, 2)] {
            assert!(Metric::new(Array2::zeros(shape).view()).is_err());
        }
    }

    #[test]
    fn equal_points_have_no_distance_and_near_ones_have_theirs() {
        let values = array![[1.0, 2.0], [1.0, 2.0], [1.0, 2.000_1], [4.0, 6.0]];
        let points = Points::new(values.view());
        let squares = points.squared_distances(0..1, &points, 0..4);
        assert_eq!(squares[[0, 0]], 0.0);
        assert_eq!(squares[[0, 1]], 0.0);
        assert!((squares[[0, 2]] - 1e-8).abs() < 1e-14);
        assert!((squares[[0, 3]] - 25.0).abs() < 1e-13);
    }

    #[test]
    fn a_metric_multiplies_columns_or_mixes_them() {
        let rows = array![[1.0, 2.0], [f64::INFINITY, 0.0]];
        let factors = array![[2.0, 0.5]];
        let found = Metric::new(factors.view())
            .unwrap()
            .map(rows.view())
            .unwrap();
        assert_eq!(found, array![[2.0, 1.0], [2e15, 0.0]]);
        let matrix = array![[1.0, 0.0], [1.0, 1.0]];
        let found = Metric::new(matrix.view())
            .unwrap()
            .map(rows.view())
            .unwrap();
        assert_eq!(found.row(0), array![3.0, 2.0]);
    }

    #[test]
    fn outputs_are_weighted_sums_of_kernels() {
        let points = array![[0.0], [1.0]];
        let coef = array![[1.0, 0.5], [2.0, 0.0]];
        let kernel = Kernel::new(1.0, 1.0).unwrap();
        let machine = KernelMachine::new(points.view(), coef.view(), kernel).unwrap();
        let found = machine.outputs(array![[0.0], [3.0]].view()).unwrap();
        let value = |d: f64| (-d).exp();
        assert!((found[[0, 0]] - (1.0 + 2.0 * value(1.0))).abs() < 1e-14);
        assert!((found[[0, 1]] - 0.5).abs() < 1e-14);
        assert!((found[[1, 0]] - (value(3.0) + 2.0 * value(2.0))).abs() < 1e-14);
        assert!(machine.outputs(array![[0.0, 1.0]].view()).is_err());
    }
}
