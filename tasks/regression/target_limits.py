"""Targets that are cut off, remaining life capped at 125 or marks from 1 to 5: answers stay where the truth can be."""

import numpy as np

from core.lazy import ops
from reports.formatting import format_digits

CAPPED = 0.05  # share of the training set that has its largest number (or its smallest), and
OFTEN = 10  # sequences that have it, at the least: it is cut off there
UNLIMITED = float(np.finfo(np.float32).max)


def find_limits(y):
    """Return [lowest, highest] answer to a target y (n,): its own where it is cut off there, else ∓UNLIMITED."""
    counts = [(limit, np.count_nonzero(y == limit)) for limit in (y.min(), y.max())]
    capped = [count >= max(OFTEN, CAPPED * len(y)) for _, count in counts]
    return [float(limit) if own else sign * UNLIMITED for (limit, _), own, sign in zip(counts, capped, (-1, 1))]


def limit_notes(names, limits, y):
    """Say where answers go no further. y: the targets of the training set (n, targets). Returns: list of lines."""
    notes = []
    for name, pair, column in zip(names, limits, y.T):
        for limit, what in zip(pair, ("smallest", "largest")):
            if abs(limit) < UNLIMITED:
                count = np.count_nonzero(column == limit)
                notes.append(
                    f"{name}: {count:,} of {len(y):,} training values are {format_digits(limit, column.std())}, the "
                    f"{what}: answers stop there"
                )
    return notes


def clipped(answers, limits):
    """Bring answers (n, targets) within the limits."""
    return np.clip(answers, *np.transpose(limits))


def clipping_layer(outputs, limits):
    """Do the same in the network, where any target has a limit."""
    if all(abs(limit) == UNLIMITED for pair in limits for limit in pair):
        return outputs
    low, high = np.transpose(limits).astype(outputs.dtype).tolist()
    return ops.clip(outputs, low, high)
