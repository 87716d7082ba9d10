"""What a time stamp tells of the rows ahead: hour, weekday and month of local time, as sine and cosine."""

import re

import numpy as np

FREE = 3  # times that a weekday must have been passed over to be known as free
CYCLES = {"hour": 24, "weekday": 7, "month": 12}  # how many of each come before they begin again


def cyclical_encoding(times, name):
    """Return sine and cosine (rows, 2) of the hour of the day, weekday or month of local times (rows,).

    So 23 h lies beside 0 h, and December beside January.
    """
    day = times.astype("datetime64[D]")
    if name == "hour":
        place = (times - day) / np.timedelta64(1, "h")
    elif name == "weekday":
        place = day.astype(np.int64) % 7
    else:
        place = day.astype("datetime64[M]").astype(np.int64) % 12
    angle = 2 * np.pi * place / CYCLES[name]
    return np.stack([np.sin(angle), np.cos(angle)], axis=1)


def utc_offsets(zones):
    """Return by how much local time is ahead of UTC, timedelta64[s] (rows,), in zones "+01:00", "Z", " UTC" (rows,)."""
    seconds = {}
    for zone in set(zones.tolist()):
        sign, hours, minutes = re.fullmatch(r" ?([+-]?)(\d\d)?:?(\d\d)?(?:Z|UTC|GMT)?", zone).groups()
        seconds[zone] = int(f"{sign}1") * (3600 * int(hours or 0) + 60 * int(minutes or 0))
    return np.array([seconds[zone] for zone in zones.tolist()], dtype="timedelta64[s]")


def local_times(times, zones):
    """Return times in UTC (rows,) as the clocks of their zones (rows,) showed them; zones are None: as they are."""
    return times if zones is None else times + utc_offsets(zones)


def step_times(times, zones):
    """Return the times (rows,) that tell how far rows are apart: local ones of days and months, else those in UTC.

    So neither the 23 hours from midnight to midnight in spring nor the repeated hour in autumn is a step like no other.
    """
    local = local_times(times, zones)
    of_day = local - local.astype("datetime64[D]")
    return local if (of_day == of_day[:1]).all() else times


def times_with_future(times, zones, count):
    """Return local times (rows + count,): those of the rows, and `count` more, at the last row's offset from UTC."""
    even, local = step_times(times, zones), local_times(times, zones)
    return np.concatenate([local, continue_times(even, count) + (local[-1] - even[-1])])


def continue_times(times, count):
    """Continue time stamps (rows,) by `count` more, in their most frequent step; months stay months.

    The last days of months are followed by last days, and weekdays that never occur, as of markets, are passed over.
    """
    ahead = np.arange(1, count + 1)
    days, months = times.astype("datetime64[D]"), times.astype("datetime64[M]")
    of_day = times - days
    if len(times) > 1 and (of_day == of_day[0]).all():
        day, last = (days - months.astype(days.dtype)).astype(int), _last_day(months)
        usual = 30 if (day == last).all() else day.max()
        if (np.diff(months).astype(int) > 0).all() and (day == np.minimum(usual, last)).all():
            later = months[-1] + _most_frequent(np.diff(months)) * ahead
            return (later.astype(days.dtype) + np.minimum(usual, _last_day(later))).astype(times.dtype) + of_day[0]
    step = _most_frequent(np.diff(times)) if len(times) > 1 else np.timedelta64(1, "s")
    if step != np.timedelta64(1, "D"):
        return times[-1] + step * ahead
    later = times[-1] + step * np.arange(1, 7 * count + 1)
    return later[~_is_free(later.astype(days.dtype), days)][:count]


def _most_frequent(steps):
    """Return the most frequent of steps (n,), of equals the shortest."""
    steps, counts = np.unique(steps, return_counts=True)
    return steps[counts.argmax()]


def _last_day(months):
    """Return the last day of months (n,), counted from 0."""
    return ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(int) - 1


def _is_free(later, days):
    """Tell which days to come, later (n,), are of a weekday that days (rows,) pass over FREE times, always: bool."""
    passed = np.bincount(np.arange(days[0].astype(int), days[-1].astype(int) + 1) % 7, minlength=7)
    free = (passed >= FREE) & (np.bincount(days.astype(int) % 7, minlength=7) == 0)
    return free[later.astype(int) % 7]
