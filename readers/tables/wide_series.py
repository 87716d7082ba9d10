"""A wide table: each row a whole time series (SEQUENCE = "row"), its name first, then its values, as M4 has it."""

import re
from dataclasses import replace

import numpy as np

from core.errors import InputError
from core.wording import counted_of
from readers.tables.columns import as_words, shorten, side_by_side
from readers.tables.delimited import read_table
from readers.tables.sanity_checks import index_hints, index_notes, is_index, unit_hint
from readers.tables.table import is_empty, place_of
from readers.text_files import read_train_and_test
from sequences.types import Sequences


def read(path, c, preparation=None):
    """Read a wide table: see readers/__init__.py. The values of a `_TEST` twin follow those of the same name."""

    def read_one(file):
        table = read_table(file, ignored=c.IGNORE)
        ignored = {place_of(table.names, column) for column in c.IGNORE or ()}
        words = any(not isinstance(column, np.ndarray) and not is_empty(column) for column in table.columns)
        if (words or table.names[0]) and is_index(table.names[0], table.columns[0]):
            ignored.add(0)
            table = replace(table, notes=[*table.notes, *index_notes(table.names[0], table.columns[0])])
        return _with_columns(table, [k for k in range(len(table.names)) if k not in ignored])

    table, twin = read_train_and_test(read_one, path) if preparation is None else (read_one(path), None)
    front, notes = _columns_in_front(table), [*table.notes]
    if front:
        table, notes = _name_first(table, front)
        twin = twin and _name_first(twin, front)[0]
    names, x = _series_of(path, table)
    _refuse_header_of_dates(path, table, x)
    numbers = {name: column for name, column in zip(table.names, table.columns) if isinstance(column, np.ndarray)}
    held_out, notes = [0] * len(names), [*notes, *index_hints(numbers)]
    if twin is not None:
        notes = [*dict.fromkeys([*notes, *twin.notes])]
        later = dict(zip(*_series_of(path, twin)))
        lost = [name for name in names if name not in later]
        if lost:
            notes.append(
                f"{counted_of(len(lost), len(names), 'series', 'are')} not in the _TEST twin ({', '.join(lost[:3])})"
            )
        if len(lost) == len(names):
            raise InputError(f"{path}: none of the series in its _TEST twin is in the file itself")
        held_out = [len(later.get(name, ())) for name in names]
        x = [np.concatenate([values, later[name]]) if name in later else values for name, values in zip(names, x)]
    series = Sequences(x, None, "series", names=names, columns=["value"], held_out=held_out, table=["value"])
    return series.noted(*notes), None


def _with_columns(table, places):
    return replace(table, names=[table.names[k] for k in places], columns=[table.columns[k] for k in places])


def _columns_in_front(table):
    """Return how many columns stand in front of the values, where numbers in the names tell which those are; else 0.

    So it is with Country, Lat, Long, 1/22/20, 1/23/20, ... and with store, v1, v2.
    """
    front = 1 + max((k for k, name in enumerate(table.names) if not re.search(r"\d", name)), default=-1)
    numbers = all(isinstance(column, np.ndarray) or is_empty(column) for column in table.columns[front:])
    return front if table.header and numbers and len(table.names) - front >= max(2, front) else 0


def _name_first(table, front):
    """Bring the columns in front of the values into one of names: words, as many as it takes, or else a number.

    Returns: (Table, notes, those of the table too).
    """
    notes = [*table.notes]
    before = [k for k in range(front) if not is_empty(table.columns[k])]
    words = [k for k in before if not isinstance(table.columns[k], np.ndarray)]
    if not words and before:
        notes.append(f"{table.names[before[0]]} is read as the names of the series: no other column in front has words")
    candidates, named, names = words or before[:1], [], [""] * len(table.lines)
    for k in candidates:
        if len(set(names)) < len(names) or "" in names:
            named.append(k)
            names = [f"{name} {cell}".strip() for name, cell in zip(names, as_words(table.columns[k]))]
    if left_out := [table.names[k] or "(nameless)" for k in before if k not in named]:
        notes.append(f"columns in front of the values, which are none: {shorten(left_out)}")
    kept = _with_columns(table, range(front, len(table.names)))
    return replace(kept, names=["name", *kept.names], columns=[names, *kept.columns]), notes


def _refuse_header_of_dates(path, table, x):
    """Raise InputError where the first row alone is months or days one after the other: 202311 202312 202401."""

    def dates(values):
        days = values if values[0, 0] > 10_000_000 else 100 * values + 1  # 20231101
        month, day = days // 100 % 100, days % 100
        whole = (values == np.round(values)).all() and ((days >= 19_000_101) & (days <= 21_001_231)).all()
        in_range = ((month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)).all()
        return len(values) > 2 and whole and in_range and (np.diff(values[:, 0]) > 0).all()

    if not table.header and len(x) > 1 and dates(x[0]) and not any(map(dates, x[1:])):
        shown = ", ".join(f"{value:g}" for value in x[0][:3, 0])
        raise InputError(f"{path} line {table.lines[0]} looks like a header ({shown}, ...): write words there, or none")


def _series_of(path, table):
    """Return (names of the series, list of arrays (time_i, 1)): a row begins and ends with its first and last value.

    The first column of words names them, else they are numbered.
    """
    columns = [np.full(len(table.lines), np.nan) if is_empty(column) else column for column in table.columns]
    words = [k for k, column in enumerate(columns) if not isinstance(column, np.ndarray)]
    if len(words) > 1:
        hint, column = unit_hint(columns[words[1]]), table.names[words[1]]
        raise InputError(f"{path}: column {column!r} holds words; the values of a series must be numbers{hint}")
    names = columns[words[0]] if words else [str(k) for k in range(len(table.lines))]
    if len(set(names)) < len(names):
        raise InputError(f"{path}: its first column names a series twice")
    numbers = [column for column in columns if isinstance(column, np.ndarray)]
    if not numbers:
        raise InputError(f"{path} has no column of numbers: each row must be a series, its name first")
    x = []
    for name, line, values in zip(names, table.lines, side_by_side(numbers)):
        present = np.flatnonzero(np.isfinite(values))
        if not len(present):
            raise InputError(f"{path} line {line}: the series {name} has no values")
        x.append(values[present[0] : present[-1] + 1, None])
    return list(names), x
