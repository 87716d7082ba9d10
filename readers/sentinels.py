"""Values that may mean missing, -200, -999 or 9999: named in inputs, asked about where they are to be learned."""

import itertools
import re

import numpy as np

from core.errors import InputError
from core.wording import counted, counted_of
from readers.tables.table import place_of
from sequences.rows_on_disk import RowsOnDisk

SAMPLE = 2**20  # values of what stays on disk that are searched
REPEATS = 5  # times that a value outside the rest must occur to be pointed at,
FAR = 2  # and how far it must lie, in ranges of the rest;
APART = 0.1  # where it is known to mean missing
NINES = re.compile(r"-?9{3,}")


def find_sentinels(columns):
    """Find values that may mean missing in columns, pairs of a name and numbers (rows,).

    Such a value is the lowest or highest, repeats, and lies far outside the rest; once it is known, from one column or
    for being all nines, a gap to the rest will do.

    Returns: {(name, value): (how often, whether it is all but certain)}.
    """
    candidates = {}
    for name, column in columns:
        ends = {value: np.count_nonzero(column == value) for value in (np.fmin.reduce(column), np.fmax.reduce(column))}
        ends = {value: count for value, count in ends.items() if count >= _least_count(value) and np.isfinite(value)}
        for value, count in ends.items():
            others = [other for other in ends if other == value or _is_nines(other)]  # the other end may be one too
            rest = column[np.isfinite(column) & ~np.isin(column, others)]
            with np.errstate(over="ignore", invalid="ignore"):  # what 32-bit floats cannot hold is refused later
                if len(rest) and (spread := rest.max() - rest.min()) > 0:
                    gap = np.abs(rest - value).min() / spread
                    candidates[name, value] = gap, count, len(rest) > count and gap > FAR
    known = {value for (_, value), (_, _, far) in candidates.items() if far}
    found = {}
    for (name, value), (gap, count, far) in candidates.items():
        code = _is_nines(value) or value < 0 and value in known
        if far or code and gap > APART and count >= REPEATS:
            found[name, value] = count, code
    return found


def _is_nines(value):
    """Tell whether a value is written as nines alone, three at least."""
    return abs(value) >= 999 and NINES.fullmatch(_shown(value)) is not None


def _least_count(value):
    """Return how often a value must occur to be pointed at: nines alone are seldom measured twice, below 0 not once."""
    return (1 if value < 0 else 2) if _is_nines(value) else REPEATS


def sentinel_notes(sequences, path, c=None):
    """Point at values that may mean missing in Sequences as read, whatever their format: a list of lines.

    c: Constants, or None for new data, of which nothing is learned. Raises: InputError where such a value is all but
    certain among numbers to learn, the columns of TARGET, LABEL or y. Among classes it is named alone.
    """
    if sequences.kind not in ("sequences", "series", "streams") or not len(sequences.x):
        return []
    targets = _targets(sequences, c) if c is not None and sequences.kind == "series" else []
    labels, are_classes = _labels(sequences, c) if c is not None and sequences.y is not None else ({}, False)
    notes, looked_at = [], ""
    if isinstance(sequences.x, RowsOnDisk):
        n = len(_looked_at(sequences.x))
        looked_at = f" in the {counted(n, 'sequence')} looked at"
        searched = counted_of(n, len(sequences.x), "sequence", "were")
        notes.append(f"{searched} searched for values that may mean missing: the data stay on disk")
    for (name, value), (count, code) in find_sentinels(itertools.chain(_features(sequences), labels.items())).items():
        where = "" if name in labels else looked_at
        often = "once" if count == 1 else f"{count} times"
        said, way = f"is {_shown(value)} {often}{where}, far outside the rest", "empty those cells"
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
    """Yield (name, numbers (rows,)) of each feature; of what stays on disk of some sequences."""
    x = sequences.x[_looked_at(sequences.x)] if isinstance(sequences.x, RowsOnDisk) else sequences.x
    count = x[0].shape[-1]
    names = sequences.columns or (["the only feature"] if count == 1 else [f"feature {k}" for k in range(count)])
    for k, name in enumerate(names):
        yield name, _as_floats(np.concatenate([own[:, k] for own in x]) if isinstance(x, list) else x[..., k].ravel())


def _looked_at(x):
    """Return which rows of RowsOnDisk are searched: SAMPLE values of them, evenly spread."""
    n = max(1, SAMPLE // int(np.prod(x.shape[1:])))
    return np.unique(np.linspace(0, len(x) - 1, min(n, len(x))).astype(int))


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
