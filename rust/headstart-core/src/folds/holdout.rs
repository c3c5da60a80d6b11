//! Holdout: one held-out share of the rows instead of folds.

use super::grouped::{GroupTable, joined};
use super::{NEVER, count_codes, starts_of};
use crate::rng::Rng;
use crate::{Error, Workers};

/// Hold out `fraction` of the rows, the same share of every class.
///
/// Held-out rows have id 0, the others [`NEVER`]. A class keeps at least one training row.
/// Use the code 0 for every row for a plain holdout.
///
/// Returns `n_repeats * n_rows` ids, repeat by repeat.
///
/// # Errors
/// [`Error::Value`] if `fraction` is not in (0, 1), there are fewer than two rows, or every
/// class has a single row.
pub fn holdout(
    codes: &[i64],
    fraction: f64,
    n_repeats: usize,
    seed: u64,
    workers: &Workers,
) -> Result<Vec<u8>, Error> {
    let counts = count_codes("codes", codes)?;
    let target = held_out_rows(codes.len(), fraction)?;
    let spare: usize = counts.iter().map(|count| count.saturating_sub(1)).sum();
    if spare == 0 {
        return Err(Error::value(
            "Every class has a single row: none can be held out.",
        ));
    }
    let starts = starts_of(&counts);
    let repeats = workers.map(n_repeats, |repeat| {
        let mut rng = Rng::new(seed, repeat as u64);
        let shares = share_out(&counts, fraction, target.min(spare), &mut rng);
        let mut dealt = vec![NEVER; codes.len()];
        for ((&start, &count), &share) in starts.iter().zip(&counts).zip(&shares) {
            dealt[start..start + share].fill(0);
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

/// Hold out whole groups with about `fraction` of the rows of every class.
///
/// Groups are processed in the order of [`super::stratified_group_folds`]. A group is held
/// out if the classes' held-out shares then are nearer to `fraction`.
///
/// # Errors
/// [`Error::Value`] if `fraction` is not inside (0, 1) or there are fewer than two
/// groups; [`Error::Shape`] if `codes` and `groups` differ in length.
pub fn group_holdout(
    codes: &[i64],
    groups: &[i64],
    fraction: f64,
    n_repeats: usize,
    seed: u64,
    workers: &Workers,
) -> Result<Vec<u8>, Error> {
    let table = GroupTable::new(codes, groups)?;
    held_out_rows(codes.len(), fraction)?;
    let n_groups = table.sizes.len();
    if n_groups < 2 {
        return Err(Error::value(format!(
            "A holdout by groups needs at least 2 groups. Got {n_groups}."
        )));
    }
    let repeats = workers.map(n_repeats, |repeat| {
        let mut rng = Rng::new(seed, repeat as u64);
        let mut class_counts = vec![0_usize; table.class_totals.len()];
        let mut id_of = vec![NEVER; n_groups];
        let mut n_held = 0;
        // The best group, in case every group is too large.
        let mut nearest = (f64::INFINITY, 0);
        for group in table.order(&mut rng, workers)? {
            // Increase of the squared distance to the requested shares.
            let group = group as usize;
            let growth: f64 = table
                .classes_of(group)
                .iter()
                .map(|&(class, count)| {
                    let total = table.class_totals[class as usize] as f64;
                    let now = class_counts[class as usize] as f64 / total - fraction;
                    let share = f64::from(count) / total;
                    share * (share + 2.0 * now)
                })
                .sum();
            if growth < nearest.0 {
                nearest = (growth, group);
            }
            if growth < 0.0 && n_held + 1 < n_groups {
                id_of[group] = 0;
                n_held += 1;
                for &(class, count) in table.classes_of(group) {
                    class_counts[class as usize] += count as usize;
                }
            }
        }
        if n_held == 0 {
            id_of[nearest.1] = 0;
        }
        Ok(table.spread_to_rows(&id_of, groups))
    })?;
    Ok(joined(repeats))
}

/// Return the number of rows to hold out: at least one, and not all.
fn held_out_rows(n_rows: usize, fraction: f64) -> Result<usize, Error> {
    if !(fraction > 0.0 && fraction < 1.0) {
        return Err(Error::value(format!(
            "fraction must lie between 0 and 1. Got {fraction} instead."
        )));
    }
    if n_rows < 2 {
        return Err(Error::value(format!(
            "A holdout needs at least 2 rows. Got {n_rows}."
        )));
    }
    Ok(((n_rows as f64 * fraction).round() as usize).clamp(1, n_rows - 1))
}

/// Return the number of held-out rows per class: `target` in total, each class within one
/// row of its share, and no class entirely. Equal remainders are resolved at random.
fn share_out(counts: &[usize], fraction: f64, target: usize, rng: &mut Rng) -> Vec<usize> {
    let wanted: Vec<f64> = counts
        .iter()
        .map(|&count| count as f64 * fraction)
        .collect();
    let mut shares: Vec<usize> = wanted
        .iter()
        .zip(counts)
        .map(|(&share, &count)| (share as usize).min(count.saturating_sub(1)))
        .collect();
    let mut order: Vec<usize> = (0..counts.len()).collect();
    rng.shuffle(&mut order);
    order.sort_by(|&a, &b| {
        let remainder = |class: usize| wanted[class] - shares[class] as f64;
        remainder(b).total_cmp(&remainder(a))
    });
    let mut missing = target.saturating_sub(shares.iter().sum());
    // A second pass is only needed if most classes have a single row.
    while missing > 0 {
        let before = missing;
        for &class in &order {
            if missing > 0 && shares[class] + 1 < counts[class] {
                shares[class] += 1;
                missing -= 1;
            }
        }
        if missing == before {
            break;
        }
    }
    shares
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_class_keeps_a_row_and_the_total_is_met(
            classes in prop::collection::vec(0_i64..5, 20..200),
            fraction in 0.05_f64..0.9,
            seed: u64,
        ) {
            let ids = holdout(&classes, fraction, 1, seed, &Workers::default()).unwrap();
            for class in &classes {
                prop_assert!(
                    ids.iter().zip(&classes).any(|(&id, code)| id == NEVER && code == class)
                );
            }
            let spare = classes.len() - count_codes("", &classes).unwrap().iter()
                .filter(|&&count| count > 0).count();
            let target = (classes.len() as f64 * fraction).round() as usize;
            let n_held_out: usize = ids.iter().map(|&id| usize::from(id == 0)).sum();
            prop_assert_eq!(n_held_out, target.clamp(1, classes.len() - 1).min(spare));
        }
    }

    #[test]
    fn groups_stay_whole_and_both_sides_have_some() {
        let groups: Vec<i64> = (0..100).map(|row| row / 7).collect();
        for fraction in [0.01, 0.2, 0.99] {
            let ids =
                group_holdout(&[0; 100], &groups, fraction, 1, 5, &Workers::default()).unwrap();
            for pair in groups.iter().zip(&ids).collect::<Vec<_>>().windows(2) {
                assert!(pair[0].0 != pair[1].0 || pair[0].1 == pair[1].1);
            }
            assert!(ids.contains(&0) && ids.contains(&NEVER));
        }
    }

    #[test]
    fn a_fraction_outside_the_unit_interval_is_refused() {
        for fraction in [0.0, 1.0, f64::NAN] {
            let result = holdout(&[0; 10], fraction, 1, 0, &Workers::default());
            assert!(matches!(result, Err(Error::Value(_))));
        }
    }
}
