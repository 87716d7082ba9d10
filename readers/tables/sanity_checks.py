"""Checks for what a table's owner may not have meant: it is refused, or noted in one line."""

import re

import numpy as np

from core.errors import InputError
from readers.tables.cells import MISSING

SENTINEL = 5  # times that a value outside the rest must occur to be pointed at,
FAR = 2  # and how far it must lie, in ranges of the rest;
APART = 0.1  # where it is known to mean missing
NINES = re.compile(r"-?9{3,}")
UNITS = 3  # different units of a column at most
UNIT = re.compile(r"([$€£¥]?)\s*[+-]?\d[\d.,]*\s*([^\W\d_]{1,5}(?:/[^\W\d_]{1,4})?|[%‰°$€£¥][^\W\d_]?|)")
INDEX = re.compile(r"|unnamed: ?\d+|(.*[ _])?(id|index|no|nr|row|number)\.?", re.IGNORECASE)
COUNTS_ROWS = 3  # rows that a column must count to be pointed at


def find_sentinels(columns):
    """Find values that may mean missing in columns, {name: numbers (rows,)}: -200, -999, 9999.

    Such a value is the lowest or highest, repeats, and lies far outside the rest; once it is known, from one column or
    for being all nines, a gap to the rest will do. Returns: {name: (value, how often, whether it is all but certain)}.
    """
    candidates = {}
    for name, column in columns.items():
        for value in (np.fmin.reduce(column), np.fmax.reduce(column)):  # whatever is missing
            if (count := np.count_nonzero(column == value)) >= SENTINEL:
                rest = column[np.isfinite(column) & (column != value)]
                if len(rest) and (spread := rest.max() - rest.min()) > 0:
                    gap = np.abs(rest - value).min() / spread
                    candidates[name, value] = gap, count, len(rest) > count and gap > FAR
    known = {value for (_, value), (_, _, far) in candidates.items() if far}
    found = {}
    for (name, value), (gap, count, far) in candidates.items():
        code = NINES.fullmatch(f"{value:g}") is not None or value < 0 and value in known
        if far or code and gap > APART:
            found[name] = value, count, code
    return found


def sentinel_notes(columns):
    """Point at values of inputs, {name: numbers (rows,)}, that may mean missing."""
    return [
        f"{name} is {value:g} {count} times, far outside the rest: empty the cells if it means missing"
        for name, (value, count, _) in find_sentinels(columns).items()
    ]


def refuse_sentinels(path, columns, learned, constant):
    """Raise InputError where a column to learn, one of the names `learned`, holds a value that may mean missing."""
    for name, (value, count, code) in find_sentinels(columns).items():
        if name in learned and code:
            raise InputError(
                f"{path}: column {name!r} of {constant} is {value:g} {count} times, far outside the rest, as what is "
                f"missing is written: empty those cells; if it was measured, write it with one digit more"
            )


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
