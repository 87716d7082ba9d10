"""Train epoch by epoch: in blocks of many steps, batch by batch on several workers, or by Keras' own `fit`."""

from contextlib import nullcontext

from core.lazy import keras, tf
from training import acceleration, workers
from training.acceleration.traced_steps import block_calls
from training.batches import as_keras_dataset


def training_scope(devices=None):
    """Return the context to build and compile a model in: over several workers or GPUs where there are any.

    Each batch is divided among the devices and the gradients are averaged over the whole batch, so that batch size and
    learning rate mean the same on one device or on several. devices: names instead of the GPUs, for tests.
    """
    if workers.several_workers():
        return workers.strategy().scope()
    devices = devices or [device.name for device in tf.config.list_logical_devices("GPU")]
    if len(devices) < 2:
        return nullcontext()
    return tf.distribute.MirroredStrategy(devices, tf.distribute.HierarchicalCopyAllReduce()).scope()


def train_epochs(model, training, epochs, validation=None, callbacks=(), traced_steps=None):
    """Train a compiled model epoch by epoch; a generator, which may be left by `break` after any epoch.

    Parameters: training, validation: batches.BatchLoader. epochs: range of numbers from 0. callbacks: of Keras, told of
    every epoch and every block of batches. traced_steps: of earlier trainings of this model: see acceleration.
    Yields: (epoch, {metric: float}), with "val_" before the metrics of the validation set.
    """
    if not (workers.several_workers() or acceleration.applies_to(model)):
        yield from _keras_epochs(model, training, epochs, validation, callbacks)
        return
    calls = workers.worker_calls if workers.several_workers() else block_calls
    traced_steps = {} if traced_steps is None else traced_steps
    told = {"model": model, "epochs": epochs.stop, "steps": training.batches, "verbose": 1}
    callbacks = keras.callbacks.CallbackList(list(callbacks), **told)
    with acceleration.accelerated(model, training.batch_size):
        callbacks.on_train_begin()
        for epoch in epochs:
            callbacks.on_epoch_begin(epoch)
            training.set_epoch(epoch)
            with workers.lost_worker_reported():
                logs = _run(model, calls(model, "train_step", training, traced_steps), callbacks)
                if validation:
                    callbacks.on_test_begin()
                    validation_logs = _run(model, calls(model, "test_step", validation, traced_steps))
                    callbacks.on_test_end(validation_logs)
                    logs |= {f"val_{name}": value for name, value in validation_logs.items()}
            logs = sort_metrics(logs)
            callbacks.on_epoch_end(epoch, logs)
            yield epoch, logs
        callbacks.on_train_end()


def _run(model, calls, callbacks=None):
    """Make each of `calls`, (function, number of its batches). Returns: {metric: float}."""
    model.reset_metrics()
    done = 0
    for call, batches in calls:
        if callbacks:
            callbacks.on_train_batch_begin(done)
        call()
        done += batches
        if callbacks:
            callbacks.on_train_batch_end(done - 1)
    return {name: float(value) for name, value in model.get_metrics_result().items()}


def _keras_epochs(model, training, epochs, validation, callbacks):
    """Do what train_epochs does by Keras' own `fit`, which also shares each batch among several GPUs."""
    batches, held_out = as_keras_dataset(training), validation and as_keras_dataset(validation)
    for epoch in epochs:
        training.set_epoch(epoch)
        history = model.fit(
            batches,
            validation_data=held_out,
            epochs=epoch + 1,
            initial_epoch=epoch,
            shuffle=False,
            verbose=0,
            callbacks=list(callbacks),
        )
        yield epoch, sort_metrics({name: float(values[-1]) for name, values in history.history.items()})


def sort_metrics(logs):
    """Put the loss first and the metrics of the validation set last: versions of Keras differ in their order."""
    return dict(sorted(logs.items(), key=lambda item: (item[0].startswith("val_"), not item[0].endswith("loss"))))
