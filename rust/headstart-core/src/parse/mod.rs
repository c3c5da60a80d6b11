//! Dates, times, durations and amounts, read from text by stored formats.
//!
//! A format is data: text of a closed grammar, which [`Format::new`] checks.
//! [`find_formats`] infers the formats of a column once; the reading of values infers
//! nothing.

mod amounts;
mod calendar;
mod delimited;
mod durations;
mod find;
mod formats;
mod layouts;
mod names;
mod words;

pub use amounts::{Amounts, split_amounts};
pub use delimited::{Scan, first_invalid, last_record_end, scan_delimited};
pub use find::{FoundFormats, Order, find_formats};
pub use formats::{Class, Format, Reading, read_moments};
pub use words::{CountedWords, count_words, flag_words};

#[cfg(test)]
pub(crate) use tests::words;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use crate::encode::Words;

    /// Views and the buffer of long words, for tests.
    pub(crate) fn laid_out(words: &[&str]) -> (Vec<u128>, Vec<u8>) {
        let mut buffer = Vec::new();
        let views = words
            .iter()
            .map(|word| {
                let mut view = [0_u8; 16];
                view[..4].copy_from_slice(&(word.len() as u32).to_le_bytes());
                if word.len() <= 12 {
                    view[4..4 + word.len()].copy_from_slice(word.as_bytes());
                } else {
                    view[12..].copy_from_slice(&(buffer.len() as u32).to_le_bytes());
                    buffer.extend(word.as_bytes());
                }
                u128::from_le_bytes(view)
            })
            .collect();
        (views, buffer)
    }

    /// Call `task` with a column of words.
    pub(crate) fn words<T>(texts: &[&str], task: impl FnOnce(&Words<'_>) -> T) -> T {
        let (views, buffer) = laid_out(texts);
        task(&Words::new(&views, vec![&buffer], None).unwrap())
    }
}
