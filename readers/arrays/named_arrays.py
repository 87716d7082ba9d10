"""What archives of named arrays (.npz, .h5, .mat) have in common: which name is what, and what shapes are sequences.

`X` holds the sequences, `y` their labels or numbers (with WINDOW or WINDOW_LABEL also (n, time), one for each time
step); `X_train`, `y_train`, `X_test`, `y_test` an official split, `X_val` and `y_val` its validation set. Beside X and
y may be `groups` (n,): what must stay in one set; `lengths` (n,): time steps of each sequence, what follows is padding;
`S` (n, k): numbers that hold for the whole sequence, repeated over time as features. A lower-case x, `train_x` and
`train_images`, `train_labels` will do.
"""

import numpy as np

from core.errors import InputError
from readers.arrays.picture_axes import with_features, with_first_axis
from readers.whole_numbers import integer_note, is_rounded
from sequences.joined import joined
from sequences.preparation import strip_trailing_nans
from sequences.rows_on_disk import RowsOnDisk
from sequences.splits import with_validation
from sequences.types import Sequences

# As the archives of Keras and MedMNIST have it: a name's words in lower case, and what they stand for.
ROLES = {"x": "X", "images": "X", "y": "y", "labels": "y"}
SETS = {"train": "_train", "val": "_val", "valid": "_val", "validation": "_val", "test": "_test"}


def from_names(path, names, load, c, preparation=None):
    """Make Sequences of the arrays in an archive.

    Parameters: c, Constants; load turns a name into its array or RowsOnDisk.
    Returns: (Sequences, Sequences of the official test set or None).
    Raises: InputError for missing names and wrong shapes.
    """
    stored = {}
    for name in names:
        standard = _standard_name(name)
        stored[name if standard in names or standard in stored else standard] = name
    names = set(stored)
    if "X" in names:
        suffixes = [""]
    elif {"X_train", "X_test"} <= names:
        suffixes = ["_train", *["_val"] * ({"X_val", "y_val"} <= names), "_test"]
    else:
        found = ", ".join(sorted(names)) or "nothing"
        raise InputError(f"{path} needs arrays X, y or X_train, y_train, X_test, y_test; it holds {found}")
    splits, used = [], set()
    for suffix in suffixes:
        x, y, groups, lengths, constants = wanted = [name + suffix for name in ("X", "y", "groups", "lengths", "S")]
        used |= set(wanted)
        labels = load(stored[y]) if y in names else None
        split = sequences_from_arrays(path, stored[x], load(stored[x]), stored.get(y, y), labels, c, preparation)
        if constants in names:
            split = _with_constants(path, split, constants, load(constants))
        if lengths in names:
            split = _cut_to_lengths(path, split, lengths, load(lengths))
        if groups in names:
            split = split.replace(groups=_vector(path, groups, load(groups), len(split.x), "iubU"))
        splits.append(split)
    if names - used:
        unused = sorted(stored[name] for name in names - used)
        splits[0] = splits[0].noted(f"arrays that are not used: {', '.join(unused)}")
    if len(splits) == 1:
        return classes_if_one_hot(splits[0], None)
    train, *validation, test = classes_if_one_hot(*splits)
    test = test.replace(notes=tuple(note for note in test.notes if note not in train.notes))
    return joined_with_validation(path, train, *validation) if validation else train, test


def _standard_name(name):
    """Return X_train for x_train, train_x and train_images, and so on; other names as they are."""
    words = name.lower().split("_")
    roles, sets = ([table[word] for word in words if word in table] for table in (ROLES, SETS))
    return "".join(roles + sets) if len(roles) == 1 and len(roles + sets) == len(words) else name


def joined_with_validation(path, train, validation):
    """Return Sequences of a training set and, behind it, the official validation set: see sequences.splits."""
    if isinstance(train.x, RowsOnDisk) or isinstance(validation.x, RowsOnDisk):
        return train.noted(
            "validation set: the official one is left out, since arrays that stay on disk are not joined"
        )
    if (train.groups is None) != (validation.groups is None):
        without = "training" if train.groups is None else "validation"
        train = train.noted(f"groups are left out: the {without} set has none")
    together = joined(train, validation.replace(notes=()), path, "validation")
    return with_validation(together, np.arange(len(together.x)) >= len(train.x))


def sequences_from_arrays(path, x_name, x, y_name, y, c, preparation=None):
    """Check an array x and its labels y (or None) and make Sequences of them.

    Parameters: x is (n, time), (n, time, features), or for video (n, time, height, width[, channels]), or pictures: see
    readers/arrays/picture_axes.py; new data may be one sequence alone. y is (n,), (n, targets)
    or, if c.WINDOW or c.WINDOW_LABEL says that it is meant so, (n, time): then they are streams.
    Raises: InputError for wrong shapes and what are no numbers.
    """
    if x.dtype.kind not in "fiub":
        raise InputError(f"{path}: {x_name} must hold numbers, it holds {x.dtype}")
    x, picture, axes = with_features(path, x_name, with_first_axis(x, preparation))
    if 0 in x.shape:
        raise InputError(f"{path}: {x_name} holds no values, its shape is {x.shape}")
    if x.ndim not in (3, 5):
        raise InputError(
            f"{path}: {x_name} has shape {x.shape}; allowed are (n, time), (n, time, features) and "
            "(n, time, height, width[, channels])"
        )
    of_steps = x.ndim == 3 and y is not None and y.shape[:2] == x.shape[:2]
    if of_steps and (c.WINDOW is not None or c.WINDOW_LABEL != "all"):
        return _streams(path, x, y_name, y)
    y, notes = _check_labels(path, x_name, len(x), y_name, y, of_steps)
    kind = "clips" if x.ndim == 5 else "sequences"
    return Sequences(strip_trailing_nans(x), y, kind, picture=picture, notes=(*notes, *axes))


def _streams(path, x, y_name, y):
    """Return Sequences, streams, of arrays x (n, time, features) with a label for each time step in y (n, time)."""
    y = np.asarray(y[:])
    if y.ndim == 3 and y.shape[2] == 1:
        y = y[:, :, 0]
    if y.ndim != 2 or y.dtype.kind not in "fiubUS":
        need = "a number or a word for each time step, (n, time), is needed"
        raise InputError(f"{path}: {y_name} holds {y.dtype} of shape {y.shape}: {need}")
    y = np.char.decode(y, "utf-8", "replace") if y.dtype.kind == "S" else y
    x = [*strip_trailing_nans(np.asarray(x[:]))]
    note = f"{y_name} {y.shape}: a label for each time step"
    return Sequences(x, [labels[: len(own)] for labels, own in zip(y, x)], "streams", notes=(note,))


def _check_labels(path, x_name, n, y_name, y, of_steps):
    """Return (labels as Sequences have them, notes).

    of_steps: whether there are as many columns as time steps, of which each could have its label.
    """
    if y is None:
        return None, ()
    y = np.asarray(y[:] if isinstance(y, RowsOnDisk) else y)
    if y.dtype.kind not in "fiubUS":
        raise InputError(f"{path}: {y_name} must hold numbers or words, it holds {y.dtype}")
    if y.ndim == 2 and 1 in y.shape:  # MATLAB writes (n, 1) or (1, n)
        y = y.reshape(-1)
    if y.dtype.kind == "S":
        y = np.char.decode(y, "utf-8", "replace")
    way = 'WINDOW, the time steps of one window (or WINDOW_LABEL = "last": whole sequences)'
    way = f"; if each time step has its label, set {way}" if of_steps else ""
    if y.shape[:1] != (n,) or y.ndim > 2:
        raise InputError(f"{path}: {x_name} has {n} sequences, {y_name} has shape {y.shape}{way}")
    if y.ndim == 1:
        return y, ()
    if y.dtype.kind in "US":
        raise InputError(
            f"{path}: {y_name} has {y.shape[1]} words a sequence: several labels are columns of 0 and 1{way}"
        )
    targets = f"{y_name} {y.shape}: read as {y.shape[1]} targets{way}"
    notes = [targets] * (of_steps and not np.isin(y, (0, 1)).all())
    if y.dtype.kind in "iu":
        notes += integer_note(y_name, int(is_rounded(y).sum()))
    return y.astype(np.float64), tuple(notes)


def classes_if_one_hot(*splits):
    """Turn labels (n, k) into the numbers of classes where each sequence, of all Sequences that there are, has one.

    Returns: Sequences as given, None where None is.
    """
    labels = [own.y for own in splits if own is not None and isinstance(own.y, np.ndarray)]
    known = [y[~np.isnan(y).any(axis=1)] if y.ndim == 2 and y.dtype.kind == "f" else y for y in labels]  # have a label
    if not labels or not all(y.ndim == 2 and np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all() for y in known):
        return splits
    note = f"one-hot labels were read as the classes 0 to {labels[0].shape[1] - 1}"
    return [own and own.replace(y=None if own.y is None else _places_of_ones(own.y)).noted(note) for own in splits]


def _places_of_ones(y):
    """Return the place of the 1 in each row of y (n, k), NaN where a row has NaN: (n,)."""
    missing = np.isnan(y).any(axis=1)
    return np.where(missing, np.nan, np.nan_to_num(y).argmax(axis=1)) if missing.any() else y.argmax(axis=1)


def _with_constants(path, sequences, name, values):
    """Repeat the numbers of each sequence over its time steps, as features behind the others."""
    values, x, sequences = np.asarray(values[:]), sequences.x, sequences.replace(picture=None)
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or len(values) != len(x) or values.dtype.kind not in "fiub":
        raise InputError(f"{path}: {name} has shape {values.shape}; {(len(x), 'k')} numbers are needed")
    if isinstance(x, RowsOnDisk) or not isinstance(x, list) and x.ndim != 3:
        raise InputError(f"{path}: {name} is possible only beside sequences (n, time, features) in memory")
    if isinstance(x, list):
        return sequences.replace(x=[np.hstack([own, np.tile(v, (len(own), 1))]) for own, v in zip(x, values)])
    if np.result_type(x, values).kind == "f":  # of whole numbers beside decimals, or with a sign beside without
        whole = [(own, array) for own, array in (("X", x), (name, values)) if array.dtype.kind in "iu"]
        sequences = sequences.noted(*(n for own, array in whole for n in integer_note(own, is_rounded(array).sum())))
    repeated = np.repeat(values[:, None], x.shape[1], axis=1)
    return sequences.replace(x=np.concatenate([x, repeated], axis=2))  # of a dtype that holds both


def _cut_to_lengths(path, sequences, name, lengths):
    """Cut each sequence to its length: what follows is padding."""
    x = sequences.x
    lengths = _vector(path, name, lengths, len(x), "iu")
    if isinstance(x, RowsOnDisk) or lengths.min() < 1 or any(n > len(own) for n, own in zip(lengths, x)):
        raise InputError(f"{path}: {name} must lie between 1 and the time steps of X, which must fit in memory")
    if sequences.kind == "streams":
        sequences = sequences.replace(y=[own[:n] for n, own in zip(lengths, sequences.y)])
    return sequences.replace(x=[own[:n] for n, own in zip(lengths, x)], picture=None)


def _vector(path, name, values, n, kinds):
    """Return values as (n,), of one of these kinds of NumPy's dtypes."""
    values = np.asarray(values[:])
    values = values.reshape(-1) if values.ndim == 2 and 1 in values.shape else values  # MATLAB has no vectors ...
    if values.dtype.kind == "f" and (values == np.round(values)).all() and (np.abs(values) < 2**53).all():
        values = values.astype(np.int64)  # ... and its numbers are decimals
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8", "replace")
    if values.shape != (n,) or values.dtype.kind not in kinds:
        raise InputError(f"{path}: {name} must be whole numbers or words, one for each of the {n} sequences")
    return values
