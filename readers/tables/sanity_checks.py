"""Checks for what a table's owner may not have meant: it is refused, or noted in one line."""

import re

import numpy as np

from core.errors import InputError
from readers.tables.cells import MISSING

UNITS = 3  # different units of a column at most
UNIT = re.compile(r"([$€£¥]?)\s*[+-]?\d[\d.,]*\s*([^\W\d_]{1,5}(?:/[^\W\d_]{1,4})?|[%‰°$€£¥][^\W\d_]?|)")
INDEX = re.compile(r"(.*[ _])?(id|index|no|nr|row|number)\.?", re.IGNORECASE)
UNNAMED = re.compile(r"|unnamed: ?\d+", re.IGNORECASE)  # as pandas writes and reads its index
COUNTS_ROWS = 3  # rows that a column must count to be pointed at


def variant_notes(names, what):
    """Say which of the words `names` differ only in case or spaces. what: the names' name, such as "classes"."""
    variants = {}
    for name in sorted(map(str, names)):
        variants.setdefault("".join(name.split()).casefold(), []).append(name)
    found = [", ".join(map(repr, alike)) for alike in variants.values() if len(alike) > 1]
    return [f"{what} that differ only in case or spaces: {'; '.join(found[:3])}"] if found else []


def is_index(name, column):
    """Tell whether the first column of a table is the index of rows that pandas writes: whole numbers, no name."""
    if not UNNAMED.fullmatch(name) or not isinstance(column, np.ndarray) or len(column) < COUNTS_ROWS:
        return False
    if (column != np.round(column)).any():
        return False
    return len(np.unique(column)) == len(column) or (np.diff(column) == 1).mean() >= 0.5  # of tables put together


def index_notes(name, column):
    """Say where an index is out of order, or has gaps. column: (rows,), in the order of the file."""
    steps, what = np.diff(column), f"the index {name or '(nameless)'!r}"
    if len(np.unique(column)) < len(column):
        return []
    if (steps > 0).any() and (steps < 0).any():
        return [f"{what} is out of order: rows were sorted or shuffled after it was made"]
    missing = int(np.ptp(column)) + 1 - len(column)
    return [f"{what} skips {missing} numbers: rows were left out after it was made"] if missing else []


def without_index(columns):
    """Leave out the first of the columns {name: numbers or words (rows,)} if it is pandas' index: (columns, notes)."""
    name, column = next(iter(columns.items()))
    if not is_index(name, column):
        return columns, []
    note = f"column {name or '(nameless)'!r} is read as an index of rows: it is no time step"
    return {other: own for other, own in columns.items() if other != name}, [note, *index_notes(name, column)]


def index_hints(columns):
    """Say that the first of the columns {name: numbers (rows,)}, to be read as time steps, may be an index of rows."""
    name, column = next(iter(columns.items()))
    counts = len(column) >= COUNTS_ROWS and (np.diff(column) == 1).all()
    if not counts and not INDEX.fullmatch(name):
        return []
    what = "counts the rows and is" if counts else "is"
    remove = f"remove it if it is an index (IGNORE = [{name!r}])"
    return [f"column {name or '(nameless)'!r} {what} read as a time step: {remove}"]


def cell_with_unit(column):
    """Return a cell of a column of words all of which are numbers, some with a unit: '3 kg', '$5'; else None."""
    if isinstance(column, np.ndarray):
        return None
    found = {cell: UNIT.fullmatch(cell) for cell in set(column) if cell.lower() not in MISSING}
    if not all(found.values()):
        return None
    units = {match.groups() for match in found.values()} - {("", "")}
    if not 1 <= len(units) <= UNITS:
        return None
    return next(cell for cell in column if found.get(cell) and any(found[cell].groups()))


def unit_hint(column):
    """Return the end of a line that says why a column is no column of numbers, where that is a unit; else nothing."""
    cell = cell_with_unit(column)
    return "" if cell is None else f"; its cells look like numbers with a unit, such as {cell!r}: remove the unit"


def unit_notes(columns):
    """Say which of the columns {name: column} are words that look like numbers with a unit."""
    hints = {name: unit_hint(column).removeprefix("; ") for name, column in columns.items()}
    return [f"column {name!r} is read as words: {hint}" for name, hint in hints.items() if hint]


def refuse_unit(path, names, columns, target):
    """Raise InputError for a TARGET (a name or place, or a list) that is a column of numbers with a unit."""
    for wanted in target if isinstance(target, list) else [target]:
        place = names.index(wanted) if wanted in names else wanted
        if isinstance(place, int) and -len(names) <= place < len(names) and (hint := unit_hint(columns[place])):
            raise InputError(f"TARGET = {target!r} is impossible: column {names[place]!r} of {path} holds words{hint}")
