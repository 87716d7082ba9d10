"""Streams: recordings with a label in every row. They are split first, then cut into windows that lie in one part."""

import numpy as np

from core.errors import InputError
from core.wording import counted, were
from sequences.gaps import carried, fill_gaps, interpolated, name_of
from sequences.splits import draw, groups_of, split_sequences
from sequences.types import SPLITS
from sequences.windows import WindowNames, Windows

TRAINING, VALIDATION, TEST = range(len(SPLITS))


def cut_streams(train, test, c, validation_seed, pure, fold=None):
    """Make labelled sequences of recordings with a label in every row: windows of WINDOW rows, every STRIDE rows.

    train, test: Sequences whose y is a list of arrays (time_i,); test: the official test set or None. pure: whether a
    window needs one label throughout; else its label is that of its last row. Without WINDOW each recording is one
    sequence.
    Returns: (Sequences with y (n,), Sequences of the official test set or None); windows know their parts already.
    Whole recordings (with GROUP: groups) are held out; of a single recording the last windows of each class.
    Raises InputError where no window, or no part, can be made.
    """
    if c.WINDOW is None:
        return whole(train, pure), test and whole(test, pure)
    both = _joined(train, test)
    windows, labels, recording, notes = _windows(both, c.WINDOW, c.STRIDE or max(1, c.WINDOW // 2), pure)
    own, by_time = _split_recordings(train, test, c, validation_seed, pure, fold)
    marks = np.concatenate([own, np.full(len(test.x) if test is not None else 0, TEST)])[recording]
    classes = np.unique(labels, return_inverse=True)[1] if pure else np.zeros(len(labels), int)
    for part, size in by_time:
        _hold_out_last(marks, classes, part, size, fold if part == TEST else None)
    kept = _apart(marks, windows.starts, c.WINDOW)
    if not kept.all():
        notes.append(f"windows that reach into another part, left out: {(~kept).sum()}")
    marks = marks[kept]
    for place, name in enumerate(SPLITS):
        if not (marks == place).any() and (place != VALIDATION or c.VALIDATION_SIZE):
            raise InputError(f"{c.DATASET}: the {name} set has no window of {c.WINDOW} rows; try a smaller WINDOW")
    windows = Windows(windows.values, windows.starts[kept], c.WINDOW)
    begins = np.cumsum([0, *map(len, both.x)])[:-1]
    names = WindowNames(windows.starts, c.WINDOW, [name_of(both, k) for k in range(len(begins))], begins)
    made = train.replace(x=windows, y=labels[kept], splits=marks, groups=None, names=names)
    return made.replace(notes=(*train.notes, *notes)), None


def whole(stream, pure):
    """Make one labelled sequence of each recording. Raises InputError for one of several classes."""
    labels = [np.unique(y) if pure else y[-1:] for y in stream.y]
    for place, own in enumerate(labels):
        if len(own) > 1:
            raise InputError(
                f"{name_of(stream, place)} has {len(own)} labels ({', '.join(map(str, own[:4]))}): set WINDOW to the "
                "rows that make one sequence, or SEQUENCE to the columns that tell recordings apart; where each row "
                'is a sequence SEQUENCE = "row", where a column holds texts TEXT'
            )
    return stream.replace(y=np.array([own[0] for own in labels]))


def _joined(train, test):
    if test is None:
        return train
    names = [*train.names, *test.names] if train.names and test.names else None
    return train.replace(x=[*train.x, *test.x], y=[*train.y, *test.y], names=names)


def _windows(stream, size, stride, pure):
    """Cut recordings. Returns: (Windows, label of each (n,), its recording (n,), notes)."""
    # A single recording is divided by time: what comes later may not fill what lies before.
    fill, how = (carried, "from the row before") if len(stream.x) == 1 else (interpolated, "by linear interpolation")
    stream, gaps = fill_gaps(stream, fill)
    notes = [f"{were(gaps, 'missing value')} filled {how}"] if gaps else []
    lengths = np.array([len(x) for x in stream.x])
    first = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    starts = [begin + np.arange(0, max(0, n - size + 1), stride) for begin, n in zip(first, lengths)]
    recording = np.repeat(np.arange(len(starts)), [len(s) for s in starts])
    starts, labels = np.concatenate(starts), np.concatenate(stream.y)
    if short := (lengths < size).sum():
        notes.append(f"{short} of {len(lengths)} recordings are shorter than WINDOW = {size} rows: left out")
    if not len(starts):
        raise InputError(f"no recording has WINDOW = {size} rows: the longest has {lengths.max()}")
    missing = labels == "" if labels.dtype.kind == "U" else np.isnan(labels.astype(float))
    changes = np.concatenate([[0], np.cumsum((labels[1:] != labels[:-1]) & ~(missing[1:] & missing[:-1]))])
    last = starts + size - 1
    mixed = changes[starts] != changes[last] if pure else np.zeros(len(starts), bool)
    used = ~mixed & ~missing[last]
    if mixed.any():
        notes.append(f"{mixed.sum()} of {len(starts)} windows have rows of more than one label: left out")
    if (without := missing[last] & ~mixed).any():
        notes.append(f"windows without a label, left out: {without.sum()}")
    if pure:
        notes += _without_window(labels[~missing], labels[last[used]], size)
    if not used.any():
        raise InputError("; ".join(["no window can be used", *notes]))
    labels = labels[last[used]]
    if labels.dtype.kind == "f" and (labels == np.round(labels)).all():
        labels = labels.astype(np.int64)
    values = np.concatenate([np.asarray(x, np.float32) for x in stream.x])
    return Windows(values, starts[used], size), labels, recording[used], notes


def _without_window(labels, of_windows, size):
    """Name the classes that no window is made of, of which each may be a run of too few rows."""
    lost = sorted(set(np.unique(labels).tolist()) - set(np.unique(of_windows).tolist()))
    runs = np.split(labels, np.flatnonzero(labels[1:] != labels[:-1]) + 1)
    return [
        f"no window of {size} rows is all {label!r}: its longest run has "
        + counted(max(len(run) for run in runs if run[0] == label), "row")
        for label in lost
    ]


def _split_recordings(train, test, c, validation_seed, pure, fold):
    """Choose the part of each recording. Returns: (places in SPLITS (n,), [(part, size) cut by time instead])."""
    marks = np.full(len(train.x), TRAINING)
    labels = [np.unique(y) for y in train.y]
    alike = pure and all(len(own) == 1 for own in labels)
    units = train.replace(y=np.array([own[0] for own in labels]) if alike else np.zeros(len(labels)))
    if fold is not None and groups_of(units, c.GROUP) is None:  # recordings stay whole
        units = units.replace(groups=np.arange(len(marks)))
    by_time = []
    if test is None and len(marks) > 1:
        rows = split_sequences(units, None, c.changed(VALIDATION_SIZE=0.0), c.SEED, alike, fold)
        marks[rows["test"]] = TEST
    elif test is None:
        by_time.append((TEST, c.TEST_SIZE))
    if c.VALIDATION_SIZE:
        groups, training = groups_of(units, c.GROUP), np.flatnonzero(marks == TRAINING)
        if len(training) > 1 and (groups is None or len(set(groups[training])) > 1):
            size = c.VALIDATION_SIZE
            marks[draw(training, units.y, groups, "VALIDATION_SIZE", size, validation_seed, alike)[1]] = VALIDATION
        else:
            by_time.append((VALIDATION, c.VALIDATION_SIZE))
    return marks, by_time


def _hold_out_last(marks, classes, part, size, fold):
    """Move the last training windows of each class, a share `size` of them, to `part`. marks (n,) is changed.

    fold: of a cross-validation, which takes a stretch of them instead.
    """
    count = (marks == TRAINING).sum()
    share = size if size < 1 else size / count
    if share >= 1:
        name = "TEST_SIZE" if part == TEST else "VALIDATION_SIZE"
        raise InputError(f"{name} = {size} is impossible: there are {count} windows, and some must be left to train on")
    for number in np.unique(classes):
        own = np.flatnonzero((classes == number) & (marks == TRAINING))
        last = own[len(own) - int(np.ceil(len(own) * share)) :]
        marks[last if fold is None else np.array_split(own, fold.of)[fold.number]] = part


def _apart(marks, starts, size):
    """Tell which windows (n,) share no row with one of a later part: those of an earlier part give way."""
    kept = np.ones(len(marks), bool)
    for part in (VALIDATION, TRAINING):
        others = np.sort(starts[marks > part])
        if not len(others):
            continue
        after = np.searchsorted(others, starts)
        near = np.abs(others[np.minimum(after, len(others) - 1)] - starts) < size
        near |= np.abs(others[np.maximum(after - 1, 0)] - starts) < size
        kept &= ~(near & (marks == part))
    return kept
