"""What values normal sequences have, and what may be wrong with an unusual one.

That is a sensor that fails, or a state that never occurred in training.
"""

import numpy as np

MARGIN = 0.1  # of the training range, that a value may lie outside it
LEVELS = 1e-3  # of the variance of a feature, that the means of sequences have where levels differ
STRAIGHT = 1e-6  # of the range: second differences below it are those of a straight line


def limits_of(x, rows):
    """Return [lowest, highest, longest straight stretch in steps] of each feature of sequences x at `rows`.

    x: (n, time, features), or a list of arrays (time_i, features), where NaN are missing.
    """
    limits = None
    for row in rows:
        values = np.asarray(x[row : row + 1][0], np.float64)
        values = values[~np.isnan(values).any(axis=1)]
        if not len(values):
            continue
        own = np.stack([values.min(axis=0), values.max(axis=0)])
        limits = own if limits is None else np.stack([np.minimum(limits[0], own[0]), np.maximum(limits[1], own[1])])
    span = np.maximum(limits[1] - limits[0], 0)
    longest = np.zeros(limits.shape[1], int)
    for row in rows:
        values = np.asarray(x[row : row + 1][0], np.float64)
        longest = np.maximum(longest, longest_straight(values, span))
    return [[float(low), float(high), float(steps)] for low, high, steps in zip(*limits, longest)]


def levels_vary(x, rows):
    """Tell whether the means of sequences at `rows` of x differ: if each was standardised by itself, they do not."""
    means, within = [], []
    for row in rows:
        values = np.asarray(x[row : row + 1][0], np.float64)
        values = values[~np.isnan(values).any(axis=1)]
        if len(values):
            means.append(values.mean(axis=0))
            within.append(values.var(axis=0))
    between = np.var(means, axis=0)
    return bool((between > LEVELS * (between + np.mean(within, axis=0))).any())


def longest_straight(values, span):
    """Return the steps of the longest straight stretch of each feature of values (time, features): flat or filled."""
    if len(values) < 3:
        return np.full(values.shape[1], len(values))
    straight = np.abs(np.diff(values, n=2, axis=0)) <= STRAIGHT * span
    run = best = np.zeros(values.shape[1], int)
    for own in straight:
        run = np.where(own, run + 1, 0)
        best = np.maximum(best, run)
    return np.where(best > 0, best + 2, 1)


def find_causes(x, limits, columns, measured=None):
    """Say for each sequence (n, time, features) what may be wrong with it if it is unusual, a list of n texts.

    measured: n arrays (time_i, features), False where a gap was filled, or None; what is before them is padding.
    """
    low, high, longest = np.array(limits).T
    span = high - low
    causes = []
    for row, values in enumerate(x.astype(np.float64)):
        own = np.ones(values.shape, bool) if measured is None else measured[row][: len(values)]
        values = values[len(values) - len(own) :]
        given = np.where(own, values, np.nan)
        stuck = longest_straight(given, span) > longest  # as it was measured: what is missing breaks a stretch
        missing = ~stuck & (longest_straight(values, span) > longest)
        outside = ((values < low - MARGIN * span) | (values > high + MARGIN * span)).any(axis=0)
        found = [f"stuck: {columns[k]}" for k in np.flatnonzero(stuck)[:3]]
        found += [f"missing: {columns[k]}" for k in np.flatnonzero(missing)[:3]]
        found += [f"outside the training range: {columns[k]}" for k in np.flatnonzero(outside & ~stuck & ~missing)[:3]]
        causes.append(", ".join(found) or "never occurred in training, though no sensor looks faulty")
    return causes
