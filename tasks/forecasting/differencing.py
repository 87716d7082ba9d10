"""How a forecast sees a window: as changes. Levels drift, changes stay what they are.

They count against its last row; where each window has a scale of its own and holds two seasons, against the season
before. Its scale is then that of what MASE divides by: how far a season is from the one before.
"""

import functools
from dataclasses import dataclass

import numpy as np

from core.lazy import keras, layers, ops
from networks.layer_names import WINDOW_SCALE
from networks.standardisation import numpy_function, standardise
from sequences.statistics import mean_and_variance
from sequences.types import Split, block_slices
from tasks.forecasting.future_inputs import season_to_difference

OF_LEVEL = 0.001  # of a window's last value, or 1 of the training set's scale: the least that its own is taken to be
SMALLEST = 1e-4  # the least of a window's own scale, in units of the training set's
FARTHEST = 20.0  # window scales that a change counts in training at most: a window that stood still tells nothing of it


def changes(inputs, changing, season):
    """Turn windows (n, time, features) into changes (n, time - season, features), by layers.

    Parameters: changing (features,), 1 for columns, 0 for inputs known ahead, whose level counts; season, the rows back
    that changes count against; 0: against the last row.
    """
    x, base, dtype = inputs, last_rows(inputs, 1), inputs.dtype  # in 64 bits where 32 would lose the changes
    if season:
        x, base = (layers.Cropping1D(crop, dtype=dtype)(inputs) for crop in ((season, 0), (0, season)))
    if not changing.all():
        base = layers.Rescaling(changing.tolist(), dtype=dtype)(base)
    return layers.Subtract(dtype=dtype)([x, base])


def last_rows(inputs, count):
    """Return the last rows of windows: (n, count, features)."""
    return layers.Cropping1D((inputs.shape[1] - count, 0), dtype=inputs.dtype)(inputs)


@dataclass(frozen=True)
class Differencing:
    """What the training set says of the changes of a window, and the layers that make them."""

    changing: np.ndarray  # (features,): see `changes`
    mean: np.ndarray  # (features,) of the changes
    deviation: np.ndarray  # (features,)
    targets: list  # places of the columns to forecast
    horizon: int
    scale_each: bool  # whether each window has a scale of its own: STANDARDISE = "sequence"
    season: int
    windows: Split  # of the training set, whose shape and dtype all have

    @classmethod
    def fit(cls, data, c):
        """Learn from the training set."""
        return _fit(data, c.STANDARDISE == "sequence")

    def prepared(self, inputs):
        """Return the changes that the network is given (n, time - season, features)."""
        x = standardise(changes(inputs, self.changing, self.season), self.mean, self.deviation**2)
        return x / self.window_scale(x, inputs) if self.scale_each else x

    def window_scale(self, x, inputs):
        """Return the scale of each window's changes x (n, 1, features); 1 for inputs known ahead."""
        level = layers.Rescaling((OF_LEVEL * self.changing / self.deviation).tolist())(last_rows(inputs, 1))
        least = ops.minimum(ops.square(level), 1.0)
        scale = ops.sqrt(ops.mean(ops.square(x), axis=1, keepdims=True) + least + SMALLEST**2)
        return layers.Rescaling(self.changing.tolist(), (1 - self.changing).tolist(), name=WINDOW_SCALE)(scale)

    def base(self, inputs):
        """Return what the changes to come count against (n, horizon, targets): the last row or season, repeated."""
        last = ops.take(last_rows(inputs, max(1, self.season)), self.targets, axis=2)
        return ops.take(last, np.arange(self.horizon) % last.shape[1], axis=1)

    def in_units(self, model, output_shape):
        """Return the network with its output, changes (n, horizon × targets), turned into values of the series."""
        x = layers.Reshape((self.horizon, len(self.targets)))(model.output)
        x = layers.Rescaling(self.deviation[self.targets].tolist(), name="in_units")(x)
        if self.scale_each:
            x = x * ops.take(model.get_layer(WINDOW_SCALE).output, self.targets, axis=2)
        # Their sum, but x + base of a single window is for Keras the bias of horizon channels, which TFLite cannot add.
        x = ops.subtract(x, ops.negative(self.base(model.input)))
        return keras.Model(model.input, layers.Reshape(output_shape, dtype=x.dtype)(x))

    def base_and_unit(self):
        """Return the NumPy function from windows to (`base`, the unit (n, 1, targets) of the changes to come)."""
        deviation = self.deviation[self.targets]
        if not self.scale_each:
            base = numpy_function(self.base, self.windows)
            return lambda x: (base(x), deviation)

        def make(inputs):
            x = standardise(changes(inputs, self.changing, self.season), self.mean, self.deviation**2)
            return self.base(inputs), ops.take(self.window_scale(x, inputs), self.targets, axis=2)

        both = numpy_function(make, self.windows)

        def base_and_scaled_deviation(x):
            base, scale = both(x)
            return base, scale * deviation

        return base_and_scaled_deviation

    def encode(self, split):
        """Return what the loss compares with the network's output: a Split's y in changes, float32 (n, outputs)."""
        found, base_and_unit = [], self.base_and_unit()
        for block in block_slices(split):
            base, unit = base_and_unit(split.take(block))
            own = (split.y[block] - base) / unit
            found.append(np.clip(own, -FARTHEST, FARTHEST) if self.scale_each else own)
        return np.concatenate(found).reshape(len(split), -1).astype(np.float32)

    def decode(self, split, output):
        """Undo `encode` for a linear model's output (n, outputs): forecasts (n, horizon, targets)."""
        found, base_and_unit = [], self.base_and_unit()
        output = output.reshape(len(split), self.horizon, len(self.targets))
        for block in block_slices(split):
            base, unit = base_and_unit(split.take(block))
            found.append(output[block] * unit + base)
        return np.concatenate(found)


@functools.lru_cache(maxsize=1)  # a training asks for it several times
def _fit(data, scale_each):
    task, train = data.task, data.train
    changing = np.zeros(train.shape[1])
    changing[: len(data.preparation.columns)] = 1
    seen = numpy_function(lambda inputs: changes(inputs, changing, task.season), train)
    mean, variance = mean_and_variance(train, seen)
    mean = mean * (1 - changing) if scale_each else mean
    return Differencing(changing, mean, np.sqrt(variance), task.places, task.horizon, scale_each, task.season, train)


def differencing_note(c):
    """Say what the changes of a window count against, where a season is given. Returns: list of one line or none."""
    if c.SEASON is None or c.STANDARDISE != "sequence":
        return []
    if season_to_difference(c):
        return [f"each window is seen as changes from the season before (SEASON = {c.SEASON})"]
    return [
        f"each window is seen as changes from its last row: it would take WINDOW = {2 * c.SEASON}, two seasons, to "
        f"see them from the season before"
    ]
