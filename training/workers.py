"""One training on several machines, by TensorFlow's MultiWorkerMirroredStrategy, where TF_CONFIG names them.

Every worker takes its share of each batch and all exchange their gradients: batch size and learning rate mean what they
mean on one machine. The first worker writes checkpoint and run; the others read the checkpoint where a training is
resumed, so all need the project folder on a disk that they share.
"""

import functools
import json
import os
import sys
from contextlib import contextmanager

import numpy as np

from core.errors import InputError
from core.lazy import tf
from training.batches import to_tensors

FORM = (
    """TF_CONFIG='{"cluster": {"worker": ["HOST:PORT", "HOST:PORT"]}, "task": {"type": "worker", "index": 0}}', """
    "with another index on each"
)


@functools.cache
def worker_index_and_count():
    """Return (index of this worker, number of workers), (0, 1) without TF_CONFIG. Raises: InputError."""
    if not os.environ.get("TF_CONFIG"):
        return 0, 1
    try:
        config = json.loads(os.environ["TF_CONFIG"])
        workers, task = config["cluster"]["worker"], config["task"]
        index = int(task["index"])
        if task["type"] != "worker" or set(config["cluster"]) != {"worker"} or not 0 <= index < len(workers):
            raise ValueError("it describes no workers alone, or this one is not among them")
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"TF_CONFIG cannot be read ({error}); the form is {FORM}") from error
    return index, len(workers)


def several_workers():
    """Tell whether this process is one of several workers."""
    return worker_index_and_count()[1] > 1


def is_first_worker():
    """Tell whether this process writes what a training leaves: the only worker, or the first of several."""
    return worker_index_and_count()[0] == 0


@functools.cache
def strategy():
    """Return the strategy that connects the workers; the first call waits for all of them."""
    return tf.distribute.MultiWorkerMirroredStrategy()


def check_batch_size(batch_size):
    """Raise InputError where a batch cannot be divided among the workers."""
    count = worker_index_and_count()[1]
    if batch_size % count:
        raise InputError(f"BATCH_SIZE = {batch_size} is impossible for {count} workers: a multiple of {count}")


@contextmanager
def lost_worker_reported():
    """Raise InputError where another of several workers is lost."""
    if not several_workers():
        yield
        return
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
    if several_workers():
        with lost_worker_reported():
            strategy().reduce("sum", strategy().run(lambda: tf.constant(1.0)), axis=None)


def worker_calls(model, step_name, loader, traced_steps):
    """Yield (function that runs a step on this worker's rows of a batch, 1) for each batch of a loader.

    Every worker makes these calls at the same time. Parameters as those of acceleration.traced_steps.block_calls.
    """
    if step_name not in traced_steps:
        traced_steps[step_name] = _on_all_workers(getattr(model, step_name), model.optimizer)
    for i in range(len(loader)):
        for batch, weight in worker_batches(loader, i):
            yield functools.partial(traced_steps[step_name], to_tensors(batch), *to_tensors([np.float32(weight)])), 1


def _on_all_workers(step, optimizer):
    """Return the function (batch, weight) that every worker calls at the same time.

    weight: of this worker's gradients, so that their mean is that of the whole batch where workers have unequal rows.
    """

    def run(batch, weight):
        sum_gradients = optimizer._all_reduce_sum_gradients
        optimizer._all_reduce_sum_gradients = lambda pairs: sum_gradients(
            [(weight * gradient, variable) for gradient, variable in pairs if gradient is not None]
        )
        try:
            return step(batch)
        finally:
            optimizer._all_reduce_sum_gradients = sum_gradients

    return tf.function(
        lambda batch, weight: strategy().run(run, (batch, weight)), autograph=False, reduce_retracing=True
    )


def worker_batches(loader, i):
    """Yield this worker's rows of each batch of block i, and their number relative to the mean of all workers.

    Where a last batch leaves nothing for this worker, it gets a row of zeros of weight 0.
    """
    count, block = loader.worker[1], loader[i]
    begin, end = i * loader.rows_per_block, min((i + 1) * loader.rows_per_block, len(loader.split))
    for k, start in enumerate(range(begin, end, loader.batch_size)):
        own = slice(k * loader.batch_size // count, (k + 1) * loader.batch_size // count)
        batch, n = tuple(array[own] for array in block), min(loader.batch_size, end - start)
        rows = len(batch[0])
        if not rows:
            batch = tuple(np.zeros((1, *array.shape[1:]), array.dtype) for array in batch)
        yield batch, rows * count / n
