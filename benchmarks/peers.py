"""What benchmarks/speed.py times: the project and its peers, each function called in a process of its own."""

import functools
import io
import resource
import sys
import time
import zipfile
from contextlib import redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from other_libraries import jax_epochs, torch_epochs

from cnn_lstm_model import build_model
from core.constants import read_constants
from sequences.toy_datasets import random_sequences
from sequences.types import Data, Sequences, Split
from tasks.classification.task import Classification
from tasks.transcription.ctc import ctc_loss
from tasks.transcription.task import Transcription

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

PEERS = {  # of a training step, by the library that a process needs
    "keras": ["stock Keras", "Keras, 25 steps a call"],
    "torch": ["PyTorch", "PyTorch, compiled"],
    "jax": ["JAX, epochs compiled"],
}
WORDS, TEXT = 20_000, 50  # texts: words of the vocabulary, and of a text
FRAMES = 200  # time steps of a recording to be transcribed


def epoch(variant, *shape):
    """Train one epoch more. Returns: its seconds."""
    return epoch_timer(variant, *shape)()


@functools.cache
def epoch_timer(variant, n, batch_size, time_steps, features):
    """Make network and data. Returns: a function that trains an epoch and returns its seconds."""
    x, y = random_sequences(n, time_steps, features, 0)
    if variant.startswith("PyTorch"):
        return torch_epochs(x, y, batch_size, variant.endswith("compiled"))
    if variant.startswith("JAX"):
        return jax_epochs(x, y, batch_size)
    model = (project_model if variant == "project" else keras_model)(x.shape[1:])
    steps = 25 if variant.endswith("a call") else 1
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"], steps_per_execution=steps)
    return (project_epochs if variant == "project" else keras_epochs)(model, x, y, batch_size)


def deep_epoch(variant, *shape):
    """Train one epoch more of the deep network. Returns: its seconds."""
    return deep_timer(variant, *shape)()


@functools.cache
def deep_timer(variant, n, batch_size, time_steps, features):
    """Make the deep network, the same for Keras' own fit. Returns: see epoch_timer."""
    x, y = random_sequences(n, time_steps, features, 0)
    model = project_model(x.shape[1:], ARCHITECTURE="deep_cnn_lstm", LINEAR_START=False)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return (project_epochs if variant == "project" else keras_epochs)(model, x, y, batch_size)


def task_epoch(variant, kind, n, batch_size):
    """Train one epoch more of KINDS[kind]. Returns: its seconds."""
    return task_timer(variant, kind, n, batch_size)()


@functools.cache
def task_timer(variant, kind, n, batch_size):
    """Make network and data of a kind. Returns: a function that trains an epoch and returns its seconds."""
    rng = np.random.default_rng(0)
    if kind == "texts":
        x, y = rng.integers(1, WORDS, (n, TEXT)), rng.integers(0, 2, n)
        model, y, compile_arguments = text_model(variant, x, y)
        model.compile("adam", **compile_arguments)
    else:
        x, y = rng.normal(size=(n, FRAMES, 40)).astype(np.float32), rng.integers(1, 29, (n, 10)).astype(np.int32)
        model = transcription_model(variant, x)
        model.compile("adam", ctc_loss if variant == "project" else "ctc")
    return (project_epochs if variant == "project" else keras_epochs)(model, x, y, batch_size)


def text_model(variant, x, y):
    """Build the network for texts of two classes as shipped; of "keras" as a user of Keras would write it.

    Returns: (model, what its loss compares with, arguments of compile).
    """
    from core.quiet_tensorflow import keras

    inputs, layers = keras.Input((TEXT,)), keras.layers
    if variant == "project":
        split, task = Split(x, y, np.arange(len(x))), Classification(["0", "1"])
        data = data_of(task, split, kind="texts", vocabulary=[""] * (WORDS - 2))
        model = task.network(data, read_constants(), build_model)
        return model, task.loss_targets(split, data, read_constants()), task.compile_arguments(model)
    x = layers.MaxPooling1D(2)(layers.Conv1D(32, 3, activation="relu")(layers.Embedding(WORDS, 100)(inputs)))
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(layers.LSTM(50)(x)))
    return model, y, {"loss": "binary_crossentropy", "metrics": ["accuracy"]}


def transcription_model(variant, x):
    """Build the network for transcripts of 28 letters as shipped; of "keras" as a user of Keras would write it."""
    from core.quiet_tensorflow import keras

    inputs, layers = keras.Input((None, 40)), keras.layers
    if variant == "project":
        task = Transcription([*"abcdefghijklmnopqrstuvwxyz' "])
        return task.network(data_of(task, Split(x, None, np.arange(len(x)))), read_constants(), build_model)
    x = layers.MaxPooling1D(2)(
        layers.Conv1D(32, 3, activation="relu")(layers.Normalization(mean=0, variance=1)(inputs))
    )
    return keras.Model(inputs, layers.Dense(29)(layers.LSTM(50, return_sequences=True)(x)))


def data_of(task, train, **preparation):
    """Put together what a task builds its network from."""
    return Data(train, None, None, task, SimpleNamespace(**preparation), Sequences([], scaled=True))


def project_epochs(model, x, y, batch_size):
    """Train as training/fit.py does."""
    from training.batches import BatchLoader
    from training.epochs import train_epochs

    training = BatchLoader(Split(x, y, np.arange(len(x))), batch_size, 0)
    epochs = train_epochs(model, training, range(sys.maxsize))

    def one():
        began = time.perf_counter()
        next(epochs)
        return time.perf_counter() - began

    return one


def project_model(input_shape, **constants):
    """Build the project's network for two classes as shipped, but for some constants. input_shape: (time, features)."""
    return build_model(input_shape, 1, read_constants().changed(**constants))


def keras_model(input_shape):
    """Build the network of the reference snippet."""
    import keras

    layers = keras.layers
    convolution, pooling = layers.Conv1D(32, 3, activation="relu"), layers.MaxPooling1D(2)
    inputs, output = keras.Input(input_shape), layers.Dense(1, activation="sigmoid")
    return keras.Sequential([inputs, convolution, pooling, layers.LSTM(50), output])


def keras_epochs(model, x, y, batch_size):
    """Train by fit on arrays; of two epochs the second one is timed, without what fit does before."""
    import keras

    clock = {}
    timing = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: clock.update(began=time.perf_counter()),
        on_epoch_end=lambda epoch, logs: clock.update(ended=time.perf_counter()),
    )

    def one():
        model.fit(x, y, batch_size, epochs=2, verbose=0, callbacks=[timing])
        return clock["ended"] - clock["began"]

    return one


def mixed_precision():
    """Let the networks that this process builds from now on compute in 16 bits where Keras does."""
    import keras

    keras.mixed_precision.set_global_policy("mixed_float16")


def predict(variant, batch_size, n):
    """Predict n sequences. Returns: seconds."""
    model, x = predictor(variant, n)
    began = time.perf_counter()
    if variant == "project":
        from training.prediction import predict

        predict(model, Split(x, None, np.arange(n)))
    else:
        model.predict(x, batch_size, verbose=0)
    return time.perf_counter() - began


@functools.cache
def predictor(variant, n):
    """Make a variant's network and n sequences. Returns: (model, x (n, 50, 1) float32)."""
    make = {"project": project_model, "keras": keras_model}[variant]
    return make((50, 1)), random_sequences(n, 50, 1, 0)[0]


def train_from(path, batch_size, run_dir):
    """Train one epoch from a file. Returns: (seconds per sequence, peak bytes of this process)."""
    import core.quiet_tensorflow  # noqa: F401 (what is timed is the training)
    from train_model import main

    chosen = {"DATASET": path, "EPOCHS": 1, "BATCH_SIZE": batch_size, "RUN_DIR": run_dir}
    with redirect_stdout(io.StringIO()):
        record = main(chosen).record
    return record.seconds / record.sequences["training"], peak_memory()


def peak_memory():
    """Return the most bytes that this process has had in memory.

    Linux' own figure of a process begins with what the one that started it had: its status file tells this one's alone.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def write_npz(path, n, shape):
    """Write n random sequences and labels as an uncompressed .npz, block by block."""
    rng, block = np.random.default_rng(0), 10_000
    with zipfile.ZipFile(path, "w") as archive:
        with archive.open("X.npy", "w", force_zip64=True) as file:
            header = {"descr": "<f4", "fortran_order": False, "shape": (n, *shape)}
            np.lib.format.write_array_header_1_0(file, header)
            for start in range(0, n, block):
                file.write(rng.random((min(block, n - start), *shape), dtype=np.float32).tobytes())
        with archive.open("y.npy", "w", force_zip64=True) as file:
            np.lib.format.write_array(file, rng.integers(0, 2, n, dtype=np.int8))
