"""What a time stamp tells of the rows ahead: hour, weekday and month, as sine and cosine."""

import numpy as np

CYCLES = {"hour": 24, "weekday": 7, "month": 12}  # how many of each come before they begin again


def cyclical_encoding(times, name):
    """Return sine and cosine (rows, 2) of the hour of the day, weekday or month of time stamps (rows,).

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
