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

import evaluate_model
import files
import plots
import run_folder
import train_model
from checks import PROJECT, RULES, InputError, arguments_for, run_script
from data_preprocessing import load_data

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
        if work := describe(name, constants):
            usable[name] = constants
            trials += [trial(name, model, seed, constants, work) for model in models for seed in SEEDS]
    for n in CURVE_SIZES:
        trials += [trial("motifs", m, seed, curve_constants(n), CURVE_SEEN) for m in CURVE_MODELS for seed in SEEDS]
    done = run_trials(trials)
    write_table(done, usable, models)
    write_curve(done)


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
    """Return the constants as shipped, whatever the files say now, but for those of the comparison."""
    shipped = {constant: rule[0] for constant, rule in RULES.items()}
    return shipped | {"DATASET": source, "EPOCHS": epochs, "BATCH_SIZE": BATCH_SIZE, "DROPOUT": DROPOUT} | others


def curve_constants(n):
    """Return the constants for n training sequences of the learning curve."""
    return constants_for("motifs", math.ceil(CURVE_SEEN / n), N_SAMPLES=n + CURVE_TEST, TEST_SIZE=CURVE_TEST)


def describe(name, constants):
    """Read a data set once, to say what it is. Returns: sequences in all epochs, or None if it cannot take part."""
    try:
        data = load_data(**arguments_for(load_data, constants))
        if data.task == "forecasting":
            raise InputError("a series to forecast has no classes")
    except InputError as error:
        print(f"Skipped {name}: {' '.join(str(error).split())}")
        return None
    print(train_model.describe(data, name), flush=True)
    longer = 1 + data.train.x.shape[1] / 200 + (4 if data.train.x.ndim == 5 else 0)
    return constants["EPOCHS"] * len(data.train) * longer


def trial(name, model, seed, constants, work):
    """Return (identity, constants, cost): a guess how long it takes, in no unit, only the share done counts."""
    architecture = {"attention": {"ATTENTION": True}, "MiniRocket": {}}.get(model, {"ARCHITECTURE": model})
    cost = work * {"cnn": 1.0, "deep_cnn_lstm": 4.0, "MiniRocket": 0.1}.get(model, 2.0)
    return identity(name, model, seed, constants), constants | architecture | {"SEED": seed}, cost


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
            run_folder.LEDGER = Path(folder) / "ledger.csv"
            run = minirocket if identity[1] == "MiniRocket" else network
            figures = run(constants | {"RUN_DIR": str(Path(folder) / "run")}, threads)
    except InputError as error:
        return identity, {"refused": " ".join(str(error).split())}
    return identity, dict(zip(COLUMNS, map(str, (*identity, *figures))))


def network(constants, threads):
    """Train and evaluate a network. Returns: the figures of a trial, COLUMNS from "accuracy" on."""
    from quiet_tensorflow import keras, tf

    tf.get_logger().setLevel("ERROR")  # a process runs many trials: that each traces anew is no fault
    record, result = train_model.train(constants), evaluate_model.evaluate(constants)
    keras.backend.clear_session()  # the process goes on to the next trial
    counts = record["sequences"]["training"], record["sequences"]["test"]
    scores = f"{result['accuracy']:.4f}", f"{result['majority_baseline']:.4f}"
    return *scores, f"{record['seconds']:.1f}", record["parameters"], *counts


def minirocket(constants, threads):
    """Fit aeon's MiniRocket to the same training part, pixels and frames as channels and time steps. Returns: figures.

    It takes 9 time steps or more: shorter sequences are padded with zeros at the end.
    """
    from aeon.classification.convolution_based import MiniRocketClassifier
    from aeon.transformations.collection.convolution_based import MiniRocket

    data = load_data(**arguments_for(load_data, constants))

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


def collect(done, name, model, constants, column):
    """Return one column of a model's trials on a data set, floats, one per seed that has one."""
    rows = [done.get(identity(name, model, seed, constants), {}) for seed in SEEDS]
    return [float(row[column]) for row in rows if row.get(column)]


def mean_and_sd(values):
    """Return mean and standard deviation (n - 1), NaN where there are too few."""
    return (np.mean(values) if values else np.nan), (np.std(values, ddof=1) if len(values) > 1 else np.nan)


def write_table(done, constants, models):
    """Write accuracy.md and accuracy.png, and print the tables. constants: {data set: its constants}."""
    scores = {m: [mean_and_sd(collect(done, n, m, c, "accuracy")) for n, c in constants.items()] for m in models}
    means, deviations = ({heading(m): [100 * pair[k] for pair in scores[m]] for m in models} for k in (0, 1))
    baselines, accuracy, efforts = {}, [], []
    for i, (name, c) in enumerate(constants.items()):
        n_train, n_test, baselines[name] = (
            np.mean(sum((collect(done, name, m, c, column) for m in models), []))
            for column in ("training", "test", "baseline")
        )
        cells = [percent(*scores[m][i]) for m in models]
        best = max((cell.split()[0] for cell in cells if cell != "–"), key=float)
        cells = [f"**{cell}**" if cell.split()[0] == best else cell for cell in cells]
        accuracy.append([name, f"{n_train:.0f} / {n_test:.0f}", f"{100 * baselines[name]:.1f}", *cells])
        efforts.append([name, *(effort(done, name, m, c) for m in models)])
    accuracy.append(["mean rank", "", "", *mean_ranks(scores, models)])
    headings = [heading(m) for m in models]
    parts = [
        f"Test accuracy in %, mean ± standard deviation over {len(SEEDS)} seeds",
        markdown(["data set", "training / test", "majority class", *headings], accuracy),
        f"Seconds of training, {JOBS or os.cpu_count()} trials at a time, and number of parameters",
        markdown(["data set", *headings], efforts),
        machine(),
    ]
    files.write_atomically(RESULTS / "accuracy.md", "\n\n".join(parts) + "\n")
    hundred = {name: 100 * value for name, value in baselines.items()}
    plots.dot_plot(means, deviations, hundred, "test accuracy in %", RESULTS / "accuracy.png")
    print("\n" + "\n\n".join([*parts, "Wrote benchmarks/accuracy.csv, accuracy.md and accuracy.png"]))


def write_curve(done):
    """Draw learning_curve.png and print its figures."""
    scores = {
        m: [mean_and_sd(collect(done, "motifs", m, curve_constants(n), "accuracy")) for n in CURVE_SIZES]
        for m in CURVE_MODELS
    }
    means, deviations = ({m: [100 * pair[k] for pair in scores[m]] for m in CURVE_MODELS} for k in (0, 1))
    plots.data_curves(CURVE_SIZES, means, deviations, "test accuracy on motifs in %", RESULTS / "learning_curve.png")
    rows = [[f"{n:,}", *(percent(*scores[m][i]) for m in CURVE_MODELS)] for i, n in enumerate(CURVE_SIZES)]
    table = markdown(["training sequences", *CURVE_MODELS], rows)
    with open(RESULTS / "accuracy.md", "a", encoding="utf-8") as file:
        file.write(f"\nTest accuracy on motifs in % against the number of training sequences\n\n{table}\n")
    print(f"\nTest accuracy on motifs in %\n\n{table}\n\nWrote benchmarks/learning_curve.png")


def percent(mean, sd):
    """Write mean and standard deviation of a share in %."""
    if np.isnan(mean):
        return "–"
    return f"{100 * mean:.1f}" + ("" if np.isnan(sd) else f" ± {100 * sd:.1f}")


def effort(done, name, model, constants):
    """Write a model's mean seconds of training and its parameters, where there are any."""
    seconds, parameters = (collect(done, name, model, constants, column) for column in ("seconds", "parameters"))
    if not seconds:
        return "–"
    return f"{np.mean(seconds):.1f} s" + (f", {parameters[0]:,.0f}" if parameters else "")


def heading(model):
    """Return a model's name for the reader."""
    return "cnn_lstm with attention" if model == "attention" else model


def mean_ranks(scores, models):
    """Return each model's rank over the data sets that all models have a score of (1: best), averaged, as strings."""
    from scipy.stats import rankdata

    means = np.array([[pair[0] for pair in scores[m]] for m in models])
    means = means[:, ~np.isnan(means).any(axis=0)]
    return [f"{rank:.1f}" for rank in rankdata(-means, axis=0).mean(axis=1)] if means.size else ["–"] * len(models)


def markdown(header, rows):
    """Return a Markdown table."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [header, ["---"] * len(header), *rows])


def machine():
    """Say what the trials ran on."""
    packages = ["tensorflow", "keras", *(["aeon"] if importlib.util.find_spec("aeon") else [])]
    parts = [f"{os.cpu_count()} cores", f"Python {platform.python_version()}", *(f"{p} {version(p)}" for p in packages)]
    return ", ".join([*parts, date.today().isoformat()])


if __name__ == "__main__":
    run_script(main, __doc__, min(1, len(sys.argv) - 1))  # PATH may be left out
