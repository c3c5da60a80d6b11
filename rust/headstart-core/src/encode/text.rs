//! Runs of characters, hashed into columns.

use crate::rng::mix;
use crate::{Error, Workers};

/// Count the runs of `length` characters of each text in `n_columns` columns.
///
/// Which column a run counts in depends on its hash alone (FNV-1a over its UTF-8 bytes,
/// mixed), so that no text has to be known before. A text that is shorter than a run is
/// one run; an empty one has none. The result has one column after the other; missing
/// texts are NaN in all of them.
///
/// # Errors
/// If `length` or `n_columns` is 0, or the work was cancelled.
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
        let mut counts = vec![0.0; rows.len() * n_columns];
        for (row, counts) in rows.zip(counts.chunks_mut(n_columns)) {
            match &texts[row] {
                None => counts.fill(f64::NAN),
                Some(text) => count_runs(text.as_ref(), length, counts),
            }
        }
        Ok(counts)
    })?;
    let mut out = vec![0.0; n_rows * n_columns];
    for (row, counts) in blocks.iter().flat_map(|b| b.chunks(n_columns)).enumerate() {
        for (column, &count) in counts.iter().enumerate() {
            out[column * n_rows + row] = count;
        }
    }
    Ok(out)
}

fn count_runs(text: &str, length: usize, counts: &mut [f64]) {
    if text.is_empty() {
        return;
    }
    // Where characters begin, and the end.
    let begins: Vec<usize> = text.char_indices().map(|(place, _)| place).collect();
    let n_runs = begins.len().saturating_sub(length) + 1;
    for run in 0..n_runs {
        let end = begins.get(run + length).copied().unwrap_or(text.len());
        let hash = text.as_bytes()[begins[run]..end]
            .iter()
            .fold(0xCBF2_9CE4_8422_2325_u64, |hash, &byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
            });
        counts[(mix(hash) % counts.len() as u64) as usize] += 1.0;
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn every_run_is_counted_once() {
        let texts = [Some("abcd"), Some("ab"), Some(""), None, Some("ééé")];
        let found = hash_text(&texts, 3, 4, &Workers::default()).unwrap();
        let sum = |row: usize| (0..4).map(|c| found[c * 5 + row]).sum::<f64>();
        assert_eq!([sum(0), sum(1), sum(2), sum(4)], [2.0, 1.0, 0.0, 1.0]);
        assert!(found[3].is_nan());
    }
}
