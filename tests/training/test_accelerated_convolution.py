"""Pooling, with its convolution in one pass where that can be, gives what stock Keras gives; else it is left alone."""

import numpy as np
import pytest

from tests.conftest import on_gpu
from tests.training.helpers import check_close, loss_and_gradients, new_model, random_data, replaced

FIT = {  # input shape, filters and kernel, options of the pooling
    "as shipped": ((50, 1), (32, 3), {"pool_size": 2}),
    "steps left over": ((12, 3), (4, 4), {"pool_size": 4}),
    "pools of one step": ((9, 2), (4, 1), {"pool_size": 1}),
    "one pool": ((9, 1), (4, 2), {"pool_size": 8}),
}
POOLED = {  # time steps, and options of a pooling that is computed without its convolution
    "as in the preset": (20, {"padding": "same"}),
    "a step missing": (21, {"padding": "same"}),
    "three missing": (21, {"pool_size": 6, "padding": "same"}),
    "steps left over": (21, {"pool_size": 4}),
    "pools of one step": (21, {"pool_size": 1}),
}
APART = {  # options of the convolution and of the pooling: the pooling alone is replaced
    "other activation": ({"activation": "tanh"}, {}),
    "no bias": ({"use_bias": False}, {}),
    "padding": ({"padding": "same"}, {}),
    "causal": ({"padding": "causal"}, {}),
    "strides": ({"strides": 2}, {}),
    "dilation": ({"dilation_rate": 2}, {}),
    "groups": ({"groups": 2}, {}),
    "pooling with padding": ({}, {"padding": "same"}),
    "large windows": ({"kernel_size": 17}, {}),
    "half precision before": ({"dtype": "mixed_bfloat16"}, {}),
}
UNFIT = {"pools that overlap": {"strides": 1}, "half precision": {"dtype": "mixed_bfloat16"}}


def build(input_shape, convolution, pooling, after=()):
    """Build a model of one convolution and one pooling."""
    from core.quiet_tensorflow import keras

    layers = keras.layers
    options = {"filters": 4, "kernel_size": 3, "activation": "relu"} | convolution
    x = inputs = keras.Input(input_shape)
    for layer in (layers.Conv1D(**options), layers.MaxPooling1D(**({"pool_size": 2} | pooling)), *after):
        x = layer(x)
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(layers.Flatten()(x)))


def pooled_layers(model):
    return [layer.name for layer in model.layers if (layer.name, "call") in replaced(model)]


@pytest.mark.parametrize("name", FIT)
def test_loss_and_gradients_are_those_of_stock_keras(name):
    from core.quiet_tensorflow import keras
    from training.acceleration import accelerated

    input_shape, (filters, size), pooling = FIT[name]
    convolution = {"filters": filters, "kernel_size": size}
    model = new_model(lambda: build(input_shape, convolution, pooling, [keras.layers.LSTM(5, return_sequences=True)]))
    x, y = random_data(input_shape, 2, 7)
    stock, _ = loss_and_gradients(model, x, y)
    with accelerated(model, 32):
        assert len(pooled_layers(model)) == (0 if on_gpu() else 2)
        ours, _ = loss_and_gradients(model, x, y)
        np.testing.assert_allclose(model(x), ours_by_numpy(model, x, pooling["pool_size"]), rtol=1e-4, atol=1e-6)
    assert not pooled_layers(model)
    check_close(stock, ours)


def ours_by_numpy(model, x, size):
    """Compute a model's answers with convolution and pooling in NumPy, in 64 bits, the rest by its layers."""
    convolution, _, *after = [layer for layer in model.layers if type(layer).__name__ != "InputLayer"]
    kernel, bias = (np.asarray(weight, np.float64) for weight in convolution.get_weights())
    windows = np.lib.stride_tricks.sliding_window_view(x, len(kernel), axis=1)  # (n, steps, features, width)
    sums = np.maximum(np.einsum("ntfk,kfo->nto", windows, kernel) + bias, 0)
    pools = sums.shape[1] // size
    x = sums[:, : pools * size].reshape(len(x), pools, size, -1).max(axis=2).astype(np.float32)
    for layer in after:
        x = layer(x)
    return x


@pytest.mark.parametrize("name", POOLED)
@pytest.mark.parametrize("known", [True, False])
def test_pooling_alone_is_that_of_stock_keras(name, known):
    from core.quiet_tensorflow import keras
    from training.acceleration import accelerated

    layers, (steps, pooling) = keras.layers, POOLED[name]

    def network():
        x = inputs = keras.Input((steps if known else None, 3))
        x = layers.Conv1D(4, 3, padding="same")(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        x = layers.MaxPooling1D(**({"pool_size": 2} | pooling))(x)
        return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(layers.LSTM(5)(x)))

    model, (x, y) = new_model(network), random_data((steps, 3), 2, 7)
    stock, _ = loss_and_gradients(model, x, y)
    with accelerated(model, 32):
        assert len(pooled_layers(model)) == (0 if on_gpu() else 1)
        ours, _ = loss_and_gradients(model, x, y)
    assert not pooled_layers(model)
    check_close(stock, ours)


@pytest.mark.parametrize("name", APART)
def test_a_convolution_that_cannot_be_joined_is_left_alone(name):
    from training.acceleration import accelerated

    model = build((40, 2), *APART[name])
    with accelerated(model, 32):
        assert [*map(kind, pooled_layers(model))] == ([] if on_gpu() else ["max_pooling1d"])


@pytest.mark.parametrize("name", UNFIT)
def test_a_pooling_of_another_sort_is_left_alone(name):
    from training.acceleration import accelerated

    model = build((40, 2), {}, UNFIT[name])
    with accelerated(model, 32):
        assert not pooled_layers(model)


def test_convolutions_that_share_a_pooling_or_are_read_by_others_are_left_alone():
    from core.quiet_tensorflow import keras
    from training.acceleration import accelerated

    layers, inputs, pooling = keras.layers, keras.Input((12, 1)), keras.layers.MaxPooling1D(2)
    shared = keras.Model(inputs, [pooling(layers.Conv1D(4, 3, activation=name)(inputs)) for name in ("relu", "tanh")])
    x = layers.Conv1D(4, 3, activation="relu")(inputs)
    read = keras.Model(inputs, layers.Concatenate(axis=1)([layers.MaxPooling1D(2)(x), x]))
    x = layers.Conv1D(4, 3, activation="relu")(inputs)
    given = keras.Model(inputs, [x, layers.MaxPooling1D(2)(x)])
    for model in (shared, read, given):
        with accelerated(model, 32):
            assert [*map(kind, pooled_layers(model))] == ([] if on_gpu() else ["max_pooling1d"])


def kind(name):
    """Return the name of a layer without Keras' number."""
    return name.rstrip("0123456789").rstrip("_") if "_" in name else name
