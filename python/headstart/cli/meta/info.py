"""`headstart meta info`: the contents of a base."""

from collections import Counter
from typing import Any

from headstart.cli.command import JsonOption, command
from headstart.cli.meta.places import BaseArgument, open_base
from headstart.cli.output.printing import print_json, print_record

__all__ = ["info"]


@command
def info(base: BaseArgument = "shipped", *, as_json: JsonOption = False) -> None:
    """Show the contents of a knowledge base.

    It counts datasets by kind of task and evaluations by learner and status, and shows
    the hours of fits and the SHA-256 of the base.
    """
    with open_base(base) as knowledge_base:
        datasets = knowledge_base.datasets()
        statuses: Counter[str] = Counter()
        learners: Counter[str] = Counter()
        seconds = 0.0
        for record in knowledge_base.evaluations():
            statuses[record.status.value] += 1
            learners[record.configuration.learner] += 1
            folds = max(1, len(record.scores))
            seconds += folds * (record.fit_seconds + record.predict_seconds)
        facts: dict[str, Any] = {
            "place": knowledge_base.place,
            "sha256": knowledge_base.digest(),
            "datasets": len(datasets),
            "families": len({d.family for d in datasets}),
            "evaluations": sum(statuses.values()),
            "hours_of_fits": seconds / 3600,
            "foreign_evaluations": len(knowledge_base.foreign_evaluations()),
            "datasets_by_kind": dict(
                sorted(Counter(d.kind.value for d in datasets).items())
            ),
            "evaluations_by_learner": dict(sorted(learners.items())),
            "evaluations_by_status": dict(sorted(statuses.items())),
        }
    if as_json:
        print_json(facts)
    else:
        print_record(facts)
