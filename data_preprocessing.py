"""Generate or read sequences, check them, and split them into training, validation and test part.

The constants below say which data; `python train_model.py` uses them.
"""

import hashlib
from dataclasses import dataclass, field

import numpy as np

from checks import InputError, project_path
from generated_sequences import GENERATED, generate
from labels import encode, learn_classes
from sequence_readers import read_data_set
from sequences import BLOCK, Sequences, check_sequences, equal_lengths
from series_reader import Series
from splits import groups_of, in_reading_order, split, test_split

DATASET = "random"  # "random", "motifs", "digits", "moving_digits", or the path of a file or folder (see README)
N_SAMPLES = 1000  # number of generated sequences; more make learning easier and slower
TIME_STEPS = 50  # length of a generated sequence; "motifs" needs 12 or more
FEATURES = 1  # values per time step of a generated sequence
TEST_SIZE = 0.2  # held-out part: a fraction, or a number of sequences (with GROUP: of groups); official splits go first
VALIDATION_SIZE = 0.0  # cut from the training part: 0 (none), a fraction, or a number of sequences; for choosing
SEED = 42  # 0 to 2**32 - 1: draws data, split, initial weights and the order of batches; another value, another draw
TARGET = None  # forecasting: column of the .csv file to forecast; None takes its last numeric column
WINDOW = 24  # forecasting: past rows that the network sees
HORIZON = 1  # forecasting: rows ahead that it forecasts
SEASON = None  # forecasting: rows in a season (12 for months), to compare with the same row one season before
TEST_FILES = None  # recordings: regular expression; files whose name matches are the test part
GROUP = None  # recordings: regular expression with one (group) in the file name, whose members stay in one part


@dataclass
class Part:
    """One part of the split: the sequences `x[rows]` with their classes, numbered from 0, or their targets."""

    x: np.ndarray  # (n_all, time, features[, ...]), shared by the parts
    y: np.ndarray  # classes (n,) int64, or targets (n, horizon) float32
    rows: np.ndarray  # (n,) which sequences of x, in this part's order

    def __len__(self):
        return len(self.rows)

    def blocks(self, size=BLOCK):
        """Yield the part's sequences as float32 arrays (up to `size`, time, features[, ...])."""
        for start in range(0, len(self), size):
            yield self.take(slice(start, start + size))

    def take(self, which):
        """Return the part's sequences at `which` (whole numbers or a slice) as a float32 array."""
        return np.asarray(self.x[self.rows[which]], dtype=np.float32)


@dataclass
class Data:
    """A data set, split: see load_data."""

    train: Part
    validation: Part | None
    test: Part
    task: str  # "classification" or "forecasting"
    classes: list = field(default_factory=list)  # names of the classes, as the report shows them
    source: dict = field(default_factory=dict)  # what predict_model.py must know to prepare new data alike
    notes: list = field(default_factory=list)  # what reading changed, one line each, for the report
    series: Series | None = None  # forecasting: the whole series


def load_data(
    dataset=DATASET,
    n_samples=N_SAMPLES,
    time_steps=TIME_STEPS,
    features=FEATURES,
    test_size=TEST_SIZE,
    validation_size=VALIDATION_SIZE,
    seed=SEED,
    target=TARGET,
    window=WINDOW,
    horizon=HORIZON,
    test_files=TEST_FILES,
    group=GROUP,
    validation_seed=None,
):
    """Generate or read the data set that the constants describe, check it and split it.

    validation_seed: draws another validation part than SEED does; the test part stays.
    Returns: Data. Raises InputError for a path or content that cannot be used.
    """
    path = None
    if dataset in GENERATED:
        train, test = Sequences(*generate(dataset, n_samples, time_steps, features, seed)), None
    else:
        path = project_path(dataset, "DATASET")
        train, test = _read(dataset, path)
    if isinstance(train, Series):
        if group is not None or test_files is not None:
            raise InputError("GROUP and TEST_FILES are for recordings: a series is split by time")
        return _windowed(train, path, test_size, validation_size, target, window, horizon)
    groups = groups_of(train, group)
    # The reference split is a plain one; elsewhere each class keeps its share in both parts.
    train_rows, test_rows = test_split(train, test, groups, test_files, test_size, seed, stratify=dataset != "random")
    source, notes = {"kind": "generated"}, []
    if path is not None:
        train, test, source, notes = _prepared(train, train_rows, test, path)
    classes = learn_classes(train.y[train_rows])

    def part(name, of, rows):
        rows = in_reading_order(of.x, rows)
        return Part(of.x, encode(of.y[rows], classes, name), rows)

    test_part, validation_part = part("test", test or train, test_rows), None
    if validation_size:
        drawn_by = seed if validation_seed is None else validation_seed
        train_rows, rows = split(train_rows, train.y, groups, "VALIDATION_SIZE", validation_size, drawn_by)
        validation_part = part("validation", train, rows)
    train_part = part("training", train, train_rows)
    return Data(train_part, validation_part, test_part, "classification", classes, source, notes)


def _read(dataset, path):
    """Read a data set from a path. Returns: (Sequences or Series, Sequences of the official test split or None)."""
    if not path.exists():
        known = ", ".join(f'"{name}"' for name in GENERATED)
        raise InputError(f"DATASET = {str(dataset)!r} is impossible: it must be {known} or a path that exists")
    train, test = read_data_set(path)
    for part in filter(None, (train, test)):
        if not isinstance(part, Series) and part.y is None:
            raise InputError(f"{path} has no labels (y): training and evaluation need them")
        if not isinstance(part, Series) and not isinstance(part.x, list):
            check_sequences(part.x, path)
    return train, test


def _prepared(train, train_rows, test, path):
    """Fill gaps, make lengths equal and check what was read; only the training rows say how long and what to fill in.

    Returns: (training Sequences, test Sequences or None, what to remember of the source, notes for the report).
    """
    source = {"kind": "sequences" if train.sample_rate is None else "recordings", "sample_rate": train.sample_rate}
    notes, parts = [], []
    if isinstance(train.x, list):
        training = [train.x[row] for row in train_rows]
        steps, values = max(map(len, training)), np.concatenate(training)
        known = np.isfinite(values)  # infinite values are refused below, with their place
        filler = np.where(known, values, 0).sum(axis=0) / np.maximum(1, known.sum(axis=0))
        source["filler"] = filler.tolist()
        source["unequal_lengths"] = len({len(sequence) for sequence in train.x}) > 1
    for part in filter(None, (train, test)):
        if isinstance(part.x, list):
            x, changed = equal_lengths(part.x, steps, filler, path)
            check_sequences(x, path)
            part, notes = part._replace(x=x), notes + changed
        parts.append(part)
    train, test = parts if test else (parts[0], None)
    if test is not None and test.x.shape[1:] != train.x.shape[1:]:
        raise InputError(f"{path}: training sequences are {train.x.shape[1:]}, test sequences {test.x.shape[1:]}")
    return train, test, source, notes


def _windowed(series, path, test_size, validation_size, target, window, horizon):
    """Cut a series into windows and split them by time: the last rows are test, those before them validation.

    A window belongs to the part that holds all of its targets; one whose targets lie in two parts is left out.
    """
    if target is not None and target not in series.columns:
        raise InputError(f"TARGET = {target!r} is impossible: the numeric columns are {', '.join(series.columns)}")
    rows, column = len(series.values), series.columns.index(target) if target else -1
    sizes = {"TEST_SIZE": test_size, "VALIDATION_SIZE": validation_size}
    lengths = {name: size if size >= 1 else int(np.ceil(rows * size)) for name, size in sizes.items()}
    starts = rows - lengths["TEST_SIZE"], rows - sum(lengths.values())  # of the test and the validation rows
    if starts[1] < window + horizon:
        raise InputError(
            f"the training part of {path} has {max(starts[1], 0)} of {rows} rows: WINDOW = {window} and HORIZON = "
            f"{horizon} need at least {window + horizon}"
        )
    for name, length in lengths.items():
        if 0 < length < horizon:
            raise InputError(f"{name} = {sizes[name]} is impossible: {length} rows are fewer than HORIZON = {horizon}")
    with np.errstate(over="ignore"):
        values = series.values.astype(np.float32)
    check_sequences(values[:, None], path)
    windows = np.lib.stride_tricks.sliding_window_view(values, window, axis=0)[: rows - window - horizon + 1]
    windows = windows.transpose(0, 2, 1)  # (n, window, columns): a view, no copy
    targets = np.lib.stride_tricks.sliding_window_view(values[window:, column], horizon)
    first = np.arange(len(windows)) + window  # row of each window's first target
    last = first + horizon - 1
    inside = {
        "train": last < starts[1],
        "validation": (first >= starts[1]) & (last < starts[0]),
        "test": first >= starts[0],
    }
    parts = {name: Part(windows, targets[mask], np.flatnonzero(mask)) for name, mask in inside.items()}
    notes = [f"columns that are no input: {', '.join(series.skipped)}"] if series.skipped else []
    if series.filled:
        notes.append(f"{series.filled} empty cells were carried forward from the row before")
    source = {"kind": "series", "columns": series.columns, "target": series.columns[column]}
    validation = parts["validation"] if validation_size else None
    return Data(parts["train"], validation, parts["test"], "forecasting", [], source, notes, series)


# Figures of a part.


def mean_and_variance(part, of_changes=False):
    """Return mean and variance of each feature over the part's sequences and time steps, float64 (features,) each.

    `of_changes`: of the differences from the sequence's last step. Block by block, so that data larger than memory
    will do. A feature that never changes (but for rounding) gets variance 1: dividing by its zero would blow up the
    first test value that differs. Raises InputError for values whose squares are beyond 32-bit floats.
    """
    count, total, squares, shift = 0, 0.0, 0.0, None
    for block in part.blocks():
        block = block.astype(np.float64)
        flat = (block - block[:, -1:] if of_changes else block).reshape(-1, block.shape[-1])
        shift = flat.mean(axis=0) if shift is None else shift  # near the mean, so that the squares keep their digits
        flat = flat - shift
        count, total, squares = count + len(flat), total + flat.sum(axis=0), squares + (flat**2).sum(axis=0)
    mean, variance = shift + total / count, squares / count - (total / count) ** 2
    limits = np.finfo(np.float32)
    if variance.max() > limits.max:
        size = np.sqrt(variance.max())
        raise InputError(f"values of the training part vary by {size:.0e}, beyond 32-bit floats: scale them down")
    return mean, np.where(variance > np.maximum((1e-6 * mean) ** 2, limits.tiny), variance, 1.0)


def fingerprint(part):
    """Return the SHA-256 of a part: shape, sequences as float32, and classes or targets."""
    digest = hashlib.sha256(repr((len(part), *part.x.shape[1:])).encode())
    for block in part.blocks():
        digest.update(np.ascontiguousarray(block).data)
    digest.update(np.ascontiguousarray(part.y).data)
    return digest.hexdigest()
