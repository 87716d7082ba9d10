"""What benchmarks/speed.py measures of whole runs: scripts, importance, searches, memory. Rows as in measures.py."""

import contextlib
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from measures import QUICK, WARM_UP, alternate, in_worker, row, worker
from peers import REFERENCE, peak_memory, random_sequences

from core.files import PROJECT

ARCHIVE = (50, 150, 150)  # training and test sequences, and time steps, of GunPoint: importance and prediction
SEARCHED = (100, 100, 96)  # those of ECG200, for searches
SEARCHES = 3  # rounds of searches, which take minutes
TRIALS, EPOCHS = 12, 100  # of a search
TEXTS, WORDS = 300_000, 12  # texts of a table, and words of a text
VOCABULARY = 20_000

if QUICK:
    SEARCHES, TRIALS, EPOCHS, TEXTS = 1, 2, 1, 2_000


@contextlib.contextmanager
def copied_project():
    """Copy the project into a temporary folder, whose path it gives: its runs are then those of a new user."""
    with tempfile.TemporaryDirectory() as folder:
        for script in PROJECT.glob("*.py"):
            shutil.copy(script, folder)
        for room in PROJECT.glob("*/__init__.py"):
            shutil.copytree(room.parent, Path(folder) / room.parent.name)
        yield Path(folder)


def seconds_of(folder, *command):
    """Run Python with a command in a folder. Returns: the seconds that it took."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *map(str, command)], cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - began


def processes(workers):
    """Time whole processes: training and evaluation by default, and what they are held to."""
    with copied_project() as folder:
        (folder / "reference.py").write_text(REFERENCE)
        run = functools.partial(seconds_of, folder)

        def train():
            """Return the seconds of the whole process, those to the line of the first epoch noted beside."""
            began = time.perf_counter()
            with subprocess.Popen([sys.executable, "train_model.py"], cwd=folder, stdout=subprocess.PIPE) as process:
                for line in process.stdout:
                    if line.startswith(b"Epoch 1/"):
                        first.append(time.perf_counter() - began)
            subprocess.CompletedProcess(process.args, process.returncode).check_returncode()
            return time.perf_counter() - began

        first = []
        times = alternate(
            train=train,
            reference=lambda: run("reference.py"),
            evaluate=lambda: run("evaluate_model.py"),
            tensorflow=lambda: run("-c", "import tensorflow"),
            own=lambda: run("-c", "import core.quiet_tensorflow"),
        ) | {"first": first[WARM_UP:]}
    line = "train_model.py, to the line of the first epoch"
    return [
        row("train_model.py, whole process", "reference snippet", times["train"], times["reference"]),
        row("evaluate_model.py, whole process", "import tensorflow", times["evaluate"], times["tensorflow"]),
        row(line, "import tensorflow", times["first"], times["tensorflow"]),
        row(line, "the import of TensorFlow and Keras in it", times["first"], times["own"]),
    ]


def importance(workers):
    """Time permutation importance of the preset, and predicting the test set whose sequences it shuffles."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_archive(Path(folder) / "archive.npz", *ARCHIVE)
        pool, run = workers["project"], str(Path(folder) / "run")
        times = alternate(**{k: in_worker(pool, look, k, str(path), run) for k in ("importance", "prediction")})
    what = f"importance of deep_cnn_lstm, {ARCHIVE[1]} test sequences"
    yield row(what, "their prediction", times["importance"], times["prediction"])


def look(what, path, run_dir):
    """Find the importance of a run, or predict its test set. Returns: seconds."""
    from evaluation.importance import permutation_importance
    from training.prediction import predict

    run, model = trained_preset(path, run_dir)

    def answer(split):
        return run.task.decode(predict(model, split))

    answers, began = answer(run.data.test), time.perf_counter()
    if what == "importance":
        permutation_importance(answer, answers, run.task, run.data, run.record.constants)
    else:
        answer(run.data.test)
    return time.perf_counter() - began


@functools.cache
def trained_preset(path, run_dir):
    """Train the preset for an epoch. Returns: (SavedRun, its network)."""
    from data_preprocessing import load_data
    from train_model import train

    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        run = train(load_data(DATASET=path), ARCHITECTURE="deep_cnn_lstm", EPOCHS=1, RUN_DIR=run_dir)
    return run, run.load_model()


def searches(workers):
    """Time a whole search in two processes and in one."""
    times = {2: [], 1: []}
    with copied_project() as folder:
        path = write_archive(folder / "archive.npz", *SEARCHED)
        given = (f"DATASET={path}", f"N_TRIALS={TRIALS}", f"EPOCHS={EPOCHS}")
        for _ in range(SEARCHES):
            for jobs, own in times.items():
                own.append(seconds_of(folder, "tune_model.py", *given, f"N_JOBS={jobs}"))
                shutil.rmtree(folder / "runs")
    yield row(f"search of {TRIALS} trials, 2 processes ({SEARCHES} rounds)", "1 process", times[2], times[1])


def memory(workers):
    """Measure the peak memory of reading a table of texts beyond a small one's, and of evaluating video clips."""
    with tempfile.TemporaryDirectory() as folder:
        peaks = []
        for count in (1_000, TEXTS):
            path = write_texts(Path(folder) / f"{count}.csv", count)
            peaks.append(in_new_process(read_peak, str(path)))
        size = path.stat().st_size / 1e9
        what = f"peak memory beyond a small table's, a table of {TEXTS:,} texts"
        yield row(what, "size of the file", [(peaks[1] - peaks[0]) / 1e9], [size], unit="GB")
        clips = {"DATASET": "moving_digits", "EPOCHS": 1, "RUN_DIR": str(Path(folder) / "run")}
        in_new_process(script_peak, "train_model", clips)
        peaks = [in_new_process(script_peak, *own) for own in (("evaluate_model", clips), ("core.quiet_tensorflow",))]
        what = "peak memory, evaluation of video clips"
        yield row(what, "importing TensorFlow alone", [peaks[0] / 1e9], [peaks[1] / 1e9], unit="GB")


def in_new_process(function, *arguments):
    """Call a function in a process of its own, whose peak memory is that of this call alone."""
    with worker() as fresh:
        return fresh.submit(function, *arguments).result()


def read_peak(path):
    """Read a table of texts. Returns: the most bytes that this process has had in memory."""
    from data_preprocessing import load_data

    load_data(DATASET=path, TEXT="text", LABEL="label")
    return peak_memory()


def script_peak(module, assigned=None):
    """Import a module and run its main, if it has constants to run with. Returns: as read_peak."""
    import importlib

    imported = importlib.import_module(module)
    if assigned is not None:
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            imported.main(assigned)
    return peak_memory()


def write_archive(path, training, test, time_steps):
    """Write so many random training and test sequences of one feature. Returns: the path."""
    x, y = random_sequences(training + test, time_steps, 1, 0)
    parts = {"X_train": x[:training], "y_train": y[:training], "X_test": x[training:], "y_test": y[training:]}
    np.savez(path, **parts)
    return path


def write_texts(path, count):
    """Write a table of texts whose words are as frequent as those of a language, and two classes. Returns: the path."""
    rng, letters = np.random.default_rng(0), np.array([*"abcdefghijklmnopqrstuvwxyz"])
    words = np.array(["".join(rng.choice(letters, rng.integers(2, 11))) for _ in range(VOCABULARY)])
    frequency = 1 / np.arange(1, VOCABULARY + 1)
    drawn = words[rng.choice(VOCABULARY, (count, WORDS), p=frequency / frequency.sum())]
    labels = rng.choice(["no", "yes"], count)
    path.write_text("text,label\n" + "".join(f"{' '.join(text)},{label}\n" for text, label in zip(drawn, labels)))
    return path
