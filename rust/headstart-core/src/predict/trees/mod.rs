//! Ensembles of decision trees, checked once and then safe to evaluate on any input.
//!
//! The condition of a node is `x <= threshold` or, for a categorical feature, that the code
//! of `x` is in a set. Each node has a direction for missing values. Inputs, thresholds and
//! sums have the precision of the library that fitted the trees, so that raw predictions
//! are bitwise equal to its own. All conditions of a small tree are evaluated at once;
//! other trees are traversed. For the traversal, nodes are renumbered: the two children of
//! a node are neighbours, and a leaf is its own left child. Eight rows then traverse a tree
//! together without unpredictable branches.

mod bits;
mod check;
mod evaluate;
mod number;
mod panel;
mod simd;
#[cfg(test)]
mod tests;
mod walk;

use bits::{Sets, SmallTrees, number_leaves};

use check::{check_categories, check_form, check_nodes, check_roots, check_values};
use number::Number;

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
    /// Feature of each inner node.
    pub feature: &'a [i32],
    /// Largest value that goes left; not NaN at an inner node.
    pub threshold: &'a [f64],
    /// 1 if missing values go left, 0 if they go right.
    pub missing_left: &'a [u8],
    /// Set of an inner node on a categorical feature, else -1.
    pub category_set: &'a [i32],
    /// One row per leaf, with as many columns as outputs, or one column, which tree `t`
    /// adds to output `t % n_outputs`.
    pub values: &'a [f64],
}

/// Features whose values are categories.
#[derive(Debug, Clone, Copy)]
pub struct CategoryArrays<'a> {
    /// The categorical features, ascending.
    pub features: &'a [i32],
    /// Values of feature `features[i]`: `values[offsets[i]..offsets[i + 1]]`.
    pub offsets: &'a [i64],
    /// Ascending values of each feature; the position is the code, and other values count
    /// as missing. If the list is empty, values are truncated to codes; negative codes and
    /// codes beyond a set are not in it.
    pub values: &'a [f64],
    /// Words of set `s`: `sets[set_offsets[s]..set_offsets[s + 1]]`.
    pub set_offsets: &'a [i64],
    /// Sets of codes that go left: bit `c % 32` of word `c / 32`. All other codes go
    /// right.
    pub sets: &'a [u32],
}

/// The inputs and outputs of the trees.
#[derive(Debug, Clone, Copy)]
pub struct TreeForm<'a> {
    /// Columns of the input.
    pub n_features: usize,
    /// Start of the sum, one value per output.
    pub baseline: &'a [f64],
    /// Whether to divide the sum by the number of trees.
    pub mean: bool,
    /// Whether to round inputs to single precision before comparisons.
    pub single_precision: bool,
    /// Whether to sum in single precision.
    pub single_sums: bool,
    /// Inputs are first clipped to plus and minus this number; infinite for no clipping.
    pub largest: f64,
}

/// The arrays of a [`TreeEnsemble`], in its own order.
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
struct Node<T> {
    /// Threshold. For a categorical node, its bits are the index of the set; for a leaf, it
    /// is infinite.
    threshold: T,
    /// Left child, which the right child follows; a leaf is its own child.
    left: u32,
    /// Feature and flags.
    question: u32,
}

/// All trees, with thresholds in the precision of comparisons.
#[derive(Debug, Clone)]
enum Nodes {
    Single(Trees<f32>),
    Double(Trees<f64>),
}

/// All nodes, and additionally the small trees.
#[derive(Debug, Clone)]
struct Trees<T: Number> {
    nodes: Vec<Node<T>>,
    small: SmallTrees<T>,
}

#[derive(Debug, Clone)]
struct Categories {
    feature: usize,
    /// Empty where values are codes.
    values: Vec<f64>,
}

/// An ensemble of decision trees, whose values are summed.
#[derive(Debug, Clone)]
pub struct TreeEnsemble {
    roots: Vec<u32>,
    /// Whether each tree has a categorical node.
    has_sets: Vec<bool>,
    nodes: Nodes,
    /// Row of `values` of each node that is a leaf.
    leaf: Vec<u32>,
    /// Rows of the leaves, from left to right within a tree.
    values: Vec<f64>,
    /// Row of `values` of the leftmost leaf of each tree.
    first_leaf: Vec<u32>,
    n_value_columns: usize,
    categories: Vec<Categories>,
    set_offsets: Vec<usize>,
    sets: Vec<u32>,
    n_features: usize,
    baseline: Vec<f64>,
    mean: bool,
    single_sums: bool,
    largest: f64,
}

impl TreeEnsemble {
    /// Return the ensemble of checked arrays.
    ///
    /// # Errors
    /// [`Error::Value`] or [`Error::Shape`] if the arrays are not trees, or refer to absent
    /// features or sets.
    pub fn new(
        trees: &TreeArrays<'_>,
        categories: &CategoryArrays<'_>,
        form: &TreeForm<'_>,
    ) -> Result<Self, Error> {
        check_form(trees, form)?;
        let (listed, set_offsets) = check_categories(categories, form.n_features)?;
        let roots = check_roots(trees)?;
        check_nodes(trees, &roots, categories, form.n_features)?;
        let n_leaves = trees.left.iter().filter(|&&child| child < 0).count();
        let n_value_columns = check_values(trees, form, n_leaves)?;
        let mut leaves = Leaves::new(trees, n_value_columns);
        let sets = Sets {
            offsets: &set_offsets,
            words: categories.sets,
        };
        let nodes = if form.single_precision {
            Nodes::Single(take(trees, &roots, &listed, &sets, &mut leaves))
        } else {
            Nodes::Double(take(trees, &roots, &listed, &sets, &mut leaves))
        };
        let ends = roots.iter().skip(1).map(|&root| root as usize);
        let has_sets = roots
            .iter()
            .zip(ends.chain([trees.left.len()]))
            .map(|(&root, end)| trees.has_set(root as usize..end))
            .collect();
        Ok(Self {
            roots,
            has_sets,
            nodes,
            leaf: leaves.of_node,
            values: leaves.values,
            first_leaf: leaves.first,
            n_value_columns,
            categories: listed,
            set_offsets,
            sets: categories.sets.to_vec(),
            n_features: form.n_features,
            baseline: form.baseline.to_vec(),
            mean: form.mean,
            single_sums: form.single_sums,
            largest: form.largest,
        })
    }

    /// Number of trees.
    pub fn n_trees(&self) -> usize {
        self.roots.len()
    }

    /// Number of nodes of all trees.
    pub fn n_nodes(&self) -> usize {
        self.leaf.len()
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

    /// Return the trees as arrays, from which [`TreeEnsemble::new`] makes an equal
    /// ensemble.
    pub fn stored(&self) -> StoredTrees {
        let mut stored = StoredTrees {
            roots: self.roots.iter().map(|&root| i64::from(root)).collect(),
            ..StoredTrees::default()
        };
        match &self.nodes {
            Nodes::Single(trees) => store(&trees.nodes, &mut stored),
            Nodes::Double(trees) => store(&trees.nodes, &mut stored),
        }
        for (&left, &row) in stored.left.iter().zip(&self.leaf) {
            if left < 0 {
                let start = row as usize * self.n_value_columns;
                let values = &self.values[start..start + self.n_value_columns];
                stored.values.extend_from_slice(values);
            }
        }
        stored
    }
}

/// Values of leaves, copied tree by tree.
struct Leaves {
    /// For each old node that is a leaf, the number of leaves before it.
    old_rows: Vec<u32>,
    of_node: Vec<u32>,
    first: Vec<u32>,
    values: Vec<f64>,
    width: usize,
    n_taken: u32,
}

impl Leaves {
    fn new(trees: &TreeArrays<'_>, width: usize) -> Self {
        let mut n_leaves = 0;
        let count = |&child: &i32| {
            let row = n_leaves;
            n_leaves += u32::from(child < 0);
            row
        };
        Self {
            old_rows: trees.left.iter().map(count).collect(),
            of_node: Vec::with_capacity(trees.left.len()),
            first: Vec::with_capacity(trees.roots.len()),
            values: vec![0.0; trees.values.len()],
            width,
            n_taken: 0,
        }
    }

    /// Copy the leaves of the last tree in `nodes`; `order` has the old index of each of
    /// its nodes.
    fn take<T>(&mut self, trees: &TreeArrays<'_>, nodes: &[Node<T>], order: &[usize]) {
        let root = nodes.len() - order.len();
        let (counts, places) = number_leaves(nodes, root..nodes.len());
        for (&old, place) in order.iter().zip(places) {
            if trees.left[old] >= 0 {
                self.of_node.push(0);
                continue;
            }
            let row = self.n_taken + place;
            let (from, to) = (self.old_rows[old] as usize, row as usize);
            self.values[to * self.width..(to + 1) * self.width]
                .copy_from_slice(&trees.values[from * self.width..(from + 1) * self.width]);
            self.of_node.push(row);
        }
        self.first.push(self.n_taken);
        self.n_taken += counts[0];
    }
}

impl TreeArrays<'_> {
    fn has_set(&self, nodes: std::ops::Range<usize>) -> bool {
        nodes
            .into_iter()
            .any(|node| self.left[node] >= 0 && self.category_set[node] >= 0)
    }
}

/// Return checked trees in the form for evaluation.
fn take<T: Number>(
    trees: &TreeArrays<'_>,
    roots: &[u32],
    categories: &[Categories],
    sets: &Sets<'_>,
    leaves: &mut Leaves,
) -> Trees<T> {
    let nodes = renumber(trees, roots, leaves);
    let small = SmallTrees::new(&nodes, roots, categories, sets);
    Trees { nodes, small }
}

/// Return the nodes of checked trees, in breadth-first order within a tree.
fn renumber<T: Number>(trees: &TreeArrays<'_>, roots: &[u32], leaves: &mut Leaves) -> Vec<Node<T>> {
    let mut nodes = Vec::with_capacity(trees.left.len());
    let mut order = Vec::new();
    for &root in roots {
        let base = nodes.len();
        order.clear();
        order.push(root as usize);
        let mut next = 0;
        while let Some(&old) = order.get(next) {
            let new = base + next;
            next += 1;
            if trees.left[old] < 0 {
                nodes.push(Node {
                    threshold: T::INFINITY,
                    left: new as u32,
                    question: MISSING_LEFT,
                });
                continue;
            }
            let mut question = trees.feature[old] as u32;
            let mut threshold = T::rounded_down(trees.threshold[old]);
            if trees.missing_left[old] != 0 {
                question |= MISSING_LEFT;
            }
            if trees.category_set[old] >= 0 {
                question |= CATEGORICAL;
                threshold = T::from_index(trees.category_set[old] as u32);
            }
            nodes.push(Node {
                threshold,
                left: (base + order.len()) as u32,
                question,
            });
            order.push(trees.left[old] as usize);
            order.push(trees.right[old] as usize);
        }
        leaves.take(trees, &nodes, &order);
    }
    nodes
}

/// Append the nodes' arrays.
fn store<T: Number>(nodes: &[Node<T>], stored: &mut StoredTrees) {
    for (index, node) in nodes.iter().enumerate() {
        let is_leaf = node.left as usize == index;
        let is_set = node.question & CATEGORICAL != 0;
        stored
            .left
            .push(if is_leaf { -1 } else { node.left as i32 });
        stored.feature.push((node.question & FEATURE) as i32);
        stored.threshold.push(if is_leaf || is_set {
            0.0
        } else {
            node.threshold.into()
        });
        stored
            .missing_left
            .push(u8::from(!is_leaf && node.question & MISSING_LEFT != 0));
        stored.category_set.push(if is_set {
            node.threshold.to_index() as i32
        } else {
            -1
        });
    }
}
