//! Rows of a table, down all trees.

use std::borrow::Cow;
use std::ops::Range;

use super::{CATEGORICAL, Categories, FEATURE, MISSING_LEFT, TreeEnsemble};
use crate::{Error, Workers};

/// Rows that walk down a tree in step.
const LANES: usize = 8;

/// Bytes of a block of rows that is carried past all trees: about half an L2 cache.
const BLOCK_BYTES: usize = 1 << 18;

impl TreeEnsemble {
    /// Add up the trees' values for each row of `x`, which is in row-major order.
    ///
    /// # Errors
    /// [`Error::Shape`] where `x` is not made of rows; [`Error::Cancelled`].
    pub fn predict(&self, x: &[f64], workers: &Workers) -> Result<Vec<f64>, Error> {
        if x.len() % self.n_features != 0 {
            return Err(Error::Shape(format!(
                "The input must have {} columns. Got {} values instead.",
                self.n_features,
                x.len()
            )));
        }
        let n_rows = x.len() / self.n_features;
        // Trees larger than the cache are read anew for each block: not too small.
        let block = (BLOCK_BYTES / (8 * self.n_features)).clamp(64, 2048) / LANES * LANES;
        let blocks =
            workers.map_chunks(n_rows, block, |rows| self.predict_block(x, rows, workers))?;
        Ok(match <[Vec<f64>; 1]>::try_from(blocks) {
            Ok([only]) => only,
            Err(blocks) => blocks.concat(),
        })
    }

    fn predict_block(
        &self,
        x: &[f64],
        rows: Range<usize>,
        workers: &Workers,
    ) -> Result<Vec<f64>, Error> {
        let n_rows = rows.len();
        let x = self.prepare(&x[rows.start * self.n_features..rows.end * self.n_features]);
        let mut out = self.baseline.repeat(n_rows);
        // The answer is the same either way; without missing values it comes sooner.
        let missing = x.iter().any(|value| value.is_nan());
        for tree in 0..self.n_trees() {
            if tree % 16 == 15 {
                workers.check()?;
            }
            match (self.categories.is_empty(), missing) {
                (true, false) => self.add_tree::<false, false>(tree, &x, &mut out),
                (true, true) => self.add_tree::<false, true>(tree, &x, &mut out),
                (false, _) => self.add_tree::<true, true>(tree, &x, &mut out),
            }
        }
        if self.mean {
            let n_trees = self.n_trees() as f64;
            for value in &mut out {
                *value /= n_trees;
            }
        }
        Ok(out)
    }

    /// The rows as the nodes compare them: rounded, categories as codes.
    fn prepare<'x>(&self, x: &'x [f64]) -> Cow<'x, [f64]> {
        if !self.single_precision && self.categories.is_empty() {
            return Cow::Borrowed(x);
        }
        let mut rows = x.to_vec();
        if self.single_precision {
            for value in &mut rows {
                *value = f64::from(*value as f32);
            }
        }
        for row in rows.chunks_exact_mut(self.n_features) {
            for categories in &self.categories {
                let value = &mut row[categories.feature];
                *value = categories.code(*value);
            }
        }
        Cow::Owned(rows)
    }

    fn add_tree<const SETS: bool, const MISSING: bool>(
        &self,
        tree: usize,
        x: &[f64],
        out: &mut [f64],
    ) {
        let n_outputs = self.n_outputs();
        let width = self.n_value_columns;
        let output = if width == 1 { tree % n_outputs } else { 0 };
        let size = LANES * self.n_features;
        for (group, out) in x.chunks(size).zip(out.chunks_mut(LANES * n_outputs)) {
            let leaves = if group.len() == size {
                self.walk::<SETS, MISSING>(self.roots[tree], group)
            } else {
                // A short last group walks with rows of zeros behind it.
                let mut padded = group.to_vec();
                padded.resize(size, 0.0);
                self.walk::<SETS, MISSING>(self.roots[tree], &padded)
            };
            for (sum, leaf) in out.chunks_exact_mut(n_outputs).zip(leaves) {
                let row = self.leaf[leaf as usize] as usize * width;
                let values = &self.values[row..row + width];
                for (sum, value) in sum[output..].iter_mut().zip(values) {
                    *sum += value;
                }
            }
        }
    }

    /// The leaves that eight rows fall into. `SETS`: nodes may ask for sets; `MISSING`:
    /// values may be missing.
    #[inline]
    fn walk<const SETS: bool, const MISSING: bool>(
        &self,
        root: u32,
        group: &[f64],
    ) -> [u32; LANES] {
        let nodes = self.nodes.as_slice();
        let rows: [usize; LANES] = std::array::from_fn(|lane| lane * self.n_features);
        let mut at = [root; LANES];
        loop {
            let mut moved = 0;
            for (at, row) in at.iter_mut().zip(rows) {
                let node = nodes[*at as usize];
                let value = group[row + (node.question & FEATURE) as usize];
                let missing_left = node.question & MISSING_LEFT != 0;
                let left = if SETS && node.question & CATEGORICAL != 0 {
                    if value.is_nan() {
                        missing_left
                    } else {
                        self.in_set(node.threshold as usize, value as usize)
                    }
                } else {
                    // Bitwise on purpose: both sides are cheaper than a branch.
                    (value <= node.threshold) | (MISSING && value.is_nan() & missing_left)
                };
                let next = node.left + u32::from(!left);
                moved |= next ^ *at;
                *at = next;
            }
            if moved == 0 {
                return at;
            }
        }
    }

    fn in_set(&self, first_word: usize, code: usize) -> bool {
        // Codes fit into a set: checked when the trees were taken.
        (self.sets[first_word + code / 32] >> (code % 32)) & 1 == 1
    }
}

impl Categories {
    fn code(&self, value: f64) -> f64 {
        let position = self.values.partition_point(|&known| known < value);
        match self.values.get(position) {
            Some(&known) if known == value => position as f64,
            _ => f64::NAN,
        }
    }
}
