"""Learners and transforms that only fail: when one is benched for the rest of a run.

A learner that no knowledge base knows and that is not built in, and any such transform,
is *on probation* until its first fold fit succeeds. Where work is counted, nothing else
is proposed before that is known, and what fails on probation leaves no trace in later
proposals: a run with a learner that never works gives the bytes of a run without it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

from headstart.base import Learner, Transform, Trial, TrialStatus
from headstart.plugins import load_plugins

__all__ = [
    "BENCHED_AFTER",
    "benched",
    "blamed",
    "described",
    "failed_on_probation",
    "involved",
    "strangers",
    "transform_token",
    "transforms_in",
    "untested",
]

#: A learner that failed this often, and never succeeded, is benched for the run.
BENCHED_AFTER = 2


# Transforms have names of their own: a learner may be called the same.
_STEP = "transform "


def transform_token(name: str) -> str:
    """Return what a transform is called where learners are named too."""
    return f"{_STEP}{name}"


def transforms_in(tokens: Iterable[str]) -> set[str]:
    """Return the names of the transforms among learners and transforms."""
    return {t.removeprefix(_STEP) for t in tokens if t.startswith(_STEP)}


def described(token: str) -> str:
    """Return a learner, or anything else with its kind before its name, in words.

    Examples
    --------
    >>> described("ridge"), described(transform_token("pca"))
    ("learner 'ridge'", "transform 'pca'")
    """
    kind, _, name = token.partition(" ")
    return f"{kind} {name!r}" if name else f"learner {token!r}"


def involved(trial: Trial) -> set[str]:
    """Return the learner of a trial, and its transforms."""
    steps = {transform_token(s.name) for s in trial.configuration.transforms}
    return {trial.configuration.learner, *steps}


def blamed(trial: Trial) -> str:
    """Return whose fault a failed trial is: the learner's, or a transform's."""
    culprits = (o.culprit for o in trial.outcomes.values() if o.culprit)
    culprit = next(culprits, "")
    return transform_token(culprit) if culprit else trial.configuration.learner


def benched(trials: Iterable[Trial]) -> set[str]:
    """Return learners and transforms whose trials only fail, by their own fault."""
    failed: dict[str, int] = {}
    succeeded: set[str] = set()
    for trial in trials:
        # The floor is fitted in the parent, not by a worker: it proves nothing.
        if trial.fold_losses and trial.origin != "floor":
            succeeded |= involved(trial)
        if trial.status is TrialStatus.FAILED:
            name = blamed(trial)
            failed[name] = failed.get(name, 0) + 1
    return {
        name
        for name, count in failed.items()
        if count >= BENCHED_AFTER and name not in succeeded
    }


def strangers(
    learners: Mapping[str, Learner],
    known: Collection[str],
    transforms: Mapping[str, Transform] = MappingProxyType({}),
) -> frozenset[str]:
    """Return those of which nothing is known: not built in, not in the base.

    Parameters
    ----------
    learners : mapping of str to Learner
    known : collection of str
        Learners that the knowledge base knows.
    transforms : mapping of str to Transform
    """
    registry = load_plugins()

    def is_built_in(name: str, item: object, kind: str) -> bool:
        plugin = registry.plugin_of(name, kind)
        return (
            plugin is not None
            and plugin.source == "built-in"
            and getattr(registry, kind)[name] is item
        )

    unknown = {
        name
        for name, learner in learners.items()
        if name not in known and not is_built_in(name, learner, "learners")
    }
    return frozenset(unknown).union(
        transform_token(name)
        for name, transform in transforms.items()
        if not is_built_in(name, transform, "transforms")
    )


def failed_on_probation(
    trials: Sequence[Trial], on_probation: Collection[str]
) -> list[Trial]:
    """Return the trials of strangers that failed before any of theirs succeeded."""
    proven: set[str] = set()
    found = []
    for trial in trials:
        if trial.fold_losses:
            proven |= involved(trial)
        elif trial.status is TrialStatus.FAILED:
            name = blamed(trial)
            if name in on_probation and name not in proven:
                found.append(trial)
    return found


def untested(trials: Iterable[Trial], on_probation: Collection[str]) -> set[str]:
    """Return strangers that have not had a success yet."""
    proven = {name for t in trials if t.fold_losses for name in involved(t)}
    return set(on_probation) - proven
