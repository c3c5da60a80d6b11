use ndarray::{Array2, Axis, array};

use super::*;
use crate::predict::kernel_machine::{Kernel, KernelMachine, Metric};
use crate::rng::Rng;
use crate::{CancelFlag, Workers};

const FACTORS: MetricForm = MetricForm {
    is_full: false,
    plain_share: 0.1,
};

/// Columns, two targets of which the first column is the cause, and weights.
fn data(n_rows: usize) -> (Array2<f64>, Array2<f64>, Vec<f64>) {
    let mut rng = Rng::new(7, 0);
    let x = Array2::from_shape_simple_fn((n_rows, 3), || 2.0 * rng.uniform() - 1.0);
    let y = Array2::from_shape_fn((n_rows, 2), |(row, output)| {
        (3.0 * x[[row, 0]] + output as f64).sin()
    });
    let weight = (0..n_rows).map(|row| 0.5 + (row % 3) as f64).collect();
    (x, y, weight)
}

fn kernel() -> Kernel {
    Kernel::new(2.0, 1.3).unwrap()
}

#[test]
fn left_out_outputs_are_those_of_a_fit_without_the_row() {
    let (x, y, weight) = data(80);
    let factors = array![[1.0, 0.5, 0.1]];
    let metric = Metric::new(factors.view()).unwrap();
    let workers = Workers::default();
    let rows = TrainingRows::new(x.view(), y.view(), &weight).unwrap();
    let whole = leave_out(&rows, LeftOut::Row, &metric, kernel(), 0.1, &workers)
        .unwrap()
        .unwrap();
    let others: Vec<usize> = (0..80).filter(|row| *row != 17).collect();
    let (other_x, other_y) = (x.select(Axis(0), &others), y.select(Axis(0), &others));
    let other_weight: Vec<f64> = others.iter().map(|row| weight[*row]).collect();
    let rows = TrainingRows::new(other_x.view(), other_y.view(), &other_weight).unwrap();
    let coef = solve(&rows, &metric, kernel(), 0.1, &workers)
        .unwrap()
        .unwrap();
    let points = metric.map(other_x.view()).unwrap();
    let machine = KernelMachine::new(points.view(), coef.view(), kernel()).unwrap();
    let row = metric.map(x.select(Axis(0), &[17]).view()).unwrap();
    let expected = machine.outputs(row.view()).unwrap();
    for output in 0..2 {
        assert!((whole.left_out[[17, output]] - expected[[0, output]]).abs() < 1e-10);
    }
}

#[test]
fn the_metric_finds_the_column_that_matters() {
    let (x, y, weight) = data(200);
    let ones = Array2::ones((1, 3));
    let metric = Metric::new(ones.view()).unwrap();
    let workers = Workers::default();
    let rows = TrainingRows::new(x.view(), y.view(), &weight).unwrap();
    let coef = solve(&rows, &metric, kernel(), 0.1, &workers)
        .unwrap()
        .unwrap();
    let at: Vec<usize> = (0..200).collect();
    let learnt = learn_metric(
        &rows,
        coef.view(),
        &at,
        &metric,
        kernel(),
        FACTORS,
        &workers,
    )
    .unwrap()
    .unwrap();
    assert!(learnt[[0, 0]] > 3.0 * learnt[[0, 1]].max(learnt[[0, 2]]));
    let constant = Array2::zeros((200, 2));
    let none = learn_metric(
        &rows,
        constant.view(),
        &at,
        &metric,
        kernel(),
        FACTORS,
        &workers,
    );
    assert_eq!(none.unwrap(), None);
}

#[test]
fn a_cancelled_fit_is_an_error() {
    let (x, y, weight) = data(300);
    let ones = Array2::ones((1, 3));
    let metric = Metric::new(ones.view()).unwrap();
    let rows = TrainingRows::new(x.view(), y.view(), &weight).unwrap();
    let cancel = CancelFlag::default();
    cancel.cancel();
    let workers = Workers::sequential(cancel);
    let parts: Vec<i64> = (0..300).map(|row| row % 3).collect();
    assert_eq!(
        solve(&rows, &metric, kernel(), 0.1, &workers),
        Err(Error::Cancelled)
    );
    assert_eq!(
        solve_on_landmarks(&rows, &parts, x.view(), &metric, kernel(), &[0.1], &workers),
        Err(Error::Cancelled)
    );
}

#[test]
fn arguments_that_do_not_fit_are_errors() {
    let (x, y, weight) = data(20);
    assert!(TrainingRows::new(x.view(), y.view(), &weight[1..]).is_err());
    assert!(TrainingRows::new(x.view(), array![[1.0]].view(), &weight).is_err());
    assert!(TrainingRows::new(x.view(), y.view(), &[0.0; 20]).is_err());
    let empty = Array2::zeros((0, 3));
    assert!(TrainingRows::new(empty.view(), empty.view(), &[]).is_err());

    let rows = TrainingRows::new(x.view(), y.view(), &weight).unwrap();
    let ones = Array2::ones((1, 3));
    let metric = Metric::new(ones.view()).unwrap();
    let full = Array2::eye(3);
    let full = Metric::new(full.view()).unwrap();
    let narrow = Array2::ones((1, 2));
    let narrow = Metric::new(narrow.view()).unwrap();
    let workers = Workers::default();
    for ridge in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(solve(&rows, &metric, kernel(), ridge, &workers).is_err());
    }
    assert!(solve(&rows, &narrow, kernel(), 0.1, &workers).is_err());
    for parts in [&[0; 19][..], &[0; 20]] {
        let left_out = LeftOut::Part(parts);
        let found = leave_out(&rows, left_out, &metric, kernel(), 0.1, &workers);
        assert_eq!(found.is_err(), parts.len() == 19);
        let landmarks =
            solve_on_landmarks(&rows, parts, x.view(), &metric, kernel(), &[0.1], &workers);
        assert!(landmarks.is_err());
    }
    let learn = |coef: &Array2<f64>, at: &[usize], metric: &Metric<'_>, share: f64| {
        let form = MetricForm {
            plain_share: share,
            ..FACTORS
        };
        learn_metric(&rows, coef.view(), at, metric, kernel(), form, &workers)
    };
    assert!(learn(&y, &[0, 19], &metric, 0.5).is_ok());
    assert!(learn(&y, &[20], &metric, 0.5).is_err());
    assert!(learn(&x.select(Axis(0), &[0]), &[0], &metric, 0.5).is_err());
    assert!(learn(&y, &[0], &full, 0.5).is_err());
    assert!(learn(&y, &[0], &metric, 0.0).is_err());
}
