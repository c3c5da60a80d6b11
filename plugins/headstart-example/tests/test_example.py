"""The whole test file of a small plugin."""

import numpy as np
import pytest
from headstart_example import NaiveBayes

from headstart import AutoClassifier, load
from headstart.sdk import ArtifactError, Matrix, Resources, Rows, Task, TaskKind
from headstart.testing import learner_checks

LEARNER = NaiveBayes()
TASK = Task(TaskKind.MULTICLASS, 90, 2, 0, 3, "log_loss")


def make_rows(seed=0):
    """Three clouds in a plane, each with a centre of its own."""
    rng = np.random.default_rng(seed)
    y = np.arange(90) % 3
    values = rng.normal(size=(90, 2)) + np.array([[0, 0], [4, 0], [0, 4]])[y]
    return Rows(Matrix(values, ("a", "b")), y)


@pytest.fixture(scope="module")
def fitted():
    return LEARNER.fit(TASK, {}, make_rows(), None, Resources(1, 0))


@pytest.mark.parametrize("check", learner_checks(LEARNER), ids=str)
def test_the_kit_is_passed(check):
    check()


def test_clouds_are_told_apart(fitted):
    test = make_rows(seed=1)
    probabilities = LEARNER.predict(fitted, test.X, TASK)
    assert (probabilities.argmax(axis=1) == test.y).mean() > 0.9


def test_it_agrees_with_scikit_learn():
    from sklearn.naive_bayes import GaussianNB

    train, test = make_rows(), make_rows(seed=1)
    fitted = LEARNER.fit(
        TASK, {"smoothing": 1e-6, "trust": 1.0}, train, None, Resources(1, 0)
    )
    theirs = GaussianNB(var_smoothing=0).fit(train.X.values, train.y)
    np.testing.assert_allclose(
        LEARNER.predict(fitted, test.X, TASK),
        theirs.predict_proba(test.X.values),
        atol=1e-4,
    )


def test_a_stored_model_predicts_the_same_bits(fitted):
    again = LEARNER.load(LEARNER.dump(fitted))
    X = make_rows(seed=1).X
    np.testing.assert_array_equal(
        LEARNER.predict(fitted, X, TASK), LEARNER.predict(again, X, TASK)
    )


def test_hostile_parts_are_refused(fitted):
    parts = LEARNER.dump(fitted)
    data = parts["bells.safetensors"]
    for wrong in (b"", data[:-1], data.replace(b"mean", b"bean")):
        with pytest.raises(ArtifactError):
            LEARNER.load({**parts, "bells.safetensors": wrong})
    nonsense = LEARNER.fit(TASK, {"trust": 2.0}, make_rows(), None, Resources(1, 0))
    with pytest.raises(ArtifactError, match="impossible"):
        LEARNER.load(LEARNER.dump(nonsense))


def test_it_is_searched_and_its_models_come_back(tmp_path):
    rows = make_rows()
    labels = np.array(["red", "green", "blue"])[rows.y]
    model = AutoClassifier(
        time_limit=None,
        max_trials=2,
        learners=["naive_bayes"],
        random_state=0,
        n_jobs=1,
    )
    model.fit(rows.X.values, labels)
    path = model.save(tmp_path / "model.headstart")
    X = make_rows(seed=1).X.values
    np.testing.assert_array_equal(load(path).predict(X), model.predict(X))
