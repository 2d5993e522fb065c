"""Tables of numbers in text files: delimiter, header and row names are recognised."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

#: First header cells that announce a column of row names and not of data.
INDEX_NAMES = frozenset(
    ('', 'index', 'label', 'labels', 'name', 'region', 'regions', 'roi', 'time', 'unnamed: 0')
)
_MISSING = frozenset(('', 'na', 'n/a', 'nan', 'none', 'null'))


class Table(NamedTuple):
    """Numbers with the names of rows and columns, where the file has them."""

    values: np.ndarray
    row_names: tuple[str, ...] | None = None
    column_names: tuple[str, ...] | None = None
    #: Time between rows in seconds, of formats that store it.
    TR: float | None = None


class Line(NamedTuple):
    """Cells of one line and its number in the file."""

    number: int
    cells: list[str]


def are_numbers(names: Sequence[str]) -> bool:
    """Whether names only number the regions, as the index of a data frame does."""
    return all(name.isdigit() for name in names)


def decode(content: bytes, where: str) -> str:
    """Text of a file's bytes."""
    try:
        return content.decode('utf-8-sig')
    except UnicodeDecodeError as error:
        raise ValueError(
            f'{where} is not UTF-8 text (byte {error.start}); save it as UTF-8, or give it the '
            f'suffix of its format (.npy, .npz, .mat).'
        ) from None


def parse_lines(text: str, where: str, *, at_blanks: bool = True) -> list[Line]:
    """Lines split at tabs, semicolons, commas or (if allowed) blanks; # and % begin comments."""
    numbered = [
        (number, line)
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.lstrip().startswith(('#', '%'))
    ]
    if not numbered:
        raise ValueError(f'{where} is empty; rows of values are expected.')
    delimiter = _delimiter(numbered[0][1])
    lines = []
    for number, line in numbered:
        if delimiter is not None:
            cells = next(csv.reader([line], delimiter=delimiter))
        else:
            cells = line.split() if at_blanks else [line]
        lines.append(Line(number, [cell.strip() for cell in cells]))
    # A delimiter at the end of every line is a habit of some writers and no missing column.
    if all(len(line.cells) > 1 and line.cells[-1] == '' for line in lines):
        lines = [Line(line.number, line.cells[:-1]) for line in lines]
    return lines


def read_table(path: Path, where: str) -> Table:
    """The table of a text file."""
    return parse_table(decode(path.read_bytes(), where), where)


def parse_table(text: str, where: str) -> Table:
    """Parse text into a table, or say which line and cell is wrong."""
    lines = parse_lines(text, where)
    header, body = _split_header(lines)
    if not body:
        raise ValueError(f'{where} has a header and no data; rows of numbers are expected.')
    n_cells = len(body[0].cells)
    for line in body:
        if len(line.cells) != n_cells:
            raise ValueError(
                f'{where}: line {line.number} has {len(line.cells)} values and line '
                f'{body[0].number} has {n_cells}; all rows need the same number, so look for a '
                f'missing or extra delimiter.'
            )
    if header is not None and len(header.cells) not in (n_cells, n_cells - 1):
        raise ValueError(
            f'{where}: the header in line {header.number} names {len(header.cells)} columns and '
            f'line {body[0].number} has {n_cells} values; make them agree.'
        )
    names_first = _names_first(header, body, n_cells)
    values = [parse_numbers(line, 1 if names_first else 0, where) for line in body]
    columns = None
    if header is not None:
        shift = 1 if names_first and len(header.cells) == n_cells else 0
        columns = tuple(header.cells[shift:])
    rows = tuple(line.cells[0] for line in body) if names_first else None
    return Table(np.array(values, dtype=np.float64), rows, columns)


def _delimiter(line: str) -> str | None:
    """Delimiter used in a line; None stands for white space."""
    return next((mark for mark in '\t;,' if mark in line), None)


def _split_header(lines: list[Line]) -> tuple[Line | None, list[Line]]:
    """Take off the first line if it names columns."""
    first, body = lines[0], lines[1:]
    # Behind a blank or telling corner, numbers may be names too: 0, 1, 2 … or those of the rows.
    corner = len(first.cells) > 1 and first.cells[0].lower() in INDEX_NAMES
    names = first.cells[1:] if corner else first.cells
    if not any(_is_number(name) for name in names):
        return first, body
    if corner and (_counts(names) or names == [line.cells[0] for line in body]):
        return first, body
    return None, lines


def _counts(names: Sequence[str]) -> bool:
    """Whether names count 0, 1, 2 … or 1, 2, 3 …"""
    return any(list(names) == [str(i + start) for i in range(len(names))] for start in (0, 1))


def _names_first(header: Line | None, body: list[Line], n_cells: int) -> bool:
    """Whether the first column holds names of rows."""
    if n_cells == 1:
        return False
    if header is not None:
        if len(header.cells) == n_cells - 1:
            return True
        if header.cells[0].lower() in INDEX_NAMES:
            return True
    return not any(_is_number(line.cells[0]) for line in body)


def _is_number(cell: str) -> bool:
    """Whether a cell reads as a number or as a missing one."""
    return _to_float(cell) is not None


def _to_float(cell: str) -> float | None:
    """The number in a cell, NaN where it is missing, None where it is something else."""
    if cell.lower() in _MISSING:
        return np.nan
    # Python reads 1_2 as 12; in a table it is a name.
    if '_' in cell:
        return None
    try:
        return float(cell)
    except ValueError:
        return None


def parse_numbers(line: Line, start: int, where: str) -> list[float]:
    """The numbers of a line."""
    numbers = []
    for column, cell in enumerate(line.cells[start:], start + 1):
        number = _to_float(cell)
        if number is None:
            hint = (
                'decimal commas need to become points'
                if _to_float(cell.replace(',', '.')) is not None
                else 'correct the cell, or put names in the first row or column only'
            )
            raise ValueError(
                f'{where}: line {line.number}, column {column}: {cell!r} is not a number; {hint}.'
            )
        numbers.append(number)
    return numbers
