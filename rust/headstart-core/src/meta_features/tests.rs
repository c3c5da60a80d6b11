//! Tests of whole descriptions.

use proptest::prelude::*;

use super::*;
use crate::CancelFlag;
use crate::rng::Rng;

fn value(qualities: &[(String, f64)], name: &str) -> f64 {
    qualities.iter().find(|(known, _)| known == name).unwrap().1
}

/// Six numeric columns, one of them with missing values, three nominal ones.
struct Columns {
    numeric: Vec<Vec<f64>>,
    nominal: Vec<Vec<i32>>,
    classes: Vec<i64>,
    values: Vec<f64>,
}

fn columns(n_rows: usize) -> Columns {
    let mut rng = Rng::new(1, 0);
    let mut numeric: Vec<Vec<f64>> = (0..6)
        .map(|_| (0..n_rows).map(|_| rng.uniform()).collect())
        .collect();
    for row in (0..n_rows).step_by(7) {
        numeric[5][row] = f64::NAN;
    }
    let nominal = (0..3)
        .map(|_| (0..n_rows).map(|_| rng.below(4) as i32 - 1).collect())
        .collect();
    let values: Vec<f64> = (0..n_rows)
        .map(|row| numeric[0][row] + 0.5 * numeric[1][row] + 0.1 * rng.uniform())
        .collect();
    let classes = values.iter().map(|value| (value * 2.0) as i64).collect();
    Columns {
        numeric,
        nominal,
        classes,
        values,
    }
}

fn describe_all(columns: &Columns, target: Target<'_>, workers: &Workers) -> Vec<(String, f64)> {
    let nominal = columns.nominal.iter().map(|codes| Nominal {
        codes,
        n_levels: 3,
        is_ordered: true,
    });
    let table = Table::new(
        columns.numeric.iter().map(Vec::as_slice).collect(),
        nominal.collect(),
        Others::default(),
        target,
    );
    describe(&table.unwrap(), 5, workers).unwrap()
}

#[test]
fn the_same_bytes_at_any_number_of_threads() {
    let columns = columns(3_000);
    for target in [
        Target::Classes(&columns.classes),
        Target::Values(&columns.values),
    ] {
        let one = describe_all(&columns, target, &Workers::default());
        for n_threads in [2, 7] {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(n_threads)
                .build()
                .unwrap();
            let workers = Workers::of_current_pool(CancelFlag::default());
            let many = pool.install(|| describe_all(&columns, target, &workers));
            assert_eq!(one.len(), many.len());
            for (one, many) in one.iter().zip(&many) {
                assert_eq!((&one.0, one.1.to_bits()), (&many.0, many.1.to_bits()));
            }
        }
    }
}

#[test]
fn landmarkers_find_what_can_be_learnt() {
    let columns = columns(3_000);
    let of_classes = describe_all(
        &columns,
        Target::Classes(&columns.classes),
        &Workers::default(),
    );
    let by_guessing = 1.0 - value(&of_classes, "MajorityClassPercentage") / 100.0;
    for learner in ["stump", "tree", "naive_bayes", "nearest", "linear"] {
        let error = value(&of_classes, &format!("hs_{learner}_error"));
        assert!(error < by_guessing && error > 0.0, "{learner}: {error}");
    }
    let of_values = describe_all(
        &columns,
        Target::Values(&columns.values),
        &Workers::default(),
    );
    assert!(value(&of_values, "hs_linear_r2") > 0.95);
    let stump = value(&of_values, "hs_stump_r2");
    let tree = value(&of_values, "hs_tree_r2");
    assert!(0.4 < stump && stump < tree && tree < 0.95, "{stump} {tree}");
}

#[test]
fn a_seed_chooses_the_rows_of_the_landmarkers_only() {
    let columns = columns(3_000);
    let table = Table::new(
        columns.numeric.iter().map(Vec::as_slice).collect(),
        Vec::new(),
        Others::default(),
        Target::Values(&columns.values),
    )
    .unwrap();
    let one = describe(&table, 1, &Workers::default()).unwrap();
    let two = describe(&table, 2, &Workers::default()).unwrap();
    for ((name, one), (_, two)) in one.iter().zip(&two) {
        let is_landmarker = name.ends_with("_r2");
        assert_eq!(one.to_bits() != two.to_bits(), is_landmarker, "{name}");
    }
}

#[test]
fn rows_that_lack_values_are_counted_once() {
    let numbers = [f64::NAN, 1.0, f64::INFINITY, 2.0];
    let nominal = Nominal {
        codes: &[-1, 0, 0, -1],
        n_levels: 1,
        is_ordered: false,
    };
    let others = Others {
        n_columns: 2,
        n_missing: 3,
        rows: &[true, false, false, false],
    };
    let target = Target::Classes(&[0, 1, 0, 1]);
    let table = Table::new(vec![&numbers], vec![nominal], others, target).unwrap();
    let qualities = describe(&table, 0, &Workers::default()).unwrap();
    assert_eq!(value(&qualities, "NumberOfMissingValues"), 7.0);
    assert_eq!(value(&qualities, "NumberOfInstancesWithMissingValues"), 3.0);
    assert_eq!(value(&qualities, "NumberOfFeatures"), 5.0);
    assert_eq!(value(&qualities, "PercentageOfMissingValues"), 35.0);
    // The class is binary; a nominal column of one level is not.
    assert_eq!(value(&qualities, "NumberOfBinaryFeatures"), 1.0);
}

#[test]
fn a_cancelled_description_ends() {
    let columns = columns(20);
    let table = Table::new(
        columns.numeric.iter().map(Vec::as_slice).collect(),
        Vec::new(),
        Others::default(),
        Target::Values(&columns.values),
    )
    .unwrap();
    let flag = CancelFlag::default();
    flag.cancel();
    let result = describe(&table, 0, &Workers::sequential(flag));
    assert_eq!(result, Err(Error::Cancelled));
}

#[test]
fn nonsense_is_refused() {
    let nominal = |codes: &'static [i32]| Nominal {
        codes,
        n_levels: 2,
        is_ordered: false,
    };
    let new = |numeric, nominal, target| Table::new(numeric, nominal, Others::default(), target);
    let classes = Target::Classes(&[0, 1]);
    assert!(new(vec![&[1.0][..]], vec![], classes).is_err());
    assert!(new(vec![], vec![nominal(&[0])], classes).is_err());
    assert!(new(vec![], vec![nominal(&[0, 2])], classes).is_err());
    assert!(new(vec![], vec![nominal(&[0, -2])], classes).is_err());
    assert!(new(vec![], vec![], Target::Values(&[0.0, f64::NAN])).is_err());
    assert!(new(vec![], vec![nominal(&[0, -1])], classes).is_ok());
}

/// Numbers that break what is careless.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        -10.0_f64..10.0,
        (0_i32..3).prop_map(f64::from),
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(-0.0),
        Just(f64::MAX),
        Just(f64::MIN),
        Just(f64::MIN_POSITIVE),
    ]
}

proptest! {
    #[test]
    fn any_table_is_described_by_the_same_names(
        rows in prop::collection::vec((number(), number(), -1_i32..3, 0_i64..3), 0..40),
        n_numeric in 0_usize..3,
        n_nominal in 0_usize..2,
        is_regression: bool,
        seed: u64,
    ) {
        let first: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let second: Vec<f64> = rows.iter().map(|row| row.1).collect();
        let codes: Vec<i32> = rows.iter().map(|row| row.2).collect();
        let classes: Vec<i64> = rows.iter().map(|row| row.3).collect();
        let values: Vec<f64> =
            first.iter().map(|v| if v.is_finite() { *v } else { 1.0 }).collect();
        let nominal = Nominal { codes: &codes, n_levels: 3, is_ordered: true };
        let table = Table::new(
            [&first[..], &second[..]][..n_numeric].to_vec(),
            vec![nominal; n_nominal],
            Others::default(),
            if is_regression { Target::Values(&values) } else { Target::Classes(&classes) },
        );
        let qualities = describe(&table.unwrap(), seed, &Workers::default()).unwrap();
        let empty = Table::new(vec![], vec![], Others::default(), Target::Values(&[])).unwrap();
        let names = describe(&empty, 0, &Workers::default()).unwrap();
        prop_assert_eq!(qualities.len(), names.len());
        for ((name, value), (expected, _)) in qualities.iter().zip(&names) {
            prop_assert_eq!(name, expected);
            prop_assert!(value.is_finite() || value.is_nan());
            let is_of_classes = name.ends_with("_error");
            let is_of_values = name.ends_with("_r2") || name.starts_with("hs_target");
            if (is_of_classes && is_regression) || (is_of_values && !is_regression) {
                prop_assert!(value.is_nan(), "{} {}", name, value);
            }
            let (low, high) = if name.ends_with("_error") || name.ends_with("_share") {
                (0.0, 1.0)
            } else if name.ends_with("_r2") {
                (-1.0, 1.0)
            } else if name.starts_with("Percentage") {
                (0.0, 100.0)
            } else {
                continue;
            };
            prop_assert!(value.is_nan() || (low..=high).contains(value), "{} {}", name, value);
        }
    }
}
