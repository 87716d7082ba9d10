"""Time stamps in tables: which columns hold them, in which order they run, how even they are."""

import contextlib
import re
import warnings
from datetime import datetime, timezone

import numpy as np

TIME_NAMES = re.compile(r"date|time|year|month|stamp|^day$|^hour$|^index$|^$", re.IGNORECASE)
# Parts of a date that begin again: such a column of numbers is an input, not a clock.
CALENDAR = re.compile(r"month|week|day|hour|minute|second|quarter", re.IGNORECASE)
COUNTERS = re.compile(r"^(no|nr|id|row|index|)\.?$", re.IGNORECASE)
SINGLE_DIGIT = re.compile(r"(?<!\d)(\d)(?!\d)")
UNITS = {"days": 86_400, "hours": 3600, "minutes": 60, "seconds": 1, "microseconds": 1e-6}
FRACTION = re.compile(r":\d\d[.,]\d")  # of a second
TO_THE_SECOND = len("2020-12-31 23:59:59")
DATE_LIKE = re.compile(  # 2020-12-31, 31/Dec/20, 31 December 2020, December 31, 2020, 12/2020
    r"(\d{4}[-/.]\w{1,9}[-/.]\d{1,2}|\d{1,2}[-/.]\w{1,9}[-/.]\d{2,4}|\d{1,2}[-/.]\d{4}"
    r"|\d{1,2}\.? [A-Z][a-z]{2,8} \d{2,4}|[A-Z][a-z]{2,8} \d{1,2},? \d{4})(?=$|[ T,])"
)
CLOCK = re.compile(r"\d{1,2}[.:]\d{2}([.:]\d{2})?")
# Ways to write a time stamp, the first under which all rows can be read and are in order counts. ISO 8601 goes first.
TIME_FORMATS = (
    "%Y-%m", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d.%m.%Y %H:%M",
    "%Y/%m/%d %H:%M", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%b %Y",
    "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%m-%y", "%d-%m-%Y", "%m-%d-%Y", "%d-%m-%Y %H:%M", "%d-%m-%Y %H:%M:%S",
    "%b-%y", "%B %Y", "%b %d %Y", "%b %d, %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y",
    "%d/%m/%y %H:%M", "%m/%d/%y %H:%M", "%d.%m.%y %H:%M", "%d/%m/%y %H:%M:%S", "%m/%d/%y %H:%M:%S",
    "%d.%m.%y %H:%M:%S", "%B %d, %Y", "%m/%Y", "%Y.%m.%d",
    "%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M:%S %p", "%d/%m/%Y %I:%M %p", "%d/%m/%Y %I:%M:%S %p",
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


def of_calendar(names, columns, bounds):
    """Join the columns year and month, and day, hour and minute where there are, to times datetime64[s] (rows,).

    bounds: (series + 1,) where each series begins and ends. Returns: readings as `parsed` does, or [] where no such
    columns of whole numbers are there, or only too coarse ones, that repeat and never go back.
    """
    fields = {name.strip().lower(): column for name, column in zip(names, columns) if isinstance(column, np.ndarray)}
    ranges = {"year": (1, 9999), "month": (1, 12), "day": (1, 31), "hour": (0, 24), "minute": (0, 60)}
    fields = {field: fields[field] for field in ranges if field in fields}
    for field, column in fields.items():
        low, high = ranges[field]
        if not ((column >= low) & (column <= high) & (column == np.round(column))).all():
            return []
    if not {"year", "month"} <= set(fields):
        return []
    whole = {field: column.astype(np.int64) for field, column in fields.items()}
    months = ((whole["year"] - 1970) * 12 + whole["month"] - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + np.asarray(whole.get("day", 1) - 1).astype("timedelta64[D]")
    seconds = 3600 * whole.get("hour", 0) + 60 * whole.get("minute", 0)
    times = days.astype("datetime64[s]") + np.asarray(seconds).astype("timedelta64[s]")
    steps = [np.sign(np.diff(times[a:b]).astype(np.int64)) for a, b in zip(bounds, bounds[1:])]
    coarse = all(len(set(own.tolist()) - {0}) < 2 for own in steps) and any((own == 0).any() for own in steps)
    return [] if coarse else [times]


def parsed(cells):
    """Return every reading of cells as time stamps, arrays datetime64 (rows,): 01/02/2020 has two.

    In seconds, or where there are fractions of them in microseconds. UTC at the end says nothing more.
    """
    forms, unit = TIME_FORMATS, "s"
    if max(map(len, cells)) > TO_THE_SECOND:
        if any(cell.endswith((" UTC", " GMT")) for cell in cells[:100]):
            cells = [cell.removesuffix(" UTC").removesuffix(" GMT") for cell in cells]
        if FRACTION.search("\n".join(cells)):
            cells, unit = [cell.replace(",", ".") for cell in cells], "us"
    if re.match(r"\d{4}(?!\d)", cells[0]):  # 01-01-20 is no year 1
        forms = (None, *forms)
        offsets = any(cell.endswith("Z") or re.search(r"[+-]\d\d:?\d\d$", cell[10:]) for cell in cells[:100])
        with contextlib.suppress(ValueError), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of offsets, which count as UTC
            if not offsets:
                times = np.array(cells, dtype=f"datetime64[{unit}]")
                if not np.isnat(times).any():
                    return [times]
    readings = []
    for form in forms:
        parse = _iso if form is None else _parser(form)
        try:
            for cell in cells[:20]:
                parse(cell)
            if form is None or not re.fullmatch("(%[YmdHMS][^%]?)+", form):
                readings.append(np.array([parse(cell) for cell in cells], dtype=f"datetime64[{unit}]"))
            else:
                readings.append(_quick(cells, form))
        except (ValueError, OverflowError):  # the year 1 and an hour east of Greenwich
            continue
    return readings


def _quick(cells, form):
    """Read cells in a form of digits alone, all at once. Returns: datetime64[s] (rows,). Raises ValueError as strptime.

    Each digit is moved to its place in ISO 8601, which NumPy reads.
    """
    if len(set(map(len, cells))) > 1:  # 1/2/2020: fill up with zeros
        cells = SINGLE_DIGIT.sub(r"0\1", "\n".join(cells)).split("\n")
    wide = form.replace("%Y", "YYYY").replace("%", "")
    for letter in "mdHMS":
        wide = wide.replace(letter, 2 * letter)
    if set(map(len, cells)) != {len(wide)}:
        raise ValueError("not of one length")
    letters = np.array(cells).view("U1").reshape(len(cells), len(wide))
    iso = np.tile(np.array([*"0000-01-01T00:00:00"]), (len(cells), 1))
    for field, place in (("YYYY", 0), ("mm", 5), ("dd", 8), ("HH", 11), ("MM", 14), ("SS", 17)):
        if field in wide:
            start = wide.index(field)
            iso[:, place : place + len(field)] = letters[:, start : start + len(field)]
    marks = [k for k, letter in enumerate(wide) if not letter.isalpha()]
    if not (letters[:, marks] == np.array([wide[k] for k in marks])).all():
        raise ValueError("other marks between the digits")
    return iso.view("U19")[:, 0].astype("datetime64[s]")


def _iso(cell):
    """Parse ISO 8601; a time with an offset counts as UTC, so that a clock put back does not repeat itself."""
    time = datetime.fromisoformat(cell.removesuffix("Z") + "+00:00" if cell.endswith("Z") else cell)
    return time.astimezone(timezone.utc).replace(tzinfo=None) if time.tzinfo else time


def _parser(form):
    return lambda cell: datetime.strptime(cell, form)


def mistyped(cells):
    """Return the first cell (its row) that is no date among cells most of which are dates of one form, or None."""
    sample = cells[:: max(1, len(cells) // 50)]
    form = max((None, *TIME_FORMATS), key=lambda form: sum(_reads(form, cell) for cell in sample))
    faults = []
    for row, cell in enumerate(cells):
        if not _reads(form, cell):
            faults.append(row)
        if 5 * len(faults) > row + 5:  # no column of dates
            return None
    return faults[0] if faults and 10 * len(faults) < len(cells) else None


def _reads(form, cell):
    """Tell whether a cell is a date of this form; None: ISO 8601."""
    try:
        (_iso if form is None else _parser(form))(cell)
        return True
    except (ValueError, OverflowError):
        return False


def is_clock(name, column):
    """Tell whether a column holds hours of a day, or another part of a date that begins again."""
    if isinstance(column, np.ndarray):
        return CALENDAR.search(name) is not None
    return all(CLOCK.fullmatch(cell) for cell in column)


def is_unread(name, cells):
    """Tell whether a column seems to hold dates, by its name and its cells, but in no form that is read."""
    some = cells[:1000]
    alike, different = sum(DATE_LIKE.match(cell) is not None for cell in some), len(set(some))
    return TIME_NAMES.search(name) is not None and 2 * alike > len(some) and different > min(10, len(some) / 2)


def in_order(readings, bounds):
    """Choose the reading under which the times of every series run in one direction, none of them twice.

    readings: list of arrays datetime64[s] (rows,); bounds: (series + 1,) where each series begins and ends.
    Of several the one with the most even steps: 01/01, 02/01, 03/01 are months, unless a fourth day is missing.
    Returns: (times, whether the rows of each series run backwards (series,)), or None.
    """
    best, fewest = None, np.inf
    inside = np.ones(bounds[-1] - 1, bool)
    inside[np.asarray(bounds[1:-1], int) - 1] = False
    for times in readings:
        steps = np.diff(times).astype(float)
        directions = [set(np.sign(steps[a : b - 1]).tolist()) for a, b in zip(bounds, bounds[1:])]
        if all(own in (set(), {1}, {-1}) for own in directions):
            sizes = np.abs(steps[inside])
            unevenness = sizes.max() / sizes.min() if len(sizes) else 1.0
            if unevenness < fewest:
                best, fewest = (times, np.array([own == {-1} for own in directions])), unevenness
    return best


def fault(times, bounds):
    """Return (first row whose time repeats or goes back inside its series, which of the two)."""
    steps = np.diff(times).astype(float)
    inside = np.ones(len(steps), bool)
    inside[np.asarray(bounds[1:-1], int) - 1] = False
    k = int(np.argmax((steps <= 0) & inside))
    return k + 1, "repeats" if steps[k] == 0 else "goes back in"


def uneven(series):
    """Return a line that says so where the steps between time stamps are not even, else nothing.

    series: list of arrays (rows_i,). Months are even although their days are not.
    """
    spans = [span for span in map(_span, series) if span]
    if not spans:
        return []
    where = "" if len(series) == 1 else f" in {len(spans)} of {len(series)} series"
    span = max(spans, key=spans.count)
    return [f"steps between rows are {span}{where}: windows run over the gaps, and SEASON counts rows"]


def _span(times):
    """Say from how long to how long the steps are; nothing where they are even."""
    steps = np.diff(times) / np.timedelta64(1, "s")
    day = UNITS["days"]
    if not len(steps) or steps.max() <= 1.01 * steps.min():  # a third of a second is written as 0.333 or 0.334
        return ""
    for low, high in ((28, 31), (89, 92), (181, 184), (365, 366)):
        if steps.min() >= low * day and steps.max() <= high * day:
            return ""
    unit, size = next((unit, size) for unit, size in UNITS.items() if steps.min() >= size)
    low, high = (f"{v / size:.3g}" for v in (steps.min(), steps.max()))
    return f"{low} to {high} {unit}"
