"""Pooling over time, in one pass with the convolution before it, on a CPU: the same mathematics as stock Keras, faster.

The gradient of TensorFlow's pooling searches for the largest values a second time, slowly; here a comparison tells
them. Where MaxPooling1D follows Conv1D, one matrix product for each position in a pool gives the sums there; bias and
activation are applied to the largest alone, once a pool instead of at every step: the largest of rectified sums is the
rectified largest sum. The convolution then returns what is pooled already, and the pooling hands it on.
"""

import functools

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


def replacements(model):
    """Yield (layer, "call", faster method) for each pooling, and each convolution before one, where it is exact."""
    outputs = {id(tensor) for tensor in model.outputs}
    for pooling in filter(qualifies, model.layers):
        size, layer = pooling.pool_size[0], pooling._inbound_nodes[0].input_tensors[0]._keras_history.operation
        if joins(layer, pooling) and id(layer.output) not in outputs:
            yield layer, "call", functools.partial(_convolve_and_pool, layer, size)
            yield pooling, "call", tf.identity
        else:
            yield pooling, "call", functools.partial(_pool, size, pooling.padding == "same")


def _pool(size, same, x):
    """Stand in for a MaxPooling1D of `size`: x (n, time, features), padded to whole pools where `same`."""
    steps, features = x.shape[1] or tf.shape(x)[1], x.shape[2]
    left = steps % size
    if same and (tf.is_tensor(left) or left):
        missing = -steps % size
        padding = [[0, 0], [missing // 2, missing - missing // 2], [0, 0]]
        x = tf.pad(x, padding, constant_values=x.dtype.min)
    elif tf.is_tensor(left) or left:
        x = x[:, : steps - left]
    pools = tf.reshape(x, (-1, tf.shape(x)[1] // size, size, features))
    return functools.reduce(tf.maximum, tf.unstack(pools, size, axis=2))


def _convolve_and_pool(layer, size, inputs):
    """Stand in for a Conv1D and a MaxPooling1D of `size` after it: inputs (n, time, features)."""
    width, features, filters = layer.kernel.shape
    kernel = tf.reshape(tf.convert_to_tensor(layer.kernel), (width * features, filters))
    x = tf.transpose(inputs, [1, 0, 2])  # time first, as the fused LSTM wants it: two transpositions cancel out
    pools, rows = (tf.shape(x)[0] - width + 1) // size, tf.shape(x)[1]

    def sums(position):
        """Return the sums (pools × n, filters) of the windows that begin at a position of each pool."""
        starts = [position + k for k in range(width)]
        windows = tf.concat([x[start : start + size * pools : size] for start in starts], axis=2)
        return tf.matmul(tf.reshape(windows, (-1, width * features)), kernel)

    largest = functools.reduce(tf.maximum, map(sums, range(size)))  # of equals the first gets the gradient
    result = tf.nn.relu(tf.nn.bias_add(largest, tf.convert_to_tensor(layer.bias)))
    return tf.transpose(tf.reshape(result, (pools, rows, filters)), [1, 0, 2])
