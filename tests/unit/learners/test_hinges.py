import numpy as np

from headstart.learners.hinges import Hinges


def test_knots_lie_at_quantiles_inside_the_range():
    values = np.arange(101.0)[:, None]
    hinges = Hinges.learn(values, 3)
    np.testing.assert_allclose(hinges.knots, [25, 50, 75])
    np.testing.assert_array_equal(hinges.columns, [0, 0, 0])


def test_columns_of_few_values_get_no_knots():
    values = np.tile([0.0, 1.0, 2.0], 50)[:, None]
    assert Hinges.learn(values, 4).knots.size == 0


def test_no_knots_leave_the_values_alone():
    values = np.random.default_rng(0).normal(size=(50, 2))
    assert Hinges.learn(values, 0).expand(values) is values


def test_a_value_that_fills_a_column_makes_one_knot_at_most():
    values = np.concatenate([np.full(90, 5.0), np.arange(20.0)])[:, None]
    hinges = Hinges.learn(values, 4)
    assert len(set(hinges.knots)) == len(hinges.knots)
    assert ((hinges.knots > 0) & (hinges.knots < 19)).all()


def test_the_number_of_features_is_bounded():
    values = np.random.default_rng(0).normal(size=(40, 1400))
    assert Hinges.learn(values, 10).expand(values).shape[1] <= 1500
