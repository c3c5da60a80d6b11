//! Character n-grams, hashed into columns.

use crate::rng::mix;
use crate::{Error, Workers, memory};

/// Count the character n-grams of length `length` of each text in `n_columns` columns.
///
/// The column of an n-gram depends only on its hash (FNV-1a over its UTF-8 bytes, mixed),
/// so that there is no fit. A text shorter than `length` is one n-gram; an empty text has
/// none. The result is column by column; missing texts are NaN in all columns.
///
/// # Errors
/// If `length` or `n_columns` is 0, there is not enough memory, or the work was cancelled.
pub fn hash_text<S: AsRef<str> + Sync>(
    texts: &[Option<S>],
    length: usize,
    n_columns: usize,
    workers: &Workers,
) -> Result<Vec<f64>, Error> {
    if length == 0 || n_columns == 0 {
        return Err(Error::value("length and n_columns must be at least 1."));
    }
    let n_rows = texts.len();
    let blocks = workers.map_chunks(n_rows, 1 << 10, |rows| {
        let mut counts = memory::zeros("columns of hashed text", &[rows.len(), n_columns])?;
        for (row, counts) in rows.zip(counts.chunks_mut(n_columns)) {
            match &texts[row] {
                None => counts.fill(f64::NAN),
                Some(text) => count_runs(text.as_ref(), length, counts, workers)?,
            }
        }
        Ok(counts)
    })?;
    let mut out = memory::zeros("columns of hashed text", &[n_rows, n_columns])?;
    for (row, counts) in blocks.iter().flat_map(|b| b.chunks(n_columns)).enumerate() {
        for (column, &count) in counts.iter().enumerate() {
            out[column * n_rows + row] = count;
        }
    }
    Ok(out)
}

/// N-grams between two checks for cancellation.
const RUNS: usize = 1 << 16;

fn count_runs(
    text: &str,
    length: usize,
    counts: &mut [f64],
    workers: &Workers,
) -> Result<(), Error> {
    let places = || text.char_indices().map(|(place, _)| place);
    // An n-gram ends before the character `length` positions after its first, or with the
    // text.
    let ends = places().skip(length).chain([text.len()]);
    for (run, (begin, end)) in places().zip(ends).enumerate() {
        if run % RUNS == 0 {
            workers.check()?;
        }
        let hash = text.as_bytes()[begin..end]
            .iter()
            .fold(0xCBF2_9CE4_8422_2325_u64, |hash, &byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
            });
        counts[(mix(hash) % counts.len() as u64) as usize] += 1.0;
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::CancelFlag;

    #[test]
    fn every_run_is_counted_once() {
        let texts = [Some("abcd"), Some("ab"), Some(""), None, Some("ééé")];
        let counts = hash_text(&texts, 3, 4, &Workers::default()).unwrap();
        let sum = |row: usize| (0..4).map(|c| counts[c * 5 + row]).sum::<f64>();
        assert_eq!([sum(0), sum(1), sum(2), sum(4)], [2.0, 1.0, 0.0, 1.0]);
        assert!(counts[3].is_nan());
    }

    #[test]
    fn a_long_text_can_be_stopped() {
        let flag = CancelFlag::default();
        flag.cancel();
        let workers = Workers::sequential(flag);
        let result = count_runs("abc", 2, &mut [0.0; 4], &workers);
        assert_eq!(result, Err(Error::Cancelled));
    }

    #[test]
    fn columns_without_room_are_an_error() {
        let result = hash_text(&[Some("a")], 1, 1 << 60, &Workers::default());
        assert!(matches!(result, Err(Error::Memory(_))));
    }
}
