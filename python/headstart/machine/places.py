"""Paths and URLs of files and databases, shown without passwords.

All code that prints, logs or stores a place that a user named uses this module.
"""

import re
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote, unquote_plus

__all__ = ["hide_secrets", "is_url", "show_place"]

_HIDDEN = "***"
# Also with one slash: a mistyped URL may have a password too.
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+):/+(?P<rest>.*)", re.DOTALL)
_SETTING = re.compile(r"(?P<name>[^\s=&?;]+)(?P<is>\s*=\s*)(?P<value>'[^']*'|[^\s&;]*)")
_SECRET_NAME = re.compile("pass|pwd|secret|token|api_?key|scram", re.IGNORECASE)


def is_url(place: str | Path) -> bool:
    """Return whether a place is a URL, possibly a mistyped one."""
    return isinstance(place, str) and _SCHEME.match(place) is not None


def show_place(place: str | Path) -> str:
    """Return a path or URL as text, with its passwords hidden.

    Everything that may be a password is hidden: the text up to the last ``@`` of a URL,
    and the values of settings with names such as ``password``.

    Examples
    --------
    >>> show_place("postgresql://me:s3cret@host/db?sslpassword=s3cret&port=1")
    'postgresql://me:***@host/db?sslpassword=***&port=1'
    >>> show_place("/data/base.db")
    '/data/base.db'
    """
    text = str(place)
    password = _user_password(text)
    if password:
        head, _, tail = text.rpartition("@")
        text = f"{head.removesuffix(password)}{_HIDDEN}@{tail}"
    return _SETTING.sub(_hide_setting, text)


def hide_secrets(text: str, place: str | Path) -> str:
    """Return a text without the passwords of a place, in any encoding.

    For messages of drivers and servers, which may quote their arguments.

    Examples
    --------
    >>> hide_secrets("no role 'p@ss'", "postgresql://me:p%40ss@host/db")
    "no role '***'"
    """
    raw = {_user_password(str(place))}
    for match in _SETTING.finditer(str(place)):
        if _is_secret(match["name"]):
            raw |= {match["value"], match["value"].strip("'")}
    plain = raw | {unquote(s) for s in raw} | {unquote_plus(s) for s in raw}
    spelt = plain | {q for s in plain for q in (quote(s), quote(s, ""), quote_plus(s))}
    spelt |= {repr(secret)[1:-1] for secret in plain}
    for secret in sorted(spelt - {""}, key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    return text


def _user_password(text: str) -> str:
    """Return the password in front of a URL's host, still encoded; ``""`` if none."""
    match = _SCHEME.match(text)
    if match is None:
        return ""
    user, _, _ = match["rest"].rpartition("@")
    return user.partition(":")[2]


def _hide_setting(match: re.Match[str]) -> str:
    if not _is_secret(match["name"]):
        return match[0]
    return f"{match['name']}{match['is']}{_HIDDEN}"


def _is_secret(name: str) -> bool:
    return _SECRET_NAME.search(unquote(name)) is not None
