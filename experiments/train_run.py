"""One whole training: from the data to the run folder."""

import importlib.util
import shutil
import sys
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from core import files, ledger, run_folder
from core.constants import read_constants
from core.errors import InputError
from core.locks import locked
from core.progress import said_if_slow
from core.records import to_plain
from core.wording import counted
from experiments.evaluated_run import no_score, open_evaluated
from experiments.index import write_index
from networks.pretrained_encoders import prepend_encoder
from networks.raw_inputs import trained_part
from reports import pictures
from reports.formatting import format_for_ledger
from sequences.statistics import fingerprints
from tasks import name_of
from tasks.classification.linear_models import has_ridge_pair
from training import workers
from training.build import build
from training.checkpoint import Checkpoint, library_versions, run_identity
from training.fit import fit
from training.network_share import forget, held_out_share, settle, share_line
from training.saved_run import SavedRun


def train_and_save(data, build_model, c):
    """Train a network on `data` and write the run folder: it takes the place of the old one whole, or not at all.

    Parameters: data, of load_data; build_model, of cnn_lstm_model.py; c, Constants.
    Returns: SavedRun. Raises: InputError where constants do not go together or the folder cannot be written.
    """
    began, folder = time.perf_counter(), run_folder.resolved(c.RUN_DIR)
    run_folder.check_replaceable(folder)
    check_compatible(data, c)
    ledger.read_rows(folder)  # a damaged one is refused before anything is written
    if not workers.is_first_worker():
        return train_as_other_worker(data, build_model, c, folder)
    with locked(folder):
        run_folder.recover(folder)
        model = build(data, build_model, c)
        print(f"Network: {c.ARCHITECTURE}, {model.count_params():,} parameters", flush=True)
        evaluated, stands_on = open_evaluated(c) if c.EVALUATED_RUN is not None else (None, None)
        record = replace(make_run_record(data, c), stands_on=stands_on)
        if evaluated is not None:
            data = replace(data, ridge_pair=has_ridge_pair(evaluated.load_model()))
        try:
            checkpoint, steps = Checkpoint(folder, run_identity(c, record.fingerprints)), {}
            own = evaluated is None
            share = held_out_share(model, data, c, checkpoint, steps) if own else evaluated.record.network_share
            began_to_fit = time.perf_counter()
            history, seconds = fit(model, data, c, checkpoint, steps)
        except KeyboardInterrupt:
            then = "continues after the last epoch that was finished" if c.RESUME else "begins anew (RESUME = False)"
            print(f"\nStopped. python {Path(sys.argv[0]).name} {then}.")
            raise
        # All that was done counts, and what an interrupted training did before.
        began -= seconds - (time.perf_counter() - began_to_fit)
        with said_if_slow("Fitting what stands beside the network ..."):
            model = data.task.finish(model, data, c)
            task = data.task.after_training(model, data, c)
        parameters = model.count_params()
        if data.preparation.frame_encoder is not None:
            model = prepend_encoder(model, data, c)
        share, output = settle(trained_part(model), data, c, share)
        if data.validation is not None:
            task = task.calibrate(data, output)
            validation_score = task.score(data.validation, task.decode(output))
        if evaluated is not None:
            task = task.calibrated_as(evaluated.task)
        seconds = round(time.perf_counter() - began, 3)
        record = replace(record, learned=to_plain(task), seconds=seconds, parameters=parameters, network_share=share)
        record = save(folder, model, history, record, data)
        checkpoint.path.unlink(missing_ok=True)
        forget(checkpoint)
        workers.wait_for_all()
    written = ", ".join(sorted(path.name for path in folder.iterdir()))
    print(f"Trained in {time.perf_counter() - began:.1f} s. Wrote {files.shown(folder)}: {written}")
    print("\n".join(share_line(share, data.task, data)), end="\n" * (share is not None))
    if data.validation is not None:
        value = format_for_ledger(validation_score)
        print(f"Validation {task.metric}: {value} (in {files.shown(ledger.ledger_of(folder))}: choose constants by it)")
        ledger.append(record.trained, folder, "validation", [task.metric, value, "", "", ""], record)
    write_index(folder)
    if task.calibrated and task != task.uncalibrated() and evaluated is not None:
        print(f"With {task.calibrated} of {stands_on.folder}: what taught it those is training data now")
    if why := no_score(c, stands_on):
        print(f"This run has no score of its own: {why}")
    return SavedRun(folder, record, task, data.preparation, data)


def train_as_other_worker(data, build_model, c, folder):
    """Take part in a training that another worker writes. Returns: None."""
    index, count = workers.worker_index_and_count()
    print(f"Worker {index} of {count} takes part; worker 0 shows and writes the run", flush=True)
    checkpoint = Checkpoint(folder, run_identity(c, fingerprints(data)))
    model, steps = build(data, build_model, c), {}
    if c.EVALUATED_RUN is None:
        held_out_share(model, data, c, checkpoint, steps)
    fit(model, data, c, checkpoint, steps)
    workers.wait_for_all()


def save(folder, model, history, record, data):
    """Write a run into a new folder, which then takes the place of `folder`. Returns: the RunRecord as written."""
    with run_folder.new_run(folder) as new:
        model.save(new / "model.keras")
        numbered = {"epoch": range(1, len(history["loss"]) + 1), **history}
        files.write_csv(new / "history.csv", numbered, zip(*numbered.values()))
        curves = pictures.learning_curves(history, data.task.unit_of_training(data, record.constants))
        files.write_atomically(new / curves.name, curves.png())
        record = run_folder.write_record(new, record)
        if record.constants.TENSORBOARD:
            shutil.move(files.sibling(folder, "tensorboard"), new / "tensorboard")
    return record


def describe_data(data, c):
    """Say in one line what the data are."""
    counts = ", ".join(f"{n} {name}" for name, n in data.sizes.items())
    size = describe_shape(data)
    return f"Data: {c.DATASET}, {data.task.unit}: {counts}, each of {size}, {data.task.describe_target()}"


def describe_shape(data):
    """Say what one sequence is made of."""
    time_steps, *features = data.train.shape
    if data.preparation.kind == "texts":
        return f"{time_steps} words out of {len(data.preparation.vocabulary):,}"
    if len(features) == 3:  # clips
        height, width, channels = features
        return f"{time_steps} frames of {height} × {width} pixels" + f" in {channels} colours" * (channels > 1)
    most = "up to " if data.preparation.any_length else ""
    shape = f"{' × '.join(map(str, features))} feature{'s' if features != [1] else ''}"
    return f"{most}{counted(time_steps, 'time step')} × {shape}"


def check_compatible(data, c):
    """Refuse constants that are possible each, but not together or with these data. Raises: InputError."""
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


def make_run_record(data, c):
    """Return what run.json says of the data and the circumstances, a RunRecord, before anything is trained."""
    return run_folder.RunRecord(
        trained=datetime.now().isoformat(sep=" ", timespec="seconds"),
        constants=c,
        in_files={name: value for name, value in read_constants().items() if name != "RUN_DIR" and c[name] != value},
        task=name_of(data.task),
        learned=to_plain(data.task),
        preparation=to_plain(data.preparation),
        input_shape=list(data.train.shape),
        sequences=data.sizes,
        notes=list(data.sequences.notes),
        fingerprints=fingerprints(data),
        versions=library_versions(),
    )
