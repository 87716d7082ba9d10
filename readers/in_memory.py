"""Data that a notebook or a program already holds: arrays, lists of arrays or of texts, DataFrames."""

import numpy as np

from core.errors import InputError
from core.wording import counted
from readers.arrays.named_arrays import classes_if_one_hot, sequences_from_arrays
from readers.media.texts import from_texts
from readers.tables.columns import shorten
from readers.whole_numbers import count_rounded_cells
from sequences.types import Sequences

IN_MEMORY = "data in memory"  # what DATASET says of them


class DataFrameInMemory:
    """A DataFrame where the readers of tables take a path: readers/tables/delimited.py knows its suffix."""

    suffix, name = ".dataframe", "the DataFrame"

    def __init__(self, frame):
        self.frame = frame

    def __str__(self):
        return self.name

    def is_dir(self):
        return False


def sequences_in_memory(x, y, c, preparation=None):
    """Make Sequences of what is no DataFrame.

    Parameters: x, numbers (n, time[, features]), (n, time, height, width[, channels]), a list of n arrays
    (time_i[, features]), or n texts; y, the label or numbers of each, (n,) or (n, targets), or None; c, Constants;
    preparation, None or for new data that of the run.
    Raises: InputError for what is none of these.
    """
    for name, values in (("x", x), ("y", y)):
        refuse_masked(name, values)
    if isinstance(x, str) or not hasattr(x, "__len__") or not len(x):
        raise InputError(f"{IN_MEMORY}: x is {type(x).__name__}, with nothing in it that can be read: give an array")
    texts = all(isinstance(own, str) for own in x)
    try:
        y = None if y is None else with_gaps(array_of_labels(y), texts)
    except ValueError as error:  # NumPy's of rows that differ in length
        raise InputError(f"{IN_MEMORY}: y gives some sequences more labels than others: join them, as 'a|b'") from error
    if y is not None and len(y) != len(x):
        raise InputError(f"{IN_MEMORY}: x has {len(x)} sequences, y has {len(y)}")
    refuse_columns_in_other_order(x)
    if texts:
        y = y if y is None or y.ndim == 2 and y.dtype.kind in "iufb" else y.astype(str)
        return classes_if_one_hot(from_texts(IN_MEMORY, list(x), y), None)[0]
    if isinstance(x, (list, tuple)) and len({np.shape(own)[:1] for own in x}) > 1:
        return _of_unequal_lengths(x, y, c, preparation)
    read, _ = classes_if_one_hot(sequences_from_arrays(IN_MEMORY, "x", np.asarray(x), "y", y, c, preparation), None)
    return read


def array_of_labels(y):
    """Return labels as an array; whole numbers beside gaps stay as they are, of which NumPy would make floats."""
    labels = np.asarray(y)
    if labels.dtype.kind == "f" and labels.ndim == 1 and not isinstance(y, np.ndarray):
        return np.array([*y], object)
    return labels


def with_gaps(y, words):
    """Return labels (n,) that may be objects, among them None or pandas' NA, as numbers or words: NaN or "" is none.

    Whole numbers that floats beside NaN would round are words. words: whether all numbers are, as those of texts are.
    """
    if y.dtype.kind != "O" or y.ndim != 1:
        return y
    missing = np.array([own is None or str(own) in ("nan", "NaT", "<NA>") for own in y])
    known = np.array(y[~missing].tolist())
    if words or known.dtype.kind not in "iuf" or missing.any() and count_rounded_cells(map(str, y[~missing])):
        return np.where(missing, "", y.astype(str))
    numbers = np.full(len(y), np.nan)
    numbers[~missing] = known
    return numbers if missing.any() else known


def refuse_masked(name, values):
    """Raise InputError for a masked array, or one in a list: as an array it would show what the mask hides."""
    several = values if isinstance(values, (list, tuple)) else [values]
    if masked := sum(int(np.ma.getmaskarray(own).sum()) for own in several if np.ma.isMaskedArray(own)):
        way = "x.filled(np.nan) says that they are missing" if name == "x" else "leave those sequences out"
        raise InputError(f"{IN_MEMORY}: the mask of {name} hides {counted(masked, 'value')}: {way}")


def refuse_columns_in_other_order(x):
    """Raise InputError for a list of DataFrames whose columns are not the same, in the same order."""
    named = [[*own.columns] for own in x if hasattr(own, "columns")] if isinstance(x, (list, tuple)) else []
    if other := next((names for names in named if names != named[0]), None):
        raise InputError(
            f"{IN_MEMORY}: the DataFrames of x must have the same columns in the same order; one has "
            f"{shorten(named[0])}, another {shorten(other)}"
        )


def _of_unequal_lengths(x, y, c, preparation):
    """Return Sequences of arrays (time_i[, features]); the labels are checked as those of an array are."""
    arrays = [np.asarray(own) for own in x]
    arrays = [own[:, None] if own.ndim == 1 else own for own in arrays]
    wrong = next((k for k, own in enumerate(arrays) if own.ndim != 2 or own.dtype.kind not in "fiub"), None)
    if wrong is not None or len({own.shape[1] for own in arrays}) > 1:
        shown = arrays[wrong or 0]
        raise InputError(
            f"{IN_MEMORY}: a list needs arrays of numbers (time, features), of the same features: array "
            f"{wrong or 0} holds {shown.dtype} of shape {shown.shape}"
        )
    labels = sequences_in_memory(np.zeros((len(x), 1)), y, c).y if y is not None else None
    return Sequences([own.astype(np.result_type(*arrays), copy=False) for own in arrays], labels, "sequences")
