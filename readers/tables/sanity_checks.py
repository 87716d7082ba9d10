"""Checks for what a table's owner may not have meant: it is refused, or noted in one line."""

import re
from decimal import Decimal

import numpy as np

from core.errors import InputError
from core.wording import counted
from readers.tables.cells import MISSING, is_plain_number
from readers.tables.clocks import COUNTERS

UNITS = 3  # different units of a column at most
UNIT = re.compile(r"([$€£¥]?)\s*[+-]?\d[\d.,]*\s*([^\W\d_]{1,5}(?:/[^\W\d_]{1,4})?|[%‰°$€£¥][^\W\d_]?|)")
INDEX = re.compile(r"(.*[ _])?(id|index|no|nr|row|number)\.?", re.IGNORECASE)
# Numbers as tables do not read them: separators of thousands, brackets for a minus, a printed minus, Fortran's D.
OTHER_NUMBER = re.compile(
    r"\([\d.,'’ \xa0\u202f]*\d\)|[-+−]?\d{1,3}([.,'’ \xa0\u202f]\d{3})+([.,]\d+)?"
    r"|[-+−]?\d+([.,]\d+)?([dD][-+]?\d+)?",
    re.ASCII,
)
UNNAMED = re.compile(r"|unnamed: ?\d+", re.IGNORECASE)  # as pandas writes and reads its index
NUMBER = re.compile(r"[+-]?\d{1,99}(\.\d{0,99})?(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
COUNTS_ROWS = 3  # rows that a column must count to be pointed at


def variant_notes(names, what):
    """Say which of the words `names` differ only in case or spaces, or are one number. what: such as "classes"."""
    ways = {
        "differ only in case or spaces": lambda name: "".join(name.split()).casefold(),
        "are the same number, written differently": lambda name: Decimal(name) if NUMBER.fullmatch(name) else name,
    }
    notes = []
    for way, form in ways.items():
        variants = {}
        for name in sorted(map(str, names)):
            variants.setdefault(form(name), []).append(name)
        found = [", ".join(map(repr, alike)) for alike in variants.values() if len(alike) > 1]
        notes += [f"{what} that {way}: {'; '.join(found[:3])}"] * bool(found)
    return notes


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
    return [f"{what} skips {counted(missing, 'number')}: rows were left out after it was made"] if missing else []


def without_index(columns):
    """Leave out the first of the columns {name: numbers or words (rows,)} if it is an index: (columns, notes).

    That is pandas' own, or one that is named so and counts the rows.
    """
    name, column = next(iter(columns.items()))
    named = COUNTERS.fullmatch(name) and isinstance(column, np.ndarray) and len(column) >= COUNTS_ROWS
    if not is_index(name, column) and not (named and (np.diff(column) == 1).all()):
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


def different_cells(column):
    """Return the different words of a column that do not stand for what is missing."""
    return {cell for cell in column if cell.lower() not in MISSING}


def cell_with_unit(column):
    """Return a cell of a column of words all of which are numbers, some with a unit: '3 kg', '$5'; else None."""
    if isinstance(column, np.ndarray):
        return None
    found = {cell: UNIT.fullmatch(cell) for cell in different_cells(column)}
    if not all(found.values()):
        return None
    units = {match.groups() for match in found.values()} - {("", "")}
    if not 1 <= len(units) <= UNITS:
        return None
    return next(cell for cell in column if found.get(cell) and any(found[cell].groups()))


def unit_hint(column):
    """Return the end of a line that says why a column is none of numbers: a unit, or how they are written; or ""."""
    if (cell := cell_with_unit(column)) is not None:
        return f"; its cells look like numbers with a unit, such as {cell!r}: remove the unit"
    if isinstance(column, np.ndarray) or not all(map(OTHER_NUMBER.fullmatch, found := different_cells(column))):
        return ""
    cell = next((cell for cell in column if cell in found and not is_plain_number(cell)), None)
    return "" if cell is None else f"; its cells look like numbers, such as {cell!r}: write them as 1234567.5 or -5"


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
