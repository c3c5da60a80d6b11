"""The built-in portfolio: configurations in the order in which they are tried.

Learners take turns: each starts with its default, followed by its own precedents. The
order of learners follows published results on a CPU: boosted trees first, then learners
whose errors differ from theirs. It is the cold start: suggestions of a knowledge base
take precedence.
"""

import logging
from collections.abc import Iterator, Mapping

from headstart.base import Configuration, Learner, Task, known_configurations

__all__ = ["default_order", "usable_learners"]

_log = logging.getLogger("headstart.search")

# One turn each: (learner, index into its configurations; 0 is its default).
_ORDER: tuple[tuple[str, int], ...] = (
    ("lightgbm", 0),
    ("catboost", 0),
    ("logistic", 0),
    ("ridge", 0),
    ("extra_trees", 0),
    ("mlp", 0),
    ("lightgbm", 1),
    ("xgboost", 0),
    ("random_forest", 0),
    ("catboost", 1),
    ("hist_gradient_boosting", 0),
    ("lightgbm", 2),
    ("mlp", 1),
    ("kernel", 0),
    ("svm", 0),
    ("k_neighbors", 0),
    ("tabm", 0),
    ("explainable_boosting", 0),
    ("real_mlp", 0),
    ("extra_trees", 1),
    ("lightgbm", 3),
    ("xgboost", 1),
    ("elastic_net", 0),
    ("catboost", 2),
    ("naive_bayes", 0),
)


def default_order(
    task: Task, learners: Mapping[str, Learner]
) -> Iterator[Configuration]:
    """Yield the configurations of `learners`, the most promising first, each once.

    Learners that are not in the default order (plugins) come early with their default:
    users who install a learner expect it to be tried.
    """
    usable = {
        name: learner
        for name, learner in learners.items()
        if learner.max_rows is None or task.n_rows <= learner.max_rows
    }
    queues = {name: known_configurations(task, v) for name, v in usable.items()}
    ordered = {name for name, _ in _ORDER}
    unknown = [(name, 0) for name in sorted(usable) if name not in ordered]
    turns = [*_ORDER[:2], *unknown, *_ORDER[2:]]
    longest = max((len(queue) for queue in queues.values()), default=0)
    names = list(dict.fromkeys(name for name, _ in turns))
    remaining_turns = [(name, index) for index in range(longest) for name in names]
    keys: set[str] = set()
    for name, index in [*turns, *remaining_turns]:
        queue = queues.get(name, ())
        if index < len(queue) and queue[index].key not in keys:
            keys.add(queue[index].key)
            yield queue[index]


def usable_learners(
    task: Task, learners: Mapping[str, Learner]
) -> tuple[dict[str, Learner], list[str]]:
    """Return the learners without those whose hints fail (search space or cost).

    Returns
    -------
    usable : dict of str to Learner
    problems : list of str
        One line per learner that was left out.
    """
    usable, problems = {}, []
    for name, learner in learners.items():
        try:
            for configuration in known_configurations(task, learner):
                float(learner.cost(task, configuration.parameters, task.n_rows))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit, or a panic of compiled code
            _log.exception("Learner %r is left out.", name)
            problems.append(
                f"Learner {name!r} is left out: one of its hints failed. "
                f"{type(error).__name__}: {error}"
            )
        else:
            usable[name] = learner
    return usable, problems
