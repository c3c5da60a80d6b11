//! Words in the layout of Arrow's string views, with 64-bit ids.

use std::hash::BuildHasher;
use std::ops::Range;

use foldhash::quality::FixedState;

use crate::Error;

/// The id of missing words. A word has it by chance with probability 2⁻⁶⁴.
const MISSING: u64 = 0x5851_F42D_4C95_7F2D;
const SEED: u64 = 0x9E37_79B9_7F4A_7C15;
/// Largest number of bytes in a view; longer words are in a buffer.
const INLINE: usize = 12;

/// A column of words, borrowed.
#[derive(Debug, Clone)]
pub struct Words<'a> {
    views: &'a [u128],
    buffers: Vec<&'a [u8]>,
    valid: Option<(&'a [u8], usize)>,
}

impl<'a> Words<'a> {
    /// Return words in Arrow's `Utf8View` layout.
    ///
    /// The lowest 32 bits of a view are the word's length. Up to 12 bytes follow, padded
    /// with zeros. For longer words, these are the first four bytes, the index of the
    /// buffer and the offset in it. `valid` is a bitmap with the offset of the first row; a
    /// set bit means a word. Views out of the buffers count as missing.
    ///
    /// # Errors
    /// If the bitmap is too short.
    pub fn new(
        views: &'a [u128],
        buffers: Vec<&'a [u8]>,
        valid: Option<(&'a [u8], usize)>,
    ) -> Result<Self, Error> {
        if let Some((bits, first)) = valid
            && bits.len() * 8 < first + views.len()
        {
            return Err(Error::value("The bitmap of missing words is too short."));
        }
        Ok(Self {
            views,
            buffers,
            valid,
        })
    }

    /// Return the number of rows.
    pub fn len(&self) -> usize {
        self.views.len()
    }

    /// Return whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.views.is_empty()
    }

    /// Return the word of a row, `None` if it is missing or not UTF-8. A short word is
    /// copied to `short`, because its bytes are in its view.
    pub fn get<'b>(&'b self, row: usize, short: &'b mut [u8; 16]) -> Option<&'b str> {
        let view = *self.views.get(row)?;
        if !self.is_valid(row) {
            return None;
        }
        let length = view as u32 as usize;
        let bytes = if length <= INLINE {
            *short = view.to_le_bytes();
            &short[4..4 + length]
        } else {
            self.long(view)?
        };
        std::str::from_utf8(bytes).ok()
    }

    /// Write the ids of rows to `ids`. Equal words have equal ids, different words
    /// different ids with high probability, and missing words one id.
    pub(super) fn ids(&self, rows: Range<usize>, ids: &mut [u64]) {
        let first = rows.start;
        for (id, &view) in ids.iter_mut().zip(&self.views[rows]) {
            *id = if view as u32 as usize <= INLINE {
                folded(view as u64, (view >> 64) as u64)
            } else {
                self.id_of_long(view)
            };
        }
        if self.valid.is_some() {
            for (row, id) in (first..).zip(ids) {
                if !self.is_valid(row) {
                    *id = MISSING;
                }
            }
        }
    }

    #[cold]
    fn id_of_long(&self, view: u128) -> u64 {
        FixedState::with_seed(SEED).hash_one(self.long(view).unwrap_or_default())
    }

    #[inline]
    fn is_valid(&self, row: usize) -> bool {
        self.valid.is_none_or(|(bits, first)| {
            let bit = first + row;
            bits[bit / 8] >> (bit % 8) & 1 == 1
        })
    }

    fn long(&self, view: u128) -> Option<&'a [u8]> {
        let length = view as u32 as usize;
        let buffer = (view >> 64) as u32 as usize;
        let offset = (view >> 96) as u32 as usize;
        self.buffers.get(buffer)?.get(offset..offset + length)
    }
}

/// Return the product's halves, combined: they depend on all bits of both factors.
#[inline]
fn folded(a: u64, b: u64) -> u64 {
    let product = u128::from(a ^ SEED) * u128::from(b ^ MISSING);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Views of words, all long ones in one buffer.
    fn laid_out(words: &[Option<String>]) -> (Vec<u128>, Vec<u8>, Vec<u8>) {
        let mut buffer = b"?".to_vec();
        let mut bits = vec![0_u8; words.len() / 8 + 2];
        let mut views = Vec::new();
        for (row, word) in words.iter().enumerate() {
            let bytes = word.as_deref().unwrap_or("left over").as_bytes();
            // The first row is the fourth bit.
            bits[(row + 3) / 8] |= u8::from(word.is_some()) << ((row + 3) % 8);
            let mut view = [0_u8; 16];
            view[..4].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
            if bytes.len() <= INLINE {
                view[4..4 + bytes.len()].copy_from_slice(bytes);
            } else {
                view[4..8].copy_from_slice(&bytes[..4]);
                view[12..].copy_from_slice(&(buffer.len() as u32).to_le_bytes());
                buffer.extend(bytes);
            }
            views.push(u128::from_le_bytes(view));
        }
        (views, buffer, bits)
    }

    proptest! {
        #[test]
        fn ids_are_equal_where_words_are(
            words in prop::collection::vec(prop::option::of("[ab]{0,2}|[ab]{11,14}"), 0..60)
        ) {
            let (views, buffer, bits) = laid_out(&words);
            let column = Words::new(&views, vec![&buffer], Some((&bits, 3))).unwrap();
            for (row, word) in words.iter().enumerate() {
                let mut short = [0; 16];
                prop_assert_eq!(column.get(row, &mut short), word.as_deref());
            }
            let mut ids = vec![0; words.len()];
            column.ids(0..words.len(), &mut ids);
            for (a, id) in words.iter().zip(&ids) {
                for (b, other) in words.iter().zip(&ids) {
                    prop_assert_eq!(a == b, id == other);
                }
            }
        }
    }

    #[test]
    fn bytes_that_are_not_there_are_not_read() {
        let (views, buffer, bits) = laid_out(&[Some("a word that is long".to_owned())]);
        assert!(Words::new(&views, vec![&buffer], Some((&bits, 16))).is_err());
        for buffers in [vec![&buffer[..10]], Vec::new()] {
            let words = Words::new(&views, buffers, None).unwrap();
            words.ids(0..1, &mut [0]);
        }
    }
}
