"""Built-in learners against the scikit-learn estimators they stand for."""

import itertools

import numpy as np
import pytest
from sklearn import ensemble, linear_model, neighbors, svm

from headstart.base import Matrix, Resources, Rows, Task, TaskKind
from headstart.learners.forest import ExtraTrees, RandomForest
from headstart.learners.hist_gradient_boosting import HistGradientBoosting
from headstart.learners.linear import ElasticNet, Logistic, Ridge
from headstart.learners.neighbors import KNeighbors
from headstart.learners.svm import SupportVectorMachine
from headstart.predict import FoldTarget

N_CLASSES = {TaskKind.REGRESSION: 0, TaskKind.BINARY: 2, TaskKind.MULTICLASS: 4}
EACH_KIND = pytest.mark.parametrize("kind", list(TaskKind))
CLASSIFICATION = pytest.mark.parametrize("kind", [TaskKind.BINARY, TaskKind.MULTICLASS])


def make(kind, n_rows=250, missing=0.0):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 4))
    signal = X[:, 0] + X[:, 1] ** 2 + 0.5 * rng.normal(size=n_rows)
    X[rng.random(X.shape) < missing] = np.nan
    y = signal
    if kind.is_classification:
        cuts = np.quantile(signal, np.linspace(0, 1, N_CLASSES[kind] + 1)[1:-1])
        y = np.searchsorted(cuts, signal)
    task = Task(kind, n_rows, 4, 0, N_CLASSES[kind], "any")
    return task, Rows(Matrix(X, ("a", "b", "c", "d")), y, rng.uniform(0.5, 2, n_rows))


def predict(learner, task, train, parameters):
    fitted = learner.fit(task, parameters, train, None, Resources(seed=5))
    return fitted, learner.predict(fitted, train.X, task)


def standardised(task, train):
    """The target as learners see it, and the way back."""
    target = FoldTarget.learn(task, train)
    return target.encode(train.y), lambda z: z * target.scale + target.center


def test_ridge_is_scikit_learns_with_the_same_hinges():
    task, train = make(TaskKind.REGRESSION)
    fitted, predicted = predict(Ridge(), task, train, {"n_knots": 3})
    z, back = standardised(task, train)
    expanded = fitted.model.hinges.expand(train.X.values)
    weight = train.weight / train.weight.mean()
    peer = linear_model.RidgeCV(alphas=Ridge.alphas).fit(expanded, z, weight)
    np.testing.assert_allclose(predicted, back(peer.predict(expanded)), rtol=1e-9)


@CLASSIFICATION
def test_logistic_is_scikit_learns(kind):
    task, train = make(kind)
    _, predicted = predict(Logistic(), task, train, {"C": 0.5, "n_knots": 0})
    weight = train.weight / train.weight.mean()
    peer = linear_model.LogisticRegression(C=0.5, tol=1e-8, max_iter=1000)
    peer.fit(train.X.values, train.y, weight)
    np.testing.assert_allclose(predicted, peer.predict_proba(train.X.values), atol=2e-3)


def test_elastic_net_is_scikit_learns_for_regression():
    task, train = make(TaskKind.REGRESSION)
    parameters = {"strength": 0.1, "l1_ratio": 0.5, "n_knots": 0}
    _, predicted = predict(ElasticNet(), task, train, parameters)
    z, back = standardised(task, train)
    weight = train.weight / train.weight.sum()
    silencing = np.abs(train.X.values.T @ ((z - weight @ z) * weight)).max() / 0.5
    peer = linear_model.ElasticNet(alpha=0.1 * silencing, l1_ratio=0.5)
    peer.fit(train.X.values, z, train.weight)
    np.testing.assert_allclose(predicted, back(peer.predict(train.X.values)), rtol=1e-2)


@EACH_KIND
def test_the_full_strength_of_elastic_net_silences_all_columns(kind):
    task, train = make(kind)
    parameters = {"strength": 0.5, "l1_ratio": 1.0, "n_knots": 0}
    weak, _ = predict(ElasticNet(), task, train, {**parameters, "strength": 0.01})
    strong, _ = predict(ElasticNet(), task, train, parameters)
    assert (weak.model.coef != 0).sum() > (strong.model.coef != 0).sum() > 0


@EACH_KIND
@pytest.mark.parametrize(
    ("learner", "names"),
    [
        (RandomForest(), ("RandomForestClassifier", "RandomForestRegressor")),
        (ExtraTrees(), ("ExtraTreesClassifier", "ExtraTreesRegressor")),
    ],
)
def test_forests_are_scikit_learns(learner, names, kind):
    task, train = make(kind, missing=0.1)
    parameters = {"max_features": 0.6, "min_samples_leaf": 2}
    _, predicted = predict(learner, task, train, parameters)
    target, back = (
        (train.y, None) if kind.is_classification else standardised(task, train)
    )
    criterion = {"criterion": "entropy"} if kind.is_classification else {}
    peer = getattr(ensemble, names[0 if kind.is_classification else 1])(
        n_estimators=300, random_state=5, **parameters, **criterion
    )
    X = train.X.values.astype(np.float32)
    peer.fit(X, target, train.weight / train.weight.mean())
    wanted = peer.predict_proba(X) if kind.is_classification else back(peer.predict(X))
    np.testing.assert_allclose(predicted, wanted, rtol=1e-9, atol=1e-12)


@EACH_KIND
def test_histogram_boosting_is_scikit_learns(kind):
    task, train = make(kind, missing=0.1)
    parameters = {
        "learning_rate": 0.1,
        "max_leaf_nodes": 8,
        "min_samples_leaf": 5,
        "l2_regularization": 1.0,
        "max_features": 0.5,
    }
    _, predicted = predict(
        HistGradientBoosting(), task, train, {**parameters, "rounds": 20}
    )
    target, back = (
        (train.y, None) if kind.is_classification else standardised(task, train)
    )
    name = "Classifier" if kind.is_classification else "Regressor"
    peer = getattr(ensemble, f"HistGradientBoosting{name}")(
        max_iter=20, random_state=5, early_stopping=False, **parameters
    )
    X = train.X.values
    peer.fit(X, target, train.weight / train.weight.mean())
    wanted = peer.predict_proba(X) if kind.is_classification else back(peer.predict(X))
    np.testing.assert_allclose(predicted, wanted, rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("power", [1, 2])
def test_neighbours_are_scikit_learns_for_regression(weights, power):
    task, train = make(TaskKind.REGRESSION)
    parameters = {
        "n_neighbors": 7,
        "weights": weights,
        "power": power,
        "stretch": 0.0,
    }
    equal = Rows(train.X, train.y)
    fitted = KNeighbors().fit(task, parameters, equal, None, Resources())
    asked = train.X.values[::2] + 0.1
    predicted = KNeighbors().predict(fitted, Matrix(asked, train.X.names), task)
    peer = neighbors.KNeighborsRegressor(7, weights=weights, p=power)
    peer.fit(train.X.values, train.y)
    np.testing.assert_allclose(predicted, peer.predict(asked), rtol=1e-3, atol=1e-4)


@CLASSIFICATION
def test_neighbours_are_scikit_learns_shrunk_to_the_shares(kind):
    task, train = make(kind)
    parameters = {"n_neighbors": 9, "weights": "uniform", "power": 2, "stretch": 0.0}
    equal = Rows(train.X, train.y)
    fitted = KNeighbors().fit(task, parameters, equal, None, Resources())
    predicted = KNeighbors().predict(fitted, train.X, task)
    peer = neighbors.KNeighborsClassifier(9).fit(train.X.values, train.y)
    shares = fitted.target.prior
    wanted = (9 * peer.predict_proba(train.X.values) + shares) / 10
    np.testing.assert_allclose(predicted, wanted, rtol=1e-6)


@CLASSIFICATION
def test_decisions_of_pairs_are_libsvms(kind):
    task, train = make(kind)
    fitted, _ = predict(SupportVectorMachine(), task, train, {"C": 3.0})
    peer = svm.SVC(
        C=3.0, gamma=fitted.model.gamma, decision_function_shape="ovo", random_state=0
    )
    weight = train.weight / train.weight.mean()
    peer.fit(train.X.values, train.y, weight)
    asked = train.X.values + 0.05
    wanted = peer.decision_function(asked).reshape(len(asked), -1)
    pairs = list(itertools.combinations(range(task.n_classes), 2))
    assert wanted.shape[1] == len(pairs)
    np.testing.assert_allclose(fitted.model.decide(asked), wanted, atol=1e-9)


@CLASSIFICATION
def test_support_vector_probabilities_are_calibrated(kind):
    task, train = make(kind, n_rows=900)
    cut = Rows(train.X.take(np.arange(450)), train.y[:450])
    fitted = SupportVectorMachine().fit(task, {}, cut, None, Resources())
    rest = train.X.take(np.arange(450, 900))
    predicted = SupportVectorMachine().predict(fitted, rest, task)
    certainty = predicted.max(axis=1)
    hits = predicted.argmax(axis=1) == train.y[450:]
    assert abs(certainty.mean() - hits.mean()) < 0.07


def test_support_vector_regression_is_scikit_learns():
    task, train = make(TaskKind.REGRESSION)
    fitted, predicted = predict(SupportVectorMachine(), task, train, {})
    z, back = standardised(task, train)
    peer = svm.SVR(C=2.0, gamma=fitted.model.gamma, epsilon=0.1)
    peer.fit(train.X.values, z, train.weight / train.weight.mean())
    np.testing.assert_allclose(predicted, back(peer.predict(train.X.values)), rtol=1e-8)
