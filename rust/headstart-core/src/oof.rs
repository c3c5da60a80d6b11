//! The out-of-fold store: what each trial predicted for the rows its folds held out.
//!
//! Predictions are packed into four bytes a number, a cell for each trial, repeat and fold,
//! so that a trial that stopped after one fold of eight takes an eighth of the room. Cells
//! are never changed once they are there. Above a limit new cells go to a file, which is
//! mapped into memory: only what is read of it takes room there, while it is read.

use std::collections::BTreeMap;
use std::path::Path;

use crate::mmap::FloatFile;
use crate::packing::{Packing, pack};
use crate::{Error, Workers};

/// Fold id of rows that no fold of the repeat holds out.
pub const NEVER_HELD_OUT: u8 = u8::MAX;

/// Where one prediction belongs: trial, repeat, fold.
pub type CellKey = (u64, usize, u8);

/// A prediction, and how its numbers are packed.
#[derive(Debug)]
struct Cell {
    packing: Packing,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Memory(Vec<f32>),
    /// Place of its first value in the file.
    File(usize),
}

/// A file for what memory should not hold.
#[derive(Debug)]
struct Overflow {
    file: FloatFile,
    /// Bytes that may be in memory.
    limit: usize,
}

/// Out-of-fold predictions of all trials of a run.
#[derive(Debug)]
pub struct OutOfFold {
    n_rows: usize,
    n_outputs: usize,
    /// Rows that fold `f` of repeat `r` holds out, ascending: `held_out[r][f]`.
    held_out: Vec<Vec<Vec<u32>>>,
    cells: BTreeMap<CellKey, Cell>,
    n_bytes: usize,
    overflow: Option<Overflow>,
}

impl OutOfFold {
    /// An empty store for folds given as a matrix of ids, a row of `n_rows` a repeat.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Value`] where the matrix is not one.
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
            overflow: None,
        })
    }

    /// Write new cells to a file at `path` once `limit` bytes are in memory.
    ///
    /// # Errors
    /// [`Error::Storage`] where the file cannot be made.
    pub fn overflow_to(&mut self, path: &Path, limit: usize) -> Result<(), Error> {
        let file = FloatFile::create(path).map_err(|error| storage(&error))?;
        self.overflow = Some(Overflow { file, limit });
        Ok(())
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

    /// Bytes of predictions in the file.
    pub fn n_bytes_in_file(&self) -> u64 {
        self.overflow.as_ref().map_or(0, |overflow| {
            (overflow.file.len() * size_of::<f32>()) as u64
        })
    }

    /// Trials of which there is anything, ascending.
    pub fn trials(&self) -> Vec<u64> {
        let mut trials: Vec<u64> = self.cells.keys().map(|key| key.0).collect();
        trials.dedup();
        trials
    }

    /// Repeats and folds of a trial that are there, ascending.
    pub fn folds_of(&self, trial: u64) -> Vec<(usize, u8)> {
        let cells = self.cells_of(trial);
        cells
            .map(|(&(_, repeat, fold), _)| (repeat, fold))
            .collect()
    }

    /// Add a trial's prediction of the rows that a fold holds out, in row-major order.
    ///
    /// # Errors
    /// [`Error::Value`] or [`Error::Shape`] where there is no such fold, the cell is
    /// taken, or the prediction is not finite or of another size;
    /// [`Error::Storage`] where the file cannot be written. Nothing is added then.
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
        self.insert(key, packing, values)
    }

    fn insert(&mut self, key: CellKey, packing: Packing, values: Vec<f32>) -> Result<(), Error> {
        let size = size_of_val(values.as_slice());
        let place = match &mut self.overflow {
            Some(overflow) if self.n_bytes + size > overflow.limit => {
                let first = overflow.file.append(&values);
                Place::File(first.map_err(|error| storage(&error))?)
            }
            _ => {
                self.n_bytes += size;
                Place::Memory(values)
            }
        };
        self.cells.insert(key, Cell { packing, place });
        Ok(())
    }

    /// Take over all cells of another store of the same folds.
    ///
    /// # Errors
    /// [`Error::Value`] where the folds differ or a cell is in both: nothing is taken
    /// then; [`Error::Storage`] where a file fails.
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        if self.held_out != other.held_out
            || self.n_rows != other.n_rows
            || self.n_outputs != other.n_outputs
        {
            return Err(Error::value("The stores are not of the same folds."));
        }
        if let Some((trial, repeat, fold)) =
            other.cells.keys().find(|key| self.cells.contains_key(key))
        {
            return Err(Error::value(format!(
                "Both stores have trial {trial}, repeat {repeat}, fold {fold}."
            )));
        }
        for (&key, cell) in &other.cells {
            let values = other.values(key, cell)?;
            self.insert(key, cell.packing, values.to_vec())?;
        }
        Ok(())
    }

    /// For each row, whether all `trials` have a prediction for it.
    pub fn covered(&self, trials: &[u64]) -> Vec<bool> {
        let mut covered = vec![true; self.n_rows];
        for &trial in trials {
            let mut has = vec![false; self.n_rows];
            for (&(_, repeat, fold), _) in self.cells_of(trial) {
                for &row in &self.held_out[repeat][usize::from(fold)] {
                    has[row as usize] = true;
                }
            }
            for (covered, has) in covered.iter_mut().zip(has) {
                *covered &= has;
            }
        }
        covered
    }

    /// A trial's prediction for all rows: the mean over the repeats that have one, NaN
    /// where none has.
    ///
    /// # Errors
    /// [`Error::Storage`] where the file cannot be read.
    pub fn prediction(&self, trial: u64) -> Result<Vec<f64>, Error> {
        let width = self.n_outputs;
        let mut sum = vec![0.0; self.n_rows * width];
        let mut n_found = vec![0_u32; self.n_rows];
        // In order of the keys: the same sum in whatever order folds came in.
        for (&key, cell) in self.cells_of(trial) {
            let values = self.values(key, cell)?;
            let rows = &self.held_out[key.1][usize::from(key.2)];
            for (&row, values) in rows.iter().zip(values.chunks_exact(width)) {
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
        Ok(sum)
    }

    /// The given rows of the predictions of `trials`, one trial after the other: what an
    /// ensemble is selected from.
    ///
    /// # Errors
    /// [`Error::Value`] where there is no such row; [`Error::Storage`];
    /// [`Error::Cancelled`].
    pub fn stack(
        &self,
        trials: &[u64],
        rows: &[i64],
        workers: &Workers,
    ) -> Result<Vec<f64>, Error> {
        if let Some(row) = rows
            .iter()
            .find(|&&row| row < 0 || row as usize >= self.n_rows)
        {
            return Err(Error::value(format!(
                "There is no row {row} among {}.",
                self.n_rows
            )));
        }
        let width = self.n_outputs;
        let parts = workers.map(trials.len(), |index| {
            let prediction = self.prediction(trials[index])?;
            let mut part = Vec::with_capacity(rows.len() * width);
            for &row in rows {
                let start = row as usize * width;
                part.extend_from_slice(&prediction[start..start + width]);
            }
            Ok(part)
        })?;
        Ok(parts.concat())
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

    fn values<'a>(&'a self, key: CellKey, cell: &'a Cell) -> Result<&'a [f32], Error> {
        match (&cell.place, &self.overflow) {
            (Place::Memory(values), _) => Ok(values),
            (&Place::File(first), Some(overflow)) => {
                let n_values = self.rows_of(key.1, key.2)?.len() * self.n_outputs;
                let values = overflow.file.get(first, n_values);
                values.ok_or_else(|| Error::value("A cell lies behind the end of its file."))
            }
            (Place::File(_), None) => Err(Error::value("A cell is in a file that is not there.")),
        }
    }
}

fn storage(error: &std::io::Error) -> Error {
    Error::Storage(format!("The file of out-of-fold predictions: {error}"))
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

    fn same(found: &[f64], expected: &[f64]) -> bool {
        let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        bits(found) == bits(expected)
    }

    #[test]
    fn a_prediction_is_the_mean_over_the_repeats_that_have_one() {
        let mut store = store();
        store.add((7, 0, 0), &[1.0, 2.0]).unwrap();
        let found = store.prediction(7).unwrap();
        assert!(same(&found, &[1.0, f64::NAN, 2.0, f64::NAN]));
        store.add((7, 1, 1), &[3.0, 4.0]).unwrap();
        let found = store.prediction(7).unwrap();
        assert!(same(&found, &[2.0, 4.0, 2.0, f64::NAN]));
        assert_eq!(store.folds_of(7), [(0, 0), (1, 1)]);
        assert_eq!(store.trials(), [7]);
        assert_eq!(store.covered(&[7]), [true, true, true, false]);
        assert_eq!(store.covered(&[7, 8]), [false; 4]);
        assert_eq!(store.covered(&[]), [true; 4]);
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
        assert!(store.stack(&[0], &[4], &Workers::default()).is_err());
        assert_eq!((store.trials(), store.n_bytes()), (vec![0], 8));
        assert!(OutOfFold::new(&IDS, 3, 1).is_err());
        assert!(OutOfFold::new(&[], 3, 1).is_err());
    }

    #[test]
    fn stacked_rows_are_those_of_the_predictions() {
        let mut store = OutOfFold::new(&IDS, 4, 2).unwrap();
        store.add((0, 0, 0), &[1.0, 2.0, 3.0, 4.0]).unwrap();
        store.add((5, 0, 0), &[5.0, 6.0, 7.0, 8.0]).unwrap();
        let found = store.stack(&[5, 0], &[2, 0], &Workers::default()).unwrap();
        assert_eq!(found, [7.0, 8.0, 5.0, 6.0, 3.0, 4.0, 1.0, 2.0]);
    }

    #[test]
    fn values_far_from_zero_and_sure_probabilities_come_back_from_memory_and_file() {
        let path = std::env::temp_dir().join(format!("headstart-far-{}", std::process::id()));
        let (mut filed, mut merged) = (store(), store());
        filed.overflow_to(&path, 8).unwrap();
        let predictions = [[1.6e9 + 10.0, 1.6e9 + 60.0], [1e-12, 1.0 - 1e-12]];
        for (trial, prediction) in (0..).zip(&predictions) {
            filed.add((trial, 0, 0), prediction).unwrap();
        }
        merged.merge(&filed).unwrap();
        for (trial, [first, second]) in (0..).zip(predictions) {
            for store in [&filed, &merged] {
                let found = store.prediction(trial).unwrap();
                assert!((found[0] - first).abs() < 1e-7 * (second - first).min(1e-5));
                assert!((found[2] - second).abs() < 1e-7 * (second - first).min(1e-5));
            }
        }
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn merging_takes_over_all_or_nothing() {
        let (mut one, mut other) = (store(), store());
        one.add((0, 0, 0), &[1.0, 2.0]).unwrap();
        other.add((0, 0, 1), &[3.0, 4.0]).unwrap();
        one.merge(&other).unwrap();
        assert!(same(&one.prediction(0).unwrap(), &[1.0, 3.0, 2.0, 4.0]));
        other.add((1, 0, 0), &[0.0, 0.0]).unwrap();
        assert!(one.merge(&other).is_err());
        assert_eq!(one.trials(), [0]);
        let stranger = OutOfFold::new(&IDS[..4], 4, 1).unwrap();
        assert!(one.merge(&stranger).is_err());
    }

    #[test]
    fn a_file_holds_what_memory_may_not() {
        let path = std::env::temp_dir().join(format!("headstart-oof-{}", std::process::id()));
        let (mut filed, mut plain) = (store(), store());
        filed.overflow_to(&path, 8).unwrap();
        for (fold, values) in [(0, [1.0, 2.0]), (1, [3.0, 4.0])] {
            for trial in 0..3 {
                filed.add((trial, 0, fold), &values).unwrap();
                plain.add((trial, 0, fold), &values).unwrap();
            }
        }
        assert_eq!((filed.n_bytes(), filed.n_bytes_in_file()), (8, 40));
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 40);
        for trial in 0..3 {
            assert_eq!(filed.prediction(trial), plain.prediction(trial));
        }
        let mut merged = store();
        merged.merge(&filed).unwrap();
        assert_eq!(merged.prediction(1), plain.prediction(1));
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_file_that_cannot_be_made_is_told() {
        let found = store().overflow_to(Path::new("/nonexistent/folder/file"), 0);
        assert!(matches!(found, Err(Error::Storage(_))));
    }
}
