#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::{CancelFlag, Workers};

const NO_CATEGORIES: CategoryArrays<'_> = CategoryArrays {
    features: &[],
    offsets: &[0],
    values: &[],
    sets: &[],
    n_words: 0,
};
const FORM: TreeForm<'_> = TreeForm {
    n_features: 2,
    baseline: &[0.5],
    mean: false,
    single_precision: false,
};
/// A stump on feature 1 and a tree of depth two on both.
const TREES: TreeArrays<'_> = TreeArrays {
    roots: &[0, 3],
    left: &[1, -1, -1, 4, 6, -1, -1, -1],
    right: &[2, -1, -1, 5, 7, -1, -1, -1],
    feature: &[1, 0, 0, 0, 1, 0, 0, 0],
    threshold: &[0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 0.0, 0.0],
    missing_left: &[1, 0, 0, 0, 1, 0, 0, 0],
    category_set: &[-1; 8],
    values: &[1.0, 2.0, 10.0, 20.0, 30.0],
};

fn refused(trees: TreeArrays<'_>) -> String {
    TreeEnsemble::new(&trees, &NO_CATEGORIES, &FORM)
        .unwrap_err()
        .to_string()
}

#[test]
fn values_of_the_leaves_are_added_to_the_baseline() {
    let ensemble = TreeEnsemble::new(&TREES, &NO_CATEGORIES, &FORM).unwrap();
    let x = [
        [0.0, 0.0],
        [0.0, 3.0],
        [2.0, -1.0],
        [f64::NAN, f64::NAN],
        [f64::INFINITY, f64::NEG_INFINITY],
    ];
    let found = ensemble
        .predict(x.as_flattened(), &Workers::default())
        .unwrap();
    assert_eq!(found, [21.5, 32.5, 11.5, 11.5, 11.5]);
}

#[test]
fn stored_arrays_make_an_equal_ensemble() {
    let ensemble = TreeEnsemble::new(&TREES, &NO_CATEGORIES, &FORM).unwrap();
    let stored = ensemble.stored();
    let right: Vec<i32> = stored
        .left
        .iter()
        .map(|&left| if left < 0 { -1 } else { left + 1 })
        .collect();
    let again = TreeArrays {
        roots: &stored.roots,
        left: &stored.left,
        right: &right,
        feature: &stored.feature,
        threshold: &stored.threshold,
        missing_left: &stored.missing_left,
        category_set: &stored.category_set,
        values: &stored.values,
    };
    let again = TreeEnsemble::new(&again, &NO_CATEGORIES, &FORM).unwrap();
    let x: Vec<f64> = (0..60).map(|i| f64::from(i % 7) - 2.0).collect();
    let workers = Workers::default();
    assert_eq!(ensemble.predict(&x, &workers), again.predict(&x, &workers));
}

#[test]
fn one_value_column_is_dealt_to_the_outputs_in_turn() {
    let form = TreeForm {
        baseline: &[0.0, 100.0],
        ..FORM
    };
    let ensemble = TreeEnsemble::new(&TREES, &NO_CATEGORIES, &form).unwrap();
    let found = ensemble.predict(&[0.0, 0.0], &Workers::default()).unwrap();
    assert_eq!(found, [1.0, 120.0]);
}

#[test]
fn categories_go_by_their_set_and_unknown_ones_are_missing() {
    let categories = CategoryArrays {
        features: &[1],
        offsets: &[0, 3],
        values: &[-1.0, 2.5, 7.0],
        sets: &[0b101],
        n_words: 1,
    };
    let trees = TreeArrays {
        roots: &[0],
        left: &[1, -1, -1],
        right: &[2, -1, -1],
        feature: &[1, 0, 0],
        threshold: &[0.0; 3],
        missing_left: &[1, 0, 0],
        category_set: &[0, -1, -1],
        values: &[1.0, 2.0],
    };
    let ensemble = TreeEnsemble::new(&trees, &categories, &FORM).unwrap();
    let x = [-1.0, 2.5, 7.0, 3.0, f64::NAN, f64::INFINITY].map(|value| [0.0, value]);
    let found = ensemble
        .predict(x.as_flattened(), &Workers::default())
        .unwrap();
    assert_eq!(found, [1.5, 2.5, 1.5, 1.5, 1.5, 1.5]);
    assert_eq!(ensemble.stored().category_set, [0, -1, -1]);
}

#[test]
fn single_precision_rounds_before_it_compares() {
    let above = 1.0 + 1e-9;
    let x = [above, 0.0];
    for (single_precision, expected) in [(true, 21.5), (false, 11.5)] {
        let form = TreeForm {
            single_precision,
            ..FORM
        };
        let ensemble = TreeEnsemble::new(&TREES, &NO_CATEGORIES, &form).unwrap();
        let found = ensemble.predict(&x, &Workers::default()).unwrap();
        assert_eq!(found, [expected]);
    }
}

#[test]
fn cycles_and_strangers_are_refused() {
    let left = [0, -1, -1, 4, 6, -1, -1, -1];
    assert!(
        refused(TreeArrays {
            left: &left,
            ..TREES
        })
        .contains("children in 1..3")
    );
    let left = [1, -1, -1, 4, 3, -1, -1, -1];
    assert!(
        refused(TreeArrays {
            left: &left,
            ..TREES
        })
        .contains("children in 5..8")
    );
    let left = [1, -1, -1, 4, 8, -1, -1, -1];
    assert!(
        refused(TreeArrays {
            left: &left,
            ..TREES
        })
        .contains("Got 8")
    );
    let left = [4, -1, -1, 4, 6, -1, -1, -1];
    assert!(
        refused(TreeArrays {
            left: &left,
            ..TREES
        })
        .contains("children in 1..3")
    );
    let left = [-1, -1, -1, 4, 6, -1, -1, -1];
    assert!(
        refused(TreeArrays {
            left: &left,
            ..TREES
        })
        .contains("children in 1..3")
    );
    let left = [2, -1, -1, 4, 6, -1, -1, -1];
    assert!(
        refused(TreeArrays {
            left: &left,
            ..TREES
        })
        .contains("shares")
    );
    let left = [1, -1, -1, 4, -1, -1, -1, -1];
    let right = [2, -1, -1, 5, -1, -1, -1, -1];
    let orphans = TreeArrays {
        left: &left,
        right: &right,
        ..TREES
    };
    assert!(refused(orphans).contains("no parent"));
}

#[test]
fn numbers_out_of_range_are_refused() {
    let feature = [2, 0, 0, 0, 1, 0, 0, 0];
    assert!(
        refused(TreeArrays {
            feature: &feature,
            ..TREES
        })
        .contains("feature in 0..2")
    );
    let threshold = [f64::NAN; 8];
    let trees = TreeArrays {
        threshold: &threshold,
        ..TREES
    };
    assert!(refused(trees).contains("threshold"));
    let values = [1.0, 2.0, 10.0, f64::INFINITY, 30.0];
    assert!(
        refused(TreeArrays {
            values: &values,
            ..TREES
        })
        .contains("finite")
    );
    let values = [1.0; 4];
    assert!(
        refused(TreeArrays {
            values: &values,
            ..TREES
        })
        .contains("5 leaves")
    );
    let sets = [0; 8];
    let trees = TreeArrays {
        category_set: &sets,
        ..TREES
    };
    assert!(refused(trees).contains("numeric feature"));
    for roots in [&[0, 8][..], &[1, 3], &[0, 0], &[0, -3], &[]] {
        assert!(refused(TreeArrays { roots, ..TREES }).contains("Roots"));
    }
}

#[test]
fn a_stop_is_noticed() {
    let flag = CancelFlag::default();
    flag.cancel();
    let ensemble = TreeEnsemble::new(&TREES, &NO_CATEGORIES, &FORM).unwrap();
    let found = ensemble.predict(&[0.0; 64], &Workers::sequential(flag));
    assert_eq!(found, Err(Error::Cancelled));
}
