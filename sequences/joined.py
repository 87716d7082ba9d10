"""Sets of Sequences as one: the training set with what a data set holds out of it."""

import numpy as np

from core.errors import InputError
from sequences.preparation import with_columns
from sequences.rows_on_disk import RowsOnDisk


def all_for_training(train, test, where):
    """Return the Sequences of all sets, official validation and test sets too, none of them held out.

    Parameters: train, test as a reader returns them; where, the path, for messages. Raises: InputError.
    """
    official = test is not None or train.splits is not None or any(train.held_out or [])
    if test is not None:
        train = joined(train, test, where, "test")
    note = "official validation and test sets are for training too (TEST_SIZE = 0)"
    return train.replace(splits=None, held_out=None).noted(*[note] * official)


def joined(train, other, where, name):
    """Return Sequences of a training set and, behind it, another set.

    Parameters: where, the path; name, of the other set, for messages. Raises: InputError for sets of different form.
    """
    other = with_columns(other, train.columns, f"the {name} set of {where}")
    if other.sample_rate != train.sample_rate:
        rates = " and ".join(f"{own.sample_rate:g}" for own in (train, other) if own.sample_rate is not None)
        raise InputError(f"{where}: the sample rates of the training and of the {name} set differ ({rates} Hz)")
    fields = {
        field: _one_after_the_other(getattr(train, field), getattr(other, field), field, where, name)
        for field in ("x", "y", "groups", "names", "texts")
    }
    return train.replace(**fields).noted(*(note for note in other.notes if note not in train.notes))


def _one_after_the_other(first, second, field, where, name):
    """Return two lists or arrays as one; None where one of them is."""
    if first is None or second is None:
        return None
    if isinstance(first, RowsOnDisk) or isinstance(second, RowsOnDisk):
        if (rows := _in_one_file(first, second)) is None:
            raise InputError(
                f"{where}: arrays as large as these stay on disk, where the training and the {name} set are not "
                "joined: write both into one array"
            )
        return rows
    if not isinstance(first, np.ndarray) or not isinstance(second, np.ndarray):
        return [*first, *second]
    if (first.dtype.kind == "U") != (second.dtype.kind == "U") or first.shape[1:] != second.shape[1:]:
        shown = " and ".join(f"{values.dtype} of shape {values.shape}" for values in (first, second))
        raise InputError(f"{where}: {field} of the training and of the {name} set do not fit together: {shown}")
    return np.concatenate([first, second])


def _in_one_file(first, second):
    """Return rows of one file as RowsOnDisk, those of the second behind the first; None where they are not so."""
    if not isinstance(first, RowsOnDisk) or not isinstance(second, RowsOnDisk):
        return None
    if (first.path, first.dtype, first.shape[1:]) != (second.path, second.dtype, second.shape[1:]):
        return None
    width = int(np.prod(first.shape[1:])) * first.dtype.itemsize
    further, rest = divmod(second.offset - first.offset, width)
    if rest or further < 0:
        return None
    own, others = (np.arange(len(rows)) if rows.places is None else rows.places for rows in (first, second))
    places = np.concatenate([own, others + further])
    return RowsOnDisk(first.path, first.offset, (len(places), *first.shape[1:]), first.dtype, places)
