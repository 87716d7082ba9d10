"""Tables as time series, one or several: numbers are inputs, time stamps are checked, words become 0/1 columns."""

import numpy as np

from core.errors import InputError
from core.wording import counted_of
from readers.file_checks import refuse_special
from readers.folder_contents import describe
from readers.signals.record_files import is_part_of_record, listed_records
from readers.signals.records import with_shared_channels
from readers.tables import sanity_checks
from readers.tables.clocks import COUNTERS, clock_note, is_even, only_goes_on, step_notes, steps_within
from readers.tables.columns import group_rows, identifier_columns, input_columns, no_numeric_column, shorten
from readers.tables.delimited import TABLES, TEXT_TABLES, read_table
from readers.tables.not_a_series_checks import default_target_notes, refuse_other_meanings
from readers.tables.pivot import pivoted
from readers.tables.row_order import find_order
from readers.tables.sanity_checks import is_index
from readers.tables.table import place_of
from readers.text_files import read_train_and_test
from sequences.calendar_features import CYCLES
from sequences.gaps import interpolated
from sequences.geography import find_position, with_unrolled_longitude
from sequences.types import Sequences

HEADLESS = (
    "its first line holds numbers, not names of columns. If each row is a sequence of its own, "
    'set SEQUENCE = "row", and LABEL = -1 or 0 where its label is the last or the first number; if rows are time '
    "steps, set TARGET to the place, 3 say, of the column to forecast, or LABEL to that of the labels, and SEQUENCE to "
    "that of the column that tells recordings apart"
)


def read(path, c, preparation=None):
    """Read a table with one row a time step, or a folder of them: see readers/__init__.py and delimited.py.

    Rows that share the value of SEQUENCE are a series, in a folder those of a file. The rows of a `_TEST` twin follow
    those of the file and are held out.
    Returns: (Sequences with x a list of arrays (time_i, features) float64, None).
    Raises: InputError for a missing header, for times that repeat or go back, and where no column of numbers is left.
    """
    tables, twins = _read_tables(path, c, preparation)
    tables, c = pivoted(path, with_shared_channels(path, tables), c, preparation)
    return read_series(path, tables, twins, c, preparation)


def read_series(path, tables, twins, c, preparation=None):
    """Read series from tables, a list of (name, Table); the last `twins` of them are held out.

    Returns and raises as `read` does.
    """
    rows = group_rows(path, tables, c, preparation, tables_apart=c.SEQUENCE == "file")
    targets = _places(rows, c.TARGET)
    order = find_order(rows, targets)
    rows, times, zones, notes = order.rows, order.times, order.zones, order.notes
    if preparation is None and c.TARGET is None and c.TASK is None and c.SEQUENCE is None:
        refuse_other_meanings(path, rows.names, rows.columns, order.clocks)
    sanity_checks.refuse_unit(path, rows.names, rows.columns, c.TARGET)
    if not any(isinstance(column, np.ndarray) for column in rows.columns):
        raise no_numeric_column(rows)
    kept = _places(rows, c.KNOWN if preparation is None else preparation.columns)
    kept = {k for k in kept if isinstance(rows.columns[k], np.ndarray) and rows.names[k] not in CYCLES}
    labels = map(rows.names.index, tables[0][1].annotations)
    skipped = {*order.clocks, *map(rows.names.index, rows.sequence)} - kept | {*labels}
    counters = []
    if preparation is None:
        counters = _counters(rows, skipped, targets, c)
        skipped |= {*counters}
        notes += [clock_note(rows.names[k]) for k in counters]
    clock, clock_notes = (None, []) if times is not None else _clock(rows, order, counters, preparation)
    notes += clock_notes
    columns, values, input_notes = input_columns(rows, sorted(skipped), preparation)
    if preparation is None and c.TARGET is None and c.TASK != "anomaly":
        notes += default_target_notes(path, columns, c)
    held_out = rows.table_of >= len(tables) - twins
    if any(backward and held_out[own].any() for backward, own in zip(order.reverse, rows.slices())):
        raise InputError(
            f"{path}: its rows run from newest to oldest and those of its _TEST twin are older still: an official test "
            "set must come after the training set"
        )
    series = [np.arange(s.start, s.stop)[::-1] if backward else s for s, backward in zip(rows.slices(), order.reverse)]
    read = Sequences(
        [values[where] for where in series],
        kind="series",
        names=rows.recordings if len(series) > 1 else None,
        times=None if times is None else [times[where] for where in series],
        zones=None if zones is None else [zones[where] for where in series],
        clock=None if clock is None else [_filled(rows.columns[clock])[where] for where in series],
        clock_name=None if clock is None else rows.names[clock],
        columns=columns,
        held_out=[int(held_out[where].sum()) for where in series],
        positions=_positions(rows),
        table=rows.names,
        sample_rate=tables[0][1].rate,
        notes=(*dict.fromkeys(note for _, table in tables for note in table.notes), *rows.notes, *input_notes, *notes),
    )
    read = with_unrolled_longitude(read, c.TARGET if isinstance(c.TARGET, list) else None)
    return (_without_incomplete(read, path) if preparation is None else read), None


def read_folder(path, c, preparation=None):
    """Read a folder of tables or records, each of them a series. Returns and raises as read does."""
    return read(path, c.changed(SEQUENCE="file"), preparation)


def _positions(rows):
    """Return the (latitude, longitude) of each series, where columns of SEQUENCE hold them; else None."""
    if len(rows.recordings) < 2 or (found := find_position(rows.sequence)) is None:
        return None
    columns = [rows.column(rows.sequence[k]) for k in found]
    if not all(isinstance(column, np.ndarray) for column in columns):
        return None
    return [tuple(float(column[start]) for column in columns) for start in rows.bounds[:-1]]


def _read_tables(path, c, preparation):
    """Read a file and its twin, or the tables of a folder. Returns: (list of (name, Table), how many are twins)."""
    headless = HEADLESS if preparation is None and c.TARGET is None and c.SEQUENCE is None else None
    options = {"identifiers": identifier_columns(c), "ignored": c.IGNORE}
    if path.is_dir():
        found = [file for file in sorted(path.iterdir()) if file.name.lower().endswith(TABLES) and file.is_file()]
        found = listed_records(path)[0] or [file for file in found if not is_part_of_record(file)]
        found = [file for file in found if file.name.lower().endswith(TEXT_TABLES)] or found
        if not found:
            raise InputError(f"{path} holds no tables: {describe(path)}")
        for file in found:
            refuse_special(file)
        return [(file.name, read_table(file, **options)) for file in found], 0
    if preparation is not None:
        return [(path, read_table(path, **options))], 0
    table, twin = read_train_and_test(lambda file: read_table(file, headless=headless, **options), path)
    tables = [(path, table)]
    return (tables, 0) if twin is None else ([*tables, (f"the _TEST twin of {path}", twin)], 1)


def _counters(rows, skipped, targets, c):
    """Return the places of columns that go like a clock, but for those that are forecast or that KNOWN names.

    skipped: places of columns that are no inputs anyway; targets: of those that TARGET names.
    """
    numeric = [k for k, column in enumerate(rows.columns) if isinstance(column, np.ndarray) and k not in skipped]
    forecast = {*numeric[-1:]} if c.TARGET is None else targets
    if not forecast or not forecast <= {*numeric}:  # refused later
        return []
    kept = forecast | _places(rows, c.KNOWN)
    return [k for k in numeric if k not in kept and only_goes_on(rows.columns[k], rows.bounds)]


def _clock(rows, order, counters, preparation):
    """Find the column of numbers that tells the time of series without time stamps; in new data it is that of training.

    Parameters: order, of find_order; counters, places of columns that go like a clock; see read for the others.
    Returns: (its place or None, notes).
    """
    if preparation is not None:
        place = rows.names.index(preparation.clock) if preparation.clock in rows.names else None
        if place is not None and not isinstance(rows.columns[place], np.ndarray):
            place = None
    else:
        told = [k for k in counters if len(order.reverse) == 1 or not COUNTERS.search(rows.names[k])]
        even = (k for k in told if is_even(_filled(rows.columns[k]), rows.bounds))
        place = order.clock if order.clock is not None else next(even, None)
    if place is None or is_index(rows.names[place], rows.columns[place]):
        return place, []
    name, column = rows.names[place], _filled(rows.columns[place])
    notes = step_notes([column[own] for own in rows.slices()], name)
    if place not in order.clocks and np.median(steps_within(column, rows.bounds)) < 0:
        notes.append(f"{name} falls from row to row: the rows stay in the order of the file")
    return place, notes


def _filled(column):
    """Return numbers (rows,) with those that are missing filled in between their neighbours."""
    gaps = np.isnan(column)
    return interpolated(column[:, None], gaps[:, None])[:, 0] if gaps.any() and not gaps.all() else column


def _places(rows, wanted):
    """Return the places of the columns that a constant names, those that are there."""
    wanted = wanted if isinstance(wanted, list) else [wanted]
    return {place_of(rows.names, column) for column in wanted} - {None}


def _without_incomplete(series, path):
    """Leave out the first rows of a single series that nothing comes before, and series that begin in the twin."""
    if len(series.x) == 1:
        gaps = np.isnan(series.x[0][: len(series.x[0]) - series.held_out[0]])
        start = int(gaps.argmin(axis=0).max()) if not gaps.all(axis=0).any() else 0
        if not start:
            return series
        fields = {name: getattr(series, name) for name in ("x", "times", "zones", "clock")}
        later = {name: values and [values[0][start:]] for name, values in fields.items()}
        late = shorten([name for name, first in zip(series.columns, gaps.argmin(axis=0)) if first == start], 3)
        which = "row has" if start == 1 else f"{start} rows have"
        note = f"the first {which} empty cells ({late}) with no earlier value to carry forward: cut off"
        return series.replace(**later).noted(note)
    kept = [k for k, held_out in enumerate(series.held_out) if held_out < len(series.x[k])]
    if len(kept) == len(series.x):
        return series
    if not any(series.held_out[k] for k in kept):
        raise InputError(f"{path}: none of the series in its _TEST twin is in the file itself")
    lost = [name for k, name in enumerate(series.names) if k not in kept]
    of_each = ("x", "names", "times", "zones", "clock", "held_out", "positions")
    fields = {name: getattr(series, name) for name in of_each}
    fields = {name: None if values is None else [values[k] for k in kept] for name, values in fields.items()}
    which = counted_of(len(lost), len(series.x), "series", "are")
    note = f"{which} in the _TEST twin alone: left out ({', '.join(lost[:3])})"
    return series.replace(**fields).noted(note)
