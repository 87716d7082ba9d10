"""Time stamps as they are written: dates, times of day, zones, fractions, quarters and weeks, turned into times."""

import contextlib
import re
import warnings
from datetime import date, datetime

import numpy as np

from sequences.calendar_features import utc_offsets

TIME_NAMES = re.compile(r"date|time|year|yyyy|month|stamp|^day$|^hour$|^index$|^$", re.IGNORECASE)
SINGLE_DIGIT = re.compile(r"(?<!\d)(\d)(?!\d)")
UNITS = {"days": 86_400, "hours": 3600, "minutes": 60, "seconds": 1, "microseconds": 1e-6, "nanoseconds": 1e-9}
FRACTION = re.compile(r":\d\d:\d\d([.,]\d{1,9})(?!\d)")  # of a second
ZONE = re.compile(r" ?(?:Z|UTC|GMT|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)$")
ZONE_NAME = re.compile(r"(?<=[\dM]) ?(?!(?:UTC|GMT|[AP]MZ)$)[A-Z]{3,4}$")  # of letters alone
LONGEST_ZONE = len(" +01:00")
HOUR_24 = re.compile(r"[ T]24(?=:00(:00)?$)")  # the midnight at a day's end
TO_THE_SECOND, TO_THE_MICROSECOND = len("2020-12-31 23:59:59"), len("2020-12-31 23:59:59.999999")
DATE_LIKE = re.compile(  # 2020-12-31, 31/Dec/20, 31 December 2020, December 31, 2020, 12/2020
    r"(\d{4}[-/.]\w{1,9}[-/.]\d{1,2}|\d{1,2}[-/.]\w{1,9}[-/.]\d{2,4}|\d{1,2}[-/.]\d{4}"
    r"|\d{1,2}\.? [A-Z][a-z]{2,8} \d{2,4}|[A-Z][a-z]{2,8} \d{1,2},? \d{4})(?=$|[ T,])"
)
TIME_WORD = re.compile(r"(?<![a-z])(date|time|datetime|timestamp|period|quarter|week)s?(?![a-z])", re.IGNORECASE)
QUARTER = re.compile(
    r"(?:(?P<year>\d{4})[-/ ]?)?Q(?P<quarter>[1-4])(?(year)|[-/ ]?(?P<later_year>\d{4}))", re.IGNORECASE
)
WEEK = re.compile(r"(?P<year>\d{4})-?W(?P<week>\d\d)(?:-?(?P<day>[1-7]))?")
TIME_OF_DAY = re.compile(r"([01]?\d|2[0-4])[.:][0-5]\d([.:][0-5]\d([.,]\d{1,9})?)?")  # 31.12.20 is none
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


def parse_times(cells):
    """Return every reading of cells as time stamps, arrays datetime64 (rows,): 01/02/2020 has two.

    In UTC where they say their zone; see split_zones. In seconds, or finer where there are fractions of them. Midnight
    may be 24:00 of the day that ends.
    """
    cells, zones = split_zones(without_zone_name(cells))
    readings, shift = _read_usual(cells), np.timedelta64(0, "s")
    if not readings:
        plain, shift = _split_clocks(cells)
        readings = [] if plain is cells else _read_usual(plain)
    if zones is not None:
        shift = shift - utc_offsets(zones)
    return [reading + shift for reading in readings]


def split_zones(cells):
    """Take the zone off the end of time stamps. Returns: (cells, zones as written (rows,): "+01:00", "Z", " UTC").

    Where not every cell has one, cells stay as they are, and zones are None.
    """
    zones = [*map(_zone, cells)] if _zone(cells[0]) else [""]
    if not all(zones):
        return cells, None
    return [cell[: -len(zone)] for cell, zone in zip(cells, zones)], np.array(zones)


def without_zone_name(cells):
    """Take a zone's name (CET, EST) that all time stamps share off their ends: they are local times."""
    name = zone_name(cells[0])
    return [cell[: -len(name)] for cell in cells] if name and all(cell.endswith(name) for cell in cells) else cells


def zone_name(cell):
    """Return the name of a zone at the end of a time stamp, with the blank before it, or nothing."""
    match = ZONE_NAME.search(cell) if ":" in cell else None
    return match[0] if match else ""


def _zone(cell):
    """Return the zone behind the time of day at the end of a time stamp, or nothing."""
    match = ZONE.search(cell, max(0, len(cell) - LONGEST_ZONE)) if ":" in cell else None
    return match[0] if match else ""


def first_without_zone(cells):
    """Return the first cell (its row) that is a time without a zone among cells that have one, or None."""
    zones = [*map(_zone, cells)]
    return zones.index("") if "" in zones and any(zones) and parse_times([cells[zones.index("")]]) else None


def _split_clocks(cells):
    """Take fractions of a second and the hour 24 out. Returns: (cells, what they add: timedelta64 (rows,) or one 0)."""
    text, plain, added = "\n".join(cells), [], []
    if not (FRACTION.search(text) or " 24:00" in text or "T24:00" in text):
        return cells, np.timedelta64(0, "s")
    for cell in cells:
        nanoseconds = 0
        if match := FRACTION.search(cell):
            nanoseconds = int(match[1][1:].ljust(9, "0"))
            cell = cell[: match.start(1)] + cell[match.end(1) :]
        if HOUR_24.search(cell):
            nanoseconds += UNITS["days"] * 10**9
            cell = HOUR_24.sub(" 00", cell)
        plain.append(cell)
        added.append(nanoseconds)
    sizes = {"s": 10**9, "us": 1000, "ns": 1}
    unit = next(unit for unit, size in sizes.items() if not any(own % size for own in added))
    return plain, np.array(added, dtype="timedelta64[ns]").astype(f"timedelta64[{unit}]")


def _read_usual(cells):
    """Return every reading of cells without zones, and with fractions of a second in ISO 8601 alone."""
    forms, unit, readings = TIME_FORMATS, "s", []
    for form in (QUARTER, WEEK):
        if form.fullmatch(cells[0]) and all(found := [*map(form.fullmatch, cells)]):
            with contextlib.suppress(ValueError):  # 2007-W53
                return [np.array([_first_day(**one.groupdict()) for one in found], dtype="datetime64[s]")]
    if re.match(r"\d{4}(?!\d)", cells[0]):  # 01-01-20 is no year 1
        forms, longest, iso = (None, *forms), max(map(len, cells)), cells
        if longest > TO_THE_SECOND:
            unit, iso = "us" if longest <= TO_THE_MICROSECOND else "ns", [cell.replace(",", ".") for cell in cells]
        with contextlib.suppress(ValueError, Warning), warnings.catch_warnings():
            warnings.simplefilter("error")  # NumPy only warns of a zone, which not all cells have
            times = np.array(iso, dtype=f"datetime64[{unit}]")
            if not np.isnat(times).any():
                return [times]
    for form in forms:
        try:
            for cell in cells[:20]:
                _parse_time(form, cell)
            if form is None or not re.fullmatch("(%[YmdHMS][^%]?)+", form):
                readings.append(np.array([_parse_time(form, cell) for cell in cells], dtype=f"datetime64[{unit}]"))
            else:
                readings.append(_parse_digits(cells, form))
        except ValueError:
            continue
    return readings


def _first_day(year=None, quarter=None, later_year=None, week=None, day=None):
    """Return the first day of a quarter or week, or the day of it, each written in digits. Raises: ValueError."""
    if quarter:
        return date(int(year or later_year), 3 * int(quarter) - 2, 1)
    return date.fromisocalendar(int(year), int(week), int(day or 1))


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
    """Parse a time stamp of this form; None: ISO 8601. Raises ValueError where it has another, or a zone."""
    if form is not None:
        return datetime.strptime(cell, form)
    time = datetime.fromisoformat(cell)
    if time.tzinfo:
        raise ValueError("a zone, which not all cells have")
    return time


def first_invalid_date(cells):
    """Return the first cell (its row) that is not a date among cells most of which are dates of one form, or None."""

    def can_parse(form, cell):
        try:
            return _parse_time(form, cell) is not None
        except ValueError:
            return False

    cells, _ = _split_clocks([cell[: len(cell) - len(_zone(cell))] for cell in cells])
    sample, invalid = cells[:: max(1, len(cells) // 50)], []
    form = max((None, *TIME_FORMATS), key=lambda form: sum(can_parse(form, cell) for cell in sample))
    for row, cell in enumerate(cells):
        if not can_parse(form, cell):
            invalid.append(row)
        if 5 * len(invalid) > row + 5:  # no column of dates
            return None
    return invalid[0] if invalid and 10 * len(invalid) < len(cells) else None


def holds_unknown_dates(name, cells):
    """Tell whether a column seems to hold dates, by its name and its cells, but in no form that is read.

    By its name alone where it is called "time", "date", ... and every cell has a digit: 2001M03, 1Q90, Mon Nov 20 2023.
    """
    sample = [cell for cell in cells[:1000] if cell]
    alike, different = sum(DATE_LIKE.match(cell) is not None for cell in sample), len(set(sample))
    named = TIME_NAMES.search(name) is not None and 2 * alike > len(sample)
    if not named and TIME_WORD.search(name):
        named = all(re.search(r"\d", cell) and not TIME_OF_DAY.fullmatch(cell) for cell in sample)
    return named and different > min(10, len(sample) / 2)
