"""A second header row, such as the answers under the questions of a survey."""

import csv
import io
from dataclasses import dataclass
from itertools import islice

__all__ = ["SecondHeader", "find_second_header"]

_ROWS = 50
# The least number of columns that the first row leaves without a name.
_FEWEST_BLANK = 2
# Share of columns in which the second row's cell must not occur again below.
_NEW_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class SecondHeader:
    """Column names made of two header rows.

    Parameters
    ----------
    names : list of str
        One per column.
    n_lines : int
        Lines of both rows.
    example : str
        A joined name.
    """

    names: list[str]
    n_lines: int
    example: str


def find_second_header(text: str, separator: str) -> SecondHeader | None:
    """Return the names of two header rows, None if the second row is data.

    The second row is a header if it names two or more columns that the first row does
    not name, has no numbers, and in at least half of its cells has a text that does
    not occur in the column's next 50 rows.
    """
    source = io.StringIO(text, newline="")
    reader = csv.reader(source, delimiter=separator)
    try:
        first = next(reader)
        second = next(reader)
        end = reader.line_num
        rows = list(islice(reader, _ROWS))
    except (csv.Error, StopIteration):
        return None
    blank = [i for i, name in enumerate(first) if not name.strip()]
    if len(blank) < _FEWEST_BLANK or len(second) != len(first) or len(rows) < 2:
        return None
    cells = [cell.strip() for cell in second]
    filled = [i for i, cell in enumerate(cells) if cell]
    if not all(cells[i] for i in blank) or any(_is_number(c) for c in cells):
        return None
    below = [{row[i].strip() for row in rows if i < len(row)} for i in filled]
    n_new = sum(cells[i] not in values for i, values in zip(filled, below, strict=True))
    if n_new < _NEW_SHARE * len(filled):
        return None
    names = _join(first, cells)
    return SecondHeader(names, end, names[blank[0]])


def _join(first: list[str], cells: list[str]) -> list[str]:
    above = [name.strip() for name in first]
    opens = [bool(a) and not b for a, b in zip(above, [*above[1:], "-"], strict=True)]
    # "Response" under each plain question has no information.
    generic = {
        cell
        for name, cell, is_group in zip(above, cells, opens, strict=True)
        if name and not is_group
    }
    names = []
    question = ""
    for name, cell, is_group in zip(above, cells, opens, strict=True):
        question = name or question
        if name and (not is_group or not cell or cell in generic):
            names.append(name)
        else:
            names.append(f"{question}: {cell}" if question else cell)
    return [
        name if names.count(name) == 1 else f"{name} ({place})"
        for place, name in enumerate(names, start=1)
    ]


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True
