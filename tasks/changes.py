"""How a forecast sees a window: as changes against its last row. Levels drift, changes stay what they are."""

from typing import NamedTuple

import numpy as np

from baselines import linear
from sequences.statistics import mean_and_variance
from tasks.layers import by_training

OF_LEVEL = 0.001  # of a window's last value: the least that its own scale is taken to be
SMALLEST = 1e-4  # the least of a window's own scale, in units of the training part's
FARTHEST = 20.0  # own scales that a change counts in training at most: a window that stood still tells nothing of it


class Changes(NamedTuple):
    """What the training part says of changes against a window's last row."""

    changing: np.ndarray  # (features,) 1 for columns, 0 for inputs known ahead, whose level counts
    mean: np.ndarray  # (features,) of the changes
    deviation: np.ndarray  # (features,)
    targets: list  # places of the columns to forecast
    own: bool  # whether each window has a scale of its own: STANDARDISE = "sequence"

    def of(self, x):
        """Return (the changes (n, time, features) as the network sees them, scales (n, 1, features)) of windows x."""
        x = x.astype(np.float64)
        last = x[:, -1:] * self.changing
        changes = (x - last - self.mean) / self.deviation
        if not self.own:
            return changes, np.ones((len(x), 1, x.shape[2]))
        level = OF_LEVEL * last / self.deviation
        own = np.sqrt((changes**2).mean(axis=1, keepdims=True) + level**2 + SMALLEST**2)
        scale = own * self.changing + 1 - self.changing
        return changes / scale, scale

    def encode(self, x, y):
        """Return what the loss compares with the network's output: y (n, horizon, targets) in changes of windows x."""
        _, scale = self.of(x)
        changes = (y - x[:, -1:, self.targets].astype(np.float64)) / self.deviation[self.targets]
        changes = changes / scale[:, :, self.targets]
        return np.clip(changes, -FARTHEST, FARTHEST) if self.own else changes

    def decode(self, x, changes):
        """Undo `encode` for windows x and changes (n, horizon, targets)."""
        _, scale = self.of(x)
        changes = changes * scale[:, :, self.targets] * self.deviation[self.targets]
        return changes + x[:, -1:, self.targets].astype(np.float64)

    def flat(self, x):
        """Flatten windows x (n, time, features) to what the network sees, for the linear model."""
        return linear.flat(self.of(x)[0])


def changes_of(data, c):
    """Learn Changes from the training part."""
    state = data.state
    changing = np.zeros(data.train.shape[1])
    changing[: len(data.preparation["columns"])] = 1
    mean, variance = mean_and_variance(data.train, changing)
    own = c.STANDARDISE == "sequence"
    return Changes(changing, mean * (1 - changing) if own else mean, np.sqrt(variance), state["places"], own)


def seen(inputs, changes):
    """Put `Changes.of` into the network: windows (n, time, features) become what the backbone is given."""
    from project.quiet_tensorflow import keras

    layers, ops = keras.layers, keras.ops
    last = layers.Cropping1D((inputs.shape[1] - 1, 0), name="last")(inputs)
    base = last if changes.changing.all() else layers.Rescaling(changes.changing.tolist())(last)
    x = by_training(layers.Subtract()([inputs, base]), changes.mean, changes.deviation**2)
    if not changes.own:
        return x
    level = layers.Rescaling((OF_LEVEL / changes.deviation).tolist())(base)
    own = ops.mean(ops.square(x), axis=1, keepdims=True) + ops.square(level) + SMALLEST**2
    own = layers.Rescaling(changes.changing.tolist(), (1 - changes.changing).tolist(), name="own_scale")(ops.sqrt(own))
    return x / own


def in_units(model, state):
    """Return the network with its output, changes (n, horizon × targets), turned into values in units of the series.

    Returns a model with output (n, horizon) for one target, (n, horizon, targets) for several.
    """
    from project.quiet_tensorflow import keras

    layers, places = keras.layers, state["places"]
    deviation = np.sqrt(np.reshape(model.get_layer("standardise").variance, -1))[places]
    x = layers.Reshape((state["horizon"], len(places)))(model.output)
    x = layers.Rescaling(deviation.tolist(), name="in_units")(x)
    names = [layer.name for layer in model.layers]
    if "own_scale" in names:
        x = x * keras.ops.take(model.get_layer("own_scale").output, places, axis=2)
    x = x + keras.ops.take(model.get_layer("last").output, places, axis=2)
    return keras.Model(model.input, layers.Reshape(output_shape(state))(x))


def output_shape(state):
    """Return the shape of the saved network's answer for one window."""
    return (state["horizon"],) if len(state["places"]) == 1 else (state["horizon"], len(state["places"]))
