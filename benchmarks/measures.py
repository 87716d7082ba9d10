"""What benchmarks/speed.py measures: each function gives rows of its table. workers: {library: process pool of one}."""

import importlib.util
import os
import shutil
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import reading
from peers import PEERS, deep_epoch, epoch, predict, task_epoch, train_from, write_npz

REPETITIONS = 7  # rounds that count; the median is shown
WARM_UP = 1  # rounds before them that do not count
SHAPES = [(32, 50, 1), (256, 50, 1), (32, 1000, 1), (32, 50, 16)]  # of a training step: batch, time steps, features
DEEP_SHAPE = (16, 427, 1)  # of a training step of the deep network
STEPS = 100  # training steps in a timed epoch
PREDICTED = [200, 20_000, 100_000]  # sequences of 50 time steps predicted at once
GROWTH_N = [1_000, 10_000, 100_000]  # training sequences of 50 time steps, to see how the time grows
GROWTH_T = [50, 500, 5_000]  # time steps of GROWTH_T_SEQUENCES sequences
GROWTH_T_SEQUENCES = 320
FILE_BYTES = 4e9  # size of the file that is trained from disk
FILE_SHAPE = (50, 16)  # time steps and features of its sequences
FILE_BATCH = 256  # sequences per step of that training
IN_MEMORY = 20_000  # sequences in memory that it is compared with
READ = 1.0  # share of what is written to be read
QUICK = False  # True: one round of tiny sizes that only shows whether everything runs

if QUICK:
    REPETITIONS, WARM_UP, SHAPES, STEPS, PREDICTED = 1, 0, [(32, 50, 1)], 1, [64]
    GROWTH_N, GROWTH_T, GROWTH_T_SEQUENCES, FILE_BYTES, IN_MEMORY = [32, 64], [50, 60], 32, 1e5, 64
    DEEP_SHAPE, READ = (16, 50, 1), 0.01


def training_steps(workers):
    """Time a training step of each shape against each peer; no epoch that traces or compiles counts."""
    peers = {"project": "project"} | {name: library for library in workers for name in PEERS.get(library, ())}
    for batch_size, time_steps, features in SHAPES:
        shape = (STEPS * batch_size, batch_size, time_steps, features)
        times = alternate(**{name: in_worker(workers[of], epoch, name, *shape) for name, of in peers.items()})
        what = f"training step, batch {batch_size}, {time_steps} time steps"
        what += f", {features} features" if features > 1 else ""
        for name in list(times)[1:]:
            yield row(what, name, times["project"], times[name], STEPS)
    batch_size, *shape = DEEP_SHAPE
    shape = (STEPS * batch_size, batch_size, *shape)
    times = alternate(**{k: in_worker(workers[k], deep_epoch, k, *shape) for k in ("project", "keras")})
    what = f"training step of deep_cnn_lstm, batch {batch_size}, {DEEP_SHAPE[1]} time steps"
    yield row(what, "stock Keras", times["project"], times["keras"], STEPS)


def other_tasks(workers):
    """Time a training step on texts and on recordings to be transcribed, batch 32, against stock Keras."""
    for kind in ("texts", "transcription"):
        pools = {name: workers[name] for name in ("project", "keras")}
        times = alternate(**{k: in_worker(pool, task_epoch, k, kind, STEPS * 32, 32) for k, pool in pools.items()})
        yield row(f"training step, {kind}, batch 32", "stock Keras", times["project"], times["keras"], STEPS)


def predictions(workers):
    """Time the prediction of many sequences: as evaluate_model.py does it, and as stock Keras does."""
    for n in PREDICTED:
        times = alternate(
            project=in_worker(workers["project"], predict, "project", None, n),
            default=in_worker(workers["keras"], predict, "keras", 32, n),
            large=in_worker(workers["keras"], predict, "keras", 1024, n),
        )
        what = f"prediction of {n:,} sequences, each"
        yield row(what, "stock predict, batch 32 (its default)", times["project"], times["default"], n)
        yield row(what, "stock predict, batch 1024", times["project"], times["large"], n)


def readers(workers):
    """Time the reading of tables, archives, recordings and clips, beside the libraries that people use for each."""
    with tempfile.TemporaryDirectory() as folder:
        for kind, (count, write, *_) in reading.KINDS.items():
            if peers := reading.peers(kind):
                count = max(2, int(count * READ))
                path = write(Path(folder), count)
                pools = {"project": workers["project"]} | dict.fromkeys(peers, workers["keras"])
                times = alternate(**{k: in_worker(pool, reading.read, k, kind, path) for k, pool in pools.items()})
                for peer in peers:
                    yield row(f"reading {kind.format(count)}", peer, times["project"], times[peer])


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


def libraries():
    """Return the names of the processes that variants of a step run in: PyTorch and JAX where they are installed."""
    return ["project", "keras", *(name for name in ("torch", "jax") if importlib.util.find_spec(name))]


def worker(gpu=True):
    """Start a process of its own for one variant: the others' threads and settings are not in its way.

    gpu: whether it sees the GPU, where there is one.
    """
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_started, initargs=(gpu,))


def _started(gpu):
    """TensorFlow's start-up lines would tear the table apart; errors come back to the parent all the same."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    if not gpu:
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"  # the processes share the GPU, if there is one
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"  # JAX likewise
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def in_worker(pool, function, *arguments):
    """Return a function that calls `function(*arguments)` in a worker and waits for its value."""
    return lambda: pool.submit(function, *arguments).result()


def row(measured, against, ours, theirs, per=1, unit=None):
    """Compare values of the same rounds, each divided by `per`: the ratio is formed within each round."""
    return {
        "measured": measured,
        "against": against,
        "medians": (float(np.median(ours)) / per, float(np.median(theirs)) / per),
        "ratios": np.divide(ours, theirs),
        "unit": unit,
    }
