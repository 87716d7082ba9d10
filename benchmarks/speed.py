"""python benchmarks/speed.py

Measure the project against stock Keras, PyTorch (where requirements-bench.txt is installed) and itself at other sizes.
Prints a table, and writes it as benchmarks/speed.md and its ratios as the picture benchmarks/speed.png.

Only ratios count: the variants of a row take turns in one run, each in a process of its own with the settings that it
has by itself. Run it on an idle machine. The large file lies in the system's temporary folder (TMPDIR names another).
"""

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from datetime import date
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import pictures
from peers import REFERENCE, epoch, predict, task_epoch, train_from, write_npz

from project.files import PROJECT, write_atomically
from project.script import run_script
from reports.tables import aligned

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
    ("training step, texts, batch 32", "stock Keras"): 0.6,
    ("training step, transcription, batch 32", "stock Keras"): 0.6,
    ("training per sequence, 100,000 sequences", "10,000 sequences"): 1.1,
    ("peak memory, one epoch from disk", "size of the file"): 0.3,
}


def main():
    """Measure everything, then write the table and the picture."""
    rows = []
    with ExitStack() as stack:
        variants = ["project", "keras", *(["torch"] if importlib.util.find_spec("torch") else [])]
        workers = {variant: stack.enter_context(worker()) for variant in variants[: 1 if QUICK else None]}
        workers |= {variant: workers[variants[0]] for variant in variants if variant not in workers}  # QUICK
        for measure in (processes, training_steps, other_tasks, predictions, growth, large_file):
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
    picture = pictures.bars(names, ratios, goals, "time divided by the other's: below 1 is faster")
    write_atomically(RESULTS / "speed.png", picture)
    print(f"{note}\nWrote benchmarks/speed.md and benchmarks/speed.png")


# The measurements: each gives rows of the table. workers: {variant: process pool of one}.


def processes(workers):
    """Time whole processes in a copy of the project: training and evaluation by default, and what they are held to."""
    with tempfile.TemporaryDirectory() as folder:
        for script in PROJECT.glob("*.py"):
            shutil.copy(script, folder)
        for room in PROJECT.glob("*/__init__.py"):
            shutil.copytree(room.parent, Path(folder) / room.parent.name)
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


def other_tasks(workers):
    """Time a training step on texts and on recordings to be transcribed, batch 32, against stock Keras."""
    for kind in ("texts", "transcription"):
        pools = {name: workers[name] for name in ("project", "keras")}
        times = alternate(**{k: in_worker(pool, task_epoch, k, kind, STEPS * 32, 32) for k, pool in pools.items()})
        yield row(f"training step, {kind}, batch 32", "stock Keras", times["project"], times["keras"], STEPS)


def predictions(workers):
    """Time the prediction of many sequences: as evaluate_model.py does it, and as stock Keras does."""
    times = alternate(
        project=in_worker(workers["project"], predict, "project", None, PREDICTED),
        default=in_worker(workers["keras"], predict, "keras", 32, PREDICTED),
        large=in_worker(workers["keras"], predict, "keras", 1024, PREDICTED),
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
        write_npz(path, n, FILE_SHAPE)
        with worker() as fresh:  # its peak is that of this training alone
            seconds, peak = fresh.submit(train_from, str(path), FILE_BATCH, str(Path(folder) / "run")).result()
    in_memory = in_worker(workers["project"], epoch, "project", IN_MEMORY, FILE_BATCH, *FILE_SHAPE)
    memory = alternate(memory=in_memory)["memory"]
    file = f"training per sequence, from a file of {FILE_BYTES / 1e9:.0f} GB, batch {FILE_BATCH}"
    return [
        row("peak memory, one epoch from disk", "size of the file", [peak / 1e9], [FILE_BYTES / 1e9], unit="GB"),
        row(file, "from memory", [seconds], [np.median(memory) / IN_MEMORY]),
    ]


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
