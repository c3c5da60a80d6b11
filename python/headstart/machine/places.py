"""Places of files and databases as they are shown: no password in them.

Everything that prints, logs or stores a place that a user named goes through here.
"""

import re
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote, unquote_plus

__all__ = ["hide_secrets", "is_url", "show_place"]

_HIDDEN = "***"
# With one slash too: what was meant as a URL may still have a password.
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+):/+(?P<rest>.*)", re.DOTALL)
_SETTING = re.compile(r"(?P<name>[^\s=&?;]+)(?P<is>\s*=\s*)(?P<value>'[^']*'|[^\s&;]*)")
_SECRET_NAME = re.compile("pass|pwd|secret|token|api_?key|scram", re.IGNORECASE)


def is_url(place: str | Path) -> bool:
    """Whether a place is a URL, or was meant as one."""
    return isinstance(place, str) and _SCHEME.match(place) is not None


def show_place(place: str | Path) -> str:
    """Return a path or URL in words, with its passwords hidden.

    What could be a password is taken for one: up to the last ``@`` of a URL, and the
    values of settings whose name says so.

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
    """Return a text without the passwords of a place, in any of their spellings.

    For messages of drivers and servers, which may quote what they were given.

    Examples
    --------
    >>> hide_secrets("no role 'p@ss'", "postgresql://me:p%40ss@host/db")
    "no role '***'"
    """
    raw = {_user_password(str(place))}
    for found in _SETTING.finditer(str(place)):
        if _is_secret(found["name"]):
            raw |= {found["value"], found["value"].strip("'")}
    plain = raw | {unquote(s) for s in raw} | {unquote_plus(s) for s in raw}
    spelt = plain | {q for s in plain for q in (quote(s), quote(s, ""), quote_plus(s))}
    spelt |= {repr(secret)[1:-1] for secret in plain}
    for secret in sorted(spelt - {""}, key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    return text


def _user_password(text: str) -> str:
    """Return the password in front of a URL's host as it is spelt, or nothing."""
    found = _SCHEME.match(text)
    if found is None:
        return ""
    user, _, _ = found["rest"].rpartition("@")
    return user.partition(":")[2]


def _hide_setting(found: re.Match[str]) -> str:
    if not _is_secret(found["name"]):
        return found[0]
    return f"{found['name']}{found['is']}{_HIDDEN}"


def _is_secret(name: str) -> bool:
    return _SECRET_NAME.search(unquote(name)) is not None
