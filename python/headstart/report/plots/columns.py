"""Plots of columns: permutation importance and partial dependence."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from headstart.facts import Effect, Importance, TaskFacts
from headstart.report.plots.figure import (
    Figure,
    Spec,
    Values,
    axis,
    color_of,
    dots,
    layer,
    named_axis,
    rule_at,
    spots,
)
from headstart.report.wording import (
    distinct,
    interval,
    metric_words,
    number,
    share,
    shorten,
)

__all__ = ["effects", "importance"]

_Series = tuple[str, tuple[float, ...]]

_MOST_CHANCE = 0.05
_MOST_COLUMNS = 25
_MOST_SERIES = 8
_MOST_LEVELS = 20


def importance(facts: tuple[Importance, ...], task: TaskFacts) -> Figure | None:
    """Return the plot of the permutation importance of columns."""
    if not facts:
        return None
    shown = sorted(facts, key=lambda part: -part.mean)[:_MOST_COLUMNS]
    rows = [
        {
            "n": f"{place}",
            "v": part.mean,
            "l": part.low,
            "h": part.high,
            "k": "var(--c1)" if _is_clear(part) else "var(--faint)",
            "t": f"{shorten(part.column, 100)}: {number(part.mean)} "
            f"({interval(part.low, part.high) or 'no interval'})",
        }
        for place, part in enumerate(shown)
    ]
    words = metric_words(task.metric)
    x = axis(
        "v", f"how much worse the {words} gets when the column is shuffled", zero=True
    )
    names = {f"{place}": shorten(p.column, 36) for place, p in enumerate(shown)}
    y = axis("n", "", "nominal", sort=list(names), axis=named_axis(names))
    certain = sum(map(_is_clear, facts))
    note = (
        "Measured on out-of-fold rows. Bars are 95 % intervals of single columns. "
        "Grey: not significantly above zero."
    )
    if any(part.p_value is not None for part in facts):
        note += (
            f" {certain} of {len(facts)} are significant at a false discovery rate of "
            "5 % (Benjamini-Hochberg)."
        )
    if len(shown) < len(facts):
        note += f" Shown: the first {len(shown)} of {len(facts)}."
    return Figure(
        name="importance",
        title="Permutation importance",
        alt=f"Loss of {words} by column; the most important is "
        f"{shorten(shown[0].column, 60)} with {number(shown[0].mean)}; {certain} of "
        f"{len(facts)} are significantly above zero.",
        spec=layer(
            rule_at(0.0, "no importance"),
            *dots(rows, x, y, low="l", high="h"),
            width=480,
            height=max(60, 22 * len(rows)),
        ),
        note=note,
        wide=True,
    )


def _is_clear(part: Importance) -> bool:
    """Return whether the importance of a column is significantly above zero."""
    if part.p_value is not None:
        return part.p_value <= _MOST_CHANCE
    return part.low is not None and part.low > 0  # facts of earlier versions


def effects(facts: tuple[Effect, ...], task: TaskFacts) -> list[Figure]:
    """Return partial dependence plots of columns, all on one scale."""
    values = [
        value for part in facts for _, series in _steepest(part) for value in series
    ]
    ends = (min(values), max(values)) if values else (0.0, 1.0)
    return [_effect(part, place, task, ends) for place, part in enumerate(facts)]


def _effect(
    facts: Effect, place: int, task: TaskFacts, ends: tuple[float, float]
) -> Figure:
    shown = _steepest(facts)
    regression = task.kind == "regression"
    what = f"predicted {shorten(task.target, 26)}" if regression else "probability"
    numeric = all(not isinstance(at, str) for at in facts.grid)
    moments = _moments(facts)
    name = facts.column.removesuffix(".days") if moments else facts.column
    column = shorten(name, 40)
    if numeric:
        spec = _along_numbers(facts, shown, moments, column, what, ends)
    else:
        spec = _by_level(facts, shown, column, what, ends)
    spread = [max(v) - min(v) for _, v in shown]
    method = {"ale": "accumulated local effects"}.get(facts.method, facts.method)
    of = ""
    if not regression and len(shown) == 1 and shown[0][0]:
        of = f" of {shorten(shown[0][0], 30)}"
    return Figure(
        name=f"effect_{place}",
        title=f"{shorten(name, 60)}",
        alt=f"Partial dependence on {shorten(name, 80)}: the prediction varies by "
        f"{number(max(spread, default=0.0))} over the column's values.",
        spec=spec,
        note=f"{what[:1].upper()}{what[1:]}{of}; by {method}. "
        + (
            "Grey: distribution of the rows."
            if numeric
            else "In parentheses: share of rows."
        )
        + (
            f" The model reads the date as days since {_shown(0.0, moments)}, the "
            "first in training."
            if moments
            else ""
        ),
        values=Values(
            (
                column,
                "Share of rows",
                *(shorten(label, 40) or what for label, _ in shown),
            ),
            tuple(
                (shorten(_shown(at, moments), 60), rows, *(v[i] for _, v in shown))
                for i, (at, rows) in enumerate(
                    zip(facts.grid, facts.share, strict=True)
                )
            ),
        ),
    )


def _moments(facts: Effect) -> dict[float, datetime]:
    """Return the date of each grid value in days; empty for other columns."""
    try:
        first = datetime.fromisoformat(facts.first_day).replace(tzinfo=UTC)
        days = [0.0, *(at for at in facts.grid if not isinstance(at, str))]
        return {day: first + timedelta(days=day) for day in days}
    except (ValueError, OverflowError):
        return {}


def _steepest(facts: Effect) -> list[_Series]:
    series = [(s.label, s.values) for s in facts.mean if s.values]
    ranked = sorted(series, key=lambda s: min(s[1]) - max(s[1]))
    kept = {label for label, _ in ranked[:_MOST_SERIES]}
    return [s for s in series if s[0] in kept][:_MOST_SERIES]


def _along_numbers(
    facts: Effect,
    shown: list[_Series],
    moments: Mapping[float, datetime],
    column: str,
    what: str,
    ends: tuple[float, float],
) -> Spec:
    x = axis("x", column, zero=False, nice=False)
    if moments:
        x = axis("x", column, "temporal", type="utc", nice=False)
    # Vega expects dates as text.
    across = [
        at if isinstance(at, str) or at not in moments else moments[at].isoformat()
        for at in facts.grid
    ]
    y = axis("y", what, zero=False, domain=ends, nice=True)
    top = max(facts.share, default=0.0) or 1.0
    # The distribution of the rows: a strip at the bottom, in pixels and not in units.
    strip = {
        "data": {
            "values": [
                {"x": at, "h": 250 - 30 * part / top, "t": f"{share(part)} of rows"}
                for at, part in zip(across, facts.share, strict=True)
            ]
        },
        "mark": {"type": "rule", "strokeWidth": 5, "aria": False},
        "encoding": {
            "x": x,
            "y": {"value": 250},
            "y2": {"field": "h", "type": "quantitative", "scale": None},
            "color": {"value": "var(--faint)"},
        },
    }
    names = distinct([label for label, _ in shown], 40)
    layers: list[Spec] = [strip]
    for place, (label, values) in enumerate(shown):
        rows = [
            {
                "s": names[place],
                "x": across_at,
                "y": value,
                "k": color_of(place),
                "t": f"{column} {_shown(at, moments)}: {number(value)}"
                + (f" ({shorten(label, 40)})" if len(shown) > 1 else ""),
            }
            for across_at, at, value in zip(across, facts.grid, values, strict=True)
        ]
        layers += [_line(rows, x, y, names), spots(rows, x, y)]
    return layer(*layers)


def _by_level(
    facts: Effect,
    shown: list[_Series],
    column: str,
    what: str,
    ends: tuple[float, float],
) -> Spec:
    ranked = sorted(range(len(facts.grid)), key=lambda i: -facts.share[i])
    kept = ranked[:_MOST_LEVELS]
    if facts.kind == "boolean":
        kept.sort()  # false, then true
    elif len(shown) == 1:
        kept.sort(key=lambda i: shown[0][1][i])
    names = {
        f"{i}": f"{shorten(_shown(facts.grid[i]), 24)} ({share(facts.share[i])})"
        for i in kept
    }
    x = axis("x", what, zero=False, domain=ends, nice=True)
    y = axis("n", column, "nominal", sort=list(names), axis=named_axis(names))
    y["axis"]["title"] = None
    legend = distinct([label for label, _ in shown], 40)
    rows = [
        {
            "n": f"{i}",
            "s": legend[place],
            "x": values[i],
            "t": f"{shorten(_shown(facts.grid[i]), 60)}: {number(values[i])}"
            + (f" ({shorten(label, 40)})" if len(shown) > 1 else ""),
        }
        for place, (label, values) in enumerate(shown)
        for i in kept
    ]
    points = {
        "data": {"values": rows},
        "mark": {"type": "circle", "size": 80, "opacity": 1},
        "encoding": {
            "x": x,
            "y": y,
            "color": _colors(legend),
            "description": {"field": "t"},
        },
    }
    return layer(points, height=max(80, min(420, 24 * len(kept))))


def _line(rows: list[dict[str, Any]], x: Spec, y: Spec, names: list[str]) -> Spec:
    return {
        "data": {"values": rows},
        "mark": {"type": "line", "aria": False},
        "encoding": {"x": x, "y": y, "color": _colors(names)},
    }


def _colors(names: list[str]) -> dict[str, Any]:
    return {
        "field": "s",
        "type": "nominal",
        "scale": {
            "domain": names,
            "range": [color_of(place) for place in range(len(names))],
        },
        "legend": {"symbolType": "circle"} if len(names) > 1 else None,
    }


def _shown(at: float | str, moments: Mapping[float, datetime] = {}) -> str:
    if isinstance(at, str):
        return at
    if at not in moments:
        return number(at)
    has_time = any(moment.time() != time() for moment in moments.values())
    return f"{moments[at]:%Y-%m-%d %H:%M}" if has_time else f"{moments[at]:%Y-%m-%d}"
