"""Standardisation inside the network, so that the saved model takes raw values."""

import numpy as np

from core.lazy import keras, layers, ops, tf
from networks.layer_names import STANDARDISE
from sequences.statistics import mean_and_variance

LEAST_VARIANCE = 1e-6  # of a sequence's own, in units of the training set's
LEAST_DEVIATION = 1e-4  # of a feature: Keras' Normalization divides by 1e-7 at the least, which flattens smaller ones


def standardised(x, data, c):
    """Standardise x (n, time, features[, ...]) as STANDARDISE says.

    By mean and deviation of the training set; with "sequence" then each sequence by its own. Data that are of a good
    size already are left as they are.
    """
    raw = x
    if not data.sequences.scaled:
        x = standardise(x, *mean_and_variance(data.train))
    return x if c.STANDARDISE == "training" else sequence_standardised(x, raw, data)


def sequence_standardised(x, raw, data):
    """Standardise each sequence of x (n, time, features[, ...]) by its own mean and deviation.

    Padding does not count, else a level would depend on the length. The mean is subtracted twice: of a flat sequence
    the first leaves what it was rounded by, which divided by the least deviation would count, and each program rounds
    in its own way. Parameters: raw, the inputs that x was made of.
    """
    if data.preparation.unequal_lengths:
        return standardise_each(x, step_mask(raw, np.array(data.preparation.filler, raw.dtype)))
    axes = list(range(1, len(x.shape) - 1))  # all but the features
    x = x - ops.mean(x, axis=axes, keepdims=True)
    return layers.LayerNormalization(axes, LEAST_VARIANCE, center=False, scale=False, name="standardise_each")(x)


def standardise(x, mean, variance):
    """Standardise x (n, time, features[, ...]) by mean and variance, float64 (features,) each.

    What comes in 64 bits is centred in them, to go on in 32. A feature of tiny values, a field in tesla say, is
    multiplied by a power of two, which changes no digit.
    """
    if x.dtype == "float64":
        x, mean = layers.Rescaling(1.0, -mean, dtype="float64")(x), np.zeros_like(mean)
    exponents = np.ceil(np.log2(LEAST_DEVIATION) - np.log2(variance) / 2)
    factors = 2.0 ** np.maximum(exponents, 0)
    if (factors > 1).any():
        x = layers.Rescaling(factors.tolist())(x)
        mean, variance = mean * factors, variance * factors**2
    return layers.Normalization(mean=mean.tolist(), variance=variance.tolist(), name=STANDARDISE)(x)


def standardise_each(x, mask):
    """Standardise each sequence of x (n, time, features) by its own mean and deviation; mask: 0 at padding, else 1."""
    count = ops.maximum(ops.sum(mask, axis=1, keepdims=True), 1.0)
    for _ in range(2):  # see sequence_standardised
        x = (x - ops.sum(x, axis=1, keepdims=True) / count) * mask
    return x / ops.sqrt(ops.sum(x * x, axis=1, keepdims=True) / count + LEAST_VARIANCE)


def step_mask(x, filler):
    """Return the mask (n, time, 1) of sequences padded in front with `filler` (features,): 0 at padding, else 1."""
    other = ops.cast(ops.any(ops.not_equal(x, filler), axis=2, keepdims=True), "float32")
    return ops.cast(ops.cumsum(other, axis=1) > 0, "float32")


def numpy_function(make, split):
    """Return the NumPy function that does what layers do.

    Parameters: make, a function from a Keras tensor (n, *split.shape) to another, or to several; split, a Split.
    Returns: a function from arrays of such sequences to arrays float64. A linear model so sees what the network sees.
    """
    inputs = keras.Input(split.shape, dtype=split.dtype)
    model = keras.Model(inputs, make(inputs))

    def call(x):
        outputs = model(tf.convert_to_tensor(x, split.dtype), training=False)
        return keras.tree.map_structure(lambda output: np.asarray(output, np.float64), outputs)

    return call
