"""Read a time series from a `.csv` file with a header: numeric columns in, time stamps checked, the rest named."""

import csv
import re
from collections import Counter
from datetime import datetime
from typing import NamedTuple

import numpy as np

from checks import InputError, read_text

TIME_NAMES = re.compile(r"date|time|year|month|stamp|^day$|^hour$|^index$|^$", re.IGNORECASE)
# Ways to write a time stamp, the first under which all rows can be read counts. ISO 8601 goes before them.
TIME_FORMATS = (
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d.%m.%Y %H:%M",
    "%Y/%m/%d %H:%M", "%b %Y", "%b-%y", "%B %Y",
)  # fmt: skip


class Series(NamedTuple):
    """A time series. Missing cells are carried forward from the row before: the future may not fill the past."""

    values: np.ndarray  # (rows, columns) float64
    columns: list  # names of the numeric columns
    skipped: list  # names of the columns that are no input: time stamps and text
    filled: int  # empty cells that were carried forward


def read_series(path):
    """Read a `.csv` file with a header, one row a time step, separated by commas or semicolons.

    Returns: Series. Raises InputError for cells that are no number (row and column named, rows counted as lines of
    the file), rows of another length, a missing header, and time stamps that repeat or go back.
    """
    header, rows, lines = _read_table(path)
    columns, skipped, values = [], [], []
    for i, name in enumerate(header):
        cells = [row[i].strip() for row in rows]
        if not _is_numeric(cells):
            skipped.append(name)
            _check_times(path, name, cells, lines)
            continue
        numbers = _numbers(path, name, cells, lines)
        if TIME_NAMES.search(name) and (np.diff(numbers) != 0).any() and _looks_like_time(path, name, numbers, lines):
            skipped.append(name)
            continue
        columns.append(name)
        values.append(numbers)
    if not columns:
        raise InputError(f"{path} has no numeric column to forecast (its columns: {', '.join(header)[:80]})")
    values = np.stack(values, axis=1)
    return Series(*_carried_forward(path, columns, values, skipped, lines[0]))


def _read_table(path):
    """Return header, rows (lists of strings, every row as long as the header), and the line that each row ends in."""
    text = read_text(path)
    separator = ";" if ";" in text.split("\n", 1)[0] and "," not in text.split("\n", 1)[0] else ","
    try:
        table = csv.reader(text.splitlines(), delimiter=separator, strict=True)
        (header, _), *rows = [(row, table.line_num) for row in table] or [([], 0)]
    except csv.Error as error:
        raise InputError(f"{path} cannot be read as .csv: {error}") from error
    header = [name.strip() for name in header]
    if not any(header):
        raise InputError(f"{path} is empty")
    if all(_is_number(name) for name in header):
        raise InputError(f"{path} has no header: its first line holds numbers, not names of columns")
    name, times = Counter(header).most_common(1)[0]
    if times > 1:
        raise InputError(f"{path} names the column {name[:40]!r} twice")
    rows = [(row, line) for row, line in rows if any(cell.strip() for cell in row)]
    for row, i in rows:
        if len(row) != len(header):
            raise InputError(f"{path} line {i} has {len(row)} cells, the header has {len(header)}")
    if not rows:
        raise InputError(f"{path} has a header and no rows")
    return header, [row for row, _ in rows], [line for _, line in rows]


def _is_number(cell):
    try:
        float(cell)
        return True
    except ValueError:
        return False


def _is_numeric(cells):
    """Call a column numeric if most of its cells are numbers; a lone word in it is then a mistake to be named."""
    filled = [cell for cell in cells if cell]
    return sum(map(_is_number, filled)) * 2 > len(filled)


def _numbers(path, name, cells, lines):
    for line, cell in zip(lines, cells):
        if cell and not (_is_number(cell) and np.isfinite(float(cell))):
            raise InputError(f"{path} line {line}, column {name!r}: {cell[:40]!r} is not a finite number")
    return np.array([float(cell) if cell else np.nan for cell in cells])


def _looks_like_time(path, name, numbers, lines):
    """Tell whether a numeric column named like a time counts time: steps forward, all but a few of them."""
    steps = np.diff(numbers)
    if (steps > 0).mean() < 0.9:
        return False
    _check_increasing(path, name, numbers.tolist(), numbers, lines)
    return True


def _check_times(path, name, cells, lines):
    """Raise InputError if a column of time stamps repeats or goes back; text that is no time stamp is let pass."""
    faults = []
    for parse in (datetime.fromisoformat, _year_and_month, *(_parser(form) for form in TIME_FORMATS)):
        try:
            times = [parse(cell).replace(tzinfo=None) for cell in cells]
        except ValueError:
            continue
        try:
            return _check_increasing(path, name, cells, times, lines)
        except InputError as fault:  # 01/02/2020 can be read in two ways: the other one may be in order
            faults.append(fault)
    if faults:
        raise faults[0]


def _year_and_month(cell):
    return datetime.strptime(cell, "%Y-%m")


def _parser(form):
    return lambda cell: datetime.strptime(cell, form)


def _check_increasing(path, name, cells, times, lines):
    for before, after, cell, line in zip(times, times[1:], cells[1:], lines[1:]):
        if not before < after:
            fault = "repeats" if before == after else "goes back in"
            raise InputError(f"{path} line {line}: {cell!r} {fault} time column {name!r}; sort it, no repeats")


def _carried_forward(path, columns, values, skipped, first_line):
    missing = np.isnan(values)
    if missing[0].any():
        raise InputError(f"{path} line {first_line}: column {columns[missing[0].argmax()]!r} begins with an empty cell")
    last = np.maximum.accumulate(np.where(missing, 0, np.arange(len(values))[:, None]), axis=0)
    return np.take_along_axis(values, last, axis=0), columns, skipped, int(missing.sum())
