"""Convolutions with fixed kernels: what a linear model needs to tell sequences apart by their shapes, without training.

After MiniRocket (Dempster, Schmidt and Webb 2021): all 84 kernels of nine weights, of which three are 2 and six −1, at
every dilation that fits. A feature is the share of the time steps at which a kernel's output exceeds a threshold, on
a scale from −1 to 1.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np

from core.lazy import keras, layers, ops, tf
from networks.standardisation import numpy_function
from sequences.types import IN_CACHE, at_once

WIDTH = 9  # weights of a kernel
KERNELS = np.array([[2.0 if i in twos else -1.0 for i in range(WIDTH)] for twos in combinations(range(WIDTH), 3)]).T
SHARES = 5040  # features on the whole, at most
SAMPLED = 200  # training sequences that thresholds are taken from at most
SAMPLED_STEPS = 100_000  # time steps of all of them
GOLDEN = (5**0.5 - 1) / 2  # multiples of it, less their whole part, are spread evenly whatever their number
MARGIN = 1e-4  # over a threshold: where sequences are flat or padded many outputs equal it but for rounding
SEEN = 9  # of a sequence of many features a kernel sees so many at most


class DilatedKernels(NamedTuple):
    """The kernels at one dilation."""

    dilation: int
    weights: np.ndarray  # (WIDTH, features, 84): of several features each kernel sees some, drawn by chance
    thresholds: np.ndarray  # (a few, 84)


def fit_kernels(split, prepare, seed):
    """Choose dilations, features and thresholds for the sequences of a training Split.

    Parameters: prepare, a function from a Keras tensor (n, time, features) to what the network sees of it.
    Returns: list of DilatedKernels.
    """
    rng, (steps, features) = np.random.default_rng(seed), split.shape
    # Drawn from the whole set: files are often sorted by class.
    places = rng.permutation(len(split))[: max(1, min(SAMPLED, SAMPLED_STEPS // steps))]
    x = numpy_function(prepare, split)(split.take(places))
    dilations = [2**k for k in range(16) if k == 0 or (WIDTH - 1) * 2**k < steps]
    chosen, count = [], max(1, SHARES // (KERNELS.shape[1] * len(dilations)))
    for dilation in dilations:
        weights = KERNELS[:, None] * visible_features(features, rng)
        outputs = np.asarray(convolution(weights, dilation)(x)).reshape(-1, KERNELS.shape[1])
        quantiles = (np.arange(count) * GOLDEN + rng.random()) % 1
        chosen.append(DilatedKernels(dilation, weights, np.quantile(outputs, quantiles, axis=0) + MARGIN))
    return chosen


def visible_features(features, rng):
    """Draw the features that each kernel sees: few more often than many. Returns: 0 and 1, (features, 84)."""
    most = min(features, SEEN)
    visible = np.zeros((features, KERNELS.shape[1]))
    for kernel in visible.T:
        kernel[rng.choice(features, int(2 ** rng.uniform(0, np.log2(most + 1))), replace=False)] = 1
    return visible


def convolution(weights, dilation):
    """Return a Keras layer with these weights."""
    shape = {"filters": weights.shape[2], "kernel_size": WIDTH, "dilation_rate": dilation, "padding": "same"}
    layer = layers.Conv1D(**shape, use_bias=False, trainable=False, name=f"fixed_{dilation}")
    layer.build((None, None, weights.shape[1]))
    layer.set_weights([weights])
    return layer


def positive_share_features(x, chosen):
    """Turn a Keras tensor (n, time, features) into the features of `fit_kernels`, each from -1 to 1: (n, many)."""
    found = []
    for dilation, weights, thresholds in chosen:
        outputs = convolution(weights, dilation)(x)
        above = [ops.sign(ops.subtract(outputs, threshold)) for threshold in thresholds.astype(np.float32)]
        found += [ops.mean(signs, axis=1) for signs in above]
    return ops.concatenate(found, axis=1)


def feature_extractor(prepare, split, chosen):
    """Return the function from sequences of a Split to features (n, many) float64, by the network's own layers."""
    inputs = keras.Input(split.shape, dtype=split.dtype)
    size = at_once((split.shape[0], KERNELS.shape[1]), bytes_at_most=IN_CACHE)
    model = keras.Model(inputs, positive_share_features(prepare(inputs), chosen))
    call = tf.function(model, autograph=False, reduce_retracing=True)

    def extract(x):
        blocks = [call(tf.convert_to_tensor(x[start : start + size], split.dtype)) for start in range(0, len(x), size)]
        return np.concatenate(blocks).astype(np.float64)

    return extract
