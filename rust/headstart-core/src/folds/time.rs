//! Folds in the order of time.

use super::{MAX_FOLDS, NEVER, count_codes, starts_of};
use crate::Error;

/// Return blocks of rows in order of time, each to be predicted from earlier rows.
///
/// `steps` are dense, ordered codes of the rows' times. Rows of equal time are never split.
/// The blocks have about `n_rows / (n_folds + 1)` rows each, as in scikit-learn's
/// `TimeSeriesSplit`; rows before the first block have id [`NEVER`]. `gap` steps right
/// before a block are excluded from its training rows; at least one step remains before the
/// first block.
///
/// Returns the ids of the rows and the first step of each block.
///
/// # Errors
/// [`Error::Value`] for no fold, too few distinct times, or codes that are not dense.
pub fn time_folds(
    steps: &[i64],
    n_folds: usize,
    gap: usize,
) -> Result<(Vec<u8>, Vec<usize>), Error> {
    if !(1..=MAX_FOLDS).contains(&n_folds) {
        return Err(Error::value(format!(
            "n_folds must be in 1..={MAX_FOLDS}. Got {n_folds} instead."
        )));
    }
    let counts = count_codes("steps", steps)?;
    let n_steps = counts.len();
    let needed = n_folds.saturating_add(gap).saturating_add(1);
    if n_steps < needed {
        return Err(Error::value(format!(
            "{n_folds} folds in order of time with a gap of {gap} need at least {needed} \
             distinct times. Got {n_steps}."
        )));
    }
    let starts = starts_of(&counts);
    let block = steps.len() / (n_folds + 1);
    let mut first_steps: Vec<usize> = Vec::with_capacity(n_folds);
    for fold in 0..n_folds {
        let wanted = steps.len() - (n_folds - fold) * block;
        let after = starts.partition_point(|&start| start < wanted);
        // The step whose first row is nearest to the ideal start of the block.
        let nearest = match (after.checked_sub(1), starts.get(after)) {
            (Some(before), Some(&start)) if wanted - starts[before] < start - wanted => before,
            (Some(before), None) => before,
            _ => after,
        };
        let earliest = first_steps.last().map_or(gap + 1, |&previous| previous + 1);
        first_steps.push(nearest.clamp(earliest, n_steps - (n_folds - fold)));
    }
    let id_of_step: Vec<u8> = (0..n_steps)
        .map(
            |step| match first_steps.partition_point(|&first| first <= step) {
                0 => NEVER,
                block => (block - 1) as u8,
            },
        )
        .collect();
    let ids = steps
        .iter()
        .map(|&step| id_of_step[step as usize])
        .collect();
    Ok((ids, first_steps))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn blocks_are_ordered_and_none_is_empty(
            repeats in prop::collection::vec(1_usize..6, 8..40),
            n_folds in 1_usize..5,
            gap in 0_usize..3,
        ) {
            let steps: Vec<i64> = repeats
                .iter()
                .enumerate()
                .flat_map(|(step, &count)| vec![step as i64; count])
                .collect();
            let (ids, first_steps) = time_folds(&steps, n_folds, gap).unwrap();
            prop_assert!(first_steps[0] > gap);
            prop_assert!(first_steps.is_sorted_by(|a, b| a < b));
            prop_assert!(*first_steps.last().unwrap() < repeats.len());
            let order: Vec<i32> =
                ids.iter().map(|&id| if id == NEVER { -1 } else { i32::from(id) }).collect();
            prop_assert!(order.is_sorted());
        }
    }

    #[test]
    fn distinct_times_give_equal_blocks_at_the_end() {
        let steps: Vec<i64> = (0..10).collect();
        let (ids, first_steps) = time_folds(&steps, 3, 0).unwrap();
        assert_eq!(first_steps, [4, 6, 8]);
        assert_eq!(ids, [255, 255, 255, 255, 0, 0, 1, 1, 2, 2]);
    }

    #[test]
    fn too_few_times_are_refused() {
        let result = time_folds(&[0, 0, 1, 1, 2], 2, 1);
        assert!(matches!(result, Err(Error::Value(_))));
    }
}
