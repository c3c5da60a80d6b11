"""All figures of a report by name."""

from headstart.facts import Facts
from headstart.report.plots import classes, columns, curves, errors, rows, search
from headstart.report.plots.figure import Figure

__all__ = ["figures"]

_MOST_EFFECTS = 12
_MOST_EXPLANATIONS = 8


def figures(facts: Facts) -> dict[str, Figure]:
    """Return the figures in the order of the page, without those that lack facts."""
    task = facts.task
    candidates = [
        search.history(facts.budget, task),
        search.seconds_spent(facts.budget),
        search.leaderboard(facts.trials, task),
        curves.roc(facts.roc, len(task.classes)),
        curves.precision_recall(facts.precision_recall, len(task.classes)),
        curves.calibration(facts.calibration, len(task.classes)),
        classes.probabilities(facts.predictions, task.kind),
        classes.confusion(facts.confusion),
        classes.thresholds(facts.thresholds),
        errors.actual_and_predicted(facts.residuals, task.target),
        errors.residuals(facts.residuals),
        errors.values(facts.predictions, task.kind, task.target),
        columns.importance(facts.importance, task),
        *columns.effects(facts.effects[:_MOST_EFFECTS], task),
        *(
            rows.explanation(part, place)
            for place, part in enumerate(
                (facts.explanations or ())[:_MOST_EXPLANATIONS]
            )
        ),
    ]
    return {figure.name: figure for figure in candidates if figure is not None}
