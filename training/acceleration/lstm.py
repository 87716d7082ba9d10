"""An LSTM layer on TensorFlow's fused CPU kernel: the same mathematics as stock Keras, without its small operations.

Replaced is the layer's method `inner_loop`, which computes a whole sequence.
"""

import functools
import math

from core.lazy import keras, tf

MOST_ROWS = 64  # sequences in one call: with more the kernel slows itself down
LEAST_ROWS = 16  # sequences in one call: with fewer a call costs more than another core gains


def qualifies(layer):
    """Tell whether the fused kernel computes exactly what this layer does."""
    return (
        type(layer) is keras.layers.LSTM
        and layer.activation is keras.activations.tanh
        and layer.recurrent_activation is keras.activations.sigmoid
        and layer.use_bias
        and not layer.recurrent_dropout
        and not layer.unroll
        and layer.compute_dtype == layer.variable_dtype == "float32"
        and not getattr(layer.cell, "quantization_mode", None)
    )


def count_pieces(batch_size):
    """Return how many calls of the kernel, side by side, make a batch: an even number where two are large enough.

    One call uses several cores badly: two of half the size take two thirds of its time on two. The number does not
    depend on that of the cores: sums are added in the same order, and give the same weights, on any.
    """
    return 2 * math.ceil(batch_size / (2 * MOST_ROWS)) if batch_size >= 2 * LEAST_ROWS else 1


def replacements(model, batch_size):
    """Yield (layer, "inner_loop", faster method) for each LSTM layer that the kernel computes exactly."""
    pieces = count_pieces(batch_size)
    for layer in filter(qualifies, model._flatten_layers()):
        yield layer, "inner_loop", functools.partial(_fused_inner_loop, layer, pieces)


def _fused_inner_loop(layer, pieces, sequences, initial_state, mask, training=False):
    """Stand in for keras.layers.LSTM.inner_loop: sequences (n, time, features), initial_state two of (n, units)."""
    if mask is not None:
        return type(layer).inner_loop(layer, sequences, initial_state, mask, training=training)
    cell = layer.cell
    if training and cell.dropout:
        sequences = sequences * cell.get_dropout_mask(sequences[:, 0, :])[:, None, :]
    x = tf.transpose(sequences, [1, 0, 2])  # the kernel takes time first
    if layer.go_backwards:
        x = tf.reverse(x, [0])
    rows, (h0, c0) = tf.shape(x)[1], initial_state
    if pieces > 1:  # no piece may be empty: the kernel's gradient of an empty one is garbage
        missing = tf.maximum(pieces - rows, 0)
        x = tf.pad(x, [[0, 0], [0, missing], [0, 0]])
        h0, c0 = (tf.pad(state, [[0, missing], [0, 0]]) for state in (h0, c0))
    share = tf.shape(x)[1] // pieces
    sizes = tf.stack([share] * (pieces - 1) + [tf.shape(x)[1] - share * (pieces - 1)])
    weights = _gates_reordered(tf.concat([cell.kernel, cell.recurrent_kernel], axis=0))
    bias, outputs, states = _gates_reordered(tf.convert_to_tensor(cell.bias)), [], []
    # Split, not sliced: the gradient of slices is a whole tensor of zeros for each.
    for piece in zip(tf.split(x, sizes, 1, pieces), tf.split(h0, sizes, 0, pieces), tf.split(c0, sizes, 0, pieces)):
        h, c = _block_lstm(*piece, weights, bias)
        outputs.append(h if layer.return_sequences else h[-1:])
        states.append(c[-1])
    h, c = outputs[0], states[0]
    if pieces > 1:
        h, c = tf.concat(outputs, 1)[:, :rows], tf.concat(states, 0)[:rows]
    return h[-1], tf.transpose(h, [1, 0, 2]), [h[-1], c]


def _block_lstm(x, h0, c0, weights, bias):
    """Run the kernel over x (time, n, features). Returns: outputs and cell states (time, n, units)."""
    peephole = tf.zeros([bias.shape[0] // 4])
    # Not BlockLSTMV2: its registered gradient calls the kernel with the other order of gates and is wrong.
    result = tf.raw_ops.BlockLSTM(
        seq_len_max=tf.cast(tf.shape(x)[0], tf.int64),
        x=x,
        cs_prev=c0,
        h_prev=h0,
        w=weights,
        b=bias,
        wci=peephole,
        wcf=peephole,
        wco=peephole,
        forget_bias=0.0,
        cell_clip=-1.0,
        use_peephole=False,
    )
    return result.h, result.cs


def _gates_reordered(weights):
    """Put the columns into the kernel's order: Keras has input, forget, cell, output gate; the kernel i, c, f, o."""
    i, f, c, o = tf.split(weights, 4, axis=-1)
    return tf.concat([i, c, f, o], axis=-1)
