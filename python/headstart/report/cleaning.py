"""Text of strangers made fit for a page: no controls, no lone surrogates."""

import re
from typing import Any

from headstart.facts import Facts

__all__ = ["clean"]

# C0 and C1 controls but tab and newline, marks that turn the direction of all that
# follows, and halves of characters, which no encoding of a file can hold.
_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def clean(facts: Facts) -> Facts:
    """Return the facts with a replacement character for each unfit one."""
    return Facts.from_record(_cleaned(facts.to_record()))


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _UNFIT.sub("\ufffd", value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(item) for key, item in value.items()}
    return value
