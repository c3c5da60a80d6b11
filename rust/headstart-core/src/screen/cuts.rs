//! Cuts between the bins of a candidate's values, from a sample of them.

/// The cuts of `2^depth` bins as an implicit binary search tree, level by level: node `i`
/// of level `l` has index `2^l - 1 + i`.
///
/// The bin of a value is the number of cuts below it. Missing or infinite values have bin
/// `2^depth`. Cuts may be equal; the bins between them then stay empty.
#[derive(Debug, Clone)]
pub(super) struct Cuts {
    pub(super) depth: u32,
    pub(super) nodes: Vec<f32>,
    keys: Vec<i32>,
    sorted: Vec<f32>,
}

impl Cuts {
    /// Return cuts for `2^depth` bins; at least 16.
    pub(super) fn new(depth: u32) -> Self {
        Self {
            depth,
            nodes: vec![0.0; (1 << depth) - 1],
            keys: Vec::new(),
            sorted: Vec::new(),
        }
    }

    /// Return the number of bins, without that of missing values.
    pub(super) fn n_bins(&self) -> usize {
        1 << self.depth
    }

    /// Set the cuts to the quantiles of a sample. Return false, without cuts, if it has no
    /// two distinct values.
    pub(super) fn learn(&mut self, sample: impl Iterator<Item = f32>) -> bool {
        self.keys.clear();
        self.keys
            .extend(sample.filter(|value| value.is_finite()).map(ordered_key));
        self.keys.sort_unstable();
        let (Some(first), Some(last)) = (self.keys.first(), self.keys.last()) else {
            return false;
        };
        if value_of(*first) >= value_of(*last) {
            return false;
        }
        let n_bins = self.n_bins();
        self.sorted.clear();
        self.sorted.extend((1..n_bins).map(|bin| {
            // The quantile of the sample at `bin / n_bins`.
            value_of(self.keys[(bin * self.keys.len() / n_bins).saturating_sub(1)])
        }));
        for level in 0..self.depth {
            let (start, stride) = ((1 << level) - 1, 1 << (self.depth - 1 - level));
            for i in 0..1 << level {
                self.nodes[start + i] = self.sorted[(2 * i + 1) * stride - 1];
            }
        }
        true
    }

    /// Return the bin of one value.
    #[inline]
    pub(super) fn bin(&self, value: f32) -> u32 {
        if !value.is_finite() {
            return 1 << self.depth;
        }
        let mut place = 0;
        for level in 0..self.depth {
            let node = self.nodes[(1 << level) - 1 + place];
            place = 2 * place + usize::from(value > node);
        }
        place as u32
    }
}

/// Return a whole number with the order of the float, whose sort is twice as fast.
#[inline]
fn ordered_key(value: f32) -> i32 {
    let bits = value.to_bits() as i32;
    bits ^ (((bits >> 31) as u32) >> 1) as i32
}

#[inline]
fn value_of(key: i32) -> f32 {
    f32::from_bits((key ^ (((key >> 31) as u32) >> 1) as i32) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_counts_the_cuts_below_a_value() {
        let mut cuts = Cuts::new(4);
        assert!(cuts.learn((0..160).map(|value| value as f32)));
        for value in -5_i32..170 {
            let expected = (1..16).filter(|k| value > k * 10 - 1).count() as u32;
            assert_eq!(cuts.bin(value as f32), expected, "{value}");
        }
        assert_eq!(cuts.bin(f32::NAN), 16);
        assert_eq!(cuts.bin(f32::NEG_INFINITY), 16);
    }

    #[test]
    fn keys_are_ordered_as_floats_and_come_back() {
        let values = [-3.5, -1.0e-30, -0.0, 0.0, 1.0e-30, 2.0, f32::MAX];
        assert!(values.map(ordered_key).is_sorted());
        assert_eq!(values.map(|value| value_of(ordered_key(value))), values);
    }

    #[test]
    fn a_constant_or_missing_sample_cannot_be_cut() {
        let mut cuts = Cuts::new(4);
        assert!(!cuts.learn([1.0; 9].into_iter()));
        assert!(!cuts.learn([-0.0, 0.0].into_iter()));
        assert!(!cuts.learn([f32::NAN, f32::INFINITY].into_iter()));
        assert!(!cuts.learn([].into_iter()));
    }
}
