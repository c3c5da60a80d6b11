from headstart.base import Configuration, Learner, Origin, Trial, TrialStatus
from headstart.plugins import load_plugins
from headstart.search.propose.quarantine import (
    failing,
    failures_of_unproven,
    find_unproven,
    still_unproven,
)


def trial(number, learner, *, ok, origin=Origin.DEFAULT_ORDER):
    made = Trial(number, Configuration(learner, {"number": number}), origin)
    if ok:
        made.fold_losses[0, 0] = 0.5
    else:
        made.status = TrialStatus.FAILED
    return made


def test_a_learner_with_two_failures_and_no_success_only_fails():
    trials = [trial(0, "a", ok=False), trial(1, "b", ok=False), trial(2, "a", ok=False)]
    assert failing(trials) == {"a"}
    assert failing([*trials, trial(3, "a", ok=True)]) == set()


def test_the_baseline_proves_nothing():
    baseline = trial(0, "a", ok=True, origin=Origin.BASELINE)
    assert failing([baseline, trial(1, "a", ok=False), trial(2, "a", ok=False)]) == {
        "a"
    }


def test_unproven_learners_are_neither_built_in_nor_in_the_base():
    learners = dict(load_plugins().learners)
    assert not {"ridge", "svm"} & find_unproven(learners, ())
    ridge = type("Own", (Learner,), {"name": "ridge"})()
    assert find_unproven({"ridge": ridge, "seen": ridge}, {"seen"}) == {"ridge"}


def test_what_failed_before_the_first_success_was_unproven():
    trials = [
        trial(0, "built_in", ok=False),
        trial(1, "new", ok=False),
        trial(2, "new", ok=True),
        trial(3, "new", ok=False),
    ]
    assert [t.number for t in failures_of_unproven(trials, {"new"})] == [1]
    assert still_unproven(trials, {"new", "newer"}) == {"newer"}
