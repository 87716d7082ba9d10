"""Tables in which variables stand below each other (id, time, variable, value), turned so that each has a column."""

from dataclasses import replace

import numpy as np

from core.errors import InputError
from core.wording import counted
from readers.file_checks import refuse_larger_than_memory
from readers.tables.clocks import CALENDAR, PARTS, choose_reading, find_times, steps_within
from readers.tables.columns import as_words, combine, find_column, listed, refuse_missing, shorten
from readers.tables.sanity_checks import unit_hint
from readers.tables.table import is_empty, place_of
from readers.tables.timestamps import TIME_NAMES


def pivoted(path, tables, c, preparation=None):
    """Give each value of the column PIVOT a column, in tables of a list of (name, Table) with the same columns.

    A row is what shares SEQUENCE and the time; columns that other constants name must be the same in all of it.
    Returns: (list of (name, Table), rows in the order of the time, NaN where a variable was not measured; c in which
    columns go by their names). As given where PIVOT is None, and for new data that have no such column.
    Raises: InputError where there is not one column of values or none of times, and for what was measured twice.
    """
    names = tables[0][1].names
    if (name := find_column(path, names, c.PIVOT, "PIVOT", preparation)) is None:
        return tables, c
    variables = {}
    for _, table in tables:
        refuse_missing(path, name, table.columns[table.names.index(name)], "PIVOT")
        variables |= dict.fromkeys(as_words(table.columns[table.names.index(name)]))
    named = {own: _named(names, c[own]) for own in ("SEQUENCE", "LABEL", "GROUP", "KNOWN") if c[own] is not None}
    c = c.changed(**named)
    return [(own, _pivoted(own, table, name, [*variables], c)) for own, table in tables], c


def _named(names, columns):
    """Return what a constant says of columns with their names in place of their places."""
    if isinstance(columns, list):
        return [_named(names, column) for column in columns]
    place = place_of(names, columns)
    return columns if place is None else names[place]


def _pivoted(path, table, variable, variables, c):
    """Turn one Table. variable, the name of the column PIVOT; variables, what is measured."""
    columns = dict(zip(table.names, table.columns))
    sequence = [name for name in listed(c.SEQUENCE) if name in columns]
    same = [name for name in (*listed(c.LABEL), *listed(c.GROUP), *(c.KNOWN or ())) if name in columns]
    codes = [np.unique(columns[own], return_inverse=True)[1] for own in sequence]
    groups = combine([np.zeros(len(table.lines), int), *codes])
    place = {own: k for k, own in enumerate(variables)}
    what = np.array([place[cell] for cell in as_words(columns[variable])])
    times, stamps, time = _times(path, table, combine([groups, what]), {variable, *sequence, *same})
    same = [own for own in dict.fromkeys(same) if own not in (*sequence, *times, variable)]
    value, left_out = _value_column(path, columns, {variable, *sequence, *same, *times})
    _, begins, groups = np.unique(groups, return_index=True, return_inverse=True)
    order = np.lexsort((time, np.argsort(np.argsort(begins))[groups]))
    keys = np.stack([groups[order], np.unique(time, return_inverse=True)[1][order]])
    starts = np.concatenate([[True], (keys[:, 1:] != keys[:, :-1]).any(axis=0)])
    row, first = np.empty(len(order), int), order[starts]
    row[order] = np.cumsum(starts) - 1
    lines = np.asarray(table.lines)
    twice = f"the same {variable!r} at the same {shorten([*sequence, *times])}"
    _refuse_repeated(path, lines, row * len(variables) + what, twice)
    _refuse_differing(path, lines, row, first, {own: columns[own] for own in same})
    refuse_larger_than_memory(path, 8 * len(first) * len(variables))
    values = np.full((len(first), len(variables)), np.nan)
    values[row, what] = columns[value]
    kept = [own for own in table.names if own in (*sequence, *same, *stamps)]
    gaps, cells = int(np.isnan(values).sum()), values.size
    notes = [f"{value!r} is {counted(len(variables), 'column')}, one for each {variable!r}: {shorten(variables)}"]
    notes += [f"{gaps} of {cells} values of a {variable!r} and a time are missing"] if gaps else []
    notes += [f"columns that say nothing of a time, left out: {shorten(left_out)}"] if left_out else []
    if clash := [own for own in variables if own in kept]:
        raise InputError(f"{path}: {clash[0]!r} is a value of {variable!r} and the name of a column: rename one")
    return replace(
        table,
        names=[*kept, *variables],
        columns=[_at(columns[own], first) for own in kept] + [*values.T],
        lines=lines[first].tolist(),
        notes=[*table.notes, *notes],
    )


def _at(column, rows):
    return column[rows] if isinstance(column, np.ndarray) else [column[row] for row in rows]


def _times(path, table, groups, used):
    """Find what tells the time. groups (rows,): in each, times run in one direction; used: columns that do not.

    Returns: (names of its columns, of those the ones that are known as times by others too, the time of each row as
    numbers (rows,)).
    """
    order = np.argsort(groups, kind="stable")
    bounds = np.concatenate([[0], np.cumsum(np.bincount(np.unique(groups, return_inverse=True)[1]))])
    free = [k for k, name in enumerate(table.names) if name not in used]
    names, columns = [table.names[k] for k in free], [_at(table.columns[k], order) for k in free]
    if (clock := find_times(names, columns, bounds)) is not None:
        reading = (choose_reading(clock.readings, bounds) or clock.readings)[0]
        places = clock.places or [k for k, name in enumerate(names) if name.strip().lower() in PARTS]
    else:
        numbers = [k for k, column in enumerate(columns) if isinstance(column, np.ndarray)]
        places = [k for k in numbers if TIME_NAMES.search(names[k]) or CALENDAR.search(names[k])][:1]
        rising = [k for k in numbers if len(steps := steps_within(columns[k], bounds)) and (steps > 0).all()]
        places = places or (rising if len(rising) == 1 < len(numbers) else [])
        if not places or np.isnan(columns[places[0]]).any():
            raise InputError(
                f"{path} has no column that tells a time in every row, named time or date say, and PIVOT makes a row "
                "of what was measured at a time"
            )
        reading = columns[places[0]]
    time = np.empty(len(order))
    time[order] = np.unique(reading, return_inverse=True)[1]
    found = [names[k] for k in places]
    return found, [own for own in found if clock is not None or TIME_NAMES.search(own)], time


def _value_column(path, columns, used):
    """Return (the name of the one column of numbers that has no other use, columns of words that are left out)."""
    others = [name for name in columns if name not in used and not is_empty(columns[name])]
    numbers = [name for name in others if isinstance(columns[name], np.ndarray)]
    if len(numbers) == 1:
        return numbers[0], [name for name in others if name not in numbers]
    if numbers:
        several = f"several columns of numbers are left, {shorten(numbers)}, of which one holds the values"
        raise InputError(f"{path}: {several}: IGNORE lists the others, SEQUENCE what tells series apart")
    hint = next(filter(None, (unit_hint(columns[name]) for name in others)), "")
    left = f"left are {shorten(others)}" if others else "none is left"
    raise InputError(f"{path}: PIVOT needs a column of numbers that holds the values; {left}{hint}")


def _refuse_repeated(path, lines, cells, what):
    """Raise InputError where two rows say a value of one cell; cells (rows,) number them."""
    order = np.argsort(cells, kind="stable")
    twice = np.flatnonzero(cells[order][1:] == cells[order][:-1])
    if len(twice):
        k = twice[np.argmin(order[twice + 1])]
        both = f"lines {lines[order[k]]} and {lines[order[k + 1]]}"
        raise InputError(
            f"{path} {both} have {what}: keep one of them, or let SEQUENCE name the column that tells them apart"
        )


def _refuse_differing(path, lines, row, first, columns):
    """Raise InputError where one of columns {name: values (rows,)} differs among the rows of a time.

    Parameters: row (rows,) numbers the times; first (times,) is the first row of each.
    """
    for name, column in columns.items():
        codes = np.unique(column, return_inverse=True)[1]
        if (other := codes != codes[first][row]).any():
            k = int(other.argmax())
            raise InputError(
                f"{path} lines {lines[first[row[k]]]} and {lines[k]} are of one time, which is one row, and differ in "
                f"{name!r}: it must be the same in all rows of a time"
            )
