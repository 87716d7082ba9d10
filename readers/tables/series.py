"""Tables as time series, one or several: numbers are inputs, time stamps are checked, words become 0/1 columns."""

import numpy as np

from core.errors import InputError
from readers.file_checks import refuse_special
from readers.tables import sanity_checks, timestamps
from readers.tables.columns import group_rows, identifier_columns, input_columns, no_numeric_column
from readers.tables.delimited import TABLES, place_of, read_table
from readers.tables.not_a_series_checks import refuse_other_meanings
from readers.tables.timestamps import (
    CALENDAR,
    COUNTERS,
    TIME_NAMES,
    choose_reading,
    clock_note,
    steps_within,
)
from readers.text_files import read_train_and_test
from sequences.types import Sequences

HEADLESS = (
    'its first line holds numbers, not names of columns. If each row is a sequence of its own, set SEQUENCE = "row", '
    "and LABEL = -1 or 0 where its label is the last or the first number; if rows are time steps, set TARGET to the "
    "place, 3 say, of the column to forecast, or LABEL to that of the labels, and SEQUENCE to that of the column "
    "that tells recordings apart"
)


def read(path, c, preparation=None):
    """Read a table with one row a time step, or a folder of them: see readers/__init__.py and delimited.py.

    Rows that share the value of SEQUENCE are a series, in a folder those of a file. The rows of a `_TEST` twin follow
    those of the file and are held out.
    Returns: (Sequences with x a list of arrays (time_i, features) float64, None).
    Raises: InputError for a missing header, for times that repeat or go back, and where no column of numbers is left.
    """
    tables, twins = _read_tables(path, c, preparation)
    rows = group_rows(path, tables, c, preparation, tables_apart=c.SEQUENCE == "file")
    clocks, times, reverse, notes = _check_times(rows)
    if preparation is None and c.TARGET is None and c.TASK is None and c.SEQUENCE is None:
        refuse_other_meanings(path, rows.names, rows.columns, clocks)
    sanity_checks.refuse_unit(path, rows.names, rows.columns, c.TARGET)
    if not any(isinstance(column, np.ndarray) for column in rows.columns):
        raise no_numeric_column(rows)
    skipped = {*clocks, *map(rows.names.index, rows.sequence)}
    if preparation is None:
        _refuse_sentinels(rows, skipped, c)
        counters = _counters(rows, skipped, c)
        skipped |= {*counters}
        notes += [clock_note(rows.names[k]) for k in counters]
    columns, values, input_notes = input_columns(rows, sorted(skipped), preparation)
    held_out = rows.table_of >= len(tables) - twins
    series = [np.arange(s.start, s.stop)[::-1] if backward else s for s, backward in zip(rows.slices(), reverse)]
    read = Sequences(
        [values[where] for where in series],
        kind="series",
        names=rows.recordings if len(series) > 1 else None,
        times=None if times is None else [times[where] for where in series],
        columns=columns,
        held_out=[int(held_out[where].sum()) for where in series],
        table=rows.names,
        notes=(*tables[0][1].notes, *input_notes, *notes),
    )
    return (_without_incomplete(read, path) if preparation is None else read), None


def _read_tables(path, c, preparation):
    """Read a file and its twin, or the tables of a folder. Returns: (list of (name, Table), how many are twins)."""
    headless = HEADLESS if preparation is None and c.TARGET is None and c.SEQUENCE is None else None
    if path.is_dir():
        found = [file for file in sorted(path.iterdir()) if file.name.lower().endswith(TABLES) and file.is_file()]
        if not found:
            raise InputError(f"{path} holds no tables: {', '.join(TABLES)}")
        for file in found:
            refuse_special(file)
        return [(file.name, read_table(file, ignored=c.IGNORE)) for file in found], 0
    options = {"identifiers": identifier_columns(c), "ignored": c.IGNORE}
    if preparation is not None:
        return [(path, read_table(path, **options))], 0
    table, twin = read_train_and_test(lambda file: read_table(file, headless=headless, **options), path)
    tables = [(path, table)]
    return (tables, 0) if twin is None else ([*tables, (f"the _TEST twin of {path}", twin)], 1)


def _check_times(rows):
    """Check the columns that tell the time, in each series of TableRows.

    Returns: (places of columns not used as inputs, times (rows,) or None, whether the rows of each series run backwards
    (series,), notes).
    """
    names, columns, bounds = rows.names, rows.columns, rows.bounds
    clocks, readings = timestamps.find_times(names, columns, bounds)
    times, reverse, notes = None, np.zeros(len(bounds) - 1, bool), []
    if readings:
        name = names[clocks[0]] if clocks else "year, month, ..."
        cells = columns[clocks[0]] if clocks else readings[0]
        if (chosen := choose_reading(readings, bounds)) is None:
            raise _out_of_order(rows, name, readings, [*map(str, cells)], clocks)
        times, reverse = chosen
        if len({str(reading[0]) for reading in readings}) > 1:
            notes.append(f"{name}: {cells[0]} is read as {times[0].astype('datetime64[D]')}")
        notes += timestamps.uneven_step_notes([times[where] for where in rows.slices()])
    for k, (name, column) in enumerate(zip(names, columns)):
        counter, timed = COUNTERS.search(name), TIME_NAMES.search(name)
        if not isinstance(column, np.ndarray) or bounds[-1] < len(bounds) or not (counter or timed):
            continue
        steps = steps_within(column, bounds)
        one_direction = max((steps > 0).mean(), (steps < 0).mean()) >= 0.9
        restarts = CALENDAR.search(name) and not ((steps > 0).all() or (steps < 0).all())
        if counter and (steps == 1).all():
            clocks.append(k)
        elif timed and one_direction and not restarts:
            chosen = choose_reading([column], bounds)
            if chosen is None or times is not None and (chosen[1] != reverse).any():
                raise _out_of_order(rows, name, [column], [f"{value:g}" for value in column], [k])
            reverse = chosen[1]
            clocks.append(k)
    if not clocks and times is None:
        _refuse_unknown_dates(rows)
    if reverse.any():
        which = "the rows" if len(reverse) == 1 else f"the rows of {reverse.sum()} series"
        notes.append(f"{which} run from newest to oldest: they were reversed")
    return clocks, times, reverse, notes


def _refuse_sentinels(rows, skipped, c):
    """Raise InputError where a column to forecast holds a value that may mean missing. skipped: no inputs."""
    columns = dict(zip(rows.names, rows.columns))
    numbers = [name for k, name in enumerate(rows.names) if isinstance(columns[name], np.ndarray) and k not in skipped]
    wanted = c.TARGET if isinstance(c.TARGET, list) else [numbers[-1] if c.TARGET is None and numbers else c.TARGET]
    places = [place_of(rows.names, column) for column in wanted]
    learned = [rows.names[place] for place in places if place is not None]
    sanity_checks.refuse_sentinels(rows.path, {name: columns[name] for name in numbers}, learned, "TARGET")


def _counters(rows, skipped, c):
    """Return the places of columns that go like a clock, but for those that TARGET (None: the last) and KNOWN name.

    skipped: places of columns that are no inputs anyway.
    """
    numbers = [
        name for k, name in enumerate(rows.names) if isinstance(rows.columns[k], np.ndarray) and k not in skipped
    ]
    targets, known = (columns if isinstance(columns, list) else [columns] for columns in (c.TARGET, c.KNOWN))

    def names_of(columns):
        by_place = range(-len(rows.names), len(rows.names))
        return {column if column in rows.names or column not in by_place else rows.names[column] for column in columns}

    named = names_of(targets) if c.TARGET is not None else {*numbers[-1:]}
    if not named <= {*numbers}:  # refused later
        return []
    others = [name for name in numbers if name not in named | names_of(known)]
    return [rows.names.index(name) for name in others if timestamps.only_goes_on(rows.column(name), rows.bounds)]


def _refuse_unknown_dates(rows):
    """Raise InputError for dates that are not understood, where nothing else tells the order of the rows."""
    for name, cells in zip(rows.names, rows.columns):
        if isinstance(cells, np.ndarray):
            continue
        if TIME_NAMES.search(name) and (row := timestamps.first_invalid_date(cells)) is not None:
            raise InputError(f"{rows.location(row)}: {cells[row][:40]!r} in column {name!r} is not a date")
        if timestamps.holds_unknown_dates(name, cells):
            raise InputError(
                f"{rows.location(0)}: {cells[0][:40]!r} in column {name!r} is a time in an unknown format, so nothing "
                "tells whether the rows are in order: write 2020-12-31 23:59:59"
            )


def _out_of_order(rows, name, readings, cells, clocks):
    """Return the InputError for times that repeat or go back; it names a column that tells series apart."""
    row, what = timestamps.first_disorder(readings[0], rows.bounds)
    reason = f"{rows.location(row)}: {cells[row]!r} {what} time column {name!r}"
    for k, (other, column) in enumerate(zip(rows.names, rows.columns)):
        codes = np.unique(column, return_inverse=True)[1]
        count = codes.max() + 1
        if k in clocks or timestamps.is_part_of_date(other, column) or not 1 < count <= len(codes) / 3:
            continue
        order = np.argsort(codes, kind="stable")
        bounds = np.concatenate([[0], np.cumsum(np.bincount(codes))])
        if choose_reading([times[order] for times in readings], bounds) is not None:
            return InputError(
                f"{reason}; {other!r} has {count} values, and for each of them the times are in order: set SEQUENCE = "
                f"{other!r}, and TARGET, the column to forecast, or LABEL, the column to learn"
            )
    apart = "one series per file, or set SEQUENCE to the column that tells them apart"
    return InputError(f"{reason}; sort it, one row per time (and {apart})")


def _without_incomplete(series, path):
    """Leave out the first rows of a single series that nothing comes before, and series that begin in the twin."""
    if len(series.x) == 1:
        gaps = np.isnan(series.x[0][: len(series.x[0]) - series.held_out[0]])
        start = int(gaps.argmin(axis=0).max()) if not gaps.all(axis=0).any() else 0
        if not start:
            return series
        times = None if series.times is None else [series.times[0][start:]]
        note = f"the first {start} rows have empty cells with no earlier value to carry forward: they were cut off"
        return series.replace(x=[series.x[0][start:]], times=times).noted(note)
    kept = [k for k, held_out in enumerate(series.held_out) if held_out < len(series.x[k])]
    if len(kept) == len(series.x):
        return series
    if not any(series.held_out[k] for k in kept):
        raise InputError(f"{path}: none of the series in its _TEST twin is in the file itself")
    lost = [name for k, name in enumerate(series.names) if k not in kept]
    fields = {name: getattr(series, name) for name in ("x", "names", "times", "held_out")}
    fields = {name: None if values is None else [values[k] for k in kept] for name, values in fields.items()}
    note = f"{len(lost)} series are in the _TEST twin alone: left out ({', '.join(lost[:3])})"
    return series.replace(**fields).noted(note)
