//! Sorting of floats with payloads.

use crate::{Error, Workers};

const DIGIT_BITS: u32 = 12;
const N_DIGITS: usize = 1 << DIGIT_BITS;

/// Keys that differ in at most this many bits are sorted by two digits, which distinguish
/// nearly all of them; others by three.
const NARROW_BITS: u32 = 56;

/// Return an unsigned key with the order of the float; both zeros are equal.
#[inline]
pub(crate) fn unsigned_key(value: f64) -> u64 {
    // Adding zero turns -0.0 into 0.0.
    let bits = (value + 0.0).to_bits();
    bits ^ ((((bits as i64) >> 63) as u64) | (1 << 63))
}

/// Return the float of a key.
#[inline]
pub(crate) fn value_of(key: u64) -> f64 {
    let mask = if key >> 63 == 1 { 1 << 63 } else { u64::MAX };
    f64::from_bits(key ^ mask)
}

/// Sort stably by key.
///
/// Keys are sorted by up to three digits of the first bits in which they differ, from the
/// last digit on. The remaining ties are sorted by comparison.
pub(crate) fn sort_by_key<T: Copy + Default>(
    entries: &mut Vec<(u64, T)>,
    workers: &Workers,
) -> Result<(), Error> {
    if entries.len() < 2 * N_DIGITS || u32::try_from(entries.len()).is_err() {
        entries.sort_by_key(|entry| entry.0);
        return workers.check();
    }
    let (low, high) = entries.iter().fold((u64::MAX, 0), |(low, high), entry| {
        (low.min(entry.0), high.max(entry.0))
    });
    let n_bits = u64::BITS - (high - low).leading_zeros();
    let n_passes = if n_bits <= NARROW_BITS { 2 } else { 3 };
    let n_passes = n_passes.min(n_bits.div_ceil(DIGIT_BITS));
    let shift = n_bits.saturating_sub(n_passes * DIGIT_BITS);
    let digit = |key: u64, pass: u32| {
        ((key - low) >> (shift + pass * DIGIT_BITS)) as usize & (N_DIGITS - 1)
    };
    // The counts of all passes are computed together, because a key's digits do not change.
    let mut counts = vec![[0_u32; N_DIGITS]; n_passes as usize];
    for &(key, _) in entries.iter() {
        for (pass, counts) in counts.iter_mut().enumerate() {
            counts[digit(key, pass as u32)] += 1;
        }
    }
    // Zeros cost nothing before they are written, unlike a copy.
    let mut other = vec![(0, T::default()); entries.len()];
    for (pass, counts) in counts.iter_mut().enumerate() {
        workers.check()?;
        let mut start = 0;
        for count in counts.iter_mut() {
            start += std::mem::replace(count, start);
        }
        for &entry in entries.iter() {
            let place = &mut counts[digit(entry.0, pass as u32)];
            other[*place as usize] = entry;
            *place += 1;
        }
        std::mem::swap(entries, &mut other);
    }
    if shift == 0 {
        return Ok(());
    }
    let alike = |a: &(u64, T), b: &(u64, T)| (a.0 - low) >> shift == (b.0 - low) >> shift;
    for (at, alike) in entries.chunk_by_mut(alike).enumerate() {
        if at % (1 << 16) == 0 {
            workers.check()?;
        }
        if alike.len() > 1 {
            alike.sort_by_key(|entry| entry.0);
        }
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn entries_are_sorted_and_equal_ones_keep_their_order() {
        for n_rows in [0, 1, 100, 20_000] {
            let mut rng = Rng::new(3, 0);
            let mut entries: Vec<(u64, usize)> = (0..n_rows)
                .map(|row| {
                    let value = (rng.uniform() - 0.5) * 10_f64.powi(row as i32 % 9);
                    (unsigned_key((value * 100.0).round() / 100.0), row)
                })
                .collect();
            let mut expected = entries.clone();
            expected.sort_by_key(|entry| entry.0);
            sort_by_key(&mut entries, &Workers::default()).unwrap();
            assert_eq!(entries, expected);
        }
    }

    #[test]
    fn keys_sort_as_their_floats_and_come_back() {
        let values = [
            f64::MIN,
            -1.5,
            -f64::MIN_POSITIVE,
            0.0,
            1e-300,
            0.5,
            f64::MAX,
        ];
        let keys: Vec<u64> = values.into_iter().map(unsigned_key).collect();
        assert!(keys.is_sorted_by(|a, b| a < b));
        assert_eq!(unsigned_key(-0.0), unsigned_key(0.0));
        for (key, value) in keys.into_iter().zip(values) {
            assert_eq!(value_of(key), value);
        }
    }
}
