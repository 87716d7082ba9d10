"""Forecasts: the next HORIZON values of one or several columns of a series from the last WINDOW rows of all columns."""

import numpy as np

from baselines import LINEAR
from baselines import ridge as linear
from baselines.naive import naive_forecasts
from core.errors import InputError
from core.lazy import keras
from evaluation.seasons import season_note
from networks.standardisation import linear_part
from reports.numbers import pool_rmse
from sequences.calendar_features import CALENDAR
from sequences.splits import split_series
from sequences.types import SPLITS, at_once
from sequences.windows import forecast_windows
from tasks.forecasting import future_inputs as ahead
from tasks.forecasting import multiple_series as several
from tasks.forecasting.differencing import changes_note, changes_of, in_units, output_shape, seen  # noqa: F401 (of the seam)
from tasks.forecasting.prediction_intervals import are_bands, learn_bands
from tasks.forecasting.report import report, report_new  # noqa: F401 (of the seam)

score, better = "rmse", "lower"
unit = "windows"
unread = ("LABEL",)  # constants that have no effect here


# Rows and windows.


def split(train, test, c, validation_seed, fold=None):
    """Split the rows of each series by time: see sequences.splits.split_series.

    Returns: {"training", "validation", "test": rows (n,)} that count through all series.
    """
    if train.columns is None or train.y is not None:
        raise InputError(f'TASK = "forecasting" needs a table with named columns, which {c.DATASET} is not')
    if c.GROUP is not None or c.TEST_FILES is not None:
        raise InputError("GROUP and TEST_FILES are for recordings: a series is split by time")
    if c.CLASS_WEIGHT is not None:
        raise InputError("CLASS_WEIGHT is for classes: a forecast has none, so it must be None")
    targets = ahead.target_names(train, c)
    ahead.known_names(train, targets, c)
    ahead.refuse_switches(train, targets, c)
    places = [train.columns.index(name) for name in targets]
    rows = [several.last_measured(~np.isnan(x[:, places])) for x in train.x]
    held_out = train.held_out or [0] * len(rows)
    official = [max(0, used - len(x) + held) for used, x, held in zip(rows, train.x, held_out)]
    marks = split_series(rows, official, c, (c.WINDOW or ahead.SHORTEST) + c.HORIZON, fold)
    marks = [np.pad(own, (0, len(x) - len(own)), constant_values=-1) for own, x in zip(marks, train.x)]
    return {name: np.flatnonzero(np.concatenate(marks) == place) for place, name in enumerate(SPLITS)}


def learn(train, rows, c):
    """Learn what is forecast, and how far each target spreads in the training set.

    Returns: {"targets": names, "places": theirs among the columns, "deviation": of each; "known", "calendar": names of
    the inputs known ahead; "horizon": HORIZON; "season": rows back that changes count against, see differencing.py}.
    """
    targets = ahead.target_names(train, c)
    known, calendar = ahead.known_names(train, targets, c)
    places = [train.columns.index(name) for name in targets]
    with np.errstate(over="ignore"):  # values too large are refused by name, when they are prepared
        deviation = np.nanstd(np.concatenate(train.x)[rows][:, places], axis=0)
    state = {"targets": targets, "places": places, "deviation": np.where(deviation > 0, deviation, 1.0).tolist()}
    return state | {"known": known, "calendar": calendar, "horizon": c.HORIZON, "season": ahead.season_of(c)}


def is_state(state, input_shape):
    """Tell whether `state`, read from run.json, is what `learn` can have returned for such an input."""
    texts = [state.get(name) for name in ("targets", "known", "calendar")]
    if not all(isinstance(names, list) and all(isinstance(name, str) for name in names) for names in texts):
        return False
    places, deviation, horizon, season = (state.get(name) for name in ("places", "deviation", "horizon", "season"))
    columns = input_shape[-1] - len(texts[1]) - 2 * len(texts[2])
    return (
        len(input_shape) == 2
        and type(horizon) is int
        and horizon > 0
        and type(season) is int
        and 0 <= 2 * season <= input_shape[0]
        and isinstance(places, list)
        and len(places) == len(texts[0]) > 0
        and all(type(place) is int and 0 <= place < columns for place in places)
        and isinstance(deviation, list)
        and len(deviation) == len(places)
        and all(type(v) in (int, float) and 0 < v < np.inf for v in deviation)
        and set(texts[2]) <= set(CALENDAR)
        and are_bands(state)
    )


def parts(train, test, rows, state, c):
    """Cut prepared series into windows. Returns: ({name: Split}, the series, notes)."""
    horizon, window, places = state["horizon"], c.WINDOW or ahead.SHORTEST, state["places"]
    marks = np.full(sum(map(len, train.x)), -1)
    for place, name in enumerate(SPLITS):
        marks[rows[name]] = place
    lengths = list(map(len, train.x))
    series = np.repeat(np.arange(len(lengths)), lengths)
    values = np.concatenate(ahead.with_known(train, state, horizon)).astype(np.float32)
    measured = np.concatenate(train.measured)[:, places].all(axis=1)
    made, gaps = forecast_windows(values, measured, marks, series, places, window, horizon, c.STRIDE or 1)
    names = ", ".join(state["targets"])
    for name, part in made.items():
        if not len(part) and len(rows[name]):
            raise InputError(f"the {name} set has no window whose {names} was measured in every row")
        part.unit = several.units(train, series, marks, state, c)[series[part.rows]]
    if len(made["training"]) < 2:
        raise InputError("the training set has one window: set STRIDE or WINDOW lower")
    several.refuse_season(c, made["test"], train, horizon)
    notes = [f"{gaps} windows with an empty {names} to forecast were left out"] if gaps else []
    notes += changes_note(c) + several.short_notes(train, marks, series, window + horizon)
    notes += several.future_notes(train, [several.last_measured(m[:, places]) for m in train.measured], names)
    features = [*train.columns, *ahead.feature_names(state)]
    return made, train.replace(columns=features), notes


# The network around the backbone, and how it is trained.


def network(inputs, backbone, data, c):
    """Return the changes to come (n, horizon × targets): see tasks/forecasting/differencing.py.

    With LINEAR_START they are the sum of a linear part, at ridge's solution, and of backbone and output layer,
    which begin at zero: training starts at the linear model's score and learns what it misses. LSTNet (Lai et al. 2018)
    joins a linear part; to start it in closed form is ours.
    """
    changes = changes_of(data, c)
    x = seen(inputs, changes)
    start = "zeros" if c.LINEAR_START else "glorot_uniform"
    size = data.state["horizon"] * len(data.state["places"])
    outputs = keras.layers.Dense(size, kernel_initializer=start, name="output")(backbone(x, c))
    if not c.LINEAR_START:
        return outputs
    return keras.layers.Add()([linear_part(x, linear_model(data, changes, c)), outputs])


def linear_model(data, changes, c):
    """Fit the linear model of the training set: the changes to come, from all changes."""
    train = data.train

    def targets(places):
        return linear.flat(changes.encode(train.take(places), train.y[places]))

    return linear.fit(train, targets, changes.flat, c.SEED)


def loss_targets(part, data, c):
    """Return what the loss compares the network's output with: changes (n, horizon × targets), each in its units."""
    changes, size = changes_of(data, c), at_once(part.shape)
    blocks = [slice(start, start + size) for start in range(0, len(part), size)]
    encoded = [linear.flat(changes.encode(part.take(own), part.y[own])) for own in blocks]
    return np.concatenate(encoded).astype(np.float32)


def finished(model, data, c):
    """Append what turns changes into the units of the series: the saved model gives those."""
    return in_units(model, data.state)


def compile_arguments(model, state):
    """Return the loss and the metrics, as compile takes them; both are in units of the changes' deviation."""
    own = any(layer.name == "own_scale" for layer in model.layers)
    loss = keras.losses.Huber(1.0) if own else "mse"  # in its own scale a window's change may be huge
    return {"loss": loss, "metrics": [keras.metrics.RootMeanSquaredError(name="rmse")]}


def sample_weights(y, c):
    """Return None: every window counts alike."""


def aim(state):
    """Say in a few words what is learned."""
    names = ", ".join(state["targets"])
    return f"forecasting {names if len(names) <= 80 else names[:79] + '…'}"


# What comes out.


def decode(output, state):
    """Return the forecasts (n, horizon, targets), in the units of the series."""
    return output.reshape(len(output), state["horizon"], len(state["places"]))


def calibrate(data, output):
    """Learn the bands from the forecasts `output` of the validation set: see prediction_intervals.py."""
    return learn_bands(data.validation, decode(output, data.state), data.state)


def examples(data, count):
    """Return the first test windows (count, time, columns); they have no classes."""
    return data.test.take(slice(count)), None


def pooled(folds):
    """Sum up the folds [(figures, state)] of a cross-validation. Returns: (lines, figures, pictures)."""
    return pool_rmse(folds, "test_windows")


def score_of(part, forecasts, state):
    """Return the RMSE of forecasts (n, horizon, targets) on a Split, in the units that `units` gives."""
    return float(np.sqrt((((forecasts - part.y) / part.unit[:, None]) ** 2).mean()))


def baselines(data, c):
    """Forecast the test set without a network. Returns: ({name: forecasts (n, horizon, targets)}, notes)."""
    horizon, places, test = data.state["horizon"], data.state["places"], data.test
    first = test.rows + test.shape[0]
    changes = changes_of(data, c)
    model = linear_model(data, changes, c)
    forecasts = naive_forecasts(np.concatenate(data.sequences.x)[:, places], first, horizon, c.SEASON)
    solved = linear.predict(model, test, changes.flat).reshape(-1, horizon, len(places))
    size = at_once(test.shape)
    blocks = [slice(start, start + size) for start in range(0, len(test), size)]
    forecasts[LINEAR] = np.concatenate([changes.decode(test.take(own), solved[own]) for own in blocks])
    season = season_note([rows[:, 0] for rows in several.training_rows(data) if len(rows)], c)
    return forecasts, linear.sampled_note(model, len(data.train)) + season


# New data.


def new_inputs(new, state, input_shape, where):
    """Take the last window of each series before its first row without a target.

    Returns: (the Sequences that are long enough, their windows (series, time, features), notes). Raises InputError
    where none is, and where inputs that should be known ahead are not there.
    """
    window, windows, kept, notes = input_shape[0], [], [], []
    for place, values in enumerate(ahead.with_known(new, state, state["horizon"])):
        measured, name = new.measured[place], several.called(new, place, where)
        rows = several.last_measured(measured[:, state["places"]])
        if rows < window and len(new.x) == 1:
            raise InputError(f"{name} has {rows} rows; the run takes the last {window}")
        if rows >= window:
            ahead.refuse_unknown(new, state, measured, rows, name)
            windows.append(values[rows - window : rows])
            kept.append(place)
    if not kept:
        raise InputError(f"{where}: none of its {len(new.x)} series has {window} rows, which the run takes")
    if len(kept) < len(new.x):
        short = [name for place, name in enumerate(new.names) if place not in kept]
        notes = [
            f"{len(short)} of {len(new.x)} series have fewer than {window} rows: left out ({', '.join(short[:3])})"
        ]
        new = several.only(new, kept)
    return new, np.stack(windows).astype(np.float32), notes
