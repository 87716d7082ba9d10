"""Checks of forecasts that a score does not show: do they lag, is their direction right, how many are independent?"""

from dataclasses import dataclass

import numpy as np

from baselines import PERSISTENCE
from evaluation.intervals import wilson_interval

MIN_CHANGES = 10  # a correlation of fewer says nothing
NEAR = 0.01  # of the lowest RMSE: persistence is as good


@dataclass(frozen=True)
class Origins:
    """Where the windows of a test set are: (n,) each, series one after the other in `values`."""

    first: np.ndarray  # the row of each window's first target
    series: np.ndarray  # the place of its series
    begin: np.ndarray  # the first row of its series


def overlap(origins, horizon):
    """Return (windows in a row that share targets, windows that share none with each other, about).

    The second is the number of rows that are forecast, divided by the horizon: 1,200 windows one row apart with a
    horizon of 24 rows forecast 1,223 rows, about 50 windows.
    """
    steps = np.diff(origins.first)
    covered = int(np.minimum(steps, horizon).sum()) + horizon  # windows of two series are a horizon apart or more
    within = steps[np.diff(origins.series) == 0]
    longest = int(np.bincount(origins.series).max())
    shared = min(longest, -(-horizon // int(np.median(within)))) if len(within) else 1
    return shared, max(1, covered // horizon)


def lag_figures(values, forecasts, origins):
    """Tell forecasts of what comes from those that repeat what was, by the last step of the horizon.

    From window to window, how the forecasts change is correlated with how the values that they are for change
    ("at_lag_0"), and with how the values a horizon earlier do, the last that each window sees ("at_the_horizon").
    Forecasts are mostly the earlier value ("lags") where that explains more than half of the variance of their changes
    and the true changes less than half as much.
    Parameters: values (rows,) of one target; forecasts (n, horizon), NaN where what came was not measured.
    Returns: dictionary, the correlations None of fewer than MIN_CHANGES changes, and where there is no change.
    """
    horizon, rows = forecasts.shape[1], origins.first + forecasts.shape[1] - 1
    steps = np.where(np.diff(origins.series) == 0, np.diff(rows), 0)
    usual = steps == np.bincount(steps[steps > 0]).argmax() if steps.any() else np.zeros(len(steps), bool)
    usual &= ~np.isnan(np.diff(forecasts[:, -1]))
    own = np.diff(forecasts[:, -1])[usual]
    true, earlier = (np.diff(values[rows - lag])[usual] for lag in (0, horizon))
    now, before = _correlation(own, true), _correlation(own, earlier)
    lags = None not in (now, before) and before > 0.5**0.5 and max(now, 0) ** 2 < before**2 / 2
    return {"at_lag_0": now, "at_the_horizon": before, "lags": lags}


def _correlation(a, b):
    """Return Pearson's correlation of a and b (n,), or None."""
    if len(a) < MIN_CHANGES or not np.ptp(a) or not np.ptp(b):
        return None
    return float(np.clip(np.corrcoef(a, b)[0, 1], -1, 1))


def direction_figures(values, forecasts, origins, independent):
    """Tell how often forecasts go up or down from the last value as the series does, by the last step of the horizon.

    Windows after which the series is where it was do not count; a forecast of no change is wrong.
    Parameters: values (rows,) and forecasts (n, horizon) as in `lag_figures`; independent, of `overlap`.
    Returns: dictionary with "windows" that count, "right", the share of them, its 95 % "interval" (Wilson 1927) for as
    many windows as are independent, and what always going up and going as the last row did reach; None of no windows.
    """
    horizon, last = forecasts.shape[1], values[origins.first - 1]
    true = np.sign(values[origins.first + horizon - 1] - last)
    moved = (true != 0) & ~np.isnan(forecasts[:, -1])
    if not moved.any():
        return None
    before = np.sign(last - values[np.maximum(origins.first - 2, origins.begin)])
    right, up, again = (
        float((direction == true)[moved].mean()) for direction in (np.sign(forecasts[:, -1] - last), 1, before)
    )
    count = max(1, round(independent * moved.mean()))
    interval = wilson_interval(round(right * count), count)
    return {
        "windows": int(moved.sum()),
        "right": right,
        "interval": interval,
        "always_up": up,
        "last_direction": again,
    }


def forecast_checks(values, forecasts, origins, targets):
    """Check forecasts (n, horizon, targets) of a test set against values (rows, targets): see lag_figures.

    Returns: dictionary.
    """
    _, independent = overlap(origins, forecasts.shape[1])
    return {
        "independent_windows": independent,
        "lag": {name: lag_figures(values[:, k], forecasts[:, :, k], origins) for k, name in enumerate(targets)},
        "direction": {
            name: direction_figures(values[:, k], forecasts[:, :, k], origins, independent)
            for k, name in enumerate(targets)
        },
    }


def persistence_is_as_good(figures):
    """Tell whether the RMSE of persistence is within NEAR of the lowest of all, or the lowest."""
    others = [score for name, score in figures["baselines"].items() if name != PERSISTENCE]
    return figures["baselines"][PERSISTENCE] <= (1 + NEAR) * min(figures["rmse"], *others)
