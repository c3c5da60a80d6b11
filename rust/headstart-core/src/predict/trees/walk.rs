//! Traversal of a tree by several rows together.

use super::number::Number;
use super::{CATEGORICAL, FEATURE, MISSING_LEFT, Node, TreeEnsemble};

impl TreeEnsemble {
    /// Return the leaves of `N` rows, from `first_lane` on. `SETS`: nodes may be
    /// categorical; `MISSING`: values may be missing.
    #[inline]
    pub(super) fn walk<
        T: Number,
        const N: usize,
        const WIDTH: usize,
        const SETS: bool,
        const MISSING: bool,
    >(
        &self,
        nodes: &[Node<T>],
        root: u32,
        rows: &[[T; WIDTH]],
        first_lane: usize,
    ) -> [u32; N] {
        let mut at = [root; N];
        loop {
            let mut moved = 0;
            for (lane, at) in at.iter_mut().enumerate() {
                let node = nodes[*at as usize];
                let value = rows[(node.question & FEATURE) as usize][first_lane + lane];
                let missing_left = node.question & MISSING_LEFT != 0;
                let goes_left = if SETS && node.question & CATEGORICAL != 0 {
                    if value.is_nan() {
                        missing_left
                    } else {
                        self.is_in_set(node.threshold.to_index() as usize, value.into())
                    }
                } else {
                    // Bitwise, because both sides are cheaper than a branch.
                    (value <= node.threshold) | (MISSING && value.is_nan() & missing_left)
                };
                let next = node.left + u32::from(!goes_left);
                moved |= next ^ *at;
                *at = next;
            }
            if moved == 0 {
                return at.map(|node| self.leaf[node as usize]);
            }
        }
    }

    fn is_in_set(&self, set: usize, code: f64) -> bool {
        let words = &self.sets[self.set_offsets[set]..self.set_offsets[set + 1]];
        let code = code as usize;
        words
            .get(code / 32)
            .is_some_and(|word| (word >> (code % 32)) & 1 == 1)
    }
}
