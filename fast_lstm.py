"""What makes training on a CPU fast, and why it is exact: same mathematics, same saved file as stock Keras.

1. `fused(model, batch_size)`: while the block runs, every LSTM layer that qualifies computes its sequence with
   TensorFlow's fused CPU kernel instead of a loop of small operations. Only the method `inner_loop` of that layer
   object is replaced; weights, configuration and the saved file stay those of `keras.layers.LSTM`. A layer that the
   kernel cannot compute exactly keeps its own code.
2. `train_epochs(...)`: one TensorFlow call runs all steps of a block of batches, where `model.fit` makes a call, a
   progress update and an iterator step for each batch. The step is the model's own `train_step`.

With a GPU, Keras' cuDNN LSTM is faster: then (1) changes nothing.
"""

import functools
from contextlib import contextmanager, nullcontext

import numpy as np

from quiet_tensorflow import keras, tf

ROWS_PER_CALL = 64  # the kernel is fastest on 32 to 64 sequences: larger batches run as pieces, in parallel


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


@contextmanager
def fused(model, batch_size):
    """Inside this block, functions traced from `model` use the fused kernel where it applies."""
    layers = []
    if not tf.config.list_physical_devices("GPU") and not tf.distribute.has_strategy():
        # Inside another such block of the same model the outer one's replacement stays.
        layers = [layer for layer in model._flatten_layers() if qualifies(layer) and "inner_loop" not in vars(layer)]
    pieces = max(1, round(batch_size / ROWS_PER_CALL))
    for layer in layers:
        layer.inner_loop = functools.partial(_fused_inner_loop, layer, pieces)
    try:
        yield
    finally:
        for layer in layers:
            del layer.inner_loop


@contextmanager
def unsummed(optimizer):
    """Inside this block the optimizer takes the gradients of its one device as they are.

    Keras would sum them over devices even so, by a function whose gradient TensorFlow registers for ever: with it stay
    the traced step and the model, 5 MB for each training that a process makes.
    """
    optimizer._all_reduce_sum_gradients = lambda gradients_and_variables: gradients_and_variables
    try:
        yield
    finally:
        del optimizer._all_reduce_sum_gradients


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
    padded = tf.shape(x)[1]
    outputs, states = [], []
    for k in range(pieces):
        part = slice(padded * k // pieces, padded * (k + 1) // pieces)
        h, c = _block_lstm(x[:, part], h0[part], c0[part], cell)
        outputs.append(h if layer.return_sequences else h[-1:])
        states.append(c[-1])
    h, c = outputs[0], states[0]
    if pieces > 1:
        h, c = tf.concat(outputs, 1)[:, :rows], tf.concat(states, 0)[:rows]
    return h[-1], tf.transpose(h, [1, 0, 2]), [h[-1], c]


def _block_lstm(x, h0, c0, cell):
    """Run the kernel over x (time, n, features). Returns: outputs and cell states (time, n, units)."""
    weights = _gates_reordered(tf.concat([cell.kernel, cell.recurrent_kernel], axis=0))
    peephole = tf.zeros([cell.units])
    # Not BlockLSTMV2: its registered gradient calls the kernel with the other order of gates and is wrong.
    result = tf.raw_ops.BlockLSTM(
        seq_len_max=tf.cast(tf.shape(x)[0], tf.int64),
        x=x,
        cs_prev=c0,
        h_prev=h0,
        w=weights,
        b=_gates_reordered(tf.convert_to_tensor(cell.bias)),
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


def training_scope(devices=None):
    """Return the context to build and compile a model in: over several GPUs where TensorFlow sees them, else nothing.

    Each batch is divided among the devices and the gradients are averaged over the whole batch, so that batch size and
    learning rate mean the same on one device or on several. devices: names instead of the GPUs, for tests.
    """
    devices = devices or [device.name for device in tf.config.list_logical_devices("GPU")]
    if len(devices) < 2:
        return nullcontext()
    return tf.distribute.MirroredStrategy(devices, tf.distribute.HierarchicalCopyAllReduce()).scope()


def predict(model, blocks, batch_size, traced):
    """Return the model's output for blocks of `batch_size` sequences (n, time, ...) float32: float64 (n_all, outputs).

    traced: trace the model first, as `model.predict` does. It pays for many blocks only: it takes longer than most test
    parts. The fused kernel may change the last bits.
    """

    def call(x):
        return model(x, training=False)

    if traced:
        call = tf.function(call, [tf.TensorSpec((None, *model.input_shape[1:]), "float32")], autograph=False)
    with fused(model, batch_size):
        outputs = [np.asarray(call(tf.convert_to_tensor(block)), dtype=np.float64) for block in blocks]
    return np.concatenate(outputs)


def train_epochs(model, training, batch_size, epochs, first_epoch=0, validation=None, callbacks=()):
    """Train a compiled model epoch by epoch; a generator of (epoch, logs), to be left by `break` at any epoch.

    training, validation: batches.Blocks. callbacks: Keras callbacks, told of every epoch and of every block of batches.
    logs: dictionary from metric name to float, with "val_" before those of the validation part.
    """
    if model.distribute_strategy.num_replicas_in_sync > 1:
        yield from _distributed_epochs(model, training, batch_size, epochs, first_epoch, validation, callbacks)
        return
    with fused(model, batch_size), unsummed(model.optimizer):
        callbacks = keras.callbacks.CallbackList(
            list(callbacks), model=model, epochs=epochs, steps=-(-len(training.part) // batch_size), verbose=1
        )
        _create_variables(model, training[0])
        train = _all_steps(model, model.train_step, batch_size, training[0])
        test = _all_steps(model, model.test_step, batch_size, validation[0]) if validation else None
        callbacks.on_train_begin()
        for epoch in range(first_epoch, epochs):
            callbacks.on_epoch_begin(epoch)
            training.set_epoch(epoch)
            logs = _run_blocks(model, train, training, batch_size, callbacks)
            if validation:
                logs |= {
                    f"val_{name}": value for name, value in _run_blocks(model, test, validation, batch_size).items()
                }
            callbacks.on_epoch_end(epoch, logs)
            yield epoch, logs
        callbacks.on_train_end()


def _distributed_epochs(model, training, batch_size, epochs, first_epoch, validation, callbacks):
    """Do what train_epochs does with Keras' own fit, which shares each batch among the devices."""
    for blocks in filter(None, (training, validation)):
        blocks.rows_per_block = batch_size  # fit takes batches one by one
    for epoch in range(first_epoch, epochs):
        training.set_epoch(epoch)
        history = model.fit(
            training,
            validation_data=validation,
            epochs=epoch + 1,
            initial_epoch=epoch,
            shuffle=False,
            verbose=0,
            callbacks=list(callbacks),
        )
        yield epoch, {name: float(values[-1]) for name, values in history.history.items()}


def _run_blocks(model, all_steps, blocks, batch_size, callbacks=None):
    """Run the steps of every block. Returns: the metrics, as floats."""
    model.reset_metrics()
    step = 0
    for i in range(len(blocks)):
        block = _tensors(blocks[i])
        if callbacks:
            callbacks.on_train_batch_begin(step)
        results = all_steps(block)
        step += -(-len(block[0]) // batch_size)
        if callbacks:
            callbacks.on_train_batch_end(step - 1, results)
    return {name: float(value) for name, value in results.items()}


def _all_steps(model, step, batch_size, example):
    """Build the function that applies `step` to each batch of a block and returns the metrics."""

    def run(block):
        rows = tf.shape(block[0])[0]

        def one(start):
            step(tuple(tensor[start : start + batch_size] for tensor in block))
            return (start + batch_size,)

        tf.while_loop(lambda start: start < rows, one, (tf.constant(0),), parallel_iterations=1)
        return model.get_metrics_result()

    signature = [tuple(tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype) for tensor in _tensors(example))]
    return tf.function(run, input_signature=signature, autograph=False)


def _tensors(block):
    """Turn the block's arrays into tensors, floats in 32 bits."""
    return tuple(tf.convert_to_tensor(a, "float32" if a.dtype.kind == "f" else None) for a in map(np.asarray, block))


def _create_variables(model, block):
    """Make the variables of metrics and optimizer now: made while tracing, they would cost a second trace."""
    x, y, *weights = (array[:1] for array in block)
    output = tf.zeros((1, *model.output_shape[1:]))  # no forward pass: that would advance dropout's random generators
    model.compute_metrics(x, y, output, *weights)
    model.reset_metrics()
    model.optimizer.build(model.trainable_variables)
