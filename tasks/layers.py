"""Layers that several tasks put before or beside the backbone."""

import numpy as np

from baselines import linear
from sequences.statistics import mean_and_variance


def standardised(x, data, c):
    """Standardise x (n, time, features[, ...]) inside the network, so that the saved model takes raw values.

    By mean and deviation of the training part; with STANDARDISE = "sequence" then each sequence by its own.
    """
    from project.quiet_tensorflow import keras

    if not data.sequences.scaled:
        x = by_training(x, *mean_and_variance(data.train))
    if c.STANDARDISE == "training":
        return x
    axes = list(range(1, len(x.shape) - 1))  # all but the features
    return keras.layers.LayerNormalization(axes, 1e-6, center=False, scale=False, name="standardise_each")(x)


def by_training(x, mean, variance):
    """Standardise x (n, time, features[, ...]) by mean and variance (features,)."""
    from project.quiet_tensorflow import keras

    return keras.layers.Normalization(mean=mean.tolist(), variance=variance.tolist(), name="standardise")(x)


def flattened(c):
    """Return the function that flattens sequences to what the linear model sees: the same values as the network."""
    return linear.flat if c.STANDARDISE == "training" else linear.flat_standardised


def linear_part(x, solution, mean, deviation, scale, trainable=False):
    """Add a linear model to the network as a Dense layer on the flattened, standardised sequence.

    x: (n, time, features), standardised by mean and deviation (features,); solution: baselines.linear.Linear of the
    values before that; scale: what its outputs are divided by. Returns: (n, outputs).
    """
    from project.quiet_tensorflow import keras

    steps = x.shape[1]
    layer = keras.layers.Dense(solution.weights.shape[1], name="linear", trainable=trainable)
    outputs = layer(keras.layers.Flatten()(x))
    weights = solution.weights * np.tile(deviation, steps)[:, None] / scale
    intercept = (solution.intercept + np.tile(mean, steps) @ solution.weights) / scale
    layer.set_weights([weights, intercept])
    return outputs
