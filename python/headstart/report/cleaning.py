"""Untrusted text without control characters and lone surrogates."""

import re
from typing import Any

from headstart.facts import Facts

__all__ = ["clean"]

# C0 and C1 controls other than tab and newline, marks that change the writing direction
# of the text after them, and lone surrogates, which no file encoding can hold.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def clean(facts: Facts) -> Facts:
    """Return the facts with each forbidden character replaced by U+FFFD."""
    return Facts.from_record(_cleaned(facts.to_record()))


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _FORBIDDEN.sub("\ufffd", value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(item) for key, item in value.items()}
    return value
