"""Train epoch by epoch: one TensorFlow call runs all steps of a block of batches.

`model.fit` makes a call, a progress update and an iterator step for each batch. The step itself is the model's own
`train_step`: same mathematics, same weights.
"""

from contextlib import contextmanager, nullcontext

from core.lazy import keras, tf
from training import workers
from training.acceleration.adam import fused_adam
from training.acceleration.convolution import pooled
from training.acceleration.lstm import fused
from training.batches import as_keras_dataset, in_order, tensors


def training_scope(devices=None):
    """Return the context to build and compile a model in: over several workers or GPUs where there are any.

    Each batch is divided among the devices and the gradients are averaged over the whole batch, so that batch size and
    learning rate mean the same on one device or on several. devices: names instead of the GPUs, for tests.
    """
    if workers.place()[1] > 1:
        return workers.strategy().scope()
    devices = devices or [device.name for device in tf.config.list_logical_devices("GPU")]
    if len(devices) < 2:
        return nullcontext()
    return tf.distribute.MirroredStrategy(devices, tf.distribute.HierarchicalCopyAllReduce()).scope()


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


def train_epochs(model, training, batch_size, epochs, first_epoch=0, validation=None, callbacks=(), steps=None):
    """Train a compiled model epoch by epoch; a generator of (epoch, logs), to be left by `break` at any epoch.

    training, validation: batches.Blocks. callbacks: Keras callbacks, told of every epoch and of every block of batches.
    steps: what was traced in earlier trainings of this model, to which is added (see training.reuse), or None.
    logs: dictionary from metric name to float, with "val_" before those of the validation set.
    """
    if workers.place()[1] > 1:
        yield from workers.worker_epochs(model, training, batch_size, epochs, first_epoch, validation, callbacks)
        return
    if model.distribute_strategy.num_replicas_in_sync > 1:
        yield from _distributed_epochs(model, training, batch_size, epochs, first_epoch, validation, callbacks)
        return
    with fused(model, batch_size), pooled(model), unsummed(model.optimizer), fused_adam(model.optimizer):
        callbacks = keras.callbacks.CallbackList(
            list(callbacks), model=model, epochs=epochs, steps=-(-len(training.part) // batch_size), verbose=1
        )
        _create_variables(model, training[0])
        steps = {} if steps is None else steps
        train = _all_steps(model, "train_step", batch_size, training[0], steps)
        test = _all_steps(model, "test_step", batch_size, validation[0], steps) if validation else None
        callbacks.on_train_begin()
        for epoch in range(first_epoch, epochs):
            callbacks.on_epoch_begin(epoch)
            training.set_epoch(epoch)
            logs = _run_blocks(model, train, training, batch_size, callbacks)
            if validation:
                callbacks.on_test_begin()
                held_out = _run_blocks(model, test, validation, batch_size)
                callbacks.on_test_end(held_out)
                logs |= {f"val_{name}": value for name, value in held_out.items()}
            logs = in_order(logs)
            callbacks.on_epoch_end(epoch, logs)
            yield epoch, logs
        callbacks.on_train_end()


def _distributed_epochs(model, training, batch_size, epochs, first_epoch, validation, callbacks):
    """Do what train_epochs does with Keras' own fit, which shares each batch among the devices."""
    for blocks in filter(None, (training, validation)):
        blocks.rows_per_block = batch_size  # fit takes batches one by one
    batches, validation = as_keras_dataset(training), validation and as_keras_dataset(validation)
    for epoch in range(first_epoch, epochs):
        training.set_epoch(epoch)
        history = model.fit(
            batches,
            validation_data=validation,
            epochs=epoch + 1,
            initial_epoch=epoch,
            shuffle=False,
            verbose=0,
            callbacks=list(callbacks),
        )
        yield epoch, in_order({name: float(values[-1]) for name, values in history.history.items()})


def _run_blocks(model, all_steps, blocks, batch_size, callbacks=None):
    """Run the steps of every block. Returns: the metrics, as floats."""
    model.reset_metrics()
    step = 0
    for i in range(len(blocks)):
        block = tensors(blocks[i])
        if callbacks:
            callbacks.on_train_batch_begin(step)
        results = all_steps(block)
        step += -(-len(block[0]) // batch_size)
        if callbacks:
            callbacks.on_train_batch_end(step - 1, results)
    return {name: float(value) for name, value in results.items()}


def _all_steps(model, name, batch_size, example, steps):
    """Return the function that applies the model's step of that name to each batch of a block and returns the metrics.

    steps: those built before, {(name, batch size, types): function}; a new one is added.
    """
    signature = tuple(tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype) for tensor in tensors(example))
    if (name, batch_size, signature) not in steps:
        function = tf.function(_loop(model, getattr(model, name), batch_size), [signature], autograph=False)
        steps[name, batch_size, signature] = function
    return steps[name, batch_size, signature]


def _loop(model, step, batch_size):
    """Return the function that is traced: `step` over the batches of a block, tensors of equal length."""

    def run(block):
        rows = tf.shape(block[0])[0]

        def one(start):
            step(tuple(tensor[start : start + batch_size] for tensor in block))
            return (start + batch_size,)

        tf.while_loop(lambda start: start < rows, one, (tf.constant(0),), parallel_iterations=1)
        return model.get_metrics_result()

    return run


def _create_variables(model, block):
    """Make the variables of metrics and optimizer now: made while tracing, they would cost a second trace."""
    x, y, *weights = (array[:1] for array in block)
    # No forward pass: that would advance dropout's random generators.
    output = tf.zeros((1, *(size or 1 for size in model.output_shape[1:])))
    model.compute_metrics(x, y, output, *weights)
    model.reset_metrics()
    model.optimizer.build(model.trainable_variables)
