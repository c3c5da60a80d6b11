"""Texts from a server, made safe to store and to show.

User input of a web form is shown in terminals, reports and error messages, so control
characters and line breaks are replaced, and the length is bounded.
"""

import hashlib

__all__ = ["clean_name", "family_of", "short_key"]

_LONGEST_NAME = 200
_LONGEST_KEY = 200


def clean_name(value: object, default: str = "unnamed") -> str:
    r"""Return one printable line of at most 200 characters, `default` if it is empty.

    Examples
    --------
    >>> clean_name("iris \x1b[31m\n 2")
    'iris ?[31m 2'
    """
    text = "" if value is None else str(value)[: 10 * _LONGEST_NAME]
    line = " ".join(text.split())
    line = "".join(c if c.isprintable() else "?" for c in line)
    return line[:_LONGEST_NAME].strip() or default


def short_key(path: str) -> str:
    """Return the name of a request for the log; a long name ends in a hash."""
    clean = "".join(c if c.isprintable() else "?" for c in path).strip() or "/"
    if len(clean) <= _LONGEST_KEY:
        return clean
    digest = hashlib.sha256(path.encode("utf-8", "replace")).hexdigest()
    return f"{clean[:_LONGEST_KEY]}...{digest[:16]}"


def family_of(name: str) -> str:
    """Return the family of a dataset by its name.

    OpenML has many datasets with the same origin, such as samples of a Bayesian network
    of another dataset (``BNG(credit-g)``), or of a generator (``fri_c0_250_5``).

    Examples
    --------
    >>> family_of("BNG(credit-g)"), family_of("fri_c0_250_5"), family_of("Wine")
    ('credit-g', 'fri', 'wine')
    """
    lowered = name.lower()
    if lowered.startswith("bng(") and lowered.endswith(")"):
        # Sizes follow a comma: BNG(autos,1000,1).
        return lowered[4:-1].split(",")[0].strip() or "bng"
    if lowered.startswith("fri_"):
        return "fri"
    return lowered
