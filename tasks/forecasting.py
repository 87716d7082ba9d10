"""Forecasts: the next HORIZON values of one column of a series from the last WINDOW rows of all columns."""

import numpy as np

from baselines.naive import naive_forecasts
from project.errors import InputError
from reports import Report, plots
from reports.intervals import skill, skill_interval
from reports.tables import aligned, figure
from sequences.splits import split_by_time
from sequences.statistics import mean_and_variance
from sequences.windows import forecast_windows
from tasks.layers import standardised

score, better = "rmse", "lower"
unit = "windows"
SHORTEST = 24  # rows of a window where WINDOW is None


# Rows and windows.


def split(train, test, c, validation_seed):
    """Split the rows of a series by time: see sequences.splits.split_by_time. test: the rows that follow, or None."""
    if train.columns is None:
        raise InputError(f'TASK = "forecasting" needs a table with named columns, which {c.DATASET} is not')
    if c.GROUP is not None or c.TEST_FILES is not None:
        raise InputError("GROUP and TEST_FILES are for recordings: a series is split by time")
    if c.CLASS_WEIGHT is not None:
        raise InputError("CLASS_WEIGHT is for classes: a forecast has none, so it must be None")
    column = target_column(train, c)
    target = np.concatenate([part.x[0][:, column] for part in (train, test) if part is not None])
    rows = last_measured(~np.isnan(target))
    official = max(0, rows - len(train.x[0])) if test is not None else 0
    return split_by_time(rows, official, c, (c.WINDOW or SHORTEST) + c.HORIZON)


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
    return fits and isinstance(state.get("target"), str)


def parts(train, test, rows, state, c):
    """Cut a prepared series into windows. Returns: ({name: Part}, the whole series, notes)."""
    values, measured = (
        np.concatenate(pair) if test is not None else pair[0]
        for pair in ([train.x[0], test and test.x[0]], [train.measured, test and test.measured])
    )
    known, used = measured[:, state["column"]], sum(map(len, rows.values()))
    windows, gaps = forecast_windows(
        values[:used], known[:used], rows, state["column"], c.WINDOW or SHORTEST, state["horizon"]
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
    """Return the forecast (n, horizon). Levels drift: the network sees and forecasts changes against the last value."""
    from project.quiet_tensorflow import keras

    layers, column = keras.layers, data.state["column"]
    mean, variance = mean_and_variance(data.train, of_changes=True)
    last = layers.Cropping1D((inputs.shape[1] - 1, 0))(inputs)
    x = standardised(layers.Subtract()([inputs, last]), mean, variance)
    features = backbone(x, c)
    change = layers.Dense(data.state["horizon"], name="output")(features)
    return add_change(last, change, column, float(np.sqrt(variance[column])))


def add_change(last, change, column, scale):
    """Add changes (n, horizon), in units of `scale`, to the target's value in `last` (n, 1, columns)."""
    from project.quiet_tensorflow import keras

    layers, columns = keras.layers, last.shape[-1]
    if columns > 1:  # pick the target's column
        last = layers.Permute((2, 1))(last)
        last = layers.Cropping1D((column, columns - 1 - column))(last)
    return layers.Add()([layers.Flatten()(last), layers.Rescaling(scale)(change)])


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


def decode(output, state):
    """Return the forecasts (n, horizon), in the units of the series: what the network gives."""
    return output


def examples(data, count):
    """Return the first test windows (count, time, columns); they have no classes."""
    return data.test.take(slice(count)), None


def report(data, forecasts, c):
    """Score forecasts (n, horizon) of the test part beside naive ones. Returns: Report."""
    target, horizon = data.state["target"], data.state["horizon"]
    values = data.sequences.x[0][:, data.state["column"]]
    first = data.test.rows + data.test.shape[0]  # row of each window's first target
    if c.SEASON is not None and c.SEASON * ((horizon - 1) // c.SEASON + 1) > first[0]:
        raise InputError(f"SEASON = {c.SEASON} is impossible: the first forecast has {first[0]} rows before it")
    true = values[first[:, None] + np.arange(horizon)]
    figures = score_forecasts(true, forecasts, naive_forecasts(values, first, horizon, c.SEASON), c.SEED)
    steps = range(1, horizon + 1)
    header = ["index", *(f"true_step_{h}" for h in steps), *(f"forecast_step_{h}" for h in steps)]
    rows = [[row, *(f"{v:.6g}" for v in (*t, *f))] for row, t, f in zip(first, true, forecasts)]
    title = f"{target}, {horizon} steps ahead: test RMSE {figure(figures['rmse'])}"
    picture = plots.forecast(values, first, forecasts, target, title)
    return Report(figures, _lines(figures, target), header, rows, {"forecast.png": picture})


def score_forecasts(true, forecasts, naive, seed=0):
    """Compare forecasts (n, horizon) with what came (n, horizon), in the units of the series.

    naive: dictionary from the name of a trivial baseline ("persistence" first) to its forecasts (n, horizon).
    Returns: dictionary with RMSE and MAE overall and per step for the network and each naive forecast, and the skill
    1 - RMSE / RMSE of persistence with its interval.
    """
    errors = {"network": forecasts - true, **{name: values - true for name, values in naive.items()}}
    rmse = {name: float(np.sqrt((e**2).mean())) for name, e in errors.items()}
    return {
        "test_windows": len(true),
        "rmse": rmse["network"],
        "mae": float(np.abs(errors["network"]).mean()),
        "rmse_of": rmse,
        "mae_of": {name: float(np.abs(e).mean()) for name, e in errors.items()},
        "rmse_per_step": {name: np.sqrt((e**2).mean(axis=0)).tolist() for name, e in errors.items()},
        "mae_per_step": {name: np.abs(e).mean(axis=0).tolist() for name, e in errors.items()},
        "skill": skill(errors["network"], errors["persistence"]),
        "skill_interval": skill_interval(errors["network"], errors["persistence"], seed),
    }


def _lines(figures, target):
    """Return the lines of the report; errors are in the units of the series."""
    names = list(figures["rmse_of"])
    columns = [figures[f"{measure}_per_step"][name] for name in names for measure in ("rmse", "mae")]
    totals = [figures[f"{measure}_of"][name] for name in names for measure in ("rmse", "mae")]
    rows = [[str(h), *map(figure, row)] for h, row in enumerate(zip(*columns), 1)]
    low, high = figures["skill_interval"]
    lines = [
        f"Test windows: {figures['test_windows']}",
        "",
        f"Errors of {target} per step ahead, in its units",
        aligned(
            ["step", *(f"{name} {measure}" for name in names for measure in ("RMSE", "MAE"))],
            [*rows, ["all", *map(figure, totals)]],
        ),
        "",
        f"Skill against persistence (1 - RMSE / RMSE of repeating the last value): {figures['skill']:.3f}",
        f"95 % bootstrap interval of the skill: {low:.3f} to {high:.3f}",
    ]
    if low > 0:
        lines.append("The model beats persistence: the whole interval lies above 0.")
    elif figures["skill"] > 0:
        lines.append("The model is not shown to beat persistence: the interval holds 0.")
    else:
        lines.append("The model does not beat persistence.")
    if "seasonal naive" in names:
        season = figures["rmse_of"]["seasonal naive"]
        verb = "beats" if figures["rmse"] < season else "does not beat"
        lines.append(f"Its RMSE {verb} that of the season before ({figure(season)}).")
    return [*lines, f"Test RMSE: {figure(figures['rmse'])}"]


# New data.


def new_inputs(new, state, input_shape, where):
    """Return the last window (1, time, columns) before the first row that has no target."""
    rows, window = last_measured(new.measured[:, state["column"]]), input_shape[0]
    if rows < window:
        raise InputError(f"{where} has {rows} rows; the run takes the last {window}")
    return new.x[0][None, rows - window : rows].astype(np.float32)


def report_new(new, forecasts, state):
    """Report the forecast of the steps beyond the end of a series. Returns: Report, its figures empty."""
    target, past = state["target"], new.x[0][: last_measured(new.measured[:, state["column"]]), state["column"]]
    rows = [[str(step), f"{value:.6g}"] for step, value in enumerate(forecasts[0], 1)]
    lines = [f"Forecast of {target} beyond the last of {len(past)} rows:", aligned(["step", target], rows)]
    return Report({}, lines, ["step", target], rows, {"future.png": plots.future(past, forecasts[0], target)})
