#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::rng::Rng;
use proptest::prelude::*;

struct Made {
    n_rows: usize,
    numeric: Vec<f32>,
    codes: Vec<u32>,
    residual: Vec<f64>,
    parts: Vec<u8>,
}

/// Numbers in six columns, categories in two; the residual is the product of columns 0
/// and 1, the means of column 2 by category, and noise.
fn made(n_rows: usize, seed: u64) -> Made {
    let mut rng = Rng::new(seed, 0);
    let numeric: Vec<f32> = (0..6 * n_rows)
        .map(|_| (rng.uniform() * 2.0 - 1.0) as f32)
        .collect();
    let codes: Vec<u32> = (0..2 * n_rows).map(|_| rng.below(4) as u32).collect();
    let residual = (0..n_rows)
        .map(|row| {
            let product = f64::from(numeric[row] * numeric[n_rows + row]);
            let crossed = u32::from((codes[row] + codes[n_rows + row]) % 2 == 0);
            product + 0.3 * f64::from(crossed) + 0.3 * (rng.uniform() - 0.5)
        })
        .collect();
    let parts = (0..n_rows).map(|_| rng.below(3) as u8).collect();
    Made {
        n_rows,
        numeric,
        codes,
        residual,
        parts,
    }
}

fn all_candidates() -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for left in 0..6 {
        for right in left + 1..6 {
            for name in [
                "add",
                "subtract",
                "multiply",
                "divide",
                "minimum",
                "maximum",
                "absolute_difference",
                "normalised_difference",
                "less_than",
            ] {
                candidates.push(candidate(name, &[left, right]));
            }
        }
    }
    for name in ["square", "absolute", "reciprocal", "last_digit"] {
        candidates.push(candidate(name, &[3]));
    }
    for name in ["frequency", "target_mean"] {
        candidates.push(candidate(name, &[6]));
        candidates.push(candidate(name, &[6, 7]));
    }
    for name in [
        "group_mean",
        "group_std",
        "group_min",
        "group_max",
        "minus_group_mean",
        "over_group_mean",
    ] {
        candidates.push(candidate(name, &[2, 7]));
        candidates.push(candidate(name, &[2, 6, 7]));
    }
    candidates
}

fn candidate(name: &str, columns: &[u32]) -> Candidate {
    Candidate::new(Operator::from_name(name).unwrap(), columns).unwrap()
}

fn scores(made: &Made, depth: u32, workers: &Workers) -> Vec<Option<Score>> {
    let table = Table {
        n_rows: made.n_rows,
        numeric: &made.numeric,
        remainders: &[],
        codes: &made.codes,
        n_levels: &[4, 4],
    };
    let rules = Rules {
        parts: &made.parts,
        depth,
        n_sampled: 128,
        seed: 0,
    };
    score_candidates(&table, &made.residual, &all_candidates(), &rules, workers).unwrap()
}

fn best(scores: &[Option<Score>]) -> Candidate {
    let gain = |place: &usize| scores[*place].unwrap().gain;
    let place = (0..scores.len())
        .max_by(|a, b| gain(a).total_cmp(&gain(b)))
        .unwrap();
    all_candidates()[place]
}

#[test]
fn what_was_planted_is_found() {
    for depth in 4..=6 {
        let all_scores = scores(&made(3_000, 1), depth, &Workers::default());
        assert_eq!(best(&all_scores), candidate("multiply", &[0, 1]));
        let crossed = all_candidates()
            .iter()
            .position(|c| *c == candidate("target_mean", &[6, 7]))
            .unwrap();
        assert!(all_scores[crossed].unwrap().gain > 0.05);
    }
}

#[test]
fn a_gain_is_what_means_by_bin_take_off_the_other_parts() {
    // One column of two values, two parts: small enough to count by hand.
    let n_rows = 200;
    let numeric: Vec<f32> = (0..n_rows).map(|row| (row % 2) as f32).collect();
    let residual: Vec<f64> = numeric.iter().map(|&v| f64::from(v) - 0.5).collect();
    let parts: Vec<u8> = (0..n_rows).map(|row| u8::from(row >= 100)).collect();
    let table = Table {
        n_rows,
        numeric: &numeric,
        remainders: &[],
        codes: &[],
        n_levels: &[],
    };
    let rules = Rules {
        parts: &parts,
        depth: 4,
        n_sampled: 200,
        seed: 0,
    };
    let itself = [candidate("absolute", &[0])];
    let scores = score_candidates(&table, &residual, &itself, &rules, &Workers::default()).unwrap();
    // 50 rows of a half, drawn towards 0 by 20: each mean is 25 / 70.
    let mean = 25.0 / 70.0;
    let unexplained = (0.5_f64 - mean).powi(2) / 0.25;
    let Score { gain, correlation } = scores[0].unwrap();
    assert!(
        (f64::from(gain) - (1.0 - unexplained)).abs() < 1e-4,
        "{gain}"
    );
    assert!((correlation - 1.0).abs() < 1e-4);
}

#[test]
fn a_constant_says_nothing_and_a_late_kernel_says_what_it_left_out() {
    let mut made = made(500, 2);
    made.numeric[..500].fill(1.0);
    let table = Table {
        n_rows: 500,
        numeric: &made.numeric,
        remainders: &[],
        codes: &[],
        n_levels: &[],
    };
    let rules = Rules {
        parts: &made.parts,
        depth: 4,
        n_sampled: 64,
        seed: 0,
    };
    let itself = [candidate("absolute", &[0])];
    let scores = score_candidates(&table, &made.residual, &itself, &rules, &Workers::default());
    assert_eq!(scores.unwrap()[0].unwrap().gain, f32::NEG_INFINITY);
    let late =
        Workers::default().watched(Some(std::time::Instant::now()), crate::Progress::default());
    let scores = score_candidates(&table, &made.residual, &itself, &rules, &late);
    assert_eq!(scores.unwrap(), [None]);
}

#[test]
fn columns_that_are_not_there_are_refused() {
    let made = made(50, 3);
    let table = Table {
        n_rows: 50,
        numeric: &made.numeric,
        remainders: &[],
        codes: &[],
        n_levels: &[],
    };
    let rules = Rules {
        parts: &made.parts,
        depth: 4,
        n_sampled: 64,
        seed: 0,
    };
    for wrong in [
        candidate("add", &[0, 6]),
        candidate("frequency", &[0]),
        candidate("row_sum", &[]),
        candidate("rank", &[0]),
    ] {
        let result = score_candidates(
            &table,
            &made.residual,
            &[wrong],
            &rules,
            &Workers::default(),
        );
        assert!(matches!(result, Err(Error::Value(_))));
    }
}

#[test]
fn the_pair_that_interacts_has_the_largest_joint_gain() {
    let made = made(4_000, 4);
    let table = Table {
        n_rows: made.n_rows,
        numeric: &made.numeric,
        remainders: &[],
        codes: &[],
        n_levels: &[],
    };
    let rules = Rules {
        parts: &made.parts,
        depth: 4,
        n_sampled: 256,
        seed: 0,
    };
    let gains = pair_gains(&table, &made.residual, &rules, &Workers::default()).unwrap();
    assert_eq!(gains.len(), 15);
    assert!(gains[1..].iter().all(|gain| *gain < gains[0]));
    assert!(gains[0].unwrap() > 0.3);
    let progress = crate::Progress::default();
    let late = Workers::default().watched(Some(std::time::Instant::now()), progress.clone());
    let gains = pair_gains(&table, &made.residual, &rules, &late).unwrap();
    assert_eq!((gains, progress.done()), (vec![None; 15], 0));
}

/// Two columns of seconds since 1970 within a year, the second up to 20 s after the first,
/// as single precision holds them, and what it takes off.
fn seconds(n_rows: usize) -> (Vec<f32>, Vec<f32>, Vec<f64>) {
    let mut rng = Rng::new(5, 0);
    let start: Vec<f64> = (0..n_rows)
        .map(|_| 1.7e9 + (rng.uniform() * 3.0e7).floor())
        .collect();
    let lasted: Vec<f64> = (0..n_rows).map(|_| rng.uniform() * 20.0 - 10.0).collect();
    let end = start
        .iter()
        .zip(&lasted)
        .map(|(start, lasted)| start + lasted);
    let exact: Vec<f64> = start.iter().copied().chain(end).collect();
    let numeric: Vec<f32> = exact.iter().map(|&value| value as f32).collect();
    let rest = exact
        .iter()
        .zip(&numeric)
        .map(|(&value, &rounded)| (value - f64::from(rounded)) as f32);
    let remainders = rest.collect();
    (numeric, remainders, lasted)
}

#[test]
fn differences_of_large_numbers_are_those_of_double_precision() {
    let n_rows = 4_000;
    let (numeric, remainders, lasted) = seconds(n_rows);
    let parts: Vec<u8> = (0..n_rows).map(|row| (row % 2) as u8).collect();
    let rules = Rules {
        parts: &parts,
        depth: 4,
        n_sampled: 128,
        seed: 0,
    };
    let gain = |name: &str, residual: &[f64], remainders: &[f32]| {
        let table = Table {
            n_rows,
            numeric: &numeric,
            remainders,
            codes: &[],
            n_levels: &[],
        };
        let wanted = [candidate(name, &[0, 1])];
        let scores = score_candidates(&table, residual, &wanted, &rules, &Workers::default());
        scores.unwrap()[0].unwrap().gain
    };
    let sign: Vec<f64> = lasted
        .iter()
        .map(|&lasted| if lasted > 0.0 { 0.5 } else { -0.5 })
        .collect();
    let size: Vec<f64> = lasted.iter().map(|&lasted| lasted.abs() - 5.0).collect();
    for (name, residual) in [
        ("subtract", &lasted),
        ("normalised_difference", &lasted),
        ("absolute_difference", &size),
        ("less_than", &sign),
    ] {
        assert!(gain(name, residual, &remainders) > 0.9, "{name}");
        assert!(gain(name, residual, &[]) < 0.3, "{name}");
    }
}

#[test]
fn remainders_that_do_not_matter_do_not_change_a_bit() {
    let made = made(1_000, 6);
    let exact: Vec<f64> = made
        .numeric
        .iter()
        .map(|&value| f64::from(value) + 1.0e-9)
        .collect();
    let numeric: Vec<f32> = exact.iter().map(|&value| value as f32).collect();
    let remainders: Vec<f32> = exact
        .iter()
        .zip(&numeric)
        .map(|(&value, &rounded)| (value - f64::from(rounded)) as f32)
        .collect();
    assert!(remainders.iter().any(|&remainder| remainder != 0.0));
    let rules = Rules {
        parts: &made.parts,
        depth: 4,
        n_sampled: 128,
        seed: 0,
    };
    let scores = [&[][..], &remainders].map(|remainders| {
        let table = Table {
            n_rows: made.n_rows,
            numeric: &numeric,
            remainders,
            codes: &made.codes,
            n_levels: &[4, 4],
        };
        score_candidates(
            &table,
            &made.residual,
            &all_candidates(),
            &rules,
            &Workers::default(),
        )
        .unwrap()
    });
    assert_eq!(scores[0], scores[1]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn threads_do_not_change_a_bit(n_rows in 1_usize..1_500, seed in 0_u64..9, n_threads in 2_usize..8) {
        let made = made(n_rows, seed);
        let alone = scores(&made, 4, &Workers::default());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        let together = pool.install(|| {
            scores(&made, 4, &Workers::of_current_pool(crate::CancelFlag::default()))
        });
        prop_assert_eq!(alone, together);
    }
}
