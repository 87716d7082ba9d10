"""Generate or read sequences, check them, and split them into training, validation and test part.

The constants below say which data; `python train_model.py` uses them.
"""

import hashlib
import re
from dataclasses import dataclass, field

import numpy as np
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from checks import InputError, project_path
from generated_sequences import digits, motifs, moving_digits, random_sequences
from rows_on_disk import RowsOnDisk
from sequence_readers import Sequences, read_data_set
from series_reader import Series

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

BLOCK = 4096  # sequences held in memory as float32 at a time


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
    generators = {
        "random": lambda: random_sequences(n_samples, time_steps, features, seed),
        "motifs": lambda: motifs(n_samples, time_steps, features, seed)[:2],
        "digits": digits,
        "moving_digits": lambda: moving_digits(n_samples, seed),
    }
    if dataset in generators:
        train, test, path = Sequences(*generators[dataset]()), None, None
        source, notes = {"kind": "generated"}, []
    else:
        path = project_path(dataset)
        if not path.exists():
            known = ", ".join(f'"{name}"' for name in generators)
            raise InputError(f"DATASET = {str(dataset)!r} is impossible: it must be {known} or a path that exists")
        train, test = read_data_set(path)
        if isinstance(train, Series):
            if group is not None or test_files is not None:
                raise InputError("GROUP and TEST_FILES are for recordings: a series is split by time")
            return _windowed(train, path, test_size, validation_size, target, window, horizon)
        for part in filter(None, (train, test)):
            if part.y is None:
                raise InputError(f"{path} has no labels (y): training and evaluation need them")
            if not isinstance(part.x, list):
                check_sequences(part.x, path)
    groups = _groups(train, group)
    # The reference split is a plain one; elsewhere each class keeps its share in both parts.
    train_rows, test_rows = _test_split(train, test, groups, test_files, test_size, seed, stratify=dataset != "random")
    if path is not None:
        train, test, source, notes = _prepared(train, train_rows, test, path)
    test = test or train
    classes = learn_classes(train.y[train_rows])
    test_rows = _in_reading_order(test.x, test_rows)
    test_part = Part(test.x, encode(test.y[test_rows], classes, "test"), test_rows)
    validation_part = None
    if validation_size:
        drawn_by = seed if validation_seed is None else validation_seed
        train_rows, rows = _split(train_rows, train.y, groups, "VALIDATION_SIZE", validation_size, drawn_by)
        rows = _in_reading_order(train.x, rows)
        validation_part = Part(train.x, encode(train.y[rows], classes, "validation"), rows)
    train_rows = _in_reading_order(train.x, train_rows)
    train_part = Part(train.x, encode(train.y[train_rows], classes, "training"), train_rows)
    return Data(train_part, validation_part, test_part, "classification", classes, source, notes)


# Sequences from files: gaps, lengths, checks.


def _prepared(train, train_rows, test, path):
    """Fill gaps, make lengths equal and check what was read; only the training rows say how long and what to fill in.

    Returns: (training Sequences, test Sequences or None, what to remember of the source, notes for the report).
    """
    source = {"kind": "sequences" if train.sample_rate is None else "recordings", "sample_rate": train.sample_rate}
    notes, parts = [], []
    if isinstance(train.x, list):
        training = [train.x[row] for row in train_rows]
        steps, values = max(map(len, training)), np.concatenate(training)
        filler = np.where(np.isnan(values), 0, values).sum(axis=0) / np.maximum(1, (~np.isnan(values)).sum(axis=0))
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


def equal_lengths(sequences, steps, filler, path):
    """Bring sequences (time_i, features) to `steps` time steps and fill their gaps.

    NaN are filled by linear interpolation inside the sequence. Longer sequences are cut at the end. Shorter ones are
    padded in front with `filler` (features,), the mean of the training part: what counts is the LSTM's last state, so
    the sequence should come last. Reference network on JapaneseVowels, accuracy (loss) on validation data, 5 folds: in
    front with the mean 0.948 (0.172), zeros 0.941 (0.221), the first step repeated 0.911 (0.339); behind with the mean
    0.930 (0.291), zeros 0.933 (0.288), the last step repeated 0.956 (0.137). That last one is as good here, where the
    longest sequence is twice the median, but not where it is six times (spoken digits: the LSTM forgets the word).
    Returns: ((n, steps, features) float32, notes that count what was changed). Raises InputError for a sequence that
    has a feature with no value at all.
    """
    filled = 0
    x = np.empty((len(sequences), steps, len(filler)), np.float32)
    for i, sequence in enumerate(sequences):
        gaps = np.isnan(sequence)
        if gaps.any():
            if gaps.all(axis=0).any():
                raise InputError(f"{path}: sequence {i} (counted from 0) has a feature without any value")
            sequence, filled = _interpolated(sequence, gaps), filled + int(gaps.sum())
        padding = max(0, steps - len(sequence))
        x[i, :padding] = filler
        x[i, padding:] = sequence[:steps]
    lengths = np.array([len(sequence) for sequence in sequences])
    counts = {"padded": (lengths < steps).sum(), "cut": (lengths > steps).sum()}
    notes = [f"{n} of {len(x)} sequences were {how} to {steps} time steps" for how, n in counts.items() if n]
    if filled:
        notes.append(f"{filled} missing values were filled by linear interpolation")
    return x, notes


def _interpolated(sequence, gaps):
    sequence, steps = sequence.copy(), np.arange(len(sequence))
    for values, missing in zip(sequence.T, gaps.T):
        values[missing] = np.interp(steps[missing], steps[~missing], values[~missing])
    return sequence


def check_sequences(x, source):
    """Raise InputError if x (n, time, features[, ...]) holds NaN or infinity (how many, where first)."""
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
            f"time step {first[1]} (counted from 0)"
        )


# Splits.


def _test_split(train, test, groups, test_files, test_size, seed, stratify):
    """Return (training rows, test rows): of the official split, of the files that are named, or drawn."""
    rows = np.arange(len(train.x))
    if test is not None:
        return rows, np.arange(len(test.x))
    if test_files is not None:
        return _named_files(train, test_files, groups)
    return _split(rows, train.y, groups, "TEST_SIZE", test_size, seed, stratify)


def _split(rows, labels, groups, constant, size, seed, stratify=True):
    """Split row numbers in two by scikit-learn, groups kept whole; InputError naming `constant` where it cannot be.

    Returns: (rows that stay, rows that are cut off).
    """
    labels = labels[rows]
    try:
        if groups is not None:
            splitter = GroupShuffleSplit(n_splits=1, test_size=size, random_state=seed)
            kept, cut = next(splitter.split(rows, groups=groups[rows]))
            return rows[kept], rows[cut]
        classes, counts = np.unique(labels, return_counts=True)
        if stratify and counts.min() < 2:
            raise InputError(f"class {str(classes[counts.argmin()])!r} has one sequence: two are needed to split it")
        return train_test_split(rows, test_size=size, random_state=seed, stratify=labels if stratify else None)
    except InputError:
        raise
    except ValueError as error:
        what = f"{len(set(groups[rows]))} groups" if groups is not None else f"{len(rows)} sequences"
        raise InputError(f"{constant} = {size} is impossible for {what}: {error}") from error


def _in_reading_order(x, rows):
    """Sort row numbers where x lies on disk, so that it is read in long strokes; elsewhere the split's order stays."""
    return np.sort(rows) if isinstance(x, RowsOnDisk) else rows


def _groups(train, group):
    """Return the group of each sequence (n,), or None: the file's own `groups`, or what GROUP finds in file names."""
    if group is None:
        return train.groups
    if train.names is None:
        raise InputError(f"GROUP = {group!r} is impossible: only recordings have file names (or put groups into .npz)")
    found = [re.search(group, name) for name in train.names]
    if None in found:
        raise InputError(f"GROUP = {group!r} finds nothing in the file name {train.names[found.index(None)]}")
    return np.array([match[1] for match in found])


def _named_files(train, test_files, groups):
    """Return (training rows, test rows): TEST_FILES picks the test recordings by their names."""
    if train.names is None:
        raise InputError(f"TEST_FILES = {test_files!r} is impossible: only recordings have file names")
    chosen = np.array([re.search(test_files, name) is not None for name in train.names])
    if chosen.all() or not chosen.any():
        raise InputError(
            f"TEST_FILES = {test_files!r} matches {chosen.sum()} of {len(chosen)} files: no part may be empty"
        )
    both = set() if groups is None else set(groups[chosen]) & set(groups[~chosen])
    if both:
        raise InputError(f"TEST_FILES = {test_files!r} tears the group {sorted(both)[0]!r} of GROUP into two parts")
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


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


# Labels.


def learn_classes(labels):
    """Return the sorted class names of the training labels (n,): strings, whole numbers without a decimal point.

    Raises InputError for fewer than two classes, labels that are a class of their own each, or measurements.
    """
    classes = sorted(set(map(class_name, np.unique(labels))), key=_class_order)
    if len(classes) < 2:
        raise InputError(f"the training part holds one class only ({classes[0]}): at least two are needed")
    if len(classes) > 2 and len(classes) == len(labels):
        raise InputError(f"each of the {len(labels)} training labels is a class of its own: nothing can be learned")
    return classes


def _class_order(name):
    """Sort numbers by value (2 before 10), before words."""
    try:
        return (0, float(name), name)
    except ValueError:
        return (1, 0.0, name)


def class_name(label):
    """Write a label (number, string, boolean) as a string; 1, 1.0 and "1.0000e+00" all become "1"."""
    try:
        number = float(label)
    except ValueError:
        return str(label)
    if isinstance(label, np.floating) and not number.is_integer():
        raise InputError(f"label {label} is not a whole number: labels name classes (whole numbers or words)")
    return str(int(number)) if number.is_integer() and not isinstance(label, np.bool_) else str(label)


def encode(labels, classes, part):
    """Number the labels (n,) by their place in `classes`; raise InputError for one that training has never seen."""
    unique, inverse = np.unique(labels, return_inverse=True)
    names = [class_name(label) for label in unique]
    unseen = sorted(set(names) - set(classes))
    if unseen:
        raise InputError(f"the {part} part has the label {unseen[0]!r}, unknown to the training part: {classes}")
    return np.array([classes.index(name) for name in names], dtype=np.int64)[inverse]


# Figures of a part.


def mean_and_variance(part, of_changes=False):
    """Return mean and variance of each feature over the part's sequences and time steps, float64 (features,) each.

    `of_changes`: of the differences from the sequence's last step. Block by block, so that data larger than memory
    will do. A feature that never changes (but for rounding) gets variance 1: dividing by its zero would blow up the
    first test value that differs.
    """
    count, total, squares, shift = 0, 0.0, 0.0, None
    for block in part.blocks():
        block = block.astype(np.float64)
        flat = (block - block[:, -1:] if of_changes else block).reshape(-1, block.shape[-1])
        shift = flat.mean(axis=0) if shift is None else shift  # near the mean, so that the squares keep their digits
        flat = flat - shift
        count, total, squares = count + len(flat), total + flat.sum(axis=0), squares + (flat**2).sum(axis=0)
    mean, variance = shift + total / count, squares / count - (total / count) ** 2
    return mean, np.where(variance > (1e-6 * mean) ** 2, variance, 1.0)


def fingerprint(part):
    """Return the SHA-256 of a part: shape, sequences as float32, and classes or targets."""
    digest = hashlib.sha256(repr((len(part), *part.x.shape[1:])).encode())
    for block in part.blocks():
        digest.update(np.ascontiguousarray(block).data)
    digest.update(np.ascontiguousarray(part.y).data)
    return digest.hexdigest()
