//! Association of a column's bins with classes, from one contingency table.

use crate::binning::{BinnedMatrix, MISSING};
use crate::{Error, Workers};

use super::{Classes, blocks, check_rows, check_weight};

/// Association of a column's bins with classes. Logarithms are natural.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Association {
    /// Weight of all rows.
    pub n: f64,
    /// Number of bins with a row.
    pub n_bins: f64,
    /// Number of classes with a row.
    pub n_classes: f64,
    /// Number of pairs of both with a row.
    pub n_pairs: f64,
    /// Entropy of the bins.
    pub bin_entropy: f64,
    /// Entropy of the classes.
    pub class_entropy: f64,
    /// Uncorrected mutual information.
    pub mutual: f64,
    /// Pearson's statistic of independence.
    pub chi2: f64,
    /// Information value of two classes; NaN with more.
    pub information_value: f64,
}

impl Association {
    /// Return mutual information minus its bias by Miller and Madow's estimate, at least 0.
    pub fn corrected_mutual(&self) -> f64 {
        let bias = self.n_pairs - self.n_bins - self.n_classes + 1.0;
        (self.mutual - bias / (2.0 * self.n)).max(0.0)
    }

    /// Return Cramér's V with Bergsma's bias correction; NaN for a single bin or class.
    pub fn cramers_v(&self) -> f64 {
        let (rows, columns) = (self.n_bins - 1.0, self.n_classes - 1.0);
        let of_chance = rows * columns / (self.n - 1.0);
        let phi = (self.chi2 / self.n - of_chance).max(0.0);
        let least =
            (rows - rows * rows / (self.n - 1.0)).min(columns - columns * columns / (self.n - 1.0));
        if least > 0.0 {
            (phi / least).sqrt().min(1.0)
        } else {
            f64::NAN
        }
    }

    /// Return Theil's U: the share of the classes' entropy that the bins explain.
    pub fn theils_u(&self) -> f64 {
        self.mutual / self.class_entropy
    }

    /// Return reverse Theil's U: the share of the bins' entropy that the classes explain.
    pub fn theils_u_reverse(&self) -> f64 {
        self.mutual / self.bin_entropy
    }
}

/// Return the association of each column's bins with the classes; missing values are a bin.
///
/// # Errors
/// [`Error::Shape`], [`Error::Value`] for wrong weights, [`Error::Cancelled`].
pub fn associations(
    matrix: &BinnedMatrix,
    y: Classes<'_>,
    weight: Option<&[f64]>,
    workers: &Workers,
) -> Result<Vec<Association>, Error> {
    check_rows("y", matrix.n_rows(), y.codes.len())?;
    check_weight(weight, y.codes.len())?;
    workers.map(matrix.n_columns(), |column| {
        let codes = matrix.column(column);
        let cells = match weight {
            None => count(codes, y),
            Some(weight) => weigh(codes, y, weight),
        };
        Ok(associate(&cells, y.n_classes))
    })
}

/// Return the table of weights: one row per bin, the last one for missing values.
///
/// # Errors
/// As [`associations`].
pub fn table(
    matrix: &BinnedMatrix,
    column: usize,
    y: Classes<'_>,
    weight: Option<&[f64]>,
) -> Result<Vec<f64>, Error> {
    check_rows("y", matrix.n_rows(), y.codes.len())?;
    check_weight(weight, y.codes.len())?;
    let codes = matrix.column(column);
    let mut cells = match weight {
        None => count(codes, y),
        Some(weight) => weigh(codes, y, weight),
    };
    // The bins, then missing values.
    let n_bins = matrix.bins(column).n_bins();
    let missing = cells.split_off(MISSING as usize * y.n_classes);
    cells.truncate(n_bins * y.n_classes);
    cells.extend(missing);
    Ok(cells)
}

fn count(codes: &[u8], y: Classes<'_>) -> Vec<f64> {
    // Rows alternate between tables: neighbouring rows often have the same cell, and would
    // wait for each other.
    const TABLES: usize = 2;
    let size = 256 * y.n_classes;
    let mut cells = vec![0_u32; TABLES * size];
    let (first, second) = cells.split_at_mut(size);
    let add = |cells: &mut [u32], code: u8, class: u16| {
        cells[code as usize * y.n_classes + class as usize] += 1;
    };
    let (pairs, rest) = blocks::<_, TABLES>(codes);
    let (classes, classes_rest) = blocks::<_, TABLES>(y.codes);
    for (codes, classes) in pairs.zip(classes) {
        add(first, codes[0], classes[0]);
        add(second, codes[1], classes[1]);
    }
    for (&code, &class) in rest.iter().zip(classes_rest) {
        add(first, code, class);
    }
    first
        .iter()
        .zip(second)
        .map(|(a, b)| f64::from(*a + *b))
        .collect()
}

fn weigh(codes: &[u8], y: Classes<'_>, weight: &[f64]) -> Vec<f64> {
    let mut cells = vec![0.0; 256 * y.n_classes];
    for ((&code, &class), weight) in codes.iter().zip(y.codes).zip(weight) {
        cells[code as usize * y.n_classes + class as usize] += weight;
    }
    cells
}

/// Return x ln x, 0 at 0.
#[inline]
fn x_ln_x(x: f64) -> f64 {
    if x > 0.0 { x * x.ln() } else { 0.0 }
}

fn associate(cells: &[f64], n_classes: usize) -> Association {
    let mut of_classes = vec![0.0; n_classes];
    let bins: Vec<(f64, &[f64])> = cells
        .chunks(n_classes.max(1))
        .map(|bin| (bin.iter().sum::<f64>(), bin))
        .filter(|(total, _)| *total > 0.0)
        .collect();
    for (_, bin) in &bins {
        for (total, cell) in of_classes.iter_mut().zip(*bin) {
            *total += cell;
        }
    }
    let n: f64 = of_classes.iter().sum();
    let entropy = |sum: f64| (n.ln() - sum / n).max(0.0);
    let (mut pairs, mut n_pairs, mut chi2) = (0.0, 0.0, 0.0);
    for (total, bin) in &bins {
        for (&cell, of_class) in bin.iter().zip(&of_classes) {
            if cell > 0.0 {
                n_pairs += 1.0;
                pairs += x_ln_x(cell);
                chi2 += cell * cell / (total * of_class);
            }
        }
    }
    let bin_entropy = entropy(bins.iter().map(|(total, _)| x_ln_x(*total)).sum());
    let class_entropy = entropy(of_classes.iter().map(|&total| x_ln_x(total)).sum());
    Association {
        n,
        n_bins: bins.len() as f64,
        n_classes: of_classes.iter().filter(|&&total| total > 0.0).count() as f64,
        n_pairs,
        bin_entropy,
        class_entropy,
        mutual: (bin_entropy + class_entropy - entropy(pairs)).max(0.0),
        chi2: (n * (chi2 - 1.0)).max(0.0),
        information_value: information_value(&bins, &of_classes),
    }
}

/// Return the sum over bins of the difference of the classes' shares times the weight of
/// evidence. Half a row is added to each cell, so that none is empty.
fn information_value(bins: &[(f64, &[f64])], of_classes: &[f64]) -> f64 {
    let [first, second] = of_classes else {
        return f64::NAN;
    };
    let added = 0.5 * bins.len() as f64;
    bins.iter()
        .map(|(_, bin)| {
            let (a, b) = (
                (bin[0] + 0.5) / (first + added),
                (bin[1] + 0.5) / (second + added),
            );
            (b - a) * (b / a).ln()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_all_has_all_the_entropy() {
        let association = associate(&[5.0, 0.0, 0.0, 5.0], 2);
        assert!((association.mutual - 2.0_f64.ln()).abs() < 1e-12);
        assert!((association.theils_u() - 1.0).abs() < 1e-12);
        assert!((association.chi2 - 10.0).abs() < 1e-12);
        assert!((association.cramers_v() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn independent_columns_say_nothing() {
        let association = associate(&[2.0, 4.0, 0.0, 0.0, 3.0, 6.0], 2);
        assert!(association.mutual.abs() < 1e-12 && association.chi2.abs() < 1e-9);
        assert_eq!((association.n_bins, association.n_pairs), (2.0, 4.0));
        assert_eq!(association.corrected_mutual(), 0.0);
    }
}
