"""Plots of the search: leaderboard, learning curve of the search, time by learner."""

from typing import Any

from headstart.facts import Budget, TaskFacts, TrialFact
from headstart.report.plots.figure import (
    Figure,
    Values,
    axis,
    dots,
    layer,
    named_axis,
    spots,
    thinned,
)
from headstart.report.wording import (
    count,
    duration,
    interval,
    metric_words,
    number,
    share,
    shorten,
)

__all__ = ["history", "leaderboard", "seconds_spent"]

_MOST = 20
_MOST_SPENT = 12
_MOST_VALUES = 40


def leaderboard(trials: tuple[TrialFact, ...], task: TaskFacts) -> Figure | None:
    """Return the plot of the best configurations' scores with their intervals."""
    ranked = [t for t in trials if t.rank is not None and t.score is not None]
    shown = ranked[:_MOST]
    if not shown:
        return None
    rows = [
        {
            "n": str(t.rank),
            "v": t.score,
            "l": t.low,
            "h": t.high,
            "k": _color(t),
            "f": _color(t) if t.status == "done" else "var(--page)",
            "t": f"{t.rank}. {shorten(str(t.configuration), 240)}: {number(t.score)}"
            + (f" ({interval(t.low, t.high)})" if t.low is not None else "")
            + (f", {share(t.weight)} of the ensemble" if t.weight > 0 else ""),
        }
        for t in shown
    ]
    words = metric_words(task.metric)
    direction = "higher" if task.greater_is_better else "lower"
    x = axis("v", f"{words} ({direction} is better)", zero=False, nice=True)
    # The domain sets the order: only some rows have bars, and bars are drawn first.
    names = {str(t.rank): shorten(f"{t.rank}. {_names_of(t)}", 64) for t in shown}
    labels = {**named_axis(names), "labelLimit": 400}
    y = axis("n", "", "nominal", domain=list(names), axis=labels)
    layers = dots(rows, x, y, low="l", high="h")
    best = shown[0]
    partial = any(t.status != "done" for t in shown)
    return Figure(
        name="leaderboard",
        title=f"The best {len(shown)} of {len(ranked)} by {words}"
        if len(ranked) > len(shown)
        else f"All configurations with a score, by {words}",
        alt=f"Scores with intervals of {count(len(shown), 'configuration')}; the best, "
        f"{shorten(str(best.configuration), 80)}, has {number(best.score)}.",
        spec=layer(*layers, width=470, height=max(60, 22 * len(shown))),
        note="Blue: part of the ensemble. Bars are 95 % intervals over the folds."
        + (" Hollow: fitted on some folds only." if partial else ""),
        wide=True,
    )


def _names_of(trial: TrialFact) -> str:
    return " + ".join([trial.learner, *(step.name for step in trial.transforms)])


def _color(trial: TrialFact) -> str:
    return "var(--c1)" if trial.weight > 0 else "var(--faint)"


def history(budget: Budget, task: TaskFacts) -> Figure | None:
    """Return the ensemble's score by seconds since the start of the search."""
    if len(budget.history) < 2:
        return None
    words = metric_words(task.metric)
    rows = [
        {
            "x": moment.second,
            "y": moment.score,
            "k": "var(--c1)",
            "t": f"after {duration(moment.second)}: {number(moment.score)}",
        }
        for moment in budget.history
    ]
    until = max(budget.seconds, budget.history[-1].second)
    line = [*rows, {**rows[-1], "x": until}]
    x = axis("x", "seconds since the start", nice=False, domainMin=0)
    y = axis("y", f"{words} of the ensemble", zero=False)
    step = {
        "data": {"values": line},
        "mark": {"type": "line", "interpolate": "step-after", "aria": False},
        "encoding": {"x": x, "y": y, "color": {"value": "var(--c1)"}},
    }
    return Figure(
        name="history",
        title="Score of the ensemble over time",
        alt=f"The ensemble's {words} went from "
        f"{number(budget.history[0].score)} after "
        f"{duration(budget.history[0].second)} to {number(budget.history[-1].score)} "
        f"after {duration(budget.history[-1].second)}.",
        spec=layer(step, spots(rows, x, y)),
        note="Score on the out-of-fold rows available at that time. A line that is "
        "flat on the right suggests that more time would have gained little.",
        values=Values(
            ("Seconds since the start", words),
            tuple((m.second, m.score) for m in thinned(budget.history, _MOST_VALUES)),
        ),
    )


def seconds_spent(budget: Budget) -> Figure | None:
    """Return the seconds of fold fits by learner and its transforms."""
    spent: dict[str, float] = {}
    for part in budget.learners:
        learner, *steps = part.name.split(" + ")
        beyond = f"{len(steps)} transforms" if steps[1:] else "".join(steps)
        name = shorten(f"{learner} + {beyond}" if beyond else learner, 36)
        spent[name] = spent.get(name, 0.0) + part.seconds
    ranked = sorted(spent.items(), key=lambda item: (-item[1], item[0]))
    rows: list[dict[str, Any]] = [
        {"n": name, "v": seconds, "t": f"{name}: {duration(seconds)}"}
        for name, seconds in ranked[:_MOST_SPENT]
        if seconds > 0
    ]
    if len(rows) < 2:
        return None
    bars = {
        "data": {"values": rows},
        "mark": {"type": "bar"},
        "encoding": {
            "x": axis("v", "seconds of fitting"),
            "y": axis("n", "", "nominal", sort=None, axis={"title": None}),
            "color": {"value": "var(--c1)"},
            "description": {"field": "t"},
        },
    }
    return Figure(
        name="seconds",
        title="Fit time by learner",
        alt="Seconds of fitting by learner: "
        + ", ".join(f"{r['t']}" for r in rows)
        + ".",
        spec=layer(bars, height=max(60, 24 * len(rows))),
        note="Sum over all fold fits, including those that ran in parallel.",
        values=Values(
            ("Learner", "Seconds of fitting"), tuple((r["n"], r["v"]) for r in rows)
        ),
    )
