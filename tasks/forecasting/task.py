"""Forecasts: the next HORIZON values of one or several columns of a series from the last WINDOW rows of all columns."""

from dataclasses import dataclass, replace

import numpy as np

from baselines import LINEAR, SEASONAL_LINEAR, ridge
from baselines.naive import naive_forecasts
from core.errors import InputError
from core.lazy import keras, layers
from core.wording import counted, counted_of, counted_was
from evaluation.intervals import rmse
from evaluation.seasons import find_season
from networks.layer_names import OUTPUT, SUM, WINDOW_SCALE
from networks.linear_layers import linear_part, set_linear_part
from reports.formatting import pooled_report
from sequences.gaps import LONG_GAP
from sequences.held_out import hold_out_groups, hold_out_last
from sequences.splits import groups_of, split_sequences, split_series
from sequences.types import SPLITS
from sequences.windows import forecast_windows, window_parts
from tasks.base import Task, flat_inputs_function
from tasks.forecasting import future_inputs, multiple_series
from tasks.forecasting.differencing import Differencing, differencing_note
from tasks.forecasting.prediction_intervals import Forecasts, PredictionIntervals
from tasks.forecasting.report import report_forecasts, report_future
from tasks.forecasting.seasonal_model import forecast_with_season
from tasks.forecasting.track import Track


@dataclass(frozen=True)
class Forecasting(Task):
    """The changes to come of some columns; the saved network gives forecasts in the units of the series."""

    targets: list[str]  # names of the columns to forecast
    places: list[int]  # theirs among the columns
    deviation: list[float]  # of each target over the training set
    known: list[str]  # columns whose values are known ahead
    calendar: list[str]  # names in sequences.calendar_features.CYCLES
    horizon: int
    season: int  # rows back that changes count against, see differencing.py; 0: against the last row
    # Usual seconds from row to row, of the series with the shortest and the longest; or numbers of `clock`.
    time_steps: list[float] | None = None
    clock: str | None = None  # the column of numbers that tells the time, where it is no time stamps
    zones: list[str] | None = None  # of the time stamps, as written
    track: Track | None = None  # where a place is forecast
    intervals: PredictionIntervals | None = None  # learned from the validation set

    metric = "rmse"
    better = "lower"
    unit = "windows"
    calibrated = "the prediction intervals"
    without_effect = ("LABEL",)

    # Rows and windows.

    @classmethod
    def check(cls, sequences, c):
        """Refuse what is no series, and constants for other tasks."""
        if sequences.columns is None or sequences.y is not None:
            raise InputError(f'TASK = "forecasting" needs a table with named columns, which {c.DATASET} is not')
        if c.GROUP is not None and sequences.groups is None or c.TEST_FILES is not None:
            raise InputError("GROUP and TEST_FILES are for recordings: a series is split by time")
        if c.CLASS_WEIGHT is not None:
            raise InputError("CLASS_WEIGHT is for classes: a forecast has none, so it must be None")

    @classmethod
    def split(cls, train, test, c, validation_seed, fold=None):
        """Split the rows of each series by time: see sequences.splits.split_series; with GROUP hold out whole series.

        Returns: {"training", "validation", "test": rows (n,)} that count through all series.
        """
        cls.check(train, c)
        targets = future_inputs.target_names(train, c)
        future_inputs.known_names(train, targets, c)
        future_inputs.refuse_binary_target(train, targets, c)
        places = [train.columns.index(name) for name in targets]
        rows = [multiple_series.measured_length(~np.isnan(x[:, places])) for x in train.x]
        held_out = train.held_out or [0] * len(rows)
        official = [max(0, used - len(x) + held) for used, x, held in zip(rows, train.x, held_out)]
        least = (c.WINDOW or future_inputs.SHORTEST) + c.HORIZON
        if c.GROUP is None:
            marks = split_series(rows, official, c, least, fold)
        else:
            whole = split_sequences(train.replace(y=np.zeros(len(rows))), None, c, validation_seed, False, fold)
            place_of = {series: place for place, name in enumerate(SPLITS) for series in whole[name].tolist()}
            marks = [np.full(used, place_of[k] if used >= least else -1) for k, used in enumerate(rows)]
        marks = [np.pad(own, (0, len(x) - len(own)), constant_values=-1) for own, x in zip(marks, train.x)]
        return {name: np.flatnonzero(np.concatenate(marks) == place) for place, name in enumerate(SPLITS)}

    @classmethod
    def fit(cls, train, rows, c):
        """Learn which columns are forecast, and how far each spreads in the training set."""
        targets = future_inputs.target_names(train, c)
        known, calendar = future_inputs.known_names(train, targets, c)
        places = [train.columns.index(name) for name in targets]
        with np.errstate(over="ignore"):  # values too large are refused by name, when they are prepared
            deviation = np.nanstd(np.concatenate(train.x)[rows][:, places], axis=0)
        deviation = np.where(deviation > 0, deviation, 1.0).tolist()
        season = future_inputs.season_to_difference(c)
        time_steps = multiple_series.usual_time_steps(train.times or train.clock)
        zones = train.zones and np.unique(np.concatenate(train.zones)).tolist()
        fitted = cls(
            targets, places, deviation, known, calendar, c.HORIZON, season, time_steps, train.clock_name, zones
        )
        return replace(fitted, track=Track.find(train, targets))

    def make_splits(self, train, test, rows, c):
        """Cut prepared series into windows; each belongs to the split that all of its targets lie in."""
        window, places = c.WINDOW or future_inputs.SHORTEST, self.places
        marks = np.full(sum(map(len, train.x)), -1)
        for place, name in enumerate(SPLITS):
            marks[rows[name]] = place
        lengths = list(map(len, train.x))
        series = np.repeat(np.arange(len(lengths)), lengths)
        values = np.concatenate(future_inputs.with_known(train, self)).astype(train.dtype)
        targets = np.where(np.concatenate(train.measured)[:, places], values[:, places], np.nan).astype(train.dtype)
        stretches = multiple_series.stretches(train)
        splits, empty = forecast_windows(values, targets, marks, stretches, window, self.horizon, c.STRIDE or 1)
        every, whole = (window_parts(marks, rows_of, window, self.horizon) >= 0 for rows_of in (series, stretches))
        across = int(every.sum() - whole.sum())
        for name, split in splits.items():
            if len(rows[name]) and across and not len(split) + empty:
                raise InputError(
                    f"every window of the {name} set runs over a gap of more than {LONG_GAP} usual steps in time: "
                    "set WINDOW lower, or put the column of times in IGNORE"
                )
            never = np.isnan(split.y).all(axis=(0, 1))
            if len(rows[name]) and never.any():
                raise InputError(f"the {name} set has no measured {self.targets[never.argmax()]} to forecast")
            split.unit = multiple_series.error_units(train, series, marks, self, c)[series[split.rows]]
        if len(splits["training"]) < 2:
            raise InputError("the training set has one window: set STRIDE or WINDOW lower")
        if len(splits["test"]):
            multiple_series.refuse_season(c, splits["test"], train, self.horizon)
        names, gaps = ", ".join(self.targets), sum(int(split.gaps.sum()) for split in splits.values())
        notes = [f"{counted_was(empty, 'window')} left out: no {names} to forecast was measured"] if empty else []
        if across:
            what = f"they run over a gap of more than {LONG_GAP} usual steps in time"
            notes.append(f"{counted_was(across, 'window')} left out: {what}")
        if gaps:
            total = sum(map(len, splits.values()))
            few = f"{counted_of(gaps, total, 'window', 'have')} an empty {names} among the values to forecast"
            notes.append(f"{few}: what is empty counts neither in the loss nor in scores")
        notes.append("rmse in training is in standard deviations of a window's changes, not in the report's units")
        notes += differencing_note(c)
        notes += multiple_series.short_notes(train, marks, series, window + self.horizon)
        used = [multiple_series.measured_length(own[:, places]) for own in train.measured]
        notes += multiple_series.future_notes(train, used, names)
        return splits, train.replace(columns=[*train.columns, *future_inputs.feature_names(self)]).noted(*notes)

    # The network and its training.

    def prepared(self, inputs, data, c):
        """Return the changes of a window."""
        return Differencing.fit(data, c).prepared(inputs)

    def output_layer(self, data, c):
        """Return the function that makes the changes to come (n, horizon × targets).

        With LINEAR_START they are the sum of a linear part, at ridge's solution, and of architecture and output layer,
        which begin at zero: training starts at the linear model's score and learns what it misses. LSTNet (Lai et al.
        2018) joins a linear part; to start it in closed form is ours.
        """
        start, size = "zeros" if c.LINEAR_START else "glorot_uniform", self.horizon * len(self.places)

        def make(features, prepared):
            outputs = layers.Dense(size, kernel_initializer=start, name=OUTPUT)(features)
            if not c.LINEAR_START:
                return outputs
            return layers.Add(name=SUM)([linear_part(prepared, self.linear_model(data.train, data, c)), outputs])

        return make

    def linear_model(self, split, data, c):
        """Fit the linear model of a Split: the changes to come, from all changes."""
        encoded = self.loss_targets(split, data, c).astype(np.float64)
        return ridge.fit(split, lambda places: encoded[places], flat_inputs_function(self, data, c), c.SEED)

    def linear_beside(self, data, c):
        """Tell whether the network has a linear part."""
        return c.LINEAR_START

    def hold_out(self, data, c):
        """Hold out the last windows of each series, or where the test set is other series, some of them."""
        train, starts = data.train, multiple_series.first_rows(data.sequences)
        series = multiple_series.series_of(train.rows, starts)
        if c.GROUP is not None:
            groups = groups_of(data.sequences, c.GROUP)[series]
            if len(np.unique(groups)) > 1:
                return hold_out_groups(groups, c.SEED)
        return hold_out_last(series, train.rows + train.shape[0], self.horizon)

    def fit_linear_part(self, model, split, data, c):
        """Fit the network's linear part to a Split."""
        set_linear_part(model, self.linear_model(split, data, c))

    def loss_targets(self, split, data, c):
        """Return the changes to come (n, horizon × targets), each in its units."""
        return Differencing.fit(data, c).encode(split)

    def finish(self, model, data, c):
        """Append what turns changes into the units of the series."""
        return Differencing.fit(data, c).in_units(model, self.output_shape())

    def output_shape(self):
        """Return the shape of the network's answer for one window: (horizon,) for one target."""
        return (self.horizon,) if len(self.places) == 1 else (self.horizon, len(self.places))

    def compile_arguments(self, model):
        """Return loss and metric, both in units of the changes' deviation."""
        # In its own scale a window's change may be huge.
        scale_each = any(layer.name == WINDOW_SCALE for layer in model.layers)
        loss = keras.losses.Huber(1.0) if scale_each else "mse"
        return {"loss": loss, "metrics": [keras.metrics.RootMeanSquaredError(name="rmse")]}

    def unit_of_training(self, data, c):
        """Return the deviation of one target's changes; nothing turns those of several, or of each window's scale."""
        if len(self.places) > 1 or c.STANDARDISE == "sequence":
            return None
        return float(Differencing.fit(data, c).deviation[self.places[0]])

    def describe_target(self):
        """Say in a few words what is learned."""
        names = ", ".join(self.targets)
        ahead = f" {self.horizon} steps ahead" * (self.horizon > 1)
        return f"forecasting {names if len(names) <= 80 else names[:79] + '…'}{ahead}"

    # What comes out.

    def decode(self, output):
        """Return the forecasts (n, horizon, targets), in the units of the series."""
        return output.reshape(len(output), self.horizon, len(self.places))

    def calibrate(self, data, output):
        """Learn prediction intervals from the forecasts of the validation set."""
        return replace(self, intervals=PredictionIntervals.fit(data.validation, self.decode(output), self.places))

    def calibrated_as(self, other):
        """Return the task with the intervals of another, which forecasts the same columns."""
        return replace(self, intervals=other.intervals)

    def uncalibrated(self):
        """Return the task without intervals."""
        return replace(self, intervals=None)

    def score(self, split, forecasts):
        """Return the RMSE of forecasts (n, horizon, targets), in the units that multiple_series.error_units gives."""
        return rmse((forecasts - split.y) / split.unit[:, None])

    def baselines(self, data, c):
        """Forecast the test set without a network; the intervals are learned as the network's are.

        Returns: ({name: Forecasts}, notes).
        """
        values, starts = np.concatenate(data.sequences.x)[:, self.places], multiple_series.first_rows(data.sequences)
        model, moves = self.linear_model(data.train, data, c), self.track is not None and data.test.shape[0] > 1

        training = [rows[:, 0] for rows in multiple_series.training_rows(data) if len(rows)]
        season, notes = find_season(training, c)
        outside = season is not None and season > data.train.shape[0]
        with_season = forecast_with_season(self, data, c, season) if outside else None

        def forecast(split):
            first = split.rows + split.shape[0]
            begin = starts[multiple_series.series_of(first, starts)]
            forecasts = naive_forecasts(values, first, self.horizon, c.SEASON, moves, begin)
            solved = ridge.predict(model, split, flat_inputs_function(self, data, c))
            forecasts[LINEAR] = Differencing.fit(data, c).decode(split, solved)
            return forecasts | ({SEASONAL_LINEAR: with_season(split)} if outside else {})

        learned = {}
        if self.intervals is not None and data.validation is not None:
            found = forecast(data.validation)
            learned = {name: PredictionIntervals.fit(data.validation, own, self.places) for name, own in found.items()}
        rivals = {
            name: Forecasts.around(own, learned.get(name), data.test, self.places)
            for name, own in forecast(data.test).items()
        }
        return rivals, ridge.sample_note(model, len(data.train)) + notes

    def report(self, data, forecasts, rivals, c):
        """Score forecasts (n, horizon, targets) of the test set beside those of `rivals`. Returns: Report."""
        return report_forecasts(self, data, forecasts, rivals, c)

    def pool_folds(self, folds):
        """Take the root of the mean square error over all values that were measured in the folds."""
        measured = [own | {"values": own["test_windows"] * own.get("measured", 1.0)} for own, _ in folds]
        return pooled_report(measured, "rmse", "values", power=2)

    # New data.

    def new_inputs(self, new, input_shape, where):
        """Take the last window of each series before its first row without a target.

        Returns: (the Sequences that are long enough, their windows (series, time, features)). Raises: InputError where
        none is, and where inputs that should be known ahead are not there.
        """
        new = new.noted(*multiple_series.check_time_step(new, self, where), *future_inputs.zone_notes(new, self))
        window, windows, kept = input_shape[0], [], []
        for place, values in enumerate(future_inputs.with_known(new, self)):
            measured, name = new.measured[place], multiple_series.series_name(new, place, where)
            rows = multiple_series.measured_length(measured[:, self.places])
            if rows < window and len(new.x) == 1:
                raise InputError(f"{name} has {counted(rows, 'row')}; the run takes the last {window}")
            if rows >= window:
                future_inputs.refuse_unknown(new, self, measured, rows, name)
                windows.append(values[rows - window : rows])
                kept.append(place)
        if not kept:
            raise InputError(f"{where}: none of its {len(new.x)} series has {window} rows, which the run takes")
        if len(kept) < len(new.x):
            short = [name for place, name in enumerate(new.names) if place not in kept]
            few = f"{counted_of(len(short), len(new.x), 'series', 'have')} fewer than {counted(window, 'row')}"
            new = multiple_series.select_series(new, kept).noted(f"{few}: left out ({', '.join(short[:3])})")
        return new, np.stack(windows)

    def report_new(self, new, forecasts, input_shape):
        """Report the forecasts of the steps beyond the end of each series."""
        return report_future(self, new, forecasts, input_shape)
