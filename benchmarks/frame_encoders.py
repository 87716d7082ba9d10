"""python benchmarks/frame_encoders.py

Measure what FRAME_ENCODER costs, in CPU seconds: features of a clip (16 frames) and of a picture, the same from the
cache, and an epoch of the network as shipped on the features. Each is the difference of two sizes, so that starting
does not count, of features the median of three. Weights are random, which changes no time. Prints a table in Markdown.
"""

import contextlib
import io
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.lazy import keras
from core.script import run_script
from data_preprocessing import load_data
from networks import pretrained_encoders
from train_model import train

SIZE, FRAMES = 96, 16
FEWER_AND_MORE = {"clip": (8, 40), "picture": (40, 240)}
EPOCHS = 5, 205
ROUNDS = 3  # of making features


def main():
    """Measure each encoder with clips and with pictures."""
    print("| encoder | of a | time steps × features | features, first time | from the cache | training, an epoch |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in pretrained_encoders.ENCODERS:
        for kind in FEWER_AND_MORE:
            with tempfile.TemporaryDirectory() as folder:
                shape, costs = measure(name, kind, Path(folder))
            cells = [f"{1000 * cost:.2g} ms" for cost in costs]
            print(f"| `{name}` | {kind} | {' × '.join(map(str, shape))} | {' | '.join(cells)} |", flush=True)


def measure(name, kind, folder):
    """Return (shape of a sequence of features, [CPU seconds of one: made, from the cache, in an epoch of training])."""
    weights, rng = folder / "random.weights.h5", np.random.default_rng(0)
    make = getattr(keras.applications, name)
    make(include_top=False, weights=None, input_shape=(SIZE, SIZE, 3), pooling="avg").save_weights(weights)
    constants = {"FRAME_ENCODER": name, "FRAME_ENCODER_WEIGHTS": str(weights), "RUN_DIR": str(folder / "run")}
    pretrained_encoders.FEATURE_CACHE = folder / "features"
    rounds, sizes = [], FEWER_AND_MORE[kind]
    for n in [sizes[0], *sizes * ROUNDS]:
        shape = (n, FRAMES, SIZE, SIZE, 3) if kind == "clip" else (n, SIZE, SIZE, 3)
        x, y = rng.integers(0, 256, shape, dtype=np.uint8), np.arange(n) % 2
        made, cached = (timed(load_data, x, y, **constants) for _ in range(2))
        rounds.append([made[1], cached[1]])
    data, rounds = cached[0], np.reshape(rounds[1:], (ROUNDS, 2, 2))
    features = np.median(rounds[:, 1] - rounds[:, 0], axis=0) / np.diff(sizes)
    _, fewer, more = (timed(train, data, EPOCHS=epochs)[1] for epochs in (EPOCHS[0], *EPOCHS))
    return data.train.shape, [*features, (more - fewer) / np.diff(EPOCHS)[0] / len(data.train)]


def timed(function, *arguments, **constants):
    """Return (what a function returns, its CPU seconds); what it prints is left out."""
    began = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        result = function(*arguments, **constants)
    return result, time.process_time() - began


if __name__ == "__main__":
    run_script(main, __doc__)
