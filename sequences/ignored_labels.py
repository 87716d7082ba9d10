"""Sequences that nothing is learned from: without a label, or with one that IGNORE_LABELS names, such as rest."""

import numpy as np

from core.errors import InputError
from sequences.types import FASTTEXT

PANDAS_NA = "<NA>"  # how pandas writes a missing value
UNLABELLED = ("", "nan", PANDAS_NA.lower())  # in lower case: marks that pandas writes, and that are no words


def are_ignored(labels, ignored):
    """Tell which labels (n,) IGNORE_LABELS names, as numbers or as they are written; of several at once none: bool."""
    if labels.ndim == 2 or not ignored:
        return np.zeros(len(labels), bool)
    names = {*map(str, ignored)}
    return np.array([label in ignored or str(label) in names for label in labels.tolist()], bool)


def numbered(y):
    """Return (the different labels of y (n,) or (n, labels), the number of each): stretches are looked up once."""
    if y.ndim == 2:
        labels, numbers = np.unique(y, axis=0, return_inverse=True)
        return labels, numbers.ravel()  # NumPy 2.0 kept the axes
    first = np.flatnonzero(np.concatenate([[True], y[1:] != y[:-1]])[: len(y)])
    labels, numbers = np.unique(y[first], return_inverse=True)
    return labels, np.repeat(numbers, np.diff([*first, len(y)]))


def labels_present(y, ignored):
    """Return the different labels of y, one or (rows,) or (rows, labels), sorted, without those of IGNORE_LABELS."""
    y = np.atleast_1d(y)
    labels = np.unique(y) if y.ndim == 2 else numbered(y)[0]
    return labels if y.ndim == 2 else labels[~are_ignored(labels, ignored)]


def are_unlabelled(y):
    """Tell which of y, numbers or words of any shape, are no label, such as NaN: bool, as y."""
    if y.dtype.kind != "U":
        return np.isnan(y.astype(np.float64))
    labels, numbers = numbered(y.ravel())
    return np.isin(np.char.lower(np.char.strip(labels)), UNLABELLED)[numbers].reshape(y.shape)


def without_unlabelled(sequences, tags=False, of=""):
    """Leave out the sequences without a label, or that lack one of several numbers, where others have it.

    Parameters: tags, whether labels that are words may be none (TASK = "multilabel"); of, the set, for the note. Rows
    of streams are left out with their windows.
    Returns: Sequences, noted how many; where none has a label, y is None as if there were no labels.
    """
    y = sequences.y
    if y is None or isinstance(y, list) or sequences.transcripts:
        return sequences
    tags = y.dtype.kind == "U" and (tags or any(label.count(FASTTEXT) > 1 for label in y.tolist()))
    missing = are_unlabelled(y).reshape(len(y), -1).any(axis=1)
    if tags:  # an empty cell says that it has none of them
        missing &= np.char.strip(y) != ""
    if missing.all():
        return sequences.replace(y=None)
    if not missing.any():
        return sequences
    kept = sequences.at(np.flatnonzero(~missing))
    return kept.noted(f"{of}sequences without a label, left out: {missing.sum()} of {len(y)}")


def have_one_label(sequences):
    """Tell whether Sequences have a label each, or each of their rows one, that can be left out."""
    if sequences.kind == "streams":
        return sequences.y[0].ndim == 1
    return sequences.y is not None and sequences.y.ndim == 1


def without_ignored(sequences, ignored):
    """Leave out the sequences whose label IGNORE_LABELS names, and recordings with no other in their rows.

    Returns: Sequences, noted how many. Raises: InputError where none is left.
    """
    if not ignored or not have_one_label(sequences):
        return sequences
    if sequences.kind == "streams":
        kept = np.array([len(labels_present(y, ignored)) > 0 for y in sequences.y])
    else:
        kept = ~are_ignored(sequences.y, ignored)
    if not kept.any():
        raise InputError(f"IGNORE_LABELS = {ignored!r} leaves no label to learn")
    if kept.all():
        return sequences
    what = "recordings" if sequences.kind == "streams" else "sequences"
    note = f"{what} with no label but those of IGNORE_LABELS, left out: {(~kept).sum()}"
    return sequences.at(np.flatnonzero(kept)).noted(note)


def absent_notes(sets, ignored):
    """Say which of IGNORE_LABELS no Sequences of `sets` (or None) have as a label: a list of a line or none."""
    labelled = [own for own in sets if own is not None and have_one_label(own)]
    if not ignored or not labelled:
        return []
    of_each = [y for own in labelled for y in (own.y if own.kind == "streams" else [own.y])]
    labels = [numbered(y)[0] for y in of_each if len(y)]
    absent = [name for name in ignored if not any(are_ignored(own, [name]).any() for own in labels)]
    return [f"IGNORE_LABELS names what no label is: {', '.join(map(repr, absent))}"] * bool(absent)
