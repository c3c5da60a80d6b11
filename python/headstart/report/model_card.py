"""The model card: the main facts of the report as Markdown."""

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
# Characters with a meaning in Markdown, or in HTML within it.
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~&$])")


def model_card(facts: Facts) -> str:
    """Return the facts as a Markdown page, with all text of the table escaped."""
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
    r"""Return the text on one line, escaped so that Markdown shows it literally.

    Examples
    --------
    >>> print(escape_markdown("a|b <script> *c*"))
    a\|b \<script\> \*c\*
    """
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def fenced(text: str, language: str) -> str:
    """Return the text as a code block with a fence longer than any within it."""
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
