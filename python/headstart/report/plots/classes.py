"""Plots of classifiers: confusion matrix, threshold plot, predicted probabilities."""

from typing import Any

from headstart.facts import Confusion, Histogram, Thresholds
from headstart.report.plots.figure import (
    Figure,
    Values,
    axis,
    color_of,
    label_expression,
    layer,
    rule_at,
    spots,
    thinned,
)
from headstart.report.wording import count, number, share, shorten

__all__ = ["confusion", "probabilities", "thresholds"]

_MOST_LABELS = 24
_MOST_WITH_NUMBERS = 12
_MOST_HISTOGRAMS = 8
_MOST_VALUES = 25


def confusion(facts: Confusion | None) -> Figure | None:
    """Return the confusion matrix of the classes that are confused most often."""
    if facts is None or not facts.labels:
        return None
    places = most_confused(facts)
    totals = [sum(row) for row in facts.counts]
    rows: list[dict[str, Any]] = []
    for a in places:
        for p in places:
            n = facts.counts[a][p]
            part = n / totals[a] if totals[a] else 0.0
            actual, predicted = facts.labels[a], facts.labels[p]
            rows.append(
                {
                    "a": f"{a}",
                    "p": f"{p}",
                    "v": part,
                    "n": n,
                    "w": f"{n:,}",
                    "k": "var(--c1)" if a == p else "var(--c2)",
                    "i": "var(--on)" if part > 0.55 else "var(--ink)",
                    "t": f"actual {shorten(actual, 60)}, predicted "
                    f"{shorten(predicted, 60)}: {count(n, 'row')}, {share(part)} of "
                    "that class",
                }
            )
    # The index identifies a class: two long labels may be cut to the same text.
    names = {f"{place}": shorten(facts.labels[place], 20) for place in places}
    labels = {
        "labelExpr": label_expression(names),
        "labelAngle": 0 if len(places) <= 5 else -40,
    }
    x = axis("p", "predicted", "nominal", sort=list(names), axis=labels)
    y = axis(
        "a", "actual", "nominal", sort=list(names), axis={**labels, "labelAngle": 0}
    )
    cells = {
        "data": {"values": rows},
        "mark": {"type": "rect", "cornerRadius": 2},
        "encoding": {
            "x": x,
            "y": y,
            "color": {"field": "k", "type": "nominal", "scale": None, "legend": None},
            "opacity": {
                "field": "v",
                "type": "quantitative",
                "scale": {"domain": [0, 1], "range": [0.06, 1]},
                "legend": None,
            },
            "description": {"field": "t"},
        },
    }
    layers: list[Any] = [cells]
    if len(places) <= _MOST_WITH_NUMBERS:
        layers.append(
            {
                "data": {"values": rows},
                "mark": {"type": "text", "aria": False},
                "encoding": {
                    "x": x,
                    "y": y,
                    "text": {"field": "w"},
                    "color": {"field": "i", "type": "nominal", "scale": None},
                },
            }
        )
    right = sum(facts.counts[i][i] for i in range(len(facts.labels)))
    n_rows = sum(totals)
    side = 250 if len(places) <= 4 else min(560, max(250, 44 * len(places)))
    if len(places) > _MOST_WITH_NUMBERS:
        side = min(600, 26 * len(places))
    note = "Rows are actual classes; the colour is the share of the actual class."
    if len(places) < len(facts.labels):
        note += (
            f" Shown: the {len(places)} of {len(facts.labels)} classes confused most "
            "often."
        )
    return Figure(
        name="confusion",
        title="Confusion matrix",
        alt=f"{share(right / n_rows if n_rows else None)} of {count(n_rows, 'row')} "
        "are predicted correctly: they lie on the diagonal.",
        spec=layer(*layers, width=max(side, 300), height=side),
        note=note,
        wide=len(places) > 6,
        values=Values(
            ("Actual", "Predicted", "Rows", "Share of the actual class"),
            tuple(
                (
                    shorten(facts.labels[int(row["a"])], 60),
                    shorten(facts.labels[int(row["p"])], 60),
                    row["n"],
                    row["v"],
                )
                for row in rows
                if row["n"]
            ),
        ),
    )


def most_confused(facts: Confusion) -> list[int]:
    """Return the indices of the classes to draw, in ascending order."""
    n = len(facts.labels)
    if n <= _MOST_LABELS:
        return list(range(n))
    wrong = [
        sum(facts.counts[i])
        + sum(row[i] for row in facts.counts)
        - 2 * facts.counts[i][i]
        for i in range(n)
    ]
    ranked = sorted(range(n), key=lambda i: (-wrong[i], i))
    return sorted(ranked[:_MOST_LABELS])


def thresholds(facts: Thresholds | None) -> Figure | None:
    """Return the plot of precision, recall and F1 by threshold."""
    if facts is None or len(facts.threshold) < 2:
        return None
    series: dict[str, tuple[float | None, ...]] = {
        "precision": facts.precision,
        "recall": facts.recall,
        "F1": facts.f1,
        "share predicted positive": facts.share_positive,
    }
    x = axis("x", f"threshold on the probability of {shorten(facts.label, 30)}",
             domain=[0, 1])  # fmt: skip
    y = axis("y", "share", domain=[0, 1])
    rows = [
        {"s": name, "x": at, "y": value}
        for name, values in series.items()
        for at, value in zip(facts.threshold, values, strict=True)
        if value is not None
    ]
    lines = {
        "data": {"values": rows},
        "mark": {"type": "line", "aria": False},
        "encoding": {
            "x": x,
            "y": y,
            "color": {
                "field": "s",
                "type": "nominal",
                "sort": None,
                "scale": {
                    "domain": list(series),
                    "range": [color_of(i) for i in range(len(series))],
                },
                "legend": {"symbolType": "stroke"},
            },
        },
    }
    points = [
        spots(
            [
                {
                    "x": at,
                    "y": value,
                    "k": color_of(i),
                    "t": f"threshold {number(at)}: {name} {share(value)}",
                }
                for at, value in zip(facts.threshold, values, strict=True)
                if value is not None
            ],
            x,
            y,
            most=25,
        )
        for i, (name, values) in enumerate(series.items())
    ]
    layers = [lines, *points]
    alt = "Precision, recall and F1 by threshold"
    if facts.best_f1 is not None:
        best = f"F1 is highest at {number(facts.best_f1)}"
        layers.append(rule_at(facts.best_f1, best))
        alt += f"; {best}"
    return Figure(
        name="thresholds",
        title="Precision, recall and F1 by threshold",
        alt=f"{alt}.",
        spec=layer(*layers, width=560),
        note="Rows above the threshold are predicted positive."
        + (" Dashed: the highest F1." if facts.best_f1 is not None else ""),
        wide=True,
        values=Values(
            ("Threshold", *(name[:1].upper() + name[1:] for name in series)),
            tuple(
                thinned(
                    list(zip(facts.threshold, *series.values(), strict=True)),
                    _MOST_VALUES,
                )
            ),
        ),
    )


def probabilities(histograms: tuple[Histogram, ...], kind: str) -> Figure | None:
    """Return histograms of the predicted probability, one per actual class."""
    shown = [h for h in histograms if any(h.counts)][:_MOST_HISTOGRAMS]
    if not shown or kind == "regression":
        return None
    rows = [
        {
            "s": f"{place}",
            "x": left,
            "e": right,
            "y": n / sum(h.counts),
            "k": color_of(place),
            "t": f"{shorten(h.label, 60)}: {count(n, 'row')} at {number(left)} to "
            f"{number(right)}",
        }
        for place, h in enumerate(shown)
        for left, right, n in zip(h.edges[:-1], h.edges[1:], h.counts, strict=True)
    ]
    names = {f"{place}": shorten(h.label, 30) for place, h in enumerate(shown)}
    what = "of the positive class" if kind == "binary" else "of the row's own class"
    spec = {
        "data": {"values": rows},
        "mark": {"type": "bar", "binSpacing": 1},
        "width": 380,
        "height": 110 if len(shown) <= 3 else 60,
        "encoding": {
            "row": {
                "field": "s",
                "type": "nominal",
                "sort": list(names),
                "header": {
                    "labelExpr": f"'actual: ' + {label_expression(names)}",
                    "labelAngle": 0,
                    "labelOrient": "top",
                    "labelAnchor": "start",
                },
            },
            "x": {
                **axis("x", f"predicted probability {what}", domain=[0, 1]),
                "bin": {"binned": True},
            },
            "x2": {"field": "e"},
            "y": {**axis("y", "share of rows"), "axis": {"tickCount": 3}},
            "color": {"field": "k", "type": "nominal", "scale": None},
            "description": {"field": "t"},
        },
        "spacing": 14,
    }
    note = "One histogram per actual class; the less they overlap, the better."
    if kind != "binary":
        note = "One histogram per actual class; the further right, the better."
    if len(shown) < len(histograms):
        note += f" Shown: the first {len(shown)} of {len(histograms)} classes."
    return Figure(
        name="probabilities",
        title="Predicted probabilities",
        alt=f"Histograms of the predicted probability {what}, by actual class.",
        spec=spec,
        note=note,
        values=Values(
            ("Actual class", "From", "To", "Rows"),
            tuple(
                (name, left, right, n)
                for name, h in zip(names.values(), shown, strict=True)
                for left, right, n in zip(h.edges, h.edges[1:], h.counts, strict=False)
                if n
            ),
        ),
    )
