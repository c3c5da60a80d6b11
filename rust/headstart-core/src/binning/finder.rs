//! Search for the bin of a value: a table gives a start, then one or two comparisons.

use crate::order::key;

use super::MISSING;

const N_PLACES: usize = 8192;
const BLOCK: usize = 512;
/// Cuts, padded with +inf so that a search may read past the last one.
const N_CUTS: usize = 512;

/// A search for bins: the number of cuts below a value.
#[derive(Debug)]
pub(super) struct Finder {
    cuts: Box<[f64; N_CUTS]>,
    /// For each place, the number of cuts at lower places.
    first: Box<[u8; N_PLACES]>,
    grid: Grid,
    /// Number of comparisons for the place with the most cuts.
    n_steps: u32,
}

/// A monotone map from values to `N_PLACES` places.
#[derive(Debug, Clone, Copy)]
enum Grid {
    /// Places of equal width, for columns without long tails.
    Even { low: f64, high: f64, scale: f64 },
    /// Places of about equal ratio, from the leading bits of the float.
    Bits { low: u64, high: u64, shift: u32 },
}

impl Grid {
    fn even(low: f64, high: f64) -> Option<Self> {
        let scale = (N_PLACES - 1) as f64 / (high - low);
        (low < high && scale.is_finite() && scale > 0.0).then_some(Self::Even { low, high, scale })
    }

    fn bits(low: f64, high: f64) -> Self {
        let (low, high) = (key(low), key(high));
        let used = u64::BITS - (high - low).leading_zeros();
        let shift = used.saturating_sub(N_PLACES.ilog2());
        Self::Bits { low, high, shift }
    }

    /// Compute the places of up to `BLOCK` values. NaN gets any place.
    #[inline]
    fn places(self, values: &[f64], places: &mut [u16; BLOCK]) {
        match self {
            Self::Even { low, high, scale } => {
                // The low bits of 2^52 + x are the integer next to x.
                let round = (1_u64 << 52) as f64;
                for (place, &value) in places.iter_mut().zip(values) {
                    let value = if value > low { value } else { low };
                    let value = if value < high { value } else { high };
                    *place = ((value - low) * scale + round).to_bits() as u16;
                }
            }
            Self::Bits { low, high, shift } => {
                for (place, &value) in places.iter_mut().zip(values) {
                    *place = ((key(value).clamp(low, high) - low) >> shift) as u16;
                }
            }
        }
    }
}

impl Finder {
    pub(super) fn new(cuts: &[f64]) -> Self {
        let mut padded = Box::new([f64::INFINITY; N_CUTS]);
        padded[..cuts.len()].copy_from_slice(cuts);
        // A cut at an infinity has the place at its end of the grid.
        let finite = || cuts.iter().copied().filter(|cut| cut.is_finite());
        let low = finite().next().unwrap_or(0.0);
        let high = finite().next_back().unwrap_or(0.0);
        let by_bits = Grid::bits(low, high);
        let mut best = Self::on(by_bits, &padded, cuts.len());
        if let Some(even) = Grid::even(low, high) {
            let other = Self::on(even, &padded, cuts.len());
            if other.n_steps <= best.n_steps {
                best = other;
            }
        }
        best
    }

    fn on(grid: Grid, cuts: &[f64; N_CUTS], n_cuts: usize) -> Self {
        let mut places = [0; BLOCK];
        grid.places(cuts, &mut places);
        let mut first = Box::new([0_u8; N_PLACES]);
        let (mut filled, mut fullest) = (0, 0);
        for (cut, place) in places[..n_cuts].iter().map(|&p| p as usize).enumerate() {
            // Places up to and including this one have `cut` cuts before them.
            if place >= filled {
                first[filled..=place].fill(cut as u8);
                filled = place + 1;
            }
            fullest = fullest.max(cut + 1 - first[place] as usize);
        }
        first[filled..].fill(n_cuts as u8);
        Self {
            cuts: Box::new(*cuts),
            first,
            grid,
            n_steps: usize::BITS - fullest.leading_zeros(),
        }
    }

    /// Write the codes of `values`.
    pub(super) fn find(&self, values: &[f64], codes: &mut [u8]) {
        match self.n_steps {
            0 | 1 => self.find_in::<1>(values, codes),
            2 => self.find_in::<2>(values, codes),
            3 => self.find_in::<3>(values, codes),
            4 => self.find_in::<4>(values, codes),
            _ => self.find_in::<8>(values, codes),
        }
    }

    fn find_in<const N_STEPS: u32>(&self, values: &[f64], codes: &mut [u8]) {
        let mut places = [0; BLOCK];
        for (values, codes) in values.chunks(BLOCK).zip(codes.chunks_mut(BLOCK)) {
            self.grid.places(values, &mut places);
            for ((&value, &place), code) in values.iter().zip(&places).zip(codes) {
                let mut bin = self.first[place as usize % N_PLACES] as usize;
                for step in (0..N_STEPS).rev().map(|step| 1 << step) {
                    let is_above = self.cuts[(bin + step - 1) % N_CUTS] < value;
                    bin += usize::from(is_above) * step;
                }
                *code = if value.is_nan() { MISSING } else { bin as u8 };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn a_bin_is_the_number_of_cuts_below(
            mut cuts in prop::collection::vec(
                prop_oneof![any::<f64>(), -1.0..1.0, 1.0..1.000_000_1, Just(f64::NEG_INFINITY)],
                0..255,
            ),
            more in prop::collection::vec(prop_oneof![any::<f64>(), -1.0..1.1], 0..50),
        ) {
            cuts.retain(|cut| !cut.is_nan() && *cut < f64::INFINITY);
            cuts.sort_unstable_by(f64::total_cmp);
            cuts.dedup();
            cuts.truncate(254);
            let values: Vec<f64> = cuts
                .iter()
                .flat_map(|&cut| [cut.next_down(), cut, cut.next_up()])
                .chain(more)
                .chain([f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0])
                .collect();
            let mut codes = vec![0; values.len()];
            Finder::new(&cuts).find(&values, &mut codes);
            for (&value, &code) in values.iter().zip(&codes) {
                let expected = if value.is_nan() {
                    MISSING
                } else {
                    cuts.iter().filter(|&&cut| cut < value).count() as u8
                };
                prop_assert_eq!(code, expected, "{} in {:?}", value, &cuts);
            }
        }
    }
}
