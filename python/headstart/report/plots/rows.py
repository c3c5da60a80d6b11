"""Plots of single rows: the contribution of each column to a prediction."""

from headstart.facts import Explanation
from headstart.report.plots.figure import (
    Figure,
    Values,
    axis,
    layer,
    named_axis,
    rule_at,
)
from headstart.report.wording import number, shorten

__all__ = ["explanation"]

_MOST_COLUMNS = 10


def explanation(facts: Explanation, place: int) -> Figure | None:
    """Return the waterfall plot from the mean prediction to the prediction of a row."""
    if not facts.contributions:
        return None
    cells = {cell.column: cell.value for cell in facts.row}
    ranked = sorted(facts.contributions, key=lambda part: -abs(part.value))
    shown = ranked[:_MOST_COLUMNS]
    steps = [
        (
            f"{shorten(part.column, 24)} = {shorten(cells[part.column], 18)}"
            if part.column in cells
            else shorten(part.column, 40),
            part.value,
        )
        for part in shown
    ]
    rest = sum(part.value for part in ranked[_MOST_COLUMNS:])
    if ranked[_MOST_COLUMNS:]:
        steps.append((f"{len(ranked) - _MOST_COLUMNS} other columns", rest))
    rows, at = [], facts.base
    for step, (name, value) in enumerate(steps):
        rows.append(
            {
                "n": f"{step}",
                "v": at,
                "e": at + value,
                "k": "var(--c1)" if value >= 0 else "var(--c2)",
                "t": f"{name}: {value:+.4g}",
                "w": f"{value:+.3g}",
                "m": max(at, at + value),
            }
        )
        at += value
    names = {f"{step}": name for step, (name, _) in enumerate(steps)}
    what = f"probability of {shorten(facts.label, 26)}" if facts.label else "prediction"
    bars = {
        "data": {"values": rows},
        "mark": {"type": "bar", "cornerRadius": 2, "height": {"band": 0.7}},
        "encoding": {
            "x": axis("v", what, zero=False),
            "x2": {"field": "e"},
            "y": axis(
                "n", "", "nominal", sort=list(names), axis=named_axis(names)
            ),
            "color": {"field": "k", "type": "nominal", "scale": None},
            "description": {"field": "t"},
        },
    }  # fmt: skip
    labels = {
        "data": {"values": rows},
        "mark": {"type": "text", "align": "left", "dx": 5, "aria": False},
        "encoding": {
            "x": {"field": "m", "type": "quantitative"},
            "y": {"field": "n", "type": "nominal", "sort": list(names)},
            "text": {"field": "w"},
        },
    }
    return Figure(
        name=f"explanation_{place}",
        title=f"Row {place + 1}: {facts.chosen}",
        alt=f"{facts.chosen} row: from {number(facts.base)} to "
        f"{number(facts.prediction)}, mostly by "
        f"{', '.join(shorten(name, 60) for name, _ in steps[:3])}.",
        spec=layer(
            rule_at(facts.base, f"mean prediction {number(facts.base)}"),
            bars,
            labels,
            width=280,
            height=max(60, 24 * len(rows)),
        ),
        note=f"Predicted {number(facts.prediction)}, actual {shorten(facts.actual, 40)}"
        f"; the mean prediction is {number(facts.base)}. Blue raises, orange lowers; "
        f"by {facts.method}.",
        values=Values(("Column", "Contribution"), tuple(steps)),
    )
