"""Baselines that learn nothing, or next to nothing."""

import numpy as np


def majority(y, n_classes):
    """Return the class that occurs most often among y (n,), numbered from 0, and its share."""
    counts = np.bincount(y, minlength=n_classes)
    return int(counts.argmax()), float(counts.max() / len(y))


def naive_forecasts(values, rows, horizon, season=None):
    """Forecast a series without learning.

    values: (time,); rows: (n,) row of each window's first target.
    Returns: {"persistence": the value before the first target, "seasonal naive" (where a season is given): the value
    one season before each target, or as many seasons as lie before the forecast is made}, each (n, horizon).
    """
    steps = np.arange(horizon)
    naive = {"persistence": np.repeat(values[rows - 1][:, None], horizon, axis=1)}
    if season is not None:
        naive["seasonal naive"] = values[rows[:, None] + steps - season * (steps // season + 1)]
    return naive
