"""Forecasts: the next HORIZON values of one column of a series from the last WINDOW rows of all columns."""

import numpy as np

from baselines import LINEAR, linear
from baselines.naive import naive_forecasts
from project.errors import InputError
from reports import Report, plots
from reports.forecasts import forecast_lines, score_forecasts
from reports.tables import aligned, figure
from sequences.splits import split_by_time
from sequences.statistics import mean_and_variance
from sequences.types import Part
from sequences.windows import forecast_windows
from tasks.bands import are_bands, half_widths, learn_bands
from tasks.layers import by_training, linear_part

score, better = "rmse", "lower"
unit = "windows"
unread = ("STANDARDISE", "LABEL")  # constants that have no effect here
SHORTEST = 24  # rows of a window where WINDOW is None
EDGES = (("low", -1), ("high", 1))  # of a band


# Rows and windows.


def split(train, test, c, validation_seed):
    """Split the rows of a series by time: see sequences.splits.split_by_time. test: the rows that follow, or None."""
    if train.columns is None or train.y is not None:
        raise InputError(f'TASK = "forecasting" needs a table with named columns, which {c.DATASET} is not')
    if c.GROUP is not None or c.TEST_FILES is not None:
        raise InputError("GROUP and TEST_FILES are for recordings: a series is split by time")
    if c.CLASS_WEIGHT is not None:
        raise InputError("CLASS_WEIGHT is for classes: a forecast has none, so it must be None")
    column = target_column(train, c)
    refuse_switches(train, column, c)
    target = np.concatenate([part.x[0][:, column] for part in (train, test) if part is not None])
    rows = last_measured(~np.isnan(target))
    official = max(0, rows - len(train.x[0])) if test is not None else 0
    return split_by_time(rows, official, c, (c.WINDOW or SHORTEST) + c.HORIZON)


def refuse_switches(series, column, c):
    """Refuse to forecast a column of 0 and 1 that nobody has named: most likely it is a label."""
    values = series.x[0][:, column]
    if c.TARGET is None and np.isin(values[~np.isnan(values)], (0, 1)).all():
        name = series.columns[column]
        raise InputError(
            f"the last column, {name!r}, holds 0 and 1 alone: if it is the label of each row, set LABEL = {name!r} and "
            f"WINDOW, the rows of one input; to forecast a column, name it in TARGET, {name!r} too if you mean it"
        )


def target_column(series, c):
    """Return the place of TARGET among the columns of a series (None: the last). Raises InputError for no column."""
    if c.TARGET is not None and c.TARGET not in series.columns:
        raise InputError(f"TARGET = {c.TARGET!r} is impossible: the numeric columns are {', '.join(series.columns)}")
    return series.columns.index(c.TARGET) if c.TARGET else len(series.columns) - 1


def last_measured(measured):
    """Return how many rows there are up to the last one whose value to forecast was measured: the rest is future."""
    return len(measured) - int(measured[::-1].argmax()) if measured.any() else 0


def learn(train, rows, c):
    """Return {"target": name of the column to forecast, "column": its place, "horizon": HORIZON}."""
    column = target_column(train, c)
    return {"target": train.columns[column], "column": column, "horizon": c.HORIZON}


def is_state(state, input_shape):
    """Tell whether `state`, read from run.json, is what `learn` can have returned for such an input."""
    whole = type(state.get("column")) is int and type(state.get("horizon")) is int
    fits = whole and len(input_shape) == 2 and 0 <= state["column"] < input_shape[1] and state["horizon"] > 0
    return fits and isinstance(state.get("target"), str) and are_bands(state)


def parts(train, test, rows, state, c):
    """Cut a prepared series into windows. Returns: ({name: Part}, the whole series, notes)."""
    values, measured = (
        np.concatenate(pair) if test is not None else pair[0]
        for pair in ([train.x[0], test and test.x[0]], [train.measured, test and test.measured])
    )
    known, used = measured[:, state["column"]], sum(map(len, rows.values()))
    windows, gaps = forecast_windows(
        values[:used], known[:used], rows, state["column"], c.WINDOW or SHORTEST, state["horizon"], c.STRIDE or 1
    )
    notes = [f"{gaps} windows with an empty {state['target']} to forecast were left out"] if gaps else []
    if used < len(values):
        future = f"the last {len(values) - used} rows have no {state['target']}"
        notes.append(f"{future}: they are no part of training or test, predict_model.py forecasts from there on")
    for name, part in windows.items():
        if not len(part) and len(rows[name]):
            raise InputError(f"the {name} part has no window whose {state['target']} was measured in every row")
    return windows, train._replace(x=[values], measured=measured), notes


# The network around the backbone, and how it is trained.


def network(inputs, backbone, data, c):
    """Return the forecast (n, horizon). Levels drift: the network sees and forecasts changes against the last value.

    With LINEAR_START the change is the sum of a linear part, at ridge's solution, and of backbone and output layer,
    which begin at zero: training starts at the linear model's score and learns what it misses. LSTNet (Lai et al. 2018)
    joins a linear part; to start it in closed form is ours.
    """
    from project.quiet_tensorflow import keras

    layers, column, horizon = keras.layers, data.state["column"], data.state["horizon"]
    mean, variance = mean_and_variance(data.train, of_changes=True)
    scale = float(np.sqrt(variance[column]))
    last = layers.Cropping1D((inputs.shape[1] - 1, 0))(inputs)
    x = by_training(layers.Subtract()([inputs, last]), mean, variance)
    features = backbone(x, c)
    start = "zeros" if c.LINEAR_START else "glorot_uniform"
    change = layers.Dense(horizon, kernel_initializer=start, name="output")(features)
    if c.LINEAR_START:
        solution = linear_model(data, c)
        change = layers.Add()([linear_part(x, solution, mean, np.sqrt(variance), scale), change])
    return add_change(last, change, column, scale)


def linear_model(data, c):
    """Fit the linear model of the training part: the change of the target against its last value, from all changes."""
    train, column = data.train, data.state["column"]

    def changes(places):
        last = train.take(places)[:, -1, column].astype(np.float64)
        return train.y[places] - last[:, None]

    return linear.fit(train, changes, linear.flat_changes, c.SEED)


def add_change(last, change, column, scale):
    """Add changes (n, horizon), in units of `scale`, to the target's value in `last` (n, 1, columns)."""
    from project.quiet_tensorflow import keras

    layers, columns = keras.layers, last.shape[-1]
    if columns > 1:  # pick the target's column
        last = layers.Permute((2, 1))(last)
        last = layers.Cropping1D((column, columns - 1 - column))(last)
    return layers.Add()([layers.Flatten()(last), layers.Rescaling(scale)(change)])


def finished(model, state):
    """Return the network as it is saved: as it was trained."""
    return model


def output_shape(state):
    """Return the shape of the network's answer for one window."""
    return (state["horizon"],)


def compile_arguments(model, state):
    """Return the loss and the metrics, as compile takes them."""
    from project.quiet_tensorflow import keras

    # In units of the changes' variance, so that the loss does not depend on the unit of the series.
    rescaling = next(layer for layer in model.layers if isinstance(layer, keras.layers.Rescaling))
    weight = float(rescaling.scale) ** -2
    return {"loss": "mse", "loss_weights": [weight], "metrics": [keras.metrics.RootMeanSquaredError(name="rmse")]}


def sample_weights(y, c):
    """Return None: every window counts alike."""


def aim(state):
    """Say in a few words what is learned."""
    return f"forecasting {state['target']}"


# What comes out.


def calibrate(data, output):
    """Learn the bands from the forecasts `output` of the validation part: see tasks/bands.py."""
    return learn_bands(data.validation, output, data.state)


def decode(output, state):
    """Return the forecasts (n, horizon), in the units of the series: what the network gives."""
    return output


def examples(data, count):
    """Return the first test windows (count, time, columns); they have no classes."""
    return data.test.take(slice(count)), None


def score_of(part, forecasts, state):
    """Return the RMSE of forecasts (n, horizon) on a Part."""
    return float(np.sqrt(((forecasts - part.y) ** 2).mean()))


def baselines(data, c):
    """Forecast the test part without a network. Returns: ({name: forecasts (n, horizon)}, notes)."""
    horizon, column = data.state["horizon"], data.state["column"]
    first = data.test.rows + data.test.shape[0]  # row of each window's first target
    if c.SEASON is not None and c.SEASON * ((horizon - 1) // c.SEASON + 1) > first[0]:
        raise InputError(f"SEASON = {c.SEASON} is impossible: the first forecast has {first[0]} rows before it")
    values, model = data.sequences.x[0][:, column], linear_model(data, c)
    forecasts = naive_forecasts(values, first, horizon, c.SEASON)
    forecasts[LINEAR] = values[first - 1][:, None] + linear.predict(model, data.test, linear.flat_changes)
    return forecasts, linear.sampled_note(model, len(data.train))


def report(data, forecasts, rivals, c):
    """Score forecasts (n, horizon) of the test part beside those of `rivals`. Returns: Report."""
    target, horizon, bands = data.state["target"], data.state["horizon"], half_widths(data.test, data.state)
    values = data.sequences.x[0][:, data.state["column"]]
    first = data.test.rows + data.test.shape[0]
    true = values[first[:, None] + np.arange(horizon)]
    figures = score_forecasts(true, forecasts, rivals, bands, c.SEED)
    edges = {f"{edge}_{level}": forecasts + sign * size for level, size in bands.items() for edge, sign in EDGES}
    columns = {"true": true, "forecast": forecasts, **edges}
    header = ["index", *(f"{name}_step_{h}" for name in columns for h in range(1, horizon + 1))]
    rows = [[row, *(f"{v:.6g}" for part in parts for v in part)] for row, *parts in zip(first, *columns.values())]
    title = f"{target}, {horizon} steps ahead: test RMSE {figure(figures['rmse'])}"
    picture = plots.forecast(values, first, forecasts, bands, target, title)
    return Report(figures, forecast_lines(figures, target), header, rows, {"forecast.png": picture})


# New data.


def new_inputs(new, state, input_shape, where):
    """Return the last window (1, time, columns) before the first row that has no target."""
    rows, window = last_measured(new.measured[:, state["column"]]), input_shape[0]
    if rows < window:
        raise InputError(f"{where} has {rows} rows; the run takes the last {window}")
    return new.x[0][None, rows - window : rows].astype(np.float32)


def report_new(new, forecasts, state, input_shape):
    """Report the forecast of the steps beyond the end of a series. Returns: Report, its figures empty."""
    target, past = state["target"], new.x[0][: last_measured(new.measured[:, state["column"]]), state["column"]]
    window = Part(new_inputs(new, state, input_shape, ""), None, np.arange(1))
    (forecast,), bands = forecasts, {name: size[0] for name, size in half_widths(window, state).items()}
    edges = {f"{edge}_{level}": forecast + sign * size for level, size in bands.items() for edge, sign in EDGES}
    header, columns = ["step", target, *edges], [forecast, *edges.values()]
    rows = [[str(step), *(f"{value:.6g}" for value in values)] for step, values in enumerate(zip(*columns), 1)]
    lines = [f"Forecast of {target} beyond the last of {len(past)} rows:", aligned(header, rows)]
    return Report({}, lines, header, rows, {"future.png": plots.future(past, forecast, bands, target)})
