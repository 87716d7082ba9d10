"""What a time stamp tells of the rows ahead: hour, weekday and month of local time, as sine and cosine."""

import re

import numpy as np

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
    """Continue time stamps (rows,) by `count` more, in their most frequent step; months stay months."""
    months = times.astype("datetime64[M]")
    steps = np.diff(months).astype(np.int64)
    within = times - months.astype(times.dtype)
    if len(steps) and steps.min() == steps.max() > 0 and (within == within[0]).all():
        return (months[-1] + steps[0] * np.arange(1, count + 1)).astype(times.dtype) + within[0]
    steps, counts = np.unique(np.diff(times), return_counts=True)
    step = steps[counts.argmax()] if len(steps) else np.timedelta64(1, "s")
    return times[-1] + step * np.arange(1, count + 1)
