"""Learners that only fail: when one is benched for the rest of a run.

A learner that no knowledge base knows and that is not built in is *on probation* until
its first fold fit succeeds. Where work is counted, nothing else is proposed before that
is known, and what fails on probation leaves no trace in later proposals: a run with a
learner that never works gives the bytes of a run without it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from headstart.base import Learner, Trial, TrialStatus
from headstart.plugins import load_plugins

__all__ = ["BENCHED_AFTER", "benched", "failed_on_probation", "strangers", "untested"]

#: A learner that failed this often, and never succeeded, is benched for the run.
BENCHED_AFTER = 2


def benched(trials: Iterable[Trial]) -> set[str]:
    """Return learners whose trials only fail."""
    failed: dict[str, int] = {}
    succeeded: set[str] = set()
    for trial in trials:
        name = trial.configuration.learner
        # The floor is fitted in the parent, not by a worker: it proves nothing.
        if trial.fold_losses and trial.origin != "floor":
            succeeded.add(name)
        if trial.status is TrialStatus.FAILED:
            failed[name] = failed.get(name, 0) + 1
    return {
        name
        for name, count in failed.items()
        if count >= BENCHED_AFTER and name not in succeeded
    }


def strangers(
    learners: Mapping[str, Learner], known: Collection[str]
) -> frozenset[str]:
    """Return learners of which nothing is known: not built in, not in the base.

    Parameters
    ----------
    learners : mapping of str to Learner
    known : collection of str
        Those that the knowledge base knows.
    """
    registry = load_plugins()

    def is_built_in(name: str, learner: Learner) -> bool:
        plugin = registry.plugin_of(name)
        return (
            plugin is not None
            and plugin.source == "built-in"
            and registry.learners[name] is learner
        )

    return frozenset(
        name
        for name, learner in learners.items()
        if name not in known and not is_built_in(name, learner)
    )


def failed_on_probation(
    trials: Sequence[Trial], on_probation: Collection[str]
) -> list[Trial]:
    """Return the trials of strangers that failed before any of theirs succeeded."""
    proven: set[str] = set()
    found = []
    for trial in trials:
        name = trial.configuration.learner
        if name not in on_probation or name in proven:
            continue
        if trial.fold_losses:
            proven.add(name)
        elif trial.status is TrialStatus.FAILED:
            found.append(trial)
    return found


def untested(trials: Iterable[Trial], on_probation: Collection[str]) -> set[str]:
    """Return strangers that have not had a success yet."""
    proven = {t.configuration.learner for t in trials if t.fold_losses}
    return set(on_probation) - proven
