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
ONE_WAY = 0.95  # share of a clock's steps that go one way: a few stamps may be zero
LEAST_MOVES = 20  # that tell a clock, for each recording
TIME_OF_DAY = re.compile(r"\d{1,2}[.:]\d{2}([.:]\d{2})?")
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


def find_times(names, columns, bounds):
    """Find what tells the time: a column of time stamps, a date and a time of day beside it, or year, month, ...

    Parameters: columns are numbers (rows,) or lists of words; bounds (series + 1,) where each series begins and ends.
    Returns: (places of the columns of words that make them, list of readings: see parse_times), or ([], []).
    """
    words = {k: cells for k, cells in enumerate(columns) if not isinstance(cells, np.ndarray)}
    clocks = [k for k, cells in words.items() if all(map(TIME_OF_DAY.fullmatch, cells))]
    for k, cells in words.items():
        if k in clocks:
            continue
        if k + 1 in clocks:
            cells = [f"{day} {time.replace('.', ':')}" for day, time in zip(cells, words[k + 1])]
        if readings := parse_times(cells):
            return [k, k + 1] if k + 1 in clocks else [k], readings
    return [], times_from_calendar(names, columns, bounds)


def times_from_calendar(names, columns, bounds):
    """Join the columns year and month, and day, hour and minute where there are, to times datetime64[s] (rows,).

    Returns: readings as parse_times does, or [] where no such columns of whole numbers are there, or only too coarse
    ones, that repeat and never go back.
    """
    columns = {name.strip().lower(): column for name, column in zip(names, columns) if isinstance(column, np.ndarray)}
    ranges, fields = {"year": (1, 9999), "month": (1, 12), "day": (1, 31), "hour": (0, 24), "minute": (0, 60)}, {}
    for field, (low, high) in ranges.items():
        if (column := columns.get(field)) is not None:
            if not ((column >= low) & (column <= high) & (column == np.round(column))).all():
                return []
            fields[field] = column.astype(np.int64)
    if not {"year", "month"} <= set(fields):
        return []
    month = fields["year"] * 12 + fields["month"] - (1970 * 12 + 1)
    seconds = 86_400 * (fields.get("day", 1) - 1) + 3600 * fields.get("hour", 0) + 60 * fields.get("minute", 0)
    times = month.astype("datetime64[M]").astype("datetime64[s]") + np.asarray(seconds).astype("timedelta64[s]")
    signs = step_signs(times, bounds)
    coarse = all(len(found - {0}) < 2 for found in signs) and any(0 in found for found in signs)
    return [] if coarse else [times]


def parse_times(cells):
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
        try:
            for cell in cells[:20]:
                _parse_time(form, cell)
            if form is None or not re.fullmatch("(%[YmdHMS][^%]?)+", form):
                readings.append(np.array([_parse_time(form, cell) for cell in cells], dtype=f"datetime64[{unit}]"))
            else:
                readings.append(_parse_digits(cells, form))
        except (ValueError, OverflowError):  # the year 1 and an hour east of Greenwich
            continue
    return readings


def _parse_digits(cells, form):
    """Read cells in a form of digits alone, all at once. Returns: datetime64[s] (rows,). Raises ValueError as strptime.

    Each digit is moved to its place in ISO 8601, which NumPy reads.
    """
    if len(set(map(len, cells))) > 1:  # 1/2/2020: fill up with zeros
        cells = SINGLE_DIGIT.sub(r"0\1", "\n".join(cells)).split("\n")
    layout = form.replace("%Y", "YYYY").replace("%", "")
    for letter in "mdHMS":
        layout = layout.replace(letter, 2 * letter)
    if set(map(len, cells)) != {len(layout)}:
        raise ValueError("not of one length")
    letters = np.array(cells).view("U1").reshape(len(cells), len(layout))
    iso = np.tile(np.array([*"0000-01-01T00:00:00"]), (len(cells), 1))
    for field, place in (("YYYY", 0), ("mm", 5), ("dd", 8), ("HH", 11), ("MM", 14), ("SS", 17)):
        if field in layout:
            start = layout.index(field)
            iso[:, place : place + len(field)] = letters[:, start : start + len(field)]
    between = [k for k, letter in enumerate(layout) if not letter.isalpha()]
    if not (letters[:, between] == np.array([layout[k] for k in between])).all():
        raise ValueError("something else between the digits")
    return iso.view("U19")[:, 0].astype("datetime64[s]")


def _parse_time(form, cell):
    """Parse a time stamp of this form; None: ISO 8601, where a time with an offset counts as UTC.

    So a clock that is put back in autumn does not repeat itself.
    """
    if form is not None:
        return datetime.strptime(cell, form)
    time = datetime.fromisoformat(cell.removesuffix("Z") + "+00:00" if cell.endswith("Z") else cell)
    return time.astimezone(timezone.utc).replace(tzinfo=None) if time.tzinfo else time


def first_invalid_date(cells):
    """Return the first cell (its row) that is not a date among cells most of which are dates of one form, or None."""

    def can_parse(form, cell):
        try:
            return _parse_time(form, cell) is not None
        except (ValueError, OverflowError):
            return False

    sample, invalid = cells[:: max(1, len(cells) // 50)], []
    form = max((None, *TIME_FORMATS), key=lambda form: sum(can_parse(form, cell) for cell in sample))
    for row, cell in enumerate(cells):
        if not can_parse(form, cell):
            invalid.append(row)
        if 5 * len(invalid) > row + 5:  # no column of dates
            return None
    return invalid[0] if invalid and 10 * len(invalid) < len(cells) else None


def is_part_of_date(name, column):
    """Tell whether a column holds times of day, or another part of a date that begins again."""
    if isinstance(column, np.ndarray):
        return CALENDAR.search(name) is not None
    return all(map(TIME_OF_DAY.fullmatch, column))


def holds_unknown_dates(name, cells):
    """Tell whether a column seems to hold dates, by its name and its cells, but in no form that is read."""
    sample = cells[:1000]
    alike, different = sum(DATE_LIKE.match(cell) is not None for cell in sample), len(set(sample))
    return TIME_NAMES.search(name) is not None and 2 * alike > len(sample) and different > min(10, len(sample) / 2)


def _inside_series(bounds):
    """Tell which of the steps between rows (rows - 1,) lie inside a series; bounds: (series + 1,)."""
    inside = np.ones(bounds[-1] - 1, bool)
    inside[np.asarray(bounds[1:-1], int) - 1] = False
    return inside


def steps_within(column, bounds):
    """Return the steps from row to row of numbers or times (rows,) that lie inside a series; bounds: (series + 1,)."""
    return np.diff(column)[_inside_series(bounds)]


def only_goes_on(column, bounds):
    """Tell whether numbers (rows,) move one way in as good as all steps inside series, to values not seen before.

    So do clocks and counters, whatever their name, and a total: they say where in its recording a row stands. Hours of
    the day begin again, and a level that is set a few times is no clock.
    """
    steps = steps_within(column, bounds)
    moves = steps[np.isfinite(steps) & (steps != 0)]
    if len(moves) < LEAST_MOVES * (len(bounds) - 1) or max((moves > 0).mean(), (moves < 0).mean()) < ONE_WAY:
        return False
    return 2 * sum(len(np.unique(column[start:stop])) for start, stop in zip(bounds, bounds[1:])) >= len(moves)


def clock_note(name):
    """Say that a column was taken for a clock, and how to keep it."""
    return (
        f"{name} goes one way inside recordings, as a clock or a counter does, and says only where a row stands: it is "
        f"no input unless KNOWN = [{name!r}]"
    )


def step_signs(times, bounds):
    """Return the signs of the steps in each series: {1} where they go forward alone, {-1} where backward."""
    signs = np.sign(np.diff(times).astype(float))
    return [set(signs[start : stop - 1].tolist()) for start, stop in zip(bounds, bounds[1:])]


def choose_reading(readings, bounds):
    """Choose the reading under which the times of every series run in one direction, none of them twice.

    Of several the one with the most even steps: 01/01, 02/01, 03/01 are months, unless a fourth day is missing.
    Parameters: readings are arrays datetime64[s] or numbers (rows,).
    Returns: (times, whether the rows of each series run backwards (series,)), or None.
    """
    best, fewest = None, np.inf
    for times in readings:
        signs = step_signs(times, bounds)
        if all(found in (set(), {1}, {-1}) for found in signs):
            sizes = np.abs(steps_within(times, bounds).astype(float))
            unevenness = sizes.max() / sizes.min() if len(sizes) else 1.0
            if unevenness < fewest:
                best, fewest = (times, np.array([found == {-1} for found in signs])), unevenness
    return best


def first_disorder(times, bounds):
    """Return (first row whose time repeats or goes back inside its series, which of the two)."""
    steps = np.diff(times).astype(float)
    row = int(np.argmax((steps <= 0) & _inside_series(bounds))) + 1
    return row, "repeats" if steps[row - 1] == 0 else "goes back in"


def uneven_step_notes(series):
    """Say where the steps between the time stamps of series, arrays (rows_i,), are not even, as months count."""
    ranges = [found for found in map(_step_range, series) if found]
    if not ranges:
        return []
    where = "" if len(series) == 1 else f" in {len(ranges)} of {len(series)} series"
    usual = max(ranges, key=ranges.count)
    return [f"steps between rows are {usual}{where}: windows run over the gaps, and SEASON counts rows"]


def _step_range(times):
    """Say from how long to how long the steps are; nothing where they are even."""
    steps = np.abs(np.diff(times)) / np.timedelta64(1, "s")
    day = UNITS["days"]
    if not len(steps) or steps.max() <= 1.01 * steps.min():  # a third of a second is written as 0.333 or 0.334
        return ""
    for low, high in ((28, 31), (89, 92), (181, 184), (365, 366)):
        if steps.min() >= low * day and steps.max() <= high * day:
            return ""
    unit, size = next((unit, size) for unit, size in UNITS.items() if steps.min() >= size)
    return f"{steps.min() / size:.3g} to {steps.max() / size:.3g} {unit}"
