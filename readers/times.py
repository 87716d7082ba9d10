"""Time stamps in tables: which columns hold them, in which order they run, how even they are."""

import re
from datetime import datetime, timezone

import numpy as np

from project.errors import InputError

TIME_NAMES = re.compile(r"date|time|year|month|stamp|^day$|^hour$|^index$|^$", re.IGNORECASE)
# Parts of a date that begin again: such a column of numbers is an input, not a clock.
CALENDAR = re.compile(r"month|week|day|hour|minute|second|quarter", re.IGNORECASE)
COUNTERS = re.compile(r"^(no|nr|id|row|index|)\.?$", re.IGNORECASE)
CLOCK = re.compile(r"\d{1,2}[.:]\d{2}([.:]\d{2})?")
# Ways to write a time stamp, the first under which all rows can be read and are in order counts. ISO 8601 goes first.
TIME_FORMATS = (
    "%Y-%m", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d.%m.%Y %H:%M",
    "%Y/%m/%d %H:%M", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%b %Y",
    "%b-%y", "%B %Y",
)  # fmt: skip


def time_stamps(names, words):
    """Find the time stamps among columns of words, {place: cells}, a date and a clock of their own joined.

    Returns: (places of the columns that make them, list of readings: arrays datetime64[s] (rows,)), or ([], []).
    """
    clocks = [k for k, cells in words.items() if all(CLOCK.fullmatch(cell) for cell in cells)]
    for k, cells in words.items():
        if k in clocks:
            continue
        joined = [c for c in clocks if c == k + 1]
        if joined:
            cells = [f"{a} {b.replace('.', ':')}" for a, b in zip(cells, words[joined[0]])]
        readings = parsed(cells)
        if readings:
            return [k, *joined], readings
    return [], []


def of_calendar(names, columns):
    """Join the columns year and month, and day, hour and minute where there are, to times datetime64[s] (rows,).

    Returns: times; None where no such columns are there, or only too coarse ones, that repeat without going back.
    """
    fields = {name.strip().lower(): column for name, column in zip(names, columns) if isinstance(column, np.ndarray)}
    ranges = {"year": (1, 9999), "month": (1, 12), "day": (1, 31), "hour": (0, 24), "minute": (0, 60)}
    fields = {field: fields[field] for field in ranges if field in fields}
    for field, column in fields.items():
        low, high = ranges[field]
        if not ((column >= low) & (column <= high) & (column == np.round(column))).all():
            return None
    if not {"year", "month"} <= set(fields):
        return None
    whole = {field: column.astype(np.int64) for field, column in fields.items()}
    months = ((whole["year"] - 1970) * 12 + whole["month"] - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (whole["day"] - 1 if "day" in whole else 0)
    seconds = 3600 * whole.get("hour", 0) + 60 * whole.get("minute", 0)
    times = days.astype("datetime64[s]") + np.asarray(seconds).astype("timedelta64[s]")
    steps = np.sign(np.diff(times).astype(np.int64))
    return None if (steps == 0).any() and abs(steps.sum()) == (steps != 0).sum() else times


def parsed(cells):
    """Return every reading of cells as time stamps, arrays datetime64[s] (rows,): 01/02/2020 has two."""
    try:
        if not any(cell.endswith("Z") or re.search(r"[+-]\d\d:?\d\d$", cell[10:]) for cell in cells[:100]):
            return [np.array(cells, dtype="datetime64[s]")]
    except ValueError:
        pass
    readings = []
    for parse in (_iso, *(_parser(form) for form in TIME_FORMATS)):
        try:
            for cell in cells[:20]:
                parse(cell)
            readings.append(np.array([parse(cell) for cell in cells], dtype="datetime64[s]"))
        except ValueError:
            continue
    return readings


def _iso(cell):
    """Parse ISO 8601; a time with an offset counts as UTC, so that a clock put back does not repeat itself."""
    time = datetime.fromisoformat(cell.removesuffix("Z") + "+00:00" if cell.endswith("Z") else cell)
    return time.astimezone(timezone.utc).replace(tzinfo=None) if time.tzinfo else time


def _parser(form):
    return lambda cell: datetime.strptime(cell, form)


def in_order(name, readings, cells, place_of):
    """Choose the reading that is in order. Returns: (times, whether the rows run backwards).

    Raises InputError, naming the place, where none is: times repeat or go back.
    """
    for times in readings:
        steps = np.diff(times)
        for backwards in (False, True):
            if (steps < 0).all() if backwards and len(steps) else (steps > np.timedelta64(0)).all():
                return times, backwards
    steps = np.diff(readings[0])
    k = int(np.argmax(steps <= np.timedelta64(0)))
    fault = "repeats" if steps[k] == np.timedelta64(0) else "goes back in"
    raise InputError(
        f"{place_of(k + 1)}: {cells[k + 1]!r} {fault} time column {name!r}; sort it, one row a time (and one "
        "series a file)"
    )


def uneven(times):
    """Return a line that says so where the steps between time stamps (rows,) are not even, else nothing.

    Months are even although their days are not.
    """
    steps = np.diff(times).astype("timedelta64[s]").astype(np.int64)
    day = 86_400
    if not len(steps) or steps.min() == steps.max():
        return []
    for low, high in ((28, 31), (89, 92), (181, 184), (365, 366)):
        if steps.min() >= low * day and steps.max() <= high * day:
            return []
    unit, size = next(
        (u, s) for u, s in (("days", day), ("hours", 3600), ("minutes", 60), ("seconds", 1)) if steps.min() >= s
    )
    low, high = (f"{v / size:.3g}" for v in (steps.min(), steps.max()))
    return [f"steps between rows are {low} to {high} {unit}: windows run over the gaps, and SEASON counts rows"]
