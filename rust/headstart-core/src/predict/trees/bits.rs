//! Small trees: all conditions are evaluated at once, without traversal.
//!
//! The leaves of a tree are numbered from left to right, and each row has one bit per leaf
//! that it may still reach. A condition that sends a row to the right clears the bits of
//! the leaves on the left. The lowest remaining bit is the row's leaf. Conditions are
//! evaluated for many rows at once, without branches or row-dependent addresses, which SIMD
//! registers do several times as fast as a traversal.
//!
//! C. Lucchese et al., "`QuickScorer`", SIGIR 2015; R. Ye et al., "`RapidScorer`", KDD 2018.

use std::ops::Range;

use super::number::{Bits, Number};
use super::panel::{CodeColumns, LANES};
use super::{CATEGORICAL, Categories, FEATURE, MISSING_LEFT, Node};

/// Largest number of bit columns for the codes of one feature.
const MOST_COLUMNS: usize = 8;

/// The small trees of an ensemble.
#[derive(Debug, Clone)]
pub(super) struct SmallTrees<T: Number> {
    /// Range of each tree's parts in `parts`; empty for a tree that is traversed.
    trees: Vec<Range<usize>>,
    parts: Vec<Part>,
    cuts: Vec<Cut<T>>,
    set_cuts: Vec<SetCut<T>>,
    words: Vec<Word<T>>,
    pub(super) columns: Vec<CodeColumns>,
    pub(super) n_columns: usize,
}

/// The conditions on one part of a tree's leaves, as many as there are bits.
#[derive(Debug, Clone)]
struct Part {
    /// Range in `cuts` of cuts that send missing values to the left.
    missing_left: Range<usize>,
    /// Range in `cuts` of cuts that send missing values to the right.
    missing_right: Range<usize>,
    /// Range in `set_cuts`.
    sets: Range<usize>,
}

#[derive(Debug, Clone, Copy)]
struct Cut<T: Number> {
    threshold: T,
    feature: u32,
    /// Leaves on the left.
    left: T::Bits,
}

#[derive(Debug, Clone)]
struct SetCut<T: Number> {
    /// Range in `words`: bits of the set that goes left, with missing values if they go
    /// left.
    words: Range<usize>,
    left: T::Bits,
}

#[derive(Debug, Clone, Copy)]
struct Word<T: Number> {
    column: usize,
    bits: T::Bits,
}

/// All conditions of a small tree.
pub(super) struct Questions<'a, T: Number> {
    small: &'a SmallTrees<T>,
    parts: &'a [Part],
}

impl<T: Number> Questions<'_, T> {
    /// Return the index, from the left, of the leaf of each row of a group.
    ///
    /// `rows` has the values of each feature, `codes` the bits of each column.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "compiled for each kind of register")]
    pub(super) fn leaves(&self, rows: &[[T; LANES]], codes: &[[T::Bits; LANES]]) -> [u32; LANES] {
        let Some((last, before)) = self.parts.split_last() else {
            return [0; LANES];
        };
        let base = before.len() as u32 * T::Bits::N;
        let reachable = self.reachable(last, rows, codes);
        let mut leaves = reachable.map(|reachable| base + reachable.least());
        for (place, part) in before.iter().enumerate().rev() {
            let base = place as u32 * T::Bits::N;
            let reachable = self.reachable(part, rows, codes);
            for (leaf, reachable) in leaves.iter_mut().zip(reachable) {
                if reachable != T::Bits::NONE {
                    *leaf = base + reachable.least();
                }
            }
        }
        leaves
    }

    /// Return the leaves of one part of a tree that each row may reach.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "compiled for each kind of register")]
    fn reachable(
        &self,
        part: &Part,
        rows: &[[T; LANES]],
        codes: &[[T::Bits; LANES]],
    ) -> [T::Bits; LANES] {
        // Indexed, because loops with iterators are not vectorised.
        let mut reachable = [T::Bits::ALL; LANES];
        for cut in &self.small.cuts[part.missing_left.clone()] {
            let values = &rows[cut.feature as usize];
            for lane in 0..LANES {
                let goes_right = T::Bits::all_if(values[lane] > cut.threshold);
                reachable[lane] &= !(goes_right & cut.left);
            }
        }
        for cut in &self.small.cuts[part.missing_right.clone()] {
            let values = &rows[cut.feature as usize];
            for lane in 0..LANES {
                let goes_left = T::Bits::all_if(values[lane] <= cut.threshold);
                reachable[lane] &= !(!goes_left & cut.left);
            }
        }
        for cut in &self.small.set_cuts[part.sets.clone()] {
            let mut matched = [T::Bits::NONE; LANES];
            for word in &self.small.words[cut.words.clone()] {
                for lane in 0..LANES {
                    matched[lane] |= codes[word.column][lane] & word.bits;
                }
            }
            for lane in 0..LANES {
                let goes_right = T::Bits::all_if(matched[lane] == T::Bits::NONE);
                reachable[lane] &= !(goes_right & cut.left);
            }
        }
        reachable
    }
}

/// The sets of categorical conditions.
pub(super) struct Sets<'a> {
    pub(super) offsets: &'a [usize],
    pub(super) words: &'a [u32],
}

impl<T: Number> SmallTrees<T> {
    /// Return the small trees among checked and renumbered trees.
    pub(super) fn new(
        nodes: &[Node<T>],
        roots: &[u32],
        categories: &[Categories],
        sets: &Sets<'_>,
    ) -> Self {
        let (columns, n_columns) = place_codes::<T>(nodes, categories, sets);
        let mut small = Self {
            trees: Vec::with_capacity(roots.len()),
            parts: Vec::new(),
            cuts: Vec::new(),
            set_cuts: Vec::new(),
            words: Vec::new(),
            columns,
            n_columns,
        };
        for (tree, &root) in roots.iter().enumerate() {
            let next = roots.get(tree + 1);
            let end = next.map_or(nodes.len(), |&next| next as usize);
            let start = small.parts.len();
            small.take(nodes, root as usize..end, sets);
            small.trees.push(start..small.parts.len());
        }
        small
    }

    /// Return the conditions of a tree; `None` if it is not small.
    pub(super) fn questions(&self, tree: usize) -> Option<Questions<'_, T>> {
        let parts = &self.parts[self.trees[tree].clone()];
        (!parts.is_empty()).then_some(Questions { small: self, parts })
    }

    /// Append the parts of a tree if it is small.
    fn take(&mut self, nodes: &[Node<T>], tree: Range<usize>, sets: &Sets<'_>) {
        let is_inner = |&node: &usize| nodes[node].left as usize != node;
        let is_set = |node: usize| nodes[node].question & CATEGORICAL != 0;
        let (counts, places) = number_leaves(nodes, tree.clone());
        let has_wide_set = || {
            let mut inner = tree.clone().filter(is_inner);
            inner.any(|node| is_set(node) && self.columns_of(&nodes[node]).is_none())
        };
        let n_parts = counts[0].div_ceil(T::Bits::N);
        if n_parts > T::MOST_PARTS || has_wide_set() {
            return;
        }
        for part in 0..n_parts {
            let first = part * T::Bits::N;
            // Conditions with leaves of this part on their left.
            let left_leaves = |node: usize| {
                let start = places[node - tree.start];
                let end = start + counts[nodes[node].left as usize - tree.start];
                let (start, end) = (start.max(first), end.min(first + T::Bits::N));
                (start < end).then(|| T::Bits::range(start - first, end - start))
            };
            let asked: Vec<_> = tree
                .clone()
                .filter(is_inner)
                .filter_map(|node| Some((node, left_leaves(node)?)))
                .collect();
            let [missing_left, missing_right] = [MISSING_LEFT, 0].map(|missing| {
                let start = self.cuts.len();
                for &(node, left) in &asked {
                    let question = nodes[node].question;
                    if !is_set(node) && question & MISSING_LEFT == missing {
                        self.cuts.push(Cut {
                            threshold: nodes[node].threshold,
                            feature: question & FEATURE,
                            left,
                        });
                    }
                }
                start..self.cuts.len()
            });
            let start = self.set_cuts.len();
            for &(node, left) in asked.iter().filter(|&&(node, _)| is_set(node)) {
                let words = self.take_set(&nodes[node], sets);
                self.set_cuts.push(SetCut { words, left });
            }
            self.parts.push(Part {
                missing_left,
                missing_right,
                sets: start..self.set_cuts.len(),
            });
        }
    }

    fn columns_of(&self, node: &Node<T>) -> Option<CodeColumns> {
        let feature = (node.question & FEATURE) as usize;
        let place = self
            .columns
            .binary_search_by_key(&feature, |columns| columns.feature);
        place.ok().map(|place| self.columns[place])
    }

    fn take_set(&mut self, node: &Node<T>, sets: &Sets<'_>) -> Range<usize> {
        let start = self.words.len();
        let Some(columns) = self.columns_of(node) else {
            return start..start;
        };
        let codes = sets
            .codes(node.threshold.to_index())
            .take_while(|&code| code < columns.n_codes);
        let missing = (node.question & MISSING_LEFT != 0).then_some(columns.n_codes);
        for code in codes.chain(missing) {
            let (column, bit) = columns.place::<T::Bits>(code);
            match self.words[start..].last_mut() {
                Some(word) if word.column == column => word.bits |= bit,
                _ => self.words.push(Word { column, bits: bit }),
            }
        }
        start..self.words.len()
    }
}

impl Sets<'_> {
    /// Return the codes of a set, ascending.
    fn codes(&self, set: u32) -> impl Iterator<Item = usize> {
        let set = set as usize;
        let words = &self.words[self.offsets[set]..self.offsets[set + 1]];
        words.iter().enumerate().flat_map(|(place, &word)| {
            (0..32)
                .filter(move |bit| (word >> bit) & 1 == 1)
                .map(move |bit| place * 32 + bit)
        })
    }

    /// Return a number above all codes of a set.
    fn end(&self, set: u32) -> usize {
        let set = set as usize;
        let words = &self.words[self.offsets[set]..self.offsets[set + 1]];
        match words.iter().rposition(|&word| word != 0) {
            Some(last) => last * 32 + 32 - words[last].leading_zeros() as usize,
            None => 0,
        }
    }
}

/// Assign columns of bits to the codes of each categorical feature with few codes.
fn place_codes<T: Number>(
    nodes: &[Node<T>],
    categories: &[Categories],
    sets: &Sets<'_>,
) -> (Vec<CodeColumns>, usize) {
    let mut n_codes = vec![0; categories.len()];
    for node in nodes {
        if node.question & CATEGORICAL == 0 {
            continue;
        }
        let feature = (node.question & FEATURE) as usize;
        let place = categories.binary_search_by_key(&feature, |known| known.feature);
        if let Ok(place) = place {
            n_codes[place] = sets.end(node.threshold.to_index()).max(n_codes[place]);
        }
    }
    let mut columns = Vec::new();
    let mut first = 0;
    for (categories, n_codes) in categories.iter().zip(n_codes) {
        // One more bit for missing values.
        let needed = (n_codes + 1).div_ceil(T::Bits::N as usize);
        if needed <= MOST_COLUMNS {
            columns.push(CodeColumns {
                feature: categories.feature,
                first,
                n_codes,
            });
            first += needed;
        }
    }
    (columns, first)
}

/// Return, for each node of a tree, the number of leaves below it, and to the left of it.
pub(super) fn number_leaves<T>(nodes: &[Node<T>], tree: Range<usize>) -> (Vec<u32>, Vec<u32>) {
    let root = tree.start;
    let mut counts = vec![1; tree.len()];
    let mut places = vec![0; tree.len()];
    let left_of = |node: usize| {
        let left = nodes[node].left as usize;
        (left != node).then(|| left - root)
    };
    // Children come after their parents.
    for node in tree.clone().rev() {
        if let Some(left) = left_of(node) {
            counts[node - root] = counts[left] + counts[left + 1];
        }
    }
    for node in tree {
        if let Some(left) = left_of(node) {
            places[left] = places[node - root];
            places[left + 1] = places[left] + counts[left];
        }
    }
    (counts, places)
}
