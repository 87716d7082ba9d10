"""The training loop: epoch by epoch, shown, saved and continued after a kill."""

import dataclasses
import json
import sys
import time

import numpy as np

from core.errors import Diverged
from core.files import remove
from core.lazy import keras
from core.run_folder import sibling
from training import schedule, workers
from training.batches import Blocks
from training.checkpoint import KEPT, load_checkpoint, restore, save_checkpoint
from training.epochs import train_epochs
from training.weight_average import WeightAverage


def fit(model, data, c, folder=None, of=None, each=True, steps=None):
    """Compile the model and fit it to the training set; the metrics are shown for each epoch.

    The model ends with the weights of the last epoch, with AVERAGE_WEIGHTS their average, with PATIENCE (what it had of
    these in) its best epoch. folder: run folder beside which each epoch, or the last one alone, is saved and, with
    RESUME, continued from if what it is `of` (see identity) agrees; or None. steps: see training.reuse.
    Returns: (history: dictionary from metric name to a list, one value an epoch; seconds). Raises InputError for a loss
    that becomes NaN.
    """
    compile_model(model, data, c)
    training, validation, batch_size = blocks(model, data, c)
    checkpoint = sibling(folder, "checkpoint") if folder else None
    history, seconds, kept = continued(model, checkpoint if c.RESUME else None, of)
    best, average = kept["best"], WeightAverage(model, kept["average"])
    first, began = len(history.get("loss", [])), time.perf_counter() - seconds
    last = first if schedule.is_stopped(history, c) else c.EPOCHS
    if folder and not first and workers.is_first():
        remove(sibling(folder, "tensorboard"))  # of a training that was never finished
    callbacks = callbacks_for(folder, c, -(-len(data.train) // batch_size))
    callbacks += [average.callback()] if c.AVERAGE_WEIGHTS else []
    for epoch, logs in train_epochs(model, training, batch_size, last, first, validation, callbacks, steps):
        check_or_forget(logs, epoch, c, checkpoint)
        add_to(history, logs, model, c)
        if schedule.is_best(history, c):
            best = average.value or model.get_weights()
        model.optimizer.learning_rate = schedule.learning_rate(history, c)
        seconds = time.perf_counter() - began
        if checkpoint is not None and workers.is_first() and (each or epoch == last - 1):
            progress = {"of": of, "history": history, "seconds": seconds}
            save_checkpoint(checkpoint, model, progress, {"best": best, "average": average.value})
        line = f"Epoch {epoch + 1}/{c.EPOCHS}: " + ", ".join(f"{k} {v:.4f}" for k, v in logs.items())
        if workers.is_first():
            print(f"\r{line}" if sys.stdout.isatty() else line, flush=True)
        if schedule.is_stopped(history, c):
            print(f"Stopped: the validation loss has not fallen for {c.PATIENCE} epochs")
            break
    if best or average.value:
        model.set_weights(best or average.value)
    if best:
        epoch = int(np.argmin(history["val_loss"]))
        print(f"Kept the weights of epoch {epoch + 1}, the lowest validation loss: {history['val_loss'][epoch]:.4f}")
    return history, seconds


def compile_model(model, data, c):
    """Give the model its optimizer, and the loss and metrics of the task; where it has them, start Adam anew."""
    if model.compiled:
        for variable in model.optimizer.variables:
            variable.assign(keras.ops.zeros_like(variable))
        model.optimizer.learning_rate = float(c.LEARNING_RATE)
        return
    with model.distribute_strategy.scope():
        model.compile(keras.optimizers.Adam(float(c.LEARNING_RATE)), **data.task.compile_arguments(model, data.state))
        model.optimizer.build(model.trainable_variables)


def blocks(model, data, c):
    """Return (training Blocks, validation Blocks or None, batch size)."""
    workers.check_batch_size(c.BATCH_SIZE)
    batch_size = c.BATCH_SIZE
    if any(isinstance(layer, keras.layers.BatchNormalization) for layer in model.layers):
        batch_size = schedule.even_batches(len(data.train), batch_size, workers.place()[1])
    weights = data.task.sample_weights(data.train.y, c)
    training, validation = (
        part and dataclasses.replace(part, y=data.task.loss_targets(part, data, c))
        for part in (data.train, data.validation)
    )
    training = Blocks(training, batch_size, c.SEED, weights, share=workers.place())
    return training, validation and Blocks(validation, batch_size, share=workers.place()), batch_size


def callbacks_for(folder, c, steps):
    """Return the Keras callbacks: how far an epoch of so many steps is, on a terminal; TensorBoard's log if wanted."""
    callbacks = []
    if sys.stdout.isatty():  # the line that fit prints at the end of the epoch takes its place
        begun = []
        callbacks.append(
            keras.callbacks.LambdaCallback(
                on_epoch_begin=lambda epoch, logs: begun.append(epoch + 1),
                on_train_batch_end=lambda step, logs: print(
                    f"\rEpoch {begun[-1]}/{c.EPOCHS}: step {step + 1} of {steps}", end="", flush=True
                ),
            )
        )
    if c.TENSORBOARD and folder and workers.is_first():
        callbacks.append(keras.callbacks.TensorBoard(sibling(folder, "tensorboard"), write_graph=True))
    return callbacks


def add_to(history, logs, model, c):
    """Add an epoch's metrics to the history, and with PLATEAU the learning rate it had."""
    rate = {} if c.PLATEAU is None else {"learning_rate": float(model.optimizer.learning_rate)}
    for name, value in (logs | rate).items():
        history.setdefault(name, []).append(value)


def check_or_forget(logs, epoch, c, checkpoint):
    """Raise Diverged if the loss, also that of validation, is NaN or infinite; nothing is left to continue from."""
    try:
        schedule.check_finite(logs["loss"], epoch, c, "loss")
        schedule.check_finite(logs.get("val_loss", 0.0), epoch, c, "validation loss")
    except Diverged:
        if checkpoint is not None and workers.is_first():
            checkpoint.unlink(missing_ok=True)
        raise


def identity(record):
    """Return what a checkpoint must agree with to be continued: constants, data and library versions."""
    constants = {name: value for name, value in record["constants"].items() if name not in ("RUN_DIR", "RESUME")}
    return [constants, record["fingerprint"], record["training_fingerprint"], record["versions"]]


def continued(model, checkpoint, of):
    """Continue from a checkpoint of the same run, if there is one. Returns: (history, seconds so far, kept weights)."""
    nothing = {}, 0.0, dict.fromkeys(KEPT)
    saved = load_checkpoint(checkpoint, model) if checkpoint is not None else None
    if saved is None:
        return nothing
    progress, arrays = saved
    if progress["of"] != json.loads(json.dumps(of)):
        print("An interrupted training was of other constants or data: starting afresh")
        return nothing
    print(f"Continuing after epoch {len(progress['history']['loss'])}, where training was interrupted", flush=True)
    return progress["history"], progress["seconds"], restore(model, arrays)
