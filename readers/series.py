"""A table as a time series: numbers are inputs, time stamps are checked, words become 0/1 columns or are named."""

import numpy as np

from project.errors import InputError
from readers import times as stamps
from readers.meaning import refuse_other_meanings
from readers.tables import read_table
from readers.text import with_twin
from sequences.types import Sequences

MOST_WORDS = 10  # different words of a column that become 0/1 columns; more are left out
HEADLESS = (
    'its first line holds numbers, not names of columns. If each row is a sequence of its own, set SEQUENCE = "row", '
    "and LABEL = -1 or 0 where its label is the last or the first number; if rows are time steps, set TARGET to the "
    "place, '3' say, of the column to forecast, or LABEL to that of the labels, and SEQUENCE to that of the column "
    "that tells recordings apart"
)
SENTINEL = 5  # times that a value far outside the rest is pointed at


def read(path, c, known=None):
    """Read a table with one row a time step: see readers/__init__.py and readers/tables.py.

    The rows of a `_TEST` twin follow those of the file. Raises InputError for a missing header, for time stamps that
    repeat or go back, and where no column of numbers is left.
    """
    headless = HEADLESS if known is None and c.TARGET is None else None
    table, twin = with_twin(lambda file: read_table(file, headless=headless), path)
    n = len(table.lines)
    files = [(path, table.lines)]
    names, columns, notes = table.names, table.columns, list(table.notes)
    if twin is not None:
        if twin.names != names:
            raise InputError(f"{path} and its _TEST twin have other columns: {names} and {twin.names}")
        columns = [joined(a, b) for a, b in zip(columns, twin.columns)]
        files.append((f"the _TEST twin of {path}", twin.lines))
    if known is None and c.TARGET is None and c.TASK is None:
        words = {k: column for k, column in enumerate(columns) if not isinstance(column, np.ndarray)}
        refuse_other_meanings(path, names, columns, stamps.time_stamps(names, words)[0])
    skipped, order_notes, backwards = _without_times(names, columns, lambda row: _place(files, row))
    named, left_out = inputs_of(names, columns, skipped, known)
    if not any(isinstance(column, np.ndarray) for column in columns) or not named:
        raise InputError(f"{path} has no numeric column to forecast (its columns: {', '.join(names)[:80]})")
    values = np.stack([*named.values()], axis=1)
    if backwards:
        values = values[::-1]
        order_notes.append("the rows run from the newest to the oldest: they were turned round")
    if skipped or left_out:
        left = [names[k] or "(nameless)" for k in sorted(skipped)] + left_out
        notes.append(f"columns that are no input: {', '.join(left)}")
    notes += order_notes + sentinels(named)
    start = _first_complete(values[:n]) if known is None else 0
    if start:
        notes.append(f"the first {start} rows have empty cells that nothing comes before: they were cut off")
    train = Sequences([values[start:n]], columns=list(named), notes=tuple(notes))
    return train, Sequences([values[n:]], columns=list(named)) if twin is not None else None


def _place(files, row):
    """Return file and line of a row. files: list of (path, the line of each of its rows)."""
    for path, lines in files:
        if row < len(lines):
            return f"{path} line {lines[row]}"
        row -= len(lines)


def joined(a, b):
    """Append a column of one file to that of another."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return np.concatenate([a, b])
    return [*map(str, a), *map(str, b)]


def _without_times(names, columns, place_of):
    """Check the time stamps. Returns: (places of columns that are no input, notes, whether the rows run backwards)."""
    words = {k: column for k, column in enumerate(columns) if not isinstance(column, np.ndarray)}
    skipped, readings = stamps.time_stamps(names, words)
    notes, backwards = [], False
    if skipped:
        cells = words[skipped[0]]
        times, backwards = stamps.in_order(names[skipped[0]], readings, cells, place_of)
        notes = stamps.uneven(times[::-1] if backwards else times)
    elif (times := stamps.of_calendar(names, columns)) is not None:
        cells = np.datetime_as_string(times).tolist()
        _, backwards = stamps.in_order("year, month, ...", [times], cells, place_of)
        notes = stamps.uneven(times[::-1] if backwards else times)
    for k, column in enumerate(columns):
        if not isinstance(column, np.ndarray) or len(column) < 2:
            continue
        steps, name = np.diff(column), names[k]
        counts = (steps > 0).mean() >= 0.9 and not (stamps.CALENDAR.search(name) and not (steps > 0).all())
        if stamps.COUNTERS.search(name) and (steps == 1).all():
            skipped.append(k)
        elif stamps.TIME_NAMES.search(name) and counts:
            bad = np.flatnonzero(steps <= 0)
            if len(bad):
                fault = "repeats" if steps[bad[0]] == 0 else "goes back in"
                value = column[bad[0] + 1]
                raise InputError(f"{place_of(bad[0] + 1)}: {value:g} {fault} time column {name!r}; sort it, no repeats")
            skipped.append(k)
    return skipped, notes, backwards


def inputs_of(names, columns, skipped, known):
    """Return ({name: numbers (rows,)}, names of columns of words that are left out)."""
    named, left_out = {}, []
    for k, (name, column) in enumerate(zip(names, columns)):
        if k in skipped:
            continue
        if isinstance(column, np.ndarray):
            if not np.isnan(column).all():
                named[name] = column
            else:
                left_out.append(f"{name} (empty)")
            continue
        words = sorted({cell for cell in column if cell})
        if known is not None and known["columns"] is not None:  # the words of the training part
            words = [w.removeprefix(f"{name}=") for w in known["columns"] if w.startswith(f"{name}=")]
        if not words or len(words) > MOST_WORDS:
            left_out.append(f"{name} ({len(words)} different words)" if words else name)
            continue
        for word in words:
            named[f"{name}={word}"] = np.array([float(cell == word) for cell in column])
    return named, left_out


def _first_complete(values):
    """Return the first row from which on every column has had a value (0 where one never has)."""
    gaps = np.isnan(values)
    return int(gaps.argmin(axis=0).max()) if not gaps.all(axis=0).any() else 0


def sentinels(named):
    """Point at a value that repeats far outside the rest of its column: it may stand for a missing one."""
    notes = []
    for name, column in named.items():
        known = column[np.isfinite(column)]
        for value in {known.min(), known.max()} if len(known) else ():
            rest = known[known != value]
            count = len(known) - len(rest)
            if len(rest) > count >= SENTINEL and np.abs(rest - value).min() > 2 * (rest.max() - rest.min()) > 0:
                notes.append(
                    f"{name} is {value:g} {count} times, far outside the rest: empty the cells if it means missing"
                )
    return notes
