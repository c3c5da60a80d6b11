//! Ensembles of decision trees, checked once and then safe to evaluate on any input.
//!
//! A node asks `x <= threshold`, or, for a categorical feature, whether the code of `x`
//! is in a set; missing values go where the node says. Nodes are renumbered so that the
//! two children of a node are neighbours, and a leaf is its own left child: eight rows
//! then walk down a tree in step, without branches that could be guessed wrong.

use std::borrow::Cow;
use std::ops::Range;

use crate::{Error, Workers};

/// Rows that walk down a tree in step.
const LANES: usize = 8;

/// Bytes of a block of rows that is carried past all trees: about half an L2 cache.
const BLOCK_BYTES: usize = 1 << 18;

const MISSING_LEFT: u32 = 1 << 31;
const CATEGORICAL: u32 = 1 << 30;
const FEATURE: u32 = CATEGORICAL - 1;

/// Trees as flat arrays, all trees one after the other.
///
/// Tree `t` owns the nodes `roots[t]..roots[t + 1]`. A node without children is a leaf;
/// the rows of `values` belong to the leaves in order of their nodes.
#[derive(Debug, Clone, Copy)]
pub struct TreeArrays<'a> {
    /// First node of each tree, ascending from 0.
    pub roots: &'a [i64],
    /// Left child of each node, -1 for a leaf.
    pub left: &'a [i32],
    /// Right child of each node, -1 for a leaf.
    pub right: &'a [i32],
    /// Feature that each inner node asks for.
    pub feature: &'a [i32],
    /// Largest value that goes left; not NaN at an inner node.
    pub threshold: &'a [f64],
    /// 1 where missing values go left, 0 where they go right.
    pub missing_left: &'a [u8],
    /// Row of `category_sets` for an inner node on a categorical feature, else -1.
    pub category_set: &'a [i32],
    /// One row a leaf: as many columns as outputs, or one column, which tree `t` adds to
    /// output `t % n_outputs`.
    pub values: &'a [f64],
}

/// Features whose values are categories.
#[derive(Debug, Clone, Copy)]
pub struct CategoryArrays<'a> {
    /// The categorical features, ascending.
    pub features: &'a [i32],
    /// Values of feature `features[i]`: `values[offsets[i]..offsets[i + 1]]`.
    pub offsets: &'a [i64],
    /// Known values of each feature, ascending; the position is the code. Any other
    /// value counts as missing.
    pub values: &'a [f64],
    /// Sets of codes that go left, bit `c % 32` of word `c / 32`; `n_words` words each.
    pub sets: &'a [u32],
    /// Words of one set.
    pub n_words: usize,
}

/// What the trees add up to.
#[derive(Debug, Clone, Copy)]
pub struct TreeForm<'a> {
    /// Columns of the input.
    pub n_features: usize,
    /// Columns of the prediction, where the sum starts.
    pub baseline: &'a [f64],
    /// Divide the sum by the number of trees.
    pub mean: bool,
    /// Round inputs to single precision before they are compared.
    pub single_precision: bool,
}

/// The arrays of a [`TreeEnsemble`], in the order it keeps them in.
#[derive(Debug, Clone, Default)]
pub struct StoredTrees {
    /// As in [`TreeArrays`].
    pub roots: Vec<i64>,
    /// As in [`TreeArrays`]; the right child is the node after the left.
    pub left: Vec<i32>,
    /// As in [`TreeArrays`], 0 at leaves.
    pub feature: Vec<i32>,
    /// As in [`TreeArrays`], 0 at leaves.
    pub threshold: Vec<f64>,
    /// As in [`TreeArrays`], 0 at leaves.
    pub missing_left: Vec<u8>,
    /// As in [`TreeArrays`].
    pub category_set: Vec<i32>,
    /// As in [`TreeArrays`].
    pub values: Vec<f64>,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    /// Threshold; of a categorical node the first word of its set; of a leaf infinite.
    threshold: f64,
    /// Left child, the right one follows; a leaf is its own.
    left: u32,
    /// Feature and flags.
    question: u32,
}

#[derive(Debug, Clone)]
struct Categories {
    feature: usize,
    values: Vec<f64>,
}

/// Decision trees whose values are added up.
#[derive(Debug, Clone)]
pub struct TreeEnsemble {
    roots: Vec<u32>,
    nodes: Vec<Node>,
    /// Row of `values` of each node that is a leaf.
    leaf: Vec<u32>,
    values: Vec<f64>,
    n_value_columns: usize,
    categories: Vec<Categories>,
    sets: Vec<u32>,
    n_words: usize,
    n_features: usize,
    baseline: Vec<f64>,
    mean: bool,
    single_precision: bool,
}

impl TreeEnsemble {
    /// Check the arrays and take them over.
    ///
    /// # Errors
    /// [`Error::Value`] or [`Error::Shape`] where the arrays are not trees, or ask for
    /// what is not there.
    pub fn new(
        trees: &TreeArrays<'_>,
        categories: &CategoryArrays<'_>,
        form: &TreeForm<'_>,
    ) -> Result<Self, Error> {
        check_form(trees, form)?;
        let known = check_categories(categories, form.n_features)?;
        let roots = check_roots(trees)?;
        check_nodes(trees, &roots, categories, form.n_features)?;
        let n_leaves = trees.left.iter().filter(|&&child| child < 0).count();
        let n_value_columns = check_values(trees, form, n_leaves)?;
        let mut ensemble = Self {
            roots: roots.clone(),
            nodes: Vec::with_capacity(trees.left.len()),
            leaf: Vec::with_capacity(trees.left.len()),
            values: Vec::with_capacity(trees.values.len()),
            n_value_columns,
            categories: known,
            sets: categories.sets.to_vec(),
            n_words: categories.n_words,
            n_features: form.n_features,
            baseline: form.baseline.to_vec(),
            mean: form.mean,
            single_precision: form.single_precision,
        };
        let old_rows = leaf_rows(trees.left);
        for root in roots {
            ensemble.take_tree(trees, root, &old_rows);
        }
        Ok(ensemble)
    }

    /// Append one checked tree, its nodes in breadth-first order.
    fn take_tree(&mut self, trees: &TreeArrays<'_>, root: u32, old_rows: &[u32]) {
        let base = self.nodes.len();
        let width = self.n_value_columns;
        let mut order = vec![root as usize];
        let mut next = 0;
        while let Some(&old) = order.get(next) {
            let new = base + next;
            next += 1;
            if trees.left[old] < 0 {
                let row = old_rows[old] as usize * width;
                self.leaf.push((self.values.len() / width) as u32);
                self.values
                    .extend_from_slice(&trees.values[row..row + width]);
                self.nodes.push(Node {
                    threshold: f64::INFINITY,
                    left: new as u32,
                    question: MISSING_LEFT,
                });
                continue;
            }
            let mut question = trees.feature[old] as u32;
            let mut threshold = trees.threshold[old];
            if trees.missing_left[old] != 0 {
                question |= MISSING_LEFT;
            }
            if trees.category_set[old] >= 0 {
                question |= CATEGORICAL;
                threshold = (trees.category_set[old] as usize * self.n_words) as f64;
            }
            self.leaf.push(0);
            self.nodes.push(Node {
                threshold,
                left: (base + order.len()) as u32,
                question,
            });
            order.push(trees.left[old] as usize);
            order.push(trees.right[old] as usize);
        }
    }

    /// Number of trees.
    pub fn n_trees(&self) -> usize {
        self.roots.len()
    }

    /// Number of nodes of all trees.
    pub fn n_nodes(&self) -> usize {
        self.nodes.len()
    }

    /// Columns of the input.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// Columns of the prediction.
    pub fn n_outputs(&self) -> usize {
        self.baseline.len()
    }

    /// Columns of the leaves' values.
    pub fn n_value_columns(&self) -> usize {
        self.n_value_columns
    }

    /// The trees as arrays: what [`TreeEnsemble::new`] makes an equal ensemble from.
    pub fn stored(&self) -> StoredTrees {
        let mut stored = StoredTrees {
            roots: self.roots.iter().map(|&root| i64::from(root)).collect(),
            values: self.values.clone(),
            ..StoredTrees::default()
        };
        for (index, node) in self.nodes.iter().enumerate() {
            let is_leaf = node.left as usize == index;
            let is_set = node.question & CATEGORICAL != 0;
            let plain = |value, of_others| if is_leaf { of_others } else { value };
            stored.left.push(plain(node.left as i32, -1));
            stored
                .feature
                .push(plain((node.question & FEATURE) as i32, 0));
            stored.threshold.push(if is_leaf || is_set {
                0.0
            } else {
                node.threshold
            });
            stored
                .missing_left
                .push(u8::from(!is_leaf && node.question & MISSING_LEFT != 0));
            stored.category_set.push(if is_set {
                (node.threshold as usize / self.n_words) as i32
            } else {
                -1
            });
        }
        stored
    }

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

/// For each node that is a leaf, how many leaves come before it.
fn leaf_rows(left: &[i32]) -> Vec<u32> {
    let mut n_leaves = 0;
    left.iter()
        .map(|&child| {
            let row = n_leaves;
            n_leaves += u32::from(child < 0);
            row
        })
        .collect()
}

fn check_form(trees: &TreeArrays<'_>, form: &TreeForm<'_>) -> Result<(), Error> {
    if form.n_features == 0 || form.n_features > FEATURE as usize {
        return Err(Error::value(format!(
            "Trees must have 1 to {FEATURE} features. Got {}.",
            form.n_features
        )));
    }
    if form.baseline.is_empty() {
        return Err(Error::value("Trees must have at least one output."));
    }
    if !form.baseline.iter().all(|value| value.is_finite()) {
        return Err(Error::value("The baseline of trees must be finite."));
    }
    if form.mean && trees.roots.is_empty() {
        return Err(Error::value("A mean needs at least one tree."));
    }
    let n_nodes = trees.left.len();
    if n_nodes > i32::MAX as usize {
        return Err(Error::value(format!("{n_nodes} nodes are too many.")));
    }
    let lengths = [
        ("right", trees.right.len()),
        ("feature", trees.feature.len()),
        ("threshold", trees.threshold.len()),
        ("missing_left", trees.missing_left.len()),
        ("category_set", trees.category_set.len()),
    ];
    for (name, found) in lengths {
        if found != n_nodes {
            return Err(Error::length(name, n_nodes, found));
        }
    }
    Ok(())
}

fn check_categories(
    categories: &CategoryArrays<'_>,
    n_features: usize,
) -> Result<Vec<Categories>, Error> {
    let CategoryArrays {
        features,
        offsets,
        values,
        sets,
        n_words,
    } = *categories;
    if !features.is_sorted_by(|a, b| a < b)
        || features.iter().any(|&f| f < 0 || f as usize >= n_features)
    {
        return Err(Error::value(format!(
            "Categorical features must ascend within 0..{n_features}."
        )));
    }
    if offsets.len() != features.len() + 1 {
        return Err(Error::length(
            "category_offsets",
            features.len() + 1,
            offsets.len(),
        ));
    }
    let n_values = values.len() as i64;
    if !offsets.is_sorted() || offsets[0] != 0 || offsets[features.len()] != n_values {
        return Err(Error::value(format!(
            "Offsets of categories must ascend from 0 to {n_values}."
        )));
    }
    if n_words == 0 && !sets.is_empty() || n_words > 0 && sets.len() % n_words != 0 {
        return Err(Error::value(
            "Sets of categories must all have as many words.",
        ));
    }
    features
        .iter()
        .zip(offsets.windows(2))
        .map(|(&feature, bounds)| {
            let known = &values[bounds[0] as usize..bounds[1] as usize];
            // Infinity as a last value would be fine, NaN not: it equals nothing.
            if !known.is_sorted_by(|a, b| a < b) || known.iter().any(|value| value.is_nan()) {
                return Err(Error::value(format!(
                    "Categories of feature {feature} must ascend."
                )));
            }
            if known.len() > n_words * 32 {
                return Err(Error::value(format!(
                    "Feature {feature} has {} categories. Sets hold {}.",
                    known.len(),
                    n_words * 32
                )));
            }
            Ok(Categories {
                feature: feature as usize,
                values: known.to_vec(),
            })
        })
        .collect()
}

fn check_roots(trees: &TreeArrays<'_>) -> Result<Vec<u32>, Error> {
    let n_nodes = trees.left.len() as i64;
    let roots = trees.roots;
    let starts_well = match roots.first() {
        Some(&first) => first == 0,
        None => n_nodes == 0,
    };
    if !starts_well
        || !roots.is_sorted_by(|a, b| a < b)
        || roots.last().is_some_and(|&last| last >= n_nodes)
    {
        return Err(Error::value(format!(
            "Roots of trees must ascend from 0 and stay below {n_nodes}."
        )));
    }
    Ok(roots.iter().map(|&root| root as u32).collect())
}

fn check_nodes(
    trees: &TreeArrays<'_>,
    roots: &[u32],
    categories: &CategoryArrays<'_>,
    n_features: usize,
) -> Result<(), Error> {
    let n_nodes = trees.left.len();
    let n_sets = categories.sets.len().checked_div(categories.n_words);
    let n_sets = n_sets.unwrap_or(0);
    let mut has_parent = vec![false; n_nodes];
    for (tree, &root) in roots.iter().enumerate() {
        let root = root as usize;
        let end = roots.get(tree + 1).map_or(n_nodes, |&next| next as usize);
        for node in root..end {
            let refuse = |what: &str| Err(Error::value(format!("Node {node} of trees {what}.")));
            // Children come after their parents and have one parent each: what is
            // reached from a root is a tree, and all of it is reached.
            if node != root && !has_parent[node] {
                return refuse("has no parent");
            }
            let (left, right) = (trees.left[node], trees.right[node]);
            if left < 0 && right < 0 {
                continue;
            }
            for child in [left, right] {
                if child < 0 || child as usize <= node || child as usize >= end {
                    return refuse(&format!(
                        "must have children in {}..{end}. Got {child}",
                        node + 1
                    ));
                }
                if has_parent[child as usize] {
                    return refuse(&format!("shares its child {child}"));
                }
                has_parent[child as usize] = true;
            }
            let feature = trees.feature[node];
            if feature < 0 || feature as usize >= n_features {
                return refuse(&format!(
                    "must ask for a feature in 0..{n_features}. Got {feature}"
                ));
            }
            if trees.missing_left[node] > 1 {
                return refuse("must say 0 or 1 where missing values go");
            }
            let set = trees.category_set[node];
            if categories.features.binary_search(&feature).is_ok() {
                if set < 0 || set as usize >= n_sets {
                    return refuse(&format!("must use a set in 0..{n_sets}. Got {set}"));
                }
            } else if set >= 0 {
                return refuse(&format!("uses a set on the numeric feature {feature}"));
            } else if trees.threshold[node].is_nan() {
                return refuse("must have a threshold. Got NaN");
            }
        }
    }
    Ok(())
}

fn check_values(
    trees: &TreeArrays<'_>,
    form: &TreeForm<'_>,
    n_leaves: usize,
) -> Result<usize, Error> {
    let n_outputs = form.baseline.len();
    if !trees.values.iter().all(|value| value.is_finite()) {
        return Err(Error::value("Values of leaves must be finite."));
    }
    if trees.values.len() == n_leaves * n_outputs {
        Ok(n_outputs)
    } else if trees.values.len() == n_leaves && trees.roots.len() % n_outputs == 0 {
        Ok(1)
    } else {
        Err(Error::Shape(format!(
            "{n_leaves} leaves of {} trees with {n_outputs} outputs must have {n_leaves} \
             values or {}. Got {}.",
            trees.roots.len(),
            n_leaves.saturating_mul(n_outputs),
            trees.values.len()
        )))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::CancelFlag;

    const NO_CATEGORIES: CategoryArrays<'_> = CategoryArrays {
        features: &[],
        offsets: &[0],
        values: &[],
        sets: &[],
        n_words: 0,
    };
    const FORM: TreeForm<'_> = TreeForm {
        n_features: 2,
        baseline: &[0.5],
        mean: false,
        single_precision: false,
    };
    /// A stump on feature 1 and a tree of depth two on both.
    const TREES: TreeArrays<'_> = TreeArrays {
        roots: &[0, 3],
        left: &[1, -1, -1, 4, 6, -1, -1, -1],
        right: &[2, -1, -1, 5, 7, -1, -1, -1],
        feature: &[1, 0, 0, 0, 1, 0, 0, 0],
        threshold: &[0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 0.0, 0.0],
        missing_left: &[1, 0, 0, 0, 1, 0, 0, 0],
        category_set: &[-1; 8],
        values: &[1.0, 2.0, 10.0, 20.0, 30.0],
    };

    fn refused(trees: TreeArrays<'_>) -> String {
        TreeEnsemble::new(&trees, &NO_CATEGORIES, &FORM)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn values_of_the_leaves_are_added_to_the_baseline() {
        let ensemble = TreeEnsemble::new(&TREES, &NO_CATEGORIES, &FORM).unwrap();
        let x = [
            [0.0, 0.0],
            [0.0, 3.0],
            [2.0, -1.0],
            [f64::NAN, f64::NAN],
            [f64::INFINITY, f64::NEG_INFINITY],
        ];
        let found = ensemble
            .predict(x.as_flattened(), &Workers::default())
            .unwrap();
        assert_eq!(found, [21.5, 32.5, 11.5, 11.5, 11.5]);
    }

    #[test]
    fn stored_arrays_make_an_equal_ensemble() {
        let ensemble = TreeEnsemble::new(&TREES, &NO_CATEGORIES, &FORM).unwrap();
        let stored = ensemble.stored();
        let right: Vec<i32> = stored
            .left
            .iter()
            .map(|&left| if left < 0 { -1 } else { left + 1 })
            .collect();
        let again = TreeArrays {
            roots: &stored.roots,
            left: &stored.left,
            right: &right,
            feature: &stored.feature,
            threshold: &stored.threshold,
            missing_left: &stored.missing_left,
            category_set: &stored.category_set,
            values: &stored.values,
        };
        let again = TreeEnsemble::new(&again, &NO_CATEGORIES, &FORM).unwrap();
        let x: Vec<f64> = (0..60).map(|i| f64::from(i % 7) - 2.0).collect();
        let workers = Workers::default();
        assert_eq!(ensemble.predict(&x, &workers), again.predict(&x, &workers));
    }

    #[test]
    fn one_value_column_is_dealt_to_the_outputs_in_turn() {
        let form = TreeForm {
            baseline: &[0.0, 100.0],
            ..FORM
        };
        let ensemble = TreeEnsemble::new(&TREES, &NO_CATEGORIES, &form).unwrap();
        let found = ensemble.predict(&[0.0, 0.0], &Workers::default()).unwrap();
        assert_eq!(found, [1.0, 120.0]);
    }

    #[test]
    fn categories_go_by_their_set_and_unknown_ones_are_missing() {
        let categories = CategoryArrays {
            features: &[1],
            offsets: &[0, 3],
            values: &[-1.0, 2.5, 7.0],
            sets: &[0b101],
            n_words: 1,
        };
        let trees = TreeArrays {
            roots: &[0],
            left: &[1, -1, -1],
            right: &[2, -1, -1],
            feature: &[1, 0, 0],
            threshold: &[0.0; 3],
            missing_left: &[1, 0, 0],
            category_set: &[0, -1, -1],
            values: &[1.0, 2.0],
        };
        let ensemble = TreeEnsemble::new(&trees, &categories, &FORM).unwrap();
        let x = [-1.0, 2.5, 7.0, 3.0, f64::NAN, f64::INFINITY].map(|value| [0.0, value]);
        let found = ensemble
            .predict(x.as_flattened(), &Workers::default())
            .unwrap();
        assert_eq!(found, [1.5, 2.5, 1.5, 1.5, 1.5, 1.5]);
        assert_eq!(ensemble.stored().category_set, [0, -1, -1]);
    }

    #[test]
    fn single_precision_rounds_before_it_compares() {
        let above = 1.0 + 1e-9;
        let x = [above, 0.0];
        for (single_precision, expected) in [(true, 21.5), (false, 11.5)] {
            let form = TreeForm {
                single_precision,
                ..FORM
            };
            let ensemble = TreeEnsemble::new(&TREES, &NO_CATEGORIES, &form).unwrap();
            let found = ensemble.predict(&x, &Workers::default()).unwrap();
            assert_eq!(found, [expected]);
        }
    }

    #[test]
    fn cycles_and_strangers_are_refused() {
        let left = [0, -1, -1, 4, 6, -1, -1, -1];
        assert!(
            refused(TreeArrays {
                left: &left,
                ..TREES
            })
            .contains("children in 1..3")
        );
        let left = [1, -1, -1, 4, 3, -1, -1, -1];
        assert!(
            refused(TreeArrays {
                left: &left,
                ..TREES
            })
            .contains("children in 5..8")
        );
        let left = [1, -1, -1, 4, 8, -1, -1, -1];
        assert!(
            refused(TreeArrays {
                left: &left,
                ..TREES
            })
            .contains("Got 8")
        );
        let left = [4, -1, -1, 4, 6, -1, -1, -1];
        assert!(
            refused(TreeArrays {
                left: &left,
                ..TREES
            })
            .contains("children in 1..3")
        );
        let left = [-1, -1, -1, 4, 6, -1, -1, -1];
        assert!(
            refused(TreeArrays {
                left: &left,
                ..TREES
            })
            .contains("children in 1..3")
        );
        let left = [2, -1, -1, 4, 6, -1, -1, -1];
        assert!(
            refused(TreeArrays {
                left: &left,
                ..TREES
            })
            .contains("shares")
        );
        let left = [1, -1, -1, 4, -1, -1, -1, -1];
        let right = [2, -1, -1, 5, -1, -1, -1, -1];
        let orphans = TreeArrays {
            left: &left,
            right: &right,
            ..TREES
        };
        assert!(refused(orphans).contains("no parent"));
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        let feature = [2, 0, 0, 0, 1, 0, 0, 0];
        assert!(
            refused(TreeArrays {
                feature: &feature,
                ..TREES
            })
            .contains("feature in 0..2")
        );
        let threshold = [f64::NAN; 8];
        let trees = TreeArrays {
            threshold: &threshold,
            ..TREES
        };
        assert!(refused(trees).contains("threshold"));
        let values = [1.0, 2.0, 10.0, f64::INFINITY, 30.0];
        assert!(
            refused(TreeArrays {
                values: &values,
                ..TREES
            })
            .contains("finite")
        );
        let values = [1.0; 4];
        assert!(
            refused(TreeArrays {
                values: &values,
                ..TREES
            })
            .contains("5 leaves")
        );
        let sets = [0; 8];
        let trees = TreeArrays {
            category_set: &sets,
            ..TREES
        };
        assert!(refused(trees).contains("numeric feature"));
        for roots in [&[0, 8][..], &[1, 3], &[0, 0], &[0, -3], &[]] {
            assert!(refused(TreeArrays { roots, ..TREES }).contains("Roots"));
        }
    }

    #[test]
    fn a_stop_is_noticed() {
        let flag = CancelFlag::default();
        flag.cancel();
        let ensemble = TreeEnsemble::new(&TREES, &NO_CATEGORIES, &FORM).unwrap();
        let found = ensemble.predict(&[0.0; 64], &Workers::sequential(flag));
        assert_eq!(found, Err(Error::Cancelled));
    }
}
