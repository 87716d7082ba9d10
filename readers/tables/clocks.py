"""Clocks in tables: which columns tell the time or the order of rows, and which way they run."""

import re
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from readers.tables.timestamps import TIME_NAMES, TIME_OF_DAY, UNITS, parse_times, split_zones
from sequences.gaps import LONG_GAP, REGULAR, long_gaps, share_alike

# Parts of a date that begin again: such a column of numbers is an input, not a clock.
CALENDAR = re.compile(r"month|week|day|hour|minute|second|quarter|season", re.IGNORECASE)
COUNTERS = re.compile(r"^(no|nr|id|row|index|)\.?$", re.IGNORECASE)
EPOCH_NAMES = re.compile(r"date|time|stamp|unix|epoch|^ts$|^t$", re.IGNORECASE)
PARTS = {  # of a date in columns of their own, and what they may be
    **{"year": (1, 9999), "quarter": (1, 4), "month": (1, 12), "week": (1, 53), "doy": (1, 366), "day": (1, 31)},
    **{"hour": (0, 24), "minute": (0, 60)},
}
DIGITS = {  # 20201231 is a date, and so are 2020366 and, where not all are months, the week 202053
    **{6: ("%Y%m", "%G%V%u"), 7: ("%Y%j",), 8: ("%Y%m%d",)},
    **{10: ("%Y%m%d%H",), 12: ("%Y%m%d%H%M",), 14: ("%Y%m%d%H%M%S",)},
}
ONE_WAY = 0.95  # share of a clock's steps that go one way: a few stamps may be zero
LEAST_TIME = 99_999  # from which on numbers may be dates of digits, or count from 1970
ROUNDED = 1.15  # of years with two decimals, months are steps of 0.08 and 0.09
LEAST_MOVES = 20  # that tell a clock, for each recording


@dataclass(frozen=True)
class Clock:
    """A column, or several together, that tell the order of rows."""

    name: str
    places: list  # of the columns
    cells: list  # (rows,) as written, for messages
    readings: list  # arrays datetime64 or numbers (rows,): see parse_times
    zones: np.ndarray | None = None  # (rows,): see split_zones
    notes: tuple = ()
    coarse: bool = False  # it repeats and never goes back, as months do where rows are days

    @property
    def is_time(self):
        """Whether it tells dates."""
        return self.readings[0].dtype.kind == "M"


def find_times(names, columns, bounds, targets=()):
    """Find what tells the time: time stamps, a date and a time of day, seconds since 1970, or year, month, ...

    The time of day stands beside the date; or elsewhere, where dates alone are out of order and with it they are not.
    Parameters: columns are numbers (rows,) or lists of words; bounds (series + 1,) where each series begins and ends;
    targets are places of columns to forecast, which tell none.
    Returns: Clock, or None.
    """
    words = {k: cells for k, cells in enumerate(columns) if not isinstance(cells, np.ndarray)}
    clocks = [k for k, cells in words.items() if all(map(TIME_OF_DAY.fullmatch, cells))]
    for k in [k for k in words if k not in clocks]:
        found, beside = [], [[k, clock] for clock in clocks if clock == k + 1]
        for places in [*beside, [k], *([k, clock] for clock in clocks if clock != k + 1)]:
            if readings := parse_times(_joined(*(words[place] for place in places))):
                found.append(Clock(names[k], places, words[k], readings, split_zones(words[k])[1]))
                if not clocks or choose_reading(readings, bounds) is not None:
                    return found[-1]
        if found:
            return found[0]
    found = [
        clock
        for k, column in enumerate(columns)
        if k not in words and k not in targets and (clock := _times_from_numbers(names[k], k, column, bounds))
    ]
    calendar = times_from_calendar(names, columns, bounds)
    found = [clock for clock in found if not clock.coarse] or ([calendar] if calendar else found)
    ordered = [clock for clock in found if choose_reading(clock.readings, bounds) is not None]
    return next(iter([*ordered, *found]), None)


def as_written(numbers):
    """Return numbers (rows,) as a file may have them."""
    return [f"{value:.15g}" for value in numbers]


def _times_from_numbers(name, place, column, bounds):
    """Read numbers as dates of digits (20201231), or as seconds, milliseconds, ... since 1970. Returns: Clock or None.

    Dates need a name of a time. What counts from 1970 must go one way, and in even steps where its name says nothing.
    """
    if not (column > LEAST_TIME).all():
        return None
    steps = steps_within(column, bounds)
    moves = np.sign(steps[steps != 0])
    one_way = not len(moves) or max((moves > 0).mean(), (moves < 0).mean()) >= ONE_WAY
    coarse = 2 * len(moves) < len(steps) and one_way
    if TIME_NAMES.search(name) and (times := _dates_of_digits(column)) is not None:
        return Clock(name, [place], as_written(column), [times], coarse=coarse)
    size = size_of_epoch(column)
    alike = len(steps) and np.unique(steps, return_counts=True)[1].max() >= 0.5 * len(steps)
    if size is None or not one_way or not (alike or EPOCH_NAMES.search(name)):
        return None
    microseconds = np.round(column * (1e6 / size)).astype(np.int64)
    times = microseconds.astype("datetime64[us]")
    if not (microseconds % 1_000_000).any():
        times = times.astype("datetime64[s]")
    unit = {1: "seconds", 1e3: "milliseconds", 1e6: "microseconds", 1e9: "nanoseconds"}[size]
    shown = str(times.min()).replace("T", " ")
    note = f"{name} is read as {unit} since 1970, in UTC: the first is {shown}"
    return Clock(name, [place], as_written(column), [times], np.full(len(times), " UTC"), (note,), coarse)


def size_of_epoch(column):
    """Return how many of the units of numbers (rows,) make a second, if they may count from 1970; else None."""
    low, high = np.nanmin(column), np.nanmax(column)
    return next((size for size in (1, 1e3, 1e6, 1e9) if size * 1e9 <= low <= high < size * 2e9), None)


def _dates_of_digits(column):
    """Read whole numbers such as 20201231, 202012, 202053 (a week) as datetime64[s] (rows,); None: one is no date."""
    if (column != np.round(column)).any():
        return None
    for form in DIGITS.get(len(f"{column[0]:.0f}"), ()):
        first_day = "1" if form.endswith("%u") else ""
        try:
            found = {cell: datetime.strptime(f"{cell:.0f}{first_day}", form) for cell in np.unique(column).tolist()}
        except ValueError:
            continue
        if all(1800 <= time.year < 2200 for time in found.values()):
            return np.array([found[cell] for cell in column.tolist()], dtype="datetime64[s]")
    return None


def _joined(days, clocks=None):
    """Write dates, and times of day if there are, as one time stamp each."""
    if clocks is None:
        return days
    clocks = [time if ":" in time else time.replace(".", ":", 2) for time in clocks]
    return [f"{day} {'0' * (time[1:2] == ':')}{time}" for day, time in zip(days, clocks)]


def times_from_calendar(names, columns, bounds):
    """Join the columns year and month, and day, hour and minute where there are, to times datetime64[s] (rows,).

    Without a month, year and quarter, day of the year (doy), or week as ISO 8601 counts them.
    Returns: Clock, or None where no such columns of whole numbers are there.
    """
    columns = {name.strip().lower(): column for name, column in zip(names, columns) if isinstance(column, np.ndarray)}
    part = next((part for part in ("month", "quarter", "doy", "week") if part in columns), None)
    if part is None or "year" not in columns:
        return None
    fields = {}
    for field in ("year", part, *["day"] * (part == "month"), "hour", "minute"):
        if (column := columns.get(field)) is not None:
            low, high = PARTS[field]
            if not ((column >= low) & (column <= high) & (column == np.round(column))).all():
                return None
            fields[field] = column.astype(np.int64)
    month = fields.get("month", 3 * fields.get("quarter", 1) - 2)
    days = (fields["year"] * 12 + month - (1970 * 12 + 1)).astype("datetime64[M]").astype("datetime64[D]")
    days = days + (fields.get("doy", fields.get("day", 1)) - 1)
    if part == "week":  # the first is that of 4 January
        days = days + 3
        days = days - (days.astype(int) + 3) % 7 + 7 * (fields["week"] - 1)
    seconds = 3600 * fields.get("hour", 0) + 60 * fields.get("minute", 0)
    times = days.astype("datetime64[s]") + np.asarray(seconds).astype("timedelta64[s]")
    signs = step_signs(times, bounds)
    coarse = all(len(found - {0}) < 2 for found in signs) and any(0 in found for found in signs)
    return Clock(f"year, {part}, ...", [], [*map(str, times)], [times], coarse=coarse)


def is_part_of_date(name, column):
    """Tell whether a column holds times of day, or another part of a date that begins again."""
    if CALENDAR.search(name):
        return True
    return not isinstance(column, np.ndarray) and all(map(TIME_OF_DAY.fullmatch, column))


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
    least = LEAST_MOVES * (len(bounds) - 1)
    if len(column) <= least:
        return False
    steps = steps_within(column, bounds)
    moves = steps[np.isfinite(steps) & (steps != 0)]
    if len(moves) < least or max((moves > 0).mean(), (moves < 0).mean()) < ONE_WAY:
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
    """Find the first row whose time repeats or goes back inside its series.

    Back is against the way that most rows go: a file may run from newest to oldest.
    Returns: (row, whether its time repeats, whether no time goes back).
    """
    steps = np.diff(times).astype(float)
    steps *= -1 if np.median(steps) < 0 else 1
    row = int(np.argmax((steps <= 0) & _inside_series(bounds))) + 1
    return row, steps[row - 1] == 0, not (steps[_inside_series(bounds)] < 0).any()


def is_clock_put_back(times, bounds):
    """Tell whether times (rows,) go back or repeat only as a clock does that is put back by an hour.

    That is at night in autumn, in either half of the globe, and an hour less the usual step.
    """
    steps = np.diff(times) / np.timedelta64(1, "s")
    steps *= -1 if np.median(steps) < 0 else 1
    back = np.flatnonzero((steps <= 0) & _inside_series(bounds))
    months = times[back].astype("datetime64[M]").astype(int) % 12 + 1
    hours = times[back].astype("datetime64[h]").astype(int) % 24
    at_night, forward = np.isin(months, (3, 4, 9, 10, 11)) & (hours <= 3), steps[steps > 0]
    return bool(len(forward) and (at_night & (steps[back] == np.median(forward) - 3600)).all())


def is_even(column, bounds):
    """Tell whether most steps of a column of numbers (rows,) inside series are alike, as those of a time axis are."""
    steps = np.abs(steps_within(column, bounds))
    return len(steps) > 0 and np.median(steps) > 0 and share_alike(steps) > REGULAR


def step_notes(series, name=None, way=""):
    """Say where the steps between the times of series, arrays (rows_i,), are not even, as months count, or not alike.

    name: of the column, where times are numbers; else they are time stamps. way: what makes them even, the end of the
    line. Returns: list of lines.
    """
    usual = [np.median(np.abs(np.diff(times))) for times in series if len(times) > 1]
    notes = []
    if usual and max(usual) > ROUNDED * min(usual):
        shortest, longest = (_shown_step(step, name) for step in (min(usual), max(usual)))
        which = f"one has a row every {shortest}, another every {longest}"
        notes.append(f"the series differ in their steps, {which}: a forecast counts rows")
    ranges = [_step_range(times) if name is None else _range_of_numbers(times, name) for times in series]
    ranges = [found for found in ranges if found]
    if not ranges:
        return notes
    where = "" if len(series) == 1 else f" in {len(ranges)} of {len(series)} series"
    usual = max(ranges, key=ranges.count)
    up_to = f" of up to {LONG_GAP} usual steps" if any(long_gaps(times).any() for times in series) else ""
    return [*notes, f"steps between rows are {usual}{where}: windows run over gaps{up_to}, and SEASON counts rows{way}"]


def _shown_step(step, name):
    """Write a step between times with its unit; name: see step_notes."""
    if name is not None:
        return f"{step:.4g} of {name or '(nameless)'!r}"
    seconds = step / np.timedelta64(1, "s")
    unit, size = next((unit, size) for unit, size in UNITS.items() if seconds >= size)
    return f"{seconds / size:.4g} {unit}"


def _range_of_numbers(times, name):
    """Say from how long to how long the steps of numbers are; nothing where they are even, but for rounding."""
    steps = np.abs(np.diff(times))
    if not len(steps) or steps.max() <= ROUNDED * steps.min():
        return ""
    shortest, usual, longest = (f"{find(steps):.4g}" for find in (np.min, np.median, np.max))
    return f"{shortest} to {longest} in {name or '(nameless)'!r} ({usual} in the median)"


def _step_range(times):
    """Say from how long to how long the steps are; nothing where they are even."""
    steps = np.abs(np.diff(times)) / np.timedelta64(1, "s")
    day = UNITS["days"]
    if not len(steps) or steps.max() <= 1.01 * steps.min():  # a third of a second is written as 0.333 or 0.334
        return ""
    for low, high in ((28, 31), (89, 92), (181, 184), (365, 366)):
        if steps.min() >= low * day and steps.max() <= high * day:
            return ""
    unit, size = next((unit, size) for unit, size in UNITS.items() if np.median(steps) >= size)
    shortest, usual, longest = (f"{find(steps) / size:.4g}" for find in (np.min, np.median, np.max))
    return f"{shortest} to {longest} {unit} ({usual} in the median)"
