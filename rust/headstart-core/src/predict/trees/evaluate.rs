//! Evaluation of all trees for the rows of a table.

use super::number::{Number, Sum};
use super::panel::{LANES, Panel};
use super::{Nodes, TreeEnsemble, Trees, simd};
use crate::Error;

/// Number of rows that traverse a tree together.
const IN_STEP: usize = 8;

/// Bytes of a block of rows that is evaluated with all trees: about an L1 cache.
const BLOCK_BYTES: usize = 1 << 15;

/// The same if trees are larger than the caches, and read again for each block.
const LARGE_BLOCK_BYTES: usize = 1 << 18;

/// Largest number of nodes that stay in a cache between blocks.
const CACHED_NODES: usize = 1 << 16;

impl TreeEnsemble {
    /// Return the number of rows that are predicted together. Calls with blocks of this
    /// size are as fast as one call with all rows.
    pub fn block_rows(&self) -> usize {
        let size = match self.nodes {
            Nodes::Single(_) => size_of::<f32>(),
            Nodes::Double(_) => size_of::<f64>(),
        };
        let bytes = if self.n_nodes() <= CACHED_NODES {
            BLOCK_BYTES
        } else {
            LARGE_BLOCK_BYTES
        };
        (bytes / (size * self.n_features)).clamp(4 * LANES, 2048) / LANES * LANES
    }

    /// Return the sum of the trees' values for each row of `x`, which is in row-major
    /// order.
    ///
    /// `check` is called every few milliseconds; its error stops the work.
    ///
    /// # Errors
    /// [`Error::Shape`] if `x` is not a matrix; the error of `check`.
    pub fn predict(
        &self,
        x: &[f64],
        check: impl Fn() -> Result<(), Error>,
    ) -> Result<Vec<f64>, Error> {
        if x.len() % self.n_features != 0 {
            return Err(Error::Shape(format!(
                "The input must have {} columns. Got {} values instead.",
                self.n_features,
                x.len()
            )));
        }
        let n_rows = x.len() / self.n_features;
        let mut out = Vec::with_capacity(n_rows * self.n_outputs());
        for block in x.chunks(self.block_rows() * self.n_features) {
            check()?;
            match (&self.nodes, self.single_sums) {
                (Nodes::Single(trees), false) => {
                    self.predict_block::<f32, f64>(trees, block, &check, &mut out)
                }
                (Nodes::Single(trees), true) => {
                    self.predict_block::<f32, f32>(trees, block, &check, &mut out)
                }
                (Nodes::Double(trees), false) => {
                    self.predict_block::<f64, f64>(trees, block, &check, &mut out)
                }
                (Nodes::Double(trees), true) => {
                    self.predict_block::<f64, f32>(trees, block, &check, &mut out)
                }
            }?;
        }
        Ok(out)
    }

    /// Append the predictions of a block of rows.
    fn predict_block<T: Number, S: Sum>(
        &self,
        trees: &Trees<T>,
        x: &[f64],
        check: &impl Fn() -> Result<(), Error>,
        out: &mut Vec<f64>,
    ) -> Result<(), Error> {
        let panel = self.panel::<T>(x, &trees.small.columns, trees.small.n_columns);
        let (width, n_outputs) = (self.n_features, self.n_outputs());
        let baseline = || self.baseline.iter().map(|&value| S::rounded(value));
        let n_groups = panel.groups.len() / width;
        let n_rest = panel.rest.len() / width;
        // The sums of a group are adjacent for each output.
        let mut grouped: Vec<[S; LANES]> = baseline().map(|value| [value; LANES]).collect();
        grouped = grouped.repeat(n_groups);
        let mut rest: Vec<[S; 1]> = baseline().map(|value| [value]).collect();
        rest = rest.repeat(n_rest);
        for tree in 0..self.n_trees() {
            if tree % 64 == 63 {
                check()?;
            }
            if !self.add_small_tree(tree, trees, &panel, &mut grouped) {
                // The leaves are the same either way, but faster without missing values.
                match (self.has_sets[tree], panel.has_missing) {
                    (false, false) => {
                        self.add_tree::<T, S, false, false>(tree, trees, &panel, &mut grouped);
                    }
                    (false, true) => {
                        self.add_tree::<T, S, false, true>(tree, trees, &panel, &mut grouped);
                    }
                    (true, _) => {
                        self.add_tree::<T, S, true, true>(tree, trees, &panel, &mut grouped);
                    }
                }
            }
            for (row, sums) in panel
                .rest
                .chunks_exact(width)
                .zip(rest.chunks_exact_mut(n_outputs))
            {
                let root = self.roots[tree];
                let leaf = self.walk::<T, 1, 1, true, true>(&trees.nodes, root, row, 0);
                self.add_leaves(tree, leaf, sums);
            }
        }
        let n_trees = self.n_trees() as f64;
        let finish = |sum: S| {
            let sum: f64 = sum.into();
            if self.mean { sum / n_trees } else { sum }
        };
        for row in 0..x.len() / width - n_rest {
            let start = row / LANES * n_outputs;
            let sums = &grouped[start..start + n_outputs];
            out.extend(sums.iter().map(|sums| finish(sums[row % LANES])));
        }
        out.extend(rest.iter().map(|&[sum]| finish(sum)));
        Ok(())
    }

    /// Add a tree's values to the sums of all groups; return false if it is not small.
    fn add_small_tree<T: Number, S: Sum>(
        &self,
        tree: usize,
        trees: &Trees<T>,
        panel: &Panel<T>,
        sums: &mut [[S; LANES]],
    ) -> bool {
        let Some(questions) = trees.small.questions(tree) else {
            return false;
        };
        let n_columns = trees.small.n_columns;
        let first = self.first_leaf[tree];
        for (group, (rows, sums)) in panel
            .groups
            .chunks_exact(self.n_features)
            .zip(sums.chunks_exact_mut(self.n_outputs()))
            .enumerate()
        {
            let codes = &panel.codes[group * n_columns..(group + 1) * n_columns];
            let leaves = simd::leaves(&questions, rows, codes);
            self.add_leaves(tree, leaves.map(|leaf| first + leaf), sums);
        }
        true
    }

    fn add_tree<T: Number, S: Sum, const SETS: bool, const MISSING: bool>(
        &self,
        tree: usize,
        trees: &Trees<T>,
        panel: &Panel<T>,
        sums: &mut [[S; LANES]],
    ) {
        let root = self.roots[tree];
        for (rows, sums) in panel
            .groups
            .chunks_exact(self.n_features)
            .zip(sums.chunks_exact_mut(self.n_outputs()))
        {
            let mut leaves = [0; LANES];
            for (place, leaves) in leaves.chunks_exact_mut(IN_STEP).enumerate() {
                leaves.copy_from_slice(&self.walk::<T, IN_STEP, LANES, SETS, MISSING>(
                    &trees.nodes,
                    root,
                    rows,
                    place * IN_STEP,
                ));
            }
            self.add_leaves(tree, leaves, sums);
        }
    }

    /// Add the values of rows' leaves to the sums of the rows, by output.
    #[inline]
    fn add_leaves<S: Sum, const N: usize>(
        &self,
        tree: usize,
        leaves: [u32; N],
        sums: &mut [[S; N]],
    ) {
        let width = self.n_value_columns;
        if width == 1 {
            let output = tree % sums.len();
            for (sum, leaf) in sums[output].iter_mut().zip(leaves) {
                *sum += S::rounded(self.values[leaf as usize]);
            }
            return;
        }
        for (output, sums) in sums.iter_mut().enumerate() {
            for (sum, leaf) in sums.iter_mut().zip(leaves) {
                *sum += S::rounded(self.values[leaf as usize * width + output]);
            }
        }
    }
}
