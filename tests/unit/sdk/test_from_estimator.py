import cloudpickle
import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.cluster import KMeans
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import BaggingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import GammaRegressor, LogisticRegression, RidgeClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVR, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from headstart.base import (
    Choice,
    Condition,
    Float,
    Integer,
    Learner,
    Matrix,
    Resources,
    Rows,
    SearchSpace,
    Task,
    TaskKind,
)
from headstart.exceptions import ArtifactError, PluginError
from headstart.plugins.declarations import check_learner_declaration
from headstart.sdk import from_estimator

BINARY = Task(TaskKind.BINARY, 60, 3, 0, 2, "roc_auc")
MULTICLASS = Task(TaskKind.MULTICLASS, 60, 3, 0, 4, "log_loss")
REGRESSION = Task(TaskKind.REGRESSION, 60, 3, 0, 0, "rmse")
CLASSES = {TaskKind.BINARY, TaskKind.MULTICLASS}


def rows(y, weight=None, n_features=3):
    values = np.random.default_rng(0).normal(size=(len(y), n_features))
    if n_features:
        values[:, 0] += y
    values.setflags(write=False)
    names = tuple(f"c{i}" for i in range(n_features))
    return Rows(Matrix(values, names), np.asarray(y), weight)


def fit(learner, task, train, **parameters):
    return learner.fit(task, parameters, train, None, Resources(seed=3))


def codes(*present):
    return np.resize(present, 60)


def test_capabilities_are_read_off_tags_and_signatures():
    svc = from_estimator("a", LinearSVC)
    assert svc.tasks == CLASSES
    assert (svc.view.missing, svc.view.numeric) == ("imputed", "scaled")
    assert svc.uses_weights

    trees = from_estimator("b", HistGradientBoostingRegressor)
    assert trees.tasks == {TaskKind.REGRESSION}
    assert (trees.view.missing, trees.view.numeric) == ("native", "scaled")

    assert not from_estimator("c", LinearDiscriminantAnalysis).uses_weights
    for learner in (svc, trees):
        assert check_learner_declaration(learner) is learner


def test_the_default_is_the_estimators_own_where_none_is_given():
    space = {"C": Float(0.1, 10.0), "loss": Choice("hinge", "squared_hinge")}
    learner = from_estimator("a", LinearSVC, space=space, default={"C": 2.0})
    assert learner.search_space(BINARY).default == {"C": 2.0, "loss": "squared_hinge"}


def test_a_whole_space_with_conditions_may_be_given():
    space = SearchSpace(
        {"kernel": Choice("rbf", "poly"), "degree": Integer(2, 4)},
        default={"kernel": "rbf", "degree": 3},
        conditions={"degree": Condition("kernel", ("poly",))},
    )
    assert from_estimator("a", SVR, space=space).search_space(REGRESSION) is (space)


class NoPredict:
    def fit(self, X, y):
        return self


class BareClassifier(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.zeros(len(X))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((LinearSVC(),), "pass LinearSVC without brackets"),
        ((NoPredict,), r"NoPredict has no predict\(\)"),
        ((KMeans,), "needs a classifier or a regressor.*'clusterer'"),
        ((BareClassifier,), "neither predict_proba.*CalibratedClassifierCV"),
        ((MultinomialNB,), r"below 0.*MinMaxScaler"),
    ],
)
def test_what_cannot_work_is_refused_with_the_reason(arguments, reason):
    with pytest.raises(PluginError, match=reason):
        from_estimator("a", *arguments)


def test_a_default_outside_of_the_space_is_refused():
    with pytest.raises(PluginError, match=r"default for 'C'.*Got 1.0"):
        from_estimator("a", LinearSVC, space={"C": Float(2.0, 3.0)})
    with pytest.raises(PluginError, match="names 'D', which its space"):
        from_estimator("a", LinearSVC, default={"D": 1})


def test_a_refused_estimator_works_in_the_hinted_pipeline():
    def made():
        return make_pipeline(MinMaxScaler(clip=True), MultinomialNB())

    learner = from_estimator("a", made)
    model = fit(learner, BINARY, rows(codes(0, 1)))
    assert learner.predict(model, rows(codes(0, 1)).X, BINARY).shape == (60, 2)


@pytest.mark.parametrize("estimator", [LogisticRegression, RidgeClassifier])
def test_a_fold_may_lack_a_class(estimator):
    learner = from_estimator("a", estimator)
    train = rows(codes(1, 3))

    predicted = learner.predict(fit(learner, MULTICLASS, train), train.X, MULTICLASS)

    assert predicted.shape == (60, 4)
    np.testing.assert_allclose(predicted.sum(axis=1), 1.0)
    # As if each had been seen in one row.
    np.testing.assert_allclose(predicted[:, [0, 2]], 1 / 64)
    assert (predicted.argmax(axis=1) == train.y).mean() > 0.7


def test_a_class_that_a_fold_lacks_has_a_share_in_the_unit_of_the_weights():
    learner = from_estimator("a", LogisticRegression)
    train = rows(codes(1, 3))
    heavy = Rows(train.X, train.y, np.full(60, 1e6))
    model = learner.load(learner.dump(fit(learner, MULTICLASS, heavy)))
    predicted = learner.predict(model, train.X, MULTICLASS)
    np.testing.assert_allclose(predicted[:, [0, 2]], 1 / 64)


def test_a_learner_that_only_builds_gives_a_share_to_classes_that_a_fold_lacks():
    class Plain(Learner):
        name = "plain"

        def build(self, task, parameters, resources):
            return LogisticRegression()

    train = rows(codes(1, 3))
    predicted = Plain().predict(fit(Plain(), MULTICLASS, train), train.X, MULTICLASS)
    np.testing.assert_allclose(predicted[:, [0, 2]], 1 / (MULTICLASS.n_rows + 4))
    np.testing.assert_allclose(predicted.sum(axis=1), 1.0)
    assert (predicted.argmax(axis=1) == train.y).mean() > 0.7


def test_one_class_or_no_column_gives_the_training_shares():
    learner = from_estimator("a", LogisticRegression)
    one = fit(learner, MULTICLASS, rows(codes(2)))
    np.testing.assert_allclose(
        learner.predict(one, rows(codes(2)).X, MULTICLASS)[0],
        np.array([1, 1, 61, 1]) / 64,
    )
    none = rows(codes(0, 1, 1), n_features=0)
    model = learner.load(learner.dump(fit(learner, BINARY, none)))
    np.testing.assert_allclose(
        learner.predict(model, none.X, BINARY)[0], [21 / 62, 41 / 62]
    )


def test_scores_become_probabilities_that_order_rows_alike():
    learner = from_estimator("a", LinearSVC)
    train = rows(codes(0, 1))
    model = fit(learner, BINARY, train)
    predicted = learner.predict(model, train.X, BINARY)
    scores = model.model.decision_function(train.X.values)
    assert (np.argsort(predicted[:, 1]) == np.argsort(scores)).all()
    np.testing.assert_allclose(predicted.sum(axis=1), 1.0)


def test_a_regression_does_not_depend_on_the_targets_unit():
    learner = from_estimator("a", SVR)
    y = np.linspace(-1.0, 1.0, 60)
    plain, scaled = rows(y), rows(y)
    scaled = Rows(plain.X, 1e6 * y + 5e6)
    predicted = learner.predict(fit(learner, REGRESSION, plain), plain.X, REGRESSION)
    again = learner.predict(fit(learner, REGRESSION, scaled), plain.X, REGRESSION)
    np.testing.assert_allclose((again - 5e6) / 1e6, predicted, atol=1e-6)


def test_a_target_that_must_be_positive_is_left_as_it_is():
    learner = from_estimator("a", GammaRegressor)
    train = rows(np.linspace(1.0, 2.0, 60))
    predicted = learner.predict(fit(learner, REGRESSION, train), train.X, REGRESSION)
    assert 1.0 < predicted.mean() < 2.0


def test_weights_reach_an_estimator_that_takes_them():
    learner = from_estimator("a", LogisticRegression)
    weight = np.where(codes(0, 1) == 1, 50.0, 1.0)
    heavy = fit(learner, BINARY, rows(codes(0, 1), weight))
    light = fit(learner, BINARY, rows(codes(0, 1)))
    X = rows(codes(0, 1)).X
    gain = learner.predict(heavy, X, BINARY) - learner.predict(light, X, BINARY)
    assert gain[:, 1].mean() > 0.1


def test_seed_and_threads_are_given_wherever_they_are_asked_for():
    def made():
        return make_pipeline(StandardScaler(), BaggingClassifier())

    built = from_estimator("a", made).build(BINARY, {}, Resources(threads=2, seed=9))
    assert built[-1].random_state == 9
    assert built[-1].n_jobs == 2


class FixedSeed(LogisticRegression):
    """Has a number as the default of its seed, as some libraries do."""

    def __init__(self, C=1.0, random_state=42):
        super().__init__(C=C, random_state=random_state)


@pytest.mark.parametrize(("chosen", "expected"), [({}, 9), ({"random_state": 7}, 7)])
def test_a_seed_that_is_the_default_of_its_class_is_replaced(chosen, expected):
    learner = from_estimator("a", lambda: FixedSeed(**chosen))

    built = learner.build(BINARY, {}, Resources(threads=1, seed=9))

    assert built.random_state == expected


class Greedy(LogisticRegression):
    """Writes into its input, and forgets to return itself."""

    def fit(self, X, y, sample_weight=None):
        super().fit(X, y, sample_weight)
        X[:] = 0.0


def test_an_estimator_that_writes_into_its_input_harms_nobody():
    learner = from_estimator("a", Greedy)
    train = rows(codes(0, 1))
    before = train.X.values.copy()
    model = fit(learner, BINARY, train)
    assert learner.predict(model, train.X, BINARY).shape == (60, 2)
    np.testing.assert_array_equal(train.X.values, before)


@pytest.mark.parametrize("estimator", [DecisionTreeClassifier, Greedy])
def test_a_dumped_model_predicts_the_same_bits(estimator):
    learner = from_estimator("a", estimator)
    train = rows(codes(0, 1))
    model = fit(learner, BINARY, train)
    loaded = learner.load(learner.dump(model))
    np.testing.assert_array_equal(
        learner.predict(loaded, train.X, BINARY),
        learner.predict(model, train.X, BINARY),
    )


def test_a_loaded_model_is_stored_as_the_same_bytes():
    learner = from_estimator("a", LogisticRegression)
    parts = learner.dump(fit(learner, BINARY, rows(codes(0, 1))))
    assert learner.dump(learner.load(parts)) == parts


def test_types_of_other_packages_are_not_trusted():
    import skops.io

    learner = from_estimator("a", LogisticRegression)
    parts = learner.dump(fit(learner, BINARY, rows(codes(0, 1))))
    other = learner.dump(fit(learner, BINARY, rows(codes(0, 1))))
    other["model.skops"] = skops.io.dumps(Float(0.0, 1.0))
    with pytest.raises(ArtifactError, match=r"headstart\.base\.space\.Float"):
        learner.load(other)
    for damaged in (
        {},
        {**parts, "target.json": b"{"},
        {**parts, "target.json": b'{"target": {"prior": [0.5, 0.5]}}'},
        {**parts, "model.skops": b"PK"},
        {**parts, "more": b""},
        {"target.json": parts["target.json"]},
    ):
        with pytest.raises(ArtifactError):
            learner.load(damaged)


def test_it_travels_to_workers():
    made = from_estimator("a", lambda **p: DecisionTreeClassifier(**p))
    learner = cloudpickle.loads(cloudpickle.dumps(made))
    model = fit(learner, BINARY, rows(codes(0, 1)))
    assert learner.predict(model, rows(codes(0, 1)).X, BINARY).shape == (60, 2)
