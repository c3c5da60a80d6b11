"""What folds made, put together for people."""

from headstart.base import (
    Configuration,
    MadeFeature,
    Task,
    TaskKind,
    Transform,
)
from headstart.ensemble.bagged import BaggedEnsemble, Fit, Member
from headstart.ensemble.made_features import made_features
from headstart.execution.steps import FittedStep


class Telling(Transform):
    name = "telling"

    def explain(self, fitted):
        if fitted is None:
            raise RuntimeError("broken")
        return fitted


def ensemble_of(*states):
    fits = [
        Fit(f"model{i}", "view", transforms=(f"step{i}",)) for i, _ in enumerate(states)
    ]
    member = Member(Configuration("plain", {}), 1.0, fits)
    task = Task(TaskKind.BINARY, 9, 1, 0, 2, "roc_auc")
    found = BaggedEnsemble(task, [member], {}, None, {"telling": Telling()})
    for place, state in enumerate(states):
        found._steps[f"step{place}"] = FittedStep("telling", ("a",), state=state)
    return found


def test_gains_are_averaged_and_the_largest_comes_first():
    small, large = (
        MadeFeature("s", "small", gain=0.1),
        MadeFeature("l", "large", gain=0.2),
    )

    found = made_features(
        ensemble_of([small, large], [MadeFeature("l", "large", gain=0.4)])
    )

    assert [f.name for f in found] == ["l", "s"]
    assert abs(found[0].gain - 0.3) < 1e-12


def test_a_column_is_kept_where_most_folds_kept_it():
    kept, left = MadeFeature("c", "kept"), MadeFeature("c", "left out", kept=False)

    [found] = made_features(ensemble_of([left], [kept], [left]))

    assert (found.words, found.kept, found.gain) == ("left out", False, None)


def test_one_that_cannot_explain_itself_says_nothing():
    assert made_features(ensemble_of(None)) == []
