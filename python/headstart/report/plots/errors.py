"""Plots of regressions: predicted against actual values, residuals, distributions."""

from headstart.facts import Histogram, Residuals
from headstart.report.plots.figure import (
    Figure,
    Values,
    axis,
    color_of,
    dots,
    layer,
    rule_at,
    thinned,
)
from headstart.report.wording import count, number, shorten

__all__ = ["actual_and_predicted", "residuals", "values"]

_MOST_DOTS = 1000
_MOST_VALUES = 40


def actual_and_predicted(facts: Residuals | None, target: str) -> Figure | None:
    """Return the scatter plot of predicted against actual values."""
    if facts is None or not facts.predicted:
        return None
    step = -(-len(facts.predicted) // _MOST_DOTS)
    rows = [
        {"x": predicted, "y": actual}
        for predicted, actual in zip(
            facts.predicted[::step], facts.actual[::step], strict=True
        )
    ]
    ends = [f(*facts.predicted, *facts.actual) for f in (min, max)]
    name = shorten(target, 30) or "the target"
    x = axis("x", f"predicted {name}", domain=ends, zero=False, nice=True)
    y = axis("y", f"actual {name}", domain=ends, zero=False, nice=True)
    points = {
        "data": {"values": rows},
        "mark": {"type": "circle", "size": 22, "opacity": 0.4, "aria": False},
        "encoding": {"x": x, "y": y, "color": {"value": "var(--c1)"}},
    }
    line = {
        "data": {"values": [{"x": end, "y": end} for end in ends]},
        "mark": {"type": "line", "strokeDash": [4, 3], "strokeWidth": 1.5,
                 "aria": False},
        "encoding": {"x": x, "y": y, "color": {"value": "var(--ink)"}},
    }  # fmt: skip
    return Figure(
        name="actual_and_predicted",
        title="Predicted against actual",
        alt=f"{count(len(rows), 'out-of-fold row')}: predicted value on x, actual "
        "value on y; correct predictions lie on the diagonal.",
        spec=layer(points, line, height=300),
        note=f"{count(len(rows), 'out-of-fold row')}. On the dashed line, predictions "
        "are correct; above it they are too low, below it too high.",
        values=Values(
            ("Predicted", "Actual"),
            tuple(
                thinned(
                    sorted(zip(facts.predicted, facts.actual, strict=True)),
                    _MOST_VALUES,
                )
            ),
        ),
    )


def residuals(facts: Residuals | None) -> Figure | None:
    """Return the residual plot: mean residual by prediction, with its interval."""
    if facts is None or not facts.bins:
        return None
    rows = [
        {
            "x": part.predicted,
            "v": part.mean,
            "l": part.low,
            "h": part.high,
            "k": "var(--c1)",
            "t": f"predicted about {number(part.predicted)}: actual is "
            f"{number(abs(part.mean))} {'higher' if part.mean >= 0 else 'lower'} on "
            f"average ({count(part.count, 'row')})",
        }
        for part in facts.bins
    ]
    x = axis("x", "prediction", zero=False)
    # dots() would draw the interval along x, the first quantitative axis.
    bars = [
        {
            "data": {"values": rows},
            "mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.55, "aria": False},
            "encoding": {
                "x": x,
                "y": axis("l", "residual (actual - predicted)", zero=False),
                "y2": {"field": "h"},
                "color": {"value": "var(--c1)"},
            },
        },
        dots(
            rows,
            x,
            axis("v", "residual (actual - predicted)", zero=False),
            low="",
            high="",
        )[1],
    ]
    worst = max(facts.bins, key=lambda part: abs(part.mean))
    return Figure(
        name="residuals",
        title="Residual plot",
        alt="Mean residual by prediction, with intervals; the largest, "
        f"{number(worst.mean)}, is at predictions of about {number(worst.predicted)}.",
        spec=layer(rule_at(0.0, "no bias", along="y"), *bars, height=300),
        note="Mean residual of rows with similar predictions, with 95 % intervals. An "
        "interval that excludes zero shows a bias.",
        values=Values(
            ("Prediction", "Residual", "Low", "High", "Rows"),
            tuple((p.predicted, p.mean, p.low, p.high, p.count) for p in facts.bins),
        ),
    )


def values(histograms: tuple[Histogram, ...], kind: str, target: str) -> Figure | None:
    """Return histograms of predicted and actual values."""
    if kind != "regression" or not histograms:
        return None
    rows = [
        {
            "s": h.label,
            "x": left,
            "e": right,
            "y": n,
            "t": f"{h.label}: {count(n, 'row')} at {number(left)} to {number(right)}",
        }
        for h in histograms
        for left, right, n in zip(h.edges[:-1], h.edges[1:], h.counts, strict=True)
    ]
    names = [h.label for h in histograms]
    bars = {
        "data": {"values": rows},
        "mark": {"type": "bar", "opacity": 0.5, "binSpacing": 0},
        "encoding": {
            "x": {
                **axis("x", shorten(target, 30) or "value", zero=False),
                "bin": {"binned": True},
            },
            "x2": {"field": "e"},
            "y": axis("y", "rows", stack=None),
            "color": {
                "field": "s",
                "type": "nominal",
                "scale": {
                    "domain": names,
                    "range": [color_of(place) for place in range(len(names))],
                },
                "legend": {"symbolType": "square"},
            },
            "description": {"field": "t"},
        },
    }
    return Figure(
        name="values",
        title="Distribution of predicted and actual values",
        alt="Histograms of predicted and of actual values.",
        spec=layer(bars),
        note="Predictions usually vary less than the actual values.",
        values=Values(
            ("Values", "From", "To", "Rows"),
            tuple(
                (h.label, left, right, n)
                for h in histograms
                for left, right, n in zip(h.edges, h.edges[1:], h.counts, strict=False)
                if n
            ),
        ),
    )
