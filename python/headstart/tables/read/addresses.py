"""Files at addresses: HTTP, cloud stores by polars, others by fsspec.

No message of an error holds a user name, a password, a key or a signature.
"""

import http.client
import io
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import polars as pl

from headstart.exceptions import TableError
from headstart.tables.read.opening import STANDARD_INPUT, unpacked

__all__ = ["bytes_of_address", "frame_of_address", "shown_address"]

_TIMEOUT = 60.0
_BY_URLLIB = frozenset({"http", "https", "file"})
_CLOUDS = frozenset(
    {"s3", "s3a", "gs", "gcs", "az", "azure", "adl", "abfs", "abfss", "hf"}
)
_RETRIES = {"max_retries": 2}
_USER = re.compile(r"(?<=://)[^/@\s]*@")
_QUERY = re.compile(r"\?[^\s'\")]*")
# What a store answers names keys, and what was signed.
_MARKUP = re.compile(r"<.*>|\(path:.*\)", re.DOTALL)


def bytes_of_address(address: str, packed: str = "", *, is_text: bool = False) -> bytes:
    """Return what lies at an address, or on standard input, unpacked.

    Parameters
    ----------
    address : str
    packed : str
        One of `headstart.tables.read.opening.PACKED`, "" for a plain file.
    is_text : bool
        Whether it is text, which polars reads from cloud stores.

    Raises
    ------
    TableError
        If it cannot be read; says why.
    """
    if address == STANDARD_INPUT:
        return sys.stdin.buffer.read()
    shown = shown_address(address)
    scheme = _scheme(address)
    if scheme in _CLOUDS and is_text and packed in ("", ".gz"):
        lines = _lines(address)
        if lines is not None:
            return lines
    if scheme in _BY_URLLIB:
        data = _checked(lambda: _by_urllib(address), address)
    else:
        data = _checked(lambda: _by_fsspec(address), address)
    return unpacked(data, packed, shown) if packed else data


def frame_of_address(address: str, kind: str) -> pl.DataFrame:
    """Return the table of a Parquet or Arrow file at an address.

    Parameters
    ----------
    address : str
    kind : {"parquet", "arrow"}

    Raises
    ------
    TableError
        If it cannot be read; says why.
    """
    source: Any = address
    options: dict[str, Any] = {"glob": False, "storage_options": _RETRIES}
    if _scheme(address) not in _CLOUDS:
        source, options = io.BytesIO(bytes_of_address(address)), {}
    scan = pl.scan_parquet if kind == "parquet" else pl.scan_ipc
    frame = _checked(lambda: scan(source, **options).collect(), address, kind)
    assert isinstance(frame, pl.DataFrame)
    return frame


def shown_address(address: str) -> str:
    """Return an address without user, password and query, which may hold secrets.

    Examples
    --------
    >>> shown_address("https://me:secret@example.org/t.csv?signature=abc")
    'https://example.org/t.csv'
    """
    return _USER.sub("", address).partition("?")[0][:200]


def _scheme(address: str) -> str:
    return address.partition("://")[0].lower()


def _lines(address: str) -> bytes | None:
    """Return UTF-8 text from a cloud store, None where it is in another encoding."""

    def read() -> pl.DataFrame | None:
        try:
            lines = pl.scan_lines(address, glob=False, storage_options=_RETRIES)
            return lines.collect()
        except pl.exceptions.ComputeError as error:
            if "utf8" in str(error).lower():
                return None
            raise

    table = _checked(read, address)
    if table is None:
        return None
    text: str = table.to_series().str.join("\n")[0] or ""
    return text.encode() + b"\n"


def _by_urllib(address: str) -> bytes:
    if _USER.search(address):
        raise ValueError(
            "it has a user name or password, which are not sent. hint: download the "
            "file first"
        )
    with urllib.request.urlopen(address, timeout=_TIMEOUT) as answer:
        return bytes(answer.read())


def _by_fsspec(address: str) -> bytes:
    import fsspec

    with fsspec.open(address, "rb") as source:
        return bytes(source.read())


def _checked(read: Callable[[], Any], address: str, kind: str = "") -> Any:
    """Return what a function reads; its errors say why, without secrets."""
    shown = shown_address(address)
    try:
        return read()
    except FileNotFoundError as error:
        raise TableError(f"There is no file at {shown}.") from _plain(error, address)
    except PermissionError as error:
        raise TableError(
            f"The address {shown} cannot be read: access is denied. hint: check the "
            "credentials in the environment."
        ) from _plain(error, address)
    except ImportError as error:
        # Of fsspec itself the name is known; of a package for the scheme fsspec says
        # what to install.
        reason = (
            f"the package {error.name!r} is not installed. hint: pip install "
            f"{error.name}"
            if error.name
            else _reason(error, address)
        )
        raise TableError(f"The address {shown} cannot be read: {reason}") from _plain(
            error, address
        )
    except pl.exceptions.ComputeError as error:
        reason = _reason(error, address)
        words = f"is not a whole {kind} file" if kind else "cannot be read"
        raise TableError(f"The address {shown} {words}: {reason}") from _plain(
            error, address
        )
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise TableError(
            f"The address {shown} cannot be read: {_reason(error, address)}"
        ) from _plain(error, address)
    except Exception as error:
        # Libraries of cloud stores have errors of their own.
        raise TableError(
            f"The address {shown} cannot be read: {type(error).__name__}: "
            f"{_reason(error, address)}"
        ) from _plain(error, address)


def _plain(error: Exception, address: str) -> Exception | None:
    """Return the cause to show, None where its words would tell a secret."""
    return error if _reason(error, address) == str(error) else None


def _reason(error: Exception, address: str) -> str:
    """Return the words of an error without secrets."""
    words = str(error)
    user = _USER.search(address)
    if user:
        words = words.replace(user[0], "").replace(user[0][:-1].partition(":")[2], "")
    first = _MARKUP.sub("", _QUERY.sub("", _USER.sub("", words)))
    return " ".join(first.split())[:300]
