"""python benchmarks/speed.py

Measure the project against stock Keras, PyTorch (where requirements-bench.txt is installed) and itself at other sizes.
Prints a table, and writes it as benchmarks/speed.md and its ratios as the picture benchmarks/speed.png.

Only ratios count: the variants of a row take turns in one run, each in a process of its own with the settings that it
has by itself. Run it on an idle machine. The large file lies in the system's temporary folder (TMPDIR names another).
"""

import functools
import importlib.util
import io
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, redirect_stdout
from datetime import date
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import plots
import train_model
from checks import PROJECT, RULES, run_script
from data_preprocessing import Part
from files import write_atomically
from generated_sequences import random_sequences
from run_folder import aligned

REPETITIONS = 5  # rounds that count; the median is shown
WARM_UP = 1  # rounds before them that do not count
SHAPES = [(32, 50, 1), (256, 50, 1), (32, 1000, 1), (32, 50, 16)]  # of a training step: batch, time steps, features
STEPS = 100  # training steps in a timed epoch
PREDICTED = 20_000  # sequences of 50 time steps predicted at once
GROWTH_N = [1_000, 10_000, 100_000]  # training sequences of 50 time steps, to see how the time grows
GROWTH_T = [50, 500, 5_000]  # time steps of GROWTH_T_SEQUENCES sequences
GROWTH_T_SEQUENCES = 320
FILE_BYTES = 4e9  # size of the file that is trained from disk
FILE_SHAPE = (50, 16)  # time steps and features of its sequences
FILE_BATCH = 256  # sequences per step of that training
IN_MEMORY = 20_000  # sequences in memory that it is compared with
QUICK = False  # True: one round of tiny sizes that only shows whether everything runs

if QUICK:
    REPETITIONS, WARM_UP, SHAPES, STEPS, PREDICTED = 1, 0, [(32, 50, 1)], 1, 64
    GROWTH_N, GROWTH_T, GROWTH_T_SEQUENCES, FILE_BYTES, IN_MEMORY = [32, 64], [50, 60], 32, 1e5, 64

RESULTS = PROJECT / "benchmarks"
HEADER = ["measured", "against", "its time", "the other's", "ratio", "lowest", "highest", "goal"]
GOALS = {  # the ratio not to be exceeded, by what is measured and against what
    ("train_model.py, whole process", "reference snippet"): 0.85,
    ("evaluate_model.py, whole process", "import tensorflow"): 1.5,
    ("training step, batch 32, 50 time steps", "stock Keras"): 0.5,
    ("training step, batch 256, 50 time steps", "stock Keras"): 1.0,
    ("training step, batch 32, 1000 time steps", "stock Keras"): 0.67,
    ("training step, batch 32, 50 time steps", "PyTorch"): 1.0,
    ("training step, batch 32, 1000 time steps", "PyTorch"): 1.0,
    ("training per sequence, 100,000 sequences", "10,000 sequences"): 1.1,
    ("peak memory, one epoch from disk", "size of the file"): 0.3,
}

# What a user of stock Keras would write for the default run.
REFERENCE = """
import keras, numpy as np
from sklearn.model_selection import train_test_split
rng = np.random.default_rng(42)
x, y = rng.random((1000, 50, 1), dtype=np.float32), rng.integers(0, 2, 1000)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=42)
layers = keras.layers
convolution, pooling = layers.Conv1D(32, 3, activation="relu"), layers.MaxPooling1D(2)
model = keras.Sequential([convolution, pooling, layers.LSTM(50), layers.Dense(1, activation="sigmoid")])
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=10, batch_size=32)
print(f"Test Accuracy: {model.evaluate(x_test, y_test)[1]:.2f}")
"""


def main():
    """Measure everything, then write the table and the picture."""
    rows = []
    with ExitStack() as stack:
        variants = ["project", "keras", *(["torch"] if importlib.util.find_spec("torch") else [])]
        workers = {variant: stack.enter_context(worker()) for variant in variants}
        for measure in (processes, training_steps, predictions, growth, large_file):
            for row in measure(workers):
                rows.append(row)
                print(f"{row['measured']}, against {row['against']}: {np.median(row['ratios']):.2f}", flush=True)
    print("\n" + aligned(HEADER, [cells(row) for row in rows]))
    table = [HEADER, ["---"] * len(HEADER), *map(cells, rows)]
    lines = [f"| {' | '.join(row)} |" for row in table]
    note = (
        f"Ratio: its time (or memory) divided by the other's, so below 1 is faster. Median, lowest and highest of "
        f"{REPETITIONS} rounds in which the variants took turns, after {WARM_UP} that does not count. {machine()}."
    )
    write_atomically(RESULTS / "speed.md", "\n".join([*lines, "", note]) + "\n")
    names = [f"{row['measured']}\nagainst {row['against']}" for row in rows]
    ratios, goals = [float(np.median(row["ratios"])) for row in rows], [row["goal"] for row in rows]
    plots.bars(names, ratios, goals, "time divided by the other's: below 1 is faster", RESULTS / "speed.png")
    print(f"{note}\nWrote benchmarks/speed.md and benchmarks/speed.png")


# The measurements: each gives rows of the table. workers: {variant: process pool of one}.


def processes(workers):
    """Time whole processes in a copy of the project: training and evaluation by default, and what they are held to."""
    with tempfile.TemporaryDirectory() as folder:
        for script in PROJECT.glob("*.py"):
            shutil.copy(script, folder)
        (Path(folder) / "reference.py").write_text(REFERENCE)

        def run(*command):
            began = time.perf_counter()
            subprocess.run([sys.executable, *command], cwd=folder, check=True, capture_output=True)
            return time.perf_counter() - began

        times = alternate(
            train=lambda: run("train_model.py"),
            reference=lambda: run("reference.py"),
            evaluate=lambda: run("evaluate_model.py"),
            tensorflow=lambda: run("-c", "import tensorflow"),
        )
    return [
        row("train_model.py, whole process", "reference snippet", times["train"], times["reference"]),
        row("evaluate_model.py, whole process", "import tensorflow", times["evaluate"], times["tensorflow"]),
    ]


def training_steps(workers):
    """Time a training step of each shape against stock Keras and PyTorch; no epoch that traces or compiles counts."""
    names = {"keras": "stock Keras", "torch": "PyTorch"}
    for batch_size, time_steps, features in SHAPES:
        shape = (STEPS * batch_size, batch_size, time_steps, features)
        times = alternate(**{name: in_worker(pool, epoch, name, *shape) for name, pool in workers.items()})
        what = f"training step, batch {batch_size}, {time_steps} time steps"
        what += f", {features} features" if features > 1 else ""
        for name in list(times)[1:]:
            yield row(what, names[name], times["project"], times[name], STEPS)


def predictions(workers):
    """Time the prediction of many sequences: as evaluate_model.py does it, and as stock Keras does."""
    times = alternate(
        project=in_worker(workers["project"], predict, "project", None),
        default=in_worker(workers["keras"], predict, "keras", 32),
        large=in_worker(workers["keras"], predict, "keras", 1024),
    )
    what = "prediction per sequence"
    return [
        row(what, "stock predict, batch 32 (its default)", times["project"], times["default"], PREDICTED),
        row(what, "stock predict, batch 1024", times["project"], times["large"], PREDICTED),
    ]


def growth(workers):
    """Time training per sequence as the sequences become more, and per time step as they become longer."""
    project, n = workers["project"], GROWTH_T_SEQUENCES
    by_n = alternate(**{str(size): in_worker(project, epoch, "project", size, 32, 50, 1) for size in GROWTH_N})
    by_t = alternate(**{str(steps): in_worker(project, epoch, "project", n, 32, steps, 1) for steps in GROWTH_T})
    for unit, times, sizes in (("sequence", by_n, GROWTH_N), ("time step", by_t, GROWTH_T)):
        per_unit = [np.divide(seconds, size) for seconds, size in zip(times.values(), sizes)]
        for k in range(1, len(sizes)):
            what, other = f"training per {unit}, {sizes[k]:,} {unit}s", f"{sizes[k - 1]:,} {unit}s"
            yield row(what, other, per_unit[k], per_unit[k - 1], 1 if unit == "sequence" else n)


def large_file(workers):
    """Train one epoch from a file of FILE_BYTES: peak memory of the process, and time per sequence. One run."""
    with tempfile.TemporaryDirectory() as folder:
        if shutil.disk_usage(folder).free < 1.1 * FILE_BYTES:
            print(f"Skipped training from disk: {folder} has no room for {FILE_BYTES / 1e9:.0f} GB; TMPDIR moves it")
            return []
        path = Path(folder) / "large.npz"
        n = int(FILE_BYTES / (4 * np.prod(FILE_SHAPE)))
        write_npz(path, n)
        with worker() as fresh:  # its peak is that of this training alone
            seconds, peak = fresh.submit(train_from, str(path), str(Path(folder) / "run")).result()
    in_memory = in_worker(workers["project"], epoch, "project", IN_MEMORY, FILE_BATCH, *FILE_SHAPE)
    memory = alternate(memory=in_memory)["memory"]
    file = f"training per sequence, from a file of {FILE_BYTES / 1e9:.0f} GB, batch {FILE_BATCH}"
    return [
        row("peak memory, one epoch from disk", "size of the file", [peak / 1e9], [FILE_BYTES / 1e9], unit="GB"),
        row(file, "from memory", [seconds], [np.median(memory) / IN_MEMORY]),
    ]


def write_npz(path, n):
    """Write n random sequences and labels as an uncompressed .npz, block by block."""
    rng, block = np.random.default_rng(0), 10_000
    with zipfile.ZipFile(path, "w") as archive:
        with archive.open("X.npy", "w", force_zip64=True) as file:
            header = {"descr": "<f4", "fortran_order": False, "shape": (n, *FILE_SHAPE)}
            np.lib.format.write_array_header_1_0(file, header)
            for start in range(0, n, block):
                file.write(rng.random((min(block, n - start), *FILE_SHAPE), dtype=np.float32).tobytes())
        with archive.open("y.npy", "w", force_zip64=True) as file:
            np.lib.format.write_array(file, rng.integers(0, 2, n, dtype=np.int8))


# Taking turns.


def alternate(**measures):
    """Call each function in turn, REPETITIONS rounds after the warm-up. Returns: name to list of values."""
    values = {name: [] for name in measures}
    for _ in range(WARM_UP + REPETITIONS):
        for name, measure in measures.items():
            values[name].append(measure())
    return {name: measured[WARM_UP:] for name, measured in values.items()}


def worker():
    """Start a process of its own for one variant: the others' threads and settings are not in its way."""
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_quiet)


def _quiet():
    """TensorFlow's start-up lines would tear the table apart; errors come back to the parent all the same."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def in_worker(pool, function, *arguments):
    """Return a function that calls `function(*arguments)` in a worker and waits for its value."""
    return lambda: pool.submit(function, *arguments).result()


# What runs in the workers.


def epoch(variant, *shape):
    """Train one epoch more. Returns: its seconds."""
    return epoch_timer(variant, *shape)()


@functools.cache
def epoch_timer(variant, n, batch_size, time_steps, features):
    """Make network and data. Returns: a function that trains an epoch and returns its seconds."""
    timers = {"project": project_epochs, "keras": keras_epochs, "torch": torch_epochs}
    return timers[variant](*random_sequences(n, time_steps, features, 0), batch_size)


def project_epochs(x, y, batch_size):
    """Train as train_model.fit does."""
    from batches import Blocks
    from fast_lstm import train_epochs

    model = project_model(x.shape[1:])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    training = Blocks(Part(x, y, np.arange(len(x))), batch_size, 0)
    epochs = train_epochs(model, training, batch_size, sys.maxsize)

    def one():
        began = time.perf_counter()
        next(epochs)
        return time.perf_counter() - began

    return one


def project_model(input_shape):
    """Build the project's network for two classes as shipped. input_shape: (time, features)."""
    from cnn_lstm_model import build_model

    return build_model(input_shape, 2)


def keras_model(input_shape):
    """Build the network of the reference snippet."""
    import keras

    layers = keras.layers
    convolution, pooling = layers.Conv1D(32, 3, activation="relu"), layers.MaxPooling1D(2)
    inputs, output = keras.Input(input_shape), layers.Dense(1, activation="sigmoid")
    return keras.Sequential([inputs, convolution, pooling, layers.LSTM(50), output])


def keras_epochs(x, y, batch_size):
    """Train by compile and fit on arrays; of two epochs the second one is timed, without what fit does before."""
    import keras

    model, clock = keras_model(x.shape[1:]), {}
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    timing = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: clock.update(began=time.perf_counter()),
        on_epoch_end=lambda epoch, logs: clock.update(ended=time.perf_counter()),
    )

    def one():
        model.fit(x, y, batch_size, epochs=2, verbose=0, callbacks=[timing])
        return clock["ended"] - clock["began"]

    return one


def torch_epochs(x, y, batch_size):
    """Train the same network in PyTorch by a plain loop: loss only, no metrics."""
    import torch
    from torch import nn

    x, y = torch.from_numpy(x.transpose(0, 2, 1).copy()), torch.from_numpy(y.astype(np.float32))
    convolution = nn.Sequential(nn.Conv1d(x.shape[1], 32, 3), nn.ReLU(), nn.MaxPool1d(2))
    lstm, dense, loss = nn.LSTM(32, 50, batch_first=True), nn.Linear(50, 1), nn.BCEWithLogitsLoss()
    adam = torch.optim.Adam(nn.ModuleList([convolution, lstm, dense]).parameters(), lr=0.001)

    def one():
        began = time.perf_counter()
        for rows in torch.randperm(len(x)).split(batch_size):
            adam.zero_grad()
            states, _ = lstm(convolution(x[rows]).transpose(1, 2))
            loss(dense(states[:, -1])[:, 0], y[rows]).backward()
            adam.step()
        return time.perf_counter() - began

    return one


def predict(variant, batch_size):
    """Predict PREDICTED sequences. Returns: seconds."""
    model, x = predictor(variant)
    began = time.perf_counter()
    if variant == "project":
        import evaluate_model

        evaluate_model.predict(model, Part(x, None, np.arange(len(x))))
    else:
        model.predict(x, batch_size, verbose=0)
    return time.perf_counter() - began


@functools.cache
def predictor(variant):
    """Make a variant's network and PREDICTED sequences. Returns: (model, x (PREDICTED, 50, 1) float32)."""
    make = {"project": project_model, "keras": keras_model}[variant]
    return make((50, 1)), random_sequences(PREDICTED, 50, 1, 0)[0]


def train_from(path, run_dir):
    """Train one epoch from a file by train_model.train. Returns: (seconds per sequence, peak bytes of this process)."""
    shipped = {name: rule[0] for name, rule in RULES.items()}
    chosen = {"DATASET": path, "EPOCHS": 1, "BATCH_SIZE": FILE_BATCH, "RUN_DIR": run_dir}
    with redirect_stdout(io.StringIO()):
        record = train_model.train(shipped | chosen)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return record["seconds"] / record["sequences"]["training"], peak


# The table.


def row(measured, against, ours, theirs, per=1, unit=None):
    """Compare values of the same rounds, each divided by `per`: the ratio is formed within each round."""
    return {
        "measured": measured,
        "against": against,
        "medians": (float(np.median(ours)) / per, float(np.median(theirs)) / per),
        "ratios": np.divide(ours, theirs),
        "unit": unit,
        "goal": GOALS.get((measured, against)),
    }


def cells(row):
    """Return the cells of a row of the table, strings."""
    ratios = [np.median(row["ratios"]), row["ratios"].min(), row["ratios"].max()]
    values = [f"{v:.2f} {row['unit']}" if row["unit"] else duration(v) for v in row["medians"]]
    goal = "" if row["goal"] is None else f"≤ {row['goal']:.2f}"
    return [row["measured"], row["against"], *values, *(f"{r:.2f}" for r in ratios), goal]


def duration(seconds):
    """Write seconds with a unit that suits them."""
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def machine():
    """Say on what was measured."""
    cpu = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
        cpu = names[0].split(":")[1].strip() if names else cpu
    packages = {"TensorFlow": "tensorflow", "Keras": "keras", "PyTorch": "torch"}
    installed = [f"{name} {version(p)}" for name, p in packages.items() if importlib.util.find_spec(p)]
    parts = [f"{cpu}, {os.cpu_count()} cores", f"Python {platform.python_version()}", *installed]
    return ", ".join([*parts, date.today().isoformat()])


if __name__ == "__main__":
    run_script(main, __doc__)
