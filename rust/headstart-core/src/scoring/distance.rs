//! Distance correlation in O(n log n), after Huo and Székely (2016).

use crate::columns::{Columns, in_time};
use crate::order::{Ordered, key};
use crate::{Error, Workers};

use super::check_rows;

/// Rows between two checks for cancellation.
const BLOCK: usize = 1024;

/// Return the distance correlation of each column and `y`, over rows with finite values of
/// both; NaN if either is constant, and for columns after the deadline.
///
/// # Errors
/// [`Error::Shape`], [`Error::Cancelled`].
pub fn correlation(table: &dyn Columns, y: &[f64], workers: &Workers) -> Result<Vec<f64>, Error> {
    check_rows("y", table.n_rows(), y.len())?;
    in_time(table, workers, |_, values| {
        let rows = || {
            values
                .iter()
                .zip(y)
                .filter(|(x, y)| x.is_finite() && y.is_finite())
        };
        let x = Spread::of(rows().map(|(x, _)| *x).collect(), workers)?;
        let y = Spread::of(rows().map(|(_, y)| *y).collect(), workers)?;
        let between = covariance(&x, &y, products(&x, &y, workers)?);
        let variance = |one: &Spread| {
            let n = one.values.len() as f64;
            let squares: f64 = one.values.iter().map(|value| value * value).sum();
            let sum: f64 = one.values.iter().sum();
            covariance(one, one, 2.0 * n * squares - 2.0 * sum * sum)
        };
        let scale = (variance(&x).max(0.0) * variance(&y).max(0.0)).sqrt();
        Ok(if scale > 0.0 {
            (between.max(0.0) / scale).sqrt().min(1.0)
        } else {
            f64::NAN
        })
    })
}

/// Standardised values, with the sums of their distances.
struct Spread {
    values: Vec<f64>,
    order: Vec<usize>,
    /// The sum of distances to all others, for each value.
    distances: Vec<f64>,
    total: f64,
}

impl Spread {
    fn of(mut values: Vec<f64>, workers: &Workers) -> Result<Self, Error> {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let largest = values
            .iter()
            .map(|value| (value - mean).abs())
            .fold(0.0, f64::max);
        let unit = if largest > 0.0 { largest } else { 1.0 };
        for value in &mut values {
            *value = (*value - mean) / unit;
        }
        let keys: Vec<u64> = values.iter().map(|&value| key(value)).collect();
        let order: Vec<usize> = Ordered::new(&keys, workers)?.places().collect();
        let all: f64 = values.iter().sum();
        let mut distances = vec![0.0; values.len()];
        let mut below = 0.0;
        for (place, &row) in order.iter().enumerate() {
            let value = values[row];
            distances[row] = (2.0 * place as f64 - n) * value + all - 2.0 * below;
            below += value;
        }
        Ok(Self {
            total: distances.iter().sum(),
            distances,
            order,
            values,
        })
    }
}

/// Return the squared distance covariance times n squared, from the sum of products of
/// distances.
fn covariance(x: &Spread, y: &Spread, products: f64) -> f64 {
    let n = x.values.len() as f64;
    let rows: f64 = x
        .distances
        .iter()
        .zip(&y.distances)
        .map(|(a, b)| a * b)
        .sum();
    products + x.total / n * (y.total / n) - 2.0 * rows / n
}

/// Return the sum over all pairs of rows of the product of both distances.
///
/// Rows are visited in order of x. A tree over the order of y has the counts and sums of
/// the visited rows below.
fn products(x: &Spread, y: &Spread, workers: &Workers) -> Result<f64, Error> {
    let n = x.values.len();
    let mut rank = vec![0; n];
    for (place, &row) in y.order.iter().enumerate() {
        rank[row] = place + 1;
    }
    // Counts, x, y and xy.
    let mut tree = vec![[0.0; 4]; n + 1];
    let mut all = [0.0; 4];
    let mut sum = 0.0;
    for (place, &row) in x.order.iter().enumerate() {
        if place % BLOCK == 0 {
            workers.check()?;
        }
        let (a, b) = (x.values[row], y.values[row]);
        let mut below = [0.0; 4];
        let mut node = rank[row];
        while node > 0 {
            for (sum, term) in below.iter_mut().zip(tree[node]) {
                *sum += term;
            }
            node &= node - 1;
        }
        let product = |[count, xs, ys, xys]: [f64; 4]| count * a * b - a * ys - b * xs + xys;
        // Above, the difference in y has the other sign.
        sum += 2.0 * product(below) - product(all);
        let terms = [1.0, a, b, a * b];
        for (sum, term) in all.iter_mut().zip(terms) {
            *sum += term;
        }
        let mut node = rank[row];
        while node <= n {
            for (sum, term) in tree[node].iter_mut().zip(terms) {
                *sum += term;
            }
            node += node & node.wrapping_neg();
        }
    }
    Ok(2.0 * sum)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::columns::Separate;

    #[test]
    fn a_line_is_fully_dependent_and_products_are_those_of_all_pairs() {
        let x: Vec<f64> = (0..30).map(|row| f64::from(row * 7 % 11)).collect();
        let y: Vec<f64> = (0..30).map(|row| f64::from(row * row % 13)).collect();
        let line: Vec<f64> = y.iter().map(|y| 5.0 - 3.0 * y).collect();
        let table = Separate::new(vec![&line[..]]).unwrap();
        let correlations = correlation(&table, &y, &Workers::default()).unwrap();
        assert!((correlations[0] - 1.0).abs() < 1e-9, "{correlations:?}");
        let workers = Workers::default();
        let (a, b) = (
            Spread::of(x, &workers).unwrap(),
            Spread::of(y, &workers).unwrap(),
        );
        let mut expected = 0.0;
        for i in 0..30 {
            for j in 0..30 {
                expected += (a.values[i] - a.values[j]).abs() * (b.values[i] - b.values[j]).abs();
            }
        }
        assert!((products(&a, &b, &workers).unwrap() - expected).abs() < 1e-9);
    }
}
