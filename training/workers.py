"""One training on several machines, by TensorFlow's MultiWorkerMirroredStrategy, where TF_CONFIG names them.

Every worker takes its share of each batch and all exchange their gradients: batch size and learning rate mean what they
mean on one machine. The first worker writes checkpoint and run; the others read the checkpoint where a training is
continued, so that all need the project folder on a disk that they share.
"""

import functools
import json
import os
import sys
from contextlib import contextmanager

import numpy as np

from core.errors import InputError
from core.lazy import keras, tf
from training.batches import in_order, tensors

FORM = (
    """TF_CONFIG='{"cluster": {"worker": ["HOST:PORT", "HOST:PORT"]}, "task": {"type": "worker", "index": 0}}', """
    "the index another on each"
)


@functools.cache
def place():
    """Return (number of this worker, number of workers): (0, 1) without TF_CONFIG. Raises InputError if it is wrong."""
    if not os.environ.get("TF_CONFIG"):
        return 0, 1
    try:
        config = json.loads(os.environ["TF_CONFIG"])
        workers, task = config["cluster"]["worker"], config["task"]
        index = int(task["index"])
        whole = task["type"] == "worker" and set(config["cluster"]) == {"worker"} and 0 <= index < len(workers)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"TF_CONFIG cannot be read ({error}); the form is {FORM}") from error
    if not whole:
        raise InputError(f"TF_CONFIG describes no workers alone, or this one is not among them; the form is {FORM}")
    return index, len(workers)


def is_first():
    """Tell whether this process writes what a training leaves."""
    return place()[0] == 0


@functools.cache
def strategy():
    """Return the strategy that connects the workers; the first call waits for all of them."""
    return tf.distribute.MultiWorkerMirroredStrategy()


def check_batch_size(batch_size):
    """Raise InputError where a batch cannot be divided among the workers."""
    workers = place()[1]
    if batch_size % workers:
        raise InputError(f"BATCH_SIZE = {batch_size} is impossible for {workers} workers: a multiple of {workers}")


@contextmanager
def others_needed():
    """Raise InputError where a worker that takes part is lost."""
    errors = tf.errors
    try:
        yield
    except (errors.UnavailableError, errors.AbortedError, errors.InternalError, errors.DeadlineExceededError) as error:
        raise InputError(
            f"another worker of TF_CONFIG is lost ({str(error).splitlines()[0][:120]}): start all of them again, "
            f"python {os.path.basename(sys.argv[0])} continues after the last epoch that was finished"
        ) from error


def wait_for_all():
    """Wait until every worker has come here."""
    if place()[1] > 1:
        with others_needed():
            strategy().reduce("sum", strategy().run(lambda: tf.constant(1.0)), axis=None)


def worker_epochs(model, training, batch_size, epochs, first_epoch, validation, callbacks):
    """Do what engine.train_epochs does, together with the other workers."""

    train, test = together(model.train_step, model.optimizer), together(model.test_step)
    callbacks = keras.callbacks.CallbackList(list(callbacks), model=model, epochs=epochs)
    callbacks.on_train_begin()
    for epoch in range(first_epoch, epochs):
        callbacks.on_epoch_begin(epoch)
        training.set_epoch(epoch)
        with others_needed():
            logs = _run(model, train, training, batch_size, callbacks)
            if validation:
                callbacks.on_test_begin()
                held_out = _run(model, test, validation, batch_size)
                callbacks.on_test_end(held_out)
                logs |= {f"val_{name}": value for name, value in held_out.items()}
        logs = in_order(logs)
        callbacks.on_epoch_end(epoch, logs)
        yield epoch, logs
    callbacks.on_train_end()


def together(step, optimizer=None):
    """Return the function (batch, weight) that every worker calls at the same time, each with its share of a batch.

    weight: of this worker's gradients, so that their mean is that of the whole batch where shares differ in size.
    """

    def run(batch, weight):
        if optimizer is None:
            return step(batch)
        add_up = optimizer._all_reduce_sum_gradients
        optimizer._all_reduce_sum_gradients = lambda pairs: add_up([(weight * g, v) for g, v in pairs if g is not None])
        try:
            return step(batch)
        finally:
            optimizer._all_reduce_sum_gradients = add_up

    return tf.function(
        lambda batch, weight: strategy().run(run, (batch, weight)), autograph=False, reduce_retracing=True
    )


def _run(model, step, blocks, batch_size, callbacks=None):
    """Run the steps of every block. Returns: the metrics over all workers, as floats."""
    model.reset_metrics()
    batches = (batch for i in range(len(blocks)) for batch in shares(blocks, i, batch_size))
    for number, (batch, weight) in enumerate(batches):
        if callbacks:
            callbacks.on_train_batch_begin(number)
        step(tensors(batch), *tensors([np.float32(weight)]))
        if callbacks:
            callbacks.on_train_batch_end(number)
    return {name: float(value) for name, value in model.get_metrics_result().items()}


def shares(blocks, i, batch_size):
    """Yield this worker's share of each batch of block i, and its size against the mean of all shares.

    Where a last batch leaves nothing for this worker, it gets a row of zeros that weighs nothing.
    """
    workers, block = blocks.share[1], blocks[i]
    begin, end = i * blocks.rows_per_block, min((i + 1) * blocks.rows_per_block, len(blocks.part))
    for number, start in enumerate(range(begin, end, batch_size)):
        own = slice(number * batch_size // workers, (number + 1) * batch_size // workers)
        batch, n = tuple(array[own] for array in block), min(batch_size, end - start)
        rows = len(batch[0])
        if not rows:
            batch = tuple(np.zeros((1, *array.shape[1:]), array.dtype) for array in batch)
        yield batch, rows * workers / n
