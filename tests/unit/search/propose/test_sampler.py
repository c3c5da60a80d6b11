import optuna

from headstart.base import (
    Choice,
    Condition,
    Configuration,
    Float,
    Integer,
    Learner,
    SearchSpace,
    Task,
    TaskKind,
    Trial,
)
from headstart.search.propose.sampler import sample_configuration

TASK = Task(TaskKind.BINARY, 1000, 5, 0, 2, "roc_auc")


class Conditional(Learner):
    name = "conditional"

    def search_space(self, task):
        return SearchSpace(
            {
                "kernel": Choice("linear", "rbf"),
                "gamma": Float(1e-3, 1.0, log=True),
                "depth": Integer(1, 9),
            },
            default={"kernel": "linear", "depth": 3},
            conditions={"gamma": Condition("kernel", ("rbf",))},
        )


class Fixed(Learner):
    name = "fixed"


class Two(Learner):
    name = "two"

    def search_space(self, task):
        return SearchSpace({"x": Choice(1, 2)}, default={"x": 1})


def sample(learners, trials=(), values=None, number=0, seed=0):
    return sample_configuration(
        TASK,
        {v.name: v for v in learners},
        list(trials),
        values or {},
        number=number,
        seed=seed,
    )


def test_a_sampled_configuration_lies_in_its_space():
    space = Conditional().search_space(TASK)
    for number in range(12):
        sampled = sample([Conditional()], number=number)
        for name, value in sampled.parameters.items():
            assert value in space.distributions[name]
        assert ("gamma" in sampled.parameters) == (
            sampled.parameters["kernel"] == "rbf"
        )


def test_seed_and_number_fix_the_draw():
    assert sample([Conditional()], number=3) == sample([Conditional()], number=3)
    assert sample([Conditional()], number=3) != sample([Conditional()], number=4)


def test_what_was_tried_is_not_proposed_again():
    tried = [Trial(0, Configuration("two", {"x": 1}))]
    assert sample([Two()], tried, {0: 0.1}).parameters == {"x": 2}
    tried.append(Trial(1, Configuration("two", {"x": 2})))
    assert sample([Two()], tried, {0: 0.1, 1: 0.2}) is None


def test_a_learner_without_a_space_is_not_sampled():
    assert sample([Fixed()]) is None


def test_the_level_of_optunas_log_stays_the_users():
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.DEBUG)
    try:
        sample([Conditional()])

        assert optuna.logging.get_verbosity() == optuna.logging.DEBUG
    finally:
        optuna.logging.set_verbosity(before)
