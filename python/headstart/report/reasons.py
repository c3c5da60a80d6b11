"""Why a part of the report is missing."""

import re

from headstart.facts import Facts

__all__ = ["reason_missing"]

_UNKNOWN = "The fit kept no facts on it."
# What a note says that gives a reason; others tell how to read what is there.
_GIVES_REASON = re.compile(
    "left out|left no time|no time|not enough|could not be|not installed|"
    "no knowledge base|not explained|interrupted|cold start",
    re.IGNORECASE,
)


def reason_missing(facts: Facts, words: tuple[str, ...], otherwise: str = "") -> str:
    """Return the note that says why a part is missing.

    Parameters
    ----------
    facts : Facts
    words : tuple of str
        In lower case: the first note that has the first of them is taken.
    otherwise : str, default=""
        What is said where no note gives a reason.
    """
    for word in words:
        for note in facts.notes:
            if word in note.lower() and _GIVES_REASON.search(note):
                return note
    return otherwise or _UNKNOWN
