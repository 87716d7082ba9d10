"""What a table holds that its owner may not have meant: each is refused, or said in one line."""

import numpy as np

from project.errors import InputError

SENTINEL = 5  # times that a value far outside the rest is pointed at
COUNTED = 3  # rows that a column counts at least to be pointed at


def sentinels(named):
    """Point at a value that repeats far outside the rest of its column: it may stand for a missing one."""
    notes = []
    for name, column in named.items():
        known = column[np.isfinite(column)]
        for value in {known.min(), known.max()} if len(known) else ():
            if np.count_nonzero(known == value) < SENTINEL:
                continue
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


def index_notes(columns):
    """Say that the first of the columns {name: numbers (rows,)}, to be read as time steps, counts the rows."""
    name, column = next(iter(columns.items()))
    if len(column) < COUNTED or not (np.diff(column) == 1).all():
        return []
    return [f"column {name!r} counts the rows and is read as a time step: remove it if it is an index"]
