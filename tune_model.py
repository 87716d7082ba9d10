"""python tune_model.py

Search the constants for better ones. Every trial is scored on validation data cut from the training part; the test
part is looked at once, by the winner, at the end. A killed search continues where it stopped (runs/tune/trials.csv).
EPOCHS is what the best trials get: the others stop at a ninth or a third of it (successive halving).
"""

import contextlib
import csv
import importlib
import json
import math
import os
import sys
import threading
import time

import numpy as np
from joblib import Parallel, cpu_count, delayed, parallel_config
from scipy.stats import loguniform
from sklearn.model_selection import ParameterGrid, ParameterSampler

import cnn_lstm_model
import data_preprocessing
import evaluate_model
import files
import plots
import run_folder
import train_model
from checks import (
    RULES,
    InputError,
    arguments_for,
    changed_constants,
    check_constants,
    constants_of,
    project_path,
    run_script,
)
from data_preprocessing import fingerprint, load_data

SEARCH = "random"  # "random" draws N_TRIALS combinations from SEARCH_SPACE; "grid" tries all
# Constant: list of values, or a scipy distribution (for "random").
SEARCH_SPACE = {
    "ARCHITECTURE": ["cnn_lstm", "deep_cnn_lstm"],
    "FILTERS": [32, 64],
    "KERNEL_SIZE": [3, 5],
    "LSTM_UNITS": [32, 50, 64],
    "DROPOUT": [0.0, 0.2, 0.4],
    "BATCH_SIZE": [16, 32],
    "LEARNING_RATE": loguniform(5e-4, 5e-3),
    "PLATEAU": [None, 10],
}
N_TRIALS = 12  # combinations that "random" draws
N_JOBS = 2  # trials at the same time, each in a process of its own; -1: one for each core
PARALLEL_BACKEND = "loky"  # processes on this machine; "dask": the cluster at SCHEDULER_ADDRESS
SCHEDULER_ADDRESS = "tcp://127.0.0.1:8786"  # of a Dask scheduler whose workers run in the project folder
SEARCH_VALIDATION_SIZE = 0.25  # share of the training part that scores a trial
REPEATS = 3  # validation parts drawn, and trainings made, per trial: one alone is luck on small data

MOST_TRIALS = 10_000  # of a grid
TUNE_DIR = "runs/tune"
COLUMNS = ["trial", "epochs", "score", "loss", "seconds", "constants"]


def main():
    """Search as the constants in the files say."""
    constants = constants_of(data_preprocessing, cnn_lstm_model, train_model, run_folder)
    search(constants, constants_of(sys.modules[__name__]), SEARCH_SPACE)


def search(constants, options, space):
    """Search `space`, print the result, train the winner on the whole training part, score it.

    constants: of the data, the network and training, for all trials; options: SEARCH, N_TRIALS, N_JOBS and
    PARALLEL_BACKEND. Returns: (the winner's constants, the figures of its evaluation). Raises InputError for an
    impossible space or constant.
    """
    check_constants(constants | options)
    trials = draw_trials(space, constants, options)
    data = load_data(**arguments_for(load_data, constants))
    folder = project_path(TUNE_DIR, "TUNE_DIR")
    for trial in trials:
        check_trial(constants | trial | {"PATIENCE": None}, data)
    finished = resume(folder, constants, trials, fingerprint(data.train))
    measure = "rmse" if data.task == "forecasting" else "accuracy"
    rungs = sorted({max(1, round(constants["EPOCHS"] / 3**step)) for step in range(3)})
    alive = list(range(len(trials)))
    for rung, epochs in enumerate(rungs):
        if epochs == rungs[-1]:  # this process trains the winner next: TensorFlow is imported while the others work
            threading.Thread(target=importlib.import_module, args=["quiet_tensorflow"], daemon=True).start()
        run_rung(alive, epochs, trials, constants, options, measure, finished, folder)
        alive = ranked(alive, epochs, finished)
        if rung < len(rungs) - 1:
            alive = alive[: max(1, -(-len(alive) // 3))]
    best = trials[alive[0]]
    show_result(alive, rungs, trials, finished, measure, folder)
    final = constants | best | {"VALIDATION_SIZE": 0.0, "PATIENCE": None, "RUN_DIR": f"{TUNE_DIR}/best"}
    print("\nThe winner, trained on the whole training part:", flush=True)
    train_model.train(final)
    return best, evaluate_model.evaluate(final)


def check_trial(constants, data):
    """Raise InputError for constants that do not go together, or not with the data."""
    train_model.check_together(constants, data)
    cnn_lstm_model.check_sizes(data.train.x.shape[1:], **arguments_for(cnn_lstm_model.check_sizes, constants))


def draw_trials(space, constants, options):
    """Return the combinations to try, a list of {constant: value}, the same for the same SEED."""
    if not (isinstance(space, dict) and space):
        raise InputError("SEARCH_SPACE must be a dictionary from the name of a constant to the values to try")
    for name, values in space.items():
        if name not in RULES or name in arguments_for(load_data, constants, upper=True) or name == "RUN_DIR":
            raise InputError(f"SEARCH_SPACE: {name!r} is no constant of the network or of training")
        drawable = options["SEARCH"] == "random" and hasattr(values, "rvs")
        if not (isinstance(values, list) and values) and not drawable:
            raise InputError(f'SEARCH_SPACE: {name} must be a list of values, or for SEARCH = "random" a distribution')
    if options["SEARCH"] == "grid":
        if math.prod(map(len, space.values())) > MOST_TRIALS:
            raise InputError(f'SEARCH_SPACE has more than {MOST_TRIALS} combinations: take fewer values, or "random"')
        drawn = list(ParameterGrid(space))
    else:
        n = options["N_TRIALS"]
        if all(isinstance(values, list) for values in space.values()):
            n = min(n, len(ParameterGrid(space)))  # a space of lists holds no more
        drawn = list(ParameterSampler(space, n, random_state=constants["SEED"]))
    trials = [{name: plain(value) for name, value in sorted(trial.items())} for trial in drawn]
    for trial in trials:
        check_constants(trial)
    return trials


def plain(value):
    """Turn a NumPy number into Python's own, and cut a drawn float to three digits, so that it can be pasted."""
    value = value.item() if isinstance(value, np.generic) else value
    return float(f"{value:.3g}") if isinstance(value, float) else value


def resume(folder, constants, trials, data_fingerprint):
    """Return the finished pieces {(trial, epochs): row} of the same search, or start a new one."""
    left_out = {"RUN_DIR", "VALIDATION_SIZE", "PATIENCE"}  # these change no score
    kept = {name: value for name, value in constants.items() if name not in left_out}
    here = {"constants": kept, "trials": trials, "repeats": REPEATS, "size": SEARCH_VALIDATION_SIZE}
    text = json.dumps(here | {"training_data": data_fingerprint}, indent=2) + "\n"
    described, table = folder / "search.json", folder / "trials.csv"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        same = described.is_file() and table.is_file() and described.read_bytes() == text.encode("utf-8")
        rows = finished_rows(table) if same else []
    except OSError as error:
        raise InputError(f"{files.shown(error.filename)} cannot be used: {error.strerror}") from error
    if rows:
        print(f"Continuing the search in {TUNE_DIR}: {len(rows)} pieces are finished")
    files.write_csv(table, COLUMNS, [[row[column] for column in COLUMNS] for row in rows])
    files.write_atomically(described, text)
    return {(int(row["trial"]), int(row["epochs"])): row for row in rows}


def finished_rows(table):
    """Return the rows of trials.csv that are whole: a kill can cut the last line."""
    try:
        text = table.read_text(encoding="utf-8")
        rows = list(csv.DictReader(text[: text.rfind("\n") + 1].splitlines()))
        for row in rows:
            json.loads(row["constants"])
            int(row["trial"]), int(row["epochs"]), float(row["loss"]), float(row["score"])
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        raise InputError(f"{files.shown(table)} is damaged: move it away to start the search afresh") from error
    return rows


def run_rung(alive, epochs, trials, constants, options, measure, finished, folder):
    """Train the living trials for `epochs` where that is not finished, in parallel; add each to trials.csv at once."""
    waiting = [trial for trial in alive if (trial, epochs) not in finished]
    spent = {trial: float(row["seconds"]) for (trial, _), row in finished.items()}
    waiting.sort(key=lambda trial: -spent.get(trial, 0.0))  # the longest first: at the end no process waits for another
    jobs, backend = cpu_count() if options["N_JOBS"] == -1 else options["N_JOBS"], options["PARALLEL_BACKEND"]
    threads = max(1, cpu_count() // jobs)
    fixed = epochs, constants, measure, threads, os.getpid()
    work = [delayed(run_repeat)(t, repeat, trials[t], *fixed) for t in waiting for repeat in range(REPEATS)]
    repeats = {trial: {} for trial in waiting}
    with contextlib.ExitStack() as stack:
        if backend == "dask":
            stack.enter_context(dask_client())
        stack.enter_context(parallel_config(backend, n_jobs=jobs if backend == "loky" else -1))
        for trial, repeat, *figures in Parallel(return_as="generator_unordered")(work):
            repeats[trial][repeat] = figures
            if len(repeats[trial]) < REPEATS:
                continue
            row = row_of(trial, epochs, repeats[trial], trials[trial])
            with open(folder / "trials.csv", "a", encoding="utf-8", newline="") as file:
                csv.DictWriter(file, COLUMNS, lineterminator="\n").writerow(row)
            finished[row["trial"], epochs] = row
            best = ranked([t for t in alive if (t, epochs) in finished], epochs, finished)[0]
            done = sum((t, epochs) in finished for t in alive)
            print(
                f"{epochs} epochs, trial {done} of {len(alive)}: validation {told(row, measure)}; "
                f"best so far {told(finished[best, epochs], measure)} with {assignments(trials[best])}",
                flush=True,
            )


def dask_client():
    """Connect to the Dask scheduler. Raises InputError where there is none."""
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError('PARALLEL_BACKEND = "dask" needs Dask: pip install distributed') from error
    try:
        return Client(SCHEDULER_ADDRESS, timeout=10)
    except OSError as error:
        raise InputError(f"SCHEDULER_ADDRESS = {SCHEDULER_ADDRESS!r}: no Dask scheduler answers there") from error


def end_with(search):
    """End this process when the search that started it is gone: a killed one would leave its workers busy."""

    def watch():
        while os.getppid() == search:
            time.sleep(1)
        os._exit(1)

    name = "end_with"
    if os.getppid() == search and all(thread.name != name for thread in threading.enumerate()):
        threading.Thread(target=watch, name=name, daemon=True).start()


def run_repeat(trial, repeat, values, epochs, constants, measure, threads, search=None):
    """Train a trial once and score it on validation data, in a worker process of process `search`.

    values: the trial's {constant: value}. repeat: which draw of the validation part and the weights.
    Returns: (trial, repeat, score and loss of the last epoch, seconds).
    """
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):  # read when TensorFlow starts
        os.environ[name] = str(threads)
    end_with(search)
    began = time.perf_counter()
    tried = constants | values | {"EPOCHS": epochs, "PATIENCE": None, "VALIDATION_SIZE": SEARCH_VALIDATION_SIZE}
    data = load_data(**arguments_for(load_data, tried), validation_seed=constants["SEED"] + repeat)
    tried["SEED"] += repeat  # of the initial weights: the data are drawn and split already
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        model = train_model.model_for(data, tried)
        history, _ = train_model.fit(model, data, **arguments_for(train_model.fit, tried))
    return trial, repeat, history[f"val_{measure}"][-1], history["val_loss"][-1], time.perf_counter() - began


def row_of(trial, epochs, repeats, values):
    """Return a row of trials.csv: the means over a trial's repeats, {repeat: (score, loss, seconds)}."""
    scores, losses, seconds = zip(*(repeats[repeat] for repeat in sorted(repeats)))
    figures = [f"{np.mean(scores):.6f}", f"{np.mean(losses):.6f}", f"{sum(seconds):.1f}"]
    return dict(zip(COLUMNS, [trial, epochs, *figures, json.dumps(values)]))


def ranked(alive, epochs, finished):
    """Sort trials from best to worst by validation loss: on small data it tells more than a few right answers do."""
    return sorted(alive, key=lambda trial: (float(finished[trial, epochs]["loss"]), trial))


def told(row, measure):
    """Write loss and score of a row of trials.csv."""
    return f"loss {float(row['loss']):.4f}, {measure} {float(row['score']):.4f}"


def assignments(trial):
    """Write constants in one line."""
    return ", ".join(f"{name} = {value!r}" for name, value in trial.items())


def show_result(alive, rungs, trials, finished, measure, folder):
    """Print the best trials and the winner's constants; draw trials.png."""
    last = {trial: max(e for t, e in finished if t == trial) for trial in range(len(trials))}
    order = sorted(
        range(len(trials)),
        key=lambda t: (-last[t], ranked([u for u in last if last[u] == last[t]], last[t], finished).index(t)),
    )
    rows = [
        [str(last[t]), finished[t, last[t]]["loss"], finished[t, last[t]]["score"], assignments(trials[t])]
        for t in order[:5]
    ]
    print("\nThe best trials by validation loss, those trained longest first:")
    print(run_folder.aligned(["epochs", "loss", measure, "constants"], rows))
    scores = [[float(finished[t, e]["score"]) if (t, e) in finished else np.nan for e in rungs] for t in last]
    plots.trials(np.array(scores), rungs, alive[0], measure, folder / "trials.png")
    print("\nThe winner's constants, to paste over the old ones:")
    for name, value in changed_constants(trials[alive[0]]).items():
        print(f"{name} = {value!r}")
    unchanged = [name for name in trials[alive[0]] if name not in changed_constants(trials[alive[0]])]
    print(f"(as shipped: {', '.join(unchanged) or 'none'})")


if __name__ == "__main__":
    run_script(main, __doc__)
