"""Rendering of a figure's specification as SVG in the colours of the page.

Vega-Lite runs when the report is made, not in the reader's browser: the page needs no
library, network or script to show its plots, prints as it looks, and never evaluates
text of the table as an expression. Colours are CSS variables of the page, so that one
drawing serves light mode, dark mode and print.
"""

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from headstart.report.plots.figure import Figure

__all__ = ["CONFIG", "draw"]

_INK, _MUTED, _LINE, _GRID = (
    "var(--ink)",
    "var(--muted)",
    "var(--line)",
    "var(--grid)",
)
# Labels are measured at this font size and shown at a smaller one: a reader's font may
# be wider than the measured one, and labels would be cut.
_MEASURED = 13
CONFIG: Mapping[str, Any] = {
    "background": None,
    "font": "sans-serif",
    "padding": 4,
    "view": {"stroke": None},
    "axis": {
        "domainColor": _LINE,
        "tickColor": _LINE,
        "gridColor": _GRID,
        "labelColor": _MUTED,
        "titleColor": _MUTED,
        "labelFontSize": _MEASURED,
        "titleFontSize": _MEASURED,
        "titleFontWeight": "normal",
        "titlePadding": 8,
        "labelLimit": 220,
        "tickCount": 6,
    },
    "axisBand": {"grid": False, "domain": False, "ticks": False},
    "axisPoint": {"grid": True, "domain": False, "ticks": False},
    "legend": {
        "labelColor": _INK,
        "titleColor": _MUTED,
        "labelFontSize": _MEASURED,
        "labelLimit": 200,
        "symbolLimit": 12,
        "orient": "bottom",
        "direction": "horizontal",
        "columns": 2,
        "title": None,
        "symbolStrokeWidth": 3,
    },
    "text": {"fontSize": _MEASURED, "color": _INK},
    "line": {"strokeWidth": 2.2},
    "bar": {"color": "var(--c1)"},
    "header": {"labelColor": _INK, "title": None, "labelFontSize": _MEASURED},
}
"""Vega-Lite's settings for all figures."""


def draw(figure: Figure) -> str:
    """Return a figure as an ``<svg>`` element for an HTML page.

    It scales down with the page, up to its own width, and is announced as one image
    with the figure's `alt`.
    """
    import vl_convert  # the import takes half a second

    svg: str = vl_convert.vegalite_to_svg({**figure.spec, "config": CONFIG})
    head, body = svg.split(">", 1)
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', head)
    if box is None:
        raise RuntimeError(
            f"the figure {figure.name!r} was drawn as SVG without a viewBox."
        )
    width, height = box.groups()
    return (
        f'<svg class="plot" role="img" aria-label="{escape(figure.alt)}" '
        f'viewBox="0 0 {width} {height}" '
        f'style="max-width:{float(width):.0f}px">{body}'
    )
