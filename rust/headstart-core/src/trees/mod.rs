//! Ensembles of decision trees, checked once and then safe to evaluate on any input.
//!
//! A node asks `x <= threshold`, or, for a categorical feature, whether the code of `x`
//! is in a set; missing values go where the node says. Nodes are renumbered so that the
//! two children of a node are neighbours, and a leaf is its own left child: eight rows
//! then walk down a tree in step, without branches that could be guessed wrong.

mod check;
mod evaluate;
#[cfg(test)]
mod tests;

use check::{check_categories, check_form, check_nodes, check_roots, check_values};

use crate::Error;

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
