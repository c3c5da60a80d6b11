import numpy as np

from headstart.meta.advice.greedy import expected_gains, order_greedily

# The first is good everywhere, the next two are best on half of the tables each.
REGRETS = np.array(
    [
        [0.5, 0.0, 2.0, 0.6],
        [0.5, 0.0, 2.0, 0.6],
        [0.5, 2.0, 0.0, 0.6],
        [0.5, 2.0, 0.0, 0.6],
    ]
)
EQUAL = np.full(4, 0.25)
FREE = np.ones(4)


def test_the_first_is_good_everywhere_and_the_next_adds_to_it():
    order = order_greedily(REGRETS, EQUAL, FREE)
    np.testing.assert_array_equal(order, [0, 1, 2, 3])


def test_weights_decide_who_speaks():
    order = order_greedily(REGRETS, np.array([0.05, 0.05, 0.45, 0.45]), FREE)
    assert order[0] == 2


def test_a_dear_configuration_with_the_same_gain_comes_later():
    order = order_greedily(REGRETS, EQUAL, np.array([1.0, 4.0, 1.0, 1.0]))
    assert list(order).index(1) > list(order).index(2)


def test_what_gains_nothing_more_comes_by_its_mean():
    regrets = np.array([[0.0, 1.5, 0.5, 1.0]] * 3)
    order = order_greedily(regrets, np.full(3, 1 / 3), FREE)
    np.testing.assert_array_equal(order, [0, 2, 3, 1])


def test_ties_go_to_the_lower_index():
    order = order_greedily(np.full((2, 5), 1.0), np.full(2, 0.5), np.ones(5))
    np.testing.assert_array_equal(order, np.arange(5))


def test_gains_fall_as_more_is_tried():
    rng = np.random.default_rng(0)
    regrets = rng.uniform(0, 2, (8, 6))
    weights = np.full(8, 1 / 8)
    before = expected_gains(regrets, weights, np.array([0, 1]))
    after = expected_gains(regrets, weights, np.array([0, 1, 2]))
    assert (after <= before).all()
    assert (after[:, [0, 1, 2]] == 0).all()
