"""python train_model.py

Train the network on the training part of the data and write the run folder (RUN_DIR in run_folder.py).
The constants are at the top of data_preprocessing.py, cnn_lstm_model.py and this file: edit one, run again.
"""

import importlib.util
import json
import math
import shutil
import sys
import time
from datetime import datetime
from importlib.metadata import version
from platform import python_version

import numpy as np
from sklearn.utils.class_weight import compute_sample_weight

import cnn_lstm_model
import data_preprocessing
import files
import plots
import run_folder
from checkpoint import load_checkpoint, restore, save_checkpoint
from checks import InputError, arguments_for, check_constants, constants_of, project_path, run_script
from cnn_lstm_model import build_model
from data_preprocessing import fingerprint, load_data, mean_and_variance

EPOCHS = 10  # passes over the training part, 1 or more; too many overfit
BATCH_SIZE = 32  # sequences per step, 1 or more; larger is faster per epoch and learns less per epoch
LEARNING_RATE = 0.001  # step size of Adam, above 0; too large diverges, too small crawls
PATIENCE = None  # epochs without a lower validation loss before training stops; needs VALIDATION_SIZE; try 20
PLATEAU = None  # epochs without a lower loss (validation, if any) before LEARNING_RATE is halved (3 times at most)
CLASS_WEIGHT = None  # "balanced": rare classes count as much as frequent ones
PRETRAINED_RUN = None  # folder of a run whose convolution and LSTM weights to start from, such as "runs/big"
RESUME = True  # continue an interrupted training of the same constants and data; False starts afresh
TENSORBOARD = False  # True: log to RUN_DIR/tensorboard (pip install tensorboard)
FREEZE_CNN = False  # True: the convolutions of PRETRAINED_RUN stay as they are; for very few sequences


def main():
    """Train as the constants in the files say."""
    train(constants_of(data_preprocessing, cnn_lstm_model, sys.modules[__name__], run_folder))


def train(constants):
    """Train as the constants (dictionary from name to value) say and write the run folder.

    Returns: the record that run.json holds. Raises InputError for constants or data that cannot be used.
    """
    check_constants(constants)
    folder = run_folder.resolved(constants["RUN_DIR"])
    run_folder.check_replaceable(folder)
    data = load_data(**arguments_for(load_data, constants))
    print("\n".join([describe(data, constants["DATASET"]), *data.notes]), flush=True)
    check_together(constants, data)
    cnn_lstm_model.check_sizes(data.train.x.shape[1:], **arguments_for(cnn_lstm_model.check_sizes, constants))
    with run_folder.locked(folder):
        run_folder.recover(folder)
        model = model_for(data, constants)
        print(f"Network: {constants['ARCHITECTURE']}, {model.count_params():,} parameters", flush=True)
        record = describe_run(data, constants)
        try:
            history, seconds = fit(model, data, folder=folder, record=record, **arguments_for(fit, constants))
        except KeyboardInterrupt:
            print("\nStopped. python train_model.py continues after the last epoch that was finished.")
            raise
        record |= {"seconds": round(seconds, 3), "parameters": model.count_params()}
        save(folder, model, history, record)
        run_folder.beside(folder, "checkpoint").unlink(missing_ok=True)
    written = ", ".join(sorted(path.name for path in folder.iterdir()))
    print(f"Trained in {seconds:.1f} s. Wrote {files.shown(folder)}: {written}")
    return record


def save(folder, model, history, record):
    """Write a run: it takes the place of `folder` whole, or not at all."""
    with run_folder.new_run(folder) as new:
        model.save(new / "model.keras")
        numbered = {"epoch": range(1, len(history["loss"]) + 1), **history}
        files.write_csv(new / "history.csv", numbered, zip(*numbered.values()))
        plots.learning_curves(history, f"Training on {record['constants']['DATASET']}", new / "learning_curves.png")
        files.write_json(new / "run.json", record)
        if record["constants"]["TENSORBOARD"]:
            shutil.move(run_folder.beside(folder, "tensorboard"), new / "tensorboard")


def describe(data, dataset):
    """Say in one line what the data are."""
    parts = {"training": data.train, "validation": data.validation, "test": data.test}
    counts = ", ".join(f"{len(part)} {name}" for name, part in parts.items() if part is not None)
    time_steps, *features = data.train.x.shape[1:]
    size = f"{time_steps} time steps × {' × '.join(map(str, features))} feature{'s' if features != [1] else ''}"
    if data.task == "forecasting":
        return f"Data: {dataset}, windows: {counts}, each of {size}, forecasting {data.source['target']}"
    return f"Data: {dataset}, sequences: {counts}, each of {size}, {len(data.classes)} classes"


def model_for(data, constants):
    """Build the network that fits the data, its initial weights drawn from SEED."""
    input_shape, sizes = data.train.x.shape[1:], arguments_for(build_model, constants)
    from fast_lstm import training_scope
    from quiet_tensorflow import keras

    keras.utils.set_random_seed(constants["SEED"])
    with training_scope():
        model = _built(data, input_shape, sizes)
    if constants["PRETRAINED_RUN"] is not None:
        run = project_path(constants["PRETRAINED_RUN"], "PRETRAINED_RUN")
        pretrained = run_folder.load_model(run, run_folder.load_record(run))
        taken, new = cnn_lstm_model.transfer_weights(model, pretrained, constants["FREEZE_CNN"])
        print(f"Weights taken from {constants['PRETRAINED_RUN']}: {', '.join(taken) or 'none'}; new: {', '.join(new)}")
    return model


def _built(data, input_shape, sizes):
    if data.task == "forecasting":
        column = data.source["columns"].index(data.source["target"])
        mean, variance = mean_and_variance(data.train, of_changes=True)
        forecast_of = column, float(np.sqrt(variance[column]))
        return build_model(input_shape, data.train.y.shape[1], data.task, (mean, variance), forecast_of, **sizes)
    standardise = None if data.source["kind"] == "generated" else mean_and_variance(data.train)
    return build_model(input_shape, len(data.classes), data.task, standardise, **sizes)


def check_together(constants, data):
    """Raise InputError for constants that are possible each, but not together or with these data."""
    if constants["PATIENCE"] is not None and data.validation is None:
        raise InputError("PATIENCE needs a validation part: set VALIDATION_SIZE in data_preprocessing.py, 0.2 say")
    if constants["CLASS_WEIGHT"] is not None and data.task == "forecasting":
        raise InputError("CLASS_WEIGHT is for classes: a forecast has none, so it must be None")
    if constants["TENSORBOARD"] and importlib.util.find_spec("tensorboard") is None:
        raise InputError("TENSORBOARD = True needs TensorBoard: pip install tensorboard")
    if constants["FREEZE_CNN"] and constants["PRETRAINED_RUN"] is None:
        raise InputError("FREEZE_CNN = True is impossible without PRETRAINED_RUN: untrained convolutions would stay so")
    pretrained = constants["PRETRAINED_RUN"]
    if pretrained is not None:
        folder = project_path(pretrained, "PRETRAINED_RUN")
        if not (folder / "run.json").is_file():
            raise InputError(
                f"PRETRAINED_RUN = {pretrained!r} holds no run: train one with RUN_DIR = {pretrained!r} first"
            )
        run_folder.load_record(folder)


def describe_run(data, constants):
    """Return what run.json says of the data and the circumstances: see run_folder.RECORD."""
    parts = {"training": data.train, "validation": data.validation, "test": data.test}
    return {
        "format": run_folder.FORMAT,
        "trained": datetime.now().isoformat(sep=" ", timespec="seconds"),
        "constants": constants,
        "task": data.task,
        "classes": data.classes,
        "source": data.source,
        "input_shape": list(data.train.x.shape[1:]),
        "sequences": {name: len(part) for name, part in parts.items() if part is not None},
        "fingerprint": fingerprint(data.test),
        "training_fingerprint": fingerprint(data.train),
        "versions": {"python": python_version()}
        | {name: version(name) for name in ("tensorflow", "keras", "numpy", "scikit-learn")},
    }


def fit(
    model,
    data,
    seed,
    epochs=EPOCHS,
    batch_size=BATCH_SIZE,
    learning_rate=LEARNING_RATE,
    patience=PATIENCE,
    plateau=PLATEAU,
    class_weight=CLASS_WEIGHT,
    resume=RESUME,
    tensorboard=TENSORBOARD,
    folder=None,
    record=None,
):
    """Compile the model and fit it to the training part; the metrics are shown for each epoch.

    With a validation part and `patience` the model ends with the weights of its best epoch. folder: run folder beside
    which each epoch is saved and, with `resume`, continued from if it was saved for the run of this `record`; or None.
    Returns: (dictionary from metric name to a list, one value an epoch; seconds). Raises InputError for a loss that
    becomes NaN.
    """
    from batches import Blocks
    from fast_lstm import train_epochs
    from quiet_tensorflow import keras

    with model.distribute_strategy.scope():
        model.compile(keras.optimizers.Adam(learning_rate), **loss_and_metrics(model, data, keras))
        model.optimizer.build(model.trainable_variables)
    batch_size = even_batches(model, len(data.train), batch_size)
    training = Blocks(data.train, batch_size, seed, sample_weights(data.train.y, class_weight))
    validation = Blocks(data.validation, batch_size) if data.validation else None
    checkpoint = run_folder.beside(folder, "checkpoint") if folder else None
    history, seconds, best_weights = continued(model, checkpoint if resume else None, record)
    callbacks = callbacks_for(folder, tensorboard)
    first, began = len(history.get("loss", [])), time.perf_counter() - seconds
    if stopped_at(history, patience) is None:
        for epoch, logs in train_epochs(model, training, batch_size, epochs, first, validation, callbacks):
            check_finite(logs["loss"], epoch, learning_rate, checkpoint)
            shown = f"Epoch {epoch + 1}/{epochs}: " + ", ".join(f"{k} {v:.4f}" for k, v in logs.items())
            if plateau is not None:
                logs["learning_rate"] = float(model.optimizer.learning_rate)
            for name, value in logs.items():
                history.setdefault(name, []).append(value)
            if patience is not None and np.argmin(history["val_loss"]) == epoch:
                best_weights = model.get_weights()
            model.optimizer.learning_rate = learning_rate * 0.5 ** halvings(history, plateau)
            seconds = time.perf_counter() - began
            if checkpoint is not None:
                progress = {"of": identity(record), "history": history, "seconds": seconds}
                save_checkpoint(checkpoint, model, progress, best_weights)
            if not sys.stdout.isatty():
                print(shown, flush=True)
            if stopped_at(history, patience) is not None:
                print(f"Stopped: the validation loss has not fallen for {patience} epochs")
                break
    if best_weights is not None:
        model.set_weights(best_weights)
        best = int(np.argmin(history["val_loss"]))
        print(f"Kept the weights of epoch {best + 1}, the lowest validation loss: {history['val_loss'][best]:.4f}")
    return history, seconds


def callbacks_for(folder, tensorboard):
    """Return the Keras callbacks: a progress bar on a terminal, and TensorBoard's log where it is asked for."""
    from quiet_tensorflow import keras

    callbacks = [keras.callbacks.ProgbarLogger()] if sys.stdout.isatty() else []
    if tensorboard and folder:
        callbacks.append(keras.callbacks.TensorBoard(run_folder.beside(folder, "tensorboard"), write_graph=True))
    return callbacks


def even_batches(model, n, batch_size):
    """Return the batch size that divides n sequences evenly into the same number of batches, for batch normalisation.

    The statistics of a last batch of two would spoil its averages: 50 sequences in 16s become 13, 13, 13 and 11.
    Networks without batch normalisation keep `batch_size`, as Keras does.
    """
    from quiet_tensorflow import keras

    if any(isinstance(layer, keras.layers.BatchNormalization) for layer in model.layers):
        return math.ceil(n / math.ceil(n / batch_size))
    return batch_size


def stopped_at(history, patience):
    """Return the epoch at which early stopping ends training, or None: `patience` epochs after the best one."""
    if patience is None or "val_loss" not in history:
        return None
    best = int(np.argmin(history["val_loss"]))
    return best + patience if len(history["val_loss"]) > best + patience else None


def check_finite(loss, epoch, learning_rate, checkpoint):
    """Raise InputError if the loss is NaN or infinite; nothing is left to continue from."""
    if not np.isfinite(loss):
        if checkpoint is not None:
            checkpoint.unlink(missing_ok=True)
        raise InputError(
            f"the loss became {loss} in epoch {epoch + 1} with LEARNING_RATE = {learning_rate}: try a tenth of it"
        )


def identity(record):
    """Return what a checkpoint must agree with to be continued: constants, data and library versions."""
    constants = {name: value for name, value in record["constants"].items() if name not in ("RUN_DIR", "RESUME")}
    return [constants, record["fingerprint"], record["training_fingerprint"], record["versions"]]


def continued(model, checkpoint, checkpoint_of):
    """Continue from a checkpoint of the same run, if there is one. Returns: (history, seconds so far, best weights)."""
    saved = load_checkpoint(checkpoint, model) if checkpoint is not None else None
    if saved is None:
        return {}, 0.0, None
    progress, arrays = saved
    if progress["of"] != json.loads(json.dumps(identity(checkpoint_of))):
        print("An interrupted training was of other constants or data: starting afresh")
        return {}, 0.0, None
    print(f"Continuing after epoch {len(progress['history']['loss'])}, where training was interrupted", flush=True)
    return progress["history"], progress["seconds"], restore(model, arrays)


def halvings(history, plateau):
    """Count how often the loss (of validation where there is one) has not fallen for `plateau` epochs in a row.

    Three at the most: a smaller step would end learning where the loss is only noisy.
    """
    if plateau is None:
        return 0
    count, best, since = 0, np.inf, 0
    for loss in history.get("val_loss", history["loss"]):
        best, since = (loss, 0) if loss < best else (best, since + 1)
        if since == plateau:
            count, since = count + 1, 0
    return min(count, 3)


def sample_weights(y, class_weight):
    """Return a weight for each sequence (n,) float32, n / (classes × count of its class), or None if not "balanced"."""
    if class_weight is None:
        return None
    return compute_sample_weight("balanced", y).astype(np.float32)


def loss_and_metrics(model, data, keras):
    """Return the loss and the metrics of the task, as compile takes them."""
    if data.task == "forecasting":
        # In units of the changes' variance, so that the loss does not depend on the unit of the series.
        rescaling = next(layer for layer in model.layers if isinstance(layer, keras.layers.Rescaling))
        weight = float(rescaling.scale) ** -2
        return {"loss": "mse", "loss_weights": [weight], "metrics": [keras.metrics.RootMeanSquaredError(name="rmse")]}
    loss = "binary_crossentropy" if len(data.classes) == 2 else "sparse_categorical_crossentropy"
    return {"loss": loss, "metrics": ["accuracy"]}


if __name__ == "__main__":
    run_script(main, __doc__)
