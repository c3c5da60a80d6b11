"""Facts whose every name and level is hostile text, or far too many of them."""

from dataclasses import replace
from itertools import cycle

from tests.stored_facts import stored_facts

from headstart.facts import ColumnFact, Confusion, Curve, Effect, Facts, Series

__all__ = ["HOSTILE", "hostile_facts", "wide_facts"]

HOSTILE = (
    "</script><script>window.hacked = 1</script>",
    "</svg></style><img src=x onerror='window.hacked = 1'>",
    '" onmouseover="window.hacked = 1" x="',
    "{{ 7 * 7 }}{% raw %}${7*7}",
    "'+(window.hacked=1)+'\\",
    "\u202eright to left override \u05e9\u05dc\u05d5\u05dd",
    "nul \x00 and half \ud800 a character\x1b[31m",
    "n" * 5000,
    "]]><!-- --><b class='injected'>bold</b>&amp;&#60;",
    "url(#clip0) viewBox='0 0 1 1' >",
    "line\nbreak | pipe `tick` [link](javascript:alert(1))",
)
# What our own code says, and not a table.
_OURS = {"kind", "status", "severity", "version", "method", "metric", "created"}


def hostile_facts(kind: str) -> Facts:
    """Return the stored facts of `kind` with hostile text in place of all text."""
    texts = cycle(HOSTILE)

    def spoil(value, key=""):
        if isinstance(value, str):
            return value if key in _OURS else next(texts)
        if isinstance(value, list):
            return [spoil(item, key) for item in value]
        if isinstance(value, dict):
            return {name: spoil(item, name) for name, item in value.items()}
        return value

    return Facts.from_record(spoil(stored_facts(kind).to_record()))


def wide_facts(n_columns: int = 500, n_classes: int = 200) -> Facts:
    """Return facts of a table of many columns and classes."""
    facts = stored_facts("multiclass")
    labels = tuple(f"class {place} with a name" for place in range(n_classes))
    grid = tuple(place / 20 for place in range(21))
    return replace(
        facts,
        task=replace(facts.task, classes=labels, n_features=n_columns),
        columns=tuple(
            ColumnFact(f"column {place}", "numeric", "type Float64", 0, 9, True, ())
            for place in range(n_columns)
        ),
        importance=tuple(
            replace(facts.importance[0], column=f"column {place}")
            for place in range(n_columns)
        ),
        roc=tuple(Curve(label, grid, grid, 0.5) for label in labels),
        confusion=Confusion(
            labels,
            tuple(
                tuple(40 if a == b else (a * b) % 3 for b in range(n_classes))
                for a in range(n_classes)
            ),
        ),
        effects=(
            Effect(
                "column 0",
                "numeric",
                grid,
                tuple(Series(label, grid) for label in labels),
                grid,
                "ale",
            ),
        ),
    )
