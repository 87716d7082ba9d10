"""Missing values inside sequences: filled between their neighbours, or from the past alone; and missing rows."""

import numpy as np

from core.errors import InputError
from core.wording import counted_was

LONG_GAP = 5  # usual steps: windows run over gaps up to that
REGULAR = 0.9  # share of the steps that must be alike for others to be gaps
NIGHTS = 5  # gaps of one length from which on they belong to the data, as nights and weekends do


def share_alike(steps):
    """Return the share of steps (n,) between times, none of them negative, that are as long as is usual."""
    return np.mean(np.abs(steps - np.median(steps)) <= 0.15 * np.median(steps)) if len(steps) else 0.0


def long_gaps(times):
    """Tell which steps between the times of a series (rows,) are gaps that no window runs over: bool (rows - 1,).

    times: time stamps, or numbers that tell the time.

    They are more than LONG_GAP usual steps where most steps are alike, and of no length that comes again and again.
    """
    steps = np.abs(np.diff(times).astype(float))
    found = steps > LONG_GAP * (np.median(steps) if len(steps) else 0)
    nights = found.sum() >= NIGHTS and share_alike(steps[found]) > 0.5
    return found & (share_alike(steps) > REGULAR) & (not nights)


def fill_gaps(sequences, where):
    """Fill the gaps in sequences (time_i, features): `interpolated`, or `carried_forward` if `divided_by_time`.

    where: the path, for messages.
    Returns: Sequences, noted how many were filled.
    Raises: InputError for a sequence that has no value of a feature.
    """
    x, count, measured = list(sequences.x), 0, []
    fill, how = interpolated, "by linear interpolation"
    if sequences.divided_by_time:
        fill, how = carried_forward, "from the row before"
    for place, values in enumerate(x):
        gaps = np.isnan(values) if values.dtype.kind == "f" else np.zeros(values.shape, bool)
        if (empty := gaps.all(axis=0)).any():
            column = int(empty.argmax())
            column = sequences.columns[column] if sequences.columns else column
            way_on = f": IGNORE = [{column!r}] leaves it out" if sequences.columns else ""
            raise InputError(f"{where}: {name_of(sequences, place)} has no value of feature {column!r}{way_on}")
        if gaps.any():
            x[place], count = fill(values, gaps), count + int(gaps.sum())
        measured.append(~gaps)
    if not count:
        return sequences.replace(x=x)
    return sequences.replace(x=x, measured=measured).noted(f"{counted_was(count, 'missing value')} filled {how}")


def name_of(sequences, place):
    """Return what to call one of the sequences in a message."""
    return sequences.names[place] if sequences.names else f"sequence {place} (counted from 0)"


def interpolated(sequence, gaps):
    """Fill the gaps (time, features) of a sequence, none of whose features is all gap, by linear interpolation."""
    sequence, steps = sequence.copy(), np.arange(len(sequence))
    for values, missing in zip(sequence.T, gaps.T):
        values[missing] = np.interp(steps[missing], steps[~missing], values[~missing])
    return sequence


def carried_forward(sequence, gaps):
    """Fill the gaps (time, features) of a sequence by the last value before each, at its beginning by the first."""
    last = np.maximum.accumulate(np.where(gaps, -1, np.arange(len(sequence))[:, None]), axis=0)
    return np.take_along_axis(sequence, np.where(last < 0, gaps.argmin(axis=0), last), axis=0)
