"""Series one after the other: where each begins, what is measured of it, in what units its errors are told."""

import numpy as np

from core.errors import InputError
from core.wording import counted_of
from evaluation.intervals import mean_of_measured
from sequences.gaps import long_gaps
from sequences.types import SPLITS


def measured_length(measured):
    """Return how many rows there are up to the last with a value to forecast. measured: (rows, targets)."""
    measured = measured.any(axis=1)
    return len(measured) - int(measured[::-1].argmax()) if measured.any() else 0


def as_measured(series, place, targets):
    """Return the targets of a prepared series up to its last with a value, NaN in gaps: (rows, targets)."""
    values, measured = series.x[place][:, targets], series.measured[place][:, targets]
    return np.where(measured, values, np.nan)[: measured_length(measured)]


def error_units(train, series, marks, task, c):
    """Return what a score divides the errors of each series by, (series, targets).

    1 for one target: its own units. The deviation of each of several; with STANDARDISE = "sequence" of each series.
    """
    deviation = np.array(task.deviation)
    if c.STANDARDISE == "training":
        return np.tile(deviation if len(deviation) > 1 else [1.0], (len(train.x), 1))
    values = np.where(np.concatenate(train.measured), np.concatenate(train.x), np.nan)[:, task.places]
    own = [values[(series == place) & (marks == 0)] for place in range(len(train.x))]
    spread = np.sqrt([mean_of_measured((v - mean_of_measured(v, axis=0)) ** 2, axis=0) for v in own])
    return np.where(spread > 0, spread, deviation)


def first_rows(series):
    """Return the first row of each series (series,), where all stand one after the other."""
    return np.cumsum([0, *map(len, series.x)])[:-1]


def stretches(series):
    """Return a number (rows,) for each row of all series, one after the other: another in each stretch between gaps."""
    begins = np.zeros(sum(map(len, series.x)), int)
    begins[first_rows(series)] = 1
    for first, times in zip(first_rows(series), series.times or series.clock or []):
        begins[first + 1 + np.flatnonzero(long_gaps(times))] = 1
    return np.cumsum(begins)


def series_of(rows, starts):
    """Return the place of the series (n,) that each of some rows (n,) lies in; starts: see `first_rows`."""
    return np.searchsorted(starts, rows, "right") - 1


def select_series(series, kept):
    """Return the series at some places (k,)."""
    lists = {name: getattr(series, name) for name in ("x", "names", "times", "zones", "clock", "measured")}
    return series.replace(**{name: values and [values[k] for k in kept] for name, values in lists.items()})


def series_name(series, place, where):
    """Return what to call a series in a message."""
    return f"{where}: series {series.names[place]}" if series.names and len(series.x) > 1 else str(where)


def short_notes(train, marks, series, least):
    """Say how many of several series are too short for a test set, or for anything."""
    if len(train.x) == 1:
        return []
    tested = train.groups is None and marks.max() == SPLITS.index("test")
    lacking = {0: [], -1: []} if tested else {-1: []}
    for place, name in enumerate(train.names):
        most = marks[series == place].max(initial=-1)
        if most in lacking:
            lacking[most].append(name)
    texts = {
        0: ("are", "too short for a test set: for training alone"),
        -1: ("have", f"fewer than {least} rows: left out"),
    }
    notes = []
    for most, (verb, what) in texts.items():
        if names := lacking.get(most):
            shown = f"{', '.join(names[:3])}{', ...' if names[3:] else ''}"
            notes.append(f"{counted_of(len(names), len(train.x), 'series', verb)} {what} ({shown})")
    return notes


def future_notes(train, used, names):
    """Say how many rows at the end have nothing to forecast in them, and are for predict_model.py."""
    future = [len(x) - rows for x, rows in zip(train.x, used) if 0 < rows < len(x)]
    if not future:
        return []
    which = f"the last {future[0]} rows have" if future[0] > 1 else "the last row has"
    which = which if len(train.x) == 1 else f"the last rows of {len(future)} series have"
    return [f"{which} no {names}: for neither training nor test, predict_model.py forecasts from there on"]


def refuse_season(c, test, series, horizon):
    """Raise InputError where SEASON reaches back beyond the first row of a series, from its first forecast."""
    first, starts = test.rows + test.shape[0], first_rows(series)
    past = first - starts[series_of(first, starts)]
    if c.SEASON is not None and c.SEASON * ((horizon - 1) // c.SEASON + 1) > past.min():
        raise InputError(f"SEASON = {c.SEASON} is impossible: the first forecast has {past.min()} rows before it")


def training_rows(data):
    """Return the rows of each series that training windows reach over, a list of arrays (time_i, targets)."""
    train, starts = data.train, first_rows(data.sequences)
    own = series_of(train.rows, starts)
    ends = np.zeros(len(starts), int)
    np.maximum.at(ends, own, train.rows + train.shape[0] + data.task.horizon - starts[own])
    return [x[:end, data.task.places] for x, end in zip(data.sequences.x, ends)]


def mase_scales(data, season):
    """Return the mean change of each series over a season in its training set, (series, targets): for MASE.

    Hyndman and Koehler (2006). A series without a training set, or without any change, gets NaN.
    """
    places, found = data.task.places, []
    for rows, measured in zip(training_rows(data), data.sequences.measured):
        rows = np.where(measured[: len(rows), places], rows, np.nan)
        found.append(mean_of_measured(np.abs(rows[season:] - rows[: max(0, len(rows) - season)]), axis=0))
    return np.where(np.array(found) > 0, found, np.nan)


def last_windows(x, measured, places, window):
    """Return the last window (series, time, columns) of each series before its first row without a target."""
    ends = [measured_length(own[:, places]) for own in measured]
    return np.stack([values[end - window : end] for values, end in zip(x, ends)])


def usual_time_steps(times):
    """Return the median step from row to row of each of the series with times, arrays (time_i,): shortest and longest.

    In seconds between time stamps, in their own units between numbers that tell the time.
    Returns: list of two, or None where no series has two rows.
    """
    steps = [np.abs(np.diff(own)) for own in times or [] if len(own) > 1]
    steps = [np.median(own / np.timedelta64(1, "s") if own.dtype.kind == "m" else own) for own in steps]
    return [float(min(steps)), float(max(steps))] if steps else None


def check_time_step(new, task, where):
    """Refuse new series whose rows are further apart, or closer, than those of the training set.

    Months differ by a tenth, which is let pass. Returns: a note where nothing tells, list of one line or none.
    """
    trained, column = task.time_steps, task.clock
    if trained is None:
        return []
    steps = usual_time_steps(new.times if column is None else new.clock)
    unit = "seconds" if column is None else f"of {column!r}"
    usual = " to ".join(dict.fromkeys(f"{step:g}" for step in trained))
    if steps is None:
        return [f"nothing tells whether rows come in the steps of the training set ({usual} {unit})"]
    strange = [step for step in steps if not trained[0] / 1.15 <= step <= 1.15 * trained[1]]
    if not strange:
        return []
    both = f"a row every {strange[0]:g} {unit}, the training set every {usual}"
    way = "" if column is None else ", or without that column where it tells no time"
    raise InputError(f"{where} has {both}: a forecast counts rows, so bring new data in the same steps{way}")
