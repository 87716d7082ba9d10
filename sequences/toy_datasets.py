"""The data sets that need no file: drawn from a seed, or made from the digit images that scikit-learn ships."""

import numpy as np

from core.errors import InputError
from core.lazy import lazy
from sequences.types import Sequences

datasets = lazy("sklearn.datasets")

GENERATED = ("random", "motifs", "digits", "moving_digits")  # the names that DATASET can have
MOST_VALUES = 2**31  # of a generated data set: 8 GiB
RAMP = 6  # time steps of a ramp in "motifs"
NOISE = 0.3  # the noise in "motifs" is uniform from 0 to this; a ramp goes from 0 to 1
FRAMES = 10  # of a clip in "moving_digits"
CANVAS = 16  # its height and width in pixels
NO_SIGNAL = """\
The labels of the random data are drawn independently of the sequences: they carry no signal, so any model
is right half of the time on average, and more than that on one test set is luck. To see the network learn,
set DATASET = "motifs" in data_preprocessing.py and run both scripts again."""
DIRECTIONS = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}  # rows and columns per frame


def generate(c):
    """Make the data set that DATASET names (see GENERATED).

    Returns: Sequences with x (n, time, features[, ...]); the values of all of them lie from 0 to 1.3, so that the
    network takes them as they are.
    Raises: InputError for more values than MOST_VALUES.
    """
    values = FRAMES * CANVAS**2 if c.DATASET == "moving_digits" else c.TIME_STEPS * c.FEATURES
    if c.DATASET != "digits" and c.N_SAMPLES * values > MOST_VALUES:
        raise InputError(
            f"N_SAMPLES = {c.N_SAMPLES} sequences of {values} values are impossible: "
            f"{MOST_VALUES // values} are the most"
        )
    sizes = c.N_SAMPLES, c.TIME_STEPS, c.FEATURES, c.SEED
    if c.DATASET == "random":  # the reference split pays no regard to the classes
        return Sequences(*random_sequences(*sizes), "sequences", scaled=True, stratify=False, remark=NO_SIGNAL)
    if c.DATASET == "motifs":
        return Sequences(*motifs(*sizes)[:2], "sequences", scaled=True)
    if c.DATASET == "digits":
        return Sequences(*digits(), "sequences", scaled=True)
    return Sequences(*moving_digits(c.N_SAMPLES, c.SEED), "clips", scaled=True)


def random_sequences(n_samples, time_steps, features, seed):
    """Draw the reference data: x (n, time, features) float32 uniform in [0, 1), labels (n,) 0 or 1, unrelated to x."""
    rng = np.random.default_rng(seed)
    x = rng.random((n_samples, time_steps, features), dtype=np.float32)
    return x, rng.integers(0, 2, n_samples)


def motifs(n_samples, time_steps, features, seed):
    """Hide a rising and a falling ramp in noise; the label says which comes first (1: the rising one).

    Both ramps run through all features. Half of the sequences are of each class.
    Returns: x (n, time, features) float32, labels (n,), and the ramps' first steps (n, 2), rising and falling.
    """
    if time_steps < 2 * RAMP:
        raise InputError(f'TIME_STEPS = {time_steps} is impossible: DATASET = "motifs" needs {2 * RAMP} or more')
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, NOISE, (n_samples, time_steps, features))
    labels = rng.permutation(np.arange(n_samples) % 2)
    # Two ordered places, a ramp's length apart at least: draw from the shortened line, then move the second one on.
    places = np.sort(rng.integers(0, time_steps - 2 * RAMP + 1, (n_samples, 2)), axis=1) + [0, RAMP]
    starts = np.where(labels[:, None] == 1, places, places[:, ::-1])
    steps, ramp = np.arange(RAMP), np.linspace(0, 1, RAMP)[None, :, None]
    rows = np.arange(n_samples)[:, None]
    x[rows, starts[:, :1] + steps] += ramp
    x[rows, starts[:, 1:] + steps] += ramp[:, ::-1]
    return x.astype(np.float32), labels, starts


def digits():
    """Load scikit-learn's 1797 handwritten digits: each image read as 8 time steps of 8 features from 0 to 1."""
    images, labels = datasets.load_digits(return_X_y=True)
    return (images.reshape(-1, 8, 8) / 16).astype(np.float32), labels


def moving_digits(n_samples, seed):
    """Let scikit-learn's 8×8 digit images drift over a canvas, one pixel a frame; the label is the direction.

    What leaves the canvas comes back on the other side, so that no single frame gives the direction away.
    Returns: x (n, 10, 16, 16, 1) float32 from 0 to 1, labels (n,) "up", "down", "left", "right", equally many.
    """
    images, _ = datasets.load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8) / 16
    rng = np.random.default_rng(seed)
    chosen = images[rng.permutation(np.arange(n_samples) % len(images))]
    labels = rng.permutation(np.array(list(DIRECTIONS))[np.arange(n_samples) % 4])
    steps = np.array([DIRECTIONS[label] for label in labels])
    starts = rng.integers(0, CANVAS, (n_samples, 2))
    x = np.zeros((n_samples, FRAMES, CANVAS, CANVAS, 1), np.float32)
    n, frame = np.arange(n_samples)[:, None, None, None], np.arange(FRAMES)[:, None, None]
    moved = starts[:, None] + np.arange(FRAMES)[:, None] * steps[:, None]  # corner of the image: (n, frames, 2)
    pixels = (moved[..., None] + np.arange(8)) % CANVAS  # its rows and its columns: (n, frames, 2, 8)
    x[n, frame, pixels[:, :, 0, :, None], pixels[:, :, 1, None, :], 0] = chosen[:, None]
    return x, labels
