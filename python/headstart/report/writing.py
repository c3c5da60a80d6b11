"""Reports as text or as a file, in HTML, JSON or Markdown."""

import errno
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from headstart.facts import Facts
from headstart.machine.atomic import replacing
from headstart.machine.plain_file import plain_file
from headstart.report.summary import summarise

__all__ = ["FORMATS", "format_of", "render_report", "write_report"]

_ENDINGS = {
    ".html": "html",
    ".htm": "html",
    ".json": "json",
    ".md": "md",
    ".markdown": "md",
}


def _html(facts: Facts) -> str:
    from headstart.report.html_page import html_page

    return html_page(facts)


def _json(facts: Facts) -> str:
    document = {"summary": list(summarise(facts)), "facts": facts.to_record()}
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def _md(facts: Facts) -> str:
    from headstart.report.model_card import model_card

    return model_card(facts)


_WRITERS: Mapping[str, Callable[[Facts], str]] = {
    "html": _html,
    "json": _json,
    "md": _md,
}
FORMATS = tuple(_WRITERS)
"""The formats of a report: ``"html"``, ``"json"``, ``"md"``."""


def render_report(facts: Facts, format: str = "html") -> str:  # noqa: A002
    """Return a report as text.

    Parameters
    ----------
    facts : Facts
    format : {"html", "json", "md"}, default="html"
        A self-contained page; the facts and the summary as JSON
        (``Facts.from_record(document["facts"])`` reads them back); a model card.

    Raises
    ------
    ValueError
        If the format is unknown.
    """
    _check(format)
    return _WRITERS[format](facts)


def write_report(facts: Facts, path: str | Path, format: str | None = None) -> Path:  # noqa: A002
    """Write a report to a file atomically, and return its path.

    Parameters
    ----------
    facts : Facts
    path : path
        An existing file is replaced; of a symbolic link, the file that it points to.
    format : {"html", "json", "md"}, optional
        By default, the format is taken from the path's extension.

    Returns
    -------
    Path
        `path` as a Path.

    Raises
    ------
    ValueError
        If the format is unknown, or the extension names none.
    OSError
        If it cannot be written, or `path` is a pipe, a device or a folder; an existing
        file is then unchanged.
    """
    path = Path(path)
    text = render_report(facts, format_of(path, format))
    if not path.absolute().parent.is_dir():
        raise FileNotFoundError(
            errno.ENOENT,
            f"The report cannot be written to {path}: {path.absolute().parent} is not "
            "a folder. hint: make it first.",
        )
    with replacing(plain_file(path, "a report")) as new:
        new.write_text(text, encoding="utf-8", newline="\n")
    return path


def format_of(path: str | Path, format: str | None = None) -> str:  # noqa: A002
    """Return the format of a report's file.

    Raises
    ------
    ValueError
        If the format is unknown, or `format` is None and the extension names none.

    Examples
    --------
    >>> format_of("card.md"), format_of("report.txt", "json")
    ('md', 'json')
    """
    if format is not None:
        _check(format)
        return format
    ending = Path(path).suffix.lower()
    if ending not in _ENDINGS:
        raise ValueError(
            f"The report's file must end in {', '.join(_ENDINGS)}. Got "
            f"{Path(path).name!r}. hint: name the format: html, json or md."
        )
    return _ENDINGS[ending]


def _check(format: str) -> None:  # noqa: A002
    if format not in _WRITERS:
        raise ValueError(
            f"Unknown report format {format!r}. Expected one of: {', '.join(FORMATS)}."
        )
