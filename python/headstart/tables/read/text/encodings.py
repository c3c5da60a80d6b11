"""Text of any encoding in UTF-8."""

import codecs
import io
import warnings

from headstart import _core
from headstart.exceptions import HeadstartWarning, TableError
from headstart.tables.read.reading import Reading

__all__ = ["encoding_of", "to_utf8"]

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# How files of other kinds begin, their endings notwithstanding.
_BINARY = (
    (b"PK\x03\x04", "a workbook or a zip archive", ".xlsx or .zip"),
    (b"\xd0\xcf\x11\xe0", "an old workbook of Excel", ".xls"),
    (b"PAR1", "a Parquet file", ".parquet"),
    (b"ARROW1", "an Arrow file", ".arrow"),
)

# Text is decoded in parts of this size.
_PART_BYTES = 1 << 20


def encoding_of(data: bytes, file: str, reading: Reading, line: int = 1) -> str:
    """Return the encoding of text; warn where it is neither declared nor UTF-8.

    Parameters
    ----------
    data : bytes
    file : str
        Its name, for messages.
    reading : Reading
    line : int
        Number of the first line in the file, from 1.
    """
    if line == 1:
        _check_is_text(data, file)
    if reading.encoding is not None:
        return reading.encoding
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    place = _core.first_invalid(data)
    if place is None:
        return "utf-8"
    line += data.count(b"\n", 0, place)
    warnings.warn(
        f"The file {file} is not UTF-8 (line {line}); it was read as Windows-1252 "
        "(Western European). hint: save it as UTF-8 if letters come out wrong.",
        HeadstartWarning,
        stacklevel=6,
    )
    return "cp1252"


def _check_is_text(data: bytes, file: str) -> None:
    for mark, kind, ending in _BINARY:
        if data.startswith(mark):
            raise TableError(
                f"The file {file} is {kind}, not text. hint: rename it to {ending}."
            )


def to_utf8(data: bytes, file: str, encoding: str) -> bytes:
    """Return text as UTF-8 without a byte order mark, its lines ended by line feeds.

    Parameters
    ----------
    data : bytes
    file : str
        Its name, for messages.
    encoding : str
        As `encoding_of` returns it.

    Raises
    ------
    TableError
        If it is not in the encoding, or contains zero bytes.
    """
    if encoding == "utf-8-sig":
        data = data.removeprefix(codecs.BOM_UTF8)
    elif encoding != "utf-8":
        data = _decoded(data, file, encoding)
    elif _core.first_invalid(data) is not None:
        data = _in_utf8(data, "utf-8", errors="replace")
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")  # Old Macs end lines so.
    if b"\0" in data:
        raise TableError(
            f"The file {file} is not text: it contains zero bytes. Expected CSV."
        )
    return data


def _decoded(data: bytes, file: str, encoding: str) -> bytes:
    try:
        return _in_utf8(data, encoding)
    except UnicodeDecodeError as error:
        if encoding == "cp1252":
            return _in_utf8(data, "latin-1")  # Every byte is valid there.
        raise TableError(
            f"Line {_invalid_line(data, encoding)} of {file} is not {encoding}: "
            f"{error.reason}. hint: leave out the encoding, or name another one."
        ) from error


def _in_utf8(data: bytes, encoding: str, errors: str = "strict") -> bytes:
    """Return text of another encoding in UTF-8.

    It is decoded in parts: the whole text as a string may be four times as large.
    """
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    out = io.BytesIO()
    for start in range(0, len(data), _PART_BYTES):
        part = data[start : start + _PART_BYTES]
        is_last = start + _PART_BYTES >= len(data)
        out.write(decoder.decode(part, final=is_last).encode())
    return out.getvalue()


def _invalid_line(data: bytes, encoding: str) -> int:
    """Return the number of the first line that is not in the encoding, from 1."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        return data.count(b"\n", 0, error.start) + 1
    return 1
