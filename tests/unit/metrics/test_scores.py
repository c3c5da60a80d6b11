import numpy as np
import pytest

from headstart.metrics import confusion_matrix, score, score_many, score_names

Y = np.array([0, 1, 1, 0, 1])
P = np.array([0.1, 0.9, 0.4, 0.3, 0.8])


@pytest.mark.parametrize("name", score_names())
def test_every_name_is_known_to_a_kernel(name):
    assert isinstance(score(name, Y + 1.0, P), float)


@pytest.mark.parametrize("name", ["roc_auc", "average_precision", "f1", "recall"])
def test_metrics_of_two_classes_refuse_three(name):
    three = np.array([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]])
    with pytest.raises(ValueError, match="two classes"):
        score(name, [0, 1, 2], three)


def test_a_set_gives_what_its_metrics_give_alone():
    names = ["mcc", "roc_auc", "accuracy", "log_loss", "f_beta_macro@0.5"]
    together = score_many(names, Y, P)
    assert together == {name: score(name, Y, P) for name in names}
    assert score_many([], Y, P) == {}


def test_labels_of_any_type_are_scored():
    words = np.array(["no", "yes"])
    assert score("accuracy", words[Y], words[(P > 0.5) * 1]) == 0.8
    assert score("roc_auc", words[Y], P) == score("roc_auc", Y, P)
    assert score("recall", Y == 1, P > 0.5) == pytest.approx(2 / 3)
    assert score("accuracy", [-1, 5], [5, 5], classes=[5, -1]) == 0.5


def test_classes_say_which_column_is_whose():
    prediction = np.array([[0.9, 0.1], [0.2, 0.8]])
    assert score("accuracy", ["b", "a"], prediction, classes=["b", "a"]) == 1.0
    assert score("accuracy", ["b", "a"], prediction) == 0.0


@pytest.mark.parametrize(
    ("name", "y", "prediction", "message"),
    [
        ("roc_acu", Y, P, "did you mean 'roc_auc'"),
        ("roc_auc", Y, (P > 0.5) * 1, "needs probabilities"),
        ("f_beta", Y, P, "needs its beta"),
        ("mcc@2", Y, P, "has no parameter"),
        ("f1", [0, 1, 2], [0, 1, 2], "f1_macro"),
        ("accuracy", Y, [0, 1], "equally many rows"),
        ("accuracy", [3, 4, 5], np.ones((3, 2)) / 2, "pass all labels as 'classes'"),
        ("rmse", [1.0, 2.0], [[1.0, 2.0]], "must have shape"),
        ("poisson", [-1.0, 2.0], [1.0, 1.0], "of at least 0. Got -1"),
        ("gamma", [1.0, 2.0], [1.0, 0.0], "predictions above 0"),
        ("accuracy", [[1]], [1], "one dimension"),
    ],
)
def test_what_can_not_be_scored_says_why(name, y, prediction, message):
    with pytest.raises(ValueError, match=message):
        score(name, y, prediction)


def test_metrics_of_classes_and_of_values_are_not_mixed():
    with pytest.raises(ValueError, match="cannot be mixed"):
        score_many(["rmse", "mcc"], Y, P)


def test_a_strange_label_is_named_with_its_row():
    with pytest.raises(ValueError, match="'c' in row 1"):
        score("accuracy", ["a", "c"], ["a", "a"], classes=["a", "b"])


def test_confusion_counts_weights():
    confusion = confusion_matrix(Y, P, [1, 2, 3, 4, 5])
    assert confusion.tolist() == [[5, 0], [3, 7]]
    assert confusion_matrix([0, 0], [0, 0]).shape == (2, 2)


def test_a_confusion_matrix_of_too_many_classes_is_refused():
    words = np.array([f"id{number}" for number in range(20_000)])
    with pytest.raises(ValueError, match="at most 16384 classes"):
        confusion_matrix(words, words)
    assert score("accuracy", words, words) == 1.0


def test_weights_beyond_what_can_be_multiplied_are_refused():
    with pytest.raises(ValueError, match="hint: divide them by their mean"):
        score("mcc", [0, 1, 0, 1], [0.1, 0.4, 0.35, 0.8], np.full(4, 1e-160))


def test_arrays_that_are_not_aligned_are_scored():
    values = np.frombuffer(b"." + np.arange(4.0).tobytes(), offset=1)
    assert not values.flags.aligned
    assert score("mae", values, np.zeros(4)) == 1.5
