"""Generate or read sequences, check them, split them into training, validation and test part.

The constants below say which data; `python train_model.py` uses them.
"""

import hashlib
from dataclasses import dataclass, field

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from checks import InputError, project_path
from sequence_readers import read_sequences

DATASET = "random"  # "random", "motifs", "digits", or the path of a file or folder (formats: sequence_readers.py)
N_SAMPLES = 1000  # number of generated sequences ("random", "motifs"); more make learning easier and slower
TIME_STEPS = 50  # length of a generated sequence; "motifs" needs 12 or more
FEATURES = 1  # values per time step of a generated sequence
TEST_SIZE = 0.2  # held-out part: a fraction (0 to 1) or a number of sequences; an official test split goes before it
SEED = 42  # 0 to 2**32 - 1: draws data, split, initial weights and the order of batches; another value, another draw

BLOCK = 4096  # sequences held in memory as float32 at a time
RAMP = 6  # time steps of a ramp in "motifs"
NOISE = 0.3  # the noise in "motifs" is uniform from 0 to this; a ramp goes from 0 to 1


@dataclass
class Part:
    """One part of the split: the sequences `x[rows]` with their classes `y` (len(rows),), numbered from 0."""

    x: np.ndarray  # (n_all, time, features[, ...]), shared by the parts
    y: np.ndarray
    rows: np.ndarray  # which sequences of x, in this part's order

    def __len__(self):
        return len(self.rows)

    def blocks(self, size=BLOCK):
        """Yield the part's sequences as float32 arrays (up to `size`, time, features[, ...])."""
        for start in range(0, len(self), size):
            yield np.asarray(self.x[self.rows[start : start + size]], dtype=np.float32)

    def array(self):
        """Return all of the part's sequences as one float32 array."""
        return np.asarray(self.x[self.rows], dtype=np.float32)


@dataclass
class Data:
    """A data set, split: see load_data."""

    train: Part
    test: Part
    classes: list  # names of the classes, as the report shows them
    from_file: bool  # data from files are standardised inside the network
    notes: list = field(default_factory=list)  # what reading changed, one line each, for the report


def load_data(
    dataset=DATASET, n_samples=N_SAMPLES, time_steps=TIME_STEPS, features=FEATURES, test_size=TEST_SIZE, seed=SEED
):
    """Generate or read the data set that the constants describe, check it and split it.

    Returns: Data. Sequences are float32 (n, time, features), classes are numbered from 0.
    Raises InputError for a path or content that cannot be used.
    """
    generators = {
        "random": lambda: random_sequences(n_samples, time_steps, features, seed),
        "motifs": lambda: motifs(n_samples, time_steps, features, seed)[:2],
        "digits": digits,
    }
    if dataset in generators:
        x, labels = generators[dataset]()
        test_x = None
    else:
        x, labels, test_x, test_labels = _read(dataset, generators)
    if test_x is None:
        # The reference split is a plain one; elsewhere each class keeps its share in both parts.
        train_rows, test_rows = _split(labels, test_size, seed, stratify=dataset != "random")
        test_x, test_labels = x, labels[test_rows]
    else:
        train_rows, test_rows = np.arange(len(x)), np.arange(len(test_x))
    classes = learn_classes(labels[train_rows])
    train = Part(x, encode(labels[train_rows], classes, "training"), train_rows)
    test = Part(test_x, encode(test_labels, classes, "test"), test_rows)
    return Data(train, test, classes, from_file=dataset not in generators)


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
    images, labels = load_digits(return_X_y=True)
    return (images.reshape(-1, 8, 8) / 16).astype(np.float32), labels


def _read(path, generators):
    """Read a data set from files: x, labels, test x or None, test labels or None, all checked."""
    full_path = project_path(path)
    if not full_path.exists():
        known = ", ".join(f'"{name}"' for name in generators)
        raise InputError(f"DATASET = {str(path)!r} is impossible: it must be {known}, or a path that exists")
    train, test = read_sequences(full_path)
    for part in filter(None, (train, test)):
        check_sequences(part.x, full_path)
        if part.y is None:
            raise InputError(f"{full_path} has no labels (y): training and evaluation need them")
    if test is not None and test.x.shape[1:] != train.x.shape[1:]:
        raise InputError(f"{full_path}: training sequences are {train.x.shape[1:]}, test sequences {test.x.shape[1:]}")
    return train.x, train.y, *(test or (None, None))


def check_sequences(x, source):
    """Raise InputError if x (n, time, features[, ...]) is empty or holds NaN or infinity (how many, where first)."""
    if 0 in x.shape:
        raise InputError(f"{source} holds no values: its shape is {x.shape}")
    bad, first = 0, None
    for start in range(0, len(x), BLOCK):
        with np.errstate(over="ignore"):
            places = np.argwhere(~np.isfinite(np.asarray(x[start : start + BLOCK], dtype=np.float32)))
        if len(places) and first is None:
            first = (start + places[0][0], places[0][1])
        bad += len(places)
    if bad:
        raise InputError(
            f"{source}: {bad} values are NaN, infinite or beyond 32-bit floats, the first in sequence {first[0]}, "
            f"time step {first[1]} "
            "(counted from 0)"
        )


def learn_classes(labels):
    """Return the sorted class names of the training labels: strings, whole numbers without a decimal point.

    Raises InputError for fewer than two classes, fewer sequences than classes, or labels that are measurements.
    """
    names = class_names(labels)
    classes = sorted(set(names), key=_class_order)
    if len(classes) < 2:
        raise InputError(f"the training part holds one class only ({classes[0]}): at least two are needed")
    if len(classes) > 2 and len(classes) == len(names):
        raise InputError(f"each of the {len(names)} training labels is a class of its own: nothing can be learned")
    return classes


def _class_order(name):
    """Sort numbers by value (2 before 10), before words."""
    try:
        return (0, float(name), name)
    except ValueError:
        return (1, 0.0, name)


def class_names(labels):
    """Write labels of any kind (numbers, strings, booleans) as strings; 1, 1.0 and "1.0000e+00" all become "1"."""
    unique, inverse = np.unique(labels, return_inverse=True)
    names = []
    for label in unique:
        try:
            number = float(label)
        except ValueError:
            names.append(str(label))
            continue
        if not number.is_integer() and unique.dtype.kind == "f":
            raise InputError(f"label {label} is not a whole number: labels name classes (whole numbers or words)")
        whole = number.is_integer() and unique.dtype.kind != "b"
        names.append(str(int(number)) if whole else str(label))
    return np.array(names)[inverse]


def encode(labels, classes, part):
    """Number the labels (n,) by their place in `classes`; raise InputError for one that training has never seen."""
    names = class_names(labels)
    unseen = sorted(set(names) - set(classes))
    if unseen:
        raise InputError(f"the {part} part has label {unseen[0]!r}, which the training part has not: {classes}")
    number = {name: i for i, name in enumerate(classes)}
    return np.array([number[name] for name in names], dtype=np.int64)


def _split(labels, test_size, seed, stratify):
    """Split the row numbers of `labels` with scikit-learn's train_test_split; InputError where that cannot be done."""
    counts = dict(zip(*np.unique(labels, return_counts=True)))
    rare = [label for label, count in counts.items() if count < 2]
    if stratify and rare:
        raise InputError(f"class {str(rare[0])!r} has one sequence: two are needed, one to train on and one to test on")
    try:
        return train_test_split(
            np.arange(len(labels)), test_size=test_size, random_state=seed, stratify=labels if stratify else None
        )
    except ValueError as error:
        raise InputError(f"TEST_SIZE = {test_size} is impossible for {len(labels)} sequences: {error}") from error


def mean_and_variance(part):
    """Return mean and variance of each feature over the part's sequences and time steps, float64 (features,).

    Block by block, so that data larger than memory will do. A feature that never changes (but for rounding) gets
    variance 1: dividing by its zero would blow up the first test value that differs.
    """
    count, total, squares = 0, 0.0, 0.0
    shift = np.asarray(part.x[part.rows[0]], dtype=np.float64).mean(axis=tuple(range(part.x.ndim - 2)))
    for block in part.blocks():
        flat = block.reshape(-1, block.shape[-1]).astype(np.float64) - shift
        count, total, squares = count + len(flat), total + flat.sum(axis=0), squares + (flat**2).sum(axis=0)
    variance = squares / count - (total / count) ** 2
    mean = shift + total / count
    return mean, np.where(variance > (1e-6 * mean) ** 2, variance, 1.0)


def fingerprint(part):
    """Return the SHA-256 of a part: shape, sequences as float32, and classes."""
    digest = hashlib.sha256(repr((len(part), *part.x.shape[1:])).encode())
    for block in part.blocks():
        digest.update(np.ascontiguousarray(block).data)
    digest.update(np.ascontiguousarray(part.y).data)
    return digest.hexdigest()
