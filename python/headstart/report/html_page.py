"""The HTML report: one self-contained file.

Names and levels come from untrusted tables. Templates therefore escape all text,
figures are drawn beforehand (see `drawing`), and the page's content security policy
allows its one script and no request.
"""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

from headstart.facts import Facts
from headstart.report import wording
from headstart.report.cleaning import clean
from headstart.report.plots import figures
from headstart.report.plots.drawing import draw
from headstart.report.plots.figure import Values
from headstart.report.reasons import reason_missing
from headstart.report.shortened import shortened
from headstart.report.summary import headline_metric, summarise
from headstart.report.tables import failures, mistakes, origins

__all__ = ["html_page"]

_MOST_REASONS = 100


@dataclass(frozen=True, slots=True)
class _Drawn:
    title: str
    note: str
    wide: bool
    values: Values | None
    svg: Markup


def html_page(facts: Facts) -> str:
    """Return the report as a complete HTML page."""
    all_facts = clean(facts)
    facts = shortened(all_facts)
    drawn = {
        name: _Drawn(
            title=figure.title,
            note=figure.note,
            wide=figure.wide,
            values=figure.values,
            # Vega escapes text; `draw` escapes the attributes that it adds.
            svg=Markup(draw(figure)),
        )
        for name, figure in figures(facts).items()
    }
    script = _resource("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return _environment().get_template("report.html.j2").render(
        facts=facts,
        figures=drawn,
        summary=summarise(facts),
        headline=headline_metric(facts),
        origins=origins(all_facts.trials),
        failures=failures(all_facts.trials)[:_MOST_REASONS],
        mistakes=mistakes(facts.confusion),
        style=Markup(_resource("report.css")),
        script=Markup(script),
        script_hash=f"sha256-{digest}",
        why=lambda *words, otherwise="": reason_missing(facts, words, otherwise),
    )  # fmt: skip


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("headstart.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in wording.__all__:
        environment.filters[name] = getattr(wording, name)
    return environment


def _resource(name: str) -> str:
    folder: Any = files("headstart.report") / "templates"
    text: str = (folder / name).read_text(encoding="utf-8")
    return text
