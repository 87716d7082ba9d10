"""Labels that hold from an onset on, for a duration or until the next, given to rows by their times."""

import re
from dataclasses import dataclass

import numpy as np

from core.errors import InputError
from core.wording import counted
from readers.tables.clocks import EPOCH_NAMES, choose_reading, size_of_epoch
from readers.tables.columns import is_missing
from readers.tables.label_file import nothing_fits, unmatched_notes
from readers.tables.timestamps import TIME_NAMES, TIME_OF_DAY, parse_times, split_zones

ONSET, DURATION, END = (
    re.compile(rf"(^|[ _.])({words})", re.IGNORECASE)
    for words in ("onset|start|begin", "dur|length", "end|stop|offset|until")
)
MILLISECONDS = re.compile(r"(^|[ _.(\[])(ms|msec|millis\w*)\b", re.IGNORECASE)
DAY = 86_400


@dataclass(frozen=True)
class Seconds:
    """Times of rows as seconds (rows,): since 1970 ("stamps"), of the day, or elapsed."""

    values: np.ndarray
    kind: str  # "stamps", "stamps with zones", "times of day", "seconds"


def time_columns(names):
    """Return the names, of columns of LABEL_FILE, that say when a label holds."""
    return [
        name for name in names if any(form.search(name) for form in (ONSET, DURATION, END, TIME_NAMES, EPOCH_NAMES))
    ]


def holds_at_times(file, positions):
    """Tell whether labels hold from an onset on: several of a sequence, or a column that is called so.

    positions: the sequence of each row of LabelFile, -1 for none.
    """
    onset = _onset_column(file)
    known = [position for position in positions if position >= 0]
    return onset is not None and (ONSET.search(onset) is not None or len({*known}) < len(known))


def _onset_column(file):
    """Return the name of the column of LabelFile with the onsets, or None."""
    names = [name for name in file.others if not DURATION.search(name) and not END.search(name)]
    return next(filter(ONSET.search, names), None) or next((own for own in names if TIME_NAMES.search(own)), None)


def rows_by_time(path, tables, file, names, positions, sequence_of):
    """Find the row of LabelFile whose label holds at each row of tables.

    Parameters: tables, a list of (name, Table); names of the sequences; positions: see holds_at_times; sequence_of,
    which of the sequences each row of a table is of, a list of arrays (rows,).
    Returns: (a list of arrays (rows,), -1 where none holds; which rows are of sequences with labels, a list of arrays
    bool (rows,); notes).
    Raises: InputError where no label holds at any row.
    """
    onset, positions = _onset_column(file), np.array(positions)
    found, notes = [np.full(len(own), -1) for own in sequence_of], {}
    for (name, table), own, rows in zip(tables, sequence_of, found):
        for place in np.intersect1d(own, positions):
            where, labels = np.flatnonzero(own == place), np.flatnonzero(positions == place)
            columns = [x[where] if isinstance(x, np.ndarray) else [x[k] for k in where] for x in table.columns]
            signal = signal_seconds(name, table.names, columns, onset)
            if signal is None:
                rows[where], note = _equal_shares(name, file, onset, labels, len(where))
                notes[note] = None
            else:
                order, begin, end = _intervals(file, labels, onset, signal)
                last = np.searchsorted(begin, signal.values, side="right") - 1
                rows[where] = np.where((last >= 0) & (signal.values < end[last]), order[last], -1)
    kept = [np.isin(own, positions) for own in sequence_of]
    used = np.unique(np.concatenate(found))
    if not (used >= 0).any():
        raise nothing_fits(file, names if file.keys else [])
    empty = np.any([is_missing(column) for column in file.label_columns().values()], axis=0)
    for rows in found:
        rows[empty[rows] & (rows >= 0)] = -1
    missing = [name for place, name in enumerate(names) if place not in positions]
    notes = [*unmatched_notes(file, missing, len(names), positions if file.keys else []), *notes]
    if unlabelled := sum((rows[own] < 0).sum() for rows, own in zip(found, kept)):
        of = sum(own.sum() for own in kept)
        notes.append(f"{unlabelled} of {of} rows have no label at their time in {file.path.name}: left out")
    if unused := int((positions >= 0).sum() - (used >= 0).sum()):
        notes.append(f"{counted(unused, 'label')} of {file.path.name} hold{'s' * (unused == 1)} at the time of no row")
    return found, kept, notes


def _equal_shares(name, file, onset, labels, n):
    """Give each of evenly spaced labels its share of n rows that no time is known of. Returns: (rows (n,), note)."""
    begin = _label_seconds(file, labels, onset).values
    steps = np.diff(begin)
    if len(steps) and steps.min() > 0 and steps.max() <= 1.01 * steps.min() and n % len(labels) == 0:
        share = n // len(labels)
        rate = f"{share / steps[0]:.6g} rows a second, from the first onset on"
        note = f"{name} tells no time: {share} of its rows are read as those of each label of {file.path.name}, {rate}"
        return np.repeat(labels, share), note
    raise InputError(
        f"{name} has no column of times, and {file.path.name} says by time what its labels are: write a column 'time' "
        "with the seconds, or the stamp, of each row"
    )


def signal_seconds(where, names, columns, onset):
    """Read the column of a recording's table that tells the time, by the name of that of onsets or another.

    Returns: Seconds, or None where there is no such column.
    """
    for k in sorted(range(len(names)), key=lambda k: names[k] != onset):
        numeric = isinstance(columns[k], np.ndarray)
        named = names[k] == onset or names[k] and (TIME_NAMES.search(names[k]) or EPOCH_NAMES.search(names[k]))
        if numeric and named or not numeric and any(columns[k]):
            if (found := read_seconds(names[k], columns[k])) is not None:
                return found
            if named and not numeric:
                problem = "is read as a time only if every row has one"
                raise InputError(f"{where}: column {names[k]!r}, {columns[k][0][:40]!r} say, {problem}")
    return None


def _intervals(file, rows, onset, signal):
    """Return when the labels of some rows of LabelFile hold, on the clock of a recording.

    Parameters: onset, the name of the column; signal, Seconds of the recording.
    Returns: (rows in the order of their onsets, onsets (n,), ends (n,), in seconds).
    Raises: InputError for times that cannot be compared, and for labels that overlap.
    """
    starts = _label_seconds(file, rows, onset)
    shift = _shift(file, onset, starts, signal)
    begin = starts.values + shift
    order = np.argsort(begin, kind="stable")
    rows, begin = np.asarray(rows)[order], begin[order]
    steps = np.diff(begin)
    following = np.append(begin[1:], begin[-1] + np.median(steps) if len(steps) else np.inf)
    end = following.copy()
    for name in file.others:
        if name == onset or not (DURATION.search(name) or END.search(name)):
            continue
        if END.search(name):
            end = _label_seconds(file, rows, name).values + shift
        else:
            column = file.columns[name]
            if not isinstance(column, np.ndarray):
                raise InputError(f"{file.path}: column {name!r} must hold durations in seconds, such as 30")
            lengths = column[rows] / (1000 if MILLISECONDS.search(name) else 1)
            end = np.where(np.isnan(lengths), following, begin + lengths)
        break
    if (over := end[:-1] > begin[1:] + 1e-6).any():
        k = int(over.argmax())
        both = f"lines {file.lines[rows[k]]} and {file.lines[rows[k + 1]]}"
        raise InputError(f"{file.path} {both}: their labels hold at the same time, and each row of the data has one")
    return rows, begin, end


def _label_seconds(file, rows, name):
    column = file.columns[name]
    own = column[rows] if isinstance(column, np.ndarray) else [column[row] for row in rows]
    found = read_seconds(name, own)
    if found is None or np.isnan(found.values).any():
        raise InputError(f"{file.path}: column {name!r} must hold times, as seconds or as stamps, in every row")
    return found


def read_seconds(name, column):
    """Read numbers or words (rows,) as Seconds; None where they are no times."""
    if isinstance(column, np.ndarray):
        if EPOCH_NAMES.search(name) and (size := size_of_epoch(column)) is not None:
            return Seconds(column / size, "stamps with zones")
        return Seconds(column / (1000 if MILLISECONDS.search(name) else 1), "seconds")
    if not all(column):
        return None
    if all(map(TIME_OF_DAY.fullmatch, column)):
        fields = [[float(part) for part in re.split("[:.]", cell.replace(",", "."), maxsplit=2)] for cell in column]
        values = np.array([sum(size * part for size, part in zip((3600, 60, 1), own)) for own in fields])
        values[1:] += DAY * np.cumsum(np.diff(values) < -DAY / 2)  # past midnight the next day begins
        return Seconds(values, "times of day")
    if not (parse_times(column[:50]) and (readings := parse_times(column))):
        return None
    chosen = choose_reading(readings, np.array([0, len(column)]))
    times = readings[0] if chosen is None else chosen[0]
    zones = split_zones(column)[1]
    seconds = (times - np.datetime64(0, "s")) / np.timedelta64(1, "s")
    return Seconds(seconds, "stamps" if zones is None else "stamps with zones")


def _shift(file, onset, labels, signal):
    """Return what to add to the Seconds of labels so that they are on the clock of the signal."""
    if labels.kind == signal.kind:
        return 0.0
    start, kinds = float(np.nanmin(signal.values)), {labels.kind, signal.kind}
    if labels.kind == "seconds":  # since the recording began
        return start
    if "times of day" in kinds and kinds & {"stamps", "stamps with zones"}:  # of the nearest day
        return DAY * round((start - labels.values.min()) / DAY)
    raise InputError(
        f"{file.path}: column {onset!r} holds {labels.kind} and the data {signal.kind}: write both in one way, with "
        "zones in both or in neither"
    )
