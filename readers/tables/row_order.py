"""The order of the rows of series: what tells it, rows that come twice, series that nothing tells apart."""

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from core.errors import InputError
from core.wording import counted_was
from readers.tables import timestamps
from readers.tables.clocks import (
    CALENDAR,
    COUNTERS,
    LEAST_TIME,
    PARTS,
    Clock,
    as_written,
    choose_reading,
    find_times,
    first_disorder,
    is_clock_put_back,
    is_part_of_date,
    step_notes,
    steps_within,
)
from readers.tables.columns import TableRows, combine
from readers.tables.even_steps import way_to_even_steps
from readers.tables.sanity_checks import index_notes, is_index
from readers.tables.timestamps import TIME_NAMES
from sequences.calendar_features import local_times, step_times


@dataclass(frozen=True)
class RowOrder:
    """What the columns of TableRows tell of the order of rows."""

    rows: TableRows  # without those that repeat another
    clocks: list  # places of the columns that tell it, which are no inputs
    times: np.ndarray | None  # (rows,) datetime64, in UTC where they say their zones
    zones: np.ndarray | None  # (rows,) theirs, as written
    clock: int | None  # place of the column of numbers that tells it, where there are no times
    reverse: np.ndarray  # (series,) whether rows run from newest to oldest
    notes: list


def find_order(rows, targets):
    """Find the order of the rows of each series. targets: places of the columns to forecast.

    Returns: RowOrder. Raises: InputError for times that repeat or go back, or that are not understood.
    """
    notes, clocks = [], _find_clocks(rows, targets)
    chosen = [choose_reading(clock.readings, rows.bounds) for clock in clocks]
    if None in chosen:
        fewer = _without_repeated(rows)
        if repeated := len(rows.order) - len(fewer.order):
            notes.append(f"{counted_was(repeated, 'row')} left out: each repeats another row, cell for cell")
            rows, clocks = fewer, _find_clocks(fewer, targets)
            chosen = [choose_reading(clock.readings, rows.bounds) for clock in clocks]
    times = zones = place = None
    reverse = np.zeros(len(rows.bounds) - 1, bool)
    for clock, found in zip(clocks, chosen):
        if found is None:
            raise _out_of_order(rows, clock, {*targets, *(k for own in clocks for k in own.places)})
        if clock is not clocks[0] and (found[1] != reverse).any():
            both = f"{clocks[0].name!r} runs one way and {clock.name!r} the other"
            raise InputError(f"{rows.path}: {both}: IGNORE = [{clock.name!r}] leaves it out")
        reverse = found[1]
        if clock.is_time:
            times, zones = found[0], clock.zones
            notes += clock.notes
            if len({str(reading[0]) for reading in clock.readings}) > 1:
                first = local_times(times, zones)[0].astype("datetime64[D]")
                notes.append(f"{clock.name}: {clock.cells[0]} is read as {first}")
            steps = [step_times(times[own], zones if zones is None else zones[own]) for own in rows.slices()]
            notes += step_notes(steps, way=way_to_even_steps(rows, clock, steps))
        elif times is None and place is None and (len(reverse) == 1 or not COUNTERS.search(clock.name)):
            place = clock.places[0]
    places = [k for clock in clocks for k in clock.places]
    places += [k for k in _counters(rows) if k not in places and k not in targets]
    if is_index(rows.names[0], rows.columns[0]) and not any(clock.is_time and 0 in clock.places for clock in clocks):
        notes += index_notes(rows.names[0], rows.columns[0][np.argsort(rows.order)])
        places += [0] * (0 not in places)
        if times is None and place is None and len(reverse) == 1:
            place = 0 if choose_reading([rows.columns[0]], rows.bounds) is not None else None
    if not places and times is None:
        _refuse_unknown_dates(rows)
    if reverse.any():
        which = "the rows" if len(reverse) == 1 else f"the rows of {reverse.sum()} series"
        notes.append(f"{which} run from newest to oldest: they were reversed")
    return RowOrder(rows, places, times, zones, place, reverse, notes)


def _find_clocks(rows, targets):
    """Return the Clocks that order the rows of series: time stamps first, then numbers named like a time that go on.

    Raises: InputError for one that repeats because nothing tells series apart.
    """
    names, columns, bounds = rows.names, rows.columns, rows.bounds
    stamps = find_times(names, columns, bounds, targets)
    if stamps is None:
        _refuse_times_with_gaps(rows, targets)
    clocks = [stamps] if stamps else []
    known = {*targets, *(stamps.places if stamps else ()), *_counters(rows)}
    for k, (name, column) in enumerate(zip(names, columns)):
        if k in known or not isinstance(column, np.ndarray) or bounds[-1] < len(bounds) or not TIME_NAMES.search(name):
            continue
        if k == 0 and is_index(name, column) and (stamps or choose_reading([column], bounds) is None):
            continue
        steps = steps_within(column, bounds)
        moves = np.sign(steps[steps != 0])
        restarts = CALENDAR.search(name) and not ((steps > 0).all() or (steps < 0).all())
        if len(moves) and max((moves > 0).mean(), (moves < 0).mean()) >= 0.9 and not restarts:
            if (gaps := np.isnan(column)).any():
                raise InputError(f"{rows.location(int(gaps.argmax()))}: time column {name!r} is empty: fill it in")
            coarse = 2 * len(moves) < len(steps)
            clocks.append(Clock(name, [k], as_written(column), [column], coarse=coarse))
    for clock in clocks:  # where times are too coarse to order rows, they may be those of several series
        if clock.coarse and _columns_that_divide(rows, clock, known):
            raise _out_of_order(rows, clock, known)
    return [clock for clock in clocks if not clock.coarse]


def _refuse_times_with_gaps(rows, targets):
    """Raise InputError for numbers that tell the time (seconds since 1970, 20201231) in all rows but some."""
    large = {k: column for k, column in enumerate(rows.columns) if isinstance(column, np.ndarray) and k not in targets}
    large = {k: column for k, column in large.items() if np.isnan(column).any() and np.fmin.reduce(column) > LEAST_TIME}
    filled = [*rows.columns]
    for k, column in large.items():  # from the row before
        last = np.maximum.accumulate(np.where(np.isnan(column), -1, np.arange(len(column))))
        filled[k] = np.where(last < 0, column[~np.isnan(column)][0], column[last])
    clock = find_times(rows.names, filled, rows.bounds, targets) if large else None
    if clock is not None and (place := next((k for k in clock.places if k in large), None)) is not None:
        gaps = np.isnan(large[place])
        raise InputError(
            f"{rows.location(int(gaps.argmax()))}: time column {rows.names[place]!r} is empty, as in {gaps.sum()} of "
            f"{len(gaps)} rows: fill it in, leave those rows out, or set IGNORE = [{rows.names[place]!r}]"
        )


def _counters(rows):
    """Return the places of the columns that are called id, row, ... and count the rows of each series."""
    numbers = [k for k, column in enumerate(rows.columns) if isinstance(column, np.ndarray)]
    if rows.bounds[-1] < len(rows.bounds):
        return []
    named = [k for k in numbers if COUNTERS.search(rows.names[k])]
    return [k for k in named if (steps_within(rows.columns[k], rows.bounds) == 1).all()]


def _without_repeated(rows):
    """Return TableRows without the rows that repeat another of their series and file in every cell."""
    recording = np.repeat(np.arange(len(rows.bounds) - 1), np.diff(rows.bounds))
    codes = [np.unique(column, return_inverse=True)[1] for column in rows.columns]
    first = np.sort(np.unique(combine([recording, rows.table_of, *codes]), return_index=True)[1])
    columns = [
        column[first] if isinstance(column, np.ndarray) else [column[row] for row in first] for column in rows.columns
    ]
    bounds = np.searchsorted(first, rows.bounds)
    return replace(rows, columns=columns, table_of=rows.table_of[first], order=rows.order[first], bounds=bounds)


def _refuse_unknown_dates(rows):
    """Raise InputError for dates that are not understood, where nothing else tells the order of the rows."""
    for name, cells in zip(rows.names, rows.columns):
        if isinstance(cells, np.ndarray):
            continue
        if TIME_NAMES.search(name) and (row := timestamps.first_invalid_date(cells)) is not None:
            raise InputError(f"{rows.location(row)}: {cells[row][:40]!r} in column {name!r} is not a date")
        if (row := timestamps.first_without_zone(cells)) is not None:
            raise InputError(
                f"{rows.location(row)}: {cells[row][:40]!r} in column {name!r} has no offset from UTC, and others do: "
                "write it, +01:00 say, in every row or in none"
            )
        zones = {zone: row for row, zone in enumerate(map(timestamps.zone_name, cells))}
        if len(zones) > 1 and timestamps.parse_times([timestamps.without_zone_name(cells[:1])[0]]):
            named = ", ".join(zone.strip() or "none" for zone in sorted(zones))
            raise InputError(
                f"{rows.location(max(zones.values()))}: column {name!r} names several zones ({named}): write their "
                "offsets from UTC, +01:00 say"
            )
        if timestamps.holds_unknown_dates(name, cells):
            raise InputError(
                f"{rows.location(0)}: {cells[0][:40]!r} in column {name!r} is a time in an unknown format, so nothing "
                f"tells whether the rows are in order: write 2020-12-31 23:59:59, or if they are, IGNORE = [{name!r}]"
            )


def _out_of_order(rows, clock, known):
    """Return the InputError for times that repeat or go back; it names columns that tell series apart.

    known: places of columns that do not, since they are forecast or tell the time.
    """
    row, repeats, in_order = first_disorder(clock.readings[0], rows.bounds)
    what = f"repeats time column {clock.name!r}" if repeats else f"goes back in time column {clock.name!r}"
    reason = f"{rows.location(row)}: {clock.cells[row]!r} {what}"
    stamps = [times for times in clock.readings if times.dtype.kind == "M" and clock.zones is None]
    if any(is_clock_put_back(times, rows.bounds) for times in stamps):
        return InputError(
            f"{reason}, as where the clock is put back in autumn and an hour comes twice: write times with their "
            "offset (2020-10-25 02:00+01:00) or in UTC"
        )
    ignored = [rows.names[k] for k in clock.places]
    way_out = f", or set IGNORE = {ignored!r}" if ignored else ""
    if found := _columns_that_divide(rows, clock, known):
        places, count = found
        names = [rows.names[k] for k in places]
        have = f"{names[0]!r} has" if len(names) == 1 else f"{' and '.join(map(repr, names))} together have"
        sequence = [*rows.sequence, *names]
        return InputError(
            f"{reason}; {have} {count} values, and for each of them the times are in order: set SEQUENCE = "
            f"{sequence if len(sequence) > 1 else sequence[0]!r}, and TARGET, the column to forecast, or LABEL, the "
            f"column to learn{way_out if clock.coarse else ''}{_pivot_hint(rows, clock, places)}"
        )
    apart = "one series per file, or set SEQUENCE to the column that tells them apart"
    if in_order:
        same = f"{reason}, as line {rows.location(row - 1).rpartition(' ')[2]} has it"
        return InputError(f"{same}, with other values: keep one row per time{way_out} (and {apart})")
    return InputError(f"{reason}; sort it, one row per time{way_out} (and {apart})")


def _columns_that_divide(rows, clock, known):
    """Find one column, or two, such that the times are in order for each of their values in each series.

    Where times are coarse, there must be words among them, or a row for each value at each time.
    Parameters: known are places of columns that are not tried.
    Returns: (their places, how many values they have), or None.
    """
    codes = {}
    for k, (name, column) in enumerate(zip(rows.names, rows.columns)):
        numeric = isinstance(column, np.ndarray)
        if k in (*known, *clock.places) or name in rows.sequence or is_part_of_date(name, column):
            continue
        if clock.coarse and numeric and (column != np.round(column)).any():
            continue
        own = np.unique(column, return_inverse=True)[1]
        if 0 < own.max() < len(own) / 3:
            codes[k] = own
    steps = steps_within(clock.readings[0], rows.bounds).astype(float)
    disorders = min((steps <= 0).sum(), (steps >= 0).sum())
    recording = np.repeat(np.arange(len(rows.bounds) - 1), np.diff(rows.bounds))
    for places in (*((k,) for k in codes), *combinations(codes, 2)):
        values = combine([recording, *(codes[k] for k in places)])
        count = len({*combine([codes[k] for k in places]).tolist()})
        order = np.argsort(values, kind="stable")
        bounds = np.concatenate([[0], np.cumsum(np.bincount(values))])
        if count > min(len(values) / 3, 1 + 2 * disorders):  # one time that comes twice tells no series apart
            continue
        numbers = all(isinstance(rows.columns[k], np.ndarray) for k in places)
        if clock.coarse and numbers and count * len(np.unique(clock.readings[0])) != len(values):
            continue
        if choose_reading([own[order] for own in clock.readings], bounds) is not None:
            return places, count
    return None


def _pivot_hint(rows, clock, places):
    """Name PIVOT where a table has a single column of numbers that may hold several variables, one below another."""
    words = [k for k in places if not isinstance(rows.columns[k], np.ndarray)]
    used = {*places, *clock.places, *map(rows.names.index, rows.sequence)}
    if not clock.places:
        used |= {k for k, name in enumerate(rows.names) if name.strip().lower() in PARTS}
    numbers = [k for k, own in enumerate(rows.columns) if isinstance(own, np.ndarray) and k not in used]
    if not words or len(numbers) != 1 or len(rows.tables) > 1:
        return ""
    others = [*rows.sequence, *(rows.names[k] for k in places if k != words[-1])]
    apart = f", and SEQUENCE = {others if len(others) > 1 else others[0]!r}" if others else ""
    name = rows.names[words[-1]]
    return f"; if the values of {name!r} are variables, set PIVOT = {name!r}{apart} instead: each becomes a column"
