"""Pooling over time, with the convolution before it in one pass, on a CPU: stock Keras' mathematics, sooner.

The gradient of TensorFlow's pooling looks for the largest values once more, slowly; here a comparison tells it. Where
MaxPooling1D follows Conv1D, one matrix product for each place in a pool gives the sums there; the largest gets bias and
activation, which are made once a pool instead of at every step: the largest of rectified sums is the rectified largest
sum. While `pooled(model)` runs, the method `call` of these layers is replaced: the convolution then gives what is
pooled already, and the pooling hands it on. The layers, their weights and the saved file stay as they are.
"""

import functools
from contextlib import contextmanager

from core.lazy import keras, tf

LARGEST_WINDOW = 32  # values under a kernel up to which copying the windows pays


def qualifies(pooling):
    """Tell whether pooling by comparisons computes exactly what this layer does."""
    return (
        type(pooling) is keras.layers.MaxPooling1D
        and pooling.strides == pooling.pool_size
        and pooling.data_format == "channels_last"
        and pooling.compute_dtype == "float32"
    )


def joins(layer, pooling):
    """Tell whether a Conv1D `layer` can be computed in one pass with a qualifying `pooling` after it, exactly."""
    return (
        type(layer) is keras.layers.Conv1D
        and layer.activation is keras.activations.relu
        and layer.use_bias
        and layer.padding == pooling.padding == "valid"
        and layer.strides == layer.dilation_rate == (1,)
        and layer.groups == 1
        and layer.data_format == "channels_last"
        and layer.compute_dtype == layer.variable_dtype == "float32"
        and layer.kernel.shape[0] * layer.kernel.shape[1] <= LARGEST_WINDOW
        and len(layer._inbound_nodes) == len(layer._outbound_nodes) == len(pooling._inbound_nodes) == 1
    )


@contextmanager
def pooled(model):
    """Inside this block, functions traced from `model` pool, or convolve and pool, so where it is exact."""
    calls = {}
    if not tf.config.list_physical_devices("GPU") and not tf.distribute.has_strategy():
        given = {id(tensor) for tensor in model.outputs}
        for pooling in filter(qualifies, model.layers):
            calls[pooling] = functools.partial(_pooled, pooling.pool_size[0], pooling.padding == "same")
            layer = pooling._inbound_nodes[0].input_tensors[0]._keras_history.operation
            if joins(layer, pooling) and id(layer.output) not in given:
                calls[layer] = functools.partial(_convolved_and_pooled, layer, pooling.pool_size[0])
                calls[pooling] = tf.identity
    for layer, call in calls.items():
        layer.call = call
    try:
        yield
    finally:
        for layer in calls:
            del layer.call


def _pooled(size, same, x):
    """Stand in for a MaxPooling1D of `size`: x (n, time, features), filled up to whole pools where `same`."""
    steps, features = x.shape[1] or tf.shape(x)[1], x.shape[2]
    left = steps % size
    if same and (tf.is_tensor(left) or left):
        missing = -steps % size
        ends = [[0, 0], [missing // 2, missing - missing // 2], [0, 0]]
        x = tf.pad(x, ends, constant_values=x.dtype.min)
    elif tf.is_tensor(left) or left:
        x = x[:, : steps - left]
    pools = tf.reshape(x, (-1, tf.shape(x)[1] // size, size, features))
    return functools.reduce(tf.maximum, tf.unstack(pools, size, axis=2))


def _convolved_and_pooled(layer, size, inputs):
    """Stand in for a Conv1D and a MaxPooling1D of `size` after it: inputs (n, time, features)."""
    width, features, filters = layer.kernel.shape
    kernel = tf.reshape(tf.convert_to_tensor(layer.kernel), (width * features, filters))
    x = tf.transpose(inputs, [1, 0, 2])  # time first, as the fused LSTM wants it: turned back twice, nothing is turned
    pools, rows = (tf.shape(x)[0] - width + 1) // size, tf.shape(x)[1]

    def sums(place):
        """Return the sums (pools × n, filters) of the windows that begin at a place of each pool."""
        starts = [place + k for k in range(width)]
        windows = tf.concat([x[start : start + size * pools : size] for start in starts], axis=2)
        return tf.matmul(tf.reshape(windows, (-1, width * features)), kernel)

    largest = functools.reduce(tf.maximum, map(sums, range(size)))  # of equals the first learns, as in pooling
    result = tf.nn.relu(tf.nn.bias_add(largest, tf.convert_to_tensor(layer.bias)))
    return tf.transpose(tf.reshape(result, (pools, rows, filters)), [1, 0, 2])
