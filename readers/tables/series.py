"""Tables as time series, one or several: numbers are inputs, time stamps are checked, words become 0/1 columns."""

import numpy as np

from core.errors import InputError
from readers.file_checks import refuse_special
from readers.tables import sanity_checks
from readers.tables.clocks import clock_note, only_goes_on
from readers.tables.columns import group_rows, identifier_columns, input_columns, no_numeric_column, shorten
from readers.tables.delimited import TABLES, TEXT_TABLES, read_table
from readers.tables.not_a_series_checks import default_target_notes, refuse_other_meanings
from readers.tables.row_order import find_order
from readers.tables.table import place_of
from readers.text_files import read_train_and_test
from readers.ways_on import way_on
from sequences.calendar_features import CYCLES
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
    skipped = {*order.clocks, *map(rows.names.index, rows.sequence)} - kept
    if preparation is None:
        counters = _counters(rows, skipped, targets, c)
        skipped |= {*counters}
        notes += [clock_note(rows.names[k]) for k in counters]
    columns, values, input_notes = input_columns(rows, sorted(skipped), preparation)
    if preparation is None and c.TARGET is None:
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
        columns=columns,
        held_out=[int(held_out[where].sum()) for where in series],
        table=rows.names,
        notes=(*dict.fromkeys(note for _, table in tables for note in table.notes), *input_notes, *notes),
    )
    return (_without_incomplete(read, path) if preparation is None else read), None


def _read_tables(path, c, preparation):
    """Read a file and its twin, or the tables of a folder. Returns: (list of (name, Table), how many are twins)."""
    headless = HEADLESS if preparation is None and c.TARGET is None and c.SEQUENCE is None else None
    if path.is_dir():
        found = [file for file in sorted(path.iterdir()) if file.name.lower().endswith(TABLES) and file.is_file()]
        found = [file for file in found if file.name.lower().endswith(TEXT_TABLES)] or found
        if not found:
            raise InputError(f"{path} holds no tables{way_on(path, TABLES)}")
        for file in found:
            refuse_special(file)
        return [(file.name, read_table(file, ignored=c.IGNORE)) for file in found], 0
    options = {"identifiers": identifier_columns(c), "ignored": c.IGNORE}
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
        fields = {name: getattr(series, name) for name in ("x", "times", "zones")}
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
    fields = {name: getattr(series, name) for name in ("x", "names", "times", "zones", "held_out")}
    fields = {name: None if values is None else [values[k] for k in kept] for name, values in fields.items()}
    note = f"{len(lost)} series are in the _TEST twin alone: left out ({', '.join(lost[:3])})"
    return series.replace(**fields).noted(note)
