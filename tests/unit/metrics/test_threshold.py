import numpy as np
import pytest

from headstart.metrics import best_threshold, score


def test_the_threshold_is_between_two_probabilities():
    best = best_threshold(["n", "y", "n", "y"], [0.1, 0.3, 0.2, 0.8], "accuracy")
    assert best.value == 1.0
    assert best.threshold == pytest.approx(0.25)
    assert best.predict([0.24, 0.26]).tolist() == [0, 1]


def test_costs_are_a_mean_that_is_as_small_as_can_be():
    best = best_threshold([0, 1, 0], [0.2, 0.1, 0.6], costs=[[0, 1], [5, 0]])
    assert best.value == pytest.approx(2 / 3)
    assert best.predict([0.1]).tolist() == [1]


def test_factors_of_more_classes_help_the_rare_one():
    rng = np.random.default_rng(0)
    y = rng.choice(3, 300, p=[0.7, 0.2, 0.1])
    p = rng.dirichlet([7, 2, 1], 300) + 0.3 * np.eye(3)[y]
    p /= p.sum(axis=1, keepdims=True)
    best = best_threshold(y, p, "balanced_accuracy")
    assert best.value > score("balanced_accuracy", y, p)
    labels = best.predict(p)
    assert best.value == pytest.approx(score("balanced_accuracy", y, labels))


def test_weights_count_as_repeated_rows():
    rng = np.random.default_rng(1)
    y, p = rng.integers(0, 2, 40), rng.uniform(size=40).round(1)
    counts = rng.integers(0, 3, 40)
    weighted = best_threshold(y, p, "mcc", counts)
    repeated = best_threshold(np.repeat(y, counts), np.repeat(p, counts), "mcc")
    assert weighted.value == pytest.approx(repeated.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "log_loss"}, 'no metric "log_loss"'),
        ({"costs": [[0, 1]]}, r"costs must have shape \(2, 2\)"),
        ({"costs": [[0, np.nan], [0, 0]]}, "costs must hold finite"),
    ],
)
def test_what_can_not_be_decided_says_why(options, message):
    with pytest.raises(ValueError, match=message):
        best_threshold([0, 1], [0.2, 0.6], **options)


def test_a_decision_is_for_its_columns():
    with pytest.raises(ValueError, match="two classes"):
        best_threshold([0, 1], [0.2, 0.6]).predict(np.ones((1, 3)))
    three = best_threshold([0, 1, 2], np.eye(3), "accuracy")
    with pytest.raises(ValueError, match="3 columns"):
        three.predict(np.ones((1, 4)))


@pytest.mark.parametrize("metric", ["precision_macro", "precision_weighted"])
def test_a_threshold_is_worth_what_it_scores_under_weights(metric):
    for seed in range(61, 81):
        random = np.random.default_rng(seed)
        y = (random.random(50) < 0.5).astype(int)
        p = np.clip(0.5 + 0.1 * (y - 0.5) + 0.2 * random.normal(size=50), 0, 1)
        weight = random.random(50)
        decision = best_threshold(y, p, metric, weight)
        assert decision.value == pytest.approx(
            score(metric, y, decision.predict(p), weight)
        )
