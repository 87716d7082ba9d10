"""The shares of time steps above thresholds (networks/minirocket.py), all of one dilation in one pass, on a CPU.

Stock operations move every output of the fixed kernels through memory three times for each threshold. Here XLA compiles
the comparisons and their sums into one loop, which keeps them in registers. The sums are whole numbers: exact in any
order. The convolution then returns the shares of all thresholds, and the operations after it pick theirs.
"""

import functools

import numpy as np

from core.lazy import keras, tf

PIECES = 15  # stretches of time that are compared side by side
LEAST_STEPS = 10_000  # time steps in a batch: with fewer, compiling takes longer than it saves
CHAIN = ["Subtract", "Sign", "Mean"]


def replacements(model, batch_size):
    """Yield (layer or operation, "call", faster method) for each convolution that is compared with thresholds alone."""
    outputs = {id(tensor) for tensor in model.outputs}
    for layer in model.layers:
        if type(layer) is not keras.layers.Conv1D or batch_size * (layer.output.shape[1] or 0) < LEAST_STEPS:
            continue
        chains = [_chain(node) for node in layer._outbound_nodes]
        inner = {id(layer.output), *(id(node.outputs[0]) for chain in chains for node in chain[:-1])}
        if not all(map(_qualifies, chains)) or inner & outputs:
            continue
        thresholds = np.stack([chain[0].arguments.args[1] for chain in chains])
        yield layer, "call", functools.partial(_shares_above, type(layer).call.__get__(layer), thresholds)
        for k, (subtract, sign, mean) in enumerate(chains):
            yield subtract.operation, "call", functools.partial(_pick, k)
            yield sign.operation, "call", tf.identity
            yield mean.operation, "call", tf.identity


def _chain(node):
    """Return a node and those after it, as long as each has one alone: three at most."""
    chain = [node]
    while len(chain) < len(CHAIN) and len(chain[-1].operation._outbound_nodes) == 1:
        chain += chain[-1].operation._outbound_nodes
    return chain


def _qualifies(chain):
    """Tell whether nodes are the mean over time of the signs of what is left above a threshold for each kernel."""
    if [type(node.operation).__name__ for node in chain] != CHAIN:
        return False
    mean, args = chain[-1].operation, chain[0].arguments.args
    return mean.axis in (1, (1,), [1]) and not mean.keepdims and np.shape(args[1]) == chain[0].outputs[0].shape[2:]


def _shares_above(convolve, thresholds, inputs):
    """Stand in for a convolution, with the thresholds (k, kernels) after it. Returns: (n, k, kernels), from -1 to 1."""
    outputs = convolve(inputs)
    return _counted()(outputs, tf.convert_to_tensor(thresholds, outputs.dtype)) / outputs.shape[1]


def _pick(k, shares, threshold):
    """Stand in for the subtraction of the threshold at place k."""
    return shares[:, k]


@functools.cache
def _counted():
    """Return the compiled function from outputs (n, time, kernels) and thresholds (k, kernels) to (n, k, kernels)."""

    def count(outputs, thresholds):
        """Count the steps above each threshold, less those below."""
        steps, kernels = outputs.shape[1:]
        padding = [[0, 0], [0, -steps % PIECES], [0, 0]]  # by NaN, which is neither above nor below
        padded = tf.pad(outputs, padding, constant_values=np.nan)
        pieces = tf.unstack(tf.reshape(padded, (-1, PIECES, 1, padded.shape[1] // PIECES, kernels)), axis=1)
        thresholds = thresholds[:, None]
        above = [tf.cast(own > thresholds, tf.float32) - tf.cast(own < thresholds, tf.float32) for own in pieces]
        return tf.reduce_sum(tf.add_n(above), axis=2)

    return tf.function(count, jit_compile=True, autograph=False)
