import numpy as np

from headstart.meta.advice.greedy import expected_gains


def test_gains_fall_as_more_is_tried():
    rng = np.random.default_rng(0)
    regrets = rng.uniform(0, 2, (8, 6))
    weights = np.full(8, 1 / 8)
    before = expected_gains(regrets, weights, np.array([0, 1]))
    after = expected_gains(regrets, weights, np.array([0, 1, 2]))
    assert (after <= before).all()
    assert (after[:, [0, 1, 2]] == 0).all()
