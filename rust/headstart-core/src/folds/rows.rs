//! Folds of single rows, plain and stratified.

use super::{check_folds, count_codes, starts_of};
use crate::rng::Rng;
use crate::{Error, Workers};

/// Return random folds whose sizes differ by at most one row.
///
/// Returns `n_repeats * n_rows` ids, repeat by repeat.
///
/// # Errors
/// [`Error::Value`] for fewer than 2 folds, or more folds than rows.
pub fn plain_folds(
    n_rows: usize,
    n_folds: usize,
    n_repeats: usize,
    seed: u64,
    workers: &Workers,
) -> Result<Vec<u8>, Error> {
    check_folds(n_folds, n_rows, "rows")?;
    let repeats = workers.map(n_repeats, |repeat| {
        let mut ids: Vec<u8> = (0..n_rows).map(|row| (row % n_folds) as u8).collect();
        Rng::new(seed, repeat as u64).shuffle(&mut ids);
        Ok(ids)
    })?;
    Ok(repeats.concat())
}

/// Return random folds with the same share of every class.
///
/// Between two folds, the number of rows of a class differs by at most one, and so does the
/// total. A class with fewer rows than folds is in as many folds as it has rows.
///
/// # Errors
/// [`Error::Value`] for fewer than 2 folds, more folds than rows, or codes that are not
/// dense.
pub fn stratified_folds(
    codes: &[i64],
    n_folds: usize,
    n_repeats: usize,
    seed: u64,
    workers: &Workers,
) -> Result<Vec<u8>, Error> {
    check_folds(n_folds, codes.len(), "rows")?;
    let counts = count_codes("codes", codes)?;
    let starts = starts_of(&counts);
    let repeats = workers.map(n_repeats, |repeat| {
        let mut rng = Rng::new(seed, repeat as u64);
        // Rows, ordered by class, are assigned to the folds in turn. Each class continues
        // where the previous one ended, so that the folds' sizes are even.
        let mut dealt: Vec<u8> = (0..codes.len()).map(|at| (at % n_folds) as u8).collect();
        for (&start, &count) in starts.iter().zip(&counts) {
            rng.shuffle(&mut dealt[start..start + count]);
        }
        let mut next = starts.clone();
        Ok(codes
            .iter()
            .map(|&code| {
                let at = &mut next[code as usize];
                *at += 1;
                dealt[*at - 1]
            })
            .collect::<Vec<u8>>())
    })?;
    Ok(repeats.concat())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spread(counts: &[usize]) -> usize {
        counts.iter().max().unwrap() - counts.iter().min().unwrap()
    }

    proptest! {
        #[test]
        fn classes_and_sizes_are_even_over_folds(
            classes in prop::collection::vec(0_i64..4, 12..200),
            n_folds in 2_usize..10,
            seed: u64,
        ) {
            let ids =
                stratified_folds(&classes, n_folds, 2, seed, &Workers::default()).unwrap();
            for repeat in ids.chunks(classes.len()) {
                for class in 0..4 {
                    let mut counts = vec![0; n_folds];
                    for (&id, &code) in repeat.iter().zip(&classes) {
                        counts[id as usize] += usize::from(code == class);
                    }
                    prop_assert!(spread(&counts) <= 1);
                }
                let mut sizes = vec![0; n_folds];
                for &id in repeat {
                    sizes[id as usize] += 1;
                }
                prop_assert!(spread(&sizes) <= 1);
            }
        }

        #[test]
        fn plain_sizes_are_even(n_rows in 10_usize..300, n_folds in 2_usize..10, seed: u64) {
            let ids = plain_folds(n_rows, n_folds, 1, seed, &Workers::default()).unwrap();
            let mut sizes = vec![0; n_folds];
            for &id in &ids {
                sizes[id as usize] += 1;
            }
            prop_assert!(spread(&sizes) <= 1);
        }
    }

    #[test]
    fn a_repeat_does_not_depend_on_how_many_there_are() {
        let workers = Workers::default();
        let one = plain_folds(50, 5, 1, 7, &workers).unwrap();
        let three = plain_folds(50, 5, 3, 7, &workers).unwrap();
        assert_eq!(one, three[..50]);
        assert_ne!(three[..50], three[50..100]);
    }

    #[test]
    fn more_folds_than_rows_are_refused() {
        let result = plain_folds(3, 4, 1, 0, &Workers::default());
        assert!(matches!(result, Err(Error::Value(_))));
    }

    #[test]
    fn codes_that_are_not_dense_are_refused() {
        for codes in [[0, -1, 0], [0, 3, 0]] {
            let result = stratified_folds(&codes, 2, 1, 0, &Workers::default());
            assert!(matches!(result, Err(Error::Value(_))));
        }
    }
}
