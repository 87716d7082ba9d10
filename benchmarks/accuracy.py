"""python benchmarks/accuracy.py [PATH]

Compare the architectures on the data sets that need no file, and on those in PATH, a folder of data sets in folders of
their own (UCR or UEA, say): every architecture with the same constants, each test split used once, at the end. Where
requirements-bench.txt is installed, MiniRocket (Dempster 2021) in aeon takes part. Then the learning curve of data:
accuracy on "motifs" against the number of training sequences.

Writes to benchmarks/: accuracy.csv, one row per trial (a trial that stands there is not repeated: delete the file to
start again), accuracy.md, accuracy.png and learning_curve.png.
"""

import csv
import importlib.util
import io
import math
import os
import platform
import sys
import tempfile
import time
from contextlib import redirect_stdout
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accuracy_tables import write_curve, write_table

import evaluate_model
import train_model
from data_preprocessing import load_data
from project import files, ledger
from project.constants import read_constants
from project.errors import InputError
from project.files import PROJECT
from project.script import run_script
from training.run import describe

DATA_SETS = ["motifs", "digits", "moving_digits"]  # that need no file
N_SAMPLES = 1000  # sequences of the generated ones
MODELS = ["cnn", "lstm", "cnn_lstm", "attention", "deep_cnn_lstm", "MiniRocket"]  # attention: cnn_lstm with ATTENTION
SEEDS = [0, 1, 2]  # each draws weights and order anew, and data and split where they are not given; 3 or more
EPOCHS = 150  # for every architecture alike, but for the data sets in EPOCHS_OF
EPOCHS_OF = {"motifs": 10, "digits": 60, "moving_digits": 10}
BATCH_SIZE = 16
PLATEAU = 10  # epochs without a lower training loss before the learning rate is halved
DROPOUT = 0.2
CURVE_MODELS = ["cnn", "lstm", "cnn_lstm"]  # of the learning curve
CURVE_SIZES = [40, 100, 250, 1000, 4000]  # training sequences
CURVE_TEST = 1000  # test sequences
CURVE_SEEN = 40_000  # sequences a training sees in all: few of them are seen in more epochs, so the steps are as many
JOBS = None  # trials at a time, each in a process of its own; None: as many as there are cores

RESULTS = PROJECT / "benchmarks"
COLUMNS = [
    "data set",
    "model",
    "seed",
    "constants",
    "accuracy",
    "baseline",
    "seconds",
    "parameters",
    "training",
    "test",
]


def main(path=None):
    """Run what accuracy.csv does not hold yet, then write tables and pictures."""
    sources = {name: name for name in DATA_SETS} | folders_in(path)
    models = [m for m in MODELS if m != "MiniRocket" or importlib.util.find_spec("aeon")]
    if len(models) < len(MODELS):
        print("MiniRocket is left out: pip install -r requirements-bench.txt adds it")
    usable, trials = {}, []
    for name, source in sources.items():
        constants = constants_for(source, EPOCHS_OF.get(name, EPOCHS), N_SAMPLES=N_SAMPLES, PLATEAU=PLATEAU)
        if work := cost_of(name, constants):
            usable[name] = constants
            trials += [trial(name, model, seed, constants, work) for model in models for seed in SEEDS]
    for n in CURVE_SIZES:
        trials += [trial("motifs", m, seed, curve_constants(n), CURVE_SEEN) for m in CURVE_MODELS for seed in SEEDS]
    done = run_trials(trials)
    write_table(RESULTS, {m: heading(m) for m in models}, usable, collector(done), machine())
    curve = {
        m: [collector(done)("motifs", m, curve_constants(n), "accuracy") for n in CURVE_SIZES] for m in CURVE_MODELS
    }
    write_curve(RESULTS, CURVE_SIZES, curve)


# Which trials.


def folders_in(path):
    """Return {name: folder} of the folders in PATH."""
    if path is None:
        return {}
    folders = sorted(f for f in Path(path).expanduser().resolve().glob("*/") if not f.name.startswith("."))
    if not folders:
        raise InputError(f"{path} holds no folders: PATH is a folder of data sets, each in a folder of its own")
    return {folder.name: str(folder) for folder in folders}


def constants_for(source, epochs, **others):
    """Return the constants as they stand in the files, but for those of the comparison."""
    chosen = {"DATASET": source, "EPOCHS": epochs, "BATCH_SIZE": BATCH_SIZE, "DROPOUT": DROPOUT}
    return read_constants().changed(**chosen | others)


def curve_constants(n):
    """Return the constants for n training sequences of the learning curve."""
    return constants_for("motifs", math.ceil(CURVE_SEEN / n), N_SAMPLES=n + CURVE_TEST, TEST_SIZE=CURVE_TEST)


def cost_of(name, constants):
    """Read a data set once, to say what it is. Returns: sequences in all epochs, or None if it cannot take part."""
    try:
        data = load_data(constants)
        if data.task.score != "accuracy":
            raise InputError("there are no classes to learn")
    except InputError as error:
        print(f"Skipped {name}: {' '.join(str(error).split())}")
        return None
    print(describe(data, constants), flush=True)
    longer = 1 + data.train.x.shape[1] / 200 + (4 if data.train.x.ndim == 5 else 0)
    return constants["EPOCHS"] * len(data.train) * longer


def trial(name, model, seed, constants, work):
    """Return (identity, constants, cost): a guess how long it takes, in no unit, only the share done counts."""
    architecture = {"attention": {"ATTENTION": True}, "MiniRocket": {}}.get(model, {"ARCHITECTURE": model})
    cost = work * {"cnn": 1.0, "deep_cnn_lstm": 4.0, "MiniRocket": 0.1}.get(model, 2.0)
    return identity(name, model, seed, constants), constants.changed(**architecture, SEED=seed), cost


def identity(name, model, seed, constants):
    """Return what tells a trial from others, strings: data set, model, seed, and the constants of the comparison."""
    names = [] if model == "MiniRocket" else ["EPOCHS", "BATCH_SIZE", "PLATEAU", "DROPOUT"]
    names += ["N_SAMPLES", "TEST_SIZE"] if constants["DATASET"] in ("motifs", "moving_digits") else []
    return name, model, str(seed), " ".join(f"{n}={constants[n]!r}" for n in names)


# Running them.


def run_trials(trials):
    """Run the trials that accuracy.csv does not hold, in parallel processes. Returns: {identity: row of COLUMNS}."""
    file, done = RESULTS / "accuracy.csv", {}
    if file.exists():
        with open(file, encoding="utf-8", newline="") as rows:
            done = {tuple(row[c] for c in COLUMNS[:4]): row for row in csv.DictReader(rows)}
    left = [t for t in trials if t[0] not in done]
    left.sort(key=lambda t: -t[2])  # long ones first: no straggler at the end
    print(f"{len(trials)} trials, {len(trials) - len(left)} of them in accuracy.csv already", flush=True)
    jobs = min(JOBS or os.cpu_count(), max(1, len(left)))
    threads = max(1, os.cpu_count() // jobs)
    costs = {identity: cost for identity, _, cost in left}
    began, total, finished = time.monotonic(), sum(costs.values()), 0
    calls = (delayed(run_trial)(identity, constants, threads) for identity, constants, _ in left)
    for count, (identity, row) in enumerate(Parallel(jobs, return_as="generator_unordered")(calls), 1):
        finished += costs[identity]
        minutes = (time.monotonic() - began) * (total / finished - 1) / 60
        said = row["accuracy"] if "accuracy" in row else f"refused: {row['refused']}"
        print(f"{count}/{len(left)} trials, {minutes:.0f} min left: {', '.join(identity[:3])}: {said}", flush=True)
        if "accuracy" in row:
            done[identity] = row
            files.write_csv(file, COLUMNS, [[r[c] for c in COLUMNS] for r in done.values()])
    return done


def run_trial(identity, constants, threads):
    """Train and evaluate in a temporary folder; the user's runs and ledger are left alone.

    Returns: (identity, row of COLUMNS as strings, or {"refused": why}).
    """
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ[name] = str(threads)  # read when TensorFlow is imported
    os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"  # the processes share the GPU, if there is one
    try:
        with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
            ledger.LEDGER = Path(folder) / "ledger.csv"
            run = minirocket if identity[1] == "MiniRocket" else network
            figures = run(constants.changed(RUN_DIR=str(Path(folder) / "run")), threads)
    except InputError as error:
        return identity, {"refused": " ".join(str(error).split())}
    return identity, dict(zip(COLUMNS, map(str, (*identity, *figures))))


def network(constants, threads):
    """Train and evaluate a network. Returns: the figures of a trial, COLUMNS from "accuracy" on."""
    from project.quiet_tensorflow import keras, tf

    tf.get_logger().setLevel("ERROR")  # a process runs many trials: that each traces anew is no fault
    record, result = train_model.train_with(constants), evaluate_model.evaluate_with(constants)
    keras.backend.clear_session()  # the process goes on to the next trial
    counts = record["sequences"]["training"], record["sequences"]["test"]
    scores = f"{result['accuracy']:.4f}", f"{result['baselines']['majority']:.4f}"
    return *scores, f"{record['seconds']:.1f}", record["parameters"], *counts


def minirocket(constants, threads):
    """Fit aeon's MiniRocket to the same training part, pixels and frames as channels and time steps. Returns: figures.

    It takes 9 time steps or more: shorter sequences are padded with zeros at the end.
    """
    from aeon.classification.convolution_based import MiniRocketClassifier
    from aeon.transformations.collection.convolution_based import MiniRocket

    data = load_data(constants)

    def channels_first(part):
        x = np.concatenate(list(part.blocks()))
        x = x.reshape(len(x), x.shape[1], -1).transpose(0, 2, 1)
        return np.pad(x, [(0, 0), (0, 0), (0, max(0, 9 - x.shape[2]))])

    classifier = MiniRocketClassifier(random_state=constants["SEED"], n_jobs=threads)
    x = channels_first(data.train)
    MiniRocket(n_jobs=threads).fit_transform(x[:2])  # numba compiles: not counted
    began = time.perf_counter()
    classifier.fit(x, data.train.y)
    seconds = time.perf_counter() - began
    accuracy = np.mean(classifier.predict(channels_first(data.test)) == data.test.y)
    baseline = np.bincount(data.test.y).max() / len(data.test)
    return f"{accuracy:.4f}", f"{baseline:.4f}", f"{seconds:.1f}", "", len(data.train), len(data.test)


# What came out.


def collector(done):
    """Return a function that gives one column of a model's trials on a data set, floats, one per seed that has one."""

    def collect(name, model, constants, column):
        rows = [done.get(identity(name, model, seed, constants), {}) for seed in SEEDS]
        return [float(row[column]) for row in rows if row.get(column)]

    return collect


def heading(model):
    """Return a model's name for the reader."""
    return "cnn_lstm with attention" if model == "attention" else model


def machine():
    """Say what the trials ran on."""
    packages = ["tensorflow", "keras", *(["aeon"] if importlib.util.find_spec("aeon") else [])]
    parts = [f"{os.cpu_count()} cores", f"Python {platform.python_version()}", *(f"{p} {version(p)}" for p in packages)]
    return ", ".join([*parts, date.today().isoformat()])


if __name__ == "__main__":
    run_script(main, __doc__, min(1, len(sys.argv) - 1))  # PATH may be left out
