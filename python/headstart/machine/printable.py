"""Untrusted text made safe to print.

Names of columns, classes and datasets are read from files. Control characters in them
can move a terminal's cursor or change its title; marks of writing direction can make a
name look like another one.
"""

import json
import re

__all__ = ["printable", "printable_json"]

# All control characters (C0 and C1) except tab and line feed; line and paragraph
# separators; marks of direction; lone surrogates; invisible tags.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def printable(text: str) -> str:
    r"""Return text with control characters and marks of direction as escapes.

    Line feeds and tabs are kept.

    Examples
    --------
    >>> print(printable("sales\x1b[2J\u202e"))
    sales\x1b[2J\u202e
    """
    return _UNSAFE.sub(lambda match: ascii(match[0])[1:-1], text)


def printable_json(text: str) -> str:
    r"""Return a JSON document with such characters as JSON's ASCII escapes.

    Examples
    --------
    >>> print(printable_json('{"sales\x7f": 1}'))
    {"sales\u007f": 1}
    """
    return _UNSAFE.sub(lambda match: json.dumps(match[0])[1:-1], text)
