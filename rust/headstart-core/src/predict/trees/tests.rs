#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

const NO_CATEGORIES: CategoryArrays<'_> = CategoryArrays {
    features: &[],
    offsets: &[0],
    values: &[],
    set_offsets: &[0],
    sets: &[],
};
const FORM: TreeForm<'_> = TreeForm {
    n_features: 2,
    baseline: &[0.5],
    mean: false,
    single_precision: false,
    single_sums: false,
    largest: f64::INFINITY,
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

fn predict(ensemble: &TreeEnsemble, x: &[f64]) -> Vec<f64> {
    ensemble.predict(x, || Ok(())).unwrap()
}

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
    let predictions = predict(&ensemble, x.as_flattened());
    assert_eq!(predictions, [21.5, 32.5, 11.5, 11.5, 11.5]);
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
    assert_eq!(predict(&ensemble, &x), predict(&again, &x));
}

#[test]
fn one_value_column_is_dealt_to_the_outputs_in_turn() {
    let form = TreeForm {
        baseline: &[0.0, 100.0],
        ..FORM
    };
    let ensemble = TreeEnsemble::new(&TREES, &NO_CATEGORIES, &form).unwrap();
    let predictions = predict(&ensemble, &[0.0, 0.0]);
    assert_eq!(predictions, [1.0, 120.0]);
}

#[test]
fn categories_go_by_their_set_and_unknown_ones_are_missing() {
    let categories = CategoryArrays {
        features: &[1],
        offsets: &[0, 3],
        values: &[-1.0, 2.5, 7.0],
        set_offsets: &[0, 1],
        sets: &[0b101],
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
    let predictions = predict(&ensemble, x.as_flattened());
    assert_eq!(predictions, [1.5, 2.5, 1.5, 1.5, 1.5, 1.5]);
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
        let predictions = predict(&ensemble, &x);
        assert_eq!(predictions, [expected]);
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
fn codes_are_truncated_and_beyond_a_set_are_not_in_it() {
    // Bits 0 and 33.
    let categories = CategoryArrays {
        features: &[1],
        offsets: &[0, 0],
        values: &[],
        set_offsets: &[0, 2],
        sets: &[1, 2],
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
    let codes = [
        (f64::NAN, 1.5),
        (0.0, 1.5),
        (-0.0, 1.5),
        (33.9, 1.5),
        (1.0, 2.5),
        (64.0, 2.5),
        (-1.0, 2.5),
        (1e300, 2.5),
        (f64::INFINITY, 2.5),
        (f64::NEG_INFINITY, 2.5),
    ];
    for (single_precision, of_fraction) in [(false, 1.5), (true, 2.5)] {
        let form = TreeForm {
            single_precision,
            ..FORM
        };
        let ensemble = TreeEnsemble::new(&trees, &categories, &form).unwrap();
        for (code, expected) in codes.into_iter().chain([(-0.5, of_fraction)]) {
            // One row alone, and eight in step.
            for n_rows in [1, 8] {
                let x = [0.0, code].repeat(n_rows);
                let predictions = predict(&ensemble, &x);
                assert_eq!(predictions, vec![expected; n_rows], "{code}");
            }
        }
    }
}

#[test]
fn sums_are_rounded_after_each_tree_where_they_are_single() {
    let large = 16_777_216.0; // the next number in single precision is 2 larger
    let form = TreeForm {
        baseline: &[large],
        single_sums: true,
        ..FORM
    };
    let values = [1.0, 2.0, 1.0, 20.0, 30.0];
    let trees = TreeArrays {
        values: &values,
        ..TREES
    };
    let ensemble = TreeEnsemble::new(&trees, &NO_CATEGORIES, &form).unwrap();
    assert_eq!(predict(&ensemble, &[2.0, -1.0]), [large]);
    let ensemble = TreeEnsemble::new(
        &trees,
        &NO_CATEGORIES,
        &TreeForm {
            single_sums: false,
            ..form
        },
    )
    .unwrap();
    assert_eq!(predict(&ensemble, &[2.0, -1.0]), [large + 2.0]);
}

#[test]
fn inputs_beyond_a_bound_are_taken_for_it() {
    let form = TreeForm {
        largest: 2.0,
        ..FORM
    };
    let ensemble = TreeEnsemble::new(&TREES, &NO_CATEGORIES, &form).unwrap();
    // The second tree asks feature 1 for 2 at most.
    assert_eq!(predict(&ensemble, &[0.0, f64::INFINITY]), [22.5]);
    let refused = TreeEnsemble::new(
        &TREES,
        &NO_CATEGORIES,
        &TreeForm {
            largest: f64::NAN,
            ..FORM
        },
    );
    assert!(refused.unwrap_err().to_string().contains("bound"));
}

#[test]
fn a_stop_is_noticed() {
    let ensemble = TreeEnsemble::new(&TREES, &NO_CATEGORIES, &FORM).unwrap();
    let result = ensemble.predict(&[0.0; 64], || Err(Error::Cancelled));
    assert_eq!(result, Err(Error::Cancelled));
}

/// Random numbers, the same each time.
struct Draws(u64);

impl Draws {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    /// Draw a value of a feature; categorical ones have even numbers.
    fn value(&mut self, feature: usize) -> f64 {
        if self.below(8) == 0 {
            return f64::NAN;
        }
        if feature % 2 == 0 {
            [3, 40, 700][feature / 2].min(self.below(720)) as f64 - self.below(2) as f64
        } else {
            self.below(9) as f64 / 3.0 - 1.0
        }
    }
}

/// Trees drawn at random, with arrays of their own.
#[derive(Default)]
struct Drawn {
    roots: Vec<i64>,
    left: Vec<i32>,
    right: Vec<i32>,
    feature: Vec<i32>,
    threshold: Vec<f64>,
    missing_left: Vec<u8>,
    category_set: Vec<i32>,
    values: Vec<f64>,
    set_offsets: Vec<i64>,
    sets: Vec<u32>,
}

const N_FEATURES: usize = 6;

impl Drawn {
    fn push_tree(&mut self, draws: &mut Draws, n_splits: usize) {
        let root = self.left.len();
        self.roots.push(root as i64);
        let mut leaves = vec![root];
        self.push_leaf();
        for _ in 0..n_splits {
            let node = leaves.swap_remove(draws.below(leaves.len()));
            let feature = draws.below(N_FEATURES);
            self.feature[node] = feature as i32;
            self.missing_left[node] = draws.below(2) as u8;
            if feature % 2 == 0 {
                self.category_set[node] = self.set_offsets.len() as i32 - 1;
                let n_words = draws.below([1, 2, 23][feature / 2] + 1);
                self.sets
                    .extend((0..n_words).map(|_| draws.below(1 << 31) as u32));
                self.set_offsets.push(self.sets.len() as i64);
            } else {
                self.threshold[node] = draws.value(1).max(-0.9);
            }
            self.left[node] = self.left.len() as i32;
            self.right[node] = self.left.len() as i32 + 1;
            for _ in 0..2 {
                leaves.push(self.left.len());
                self.push_leaf();
            }
        }
    }

    fn push_leaf(&mut self) {
        self.left.push(-1);
        self.right.push(-1);
        self.feature.push(0);
        self.threshold.push(0.0);
        self.missing_left.push(0);
        self.category_set.push(-1);
    }

    fn arrays(&self) -> TreeArrays<'_> {
        TreeArrays {
            roots: &self.roots,
            left: &self.left,
            right: &self.right,
            feature: &self.feature,
            threshold: &self.threshold,
            missing_left: &self.missing_left,
            category_set: &self.category_set,
            values: &self.values,
        }
    }

    /// Walk down one tree in the plainest way.
    fn leaf(&self, tree: usize, row: &[f64]) -> usize {
        let mut node = self.roots[tree] as usize;
        while self.left[node] >= 0 {
            let value = row[self.feature[node] as usize];
            let set = self.category_set[node];
            let goes_left = if value.is_nan() {
                self.missing_left[node] == 1
            } else if set < 0 {
                value <= self.threshold[node]
            } else {
                let (start, end) = (
                    self.set_offsets[set as usize] as usize,
                    self.set_offsets[set as usize + 1] as usize,
                );
                let words = &self.sets[start..end];
                value >= 0.0
                    && words
                        .get(value as usize / 32)
                        .is_some_and(|word| (word >> (value as usize % 32)) & 1 == 1)
            };
            node = if goes_left {
                self.left[node]
            } else {
                self.right[node]
            } as usize;
        }
        self.left[..node].iter().filter(|&&left| left < 0).count()
    }
}

#[test]
fn small_and_large_trees_send_rows_to_the_leaves_that_a_plain_walk_finds() {
    let mut draws = Draws(1);
    for (n_splits, single_precision) in [
        (0, false),
        (1, true),
        (7, false),
        (31, true),
        (40, true),
        (63, false),
        (90, false),
    ] {
        let mut drawn = Drawn {
            set_offsets: vec![0],
            ..Drawn::default()
        };
        for _ in 0..9 {
            drawn.push_tree(&mut draws, n_splits);
        }
        let n_leaves = 9 * (n_splits + 1);
        drawn.values = (0..n_leaves).map(|leaf| leaf as f64).collect();
        let categories = CategoryArrays {
            features: &[0, 2, 4],
            offsets: &[0; 4],
            values: &[],
            set_offsets: &drawn.set_offsets,
            sets: &drawn.sets,
        };
        // One output for each tree: its value is the number of the leaf.
        let form = TreeForm {
            n_features: N_FEATURES,
            baseline: &[0.0; 9],
            single_precision,
            ..FORM
        };
        let ensemble = TreeEnsemble::new(&drawn.arrays(), &categories, &form).unwrap();
        for n_rows in [1, 3, 4, 16, 37, 200] {
            let x: Vec<f64> = (0..n_rows * N_FEATURES)
                .map(|place| draws.value(place % N_FEATURES))
                .collect();
            // The thresholds, as they are compared in single precision.
            let x: Vec<f64> = x.iter().map(|&value| f64::from(value as f32)).collect();
            let predictions = predict(&ensemble, &x);
            for (row, outputs) in x.chunks(N_FEATURES).zip(predictions.chunks(9)) {
                for (tree, &output) in outputs.iter().enumerate() {
                    assert_eq!(output, drawn.leaf(tree, row) as f64, "{row:?}");
                }
            }
        }
    }
}
