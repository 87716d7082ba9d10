"""Baselines that learn nothing, or next to nothing."""

import numpy as np

from baselines import CONSTANT_SPEED, PERSISTENCE, SEASON_BEFORE


def majority_class(y):
    """Return the class that occurs most often among y (n,), numbered from 0."""
    return int(np.bincount(y).argmax())


def naive_forecasts(values, rows, horizon, season=None, moves=False, begin=0):
    """Forecast a series without learning.

    Parameters: values (time,) or, of several targets, (time, targets); rows (n,), row of each window's first target;
    season, in rows; moves, whether it is a place that moves (two rows before each first target are then needed);
    begin (n,), the first row of each window's series.
    Returns: {PERSISTENCE: the value before the first target, SEASON_BEFORE (where a season is given): the value
    one season before each target, or as many seasons as lie before the forecast is made, NaN before the series begins;
    CONSTANT_SPEED (of a place): the last step from row to row, repeated}, each (n, horizon) or (n, horizon, targets).
    """
    steps = np.arange(horizon)
    naive = {PERSISTENCE: np.repeat(values[rows - 1][:, None], horizon, axis=1)}
    if season is not None:
        before = rows[:, None] + steps - season * (steps // season + 1)
        unknown = before < np.reshape(begin, (-1, 1))
        naive[SEASON_BEFORE] = values[np.where(unknown, 0, before)]
        if unknown.any():
            naive[SEASON_BEFORE][unknown] = np.nan
    if moves:
        step = (values[rows - 1] - values[rows - 2])[:, None]
        naive[CONSTANT_SPEED] = naive[PERSISTENCE] + step * (1 + steps).reshape(-1, *[1] * (step.ndim - 2))
    return naive
