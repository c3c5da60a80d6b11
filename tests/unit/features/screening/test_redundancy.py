import numpy as np

from headstart.features.screening.redundancy import choose_apart

X = np.random.default_rng(0).normal(size=(4, 200))


def test_what_follows_a_base_column_is_left_out():
    values = np.stack([np.exp(X[0]), X[1]])
    assert choose_apart(values, np.array([0.9, 0.1]), X[:1], n_chosen=2) == [1]


def test_what_resembles_a_chosen_one_comes_later():
    like_first = X[1] + 0.3 * X[2]
    values = np.stack([X[1], like_first, X[3]])
    scores = np.array([1.0, 0.9, 0.6])
    assert choose_apart(values, scores, X[:1], n_chosen=3) == [0, 2, 1]


def test_ties_go_to_the_first_and_nothing_without_a_score_is_chosen():
    scores = np.array([0.5, 0.5, 0.0, -np.inf])
    assert choose_apart(X, scores, X[:0], n_chosen=4) == [0, 1]


def test_missing_values_are_no_hindrance():
    values = np.where(X < -2, np.nan, X)
    values[3] = np.nan
    chosen = choose_apart(values, np.ones(4), X[:0], n_chosen=9)
    assert set(chosen) == {0, 1, 2, 3}
