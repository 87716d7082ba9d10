"""Tables as time series, one or several: numbers are inputs, time stamps are checked, words become 0/1 columns."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from core.errors import InputError
from readers.file_checks import refuse_special
from readers.tables import timestamps as stamps
from readers.tables.ambiguity_checks import refuse_other_meanings
from readers.tables.columns import (
    called,
    identifiers,
    inputs_of,
    one_table,
    recordings_in,
    reordered,
    sequence_columns,
    side_by_side,
    steps_of,
)
from readers.tables.delimited import TABLES, read_table
from readers.tables.sanity_checks import refuse_two_spellings, refuse_unit, sentinels, unit_hint, unit_notes
from readers.text_files import with_twin
from sequences.types import Sequences

HEADLESS = (
    'its first line holds numbers, not names of columns. If each row is a sequence of its own, set SEQUENCE = "row", '
    "and LABEL = -1 or 0 where its label is the last or the first number; if rows are time steps, set TARGET to the "
    "place, 3 say, of the column to forecast, or LABEL to that of the labels, and SEQUENCE to that of the column "
    "that tells recordings apart"
)


def read(path, c, known=None):
    """Read a table with one row a time step, or a folder of them: see readers/__init__.py and delimited.py.

    Rows that share the value of SEQUENCE are a series, in a folder those of a file. The rows of a `_TEST` twin follow
    those of the file and are held out. Raises InputError for a missing header, for time stamps that repeat or go back,
    and where no column of numbers is left.
    """
    files, twins = _tables(path, c, known)
    names, columns, origin = one_table(path, files)
    by_file = origin if c.SEQUENCE == "file" else np.zeros_like(origin)
    keys, order, bounds = recordings_in(path, names, columns, by_file, c, known)
    used = sequence_columns(path, names, c, known)
    refuse_two_spellings(path, [table for _, table in files], used, "SEQUENCE")
    if (np.diff(order) != 1).any():
        columns = [reordered(column, order) for column in columns]
    table = Ordered(names, columns, bounds, lambda row: _place(files, order[row]))
    skipped, times, turned, notes = _clocks(table)
    if known is None and c.TARGET is None and c.TASK is None and c.SEQUENCE is None:
        refuse_other_meanings(path, names, columns, skipped)
    refuse_unit(path, names, columns, c.TARGET)
    skipped = sorted({*skipped, *map(names.index, used)})
    named, left_out = inputs_of(names, columns, skipped, known)
    if not any(isinstance(column, np.ndarray) for column in columns) or not named:
        hint = next(filter(None, map(unit_hint, columns)), "")
        raise InputError(f"{path} has no numeric column to forecast (its columns: {', '.join(names)[:80]}){hint}")
    if skipped or left_out:
        left = [names[k] or "(nameless)" for k in skipped] + left_out
        notes.insert(0, f"columns that are no input: {', '.join(left)}")
    values, held_out = side_by_side([*named.values()]), origin[order] >= len(files) - twins
    rows = [slice(a, b) for a, b in zip(bounds, bounds[1:])]
    rows = [np.arange(own.start, own.stop)[::-1] if back else own for own, back in zip(rows, turned)]
    made = Sequences(
        [values[own] for own in rows],
        kind="series",
        names=called(keys, files) if len(keys) > 1 else None,
        times=None if times is None else [times[own] for own in rows],
        columns=list(named),
        held_out=[int(held_out[own].sum()) for own in rows],
        table=names,
        notes=(*files[0][1].notes, *notes, *sentinels(named, values), *unit_notes(names, columns, skipped)),
    )
    return (_cut_off(made, path) if known is None else made), None


class Ordered(NamedTuple):
    """The columns of a table whose series stand one after the other."""

    names: list
    columns: list
    bounds: np.ndarray  # (series + 1,)
    place_of: Callable  # file and line of a row


def _tables(path, c, known):
    """Read a file and its twin, or the tables of a folder. Returns: (list of (name, Table), how many are twins)."""
    headless = HEADLESS if known is None and c.TARGET is None and c.SEQUENCE is None else None
    if path.is_dir():
        found = [file for file in sorted(path.iterdir()) if file.name.lower().endswith(TABLES) and file.is_file()]
        if not found:
            raise InputError(f"{path} holds no tables: {', '.join(TABLES)}")
        for file in found:
            refuse_special(file)
        return [(file.name, read_table(file)) for file in found], 0
    if known is not None:
        return [(path, read_table(path, spelled=identifiers(c)))], 0
    table, twin = with_twin(lambda file: read_table(file, headless=headless, spelled=identifiers(c)), path)
    files = [(path, table)]
    return (files, 0) if twin is None else ([*files, (f"the _TEST twin of {path}", twin)], 1)


def _place(files, row):
    """Return file and line of a row. files: list of (name, Table)."""
    for name, table in files:
        if row < len(table.lines):
            return f"{name} line {table.lines[row]}"
        row -= len(table.lines)


def _clocks(table):
    """Check the columns that tell the time, in each series of an Ordered table.

    Returns: (places of columns that are no input, times (rows,) or None, whether the rows of each series run backwards,
    notes).
    """
    names, columns, bounds = table.names, table.columns, table.bounds
    words = {k: column for k, column in enumerate(columns) if not isinstance(column, np.ndarray)}
    skipped, readings = stamps.time_stamps(names, words)
    name, times, notes = names[skipped[0]] if skipped else "year, month, ...", None, []
    turned = np.zeros(len(bounds) - 1, bool)
    if not skipped:
        readings = stamps.of_calendar(names, columns, bounds)
    if readings:
        found = stamps.in_order(readings, bounds)
        if found is None:
            cells = columns[skipped[0]] if skipped else np.datetime_as_string(readings[0]).tolist()
            raise _out_of_order(table, name, readings, cells, skipped)
        times, turned = found
        if len({str(reading[0]) for reading in readings}) > 1:
            notes.append(f"{name}: {columns[skipped[0]][0]} is read as {times[0].astype('datetime64[D]')}")
        notes += stamps.uneven([times[a:b][:: -1 if back else 1] for a, b, back in zip(bounds, bounds[1:], turned)])
    for k, column in enumerate(columns):
        name = names[k]
        if k in words or bounds[-1] < len(bounds):
            continue
        if not (stamps.COUNTERS.search(name) or stamps.TIME_NAMES.search(name)):
            continue
        steps = steps_of(column, bounds)
        forward = (steps > 0).mean()
        counts = max(forward, (steps < 0).mean()) >= 0.9
        restarts = stamps.CALENDAR.search(name) and not ((steps > 0).all() or (steps < 0).all())
        if stamps.COUNTERS.search(name) and (steps == 1).all():
            skipped.append(k)
        elif stamps.TIME_NAMES.search(name) and counts and not restarts:
            found = stamps.in_order([column], bounds)
            if found is None or times is not None and (found[1] != turned).any():
                raise _out_of_order(table, name, [column], [f"{value:g}" for value in column], [k])
            turned = found[1]
            skipped.append(k)
    if not skipped and times is None:
        _refuse_unread(table, words)
    if turned.any():
        which = "the rows" if len(turned) == 1 else f"the rows of {turned.sum()} series"
        notes.append(f"{which} run from the newest to the oldest: they were turned round")
    return skipped, times, turned, notes


def _refuse_unread(table, words):
    """Raise InputError for dates that are not understood, where nothing else tells the order of the rows."""
    for k, cells in words.items():
        name = table.names[k]
        if stamps.TIME_NAMES.search(name) and (row := stamps.mistyped(cells)) is not None:
            raise InputError(f"{table.place_of(row)}: {cells[row][:40]!r} in column {name!r} is no date")
        if stamps.is_unread(name, cells):
            raise InputError(
                f"{table.place_of(0)}: {cells[0][:40]!r} in column {name!r} is a time in a form that is not read, so "
                "that nothing tells whether the rows are in order: write 2020-12-31 23:59:59"
            )


def _out_of_order(table, name, readings, cells, clocks):
    """Return the InputError for times that repeat or go back; it names a column that tells series apart."""
    row, what = stamps.fault(readings[0], table.bounds)
    reason = f"{table.place_of(row)}: {cells[row]!r} {what} time column {name!r}"
    for k, (other, column) in enumerate(zip(table.names, table.columns)):
        codes = np.unique(column, return_inverse=True)[1]
        if k in clocks or stamps.is_clock(other, column) or not 1 < codes.max() + 1 <= len(codes) / 3:
            continue
        order = np.argsort(codes, kind="stable")
        bounds = np.concatenate([[0], np.cumsum(np.bincount(codes))])
        if stamps.in_order([times[order] for times in readings], bounds) is not None:
            count = codes.max() + 1
            return InputError(
                f"{reason}; {other!r} has {count} values, and for each of them the times are in order: set SEQUENCE = "
                f"{other!r}, and TARGET, the column to forecast, or LABEL, the column to learn"
            )
    return InputError(
        f"{reason}; sort it, one row a time (and one series a file, or SEQUENCE the column that tells them apart)"
    )


def _cut_off(series, path):
    """Leave out the first rows of a single series that nothing comes before, and series that begin in the twin."""
    x, notes = series.x, series.notes
    if len(x) == 1:
        gaps = np.isnan(x[0][: len(x[0]) - series.held_out[0]])
        start = int(gaps.argmin(axis=0).max()) if not gaps.all(axis=0).any() else 0
        if start:
            notes = (*notes, f"the first {start} rows have empty cells that nothing comes before: they were cut off")
        times = None if series.times is None else [series.times[0][start:]]
        return series.replace(x=[x[0][start:]], times=times, notes=notes)
    kept = [k for k, held in enumerate(series.held_out) if held < len(x[k])]
    if len(kept) == len(x):
        return series
    if not any(series.held_out[k] for k in kept):
        raise InputError(f"{path}: none of the series in its _TEST twin is in the file itself")
    lost = [name for k, name in enumerate(series.names) if k not in kept]
    notes = (*notes, f"{len(lost)} series are in the _TEST twin alone: left out ({', '.join(lost[:3])})")
    return series.replace(
        x=[x[k] for k in kept],
        names=[series.names[k] for k in kept],
        times=None if series.times is None else [series.times[k] for k in kept],
        held_out=[series.held_out[k] for k in kept],
        notes=notes,
    )
