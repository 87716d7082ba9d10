"""Read a time series from a `.csv` file with a header: numeric columns in, time stamps checked, the rest named."""

import csv
import re
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
    header, rows = _read_table(path)
    columns, skipped, values = [], [], []
    for i, name in enumerate(header):
        cells = [row[i].strip() for row in rows]
        if not _is_numeric(cells):
            skipped.append(name)
            _check_times(path, name, cells)
            continue
        numbers = _numbers(path, name, cells)
        if TIME_NAMES.search(name) and (np.diff(numbers) != 0).any() and _looks_like_time(path, name, numbers):
            skipped.append(name)
            continue
        columns.append(name)
        values.append(numbers)
    if not columns:
        raise InputError(f"{path} has no numeric column to forecast (its columns: {', '.join(header)[:80]})")
    values = np.stack(values, axis=1)
    return Series(*_carried_forward(path, columns, values, skipped))


def _read_table(path):
    """Return the header and the rows as lists of strings, every row as long as the header."""
    text = read_text(path)
    separator = ";" if ";" in text.split("\n", 1)[0] and "," not in text.split("\n", 1)[0] else ","
    try:
        header, *rows = list(csv.reader(text.splitlines(), delimiter=separator, strict=True)) or [[]]
    except csv.Error as error:
        raise InputError(f"{path} cannot be read as .csv: {error}") from error
    header = [name.strip() for name in header]
    if not any(header):
        raise InputError(f"{path} is empty")
    if all(_is_number(name) for name in header):
        raise InputError(f"{path} has no header: its first line holds numbers, not names of columns")
    doubled = {name for name in header if header.count(name) > 1}
    if doubled:
        raise InputError(f"{path} names the column {sorted(doubled)[0][:40]!r} twice")
    rows = [(i, row) for i, row in enumerate(rows, 2) if any(cell.strip() for cell in row)]
    for i, row in rows:
        if len(row) != len(header):
            raise InputError(f"{path} line {i} has {len(row)} cells, the header has {len(header)}")
    if not rows:
        raise InputError(f"{path} has a header and no rows")
    return header, [row for _, row in rows]


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


def _numbers(path, name, cells):
    for line, cell in enumerate(cells, 2):
        if cell and not (_is_number(cell) and np.isfinite(float(cell))):
            raise InputError(f"{path} line {line}, column {name!r}: {cell[:40]!r} is not a finite number")
    return np.array([float(cell) if cell else np.nan for cell in cells])


def _looks_like_time(path, name, numbers):
    """Tell whether a numeric column named like a time counts time: steps forward, all but a few of them."""
    steps = np.diff(numbers)
    if (steps > 0).mean() < 0.9:
        return False
    _check_increasing(path, name, numbers.tolist(), numbers)
    return True


def _check_times(path, name, cells):
    """Raise InputError if a column of time stamps repeats or goes back; text that is no time stamp is let pass."""
    faults = []
    for parse in (datetime.fromisoformat, _year_and_month, *(_parser(form) for form in TIME_FORMATS)):
        try:
            times = [parse(cell).replace(tzinfo=None) for cell in cells]
        except ValueError:
            continue
        try:
            return _check_increasing(path, name, cells, times)
        except InputError as fault:  # 01/02/2020 can be read in two ways: the other one may be in order
            faults.append(fault)
    if faults:
        raise faults[0]


def _year_and_month(cell):
    return datetime.strptime(cell, "%Y-%m")


def _parser(form):
    return lambda cell: datetime.strptime(cell, form)


def _check_increasing(path, name, cells, times):
    for line, (before, after) in enumerate(zip(times, times[1:]), 3):
        if not before < after:
            fault = "repeats" if before == after else "goes back in"
            raise InputError(
                f"{path} line {line}: {cells[line - 2]!r} {fault} time column {name!r}; sort it, no repeats"
            )


def _carried_forward(path, columns, values, skipped):
    missing = np.isnan(values)
    if missing[0].any():
        raise InputError(f"{path} line 2: column {columns[missing[0].argmax()]!r} begins with an empty cell")
    last = np.maximum.accumulate(np.where(missing, 0, np.arange(len(values))[:, None]), axis=0)
    return np.take_along_axis(values, last, axis=0), columns, skipped, int(missing.sum())
