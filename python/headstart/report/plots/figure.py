"""A figure: a Vega-Lite specification with its title, note and values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

__all__ = [
    "Figure",
    "Rows",
    "Spec",
    "Values",
    "axis",
    "color_of",
    "dots",
    "label_expression",
    "layer",
    "named_axis",
    "rule_at",
    "spots",
    "thinned",
]

T = TypeVar("T")

Spec = Mapping[str, Any]
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Values:
    """The values that a figure draws, as a table.

    Parameters
    ----------
    headings : tuple of str
    rows : tuple of tuple of str, float or None
        The first cell of each row is its heading.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[str | float | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot before it is drawn.

    Parameters
    ----------
    name : str
        Key in the report and `id` in the page.
    title : str
    alt : str
        Text alternative for readers who do not see the plot.
    spec : mapping
        Vega-Lite with inline data. Fields have one-letter names, so that
        text of the table occurs in values only.
    note : str
        One or two sentences on how to read it.
    wide : bool
        Whether it takes the full width of the page.
    values : Values or None
        The values as a table; None where the page has such a table elsewhere.
    """

    name: str
    title: str
    alt: str
    spec: Spec
    note: str = ""
    wide: bool = False
    values: Values | None = None


def layer(*layers: Spec, width: int = 380, height: int = 250, **more: Any) -> Spec:
    """Return a specification of layers that share their axes."""
    return {"width": width, "height": height, "layer": list(layers), **more}


def axis(field: str, title: str, kind: str = "quantitative", **more: Any) -> Spec:
    """Return the encoding of a field along an axis; `more` goes to its scale."""
    encoding: dict[str, Any] = {"field": field, "type": kind, "title": title}
    labels = {k: more.pop(k) for k in ("axis", "sort", "stack") if k in more}
    if more:
        encoding["scale"] = more
    return encoding | labels


def named_axis(names: Mapping[str, str]) -> dict[str, Any]:
    """Return an axis that shows a name per value; names may repeat."""
    return {"title": None, "labelExpr": label_expression(names), "labelLimit": 330}


def label_expression(names: Mapping[str, str]) -> str:
    r"""Return a Vega expression of a label's name, in which all names are escaped.

    Examples
    --------
    >>> label_expression({"0": "a'"})
    "{'0':'\\u0061\\u0027'}[datum.value]"
    """
    pairs = (f"'{key}':'{_escaped(name)}'" for key, name in names.items())
    return f"{{{','.join(pairs)}}}[datum.value]"


def color_of(place: int) -> str:
    """Return the colour of a series, one of the eight of the page."""
    return f"var(--c{place % 8 + 1})"


def dots(rows: Rows, x: Spec, y: Spec, *, low: str, high: str) -> list[Spec]:
    """Return dots with bars from `low` to `high`, coloured by the rows' ``k``.

    A row's ``f``, where present, is the fill colour of its dot.
    """
    rows = [{"f": row["k"], **row} for row in rows]
    along = "x" if x.get("type") == "quantitative" else "y"
    colored = {"field": "k", "type": "nominal", "scale": None, "legend": None}
    bars = {
        "data": {"values": [row for row in rows if row.get(low) is not None]},
        "mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.55, "aria": False},
        "encoding": {
            "x": x if along == "y" else {**x, "field": low},
            "y": y if along == "x" else {**y, "field": low},
            f"{along}2": {"field": high},
            "color": colored,
        },
    }
    points = {
        "data": {"values": rows},
        "mark": {"type": "point", "size": 60, "opacity": 1, "strokeWidth": 1.8},
        "encoding": {
            "x": x,
            "y": y,
            "stroke": colored,
            "fill": {"field": "f", "type": "nominal", "scale": None, "legend": None},
            "description": {"field": "t"},
        },
    }
    return [bars, points]


def rule_at(value: float, words: str, *, along: str = "x") -> Spec:
    """Return a dashed line at a value of an axis, with a description."""
    return {
        "data": {"values": [{"v": value, "t": words}]},
        "mark": {"type": "rule", "strokeDash": [4, 3], "strokeWidth": 1.5},
        "encoding": {
            along: {"field": "v", "type": "quantitative"},
            "color": {"value": "var(--muted)"},
            "description": {"field": "t"},
        },
    }


def spots(rows: Rows, x: Spec, y: Spec, most: int = 40) -> Spec:
    """Return invisible points over a line that show their values as tooltips."""
    return {
        "data": {"values": thinned(rows, most)},
        "mark": {"type": "circle", "size": 130, "opacity": 0},
        "encoding": {
            "x": x,
            "y": y,
            "color": {"field": "k", "type": "nominal", "scale": None, "legend": None},
            "description": {"field": "t"},
        },
    }


def thinned(rows: Sequence[T], most: int) -> list[T]:
    """Return about `most` of the rows at equal steps, the last one included.

    Examples
    --------
    >>> thinned(range(10), 4)
    [0, 3, 6, 9]
    """
    step = max(1, -(-len(rows) // most))
    return [*rows[:-1:step], *rows[-1:]]


def _escaped(text: str) -> str:
    """Return text with each UTF-16 unit as a JavaScript escape."""
    data = text.encode("utf-16-be", "surrogatepass")
    units = (data[i] << 8 | data[i + 1] for i in range(0, len(data), 2))
    return "".join(f"\\u{unit:04x}" for unit in units)
