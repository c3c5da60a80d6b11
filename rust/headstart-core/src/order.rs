//! Sorting of floats: keys with the same order, and radix sorts.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

use crate::{Error, Workers};

/// Bits per digit of the radix sort; the remaining bits are rarely needed.
const DIGIT: u32 = 11;
const N_DIGITS: u32 = 3;
const N_BUCKETS: usize = 1 << DIGIT;

/// Ties between two checks for cancellation.
const TIES: usize = 1 << 16;

/// Fewer values than this are sorted by comparison.
const SMALL: usize = 512;

/// Return an integer with the order of the float, with both zeros equal and NaN at the
/// ends.
#[inline]
pub(crate) fn key(value: f64) -> u64 {
    // Adding zero turns -0.0 into 0.0.
    let bits = (value + 0.0).to_bits();
    let flip = ((bits as i64) >> 63) as u64 | (1 << 63);
    bits ^ flip
}

/// Return the float of a key.
#[inline]
pub(crate) fn value_of(key: u64) -> f64 {
    let flip = (((!key) as i64) >> 63) as u64 | (1 << 63);
    f64::from_bits(key ^ flip)
}

/// Check that whole numbers up to `most` suffice for `n_rows` rows.
///
/// # Errors
/// [`Error::Value`].
pub(crate) fn check_count(n_rows: usize, most: u32) -> Result<(), Error> {
    if u32::try_from(n_rows).is_ok_and(|n_rows| n_rows <= most) {
        Ok(())
    } else {
        Err(Error::value(format!(
            "There may be at most {most} rows. Got {n_rows}. hint: take a sample."
        )))
    }
}

/// Sort keys.
///
/// The leading 33 of the bits in which the keys differ are sorted by counting, which orders
/// nearly all floats; equal runs are sorted by comparison.
pub(crate) fn sort_keys(keys: &mut Vec<u64>, workers: &Workers) -> Result<(), Error> {
    let Some((low, shift)) = span(keys, DIGIT * N_DIGITS) else {
        keys.sort_unstable();
        return Ok(());
    };
    let mut other = vec![0; keys.len()];
    radix(keys, &mut other, workers, |key| (key - low) >> shift)?;
    if shift > 0 {
        for run in keys.chunk_by_mut(|a, b| (a - low) >> shift == (b - low) >> shift) {
            if run.len() > 1 {
                run.sort_unstable();
            }
        }
    }
    Ok(())
}

/// An array that the next column's sort on this thread reuses: new memory pages cost about
/// as much as sorting their content. The thread, and the array, end with the call.
#[derive(Debug)]
pub(crate) struct Scratch(Vec<u64>);

thread_local! {
    static SPARE: RefCell<Vec<Vec<u64>>> = const { RefCell::new(Vec::new()) };
}

impl Scratch {
    /// Return an array with arbitrary content.
    fn any() -> Self {
        Self(SPARE.with_borrow_mut(Vec::pop).unwrap_or_default())
    }

    /// Return the keys of values.
    pub(crate) fn keys(values: impl Iterator<Item = f64>) -> Self {
        let mut keys = Self::any();
        keys.clear();
        keys.extend(values.map(key));
        keys
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let array = std::mem::take(&mut self.0);
        SPARE.with_borrow_mut(|spare| {
            if spare.len() < 4 {
                spare.push(array);
            }
        });
    }
}

impl Deref for Scratch {
    type Target = Vec<u64>;

    fn deref(&self) -> &Vec<u64> {
        &self.0
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut Vec<u64> {
        &mut self.0
    }
}

/// Keys in ascending order, equal keys in their original order.
#[derive(Debug)]
pub(crate) struct Ordered<'a> {
    keys: &'a [u64],
    /// Leading bits of the key, then the index.
    items: Scratch,
    workers: &'a Workers,
}

impl<'a> Ordered<'a> {
    /// Sort fewer than 2^32 keys.
    pub(crate) fn new(keys: &'a [u64], workers: &'a Workers) -> Result<Self, Error> {
        check_count(keys.len(), u32::MAX)?;
        let mut items = Scratch::any();
        items.clear();
        let Some((low, shift)) = span(keys, 32) else {
            items.extend(0..keys.len() as u64);
            items.sort_unstable_by_key(|&item| (keys[item as usize], item));
            return Ok(Self {
                keys,
                items,
                workers,
            });
        };
        let numbered = keys.iter().zip(0_u64..);
        items.extend(numbered.map(|(key, place)| ((key - low) >> shift) << 32 | place));
        let mut other = Scratch::any();
        other.resize(items.len(), 0);
        radix(&mut items, &mut other, workers, |item| item >> 32)?;
        if shift > 0 {
            for run in items.chunk_by_mut(|a, b| a >> 32 == b >> 32) {
                if run.len() > 1 {
                    run.sort_unstable_by_key(|&item| (keys[item as u32 as usize], item));
                }
            }
        }
        Ok(Self {
            keys,
            items,
            workers,
        })
    }

    /// Return the indices in order.
    pub(crate) fn places(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        self.items.iter().map(|&item| item as u32 as usize)
    }

    /// Call `visit` with the rank of the first and the items of each run of equal keys.
    pub(crate) fn each_tie(&self, mut visit: impl FnMut(usize, &[u64])) -> Result<(), Error> {
        let mut first = 0;
        let ties = self.items.chunk_by(|&a, &b| {
            a >> 32 == b >> 32 && self.keys[a as u32 as usize] == self.keys[b as u32 as usize]
        });
        for (number, tie) in ties.enumerate() {
            if number % TIES == 0 {
                self.workers.check()?;
            }
            visit(first, tie);
            first += tie.len();
        }
        Ok(())
    }
}

/// Return the index in an item of [`Ordered::each_tie`].
#[inline]
pub(crate) fn place(item: u64) -> usize {
    item as u32 as usize
}

/// Return the lowest key, and the shift of differences from it that keeps `n_bits`; `None`
/// if comparison is faster.
fn span(keys: &[u64], n_bits: u32) -> Option<(u64, u32)> {
    if keys.len() < SMALL {
        return None;
    }
    let low = keys.iter().copied().min()?;
    let high = keys.iter().copied().max()?;
    let used = u64::BITS - (high - low).leading_zeros();
    Some((low, used.saturating_sub(n_bits)))
}

/// Sort stably by the low 33 bits of `part`.
fn radix(
    items: &mut Vec<u64>,
    other: &mut Vec<u64>,
    workers: &Workers,
    part: impl Fn(u64) -> u64,
) -> Result<(), Error> {
    check_count(items.len(), u32::MAX)?;
    let mask = N_BUCKETS as u64 - 1;
    let mut counts = vec![[0_u32; N_BUCKETS]; N_DIGITS as usize];
    for &item in items.iter() {
        let part = part(item);
        for (digit, counts) in (0..N_DIGITS).zip(&mut counts) {
            counts[(part >> (digit * DIGIT) & mask) as usize] += 1;
        }
    }
    for (digit, counts) in (0..N_DIGITS).zip(&mut counts) {
        workers.check()?;
        if counts.iter().any(|&count| count as usize == items.len()) {
            continue;
        }
        let mut start = 0;
        for count in counts.iter_mut() {
            start += std::mem::replace(count, start);
        }
        for &item in items.iter() {
            let place = &mut counts[(part(item) >> (digit * DIGIT) & mask) as usize];
            other[*place as usize] = item;
            *place += 1;
        }
        std::mem::swap(items, other);
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_gives_its_float_back() {
        for value in [
            f64::NEG_INFINITY,
            f64::MIN,
            -1.5,
            0.0,
            1e-310,
            7.25,
            f64::MAX,
            f64::INFINITY,
        ] {
            assert_eq!(value_of(key(value)).to_bits(), value.to_bits());
        }
        assert_eq!(key(-0.0), key(0.0));
    }

    #[test]
    fn more_rows_than_can_be_numbered_are_refused() {
        assert!(check_count(u32::MAX as usize, u32::MAX).is_ok());
        assert!(check_count(1 << 31, i32::MAX as u32).is_err());
        assert!(check_count(1 << 32, u32::MAX).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn the_order_is_that_of_a_stable_sort(
            values in prop::collection::vec(
                prop_oneof![any::<f64>(), (-3..3_i32).prop_map(f64::from), 1.0..1.000_001],
                0..1500,
            )
        ) {
            let keys: Vec<u64> = values.into_iter().map(key).collect();
            let mut expected: Vec<u32> = (0..keys.len() as u32).collect();
            expected.sort_by_key(|&place| keys[place as usize]);
            let workers = Workers::default();
            let ordered = Ordered::new(&keys, &workers).unwrap();
            let places: Vec<u32> = ordered.places().map(|p| p as u32).collect();
            prop_assert_eq!(&places, &expected);
            let mut sorted = keys.clone();
            sort_keys(&mut sorted, &workers).unwrap();
            prop_assert!(sorted.is_sorted());
            let by_place: Vec<u64> = expected.iter().map(|&p| keys[p as usize]).collect();
            prop_assert_eq!(sorted, by_place);
        }
    }
}
