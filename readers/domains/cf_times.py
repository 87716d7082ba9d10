"""The times of climate data, decoded by xarray: dates of the usual calendar or, from cftime, of a model's own."""

from datetime import date, timedelta

import numpy as np

from core.errors import InputError
from core.wording import counted_was


def time_axis(path, data):
    """Return the name of the variable of an xarray.Dataset that tells the time along a dimension: its own one first."""
    found = [
        name
        for name, variable in data.variables.items()
        if variable.ndim == 1 and " since " in str(variable.encoding.get("units", ""))
    ]
    if not found:
        sizes = ", ".join(f"{name} {size}" for name, size in data.sizes.items())
        raise InputError(
            f"{path} has no time axis among its dimensions ({sizes}): a variable along one of them must have units, "
            "such as 'hours since 1900-01-01'"
        )
    return next((name for name in found if name in data.dims), found[0])


def time_stamps(path, variable):
    """Write the times of a variable (time,) as they stand in its calendar.

    Returns: (strings, "2000-01-31T06:00:00"; bool (time,), False for days that no other calendar has; notes).
    """
    values = variable.values
    if values.dtype.kind == "M":
        if np.isnat(values).any():
            raise InputError(f"{path}: {variable.name} is empty in row {int(np.isnat(values).argmax()) + 1}")
        exact = values.astype("datetime64[us]")
        whole = (exact + np.timedelta64(500, "ms")).astype("datetime64[s]")
        close = (np.abs(exact - whole) < np.timedelta64(1, "ms")).all()  # fractions of days are seldom whole seconds
        return np.datetime_as_string(whole if close else exact).tolist(), np.ones(len(values), bool), []
    calendar = values[0].calendar
    values = [own + timedelta(microseconds=500_000) for own in values]
    exist = np.array([_exists(own) for own in values])
    notes = [f"{variable.name} is in the calendar {calendar!r}: dates are taken as it has them"]
    if not exist.all():
        first = next(own for own, there in zip(values, exist) if not there)
        lost = counted_was(int((~exist).sum()), "row")
        notes.append(f"{lost} left out: days as {first.year:04}-{first.month:02}-{first.day:02} no other calendar has")
    stamps = [
        f"{own.year:04}-{own.month:02}-{own.day:02}T{own.hour:02}:{own.minute:02}:{own.second:02}" for own in values
    ]
    return [stamp for stamp, there in zip(stamps, exist) if there], exist, notes


def _exists(time):
    """Tell whether the usual calendar has the day of a cftime date."""
    try:
        return bool(date(time.year, time.month, time.day))
    except ValueError:
        return False
