"""Read a time series from a `.csv` file with a header: numeric columns in, time stamps checked, the rest named."""

import csv
import re
from collections import Counter
from datetime import datetime, timezone

import numpy as np

from project.errors import InputError
from project.files import read_text
from readers.text import with_twin
from sequences.types import Sequences

TIME_NAMES = re.compile(r"date|time|year|month|stamp|^day$|^hour$|^index$|^$", re.IGNORECASE)
# Ways to write a time stamp, the first under which all rows can be read counts. ISO 8601 goes before them.
TIME_FORMATS = (
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d.%m.%Y %H:%M",
    "%Y/%m/%d %H:%M", "%b %Y", "%b-%y", "%B %Y",
)  # fmt: skip


# Parts of a date that begin again: such a column of numbers is an input, not a clock.
CALENDAR = re.compile(r"month|week|day|hour|minute|second|quarter", re.IGNORECASE)


def read(path, c, known=None):
    """Read a `.csv` file with a header, one row a time step, separated by commas or semicolons.

    The rows of a `_TEST` twin follow those of the file. Raises InputError for cells that are no number (row and column
    named, rows counted as lines of the file), rows of another length, a missing header, and time stamps that repeat or
    go back.
    """
    (header, rows, places), twin = with_twin(_read_table, path)
    n = len(rows)
    if twin is not None:
        if twin[0] != header:
            raise InputError(f"{path} and its _TEST twin have other columns: {header} and {twin[0]}")
        rows, places = rows + twin[1], places + twin[2]
    columns, skipped, values = [], [], []
    for i, name in enumerate(header):
        cells = [row[i].strip() for row in rows]
        if not _is_numeric(cells):
            skipped.append(name)
            _check_times(name, cells, places)
            continue
        numbers = _numbers(name, cells, places)
        if TIME_NAMES.search(name) and (np.diff(numbers) != 0).any() and _looks_like_time(name, numbers, places):
            skipped.append(name)
            continue
        columns.append(name)
        values.append(numbers)
    if not columns:
        raise InputError(f"{path} has no numeric column to forecast (its columns: {', '.join(header)[:80]})")
    values = np.stack(values, axis=1)
    notes = (f"columns that are no input: {', '.join(skipped)}",) if skipped else ()
    train = Sequences([values[:n]], columns=columns, notes=notes)
    return train, Sequences([values[n:]], columns=columns) if twin else None


def _read_table(path):
    """Return header, rows (lists of strings, every row as long as the header), and the place of each row."""
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
    return header, [row for row, _ in rows], [f"{path} line {line}" for _, line in rows]


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


def _numbers(name, cells, places):
    for place, cell in zip(places, cells):
        if cell and not (_is_number(cell) and np.isfinite(float(cell))):
            raise InputError(f"{place}, column {name!r}: {cell[:40]!r} is not a finite number")
    return np.array([float(cell) if cell else np.nan for cell in cells])


def _looks_like_time(name, numbers, places):
    """Tell whether a numeric column named like a time counts time: steps forward, all but a few of them."""
    steps = np.diff(numbers)
    if (steps > 0).mean() < 0.9 or CALENDAR.search(name) and not (steps > 0).all():
        return False
    _check_increasing(name, numbers.tolist(), numbers, places)
    return True


def _check_times(name, cells, places):
    """Raise InputError if a column of time stamps repeats or goes back; text that is no time stamp is let pass."""
    faults = []
    for parse in (_iso, _year_and_month, *(_parser(form) for form in TIME_FORMATS)):
        try:
            times = [parse(cell) for cell in cells]
        except ValueError:
            continue
        try:
            return _check_increasing(name, cells, times, places)
        except InputError as fault:  # 01/02/2020 can be read in two ways: the other one may be in order
            faults.append(fault)
    if faults:
        raise faults[0]


def _iso(cell):
    """Parse ISO 8601; a time with an offset counts as UTC, so that a clock put back does not repeat itself."""
    time = datetime.fromisoformat(cell.removesuffix("Z") + "+00:00" if cell.endswith("Z") else cell)
    return time.astimezone(timezone.utc).replace(tzinfo=None) if time.tzinfo else time


def _year_and_month(cell):
    return datetime.strptime(cell, "%Y-%m")


def _parser(form):
    return lambda cell: datetime.strptime(cell, form)


def _check_increasing(name, cells, times, places):
    for before, after, cell, place in zip(times, times[1:], cells[1:], places[1:]):
        if not before < after:
            fault = "repeats" if before == after else "goes back in"
            raise InputError(f"{place}: {cell!r} {fault} time column {name!r}; sort it, no repeats")
