"""The model card: the report's main facts as Markdown, for a repository or a wiki."""

import re
from functools import cache

import jinja2

from headstart.facts import Facts
from headstart.report import wording
from headstart.report.cleaning import clean
from headstart.report.reasons import reason_missing
from headstart.report.summary import summarise
from headstart.report.tables import failures

__all__ = ["model_card"]

_MOST_REASONS = 100
# What Markdown, or HTML within it, would take for more than text.
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~&$])")


def model_card(facts: Facts) -> str:
    """Return the facts as a Markdown page; text of the table stays text in it."""
    facts = clean(facts)
    text = (
        _environment()
        .get_template("card.md.j2")
        .render(
            facts=facts,
            summary=summarise(facts),
            why=lambda *words, otherwise="": reason_missing(facts, words, otherwise),
            failures=failures(facts.trials)[:_MOST_REASONS],
        )
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def escape_markdown(text: str) -> str:
    r"""Return text that Markdown shows as it is, on one line.

    Examples
    --------
    >>> print(escape_markdown("a|b <script> *c*"))
    a\|b \<script\> \*c\*
    """
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def fenced(text: str, language: str) -> str:
    """Return text as a block of code, whatever fences are in it."""
    runs = [len(run) for run in re.findall(r"`+", text)]
    fence = "`" * max(3, 1 + max(runs, default=0))
    return f"{fence}{language}\n{text}\n{fence}"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("headstart.report"),
        autoescape=False,  # `md` escapes
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in wording.__all__:
        environment.filters[name] = getattr(wording, name)
    environment.filters |= {"md": escape_markdown, "fenced": fenced}
    return environment
