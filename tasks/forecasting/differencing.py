"""How a forecast sees a window: as changes. Levels drift, changes stay what they are.

They count against its last row; where each window has a scale of its own and holds two seasons, against the season
before. Its scale is then that of what MASE divides by: how far a season is from the one before.
"""

from typing import NamedTuple

import numpy as np

from baselines import ridge as linear
from core.lazy import keras, layers, ops
from networks.standardisation import by_training
from sequences.statistics import mean_and_variance
from tasks.forecasting.future_inputs import season_of

OF_LEVEL = 0.001  # of a window's last value: the least that its own scale is taken to be
SMALLEST = 1e-4  # the least of a window's own scale, in units of the training set's
FARTHEST = 20.0  # own scales that a change counts in training at most: a window that stood still tells nothing of it


class Changes(NamedTuple):
    """What the training set says of the changes of a window."""

    changing: np.ndarray  # (features,) 1 for columns, 0 for inputs known ahead, whose level counts
    mean: np.ndarray  # (features,) of the changes
    deviation: np.ndarray  # (features,)
    targets: list  # places of the columns to forecast
    own: bool  # whether each window has a scale of its own: STANDARDISE = "sequence"
    season: int  # rows back that changes count against; 0: against the last row

    def of(self, x):
        """Return (the changes (n, time, features) as the network sees them, scales (n, 1, features)) of windows x."""
        x = x.astype(np.float64)
        changes = (differences(x, self.changing, self.season) - self.mean) / self.deviation
        if not self.own:
            return changes, np.ones((len(x), 1, x.shape[2]))
        level = OF_LEVEL * x[:, -1:] * self.changing / self.deviation
        own = np.sqrt((changes**2).mean(axis=1, keepdims=True) + level**2 + SMALLEST**2)
        scale = own * self.changing + 1 - self.changing
        return changes / scale, scale

    def encode(self, x, y):
        """Return what the loss compares with the network's output: y (n, horizon, targets) in changes of windows x."""
        _, scale = self.of(x)
        changes = (y - self.base(x, y.shape[1])) / self.deviation[self.targets]
        changes = changes / scale[:, :, self.targets]
        return np.clip(changes, -FARTHEST, FARTHEST) if self.own else changes

    def decode(self, x, changes):
        """Undo `encode` for windows x and changes (n, horizon, targets)."""
        _, scale = self.of(x)
        changes = changes * scale[:, :, self.targets] * self.deviation[self.targets]
        return changes + self.base(x, changes.shape[1])

    def base(self, x, horizon):
        """Return what the changes to come count against: the last row or season of windows x, as often as needed."""
        last = x[:, -max(1, self.season) :, self.targets].astype(np.float64)
        return last[:, np.arange(horizon) % last.shape[1]]

    def flat(self, x):
        """Flatten windows x (n, time, features) to what the network sees, for the linear model."""
        return linear.flat(self.of(x)[0])


def differences(x, changing, season):
    """Return windows x (n, time, features) as changes, but for features whose `changing` is 0; see Changes.season."""
    return x[:, season:] - x[:, : -season or None] * changing if season else x - x[:, -1:] * changing


def changes_note(c):
    """Say what the changes of a window count against, where a season is given. Returns: a list of one line or none."""
    if c.SEASON is None or c.STANDARDISE != "sequence":
        return []
    if season_of(c):
        return [f"each window is seen as changes against the season before (SEASON = {c.SEASON})"]
    return [
        f"each window is seen as changes against its last row: it would take WINDOW = {2 * c.SEASON}, two seasons, to "
        f"see them against the season before"
    ]


def changes_of(data, c):
    """Learn Changes from the training set."""
    state = data.state
    changing = np.zeros(data.train.shape[1])
    changing[: len(data.preparation["columns"])] = 1
    season = state["season"]
    mean, variance = mean_and_variance(data.train, lambda x: differences(x, changing, season))
    own = c.STANDARDISE == "sequence"
    return Changes(changing, mean * (1 - changing) if own else mean, np.sqrt(variance), state["places"], own, season)


def seen(inputs, changes):
    """Put `Changes.of` into the network: windows (n, time, features) become what the backbone is given."""
    last = layers.Cropping1D((inputs.shape[1] - max(1, changes.season), 0), name="last")(inputs)
    base, x = last, inputs
    if changes.season:
        base, x = layers.Cropping1D((0, changes.season))(inputs), layers.Cropping1D((changes.season, 0))(inputs)
    if not changes.changing.all():
        base = layers.Rescaling(changes.changing.tolist())(base)
    x = by_training(layers.Subtract()([x, base]), changes.mean, changes.deviation**2)
    if not changes.own:
        return x
    level = layers.Rescaling((OF_LEVEL * changes.changing / changes.deviation).tolist())(last[:, -1:])
    own = ops.mean(ops.square(x), axis=1, keepdims=True) + ops.square(level) + SMALLEST**2
    own = layers.Rescaling(changes.changing.tolist(), (1 - changes.changing).tolist(), name="own_scale")(ops.sqrt(own))
    return x / own


def in_units(model, state):
    """Return the network with its output, changes (n, horizon × targets), turned into values in units of the series.

    Returns a model with output (n, horizon) for one target, (n, horizon, targets) for several.
    """
    places = state["places"]
    deviation = np.sqrt(np.reshape(model.get_layer("standardise").variance, -1))[places]
    x = layers.Reshape((state["horizon"], len(places)))(model.output)
    x = layers.Rescaling(deviation.tolist(), name="in_units")(x)
    names = [layer.name for layer in model.layers]
    if "own_scale" in names:
        x = x * keras.ops.take(model.get_layer("own_scale").output, places, axis=2)
    last = keras.ops.take(model.get_layer("last").output, places, axis=2)
    x = x + keras.ops.take(last, np.arange(state["horizon"]) % last.shape[1], axis=1)
    return keras.Model(model.input, layers.Reshape(output_shape(state))(x))


def output_shape(state):
    """Return the shape of the saved network's answer for one window."""
    return (state["horizon"],) if len(state["places"]) == 1 else (state["horizon"], len(state["places"]))
