"""Tables with a label in every row (LABEL), and the recordings in them (SEQUENCE): columns as features over time."""

import numpy as np

from core.errors import InputError
from readers.tables import timestamps as stamps
from readers.tables.columns import (
    called,
    find_column,
    identifiers,
    inputs_of,
    labels_of,
    one_table,
    recordings_in,
    refuse_empty,
    reordered,
    sequence_columns,
    side_by_side,
    steps_of,
)
from readers.tables.delimited import read_table
from readers.tables.sanity_checks import (
    alike_notes,
    refuse_two_spellings,
    sentinels,
    spelling_notes,
    unit_hint,
    unit_notes,
)
from readers.text_files import with_twin
from sequences.rows_on_disk import RowsOnDisk
from sequences.types import Sequences

REGULAR = 0.5  # share of a clock's steps that are alike
JUMP = 5  # usual steps that a clock goes on at once
RISING = 0.95  # share of a clock's steps that go forward


def read(path, c, known=None):
    """Read a table of labelled rows and its `_TEST` twin: see readers/__init__.py and sequences/stream_windows.py."""
    table, twin = with_twin(lambda file: read_table(file, leave_out=True, spelled=identifiers(c)), path)
    tables = [(path.name, table)] + ([("the _TEST twin", twin)] if twin is not None else [])
    stream = recordings(path, tables, c, known)
    if twin is None:
        return stream, None
    n = len(stream.x) - sum(name.startswith("the _TEST twin") for name in stream.names)
    return divided(stream, n)


def recordings(path, tables, c, known=None, labels=None):
    """Make one recording of each table, or of the rows that share a value of the columns SEQUENCE.

    tables: list of (name, Table); labels: list of the class of each, or None where the column LABEL says it.
    Returns: Sequences with x a list of arrays (time_i, features) float64 and y a list of arrays (time_i,), or None in
    new data. Raises InputError for columns that are not there, and for groups that divide a recording.
    """
    names, columns, origin = one_table(path, tables)
    keys, order, bounds = recordings_in(path, names, columns, origin, c, known)
    used, read = set(sequence_columns(path, names, c, known)), [table for _, table in tables]
    refuse_two_spellings(path, read, sorted(used), "SEQUENCE")
    notes = [note for table in read for note in table.notes]
    y = np.array(labels)[origin] if labels is not None else None
    if labels is None and (name := find_column(path, names, c.LABEL, "LABEL", known)) is not None:
        y = labels_of(columns[names.index(name)])
        if known is None and y.dtype.kind == "i" and c.TASK != "regression":
            notes += spelling_notes(read, name)
        used.add(name)
    groups = None
    if labels is None and (name := find_column(path, names, c.GROUP, "GROUP", known)) is not None:
        refuse_two_spellings(path, read, [name], "GROUP")
        if known is None:
            refuse_empty(path, name, columns[names.index(name)], "GROUP")
        groups = labels_of(columns[names.index(name)])
        notes += alike_notes(np.unique(groups), "groups")
        used.add(name)
    others = [k for k, name in enumerate(names) if name not in used]
    skipped = _clocks([names[k] for k in others], [reordered(columns[k], order) for k in others], bounds)
    skipped = [k for k in skipped if known is None or names[others[k]] not in (known["columns"] or ())]
    named, left_out = inputs_of([names[k] for k in others], [columns[k] for k in others], skipped, known)
    if not named:
        texts = f"; TEXT names a column of texts, such as {left_out[0]}" if left_out else ""
        hint = next(filter(None, (unit_hint(columns[k]) for k in others)), texts)
        raise InputError(f"{path} has no column of numbers besides {', '.join(sorted(used)) or 'time stamps'}{hint}")
    if left := [names[others[k]] or "(nameless)" for k in skipped] + left_out:
        notes.append(f"columns that are no input: {', '.join(left)}")
    notes += _jumps([names[others[k]] for k in skipped], [columns[others[k]] for k in skipped], order, bounds)
    values = side_by_side([*named.values()])
    notes += sentinels(named, values)
    notes += unit_notes([names[k] for k in others], [columns[k] for k in others], skipped)
    values = values[order]
    cut = [slice(a, b) for a, b in zip(bounds, bounds[1:])]
    return Sequences(
        [values[own] for own in cut],
        None if y is None else [y[order][own] for own in cut],
        kind="streams",
        groups=None if groups is None else _groups(groups[order], cut, keys),
        names=called(keys, tables),
        columns=list(named),
        notes=tuple(dict.fromkeys(notes)),
    )


def _jumps(names, clocks, order, bounds):
    """Say where the time jumps or goes back inside recordings. clocks: columns that tell it, numbers or time stamps."""
    notes = []
    for name, clock in zip(names, clocks):
        readings = [clock] if isinstance(clock, np.ndarray) else stamps.parsed(clock) or [np.zeros(len(clock))]
        kind = "float64" if readings[0].dtype.kind == "f" else "int64"
        every = [steps_of(reading.astype(kind)[order], bounds) for reading in readings]
        steps = min(every, key=lambda own: (own < 0).sum())  # 01/02/2020 has two readings
        usual = np.median(steps[steps > 0]) if (steps > 0).any() else np.inf
        for what, count, meaning in (
            (
                "goes back",
                (steps < 0).sum(),
                "rows stay in the order of the file, sort it if they were recorded in another",
            ),
            ("jumps", (steps > JUMP * usual).sum(), "windows run over the gaps unless SEQUENCE divides them"),
        ):
            if count:
                times = f"{count} times" if count > 1 else "once"
                notes.append(f"{name} {what} {times} inside recordings: {meaning}")
    return notes


def divided(stream, n):
    """Divide Sequences after the first n. Returns: (Sequences, Sequences)."""
    on_disk = isinstance(stream.x, RowsOnDisk)
    first, second = (
        stream.replace(
            x=stream.x.between(*own.indices(len(stream.x))[:2]) if on_disk else stream.x[own],
            y=None if stream.y is None else stream.y[own],
            groups=None if stream.groups is None else stream.groups[own],
            names=stream.names[own],
            texts=stream.texts and stream.texts[own],
        )
        for own in (slice(n), slice(n, None))
    )
    return first, second.replace(notes=())


def _groups(groups, cut, keys):
    """Return the group of each recording. Raises InputError for a recording in several."""
    for own, (_, values) in zip(cut, keys):
        if len(np.unique(groups[own])) > 1:
            what = f"the recording {' '.join(map(str, values))}".strip()
            raise InputError(f"{what} belongs to several groups of GROUP: SEQUENCE must tell them apart too")
    return np.array([groups[own][0] for own in cut])


def _clocks(names, columns, bounds):
    """Return the places of columns that tell the time: stamps, counters, and numbers that go on like a clock."""
    places = []
    for k, (name, column) in enumerate(zip(names, columns)):
        if not isinstance(column, np.ndarray):
            if all(column[:1]) and stamps.parsed(column[:50]):
                places.append(k)
            continue
        steps = steps_of(column, bounds)
        steps = steps[np.isfinite(steps)]
        if not len(steps):
            continue
        named, regular = stamps.TIME_NAMES.search(name), _regular(steps)
        if (steps == 1).all() or (steps > 0).mean() >= RISING and (named or name.isdecimal() and regular):
            places.append(k)
        elif named and not stamps.CALENDAR.search(name):  # a clock whose rows are out of order
            number = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
            steps = steps_of(column[np.lexsort((column, number))], bounds)
            if (steps > 0).mean() >= RISING and _regular(steps):
                places.append(k)
    return places


def _regular(steps):
    """Tell whether most steps of a clock are alike."""
    return np.unique(steps, return_counts=True)[1].max() >= REGULAR * len(steps)
