"""A rival of forecasts: the linear model that also sees the season before, where that lies outside the window."""

from dataclasses import replace

import numpy as np

from baselines import SEASON_BEFORE, ridge
from baselines.naive import naive_forecasts
from sequences.types import Split
from tasks.base import flat_inputs_function
from tasks.forecasting import multiple_series
from tasks.forecasting.differencing import Differencing


def forecast_with_season(task, data, c, season):
    """Fit ridge regression to the changes of a window and to those since the season before each row to come.

    Parameters: season, in rows. Returns: function from a Split to forecasts (n, horizon, targets).
    """
    differencing, flatten = Differencing.fit(data, c), flat_inputs_function(task, data, c)
    values, starts = np.concatenate(data.sequences.x)[:, task.places], multiple_series.first_rows(data.sequences)

    def with_season(split):
        """Return a Split of the places in another, and the function from them to the inputs of the linear model."""
        first = split.rows + split.shape[0]
        begin = starts[multiple_series.series_of(first, starts)]
        before = naive_forecasts(values, first, task.horizon, season, begin=begin)[SEASON_BEFORE]
        before = np.nan_to_num(differencing.encode(replace(split, y=before)))  # before a series begins: no change
        places = Split(np.arange(len(split))[:, None], None, np.arange(len(split)), dtype="int64")

        def inputs(at):
            at = at[:, 0].astype(int)
            return np.hstack([flatten(split.take(at).astype(np.float64)), before[at]])

        return places, inputs

    y = task.loss_targets(data.train, data, c).astype(np.float64)
    places, inputs = with_season(data.train)
    model = ridge.fit(places, lambda at: y[at], inputs, c.SEED)

    def forecast(split):
        return differencing.decode(split, ridge.predict(model, *with_season(split)))

    return forecast
