"""What a time stamp tells of the rows ahead: hour, weekday and month of local time, as sine and cosine."""

import re

import numpy as np

FREE = 3  # times that a weekday, or an hour of one, must have been passed over to be known as free
DAY, WEEK = np.timedelta64(1, "D"), np.timedelta64(7, "D")
MINUTE = np.timedelta64(60, "s")  # rows closer together know no days and weeks
OBEYED = 0.8  # share of rows that must be where a rule has them: holidays shift some, others are missing
MOST_DAYS = 6  # of a month that rows are on, those of each fifth
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
    """Continue time stamps (rows,) by `count` more, in their most frequent step, as clocks and calendars have it.

    Days of months, one or a few each, and working days at their ends stay what they are, and places in the week that
    never occur are passed over: weekends, and the nights of markets. So are those between hours or days that come at
    uneven steps: 8 and 18 h, Mondays, Wednesdays and Fridays.
    """
    ahead, days = np.arange(1, count + 1), times.astype("datetime64[D]")
    of_day = times - days
    if len(times) > 1 and (of_day == of_day[0]).all():
        months = days.astype("datetime64[M]")
        if (rule := _day_of_month(days, months)) is not None:
            later = months[-1] + _most_frequent(np.diff(months)) * ahead
            return rule(later).astype(times.dtype) + of_day[0]
        if (following := _same_days_of_months(days, months, count)) is not None:
            return following.astype(times.dtype) + of_day[0]
    if len(times) == 1:
        return times[-1] + np.timedelta64(1, "s") * ahead
    step = _most_frequent(np.diff(times))
    if (found := _uneven_steps_of_cycle(times, step)) is not None:
        return _passing_over(*found, times, count)
    free = _free_slots(times, step, WEEK)
    return times[-1] + step * ahead if free is None else _passing_over(free, step, times, count)


def _uneven_steps_of_cycle(times, step):
    """Find the slots of a day, or else of a week, that times (rows,) come in, most of them not `step` apart.

    Returns: (whether each slot of the cycle is free (slots,), how long one is), or None: they come in no such slots.
    """
    steps = np.diff(times)
    none = np.timedelta64(0, "s")
    if step < MINUTE or (WEEK % step == none and np.mean(steps % step == none) >= OBEYED):
        return None
    common = np.gcd.reduce(steps.astype(np.int64)).astype(steps.dtype)
    for cycle in (DAY, WEEK):
        if (free := _free_slots(times, common, cycle)) is not None:
            due = (times[-1] - times[0]) / cycle * (~free).sum()
            if len(times) >= OBEYED * due:
                return free, common
    return None


def _free_slots(times, step, cycle):
    """Tell which slots, a step long each, of a cycle from the first of times (rows,) on are free: bool (slots,).

    None where the cycle has no whole number of them, or rows are less than a minute apart.
    """
    if step < MINUTE or cycle % step != np.timedelta64(0, "s"):
        return None
    return _is_free((times - times[0]) // step, cycle // step)


def _passing_over(free, step, times, count):
    """Return the `count` times that follow times (rows,) in steps, without the free slots (slots,) of a cycle."""
    coming = np.arange(1, len(free) + 1)  # of the cycle that follows, in steps
    coming = coming[~free[((times[-1] - times[0]) // step + coming) % len(free)]]
    cycles = len(free) * np.arange(-(-count // len(coming)))
    return times[-1] + step * (cycles[:, None] + coming).ravel()[:count]


def _day_of_month(days, months):
    """Return the rule, from months to days, that days (rows,) of these months (rows,) obey, or None.

    The same day, where the month has it, or the last; the last working day, or the first, which holidays may shift.
    """
    if not (np.diff(months).astype(int) > 0).all():
        return None
    day, last = (days - months.astype(days.dtype)).astype(int), _last_day(months)
    usual = 30 if (day == last).all() else day.max()
    rules = [
        lambda months: months.astype(days.dtype) + np.minimum(usual, _last_day(months)),
        lambda months: np.busday_offset((months + 1).astype(days.dtype), -1, roll="forward"),
        lambda months: np.busday_offset(months.astype(days.dtype), 0, roll="forward"),
    ]
    obeyed = [np.mean(rule(months) == days) for rule in rules]
    best = int(np.argmax(obeyed))
    return rules[best] if obeyed[best] >= (1 if best == 0 else OBEYED) else None


def _same_days_of_months(days, months, count):
    """Return the `count` days that follow days (rows,) where all months have the same few (1st, 11th), or None.

    The last day of a month that is longer is the last of all. Some rows may be missing.
    """
    long = months[(months > months[0]) & (months < months[-1]) & (_last_day(months) == 30)]
    if len(long) == 0:
        return None
    fullest, rows = np.unique(long, return_counts=True)
    fullest = fullest[rows.argmax()]
    usual = (days[months == fullest] - fullest.astype(days.dtype)).astype(int)
    all_months = np.arange(months[0], months[-1] + 2 + count)
    due = np.unique(all_months.astype(days.dtype)[:, None] + np.minimum(usual, _last_day(all_months)[:, None]))
    passed = due[(due >= days[0]) & (due <= days[-1])]
    if not (2 <= len(usual) <= MOST_DAYS and np.isin(days, passed).all() and len(days) >= OBEYED * len(passed)):
        return None
    return due[due > days[-1]][:count]


def _most_frequent(steps):
    """Return the most frequent of steps (n,), of equals the shortest."""
    steps, counts = np.unique(steps, return_counts=True)
    return steps[counts.argmax()]


def _last_day(months):
    """Return the last day of months (n,), counted from 0."""
    return ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(int) - 1


def _is_free(place, slots):
    """Tell which slots of a cycle rows, place (rows,) in steps, pass over FREE times, and always: bool (slots,).

    A gap of more than a cycle tells nothing: it lies between two recordings.
    """
    gaps, slot = np.diff(place), place % slots
    short = gaps <= slots
    start = slot[:-1][short] + 1
    passed = np.bincount(start, minlength=2 * slots + 1) - np.bincount(start + gaps[short] - 1, minlength=2 * slots + 1)
    passed = passed.cumsum()[: 2 * slots].reshape(2, slots).sum(axis=0)
    return (passed >= FREE) & (np.bincount(slot, minlength=slots) == 0)
