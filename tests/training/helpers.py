"""What the tests of training/acceleration share: small data and networks, and a training step compared with Keras'."""

from types import SimpleNamespace

import numpy as np

from cnn_lstm_model import build_model
from core.constants import read_constants
from sequences.types import Data, Sequences, Split
from tasks.classification.task import Classification
from tasks.forecasting.task import Forecasting


def random_data(input_shape, n_outputs, n, name="classes", seed=1):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, *input_shape)).astype(np.float32)
    y = rng.normal(size=(n, n_outputs)).astype(np.float32) if name == "forecasting" else rng.integers(0, n_outputs, n)
    return x, y


def data_of(name, input_shape, n_outputs, n=40):
    """Make data for which the task builds a network of these outputs."""
    x, y = random_data(input_shape, n_outputs, n, name)
    forecasts = name == "forecasting"
    split = Split(x, y[:, :, None] if forecasts else y, np.arange(n))
    task = Classification([*map(str, range(n_outputs))])
    if forecasts:
        task = Forecasting(["a"], [0], [1.0], [], [], n_outputs, 0)
    preparation = SimpleNamespace(kind="sequences", columns=["a", "b"])
    return Data(split, None, split, task, preparation, Sequences(x, scaled=True))


def network(input_shape, n_outputs, name="classes", **constants):
    """Build the network of the project."""
    data = data_of(name, input_shape, n_outputs)
    return data.task.network(data, read_constants().changed(**constants), build_model)


def new_model(build, loss="binary_crossentropy"):
    """Build and compile a model; the same seeds, weights and biases (none of them zero) each time."""
    from core.quiet_tensorflow import keras

    keras.utils.set_random_seed(5)
    model, rng = build(), np.random.default_rng(2)
    for weight in model.trainable_weights:
        weight.assign_add(0.1 * rng.normal(size=weight.shape))
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=["mae" if loss == "mse" else "accuracy"])
    return model


def loss_and_gradients(model, x, y):
    """Compute [loss, gradient of the input, those of the weights] of a training step, and count the kernel's calls."""
    from core.quiet_tensorflow import tf

    @tf.function
    def compute(x, y):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = model.compute_loss(x, y, model(x, training=True), training=True)
        return [loss, *tape.gradient(loss, [x, *(weight.value for weight in model.trainable_weights)])]

    x, y = tf.constant(x), tf.constant(y)
    traced = compute.get_concrete_function(x, y)
    kernels = sum(op.type == "BlockLSTM" for op in traced.graph.get_operations())
    return [tensor.numpy() for tensor in traced(x, y)], kernels


def check_close(stock, ours):
    """Compare to 1e-5 of the largest entry; where a gradient is zero but for rounding, of the largest gradient."""
    assert abs(ours[0] - stock[0]) <= 1e-5 * abs(stock[0])
    largest = max(np.abs(gradient).max() for gradient in stock[1:])
    for a, b in zip(stock[1:], ours[1:], strict=True):
        size = np.abs(a).max()
        assert np.abs(a - b).max() <= 1e-5 * (size if size > 1e-5 * largest else largest)


def replaced(model):
    """Return {(name of a layer, name of a method that is replaced)}."""
    methods = ("call", "inner_loop")
    return {(layer.name, name) for layer in model._flatten_layers() for name in methods if name in vars(layer)}
