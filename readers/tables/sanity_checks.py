"""Checks for what a table's owner may not have meant: it is refused, or noted in one line."""

import re

import numpy as np

from core.errors import InputError
from readers.tables.cells import MISSING

SENTINEL = 5  # times that a value far outside the rest must occur to be pointed at
UNITS = 3  # different units of a column at most
UNIT = re.compile(r"([$€£¥]?)\s*[+-]?\d[\d.,]*\s*([^\W\d_]{1,5}(?:/[^\W\d_]{1,4})?|[%‰°$€£¥][^\W\d_]?|)")
INDEX = re.compile(r"|unnamed: ?\d+|(.*[ _])?(id|index|no|nr|row|number)\.?", re.IGNORECASE)
COUNTS_ROWS = 3  # rows that a column must count to be pointed at


def sentinel_notes(names, values):
    """Point at a value that repeats far outside the rest of its column in values (rows, columns)."""
    notes = []
    extremes = np.fmin.reduce(values), np.fmax.reduce(values)  # of each column, whatever is missing
    repeated = [np.count_nonzero(values == extreme, axis=0) >= SENTINEL for extreme in extremes]
    for place, name in enumerate(names):
        for value in {extreme[place] for extreme, often in zip(extremes, repeated) if often[place]}:
            finite = values[np.isfinite(values[:, place]), place]
            rest = finite[finite != value]
            count = len(finite) - len(rest)
            if len(rest) > count and np.abs(rest - value).min() > 2 * (rest.max() - rest.min()) > 0:
                notes.append(
                    f"{name} is {value:g} {count} times, far outside the rest: empty the cells if it means missing"
                )
    return notes


def two_spellings(tables, name):
    """Return the first number that a column writes in two ways, such as 007 and 7, as (one, the other); else None."""
    spellings = {}
    for table in tables:
        for number, word in sorted(table.spellings.get(name, ())):
            if spellings.setdefault(number, word) != word:
                return spellings[number], word
    return None


def refuse_two_spellings(path, tables, names, constant):
    """Raise InputError for columns, named by `constant`, that may tell apart what is one as a number."""
    for name in names:
        if found := two_spellings(tables, name):
            raise InputError(
                f"{path}: column {name!r} of {constant} holds {found[0]!r} and {found[1]!r}, which are one number: "
                f"write them the same way if they mean the same, else put a letter before them (n{found[0]})"
            )


def spelling_notes(tables, name):
    """Say that labels, written in two ways, are one class."""
    found = two_spellings(tables, name)
    return [f"labels: {found[0]!r} and {found[1]!r} are one number, so one class"] if found else []


def variant_notes(names, what):
    """Say which of the words `names` differ only in case or spaces. what: the names' name, such as "classes"."""
    variants = {}
    for name in sorted(map(str, names)):
        variants.setdefault("".join(name.split()).casefold(), []).append(name)
    found = [", ".join(map(repr, alike)) for alike in variants.values() if len(alike) > 1]
    return [f"{what} that differ only in case or spaces: {'; '.join(found[:3])}"] if found else []


def index_notes(columns):
    """Say that the first of the columns {name: numbers (rows,)}, to be read as time steps, may be an index of rows."""
    name, column = next(iter(columns.items()))
    counts = len(column) >= COUNTS_ROWS and (np.diff(column) == 1).all()
    if not counts and not INDEX.fullmatch(name):
        return []
    what = "counts the rows and is" if counts else "is"
    return [f"column {name or '(nameless)'!r} {what} read as a time step: remove it if it is an index"]


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
