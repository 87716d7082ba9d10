"""The columns that TARGET and KNOWN name, and the inputs known ahead that forecasts see."""

import numpy as np

from core.errors import InputError
from sequences.calendar_features import CYCLES, cyclical_encoding, times_with_future, utc_offsets

SHORTEST = 24  # rows of a window where WINDOW is None


def season_to_difference(c):
    """Return the rows back that changes count against: see tasks/forecasting/differencing.py."""
    whole = c.SEASON is not None and (c.WINDOW or SHORTEST) >= 2 * c.SEASON
    return c.SEASON if whole and c.STANDARDISE == "sequence" else 0


def target_names(series, c):
    """Return the names of the columns to forecast. Raises InputError for one that is no numeric column."""
    wanted = c.TARGET if isinstance(c.TARGET, list) else [c.TARGET]
    names = [series.columns[-1] if target is None else _named(series, target, "TARGET") for target in wanted]
    if len(set(names)) < len(names):
        raise InputError(f"TARGET = {c.TARGET!r} is impossible: it names a column twice")
    return names


def _named(series, column, constant):
    """Return the name of a column given by its name, or by its place in the table."""
    name, table = column, series.table or series.columns
    if isinstance(column, int) and column not in series.columns and -len(table) <= column < len(table):
        name = table[column]
    if name not in series.columns:
        shown = ", ".join(series.columns[:20]) + (", ..." if len(series.columns) > 20 else "")
        raise InputError(f"{constant} = {column!r} is impossible: the numeric columns are {shown}")
    return name


def known_names(series, targets, c):
    """Return (names of the columns that are known ahead, names in CYCLES). Raises InputError for what cannot be."""
    columns, calendar = [], []
    for wanted in c.KNOWN or []:
        words = [name for name in series.columns if isinstance(wanted, str) and name.startswith(f"{wanted}=")]
        if wanted in CYCLES and series.times is not None:
            calendar.append(wanted)
        elif wanted in CYCLES and wanted not in series.columns and not words:
            raise InputError(f"KNOWN = {c.KNOWN!r} is impossible: {wanted!r} needs time stamps, which are not there")
        else:
            columns += words or [_named(series, wanted, "KNOWN")]
    for name in columns:
        if name in targets:
            raise InputError(f"KNOWN = {c.KNOWN!r} is impossible: {name!r} is to be forecast, its future is not known")
    least, season = c.HORIZON + season_to_difference(c), " + SEASON" * bool(season_to_difference(c))
    if c.KNOWN and (c.WINDOW or SHORTEST) < least:
        raise InputError(f"KNOWN needs a WINDOW of HORIZON{season} = {least} rows or more, which reach that far ahead")
    return list(dict.fromkeys(columns)), list(dict.fromkeys(calendar))


def refuse_binary_target(series, targets, c):
    """Refuse to forecast a column of 0 and 1 that nobody has named: most likely it is a label."""
    values = np.concatenate([x[:, series.columns.index(targets[0])] for x in series.x])
    if c.TARGET is None and np.isin(values[~np.isnan(values)], (0, 1)).all():
        name = targets[0]
        raise InputError(
            f"the last column, {name!r}, holds 0 and 1 alone: if it is the label of each row, set LABEL = {name!r} and "
            "WINDOW, the rows of one input (WINDOW_LABEL: which row's label it has); to forecast a column, name it in "
            f"TARGET, {name!r} too if you mean it"
        )


def with_known(series, task):
    """Put inputs known ahead beside the columns: in each row their values `horizon` rows later.

    A window's last rows then tell of the very rows to forecast, and nothing else of them is seen.
    Returns: list of arrays (time_i, features).
    """
    if task.calendar and series.times is None:
        raise InputError(f"KNOWN names {', '.join(task.calendar)}: the table needs time stamps, which are not there")
    horizon, together = task.horizon, []
    places = [series.columns.index(name) for name in task.known]
    for k, values in enumerate(series.x):
        later = np.minimum(np.arange(len(values)) + horizon, len(values) - 1)
        extra = [values[:, : len(series.columns)], values[later][:, places]]
        if task.calendar:
            times = times_with_future(series.times[k], series.zones and series.zones[k], horizon)
            extra += [cyclical_encoding(times, name)[horizon:] for name in task.calendar]
        together.append(np.hstack(extra))
    return together


def zone_notes(new, task):
    """Say where the calendar of new series counts at offsets from UTC that the training set does not have."""
    zones = new.zones and np.unique(np.concatenate(new.zones)).tolist()

    def offsets(zones):
        return {*utc_offsets(np.array(zones)).tolist()} if zones else {None}

    if not task.calendar or offsets(zones) <= offsets(task.zones):
        return []
    here, there = (", ".join(map(str.strip, own)) if own else "not given" for own in (zones, task.zones))
    taken = f"KNOWN takes {', '.join(task.calendar)} from local time"
    return [f"{taken}: its offset from UTC is {here} here, {there} in the training set"]


def feature_names(task):
    """Return the names of the features that with_known adds."""
    circles = [f"{name} ahead, {part}" for name in task.calendar for part in ("sine", "cosine")]
    return [f"{name} ahead" for name in task.known] + circles


def refuse_unknown(new, task, measured, rows, name):
    """Raise InputError where the rows to forecast lack inputs that the run was told to know ahead."""
    if not task.known:
        return
    places, horizon = [new.columns.index(known) for known in task.known], task.horizon
    full = measured[rows : rows + horizon, places].all(axis=1)
    if len(full) < horizon or not full.all():
        have = len(full) if full.all() else int(full.argmin())
        raise InputError(
            f"{name}: {', '.join(task.known)} must be known for {horizon} rows beyond the last with "
            f"{', '.join(task.targets)}; {have} have it: add rows with the targets left empty"
        )
