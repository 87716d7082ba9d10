"""One whole training: from the data to the run folder."""

import importlib.util
import shutil
import sys
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from platform import python_version

from core import files, ledger, run_folder
from core.errors import InputError
from reports import pictures as plots
from sequences.statistics import fingerprint
from tasks import name_of
from training import workers
from training.build import build
from training.fit import fit, identity
from training.prediction import predict


def train(data, backbone, c):
    """Train a network on `data` and write the run folder: it takes the place of the old one whole, or not at all.

    backbone: see training.build.build. Returns: the record that run.json holds. Raises InputError where the constants
    do not go together or the folder cannot be written.
    """
    folder = run_folder.resolved(c.RUN_DIR)
    run_folder.check_replaceable(folder)
    check_together(data, c)
    if data.validation is not None:
        ledger.read()  # a damaged one is refused before anything is written
    if not workers.is_first():
        return train_along(data, backbone, c, folder)
    with run_folder.locked(folder):
        run_folder.recover(folder)
        model = build(data, backbone, c)
        print(f"Network: {c.ARCHITECTURE}, {model.count_params():,} parameters", flush=True)
        record = describe_run(data, c)
        try:
            history, seconds = fit(model, data, c, folder, identity(record))
        except KeyboardInterrupt:
            then = "continues after the last epoch that was finished" if c.RESUME else "begins anew (RESUME = False)"
            print(f"\nStopped. python {Path(sys.argv[0]).name} {then}.")
            raise
        model = data.task.finished(model, data, c)
        record |= {"seconds": round(seconds, 3), "parameters": model.count_params()}
        if data.validation is not None:
            output = predict(run_folder.network_of(model), data.validation)
            validation = data.task.score_of(data.validation, data.task.decode(output, data.state), data.state)
            record["state"] = data.state | data.task.calibrate(data, output)
        save(folder, model, history, record)
        run_folder.sibling(folder, "checkpoint").unlink(missing_ok=True)
        workers.wait_for_all()
    written = ", ".join(sorted(path.name for path in folder.iterdir()))
    print(f"Trained in {seconds:.1f} s. Wrote {files.shown(folder)}: {written}")
    if data.validation is not None:
        value = f"{validation:.4f}"
        print(f"Validation {data.task.score}: {value} (in runs/ledger.csv: choose constants by it)")
        ledger.append(record["trained"], folder, "validation", [data.task.score, value, "", "", ""], record)
    return record


def train_along(data, backbone, c, folder):
    """Take part in a training that another worker writes. Returns: its record, of which this worker keeps nothing."""
    print(
        f"Worker {workers.place()[0]} of {workers.place()[1]} takes part; worker 0 shows and writes the run", flush=True
    )
    record = describe_run(data, c)
    _, seconds = fit(build(data, backbone, c), data, c, folder, identity(record))
    workers.wait_for_all()
    return record | {"seconds": round(seconds, 3)}


def save(folder, model, history, record):
    """Write a run into a new folder, which then takes the place of `folder`."""
    with run_folder.new_run(folder) as new:
        model.save(new / "model.keras")
        numbered = {"epoch": range(1, len(history["loss"]) + 1), **history}
        files.write_csv(new / "history.csv", numbered, zip(*numbered.values()))
        title = f"Training on {record['constants']['DATASET']}"
        files.write_atomically(new / "learning_curves.png", plots.learning_curves(history, title))
        files.write_json(new / "run.json", record)
        if record["constants"]["TENSORBOARD"]:
            shutil.move(run_folder.sibling(folder, "tensorboard"), new / "tensorboard")


def describe(data, c):
    """Say in one line what the data are."""
    counts = ", ".join(f"{n} {name}" for name, n in sizes(data).items())
    time_steps, *features = data.train.shape
    most = "up to " if data.preparation["any_length"] else ""
    size = f"{most}{time_steps} time steps × {' × '.join(map(str, features))} feature{'s' if features != [1] else ''}"
    if not features:
        size = f"{time_steps} words out of {len(data.preparation['vocabulary']):,}"
    return f"Data: {c.DATASET}, {data.task.unit}: {counts}, each of {size}, {data.task.aim(data.state)}"


def sizes(data):
    """Return the number of sequences of each part that there is, by its name."""
    parts = {"training": data.train, "validation": data.validation, "test": data.test}
    return {name: len(part) for name, part in parts.items() if part is not None}


def check_together(data, c):
    """Raise InputError for constants that are possible each, but not together or with these data."""
    if c.PATIENCE is not None and data.validation is None:
        raise InputError("PATIENCE needs a validation set: set VALIDATION_SIZE in data_preprocessing.py, 0.2 say")
    if c.TENSORBOARD and importlib.util.find_spec("tensorboard") is None:
        raise InputError("TENSORBOARD = True needs TensorBoard: pip install tensorboard")
    if c.FREEZE_CNN and c.PRETRAINED_RUN is None:
        raise InputError("FREEZE_CNN = True is impossible without PRETRAINED_RUN: untrained convolutions would stay so")
    if c.PRETRAINED_RUN is not None:
        folder = files.project_path(c.PRETRAINED_RUN, "PRETRAINED_RUN")
        if not (folder / "run.json").is_file():
            raise InputError(
                f"PRETRAINED_RUN = {c.PRETRAINED_RUN!r} holds no run: train one with "
                f"RUN_DIR = {c.PRETRAINED_RUN!r} first"
            )
        run_folder.load_record(folder)


def describe_run(data, c):
    """Return what run.json says of the data and the circumstances: see run_folder.RECORD."""
    return {
        "format": run_folder.FORMAT,
        "trained": datetime.now().isoformat(sep=" ", timespec="seconds"),
        "constants": c,
        "task": name_of(data.task),
        "state": data.state,
        "preparation": data.preparation,
        "input_shape": list(data.train.shape),
        "sequences": sizes(data),
        "fingerprint": fingerprint(data.test),
        "training_fingerprint": fingerprint(data.train),
        "versions": {"python": python_version()}
        | {name: version(name) for name in ("tensorflow", "keras", "numpy", "scikit-learn")},
    }
