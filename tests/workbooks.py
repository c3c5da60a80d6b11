"""Workbooks, written cell by cell as Excel writes them."""

import zipfile
from typing import NamedTuple
from xml.sax.saxutils import escape

__all__ = ["Date", "Error", "Time", "write_workbook"]

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STATES = ("visible", "hidden")
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


class Date(NamedTuple):
    """A number of days since 1899-12-30 in a format of dates."""

    days: float


class Time(NamedTuple):
    """A part of a day in a format of times."""

    days: float


class Error(NamedTuple):
    """An error value, such as ``#N/A``."""

    word: str


def write_workbook(path, sheets, hidden=()):
    """Write a workbook.

    Parameters
    ----------
    path : path
    sheets : mapping of str to list of rows
        Cells are text, numbers, booleans, `Date`, `Time`, `Error`, or None.
    hidden : collection of str
        Sheets that Excel does not show.
    """
    numbers = range(1, len(sheets) + 1)
    kind = f"{_OFFICE}/worksheet"
    relations = "".join(
        f'<Relationship Id="r{i}" Type="{kind}" Target="worksheets/sheet{i}.xml"/>'
        for i in numbers
    )
    named = "".join(
        f'<sheet name="{escape(name)}" sheetId="{i}" r:id="r{i}"'
        f' state="{_STATES[name in hidden]}"/>'
        for i, name in zip(numbers, sheets, strict=True)
    )
    files = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package'
        '.relationships+xml"/><Default Extension="xml" ContentType="application/vnd.'
        'openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship '
        f'Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>",
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        f"{named}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": "<Relationships "
        f'xmlns="{_PACKAGE}/relationships">{relations}'
        f'<Relationship Id="s" Type="{_OFFICE}/styles" Target="styles.xml"/>'
        "</Relationships>",
        # Formats 0, 14 and 20 are Excel's own: general, a date, a time.
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><cellXfs count="3">'
        '<xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="20"/></cellXfs>'
        "</styleSheet>",
    }
    for i, rows in zip(numbers, sheets.values(), strict=True):
        cells = "".join(
            f'<row r="{r}">{_row(row, r)}</row>' for r, row in enumerate(rows, start=1)
        )
        files[f"xl/worksheets/sheet{i}.xml"] = (
            f'<worksheet xmlns="{_MAIN}"><sheetData>{cells}</sheetData></worksheet>'
        )
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, _HEAD + text)
    return path


def _row(row, number):
    return "".join(
        _cell(f"{chr(65 + i)}{number}", value)
        for i, value in enumerate(row)
        if value is not None
    )


def _cell(place, value):
    match value:
        case Date(days):
            return f'<c r="{place}" s="1"><v>{days}</v></c>'
        case Time(days):
            return f'<c r="{place}" s="2"><v>{days}</v></c>'
        case Error(word):
            return f'<c r="{place}" t="e"><v>{word}</v></c>'
        case bool():
            return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
        case str():
            text = f'<t xml:space="preserve">{escape(value)}</t>'
            return f'<c r="{place}" t="inlineStr"><is>{text}</is></c>'
        case _:
            return f'<c r="{place}"><v>{value}</v></c>'
