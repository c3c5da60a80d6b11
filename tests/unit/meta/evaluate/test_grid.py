import numpy as np
import pytest

from headstart.base import Choice, Condition, Float, Integer, SearchSpace, TaskKind
from headstart.meta.evaluate.grid import draw, grid, reference_task
from headstart.plugins import load_plugins


def learners(kind):
    installed = load_plugins().learners
    return {name: v for name, v in installed.items() if kind in v.tasks}


@pytest.mark.parametrize("kind", list(TaskKind))
def test_a_longer_grid_begins_with_the_shorter_one(kind):
    short, long = grid(kind, learners(kind), 30), grid(kind, learners(kind), 90)

    assert long[:30] == short
    assert len(set(long)) == 90


@pytest.mark.parametrize("kind", list(TaskKind))
def test_every_learner_brings_its_default_before_any_brings_much_else(kind):
    by_name = learners(kind)
    first = grid(kind, by_name, 3 * len(by_name))

    for name, learner in by_name.items():
        of_learner = [c for c in first if c.learner == name]
        assert (
            of_learner[0].parameters
            == learner.search_space(reference_task(kind)).default
        )


def searched_by_both(configuration):
    """Return the learner and its parameters without the one that is fixed for many."""
    fixed = {"max_ctr_complexity"}  # CatBoost has it for two classes only
    rest = {k: v for k, v in configuration.parameters.items() if k not in fixed}
    return configuration.learner, rest


def test_both_kinds_of_classes_have_one_grid():
    kinds = (TaskKind.BINARY, TaskKind.MULTICLASS)

    binary, multiclass = (
        [searched_by_both(c) for c in grid(kind, learners(kind), 60)] for kind in kinds
    )

    assert binary == multiclass


@pytest.mark.parametrize("kind", list(TaskKind))
def test_configurations_lie_in_their_spaces(kind):
    by_name = learners(kind)
    for configuration in grid(kind, by_name, 120):
        space = by_name[configuration.learner].search_space(reference_task(kind))
        for name, value in configuration.parameters.items():
            assert value in space.distributions[name]


def test_a_learner_without_parameters_is_tried_once():
    class Plain:
        name = "plain"
        space_version = 1

        def search_space(self, task):
            return SearchSpace()

        def precedents(self, task):
            return ()

    assert len(grid(TaskKind.BINARY, {"plain": Plain()}, 10)) == 1


def test_draws_cover_ranges_and_keep_to_conditions():
    space = SearchSpace(
        {
            "depth": Integer(1, 3),
            "rate": Float(1e-3, 1.0, log=True),
            "booster": Choice("tree", "dart"),
            "drop": Float(0.0, 0.5),
        },
        default={"depth": 2, "rate": 0.1, "booster": "tree"},
        conditions={"drop": Condition("booster", ("dart",))},
    )
    random = np.random.default_rng(0)

    drawn = [draw(space, random) for _ in range(300)]

    assert {d["depth"] for d in drawn} == {1, 2, 3}
    assert all(("drop" in d) == (d["booster"] == "dart") for d in drawn)
    below = sum(d["rate"] < 10**-1.5 for d in drawn)
    assert 110 < below < 190
