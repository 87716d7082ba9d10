"""Series one after the other: where each begins, what is measured of it, in what units its errors are told."""

import numpy as np

from core.errors import InputError


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
    values = np.concatenate(train.x)[:, task.places]
    own = [values[(series == place) & (marks == 0)] for place in range(len(train.x))]
    spread = np.array([v.std(axis=0) if len(v) else deviation for v in own])
    return np.where(spread > 0, spread, deviation)


def first_rows(series):
    """Return the first row of each series (series,), where all stand one after the other."""
    return np.cumsum([0, *map(len, series.x)])[:-1]


def series_of(rows, starts):
    """Return the place of the series (n,) that each of some rows (n,) lies in; starts: see `first_rows`."""
    return np.searchsorted(starts, rows, "right") - 1


def select_series(series, kept):
    """Return the series at some places (k,)."""
    lists = {name: getattr(series, name) for name in ("x", "names", "times", "measured")}
    return series.replace(**{name: values and [values[k] for k in kept] for name, values in lists.items()})


def series_name(series, place, where):
    """Return what to call a series in a message."""
    return f"{where}: series {series.names[place]}" if series.names and len(series.x) > 1 else str(where)


def short_notes(train, marks, series, least):
    """Say how many of several series are too short for a test set, or for anything."""
    if len(train.x) == 1:
        return []
    lacking = {0: [], -1: []}
    for place, name in enumerate(train.names):
        most = marks[series == place].max(initial=-1)
        if most in lacking:
            lacking[most].append(name)
    texts = {0: "are too short for a test set: for training alone", -1: f"have fewer than {least} rows: left out"}
    return [
        f"{len(names)} of {len(train.x)} series {texts[most]} ({', '.join(names[:3])}{', ...' if names[3:] else ''})"
        for most, names in lacking.items()
        if names
    ]


def future_notes(train, used, names):
    """Say how many rows at the end have nothing to forecast in them, and are for predict_model.py."""
    future = [len(x) - rows for x, rows in zip(train.x, used) if 0 < rows < len(x)]
    if not future:
        return []
    which = f"the last {future[0]} rows have" if future[0] > 1 else "the last row has"
    which = which if len(train.x) == 1 else f"the last rows of {len(future)} series have"
    return [f"{which} no {names}: they are no part of training or test, predict_model.py forecasts from there on"]


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
    found = [
        np.abs(rows[season:] - rows[:-season]).mean(axis=0) if len(rows) > season else np.full(rows.shape[1], np.nan)
        for rows in training_rows(data)
    ]
    return np.where(np.array(found) > 0, found, np.nan)


def last_windows(x, measured, places, window):
    """Return the last window (series, time, columns) of each series before its first row without a target."""
    ends = [measured_length(own[:, places]) for own in measured]
    return np.stack([values[end - window : end] for values, end in zip(x, ends)]).astype(np.float32)


def usual_time_step(times):
    """Return the median seconds from row to row of series with time stamps, a list of arrays (time_i,), or None."""
    steps = [np.diff(own) / np.timedelta64(1, "s") for own in times or []]
    steps = np.concatenate(steps) if steps else np.zeros(0)
    return float(np.median(steps)) if len(steps) else None


def refuse_other_time_step(step, trained, where):
    """Raise InputError for new series whose rows are further apart, or closer, than those of the training set.

    Months differ by a tenth, which is let pass.
    """
    if step is None or trained is None or max(step, trained) <= 1.15 * min(step, trained):
        return
    raise InputError(
        f"{where} has a row every {step:g} seconds, the training set every {trained:g}: a forecast counts rows, so "
        "bring new data in the same steps"
    )
