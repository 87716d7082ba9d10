"""python benchmarks/gpu.py

On a machine with a GPU: train whole runs on it and on the CPU beside it (the same accuracy? what does an epoch take,
here and by stock `fit`? how busy is the GPU?), then time training steps and prediction there against stock Keras,
PyTorch and JAX (where requirements-bench.txt is installed), and mixed precision. Prints two tables, and puts them into
benchmarks/speed.md under a heading of their own.
"""

import io
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from threading import Thread

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import measures
import peers
import speed

from core.constants import read_constants
from core.errors import InputError
from core.files import write_atomically
from core.script import run_script
from reports.formatting import aligned

RUNS = {  # constants of the runs that are trained on the GPU and on the CPU
    "random, as shipped": {},
    "motifs, as shipped": {"DATASET": "motifs"},
    "motifs, deep_cnn_lstm": {"DATASET": "motifs", "ARCHITECTURE": "deep_cnn_lstm", "EPOCHS": 20},
    "moving_digits (video)": {"DATASET": "moving_digits"},
    "a file of 1 GB, 50 × 16, batch 256": {"DATASET": "large.npz", "EPOCHS": 3, "BATCH_SIZE": 256},
}
FILE_BYTES = 1e9  # size of that file
LARGE_BATCH = 1024  # a batch that gives a GPU something to do: one more shape of a training step
TRAINED = ["run", "test accuracy, GPU", "CPU", "an epoch, GPU", "CPU", "stock `fit`, GPU", "the GPU is busy"]


def main():
    """Measure everything, then write the tables."""
    name = gpu()
    trained = list(runs())
    print("\n" + aligned(TRAINED, trained))
    rows = [row | {"goal": None} for row in steps()]
    print("\n" + aligned(speed.HEADER, [speed.cells(row) for row in rows]))
    note = (
        "Time of an epoch: the median after the first epoch. GPU busy: as reported by nvidia-smi, from the end "
        "of the first epoch to the end of the last. "
        f"Ratios as above, median of {measures.REPETITIONS} rounds. {name}; {speed.machine()}."
    )
    tables = [speed.markdown(TRAINED, trained), speed.markdown(speed.HEADER, map(speed.cells, rows)), note]
    path = speed.RESULTS / "speed.md"
    kept = path.read_text(encoding="utf-8").partition(f"\n{speed.GPU}")[0]
    write_atomically(path, "\n\n".join([f"{kept}\n{speed.GPU}", *tables]) + "\n")
    print(f"{note}\nWrote benchmarks/speed.md")


def gpu():
    """Return the name of the GPU. Raises InputError where there is none, or none that TensorFlow can use."""
    with measures.worker() as process:
        if not process.submit(gpus).result():
            raise InputError(
                "TensorFlow sees no GPU on this machine: pip install 'tensorflow[and-cuda]' brings its libraries"
            )
    query = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    return subprocess.run(query, capture_output=True, text=True, check=True).stdout.splitlines()[0]


# Whole runs.


def runs():
    """Train every run of RUNS on both devices, and by stock fit on the GPU. Returns: the cells of a row for each."""
    with tempfile.TemporaryDirectory() as folder:
        shape = measures.FILE_SHAPE
        peers.write_npz(Path(folder) / "large.npz", int(FILE_BYTES / (4 * np.prod(shape))), shape)
        for name, chosen in RUNS.items():
            chosen = chosen | {"RUN_DIR": str(Path(folder) / "run")}
            if chosen.get("DATASET", "").endswith(".npz"):
                chosen["DATASET"] = str(Path(folder) / chosen["DATASET"])
            with measures.worker() as process:
                accuracy, seconds, busy = process.submit(train, chosen).result()
            with measures.worker(gpu=False) as process:
                cpu_accuracy, cpu_seconds, _ = process.submit(train, chosen).result()
            with measures.worker() as process:
                stock = process.submit(stock_fit, chosen).result()
            times = map(speed.duration, (seconds, cpu_seconds, stock))
            yield [name, f"{accuracy:.3f}", f"{cpu_accuracy:.3f}", *times, f"{busy:.0f} %"]
            print(f"{name}: an epoch {seconds:.3g} s, CPU {cpu_seconds:.3g} s, stock fit {stock:.3g} s", flush=True)


def gpus():
    """Return the number of GPUs that TensorFlow sees."""
    from core.quiet_tensorflow import tf

    return len(tf.config.list_physical_devices("GPU"))


def train(chosen):
    """Train and evaluate as the scripts do. Returns: (test accuracy, seconds of an epoch, % that the GPU is busy)."""
    import evaluate_model
    import train_model

    constants, output = read_constants().changed(**chosen), Stamped()
    with usage() as used, redirect_stdout(output):
        train_model.main(constants)
    first, *_, last = output.epochs
    busy = [percent for at, percent in used if first <= at <= last]
    with redirect_stdout(io.StringIO()):
        accuracy = evaluate_model.main(constants)["accuracy"]
    return accuracy, float(np.median(np.diff(output.epochs))), float(np.mean(busy)) if busy else float("nan")


class Stamped(io.StringIO):
    """Standard output that keeps the time at which each epoch's line came."""

    def __init__(self):
        super().__init__()
        self.epochs = []

    def write(self, text):
        """Note the time of a line about an epoch."""
        if text.startswith("Epoch "):
            self.epochs.append(time.perf_counter())
        return len(text)


@contextmanager
def usage():
    """Read how busy the GPU is, five times a second. Yields: a list that grows, (time, percent)."""
    query = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-lms", "200"]
    found = []

    def read(lines):
        found.extend((time.perf_counter(), float(line)) for line in lines if line.strip().isdigit())

    with subprocess.Popen(query, stdout=subprocess.PIPE, text=True) as process:
        reader = Thread(target=read, args=(process.stdout,))
        reader.start()
        try:
            yield found
        finally:
            process.terminate()
            reader.join()


def stock_fit(chosen):
    """Train the same network on the same arrays by Keras' own fit. Returns: seconds of an epoch, as in `train`."""
    from cnn_lstm_model import build_model
    from core.quiet_tensorflow import keras
    from data_preprocessing import load_data
    from training.build import build
    from training.fit import compile_model

    constants = read_constants().changed(**chosen)
    with redirect_stdout(io.StringIO()):
        data = load_data(**constants)
        model = build(data, build_model, constants)
        compile_model(model, data, constants)
    x = data.train.take(np.arange(len(data.train)))
    y = data.task.loss_targets(data.train, data, constants)
    ends = []
    stamp = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter()))
    model.fit(x, y, constants.BATCH_SIZE, constants.EPOCHS, verbose=0, callbacks=[stamp])
    return float(np.median(np.diff(ends)))


# Steps.


def steps():
    """Time training steps and prediction on the GPU. Yields: rows as those of measures.py."""
    measures.SHAPES = [*measures.SHAPES, (LARGE_BATCH, 50, 1)]
    with ExitStack() as stack:
        workers = {name: stack.enter_context(measures.worker()) for name in [*measures.libraries(), "mixed"]}
        workers["mixed"].submit(peers.mixed_precision).result()
        mixed = workers.pop("mixed")
        for measure in (measures.training_steps, measures.predictions):
            yield from said(measure(workers))
        yield from said(mixed_steps(workers["project"], mixed))


def mixed_steps(full, mixed):
    """Time training steps in mixed precision against the same in 32 bits, each in its own worker."""
    for what, call, shape in (
        (f"batch {LARGE_BATCH}, 50 time steps", peers.epoch, (LARGE_BATCH, 50, 1)),
        ("deep_cnn_lstm, batch {}, {} time steps".format(*measures.DEEP_SHAPE), peers.deep_epoch, measures.DEEP_SHAPE),
    ):
        arguments = ("project", measures.STEPS * shape[0], *shape)
        pools = {"mixed": mixed, "full": full}
        times = measures.alternate(**{k: measures.in_worker(pool, call, *arguments) for k, pool in pools.items()})
        yield measures.row(f"mixed precision: training step, {what}", "32 bits", *times.values(), measures.STEPS)


def said(rows):
    """Print each row's ratio as it comes."""
    for row in rows:
        print(f"{row['measured']}, against {row['against']}: {np.median(row['ratios']):.2f}", flush=True)
        yield row


if __name__ == "__main__":
    run_script(main, __doc__)
