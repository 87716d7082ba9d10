"""Missing values inside sequences: filled between their neighbours, or from the past alone."""

import numpy as np

from core.errors import InputError


def fill_gaps(sequences, fill=None):
    """Fill the gaps in sequences (time_i, features) by `fill`: `interpolated` (None) or `carried_forward`.

    Returns: (Sequences, the number of values filled).
    Raises: InputError for a sequence that has no value of a feature.
    """
    x, count = list(sequences.x), 0
    for place, values in enumerate(x):
        gaps = np.isnan(values) if values.dtype.kind == "f" else np.zeros(values.shape, bool)
        if (empty := gaps.all(axis=0)).any():
            column = int(empty.argmax())
            column = sequences.columns[column] if sequences.columns else column
            raise InputError(f"{name_of(sequences, place)} has no value of feature {column!r}")
        if gaps.any():
            x[place], count = (fill or interpolated)(values, gaps), count + int(gaps.sum())
    return sequences.replace(x=x), count


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
