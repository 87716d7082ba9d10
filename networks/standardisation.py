"""What several tasks put before or beside the backbone: as Keras layers, and the same in NumPy for the linear model."""

import numpy as np

from baselines import ridge as linear
from core.lazy import keras, layers, ops
from sequences.statistics import mean_and_variance

SMALLEST = 1e-6  # of a sequence's own variance, in units of the training set's


def standardised(x, data, c):
    """Standardise x (n, time, features[, ...]) inside the network, so that the saved model takes raw values.

    By mean and deviation of the training set; with STANDARDISE = "sequence" then each sequence by its own, in which
    padding does not count: else a level would depend on the length.
    """
    raw = x
    if not data.sequences.scaled:
        x = by_training(x, *mean_and_variance(data.train))
    if c.STANDARDISE == "training":
        return x
    if data.preparation["unequal_lengths"]:
        other = ops.cast(ops.any(ops.not_equal(raw, padding(data)), axis=2, keepdims=True), "float32")
        return each_standardised(x, ops.cast(ops.cumsum(other, axis=1) > 0, "float32"))
    axes = list(range(1, len(x.shape) - 1))  # all but the features
    return keras.layers.LayerNormalization(axes, SMALLEST, center=False, scale=False, name="standardise_each")(x)


def padding(data):
    """Return the step (features,) that shorter sequences are padded with in front, up to the first that differs."""
    return np.array(data.preparation["filler"], np.float32)


def by_training(x, mean, variance):
    """Standardise x (n, time, features[, ...]) by mean and variance (features,)."""
    return keras.layers.Normalization(mean=mean.tolist(), variance=variance.tolist(), name="standardise")(x)


def each_standardised(x, real):
    """Standardise each sequence of x (n, time, features) by its own mean and deviation; real: 0 at padding, else 1."""
    count = ops.maximum(ops.sum(real, axis=1, keepdims=True), 1.0)
    x = (x - ops.sum(x, axis=1, keepdims=True) / count) * real
    return x / ops.sqrt(ops.sum(x * x, axis=1, keepdims=True) / count + SMALLEST)


def flattened(data, c):
    """Return the function that flattens sequences (n, time, ...) as the network sees them, for the linear model."""
    as_seen = seen(data, c)
    return lambda x: linear.flat(as_seen(x))


def seen(data, c):
    """Return the function that standardises sequences (n, time, ...) in NumPy, as the network does."""
    shape = data.train.shape[-1:]
    mean, variance = (np.zeros(shape), np.ones(shape)) if data.sequences.scaled else mean_and_variance(data.train)

    def as_seen(x):
        raw, x = x, (x - mean) / np.sqrt(variance)
        if c.STANDARDISE == "training":
            return x
        real = np.ones((*x.shape[:-1], 1), bool)
        if data.preparation["unequal_lengths"]:
            real = np.maximum.accumulate((raw != padding(data)).any(axis=-1, keepdims=True), axis=1)
            real[:, -1:] = True  # the sequence comes last
        one = {"axis": tuple(range(1, x.ndim - 1)), "keepdims": True, "where": real}
        return np.where(real, (x - x.mean(**one)) / np.sqrt(x.var(**one) + SMALLEST), 0)

    return as_seen


def linear_part(x, solution, name="linear"):
    """Add a linear model to the network as a Dense layer on the flattened sequence, which training leaves as it is.

    x: (n, time, features) as the network sees it, or what it finds in that (n, k); solution: baselines.ridge.Linear of
    the same values. Returns: (n, outputs).
    """
    layer = keras.layers.Dense(solution.weights.shape[1], name=name, trainable=False)
    outputs = layer(keras.layers.Flatten()(x))
    layer.set_weights([solution.weights, solution.intercept])
    return outputs


def with_logits(model, added, share=1.0):
    """Return a network of classes with logits added to its own, before they become probabilities.

    model: ends with the Dense layer "output"; added: a Keras tensor (n, outputs) made of the model's; share: what the
    network's own logits are multiplied by.
    """
    last = model.get_layer("output")
    own = layers.Dense(last.units, name="output")
    logits = layers.Add()([own(last.input), added])
    own.set_weights([share * weights for weights in last.get_weights()])
    activation = "sigmoid" if last.units == 1 else "softmax"
    return keras.Model(model.input, layers.Activation(activation, name="probabilities")(logits))
