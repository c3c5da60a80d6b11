#![expect(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;

use super::log_loss::CLIP;
use super::roc_auc::FEW_ROWS;
use super::*;
use crate::Workers;
use crate::metrics::{ClassMetric, Classified};

const RULES: Rules<'_> = Rules {
    n_rounds: 12,
    costs: None,
    capped: None,
    cap: 1.0,
};

/// Losses that do not depend on what was picked.
struct Fixed(Vec<f64>);

impl Candidates for Fixed {
    fn losses(&mut self, _allowed: &[bool]) -> Result<Vec<f64>, Error> {
        Ok(self.0.clone())
    }

    fn pick(&mut self, _member: usize) -> Result<(), Error> {
        Ok(())
    }
}

/// Losses computed in the plainest way.
fn plain<'a>(
    members: Members<'a>,
    workers: &'a Workers,
    loss: impl Fn(&[f64]) -> f64 + Sync + 'a,
) -> AnyLoss<'a, impl Fn(&[f64]) -> Result<f64, Error> + Sync + 'a> {
    AnyLoss::new(members, move |p: &[f64]| Ok(loss(p)), workers)
}

/// Walk both through the same picks and compare all losses on the way.
fn assert_same_losses(
    fast: &mut dyn Candidates,
    slow: &mut dyn Candidates,
    n_members: usize,
    transform: impl Fn(f64) -> f64,
) {
    let all = vec![true; n_members];
    for round in 0..7 {
        let (losses, expected) = (fast.losses(&all).unwrap(), slow.losses(&all).unwrap());
        for (loss, expected) in losses.iter().zip(expected) {
            let actual = transform(*loss);
            assert!(
                (actual - expected).abs() <= 1e-12 * (1.0 + expected.abs()),
                "{actual} is not {expected}"
            );
        }
        let member = (round * round) % n_members;
        fast.pick(member).unwrap();
        slow.pick(member).unwrap();
    }
}

fn weighted_mean(values: impl Iterator<Item = f64>, weight: Option<&[f64]>) -> f64 {
    let values: Vec<f64> = values.collect();
    let ones = vec![1.0; values.len()];
    let weight = weight.unwrap_or(&ones);
    let sum: f64 = values.iter().zip(weight).map(|(v, w)| v * w).sum();
    sum / weight.iter().sum::<f64>()
}

/// Members, weights and codes of `n_outputs` outputs, deterministic and uneven.
fn sample(n_rows: usize, n_outputs: usize) -> (Vec<f64>, Vec<f64>, Vec<i64>) {
    let mut state = 7_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(99);
        (state >> 40) as f64 / f64::from(1 << 24)
    };
    let mut values: Vec<f64> = (0..5 * n_rows * n_outputs).map(|_| next()).collect();
    if n_outputs > 1 {
        for row in values.chunks_exact_mut(n_outputs) {
            let sum: f64 = row.iter().sum();
            for value in row {
                *value /= sum;
            }
        }
    }
    values[0] = 0.0;
    let weight = (0..n_rows).map(|_| next() + 0.1).collect();
    let n_classes = n_outputs.max(2) as f64;
    let codes = (0..n_rows).map(|_| (next() * n_classes) as i64).collect();
    (values, weight, codes)
}

#[test]
fn the_product_trick_gives_the_log_loss() {
    let workers = Workers::default();
    for (n_rows, n_outputs) in [(3, 1), (1000, 1), (257, 3)] {
        let (values, weight, y) = sample(n_rows, n_outputs);
        let members = Members::new(&values, 5, n_rows, n_outputs).unwrap();
        for weight in [None, Some(weight.as_slice())] {
            let mut fast = LogLoss::new(members, &y, weight, &workers).unwrap();
            let mut slow = plain(members, &workers, |p| {
                let terms = p.chunks_exact(n_outputs).zip(&y).map(|(row, &code)| {
                    let p = match (n_outputs, code) {
                        (1, 0) => 1.0 - row[0],
                        (1, _) => row[0],
                        _ => row[code as usize],
                    };
                    -p.clamp(CLIP, 1.0 - CLIP).ln()
                });
                weighted_mean(terms, weight)
            });
            assert_same_losses(&mut fast, &mut slow, 5, |loss| loss);
        }
    }
}

#[test]
fn inner_products_give_the_squared_error() {
    let workers = Workers::default();
    let (values, weight, _) = sample(100, 1);
    let y: Vec<f64> = (0..100).map(|i| f64::from(i % 9) / 9.0).collect();
    let members = Members::new(&values, 5, 100, 1).unwrap();
    for weight in [None, Some(weight.as_slice())] {
        let mut fast = Squared::of_values(members, &y, weight, &workers).unwrap();
        let mut slow = plain(members, &workers, |p| {
            weighted_mean(p.iter().zip(&y).map(|(p, y)| (p - y).powi(2)), weight)
        });
        let total: f64 = weight.map_or(100.0, |w| w.iter().sum());
        assert_same_losses(&mut fast, &mut slow, 5, |loss| loss / total);
    }
}

#[test]
fn a_far_target_does_not_cancel_the_squared_error() {
    let workers = Workers::default();
    let values = [1e7 + 1.0, 1e7, 1e7 + 2.0, 1e7 + 1.0];
    let members = Members::new(&values, 2, 2, 1).unwrap();
    let y = [1e7 + 1.0, 1e7 + 0.5];
    let mut squared = Squared::of_values(members, &y, None, &workers).unwrap();
    assert_eq!(squared.losses(&[true; 2]).unwrap(), [0.25, 1.25]);
}

#[test]
fn the_brier_score_counts_all_classes() {
    let workers = Workers::default();
    let (values, _, y) = sample(50, 3);
    let members = Members::new(&values, 5, 50, 3).unwrap();
    let mut fast = Squared::of_codes(members, &y, None, &workers).unwrap();
    let mut slow = plain(members, &workers, |p| {
        let rows = p.chunks_exact(3).zip(&y).map(|(row, &code)| {
            let cells = row.iter().enumerate();
            cells
                .map(|(k, p)| (p - f64::from(u8::from(k == code as usize))).powi(2))
                .sum()
        });
        weighted_mean(rows, None)
    });
    assert_same_losses(&mut fast, &mut slow, 5, |loss| loss / 50.0);
}

#[test]
fn residual_sums_give_the_absolute_error() {
    let workers = Workers::default();
    let (values, weight, _) = sample(77, 1);
    let y: Vec<f64> = (0..77).map(|i| f64::from(i % 5) / 5.0).collect();
    let members = Members::new(&values, 5, 77, 1).unwrap();
    for weight in [None, Some(weight.as_slice())] {
        let mut fast = Absolute::new(members, &y, weight, &workers).unwrap();
        let mut slow = plain(members, &workers, |p| {
            weighted_mean(p.iter().zip(&y).map(|(p, y)| (p - y).abs()), weight)
        });
        let total: f64 = weight.map_or(77.0, |w| w.iter().sum());
        assert_same_losses(&mut fast, &mut slow, 5, |loss| loss / total);
    }
}

#[test]
fn buckets_leave_the_winners_area_exact() {
    let workers = Workers::default();
    let n_rows = 3 * FEW_ROWS;
    let (mut values, _, y) = sample(n_rows, 1);
    // Members that know something, two of them the same but for one row, and one
    // with all scores but one in the first bucket.
    for (index, value) in values.iter_mut().enumerate() {
        let (member, row) = (index / n_rows, index % n_rows);
        *value += [0.3, 0.5, 0.5, 0.1, 0.2][member] * y[row] as f64;
        *value *= if member == 4 && row > 0 { 1e-9 } else { 1.0 };
    }
    values.copy_within(n_rows + 1..2 * n_rows, 2 * n_rows + 1);
    let members = Members::new(&values, 5, n_rows, 1).unwrap();
    let mut fast = RocAuc::new(members, &y, &workers).unwrap();
    let mut slow = AnyLoss::new(
        members,
        |p: &[f64]| {
            let rows = Classified::new(&y, p, 1, None)?;
            Ok(-rows.score(ClassMetric::RocAuc, &workers)?)
        },
        &workers,
    );
    for allowed in [[true; 5], [true, false, false, true, true]] {
        for member in [0, 4, 2, 4] {
            let actual = fast.losses(&allowed).unwrap();
            let expected = slow.losses(&allowed).unwrap();
            let least = |losses: &[f64]| best_member(losses, None).unwrap();
            assert_eq!(least(&actual), least(&expected));
            for (loss, expected) in actual.iter().zip(&expected) {
                assert!(loss == expected || *loss == f64::INFINITY);
            }
            fast.pick(member).unwrap();
            slow.pick(member).unwrap();
        }
    }
    assert!(fast.losses(&[true; 5]).unwrap().contains(&f64::INFINITY));
}

#[test]
fn ties_go_to_the_cheaper_and_then_to_the_first() {
    let costs = [3.0, 1.0, 1.0, 0.0];
    let rules = Rules {
        costs: Some(&costs),
        ..RULES
    };
    let losses = || Fixed(vec![0.5, 0.5 + 1e-15, 0.5, 0.6]);
    assert_eq!(
        select(&mut losses(), 4, &rules).unwrap(),
        [0.0, 1.0, 0.0, 0.0]
    );
    assert_eq!(
        select(&mut losses(), 4, &RULES).unwrap(),
        [1.0, 0.0, 0.0, 0.0]
    );
}

#[test]
fn a_member_without_a_finite_loss_is_never_picked() {
    let mut losses = Fixed(vec![f64::NAN, 2.0, f64::NEG_INFINITY]);
    assert_eq!(select(&mut losses, 3, &RULES).unwrap(), [0.0, 1.0, 0.0]);
}

#[test]
fn where_no_loss_is_finite_the_cheapest_member_stands_alone() {
    let costs = [3.0, 1.0, 2.0];
    let rules = |capped| Rules {
        costs: Some(&costs),
        capped,
        cap: 0.5,
        ..RULES
    };
    let undefined = || Fixed(vec![f64::NAN; 3]);
    let weights = select(&mut undefined(), 3, &rules(None)).unwrap();
    assert_eq!(weights, [0.0, 1.0, 0.0]);
    let capped = [false, true, false];
    let weights = select(&mut undefined(), 3, &rules(Some(&capped))).unwrap();
    assert_eq!(weights, [0.0, 0.0, 1.0]);
}

#[test]
fn capped_members_keep_below_their_share() {
    let workers = Workers::default();
    // Members 0 and 1 cancel each other's errors, but 0 may weigh a quarter only.
    let values = [2.0, -2.0, -1.0, 1.0];
    let members = Members::new(&values, 2, 2, 1).unwrap();
    let y = [0.0, 0.0];
    let weights = |capped: &[bool]| {
        let rules = Rules {
            capped: Some(capped),
            cap: 0.25,
            ..RULES
        };
        let mut squared = Squared::of_values(members, &y, None, &workers).unwrap();
        select(&mut squared, 2, &rules).unwrap()
    };
    assert_eq!(weights(&[true, false]), [0.25, 0.75]);
    assert_eq!(weights(&[false, false]), [1.0 / 3.0, 2.0 / 3.0]);
    assert_eq!(weights(&[true, true]), [1.0 / 3.0, 2.0 / 3.0]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let workers = Workers::default();
    let values = [0.5; 6];
    assert!(Members::new(&values, 2, 2, 1).is_err());
    assert!(Members::new(&[], 0, 2, 1).is_err());
    assert!(Members::new(&[f64::NAN], 1, 1, 1).is_err());
    assert!(Members::new(&[1e39], 1, 1, 1).is_err());
    let members = Members::new(&values, 3, 2, 1).unwrap();
    assert!(LogLoss::new(members, &[0, 2], None, &workers).is_err());
    assert!(LogLoss::new(members, &[0, 1, 1], None, &workers).is_err());
    assert!(LogLoss::new(members, &[0, 1], Some(&[0.0, 0.0]), &workers).is_err());
    assert!(Squared::of_values(members, &[f64::NAN, 0.0], None, &workers).is_err());
    assert!(Absolute::new(members, &[0.0], None, &workers).is_err());
    let rules = Rules {
        n_rounds: 0,
        ..RULES
    };
    assert!(select(&mut Fixed(vec![1.0]), 1, &rules).is_err());
    let rules = Rules { cap: 1.5, ..RULES };
    assert!(select(&mut Fixed(vec![1.0]), 1, &rules).is_err());
}

proptest! {
    #[test]
    fn an_ensemble_is_never_worse_than_its_best_member(
        values in prop::collection::vec(0.0..1.0, 24),
        y in prop::collection::vec(0_i64..2, 6),
    ) {
        let workers = Workers::default();
        let members = Members::new(&values, 4, 6, 1).unwrap();
        let mut log_loss = LogLoss::new(members, &y, None, &workers).unwrap();
        let best = log_loss.losses(&[true; 4]).unwrap().into_iter().fold(f64::INFINITY, f64::min);
        let weights = select(&mut log_loss, 4, &RULES).unwrap();
        prop_assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        prop_assert!(weights.iter().all(|&weight| weight >= 0.0));
        let mixed: f64 = (0..6)
            .map(|row| {
                let members = weights.iter().enumerate();
                let p: f64 = members.map(|(m, w)| w * values[m * 6 + row]).sum();
                -(if y[row] == 1 { p } else { 1.0 - p }).clamp(CLIP, 1.0 - CLIP).ln()
            })
            .sum::<f64>() / 6.0;
        prop_assert!(mixed <= best + 1e-12);
    }
}
