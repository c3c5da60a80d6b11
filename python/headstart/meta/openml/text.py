"""Words from a server, made safe to store and to show.

What somebody typed into a web form a decade ago goes into terminals, reports and error
messages: no control characters, no line breaks, bounded length.
"""

import hashlib

__all__ = ["clean_name", "family_of", "short_key"]

_LONGEST_NAME = 200
_LONGEST_KEY = 200


def clean_name(value: object, default: str = "unnamed") -> str:
    r"""Return one printable line of at most 200 characters, `default` for none.

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
    """Return the name of a request for the log: long ones end in a hash."""
    clean = "".join(c if c.isprintable() else "?" for c in path).strip() or "/"
    if len(clean) <= _LONGEST_KEY:
        return clean
    digest = hashlib.sha256(path.encode("utf-8", "replace")).hexdigest()
    return f"{clean[:_LONGEST_KEY]}...{digest[:16]}"


def family_of(name: str) -> str:
    """Return the family of a dataset by its name.

    OpenML has many datasets of one origin: drawn from a Bayesian network of another
    one (``BNG(credit-g)``), or from one generator (``fri_c0_250_5``).

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
