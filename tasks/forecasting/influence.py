"""Do forecasts depend on what comes after their origin? Then they cannot be made when they are needed."""

import numpy as np

from sequences.types import Split
from sequences.windows import Windows
from tasks.forecasting import future_inputs, multiple_series

MAX_WINDOWS = 256  # that are forecast again


def influenced_forecasts(task, data, answer):
    """Change all values after the last test window of each series, and forecast its last windows again.

    What is not measured stays so, inputs known ahead stay as they are, and the changed series are prepared anew.
    Parameters: answer, function from a Split to forecasts (n, horizon, targets).
    Returns: (forecasts that are no longer the same to the last bit, forecasts that were made again).
    """
    series, steps = data.sequences, data.test.shape[0]
    rows, starts = data.test.rows[-MAX_WINDOWS:], multiple_series.first_rows(data.sequences)
    own = multiple_series.series_of(rows, starts)
    columns = data.preparation.columns
    unknown = [place for place, name in enumerate(columns) if name not in task.known]
    x = [np.where(known, values, np.nan) for values, known in zip(series.x, series.measured)]
    for place in np.unique(own):
        origin = rows[own == place].max() + steps - starts[place]
        x[place][origin:, unknown] = 1 - x[place][origin:, unknown] / 2
    changed = data.preparation.apply(series.replace(x=x, columns=columns), "")
    values = np.concatenate(future_inputs.with_known(changed, task))
    changed_windows = Windows(values, np.arange(len(values) - steps), steps)
    before, after = (answer(Split(x, None, rows, dtype=data.test.dtype)) for x in (data.test.all_x, changed_windows))
    return int((before != after).any(axis=(1, 2)).sum()), len(rows)
