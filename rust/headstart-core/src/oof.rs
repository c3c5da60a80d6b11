//! The store of trials' out-of-fold predictions.
//!
//! Predictions are packed into four bytes per number, with one cell per trial, repeat and
//! fold: a trial that stopped after one of eight folds takes an eighth of the memory.
//! Stored cells never change.

use std::collections::BTreeMap;

use crate::Error;
use crate::packing::{Packing, pack};

/// Fold id of rows that no fold of the repeat holds out.
pub const NEVER_HELD_OUT: u8 = u8::MAX;

/// The key of a prediction: trial, repeat, fold.
pub type CellKey = (u64, usize, u8);

/// A prediction and its packing.
#[derive(Debug)]
struct Cell {
    packing: Packing,
    values: Vec<f32>,
}

/// Out-of-fold predictions of all trials of a run.
#[derive(Debug)]
pub struct OutOfFold {
    n_rows: usize,
    n_outputs: usize,
    /// Validation rows of fold `f` of repeat `r`, ascending: `held_out[r][f]`.
    held_out: Vec<Vec<Vec<u32>>>,
    cells: BTreeMap<CellKey, Cell>,
    n_bytes: usize,
}

impl OutOfFold {
    /// Return an empty store for a matrix of fold ids, with one row of `n_rows` per repeat.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Value`] if the matrix is invalid.
    pub fn new(fold_ids: &[u8], n_rows: usize, n_outputs: usize) -> Result<Self, Error> {
        if n_rows == 0 || n_outputs == 0 || n_rows > u32::MAX as usize {
            return Err(Error::value(
                "A store needs at least one output, and 1 to 2**32 - 1 rows.",
            ));
        }
        if fold_ids.is_empty() || fold_ids.len() % n_rows != 0 {
            return Err(Error::Shape(format!(
                "Fold ids must be repeats of {n_rows} rows. Got {} ids.",
                fold_ids.len()
            )));
        }
        let held_out = fold_ids.chunks_exact(n_rows).map(|ids| {
            let used = ids.iter().filter(|&&id| id != NEVER_HELD_OUT).max();
            let mut folds = vec![Vec::new(); used.map_or(0, |&last| usize::from(last) + 1)];
            for (row, &id) in ids.iter().enumerate() {
                if id != NEVER_HELD_OUT {
                    folds[usize::from(id)].push(row as u32);
                }
            }
            folds
        });
        Ok(Self {
            n_rows,
            n_outputs,
            held_out: held_out.collect(),
            cells: BTreeMap::new(),
            n_bytes: 0,
        })
    }

    /// Rows of the training table.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Columns of a prediction.
    pub fn n_outputs(&self) -> usize {
        self.n_outputs
    }

    /// Bytes of predictions in memory.
    pub fn n_bytes(&self) -> usize {
        self.n_bytes
    }

    /// Return the trials with a prediction, ascending.
    pub fn trials(&self) -> Vec<u64> {
        let mut trials: Vec<u64> = self.cells.keys().map(|key| key.0).collect();
        trials.dedup();
        trials
    }

    /// Return the repeats and folds that a trial has predicted, ascending.
    pub fn folds_of(&self, trial: u64) -> Vec<(usize, u8)> {
        let cells = self.cells_of(trial);
        cells
            .map(|(&(_, repeat, fold), _)| (repeat, fold))
            .collect()
    }

    /// Add a trial's prediction for the validation rows of a fold, in row-major order.
    ///
    /// # Errors
    /// [`Error::Value`] or [`Error::Shape`] if there is no such fold, the cell exists, or
    /// the prediction is not finite or has another size. Nothing is added then.
    pub fn add(&mut self, key: CellKey, prediction: &[f64]) -> Result<(), Error> {
        let (trial, repeat, fold) = key;
        let expected = self.rows_of(repeat, fold)?.len() * self.n_outputs;
        if prediction.len() != expected {
            return Err(Error::length("prediction", expected, prediction.len()));
        }
        if self.cells.contains_key(&key) {
            return Err(Error::value(format!(
                "Trial {trial} already has a prediction for repeat {repeat}, fold {fold}."
            )));
        }
        let what = format!("The prediction of trial {trial} for repeat {repeat}, fold {fold}");
        let (packing, values) = pack(prediction, &what)?;
        self.n_bytes += size_of_val(values.as_slice());
        self.cells.insert(key, Cell { packing, values });
        Ok(())
    }

    /// Return a trial's prediction for all rows: the mean over the repeats with a
    /// prediction, NaN for rows without one.
    pub fn prediction(&self, trial: u64) -> Vec<f64> {
        let width = self.n_outputs;
        let mut sum = vec![0.0; self.n_rows * width];
        let mut n_found = vec![0_u32; self.n_rows];
        // In the order of the keys, so that the sum does not depend on the order of folds.
        for (&key, cell) in self.cells_of(trial) {
            let rows = &self.held_out[key.1][usize::from(key.2)];
            for (&row, values) in rows.iter().zip(cell.values.chunks_exact(width)) {
                let row = row as usize;
                n_found[row] += 1;
                for (sum, &value) in sum[row * width..].iter_mut().zip(values) {
                    *sum += cell.packing.unpack(value);
                }
            }
        }
        for (row, &n_found) in sum.chunks_exact_mut(width).zip(&n_found) {
            match n_found {
                0 => row.fill(f64::NAN),
                1 => {}
                _ => row.iter_mut().for_each(|sum| *sum /= f64::from(n_found)),
            }
        }
        sum
    }

    fn cells_of(&self, trial: u64) -> impl Iterator<Item = (&CellKey, &Cell)> {
        self.cells
            .range((trial, 0, 0)..=(trial, usize::MAX, u8::MAX))
    }

    fn rows_of(&self, repeat: usize, fold: u8) -> Result<&[u32], Error> {
        let folds = self.held_out.get(repeat);
        let rows = folds.and_then(|folds| folds.get(usize::from(fold)));
        rows.map(Vec::as_slice)
            .ok_or_else(|| Error::value(format!("There is no fold {fold} in a repeat {repeat}.")))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    /// Two repeats of four rows; the second never holds out the last row.
    const IDS: [u8; 8] = [0, 1, 0, 1, 1, 1, 0, NEVER_HELD_OUT];

    fn store() -> OutOfFold {
        OutOfFold::new(&IDS, 4, 1).unwrap()
    }

    fn same(actual: &[f64], expected: &[f64]) -> bool {
        let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        bits(actual) == bits(expected)
    }

    #[test]
    fn a_prediction_is_the_mean_over_the_repeats_that_have_one() {
        let mut store = store();
        store.add((7, 0, 0), &[1.0, 2.0]).unwrap();
        let prediction = store.prediction(7);
        assert!(same(&prediction, &[1.0, f64::NAN, 2.0, f64::NAN]));
        store.add((7, 1, 1), &[3.0, 4.0]).unwrap();
        let prediction = store.prediction(7);
        assert!(same(&prediction, &[2.0, 4.0, 2.0, f64::NAN]));
        assert_eq!(store.folds_of(7), [(0, 0), (1, 1)]);
        assert_eq!(store.trials(), [7]);
    }

    #[test]
    fn what_does_not_fit_is_refused_and_changes_nothing() {
        let mut store = store();
        store.add((0, 0, 0), &[1.0, 2.0]).unwrap();
        assert!(store.add((0, 0, 0), &[1.0, 2.0]).is_err());
        assert!(store.add((1, 0, 0), &[1.0]).is_err());
        assert!(store.add((1, 0, 0), &[1.0, f64::NAN]).is_err());
        assert!(store.add((1, 0, 0), &[1.0, 1e300]).is_err());
        assert!(store.add((1, 0, 2), &[1.0]).is_err());
        assert!(store.add((1, 2, 0), &[1.0]).is_err());
        assert_eq!((store.trials(), store.n_bytes()), (vec![0], 8));
        assert!(OutOfFold::new(&IDS, 3, 1).is_err());
        assert!(OutOfFold::new(&[], 3, 1).is_err());
    }

    #[test]
    fn values_far_from_zero_and_sure_probabilities_come_back() {
        let mut store = store();
        let predictions = [[1.6e9 + 10.0, 1.6e9 + 60.0], [1e-12, 1.0 - 1e-12]];
        for (trial, prediction) in (0..).zip(&predictions) {
            store.add((trial, 0, 0), prediction).unwrap();
        }
        for (trial, [first, second]) in (0..).zip(predictions) {
            let prediction = store.prediction(trial);
            assert!((prediction[0] - first).abs() < 1e-7 * (second - first).min(1e-5));
            assert!((prediction[2] - second).abs() < 1e-7 * (second - first).min(1e-5));
        }
    }
}
