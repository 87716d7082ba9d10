"""A convolution and its pooling in one pass on a CPU: the same mathematics as stock Keras, on less memory.

Where MaxPooling1D follows Conv1D, one matrix product for each place in a pool gives the sums there; the largest gets
bias and activation, which are made once a pool instead of at every step: the largest of rectified sums is the
rectified largest sum. While `pooled(model)` runs, the convolution's method `call` gives what is pooled already, and the
pooling's hands it on. The layers, their weights and the saved file stay as they are.
"""

import functools
from contextlib import contextmanager

from project.quiet_tensorflow import keras, tf

LARGEST_WINDOW = 32  # values under a kernel up to which copying the windows pays


def qualifies(layer, pooling):
    """Tell whether Conv1D `layer` and the layer `pooling` after it can be computed so, exactly."""
    return (
        type(layer) is keras.layers.Conv1D
        and type(pooling) is keras.layers.MaxPooling1D
        and layer.activation is keras.activations.relu
        and layer.use_bias
        and layer.padding == pooling.padding == "valid"
        and layer.strides == layer.dilation_rate == (1,)
        and layer.groups == 1
        and pooling.strides == pooling.pool_size
        and layer.data_format == pooling.data_format == "channels_last"
        and layer.compute_dtype == layer.variable_dtype == "float32"
        and layer.kernel.shape[0] * layer.kernel.shape[1] <= LARGEST_WINDOW
        and len(layer._inbound_nodes) == len(pooling._inbound_nodes) == 1  # used in one place
    )


@contextmanager
def pooled(model):
    """Inside this block, functions traced from `model` convolve and pool in one pass where that is exact."""
    pairs = []
    if not tf.config.list_physical_devices("GPU") and not tf.distribute.has_strategy():
        given = {id(tensor) for tensor in model.outputs}
        for layer in model.layers:
            after = [node.operation for node in layer._outbound_nodes]
            if len(after) == 1 and qualifies(layer, after[0]) and id(layer.output) not in given:
                pairs.append((layer, after[0]))
    for layer, pooling in pairs:
        layer.call = functools.partial(_convolved_and_pooled, layer, pooling.pool_size[0])
        pooling.call = tf.identity
    try:
        yield
    finally:
        for layer, pooling in pairs:
            del layer.call, pooling.call


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

    largest = functools.reduce(_larger, map(sums, range(size)))  # of equals the first learns, as in pooling
    result = tf.nn.relu(tf.nn.bias_add(largest, tf.convert_to_tensor(layer.bias)))
    return tf.transpose(tf.reshape(result, (pools, rows, filters)), [1, 0, 2])


@tf.custom_gradient
def _larger(a, b):
    """Return the larger of each two values; TensorFlow's own gradient makes two passes and zeros besides."""

    def gradient(upstream):
        of_a = upstream * tf.cast(a >= b, upstream.dtype)
        return of_a, upstream - of_a

    return tf.maximum(a, b), gradient
