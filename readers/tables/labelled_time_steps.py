"""Tables with a label in every row (LABEL), and the recordings in them (SEQUENCE): columns as features over time."""

import numpy as np

from core.constants import pattern
from core.errors import InputError
from readers.signals.records import with_shared_channels
from readers.tables.clocks import CALENDAR, EPOCH_NAMES, ONE_WAY, clock_note, only_goes_on, steps_within
from readers.tables.columns import (
    A_FILE_EACH,
    column_named,
    find_column,
    group_rows,
    identifier_columns,
    input_columns,
    is_missing,
    labels_of,
    listed,
    read_groups,
    shorten,
)
from readers.tables.delimited import read_table
from readers.tables.joined_labels import with_labels
from readers.tables.pivot import pivoted
from readers.tables.sanity_checks import index_notes, is_index
from readers.tables.timestamps import TIME_NAMES, parse_times
from readers.text_files import read_train_and_test
from sequences.rows_on_disk import RowsOnDisk
from sequences.types import Sequences
from sequences.windows import cut_around

REGULAR = 0.5  # share of a clock's steps that must be alike
JUMP = 5  # a step of a clock this many times the usual one is a jump


def read(path, c, preparation=None):
    """Read a table of labelled rows and its `_TEST` twin: see readers/__init__.py and sequences/stream_windows.py."""
    options = {"leave_out": True, "identifiers": identifier_columns(c), "ignored": c.IGNORE}
    table, twin = read_train_and_test(lambda file: read_table(file, **options), path)
    if twin is None:
        return read_recordings(path, [(path.name, table)], c, preparation), None
    streams = read_recordings(path, [(path.name, table), ("the _TEST twin", twin)], c, preparation)
    return split_at(streams, len(streams.x) - sum(name.startswith("the _TEST twin") for name in streams.names))


def read_recordings(path, tables, c, preparation=None, labels=None):
    """Make one recording of each table, or of the rows that share a value of the columns SEQUENCE.

    Parameters: tables is a list of (name, Table); labels the class of each, or None where the column LABEL says it.
    Returns: Sequences with x a list of arrays (time_i, features) float64 and y a list of arrays (time_i,), or None in
    new data.
    Raises: InputError for columns that are not there, and for a recording that belongs to several groups.
    """
    (tables, c), label_notes = pivoted(path, with_shared_channels(path, tables), c, preparation), []
    if c.LABEL_FILE is not None and preparation is None:
        tables, c, label_notes = with_labels(path, tables, c)
    elif labels is None and preparation is None and c.LABEL is None:
        raise _needs_label(path, tables, c)
    rows = group_rows(path, tables, c, preparation)
    used = {*rows.sequence, *tables[0][1].annotations}
    notes = [*label_notes, *rows.notes, *(note for _, table in tables for note in table.notes)]
    y = groups = target_names = None
    found = []
    if labels is not None:
        y = np.array(labels)[rows.table_of]
    else:
        found = [find_column(path, rows.names, column, "LABEL", preparation) for column in listed(c.LABEL)]
        if found and preparation is None:
            y, target_names = labels_of(path, {name: rows.column(name) for name in found})
        group, groups = _groups_of_recordings(path, rows, len(tables), c, preparation)
        used |= {*found, group} - {None}
    used = [k for k, name in enumerate(rows.names) if name in used]
    if preparation is None:
        kept = [column_named(path, rows.names, column, "KNOWN") for column in c.KNOWN or ()]
    else:
        kept = preparation.columns or ()
    free = {k for k, name in enumerate(rows.names) if name not in kept}.difference(used)
    clocks, clock_notes = _clock_columns(rows, free)
    fixed = []
    if preparation is None and (labels is not None or c.SEQUENCE in A_FILE_EACH):
        fixed = _fixed_columns(rows, free.difference(clocks))
        names = [rows.names[k] for k in fixed]
        what = f"{shorten(names)} never changes inside a file, as the number of a person does"
        clock_notes += [f"{what}: no input unless KNOWN = {names}"] if fixed else []
    columns, values, input_notes = input_columns(rows, [*clocks, *fixed], preparation, used)
    notes += clock_notes if preparation is None else []
    notes += [*input_notes, *_jump_notes(rows, clocks)]
    recordings = Sequences(
        [values[where] for where in rows.slices()],
        None if y is None else [y[where] for where in rows.slices()],
        "streams",
        groups=groups,
        names=rows.recordings,
        columns=columns,
        sample_rate=tables[0][1].rate,
        target_names=target_names,
        notes=tuple(dict.fromkeys(notes)),
    )
    if preparation is None or c.SEQUENCE != "annotation":
        return recordings
    if found in ([], [None]):
        raise InputError(f"{path} has no column {c.LABEL!r}, and the run takes rows around what it labels")
    marked = ~is_missing(rows.column(found[0]))
    return cut_around(recordings, [marked[where] for where in rows.slices()], preparation.steps, path)


def _groups_of_recordings(path, rows, n_tables, c, preparation):
    """Return (name of the column GROUP, the group of each recording (n,)); (None, None) where it names no column.

    Raises: InputError for a recording that belongs to several groups.
    """
    # Of several files GROUP may also find the group in their names: see sequences/splits.py groups_of.
    in_names = n_tables > 1 and c.GROUP not in rows.names and pattern(groups=1)[0](c.GROUP)
    name = find_column(path, rows.names, None if in_names else c.GROUP, "GROUP", preparation)
    if name is None:
        return None, None
    groups = read_groups(path, name, rows.column(name), preparation, rows.order)
    for where, recording in zip(rows.slices(), rows.recordings):
        if len(np.unique(groups[where])) > 1:
            problem = f"the recording {recording} belongs to several groups of GROUP"
            raise InputError(f"{problem}: SEQUENCE must tell them apart too")
    return name, groups[rows.bounds[:-1]]


def _needs_label(path, tables, c):
    """Return the InputError for labelled rows without LABEL; it names the annotations of records."""
    _, first = tables[0]
    if first.rate is None:
        need = "LABEL, the column with the label of each row, or to forecast TARGET"
        return InputError(f"SEQUENCE = {c.SEQUENCE!r} needs {need}")
    columns = dict(zip(first.names, first.columns))
    held = "; ".join(f"{name!r} ({shorten(sorted({*columns[name]} - {''}))})" for name in first.annotations)
    signals = [name for name in first.names if name not in first.annotations]
    learn = f"to learn their annotations, set LABEL, here {held}, and WINDOW; " if held else ""
    return InputError(f"{path} holds records: {learn}to forecast a signal, set TARGET ({shorten(signals)})")


def split_at(sequences, n):
    """Split Sequences after the first n. Returns: (Sequences, Sequences)."""

    def select(which):
        start, stop, _ = which.indices(len(sequences.x))
        on_disk = isinstance(sequences.x, RowsOnDisk)
        fields = {name: getattr(sequences, name) for name in ("y", "groups", "names", "texts", "splits")}
        fields = {name: None if values is None else values[which] for name, values in fields.items()}
        return sequences.replace(x=sequences.x.between(start, stop) if on_disk else sequences.x[which], **fields)

    return select(slice(n)), select(slice(n, None)).replace(notes=())


def _fixed_columns(rows, free):
    """Return the places, of those in `free`, of columns that have one value in each recording, and not one in all."""

    def fixed(column):
        first = [column[row] for row in rows.bounds[:-1]]
        if len(set(first)) < 2:
            return False
        if isinstance(column, np.ndarray):
            return all((column[own] == value).all() for own, value in zip(rows.slices(), first))
        return all(column[own].count(value) == own.stop - own.start for own, value in zip(rows.slices(), first))

    if len(rows.recordings) == len(rows.order):
        return []
    return [k for k in sorted(free) if fixed(rows.columns[k])]


def _clock_columns(rows, free):
    """Find the columns, of those at the places `free`, that tell the time: stamps, counters, what goes like a clock.

    Returns: (their places, notes).
    """
    places, notes, recording = [], [], np.repeat(np.arange(len(rows.bounds) - 1), np.diff(rows.bounds))
    for k, (name, column) in enumerate(zip(rows.names, rows.columns)):
        if k not in free:
            continue
        if k == 0 and is_index(name, column):
            places.append(k)
            notes += index_notes(name, column[np.argsort(rows.order)])
            continue
        if not isinstance(column, np.ndarray):
            if all(column[:1]) and parse_times(column[:50]):
                places.append(k)
            continue
        steps = steps_within(column, rows.bounds)
        steps = steps[np.isfinite(steps)]
        if not len(steps):
            continue
        named = TIME_NAMES.search(name) or EPOCH_NAMES.search(name) and np.nanmin(column) >= 1e9
        rising = (steps > 0).mean() >= ONE_WAY
        clock = (steps == 1).all() or rising and (named or name.isdecimal() and _is_regular(steps))
        if not clock and named and not CALENDAR.search(name):  # a clock whose rows are out of order
            steps = steps_within(column[np.lexsort((column, recording))], rows.bounds)
            clock = (steps > 0).mean() >= ONE_WAY and _is_regular(steps)
        if not clock and only_goes_on(column, rows.bounds):
            notes.append(clock_note(name))
            clock = True
        if clock:
            places.append(k)
    return places, notes


def _is_regular(steps):
    """Tell whether most steps of a clock are alike."""
    return np.unique(steps, return_counts=True)[1].max() >= REGULAR * len(steps)


def _jump_notes(rows, clocks):
    """Say where the time jumps or goes back inside recordings; clocks: places of the columns that tell it."""
    notes = []
    for name, clock in ((rows.names[k], rows.columns[k]) for k in clocks):
        readings = [clock] if isinstance(clock, np.ndarray) else parse_times(clock) or [np.zeros(len(clock))]
        kind = "float64" if readings[0].dtype.kind == "f" else "int64"
        every = [steps_within(reading.astype(kind), rows.bounds) for reading in readings]
        steps = min(every, key=lambda steps: (steps < 0).sum())  # 01/02/2020 has two readings
        usual = np.median(steps[steps > 0]) if (steps > 0).any() else np.inf
        backward = "rows stay in the order of the file, sort it if they were recorded in another"
        forward = "windows run over the gaps unless SEQUENCE divides them"
        counts = (steps < 0).sum(), (steps > JUMP * usual).sum()
        for what, count, effect in zip(("goes back", "jumps"), counts, (backward, forward)):
            if count:
                times = f"{count} times" if count > 1 else "once"
                notes.append(f"{name} {what} {times} inside recordings: {effect}")
        notes += _pivot_notes(rows, name, readings[0])
    return notes


def _pivot_notes(rows, name, clock):
    """Say, in a list of one line or none, that a column may hold variables: where times repeat, its words differ."""
    inside = np.ones(max(0, len(clock) - 1), bool)
    inside[rows.bounds[1:-1] - 1] = False
    still = np.flatnonzero((clock[1:] == clock[:-1]) & inside)
    if 4 * len(still) < len(clock):
        return []
    for other, column in zip(rows.names, rows.columns):
        if not isinstance(column, np.ndarray) and all(column[row] != column[row + 1] for row in still):
            what = f"{name} stands still in {len(still)} steps inside recordings, and {other!r} differs in each"
            return [f"{what}: if that is what was measured, PIVOT = {other!r} gives each of its values a column"]
    return []
