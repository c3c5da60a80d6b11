from headstart.base import Configuration, Learner, Trial, TrialStatus
from headstart.plugins import load_plugins
from headstart.search.propose.quarantine import (
    benched,
    failed_on_probation,
    strangers,
    untested,
)


def trial(number, learner, *, ok, origin="portfolio"):
    made = Trial(number, Configuration(learner, {"number": number}), origin)
    if ok:
        made.fold_losses[0, 0] = 0.5
    else:
        made.status = TrialStatus.FAILED
    return made


def test_two_failures_without_a_success_bench_a_learner():
    trials = [trial(0, "a", ok=False), trial(1, "b", ok=False), trial(2, "a", ok=False)]
    assert benched(trials) == {"a"}
    assert benched([*trials, trial(3, "a", ok=True)]) == set()


def test_the_floor_proves_nothing():
    floor = trial(0, "a", ok=True, origin="floor")
    assert benched([floor, trial(1, "a", ok=False), trial(2, "a", ok=False)]) == {"a"}


def test_strangers_are_neither_built_in_nor_in_the_base():
    learners = dict(load_plugins().learners)
    assert not {"ridge", "svm"} & strangers(learners, ())
    own = type("Own", (Learner,), {"name": "ridge"})()
    assert strangers({"ridge": own, "seen": own}, {"seen"}) == {"ridge"}


def test_what_failed_before_the_first_success_was_on_probation():
    trials = [
        trial(0, "built_in", ok=False),
        trial(1, "new", ok=False),
        trial(2, "new", ok=True),
        trial(3, "new", ok=False),
    ]
    assert [t.number for t in failed_on_probation(trials, {"new"})] == [1]
    assert untested(trials, {"new", "newer"}) == {"newer"}
