"""The reason for a missing part of the report."""

import re

from headstart.facts import Facts

__all__ = ["reason_missing"]

_UNKNOWN = "The record of the fit has no facts on it."
# Words of notes that give a reason; other notes describe how to read a part.
_GIVES_REASON = re.compile(
    "left out|left no time|no time|not enough|could not be|not installed|"
    "no knowledge base|not explained|interrupted|cold start",
    re.IGNORECASE,
)


def reason_missing(facts: Facts, words: tuple[str, ...], otherwise: str = "") -> str:
    """Return the note with the reason for a missing part.

    Parameters
    ----------
    facts : Facts
    words : tuple of str
        Words in lower case, in order of preference: the first note that contains the
        first of them is returned.
    otherwise : str, default=""
        The text where no note gives a reason.
    """
    for word in words:
        for note in facts.notes:
            if word in note.lower() and _GIVES_REASON.search(note):
                return note
    return otherwise or _UNKNOWN
