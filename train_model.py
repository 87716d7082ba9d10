"""python train_model.py

Train the network on the training part of the data and write the run folder (RUN_DIR in run_folder.py).
The constants are at the top of data_preprocessing.py, cnn_lstm_model.py and this file: edit one, run again.
"""

import sys
import time
from datetime import datetime
from importlib.metadata import version
from platform import python_version

import cnn_lstm_model
import data_preprocessing
import plots
import run_folder
from checks import arguments_for, check_constants, constants_of, run_script
from cnn_lstm_model import build_model
from data_preprocessing import fingerprint, load_data, mean_and_variance

EPOCHS = 10  # passes over the training part, 1 or more; too many overfit
BATCH_SIZE = 32  # sequences per step, 1 or more; larger is faster per epoch and learns less per epoch
LEARNING_RATE = 0.001  # step size of Adam, above 0; too large diverges, too small crawls


def main():
    constants = constants_of(data_preprocessing, cnn_lstm_model, sys.modules[__name__], run_folder)
    train(constants)


def train(constants):
    """Train as the constants (dictionary from name to value) say and write the run folder.

    Returns: the record that run.json holds. Raises InputError for data or sizes that cannot be used.
    """
    check_constants(constants)
    folder = run_folder.run_path(constants["RUN_DIR"])
    run_folder.check_replaceable(folder)
    data = load_data(**arguments_for(load_data, constants))
    print(describe(data, constants["DATASET"]), flush=True)
    input_shape = data.train.x.shape[1:]
    standardise = mean_and_variance(data.train) if data.from_file else None
    sizes = arguments_for(build_model, constants)
    cnn_lstm_model.check_sizes(input_shape, *(sizes[name] for name in ("kernel_size", "pool_size", "architecture")))

    from quiet_tensorflow import keras

    keras.utils.set_random_seed(constants["SEED"])
    model = build_model(input_shape, len(data.classes), standardise, **sizes)
    print(f"Network: {constants['ARCHITECTURE']}, {model.count_params():,} parameters", flush=True)
    began = time.perf_counter()
    history = fit(model, data.train, **arguments_for(fit, constants))
    seconds = time.perf_counter() - began

    record = {
        "format": run_folder.FORMAT,
        "trained": datetime.now().isoformat(sep=" ", timespec="seconds"),
        "seconds": round(seconds, 3),
        "constants": constants,
        "task": "classification",
        "classes": data.classes,
        "input_shape": list(input_shape),
        "sequences": {"training": len(data.train), "test": len(data.test)},
        "parameters": model.count_params(),
        "fingerprint": fingerprint(data.test),
        "training_fingerprint": fingerprint(data.train),
        "versions": {"python": python_version()}
        | {name: version(name) for name in ("tensorflow", "keras", "numpy", "scikit-learn")},
    }
    with run_folder.new_run(folder) as new:
        model.save(new / "model.keras")
        numbered = {"epoch": range(1, len(history["loss"]) + 1), **history}
        run_folder.write_csv(new / "history.csv", numbered, zip(*numbered.values()))
        plots.learning_curves(history, f"Training on {constants['DATASET']}", new / "learning_curves.png")
        run_folder.write_json(new / "run.json", record)
    files = ", ".join(sorted(path.name for path in folder.iterdir()))
    print(f"Trained in {seconds:.1f} s. Wrote {run_folder.shown(folder)}: {files}")
    return record


def describe(data, dataset):
    """Say in one line what the data are."""
    time_steps, *features = data.train.x.shape[1:]
    return (
        f"Data: {dataset}, {len(data.train)} training and {len(data.test)} test sequences of {time_steps} time steps × "
        f"{' × '.join(map(str, features))} features, {len(data.classes)} classes"
    )


def fit(model, part, seed, epochs=EPOCHS, batch_size=BATCH_SIZE, learning_rate=LEARNING_RATE):
    """Compile the model and fit it to a Part; loss and accuracy are shown for each epoch.

    Returns: dictionary from metric name to a list, one value an epoch.
    """
    from batches import ShuffledBatches
    from quiet_tensorflow import keras

    loss = "binary_crossentropy" if model.output_shape[-1] == 1 else "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(learning_rate), loss, metrics=["accuracy"])
    on_terminal = sys.stdout.isatty()
    history = model.fit(
        ShuffledBatches(part, batch_size, seed),
        epochs=epochs,
        shuffle=False,
        verbose=1 if on_terminal else 0,
        callbacks=[] if on_terminal else [_one_line_per_epoch(keras, epochs)],
    )
    return history.history


def _one_line_per_epoch(keras, epochs):
    def show(epoch, logs):
        print(f"Epoch {epoch + 1}/{epochs}: " + ", ".join(f"{k} {v:.4f}" for k, v in logs.items()), flush=True)

    return keras.callbacks.LambdaCallback(on_epoch_end=show)


if __name__ == "__main__":
    run_script(main, __doc__)
