"""Which sequences are for training and which are held out: official splits, named files, whole groups, drawn ones."""

import re

import numpy as np
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from checks import InputError
from rows_on_disk import RowsOnDisk


def test_split(train, test, groups, test_files, test_size, seed, stratify):
    """Return (training rows, test rows): of the official split, of the files that are named, or drawn."""
    rows = np.arange(len(train.x))
    if test is not None:
        return rows, np.arange(len(test.x))
    if test_files is not None:
        return named_files(train, test_files, groups)
    return split(rows, train.y, groups, "TEST_SIZE", test_size, seed, stratify)


def split(rows, labels, groups, constant, size, seed, stratify=True):
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


def in_reading_order(x, rows):
    """Sort row numbers where x lies on disk, so that it is read in long strokes; elsewhere the split's order stays."""
    return np.sort(rows) if isinstance(x, RowsOnDisk) else rows


def groups_of(train, group):
    """Return the group of each sequence (n,), or None: the file's own `groups`, or what GROUP finds in file names."""
    if group is None:
        return train.groups
    if train.names is None:
        raise InputError(f"GROUP = {group!r} is impossible: only recordings have file names (or put groups into .npz)")
    found = [re.search(group, name) for name in train.names]
    found = [match if match and match[1] is not None else None for match in found]
    if None in found:
        raise InputError(f"GROUP = {group!r} finds nothing in the file name {train.names[found.index(None)]}")
    return np.array([match[1] for match in found])


def named_files(train, test_files, groups):
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
