"""Tracks at even steps: long pauses end a track, and between its points it is interpolated linearly."""

import numpy as np

from core.errors import InputError
from core.wording import counted, counted_was
from sequences.gaps import LONG_GAP

PAUSE = 30  # seconds that may always be missing, unless they are more than SHORT_STEPS of them
SHORT_STEPS = 60


def evenly_spaced(tracks, where, step=None):
    """Interpolate tracks, Sequences with times (NaT where there are none), to even steps, and end them at pauses.

    Parameters: where, the path, for messages; step, seconds, of the run for new data; None: the median of all.
    Returns: Sequences with `time_step`, times in UTC; without times as they are. What was changed is noted.
    Raises: InputError for points much further apart than the run's.
    """
    timed = [~np.isnat(own) for own in tracks.times]
    total = sum(map(len, timed))
    if not any(own.any() for own in timed):
        if step is not None:
            raise InputError(f"{where} has no times, and the tracks of the run have")
        return tracks.replace(times=None).noted("no point has a time: points are taken as rows at even steps")
    later = [own & _goes_on(times) for own, times in zip(timed, tracks.times)]
    named = [(name, x[own], times[own]) for name, x, times, own in zip(tracks.names, tracks.x, tracks.times, later)]
    named, notes = [own for own in named if len(own[1])], []
    if lost := total - sum(len(x) for _, x, _ in named):
        notes.append(f"{counted_was(lost, 'point')} left out: without a time, or not after the one before")
    sizes = np.concatenate([np.diff(times) / np.timedelta64(1, "s") for _, _, times in named])
    usual = float(np.median(sizes)) if len(sizes) else 1.0
    usual = float(round(usual)) if usual >= 1 else usual
    step = step or usual
    if usual > LONG_GAP * step:
        raise InputError(f"{where} has a point every {usual:g} seconds, the training set every {step:g}")
    pause = max(LONG_GAP * step, min(PAUSE, SHORT_STEPS * step))
    pieces = [piece for own in named for piece in _pieces(*own, pause)]
    if len(pieces) > len(named):
        ended = f"pauses of more than {pause:g} s end a track"
        notes.append(f"{ended}: {counted(len(named), 'track')} became {len(pieces)}")
    made = [_interpolated(x, times, step) for _, x, times in pieces]
    sizes = np.concatenate([np.diff(times) / np.timedelta64(1, "s") for _, _, times in pieces])
    if len(sizes) and (np.abs(sizes - step) > 1e-3).any():
        span = f"{sizes.min():g} to {sizes.max():g} s apart ({np.median(sizes):g} in the median)"
        became = f"{sum(len(x) for _, x, _ in pieces):,} points became {sum(len(x) for x, _ in made):,} rows"
        notes.append(f"points are {span}: interpolated linearly to every {step:g} s, {became}")
    return tracks.replace(
        x=[x for x, _ in made],
        names=[name for name, _, _ in pieces],
        times=[times for _, times in made],
        zones=[np.full(len(x), "Z") for x, _ in made],
        time_step=step,
    ).noted(*notes)


def _goes_on(times):
    """Tell which times (n,) are later than all before them; NaT is not, and counts for none."""
    numbers = np.where(np.isnat(times), np.iinfo(np.int64).min, times.astype(np.int64))
    before = np.maximum.accumulate(np.concatenate([[np.iinfo(np.int64).min], numbers[:-1]]))
    return numbers > before


def _pieces(name, x, times, pause):
    """Cut a track where a pause of more seconds is. Returns: list of (name, x, times)."""
    cuts = 1 + np.flatnonzero(np.diff(times) > np.timedelta64(round(1000 * pause), "ms"))
    pieces = zip(np.split(x, cuts), np.split(times, cuts))
    return [(f"{name} ({k})" if len(cuts) else name, *own) for k, own in enumerate(pieces, 1)]


def _interpolated(x, times, step):
    """Return (x, times) at even steps of so many seconds, from the first time on; a column of gaps alone stays so."""
    seconds = (times - times[0]) / np.timedelta64(1, "s")
    even = np.arange(int(seconds[-1] / step + 1e-9) + 1) * step
    values = np.full((len(even), x.shape[1]), np.nan)
    for k, column in enumerate(x.T):
        known = ~np.isnan(column)
        if known.any():
            values[:, k] = np.interp(even, seconds[known], column[known])
    stamps = times[0] + np.round(1000 * even).astype(np.int64).astype("timedelta64[ms]")
    whole = stamps.astype("datetime64[s]")
    return values, whole if (whole == stamps).all() else stamps
