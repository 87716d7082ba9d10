"""The training loop: epoch by epoch, shown, saved, and continued after a kill."""

import dataclasses
import time

import numpy as np

from core.errors import Diverged
from core.files import remove, sibling
from core.lazy import keras
from core.progress import ProgressLine, time_left
from training import schedule
from training.batches import BatchLoader
from training.checkpoint import Progress, restore_checkpoint, save_checkpoint
from training.epochs import train_epochs
from training.measured_targets import count_measured_alone
from training.weight_average import WeightAverage
from training.workers import check_batch_size, is_first_worker, worker_index_and_count


def fit(model, data, c, checkpoint=None, traced_steps=None, part=None, what="Epoch"):
    """Compile the model and fit it to the training set; show the metrics of each epoch.

    The model ends with the weights of the last epoch; with AVERAGE_WEIGHTS with their average; with PATIENCE with what
    it had of these in its best epoch.

    Parameters: checkpoint: training.checkpoint.Checkpoint to save to and, with RESUME, to continue from; or None.
    traced_steps: of an earlier training of this model, or None; see acceleration.traced_steps. part: a Split of the
    training set to fit to alone, without validation; or None. what: begins the lines, of which a part's do not stay.
    Returns: (history {metric: list, one value an epoch}, seconds).
    Raises: Diverged, an InputError, for a loss that becomes NaN or infinite.
    """
    compile_model(model, data, c)
    training, validation = batch_loaders(model, data, c, part)
    progress = restore_checkpoint(checkpoint, model) if checkpoint and c.RESUME else Progress()
    average, began = WeightAverage(model, progress.average), time.perf_counter() - progress.seconds
    last = progress.epochs if schedule.is_stopped(progress.history, c) else c.EPOCHS
    with EpochLine(model, training.batches, c.EPOCHS, last - progress.epochs, what, part is None) as shown:
        callbacks = make_callbacks(c, checkpoint, progress, average, shown)
        epochs = range(progress.epochs, last)
        for epoch, logs in train_epochs(model, training, epochs, validation, callbacks, traced_steps):
            stop_if_diverged(logs, epoch, c, checkpoint)
            add_to_history(progress.history, logs, model, c)
            progress.average = average.value
            if schedule.is_best(progress.history, c):
                progress.best = average.value or model.get_weights()
            model.optimizer.learning_rate = schedule.learning_rate(progress.history, c)
            progress.seconds = time.perf_counter() - began
            if checkpoint and is_first_worker() and (checkpoint.every_epoch or epoch == last - 1):
                save_checkpoint(checkpoint, model, progress)
            shown.end_epoch(epoch, logs)
            if schedule.is_stopped(progress.history, c):
                print(f"Stopped: the validation loss has not fallen for {c.PATIENCE} epochs")
                break
    if progress.best or progress.average:
        model.set_weights(progress.best or progress.average)
    if progress.best:
        losses = progress.history["val_loss"]
        best = int(np.argmin(losses))
        print(f"Kept the weights of epoch {best + 1}, the lowest validation loss: {losses[best]:.4f}")
    return progress.history, progress.seconds


def compile_model(model, data, c):
    """Give the model its optimizer, and the task's loss and metrics; of a compiled one, reset the optimizer."""
    if model.compiled:
        for variable in model.optimizer.variables:
            variable.assign(keras.ops.zeros_like(variable))
        model.optimizer.learning_rate = float(c.LEARNING_RATE)
        return
    with model.distribute_strategy.scope():
        arguments = data.task.compile_arguments(model)
        if data.trains_with_gaps:
            arguments = count_measured_alone(**arguments)
        model.compile(keras.optimizers.Adam(float(c.LEARNING_RATE)), **arguments)
        model.optimizer.build(model.trainable_variables)


def batch_loaders(model, data, c, part=None):
    """Return (BatchLoader of the training set, of the validation set or None); part: as of `fit`."""
    splits = (data.train, data.validation) if part is None else (part, None)
    check_batch_size(c.BATCH_SIZE)
    batch_size, worker = c.BATCH_SIZE, worker_index_and_count()
    if any(isinstance(layer, keras.layers.BatchNormalization) for layer in model.layers):
        batch_size = schedule.balanced_batch_size(len(splits[0]), batch_size, worker[1])
    weights = data.task.sample_weights(splits[0].y, c)
    training, validation = (
        split and dataclasses.replace(split, y=data.task.loss_targets(split, data, c)) for split in splits
    )
    training = BatchLoader(training, batch_size, c.SEED, weights, worker=worker)
    return training, validation and BatchLoader(validation, batch_size, worker=worker)


def make_callbacks(c, checkpoint, progress, average, shown):
    """Return the Keras callbacks: the line of progress, TensorBoard's log, AVERAGE_WEIGHTS."""
    callbacks = [
        keras.callbacks.LambdaCallback(on_train_batch_end=lambda step, logs: shown.step(progress.epochs, step))
    ]
    if checkpoint and is_first_worker():
        log = sibling(checkpoint.folder, "tensorboard")
        if not progress.epochs:
            remove(log)  # of a training that was never finished
        callbacks += [keras.callbacks.TensorBoard(log, write_graph=True)] if c.TENSORBOARD else []
    return callbacks + ([average.callback()] if c.AVERAGE_WEIGHTS else [])


class EpochLine(ProgressLine):
    """The line of an epoch: its steps while they are made, and at its end its metrics, which stay."""

    def __init__(self, model, steps, epochs, to_do, what="Epoch", stays=True):
        super().__init__()
        self.model, self.steps, self.epochs, self.what, self.stays = model, steps, epochs, what, stays
        self.to_do, self.done = to_do, 0  # epochs of this process
        self.since = time.monotonic(), 0  # from when, and from which of them on, their time is taken

    def step(self, epoch, step):
        """Show how far an epoch is, with the means of its metrics so far."""
        if is_first_worker() and self.is_due():
            metrics = self.model.get_metrics_result()
            left = self._time_left(self.done + (step + 1) / self.steps)
            self.write(self._line(epoch, metrics, f"step {step + 1} of {self.steps}{left}, "))

    def end_epoch(self, epoch, metrics):
        """Print the metrics of an epoch, and how long those to come will take."""
        self.done += 1
        if self.done == 1:  # it includes the tracing of the network, and tells too much of the others
            self.since = time.monotonic(), 1
        line = self._line(epoch, metrics) + self._time_left(self.done)
        if is_first_worker() and self.stays:
            self.end(line)
        elif is_first_worker() and self.is_due():
            self.write(line)

    def _time_left(self, done):
        began, first = self.since
        return time_left((time.monotonic() - began) / (done - first) * (self.to_do - done)) if done > first else ""

    def _line(self, epoch, metrics, step=""):
        shown = ", ".join(f"{name} {float(value):.4f}" for name, value in metrics.items())
        return f"{self.what} {epoch + 1}/{self.epochs}: {step}{shown}"


def add_to_history(history, logs, model, c):
    """Add an epoch's metrics to the history, and with PLATEAU the learning rate it had."""
    rate = {} if c.PLATEAU is None else {"learning_rate": float(model.optimizer.learning_rate)}
    for name, value in (logs | rate).items():
        history.setdefault(name, []).append(value)


def stop_if_diverged(logs, epoch, c, checkpoint):
    """Raise Diverged if the loss, also that of validation, is NaN or infinite; nothing is left to continue from."""
    for name, what in (("loss", "loss"), ("val_loss", "validation loss")):
        if not np.isfinite(logs.get(name, 0.0)):
            if checkpoint and is_first_worker():
                checkpoint.path.unlink(missing_ok=True)
            raise Diverged(
                f"the {what} became {logs[name]} in epoch {epoch + 1} with LEARNING_RATE = {c.LEARNING_RATE}: "
                "try a tenth of it"
            )
