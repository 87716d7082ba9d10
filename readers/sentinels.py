"""Values that may mean missing, -200, -999 or 9999: named in inputs, asked about where they are to be learned."""

import itertools
import re

import numpy as np

from core.errors import InputError
from readers.tables.table import place_of
from sequences.rows_on_disk import RowsOnDisk

REPEATS = 5  # times that a value outside the rest must occur to be pointed at,
FAR = 2  # and how far it must lie, in ranges of the rest;
APART = 0.1  # where it is known to mean missing
NINES = re.compile(r"-?9{3,}")


def find_sentinels(columns):
    """Find values that may mean missing in columns, pairs of a name and numbers (rows,).

    Such a value is the lowest or highest, repeats, and lies far outside the rest; once it is known, from one column or
    for being all nines, a gap to the rest will do. Returns: {name: (value, how often, whether it is all but certain)}.
    """
    candidates = {}
    for name, column in columns:
        for value in (np.fmin.reduce(column), np.fmax.reduce(column)):  # whatever is missing
            if np.isfinite(value) and (count := np.count_nonzero(column == value)) >= REPEATS:
                rest = column[np.isfinite(column) & (column != value)]
                with np.errstate(over="ignore", invalid="ignore"):  # what 32-bit floats cannot hold is refused later
                    if len(rest) and (spread := rest.max() - rest.min()) > 0:
                        gap = np.abs(rest - value).min() / spread
                        candidates[name, value] = gap, count, len(rest) > count and gap > FAR
    known = {value for (_, value), (_, _, far) in candidates.items() if far}
    found = {}
    for (name, value), (gap, count, far) in candidates.items():
        code = NINES.fullmatch(_shown(value)) is not None or value < 0 and value in known
        if far or code and gap > APART:
            found[name] = value, count, code
    return found


def sentinel_notes(sequences, path, c=None):
    """Point at values that may mean missing in Sequences as read, whatever their format: a list of lines.

    c: Constants, or None for new data, of which nothing is learned. Raises: InputError where such a value is all but
    certain among numbers to learn, the columns of TARGET, LABEL or y. Among classes it is named alone.
    """
    if sequences.kind not in ("sequences", "series", "streams"):
        return []
    targets = _targets(sequences, c) if c is not None and sequences.kind == "series" else []
    labels, are_classes = _labels(sequences, c) if c is not None and sequences.y is not None else ({}, False)
    notes = []
    for name, (value, count, code) in find_sentinels(itertools.chain(_features(sequences), labels.items())).items():
        said, way = f"is {_shown(value)} {count} times, far outside the rest", "empty those cells"
        if sequences.kind == "sequences":  # each has one label, which cannot be empty
            way = "leave those sequences out" if name in labels else "empty those cells, NaN in arrays,"
        if code and (name in targets or name in labels and not are_classes):
            raise InputError(
                f"{path}: {f'column {name!r} of TARGET' if name in targets else name} {said}, as what is missing is "
                f"written: {way}; if it was measured, write it with one digit more"
            )
        if code or name not in labels or not are_classes:
            notes.append(f"{name} {said}: {way} if it means missing")
    return notes


def _shown(value):
    """Write a value, whole numbers with all their digits."""
    return f"{value:.15g}" if value == np.round(value) else f"{value:g}"


def _features(sequences):
    """Yield (name, numbers (rows,)) of each feature; of what stays on disk nothing."""
    x = sequences.x
    if isinstance(x, RowsOnDisk) or not len(x):
        return
    count = x[0].shape[-1]
    names = sequences.columns or (["the only feature"] if count == 1 else [f"feature {k}" for k in range(count)])
    for k, name in enumerate(names):
        yield name, _as_floats(np.concatenate([own[:, k] for own in x]) if isinstance(x, list) else x[..., k].ravel())


def _targets(series, c):
    """Return the names of the columns that TARGET names; None: the last."""
    wanted = c.TARGET if isinstance(c.TARGET, list) else [series.columns[-1] if c.TARGET is None else c.TARGET]
    places = [place_of(series.table, column) for column in wanted]
    return [series.table[place] for place in places if place is not None]


def _labels(sequences, c):
    """Return ({name: numbers (rows,)} of labels that are numbers, whether they are classes)."""
    y = np.concatenate(sequences.y) if isinstance(sequences.y, list) else np.asarray(sequences.y)
    are_classes = c.TASK == "classification" or c.TASK is None and y.ndim == 1 and y.dtype.kind != "f"
    try:
        columns = np.atleast_2d((np.where(y == "", "nan", y) if y.dtype.kind == "U" else y).astype(np.float64).T)
    except ValueError:  # words
        return {}, True
    what = "y" if c.LABEL is None else f"column {c.LABEL!r} of LABEL"
    names = [what] if len(columns) == 1 else [f"{what}, column {k}," for k in range(len(columns))]
    return dict(zip(names, columns)), are_classes


def _as_floats(values):
    return values if values.dtype.kind == "f" else values.astype(np.float64)
