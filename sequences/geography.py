"""Places on the globe: the columns that hold them, longitudes across the 180th meridian, distances in kilometres."""

import re

import numpy as np

EARTH = 6371.0088  # km, the mean radius
LATITUDE = re.compile(r"(?<![a-z])lat(itude)?(?![a-z])", re.IGNORECASE)
LONGITUDE = re.compile(r"(?<![a-z])(lon|lng|long|longitude)(?![a-z])", re.IGNORECASE)


def great_circle(latitude, longitude, other_latitude, other_longitude):
    """Return the distance in km between places given in degrees, arrays that broadcast (haversine, on a sphere)."""
    latitude, longitude, other_latitude, other_longitude = map(
        np.radians, (latitude, longitude, other_latitude, other_longitude)
    )
    north, east = np.sin((other_latitude - latitude) / 2), np.sin((other_longitude - longitude) / 2)
    haversine = north**2 + np.cos(latitude) * np.cos(other_latitude) * east**2
    return 2 * EARTH * np.arcsin(np.sqrt(np.clip(haversine, 0, 1)))


def find_position(names):
    """Return (place of the latitude, place of the longitude) among names of columns; None where not each is there once.

    So it is too where several may be meant, as start_lat and end_lat.
    """
    found = [[k for k, name in enumerate(names) if form.search(str(name))] for form in (LATITUDE, LONGITUDE)]
    return (found[0][0], found[1][0]) if [*map(len, found)] == [1, 1] else None


def wrapped(longitude, lowest):
    """Return longitudes (...,) in degrees from `lowest` to 360 beyond; those that are so stay as they are."""
    outside = (longitude < lowest) | (longitude > lowest + 360)
    return np.where(outside, (longitude - lowest) % 360 + lowest, longitude)


def unrolled(longitude):
    """Return longitudes (time,), NaN in gaps, without the jumps of 360 degrees where they cross a meridian."""
    known = ~np.isnan(longitude)
    turns = np.cumsum(np.round(np.diff(longitude[known], prepend=longitude[known][:1]) / 360))
    whole = longitude.copy()
    whole[known] -= 360 * turns
    return whole


def with_unrolled_longitude(series, targets=None):
    """Unroll the longitude of moving series, each by itself; all then lie as near to each other as they can.

    Parameters: series are Sequences with columns; targets, names of those to forecast: where they have a latitude and
    a longitude those are meant, else the only ones among the columns.
    Returns: Sequences, their `meridian` set where they hold places. What was changed is noted.
    """
    names = next((own for own in (targets or [], series.columns) if find_position(own)), None)
    if names is None or not {*names} <= {*series.columns}:
        return series
    latitude, longitude = (series.columns.index(names[k]) for k in find_position(names))
    every = np.concatenate(series.x)[:, [latitude, longitude]]
    if (np.abs(every[:, 0]) > 90).any() or (every[:, 1] < -180).any() or (every[:, 1] > 360).any():
        return series
    raw = [x[:, longitude] for x in series.x]
    whole = [unrolled(own) for own in raw]
    crossing = sum(not np.array_equal(own, other, equal_nan=True) for own, other in zip(raw, whole))
    middles = np.array([np.nanmedian(own) if np.isfinite(own).any() else 0.0 for own in whole])
    shifts = 360 * np.round((middles[0] - middles) / 360)
    if np.ptp(middles + shifts) < np.ptp(middles):
        whole = [own + shift for own, shift in zip(whole, shifts)]
    lowest = 0.0 if np.nanmax(every[:, 1]) > 180 else -180.0
    changed = [not np.array_equal(own, other, equal_nan=True) for own, other in zip(raw, whole)]
    series = series.replace(meridian=lowest)
    if not any(changed):
        return series
    x = [np.array(values) for values in series.x]
    for values, own in zip(x, whole):
        values[:, longitude] = own
    where = f" in {crossing} of {len(x)} series" if len(x) > 1 else ""
    what = f"jumps by 360 degrees{where}" if crossing else "lies on both sides of a meridian"
    back = f"{lowest:g} to {lowest + 360:g}"
    note = f"{series.columns[longitude]} {what}: it is unrolled, and forecasts are put back to {back}"
    return series.replace(x=x).noted(note)
