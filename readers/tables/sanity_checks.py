"""What a table holds that its owner may not have meant: each is refused, or said in one line."""

import re

import numpy as np

from core.errors import InputError
from readers.tables.cells import MISSING

SENTINEL = 5  # times that a value far outside the rest is pointed at
UNITS = 3  # different units of a column
UNIT = re.compile(r"([$€£¥]?)\s*[+-]?\d[\d.,]*\s*([^\W\d_]{1,5}(?:/[^\W\d_]{1,4})?|[%‰°$€£¥][^\W\d_]?|)")
INDEX = re.compile(r"|unnamed: ?\d+|(.*[ _])?(id|index|no|nr|row|number)\.?", re.IGNORECASE)
COUNTS_ROWS = 3  # rows that a column counts at least to be pointed at


def sentinels(named, values):
    """Point at a value that repeats far outside the rest of its column: it may stand for a missing one.

    named: {name: column}; values: the same side by side, (rows, columns).
    """
    notes = []
    ends = np.fmin.reduce(values), np.fmax.reduce(values)  # of each column, whatever is missing
    often = [np.count_nonzero(values == end, axis=0) >= SENTINEL for end in ends]
    for place, (name, column) in enumerate(named.items()):
        for value in {end[place] for end, repeats in zip(ends, often) if repeats[place]}:
            known = column[np.isfinite(column)]
            rest = known[known != value]
            count = len(known) - len(rest)
            if len(rest) > count and np.abs(rest - value).min() > 2 * (rest.max() - rest.min()) > 0:
                notes.append(
                    f"{name} is {value:g} {count} times, far outside the rest: empty the cells if it means missing"
                )
    return notes


def two_spellings(tables, name):
    """Return the first number that a column writes in two ways, such as 007 and 7, as (one, the other); else None."""
    ways = {}
    for table in tables:
        for number, word in sorted(table.spelled.get(name, ())):
            if ways.setdefault(number, word) != word:
                return ways[number], word
    return None


def refuse_two_spellings(path, tables, names, constant):
    """Raise InputError for columns, named by `constant`, that may tell apart what is one as a number."""
    for name in names:
        if found := two_spellings(tables, name):
            raise InputError(
                f"{path}: column {name!r} of {constant} holds {found[0]!r} and {found[1]!r}, which are one number: "
                f"write them alike if they mean the same, else begin them with a letter (n{found[0]})"
            )


def spelling_notes(tables, name):
    """Say that labels, written in two ways, are one class."""
    found = two_spellings(tables, name)
    return [f"labels: {found[0]!r} and {found[1]!r} are one number, so one class"] if found else []


def alike_notes(names, what):
    """Say which of the words `names` differ in capitals or blanks alone. what: the names' name, such as "classes"."""
    spelled = {}
    for name in sorted(map(str, names)):
        spelled.setdefault("".join(name.split()).casefold(), []).append(name)
    found = [", ".join(map(repr, own)) for own in spelled.values() if len(own) > 1]
    return [f"{what} that differ in capitals or blanks alone: {'; '.join(found[:3])}"] if found else []


def index_notes(columns):
    """Say that the first of the columns {name: numbers (rows,)}, to be read as time steps, may be an index of rows."""
    name, column = next(iter(columns.items()))
    counts = len(column) >= COUNTS_ROWS and (np.diff(column) == 1).all()
    if not counts and not INDEX.fullmatch(name):
        return []
    what = "counts the rows and is" if counts else "is"
    return [f"column {name or '(nameless)'!r} {what} read as a time step: remove it if it is an index"]


def with_unit(column):
    """Return a cell of a column of words all of which are numbers, some with a unit: '3 kg', '$5'; else None."""
    if isinstance(column, np.ndarray):
        return None
    found = {cell: UNIT.fullmatch(cell) for cell in set(column) if cell.lower() not in MISSING}
    if not all(found.values()) or len({match.groups() for match in found.values()} - {("", "")}) not in range(
        1, UNITS + 1
    ):
        return None
    return next(cell for cell in column if found.get(cell) and any(found[cell].groups()))


def unit_hint(column):
    """Return the end of a line that says why a column is no column of numbers, where that is a unit; else nothing."""
    cell = with_unit(column)
    return "" if cell is None else f"; its cells look like numbers with a unit, such as {cell!r}: remove the unit"


def unit_notes(names, columns, skipped):
    """Say which columns of words look like numbers with a unit. skipped: places of those that are no input anyhow."""
    found = {name: with_unit(column) for k, (name, column) in enumerate(zip(names, columns)) if k not in skipped}
    return [
        f"column {name!r} is read as words: its cells look like numbers with a unit, such as {cell!r}: remove the unit"
        for name, cell in found.items()
        if cell is not None
    ]


def refuse_unit(path, names, columns, target):
    """Raise InputError for a TARGET (a name or place, or a list) that is a column of numbers with a unit."""
    for wanted in target if isinstance(target, list) else [target]:
        place = names.index(wanted) if wanted in names else wanted
        if isinstance(place, int) and -len(names) <= place < len(names) and (hint := unit_hint(columns[place])):
            raise InputError(f"TARGET = {target!r} is impossible: column {names[place]!r} of {path} holds words{hint}")
