"""Layers that several tasks put before or beside the backbone."""

import numpy as np


def standardised(x, mean, variance):
    """Standardise x (n, time, features) inside the network, so that the saved model takes raw values."""
    from project.quiet_tensorflow import keras

    return keras.layers.Normalization(mean=mean.tolist(), variance=variance.tolist(), name="standardise")(x)


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
