//! Dense codes for values with 64-bit ids.

use std::ops::Range;

use super::{Words, check_rows};
use crate::{Error, Workers};

const FREE: u32 = u32::MAX;
/// Rows between two checks for cancellation.
const BLOCK: usize = 1 << 16;
/// Rows whose ids are computed together and fit into the L1 cache.
const STRIP: usize = 1 << 9;

/// A hash table with open addressing and linear probing, at most a quarter full: a second
/// probe costs a mispredicted branch.
struct Table {
    slots: Vec<(u64, u32)>,
    shift: u32,
    n_codes: u32,
}

impl Table {
    fn with_room_for(n_codes: usize) -> Self {
        let n_slots = (4 * n_codes).next_power_of_two().max(64);
        Self {
            slots: vec![(0, FREE); n_slots],
            shift: 64 - n_slots.trailing_zeros(),
            n_codes: 0,
        }
    }

    /// Return the slot of `id`, or the free slot for it.
    #[inline]
    fn find(&self, id: u64) -> usize {
        let mask = self.slots.len() - 1;
        // Fibonacci hashing: the high bits of the product depend on all bits.
        let mut place = (id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift) as usize;
        loop {
            let (known, code) = self.slots[place & mask];
            if code == FREE || known == id {
                return place & mask;
            }
            place += 1;
        }
    }

    #[inline]
    fn code_or_new(&mut self, id: u64) -> u32 {
        let place = (id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift) as usize;
        // The likely case needs no loop.
        if let Some(&(known, code)) = self.slots.get(place)
            && known == id
            && code != FREE
        {
            return code;
        }
        self.search_or_add(id)
    }

    #[inline(never)]
    fn search_or_add(&mut self, id: u64) -> u32 {
        let place = self.find(id);
        let code = self.slots[place].1;
        if code != FREE {
            return code;
        }
        let code = self.n_codes;
        self.slots[place] = (id, code);
        self.n_codes += 1;
        if 4 * self.n_codes as usize > self.slots.len() {
            self.grow();
        }
        code
    }

    fn grow(&mut self) {
        let mut larger = Self::with_room_for(self.slots.len() / 2);
        for &(id, code) in self.slots.iter().filter(|slot| slot.1 != FREE) {
            let place = larger.find(id);
            larger.slots[place] = (id, code);
        }
        larger.n_codes = self.n_codes;
        *self = larger;
    }
}

/// Write codes `0, 1, ...` by first appearance into `codes`, equal for equal ids; return
/// the first row of each code.
///
/// # Errors
/// If lengths differ, there are 2³² rows or more, or the work was cancelled.
pub fn factorize(ids: &[u64], codes: &mut [u32], workers: &Workers) -> Result<Vec<u32>, Error> {
    factorize_by(
        ids.len(),
        |rows, out| out.copy_from_slice(&ids[rows]),
        codes,
        workers,
    )
}

/// [`factorize`] of words.
///
/// # Errors
/// As of [`factorize`].
pub fn factorize_words(
    words: &Words<'_>,
    codes: &mut [u32],
    workers: &Workers,
) -> Result<Vec<u32>, Error> {
    factorize_by(
        words.len(),
        |rows, out| words.ids(rows, out),
        codes,
        workers,
    )
}

/// Factorize the ids that `ids_of` writes for a range of rows.
fn factorize_by(
    n_rows: usize,
    ids_of: impl Fn(Range<usize>, &mut [u64]),
    codes: &mut [u32],
    workers: &Workers,
) -> Result<Vec<u32>, Error> {
    check_count(n_rows)?;
    check_rows("codes", n_rows, codes.len())?;
    // 256 kB: up to a thousand codes rarely collide.
    let mut table = Table::with_room_for(1 << 12);
    let mut first_rows = Vec::new();
    let mut ids = [0; STRIP];
    for (block, codes) in codes.chunks_mut(BLOCK).enumerate() {
        workers.check()?;
        let n_known = table.n_codes;
        let first = block * BLOCK;
        for (strip, codes) in codes.chunks_mut(STRIP).enumerate() {
            let ids = &mut ids[..codes.len()];
            let first = first + strip * STRIP;
            ids_of(first..first + codes.len(), ids);
            for (code, &id) in codes.iter_mut().zip(ids.iter()) {
                *code = table.code_or_new(id);
            }
        }
        if table.n_codes > n_known {
            for (row, &code) in (first..).zip(codes.iter()) {
                if code as usize == first_rows.len() {
                    first_rows.push(row as u32);
                }
            }
        }
    }
    Ok(first_rows)
}

/// Return the index of each id in `known`; unknown ids get the length of `known`.
///
/// # Errors
/// If `known` has an id twice, there are 2³² ids or more, or the work was cancelled.
pub fn find_codes(known: &[u64], ids: &[u64], workers: &Workers) -> Result<Vec<u32>, Error> {
    check_count(known.len())?;
    let mut table = Table::with_room_for(known.len());
    for &id in known {
        table.code_or_new(id);
    }
    if table.n_codes as usize != known.len() {
        return Err(Error::value("known ids must differ."));
    }
    let mut codes = Vec::with_capacity(ids.len());
    for ids in ids.chunks(BLOCK) {
        workers.check()?;
        codes.extend(ids.iter().map(|&id| {
            let code = table.slots[table.find(id)].1;
            code.min(table.n_codes)
        }));
    }
    Ok(codes)
}

fn check_count(n_ids: usize) -> Result<(), Error> {
    if n_ids < FREE as usize {
        Ok(())
    } else {
        Err(Error::value(format!(
            "At most {} rows can be coded. Got {n_ids}.",
            FREE - 1
        )))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn coded(ids: &[u64]) -> (Vec<u32>, Vec<u32>) {
        let mut codes = vec![7; ids.len()];
        let first_rows = factorize(ids, &mut codes, &Workers::default()).unwrap();
        (codes, first_rows)
    }

    #[test]
    fn codes_are_given_by_first_appearance() {
        let (codes, first_rows) = coded(&[9, 4, 9, 0, 4]);
        assert_eq!(codes, [0, 1, 0, 2, 1]);
        assert_eq!(first_rows, [0, 1, 3]);
        assert!(factorize(&[9], &mut [], &Workers::default()).is_err());
    }

    #[test]
    fn a_table_that_grows_forgets_nothing() {
        let mut rng = Rng::new(1, 1);
        let ids: Vec<u64> = (0..20_000).map(|_| rng.below(9_000)).collect();
        let (codes, first_rows) = coded(&ids);
        for (&id, &code) in ids.iter().zip(&codes) {
            assert_eq!(ids[first_rows[code as usize] as usize], id);
        }
        let known: Vec<u64> = first_rows.iter().map(|&r| ids[r as usize]).collect();
        let again = find_codes(&known, &ids, &Workers::default()).unwrap();
        assert_eq!(again, codes);
    }

    #[test]
    fn unknown_ids_get_the_code_after_the_last() {
        let workers = Workers::default();
        assert_eq!(
            find_codes(&[5, 0], &[0, 7, 5], &workers).unwrap(),
            [1, 2, 0]
        );
        assert_eq!(find_codes(&[], &[0], &workers).unwrap(), [0]);
        assert!(find_codes(&[5, 5], &[], &workers).is_err());
    }
}
