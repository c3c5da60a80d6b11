import cloudpickle
import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    f1_score,
    get_scorer,
    hamming_loss,
    log_loss,
    make_scorer,
    max_error,
    mean_absolute_error,
    mean_squared_error,
    precision_score,
    r2_score,
    roc_auc_score,
    zero_one_loss,
)

from headstart.base import TaskKind
from headstart.metrics import resolve_metric

CLASSES = np.array(["no", "yes"], dtype=object)
Y = np.array([0, 1, 1, 0])
P = np.array([0.1, 0.9, 0.4, 0.3])


def agreement(y_true, y_pred):
    assert set(y_true) | set(y_pred) <= {"no", "yes"}
    return float(np.mean(y_true == y_pred))


def weighted_hits(y_true, y_pred, sample_weight=None):
    return np.average(y_true == y_pred, weights=sample_weight)


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("roc_acu", TaskKind.BINARY, r"Unknown metric 'roc_acu'.*mean 'roc_auc'\?"),
        ("auc", TaskKind.BINARY, r"did you mean 'roc_auc'\?"),
        ("neg_log_loss", TaskKind.MULTICLASS, r"did you mean 'log_loss'\?"),
        ("roc_auc", TaskKind.MULTICLASS, r"is for binary.*mean 'roc_auc_ov[or]'\?"),
        ("rmse", TaskKind.BINARY, "'rmse' is for regression, but the task is bin"),
        ("log_loss", TaskKind.REGRESSION, "is for binary and multiclass, but"),
        ("zzz", TaskKind.REGRESSION, "Metrics for regression: rmse, mae, r2"),
    ],
)
def test_a_wrong_name_is_answered_with_the_right_ones(name, kind, message):
    with pytest.raises(ValueError, match=message):
        resolve_metric(name, kind)


@pytest.mark.parametrize("metric", [5, ["roc_auc"], object()])
def test_what_is_no_metric_is_a_type_error(metric):
    with pytest.raises(TypeError, match="a name, a make_scorer result or a function"):
        resolve_metric(metric, TaskKind.BINARY)


def test_a_resolved_metric_stays_as_it_is():
    metric = resolve_metric("f1", TaskKind.BINARY)
    assert resolve_metric(metric, TaskKind.BINARY) is metric
    with pytest.raises(ValueError, match="is for binary, but"):
        resolve_metric(metric, TaskKind.REGRESSION)


def test_a_function_gets_labels_as_the_user_knows_them():
    metric = resolve_metric(agreement, TaskKind.BINARY, CLASSES)
    assert metric.name == "agreement"
    assert metric.needs == "label"
    assert metric.score(Y, P) == 0.75
    assert metric.loss(Y, P) == -0.75


def test_a_function_gets_the_likeliest_of_many_labels():
    classes = np.array([10, 20, 30])
    metric = resolve_metric(
        lambda y, p: float((y == p).sum()), TaskKind.MULTICLASS, classes
    )
    assert metric.name == "custom"
    prediction = np.array([[0.1, 0.2, 0.7], [0.5, 0.3, 0.2]])
    assert metric.score(np.array([2, 1]), prediction) == 1.0


def test_a_function_of_values_gets_values():
    metric = resolve_metric(lambda y, p: -np.abs(y - p).max(), TaskKind.REGRESSION)
    assert metric.score(np.array([1.0, 2.0]), np.array([1.5, 5.0])) == -3.0


def test_weights_go_to_functions_that_have_a_place_for_them():
    weight = np.array([1.0, 1.0, 5.0, 1.0])
    metric = resolve_metric(weighted_hits, TaskKind.BINARY, CLASSES)
    assert metric.score(Y, P, weight) == 3 / 8
    deaf = resolve_metric(agreement, TaskKind.BINARY, CLASSES)
    assert deaf.score(Y, P, weight) == 0.75


@pytest.mark.parametrize(
    ("scorer", "expected"),
    [
        (make_scorer(accuracy_score), 0.75),
        (make_scorer(f1_score, pos_label="yes"), 2 / 3),
        (make_scorer(roc_auc_score, response_method="predict_proba"), 1.0),
        (make_scorer(roc_auc_score, response_method="decision_function"), 1.0),
        (
            make_scorer(
                roc_auc_score, response_method=("decision_function", "predict")
            ),
            1.0,
        ),
        (
            make_scorer(
                log_loss, greater_is_better=False, response_method="predict_proba"
            ),
            np.log([0.9, 0.9, 0.4, 0.7]).mean(),
        ),
        (get_scorer("roc_auc"), 1.0),
    ],
)
def test_a_scorer_gets_the_response_it_asks_for(scorer, expected):
    metric = resolve_metric(scorer, TaskKind.BINARY, CLASSES)
    assert metric.greater_is_better
    assert metric.score(Y, P) == pytest.approx(expected)


def test_a_scorer_of_many_classes_gets_all_probabilities():
    scorer = make_scorer(
        log_loss, greater_is_better=False, response_method="predict_proba"
    )
    classes = np.array(["a", "b", "c"])
    metric = resolve_metric(scorer, TaskKind.MULTICLASS, classes)
    prediction = np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1], [0.2, 0.3, 0.5]])
    score = metric.score(np.arange(3), prediction)
    assert metric.name == "neg_log_loss"
    assert score == pytest.approx(np.log([0.5, 0.8, 0.5]).mean())


def test_a_scorer_of_values_keeps_its_sign_and_takes_weights():
    scorer = make_scorer(mean_absolute_error, greater_is_better=False)
    metric = resolve_metric(scorer, TaskKind.REGRESSION)
    y, prediction = np.array([1.0, 2.0]), np.array([2.0, 4.0])
    assert metric.score(y, prediction) == -1.5
    assert metric.score(y, prediction, np.array([1.0, 3.0])) == -1.75


@pytest.mark.parametrize(
    ("result", "shown"),
    [
        (None, r"It returned None \(NoneType\)"),
        ("0.5", r"It returned '0.5' \(str\)"),
        ([0.5], r"It returned \[0.5\] \(list\)"),
        (True, r"It returned True \(bool\)"),
        (np.ones(2), r"It returned array\(\[1., 1.\]\) \(ndarray\)"),
        (1j, r"It returned 1j \(complex\)"),
        (np.nan, "returned NaN for 20 rows of toy data"),
    ],
)
def test_a_metric_that_returns_no_number_is_refused_at_once(result, shown):
    with pytest.raises(ValueError, match=shown):
        resolve_metric(lambda y, p: result, TaskKind.BINARY)


@pytest.mark.parametrize(
    "result", [1, 0.5, np.float32(0.5), np.array(0.5), np.int64(3)]
)
def test_any_single_number_will_do(result):
    metric = resolve_metric(lambda y, p: result, TaskKind.REGRESSION)
    assert metric.score(np.zeros(2), np.zeros(2)) == float(result)


def test_a_metric_that_raises_is_refused_with_its_error():
    def broken(y_true, y_pred):
        return 1 / 0

    with pytest.raises(ValueError, match=r"'broken' failed.*ZeroDivisionError") as info:
        resolve_metric(broken, TaskKind.REGRESSION)
    assert isinstance(info.value.__cause__, ZeroDivisionError)


def test_a_metric_with_another_signature_is_refused():
    with pytest.raises(ValueError, match=r"failed on .* rows.*TypeError"):
        resolve_metric(lambda y: 0.0, TaskKind.BINARY)


def test_a_scorer_that_does_not_fit_the_labels_is_refused():
    with pytest.raises(ValueError, match="pos_label"):
        resolve_metric(make_scorer(f1_score), TaskKind.BINARY, CLASSES)


def test_nan_later_on_is_an_error_of_the_loss():
    metric = resolve_metric(
        lambda y, p: np.nan if len(y) < 5 else 1.0, TaskKind.REGRESSION
    )
    with pytest.raises(ValueError, match="returned NaN for 2 rows"):
        metric.loss(np.zeros(2), np.zeros(2))


@pytest.mark.parametrize(
    "metric", ["roc_auc", agreement, lambda y, p: 0.25, make_scorer(accuracy_score)]
)
def test_a_metric_travels_to_other_processes(metric):
    resolved = resolve_metric(metric, TaskKind.BINARY, CLASSES)
    again = cloudpickle.loads(cloudpickle.dumps(resolved))
    assert again.score(Y, P) == resolved.score(Y, P)


@pytest.mark.parametrize("n_classes", [2, 3, 7, 60])
def test_toy_data_has_every_class_on_both_sides(n_classes):
    def check(y_true, y_pred):
        assert len(set(y_true)) == len(set(y_pred)) == n_classes
        return 1.0

    kind = TaskKind.BINARY if n_classes == 2 else TaskKind.MULTICLASS
    resolve_metric(check, kind, np.arange(n_classes))


@pytest.mark.parametrize(
    ("metric", "kind"),
    [
        (mean_squared_error, TaskKind.REGRESSION),
        (max_error, TaskKind.REGRESSION),
        (lambda y, p: float(np.abs(y - p).sum()), TaskKind.REGRESSION),
        (make_scorer(mean_absolute_error), TaskKind.REGRESSION),
        (zero_one_loss, TaskKind.BINARY),
        (hamming_loss, TaskKind.MULTICLASS),
        (make_scorer(log_loss, response_method="predict_proba"), TaskKind.MULTICLASS),
        (make_scorer(brier_score_loss, response_method="predict_proba"), "binary"),
    ],
)
def test_an_error_is_refused_with_the_way_to_turn_it(metric, kind):
    with pytest.raises(ValueError, match="greater_is_better=False") as info:
        resolve_metric(metric, TaskKind(kind))
    assert "perfect prediction" in str(info.value)


@pytest.mark.parametrize(
    ("metric", "kind"),
    [
        (r2_score, TaskKind.REGRESSION),
        (make_scorer(mean_squared_error, greater_is_better=False), "regression"),
        (lambda y, p: 1 / (1 + np.abs(y - p).max()), TaskKind.REGRESSION),
        (lambda y, p: float(np.minimum(y, p).sum() - 0.5 * p.sum()), "regression"),
        (lambda y, p: float(np.mean(p)), TaskKind.REGRESSION),
        (lambda y, p: -float(np.mean(p)), TaskKind.REGRESSION),
        (lambda y, p: 0.25, TaskKind.BINARY),
        (lambda y, p: float(np.mean(p == 1)), TaskKind.BINARY),
        (lambda y, p: -float(np.mean(p == 1)), TaskKind.BINARY),
        (precision_score, TaskKind.BINARY),
        (accuracy_score, TaskKind.MULTICLASS),
    ],
)
def test_what_is_better_for_right_predictions_or_cannot_tell_is_taken(metric, kind):
    resolve_metric(metric, TaskKind(kind))


def pearson(y_true, y_pred):
    return np.corrcoef(y_true, y_pred)[0, 1]


def rank_correlation(y_true, y_pred):
    return spearmanr(y_true, y_pred).statistic


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("function", [pearson, rank_correlation])
def test_a_correlation_of_a_constant_counts_as_that_of_no_skill(function):
    metric = resolve_metric(function, TaskKind.REGRESSION)
    y = np.arange(8.0)

    assert metric.loss(y, np.ones(8)) == pytest.approx(0.0, abs=1e-12)
    assert metric.loss(y, y) == pytest.approx(-1.0)
    assert np.isnan(metric.score(y, np.ones(8)))


@pytest.mark.filterwarnings("ignore")
def test_a_distance_of_correlation_counts_as_no_skill_too():
    scorer = make_scorer(lambda y, p: 1 - pearson(y, p), greater_is_better=False)
    metric = resolve_metric(scorer, TaskKind.REGRESSION)

    assert metric.loss(np.arange(8.0), np.ones(8)) == pytest.approx(1.0)
