"""Plots of ranking and calibration: ROC, precision-recall and calibration curves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from headstart.facts import Calibration, Curve
from headstart.report.plots.figure import (
    Figure,
    Values,
    axis,
    color_of,
    layer,
    spots,
    thinned,
)
from headstart.report.wording import count, distinct, number, share, shorten

__all__ = ["calibration", "precision_recall", "roc"]

_MOST_CURVES = 8
_MOST_VALUES = 30


def roc(curves: tuple[Curve, ...], n_classes: int) -> Figure | None:
    """Return the ROC curves: true positive rate by false positive rate."""
    if not curves:
        return None
    guessing = {
        "data": {"values": [{"x": 0, "y": 0}, {"x": 1, "y": 1}]},
        "mark": {"type": "line", "strokeDash": [4, 3], "strokeWidth": 1, "aria": False},
        "encoding": {
            "x": {"field": "x", "type": "quantitative"},
            "y": {"field": "y", "type": "quantitative"},
            "color": {"value": "var(--muted)"},
        },
    }
    return _curves(
        curves,
        _Words(
            name="roc",
            title="ROC curve",
            x="false positive rate",
            y="true positive rate",
            describe=lambda x, y: (
                f"true positive rate {share(y)}, false positive rate {share(x)}"
            ),
            note="The nearer to the upper left corner, the better. Dashed: guessing.",
        ),
        under=[guessing],
        n_classes=n_classes,
    )


def precision_recall(curves: tuple[Curve, ...], n_classes: int) -> Figure | None:
    """Return the precision-recall curves."""
    if not curves:
        return None
    return _curves(
        curves,
        _Words(
            name="precision_recall",
            title="Precision-recall curve",
            x="recall",
            y="precision",
            describe=lambda x, y: f"recall {share(x)}, precision {share(y)}",
            note="The nearer to the upper right corner, the better.",
        ),
        under=[],
        n_classes=n_classes,
    )


def calibration(bins: tuple[Calibration, ...], n_classes: int) -> Figure | None:
    """Return the calibration curves: observed frequency by predicted probability."""
    shown = [part for part in bins if part.predicted][:_MOST_CURVES]
    if not shown:
        return None
    x = axis("x", "predicted probability", domain=[0, 1])
    y = axis("y", "observed frequency", domain=[0, 1])
    layers: list[Any] = [
        {
            "data": {"values": [{"x": 0, "y": 0}, {"x": 1, "y": 1}]},
            "mark": {
                "type": "line",
                "strokeDash": [4, 3],
                "strokeWidth": 1,
                "aria": False,
            },
            "encoding": {"x": x, "y": y, "color": {"value": "var(--muted)"}},
        }
    ]
    names = distinct([part.label for part in shown], 40)
    rows = [
        {
            "s": name,
            "x": predicted,
            "y": observed,
            "l": low,
            "h": high,
            "t": f"{shorten(part.label, 60)}: of {count(n, 'row')} predicted at "
            f"{share(predicted)}, {share(observed)} are of the class",
        }
        for name, part in zip(names, shown, strict=True)
        for predicted, observed, low, high, n in zip(
            part.predicted,
            part.observed,
            part.low,
            part.high,
            part.count,
            strict=True,
        )
    ]
    color = _colors(names)
    if len(shown) == 1:
        layers.append(
            {
                "data": {"values": rows},
                "mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.5},
                "encoding": {
                    "x": x,
                    "y": {**y, "field": "l"},
                    "y2": {"field": "h"},
                    "color": color,
                },
            }
        )
    layers += [
        {
            "data": {"values": rows},
            "mark": {"type": "line", "aria": False, "strokeWidth": 1.5},
            "encoding": {"x": x, "y": y, "color": color},
        },
        {
            "data": {"values": rows},
            "mark": {"type": "circle", "size": 55, "opacity": 1},
            "encoding": {
                "x": x,
                "y": y,
                "color": color,
                "description": {"field": "t"},
            },
        },
    ]
    first = shown[0]
    off = max(abs(p - o) for p, o in zip(first.predicted, first.observed, strict=True))
    return Figure(
        name="calibration",
        title="Calibration curve",
        alt="Observed frequency by predicted probability"
        f"{_of_which(len(shown), n_classes)}; for {shorten(first.label, 40)} they "
        f"differ by at most {share(off)}.",
        spec=layer(*layers),
        note="On the dashed line, the probabilities are calibrated. Below it they are "
        "too high, above it too low."
        + (" Bars are 95 % intervals." if len(shown) == 1 else "")
        + (
            f" Shown: the first {len(shown)} of {_commonest(bins, n_classes)}."
            if len(shown) < len(bins)
            else ""
        ),
        values=Values(
            ("Class", "Predicted", "Observed", "Low", "High", "Rows"),
            tuple(
                (label, *point)
                for label, part in zip(names, shown, strict=True)
                for point in zip(
                    part.predicted,
                    part.observed,
                    part.low,
                    part.high,
                    part.count,
                    strict=True,
                )
            ),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Words:
    """The labels of a plot of curves; `describe` describes a point."""

    name: str
    title: str
    x: str
    y: str
    describe: Callable[[float, float], str]
    note: str


def _curves(
    curves: tuple[Curve, ...],
    words: _Words,
    *,
    under: Sequence[Any],
    n_classes: int,
) -> Figure:
    x, y, note = words.x, words.y, words.note
    shown = hardest(curves)
    cut = distinct([curve.label for curve in shown], 24)
    names = [_named(name, curve) for name, curve in zip(cut, shown, strict=True)]
    across, up = axis("x", x, domain=[0, 1]), axis("y", y, domain=[0, 1])
    rows = [
        {"s": name, "x": a, "y": b, "i": place}
        for name, curve in zip(names, shown, strict=True)
        for place, (a, b) in enumerate(zip(curve.x, curve.y, strict=True))
    ]
    lines = {
        "data": {"values": rows},
        "mark": {"type": "line", "aria": False},
        "encoding": {
            "x": across,
            "y": up,
            "order": {"field": "i", "type": "quantitative"},
            "color": _colors(names),
        },
    }
    points = [
        spots(
            [
                {
                    "x": a,
                    "y": b,
                    "k": color_of(place),
                    "t": f"{shorten(curve.label, 60)}: {words.describe(a, b)}",
                }
                for a, b in zip(curve.x, curve.y, strict=True)
            ],
            across,
            up,
            most=30,
        )
        for place, curve in enumerate(shown)
    ]
    areas = ", ".join(
        f"{c.label} {number(c.area)}" for c in shown if c.area is not None
    )
    if len(shown) < len(curves):
        note += (
            f" Shown: the {len(shown)} smallest areas of "
            f"{_commonest(curves, n_classes)}."
        )
    return Figure(
        name=words.name,
        title=words.title,
        alt=f"{words.title}{_of_which(len(shown), n_classes)}."
        + (f" Areas: {shorten(areas, 300)}." if areas else ""),
        spec=layer(*under, lines, *points),
        note=note,
        values=Values(
            ("Class", x[:1].upper() + x[1:], y[:1].upper() + y[1:]),
            tuple(
                (label, *point)
                for label, curve in zip(cut, shown, strict=True)
                for point in thinned(
                    list(zip(curve.x, curve.y, strict=True)), _MOST_VALUES
                )
            ),
        ),
    )


def hardest(curves: tuple[Curve, ...]) -> list[Curve]:
    """Return the curves to draw: all, or those with the smallest areas."""
    if len(curves) <= _MOST_CURVES:
        return list(curves)
    ranked = sorted(curves, key=lambda c: 2.0 if c.area is None else c.area)
    return ranked[:_MOST_CURVES]


def _named(name: str, curve: Curve) -> str:
    area = "" if curve.area is None else f" (area {number(curve.area)})"
    return f"{name}{area}"


def _colors(names: Sequence[str]) -> dict[str, Any]:
    return {
        "field": "s",
        "type": "nominal",
        "sort": None,
        "scale": {
            "domain": list(names),
            "range": [color_of(place) for place in range(len(names))],
        },
        "legend": {"symbolType": "stroke"},
    }


def _commonest(parts: Sequence[Any], n_classes: int) -> str:
    if len(parts) < n_classes:
        return f"the {len(parts)} most frequent of {n_classes:,} classes"
    return f"{n_classes:,} classes"


def _of_which(n_shown: int, n_classes: int) -> str:
    return f", for {n_shown} of {n_classes} classes" if n_shown < n_classes else ""
