import numpy as np

from headstart.learners import hinges as module
from headstart.learners.hinges import learn_hinges


def test_knots_lie_at_quantiles_inside_the_range():
    values = np.arange(101.0)[:, None]
    hinges = learn_hinges(values, 3)
    np.testing.assert_allclose(hinges.knots, [25, 50, 75])
    np.testing.assert_array_equal(hinges.columns, [0, 0, 0])


def test_columns_of_few_values_get_no_knots():
    values = np.tile([0.0, 1.0, 2.0], 50)[:, None]
    assert learn_hinges(values, 4).knots.size == 0


def test_no_knots_leave_the_values_alone():
    values = np.random.default_rng(0).normal(size=(50, 2))
    assert learn_hinges(values, 0).expand(values) is values


def test_a_value_that_fills_a_column_makes_one_knot_at_most():
    values = np.concatenate([np.full(90, 5.0), np.arange(20.0)])[:, None]
    hinges = learn_hinges(values, 4)
    assert len(set(hinges.knots)) == len(hinges.knots)
    assert ((hinges.knots > 0) & (hinges.knots < 19)).all()


def test_the_number_of_features_is_bounded():
    values = np.random.default_rng(0).normal(size=(40, 1400))
    assert learn_hinges(values, 10).expand(values).shape[1] <= 1500


def test_hinges_are_bounded_in_cells(monkeypatch):
    values = np.random.default_rng(0).normal(size=(100, 3))
    monkeypatch.setattr(module, "_MAX_CELLS", 100 * 7)
    hinges = learn_hinges(values, 10)
    np.testing.assert_array_equal(hinges.columns, [0, 0, 1, 1, 2, 2])


def test_where_the_room_is_short_all_columns_get_equally_many_knots():
    values = np.random.default_rng(0).normal(size=(50, 400))
    counts = np.bincount(learn_hinges(values, 4).columns, minlength=400)
    np.testing.assert_array_equal(counts, np.full(400, 2))


def test_columns_without_knots_leave_their_room_to_the_others():
    values = np.random.default_rng(0).normal(size=(50, 400))
    values[:, :200] = values[:, :200] > 0
    counts = np.bincount(learn_hinges(values, 4).columns, minlength=400)
    np.testing.assert_array_equal(counts, np.repeat([0, 4], 200))
