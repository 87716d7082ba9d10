"""Targets that are cut off, remaining life capped at 125 or marks from 1 to 5: answers stay where the truth can be."""

import numpy as np

from core.lazy import keras

CAPPED = 0.05  # share of the training set that has its largest number (or its smallest), and
OFTEN = 10  # sequences that have it, at the least: it is cut off there
NO_END = float(np.finfo(np.float32).max)


def ends_of(y):
    """Return [lowest, highest] answer to a target y (n,): its own ends where it is cut off there, else NO_END."""
    counts = [(end, np.count_nonzero(y == end)) for end in (y.min(), y.max())]
    capped = [count >= max(OFTEN, CAPPED * len(y)) for _, count in counts]
    return [float(end) if own else sign * NO_END for (end, _), own, sign in zip(counts, capped, (-1, 1))]


def are_ends(ends, targets):
    """Tell whether `ends`, read from run.json, is a list of what `ends_of` can have returned for each target."""
    return (
        isinstance(ends, list)
        and len(ends) == targets
        and all(isinstance(own, list) and len(own) == 2 for own in ends)
        and all(type(end) in (int, float) and abs(end) <= NO_END for own in ends for end in own)
    )


def end_notes(names, ends, y):
    """Say where answers go no further. y: the targets of the training set (n, targets). Returns: a list of lines."""
    notes = []
    for name, own, column in zip(names, ends, y.T):
        for end, what in zip(own, ("smallest", "largest")):
            if abs(end) < NO_END:
                count = np.count_nonzero(column == end)
                notes.append(
                    f"{name}: {count:,} of {len(y):,} training values are {end:g}, the {what}: answers stop there"
                )
    return notes


def within(answers, ends):
    """Bring answers (n, targets) to where the truth can be."""
    return np.clip(answers, *np.transpose(ends))


def kept_within(outputs, ends):
    """Do the same in the network, where any target has an end."""
    if all(abs(end) == NO_END for own in ends for end in own):
        return outputs
    low, high = np.transpose(ends).astype(np.float32).tolist()
    return keras.ops.clip(outputs, low, high)
