"""Text that may come from anybody, made safe to print.

Names of columns, classes and datasets are read from files. Control characters in them
can move a terminal's cursor or retitle its window; marks of writing direction can make
a name look like another one.
"""

import json
import re

__all__ = ["printable", "printable_json"]

# All controls but tab and line feed, C1 too; separators of lines and paragraphs; marks
# of direction; halves of surrogate pairs; invisible tags.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def printable(text: str) -> str:
    r"""Return text with control characters and marks of direction as escapes.

    Line feeds and tabs stay.

    Examples
    --------
    >>> print(printable("sales\x1b[2J\u202e"))
    sales\x1b[2J\u202e
    """
    return _UNSAFE.sub(lambda found: ascii(found[0])[1:-1], text)


def printable_json(text: str) -> str:
    r"""Return a JSON document with such characters as JSON writes them in ASCII.

    Examples
    --------
    >>> print(printable_json('{"sales\x7f": 1}'))
    {"sales\u007f": 1}
    """
    return _UNSAFE.sub(lambda found: json.dumps(found[0])[1:-1], text)
