"""Which sequences are for training and which are held out: official splits, named files, whole groups, drawn ones."""

import math
import re
import unicodedata

import numpy as np

from core.constants import pattern
from core.errors import InputError
from core.lazy import lazy
from sequences import folds
from sequences.rows_on_disk import RowsOnDisk
from sequences.types import SPLITS

model_selection = lazy("sklearn.model_selection")


def split_sequences(train, test, c, validation_seed, stratify=True, fold=None):
    """Split Sequences into parts. test: the official test set, or None; validation_seed draws the validation set;
    stratify: whether labels are classes; fold: of a cross-validation, which then says what is held out, or None.

    Returns: {"training", "validation", "test": rows (n,)}; those of the test set count in `test` where it is given.
    """
    if train.splits is not None:
        rows = {name: np.flatnonzero(train.splits == place) for place, name in enumerate(SPLITS)}
        return rows if test is None else rows | {"test": np.arange(len(test.x))}
    groups, rows = groups_of(train, c.GROUP), np.arange(len(train.x))
    if test is not None:
        training, held_out = rows, np.arange(len(test.x))
    elif not c.TEST_SIZE:
        training, held_out = rows, rows[:0]
    elif c.TEST_FILES is not None:
        training, held_out = named_files(train, c.TEST_FILES, groups)
    elif fold is not None:
        cut = folds.fold_test_rows(rows, train.y, groups, fold, stratify and train.stratify, c.SEED)
        training, held_out = np.setdiff1d(rows, cut), cut
    else:
        training, held_out = random_split(
            rows, train.y, groups, "TEST_SIZE", c.TEST_SIZE, c.SEED, stratify and train.stratify
        )
    validation = rows[:0]
    if c.VALIDATION_SIZE:
        size = c.VALIDATION_SIZE
        training, validation = random_split(
            training, train.y, groups, "VALIDATION_SIZE", size, validation_seed, stratify
        )
    return {
        "training": in_reading_order(train.x, training),
        "validation": in_reading_order(train.x, validation),
        "test": in_reading_order((test or train).x, held_out),
    }


def with_validation(train, validation):
    """Mark some Sequences, bool (n,), as the official validation set, which then is the validation split."""
    return train.replace(splits=validation.astype(int))


def official_validation_notes(sequences):
    """Say how many of Sequences, as read, are an official validation set. Returns: list of one line or none."""
    count = 0 if sequences.splits is None else int((sequences.splits == SPLITS.index("validation")).sum())
    return [f"validation set: the official one, {count} sequences; VALIDATION_SIZE does not change it"] * bool(count)


def has_validation(sequences, c):
    """Tell whether there is a validation split: an official one, or one that VALIDATION_SIZE cuts."""
    return bool(c.VALIDATION_SIZE) or sequences.splits is not None and bool((sequences.splits == 1).any())


def random_split(rows, labels, groups, constant, size, seed, stratify=True):
    """Split row numbers in two by scikit-learn, groups kept whole; InputError naming `constant` where it cannot be.

    Returns: (rows that stay, rows that are cut off).
    """
    labels = labels[rows]
    try:
        if groups is not None:
            splitter = model_selection.GroupShuffleSplit(n_splits=1, test_size=size, random_state=seed)
            kept, cut = next(splitter.split(rows, groups=groups[rows]))
            return rows[kept], rows[cut]
        classes, counts = np.unique(labels, return_counts=True)
        if stratify and counts.min() < 2:
            lone = str(classes[counts.argmin()])
            if counts.max() == 1 and len(classes) > 2:
                shown = ", ".join(map(str, classes[:3]))
                raise InputError(
                    f"each sequence has a class of its own ({shown}, ...): those are names, not labels; in a table "
                    'SEQUENCE = "row" and LABEL say which column holds the labels, LABEL_FILE that they are in another'
                )
            raise InputError(
                f"class {lone!r} has one sequence: two are needed to split it; IGNORE_LABELS = [{lone!r}] leaves it out"
            )
        if not stratify:
            return shuffle_split(rows, size, seed)
        return model_selection.train_test_split(rows, test_size=size, random_state=seed, stratify=labels)
    except InputError:
        raise
    except ValueError as error:
        what = f"{len(set(groups[rows]))} groups" if groups is not None else f"{len(rows)} sequences"
        need = "each set needs at least one, and at least one of every class"
        if groups is None and stratify and 2 * len(classes) <= len(rows):
            need += f": {constant} = {len(classes)} is the least"
        raise InputError(f"{constant} = {size} is impossible for {what}: {need}") from error


def shuffle_split(rows, size, seed):
    """Split rows as sklearn.model_selection.train_test_split does, which takes a second to import."""
    cut = math.ceil(size * len(rows)) if isinstance(size, float) else size
    if not 0 < cut < len(rows):
        raise ValueError(f"{cut} of {len(rows)}")
    order = rows[np.random.RandomState(seed).permutation(len(rows))]
    return order[cut:], order[:cut]


def in_reading_order(x, rows):
    """Sort row numbers where x lies on disk, so that it is read in long strokes; elsewhere the split's order stays."""
    return np.sort(rows) if isinstance(x, RowsOnDisk) else rows


def groups_of(train, group):
    """Return the group of each sequence (n,), or None: the file's own `groups`, or what GROUP finds in file names."""
    if group is None or train.groups is not None:
        return train.groups
    if train.names is None:
        raise InputError(
            f"GROUP = {group!r} is impossible: only recordings have file names, and tables columns (or put groups into "
            ".npz)"
        )
    if not pattern(groups=1)[0](group):
        raise InputError(f"GROUP = {group!r} is impossible: it must be a regular expression with one (group)")
    found = [re.search(group, name) for name in train.names]
    found = [match if match and match[1] is not None else None for match in found]
    if None in found:
        raise InputError(f"GROUP = {group!r} finds nothing in the file name {train.names[found.index(None)]}")
    return np.array([unicodedata.normalize("NFC", match[1]) for match in found])


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
        raise InputError(f"TEST_FILES = {test_files!r} splits the group {sorted(both)[0]!r} of GROUP into two parts")
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def split_by_time(rows, official, c, least):
    """Split the rows of a series: the last are test, those before them validation.

    rows: their number; official: how many of them are an official test set, 0 where none is given (TEST_SIZE then
    says how many); least: rows that the training set needs.
    Returns: {"training", "validation", "test": rows (n,)}. Raises InputError where a part would be too short.
    """
    sizes = {"TEST_SIZE": official or c.TEST_SIZE, "VALIDATION_SIZE": c.VALIDATION_SIZE}
    lengths = part_lengths(rows, sizes)
    validation, test = rows - sum(lengths.values()), rows - lengths["TEST_SIZE"]
    if validation < least:
        raise InputError(
            f"the training set has {max(validation, 0)} of {rows} rows: WINDOW = {c.WINDOW} and HORIZON = {c.HORIZON} "
            f"need at least {least}"
        )
    for name, length in lengths.items():
        if 0 < length < c.HORIZON:
            raise InputError(
                f"{name} = {sizes[name]} is impossible: {length} rows are fewer than HORIZON = {c.HORIZON}"
            )
    places = np.arange(rows)
    return {"training": places[:validation], "validation": places[validation:test], "test": places[test:]}


def part_lengths(rows, sizes):
    """Return {name: rows of a part} for {name: fraction of all rows, or their number}."""
    return {name: size if size >= 1 else int(np.ceil(rows * size)) for name, size in sizes.items()}


def split_series(rows, official, c, least, fold=None):
    """Split each of several series by time: see split_by_time. rows, official: a list, of each series its own; fold: of
    a cross-validation, which holds out an earlier stretch.

    A series too short for what is held out is all for training, one with fewer than `least` rows for nothing.
    Returns: list of arrays (rows_i,), the place in SPLITS of each row, -1 for none. Raises InputError where no series
    has a test set, though there should be one, or none a training set.
    """
    test_size = c.TEST_SIZE
    if fold is not None and not any(official):
        rows, official = zip(*(folds.series_fold_lengths(n, fold) for n in rows))
        if not any(official):
            raise InputError(f"FOLDS = {fold.of} is impossible: the longest series has {max(rows)} rows")
        test_size = 0
    if len(rows) == 1:
        split = split_by_time(rows[0], official[0], c, least)
        return [np.repeat(np.arange(len(SPLITS)), [len(split[name]) for name in SPLITS])]
    marks, tested = [], bool(test_size) or any(official)
    for n, held_out in zip(rows, official):
        sizes = {"VALIDATION_SIZE": c.VALIDATION_SIZE, "TEST_SIZE": held_out or test_size}
        lengths = [max(length, c.HORIZON) if length else 0 for length in part_lengths(n, sizes).values()]
        if n - sum(lengths) >= least and (lengths[-1] or not tested):
            marks.append(np.repeat(np.arange(len(SPLITS)), [n - sum(lengths), *lengths]))
        else:
            marks.append(np.full(n, 0 if n >= least else -1))
    if all(own.max(initial=-1) < int(tested) for own in marks):
        before = " before its test set" * tested
        raise InputError(
            f"none of the {len(rows)} series has {least} rows{before}, which WINDOW = {c.WINDOW} and "
            f"HORIZON = {c.HORIZON} need"
        )
    return marks
