"""Streams: recordings with a label in every row. They are split first, then cut into windows that lie in one set."""

import numpy as np

from core.errors import InputError
from core.wording import counted, counted_was
from sequences.gaps import carried_forward, fill_gaps, interpolated, name_of
from sequences.splits import groups_of, random_split, split_sequences
from sequences.types import SPLITS
from sequences.windows import WindowNames, Windows

TRAINING, VALIDATION, TEST = range(len(SPLITS))


def cut_streams(train, test, c, validation_seed, one_label, fold=None):
    """Make labelled sequences of recordings with a label in every row: windows of WINDOW rows, every STRIDE rows.

    Whole recordings (with GROUP: groups) are held out; of a single recording the last windows of each class. Without
    WINDOW each recording is one sequence.
    Parameters: train and test are Sequences whose y is a list of arrays (time_i,), test the official test set or None;
    one_label tells whether a window needs one label throughout, else its label is that of its last row.
    Returns: (Sequences with y (n,), Sequences of the official test set or None); windows know their splits already.
    Raises: InputError where no window, or no set, can be made.
    """
    if c.WINDOW is None:
        return whole_recordings(train, one_label), test and whole_recordings(test, one_label)
    streams = train
    if test is not None:
        names = [*train.names, *test.names] if train.names and test.names else None
        streams = train.replace(x=[*train.x, *test.x], y=[*train.y, *test.y], names=names)
    windows, labels, recording, notes = _cut_windows(streams, c.WINDOW, c.STRIDE or max(1, c.WINDOW // 2), one_label)
    splits, sizes_by_time = _split_recordings(train, test, c, validation_seed, one_label, fold)
    splits = np.concatenate([splits, np.full(len(streams.x) - len(train.x), TEST)])[recording]
    classes = np.unique(labels, return_inverse=True)[1] if one_label else np.zeros(len(labels), int)
    for split, size in sizes_by_time.items():
        _hold_out_last(splits, classes, split, size, fold if split == TEST else None)
    kept = _share_no_row(splits, windows.starts, c.WINDOW)
    if not kept.all():
        notes.append(f"windows that reach into another set, left out: {(~kept).sum()}")
    for split, name in enumerate(SPLITS):
        if not (splits[kept] == split).any() and (split != VALIDATION or c.VALIDATION_SIZE):
            raise InputError(f"{c.DATASET}: the {name} set has no window of {c.WINDOW} rows; try a smaller WINDOW")
    begins = np.cumsum([0, *map(len, streams.x)])[:-1]
    windows = Windows(windows.values, windows.starts[kept], c.WINDOW)
    names = WindowNames(windows.starts, c.WINDOW, [name_of(streams, k) for k in range(len(begins))], begins)
    return train.replace(x=windows, y=labels[kept], splits=splits[kept], groups=None, names=names).noted(*notes), None


def whole_recordings(streams, one_label):
    """Make one labelled sequence of each recording. Raises InputError for one of several classes."""
    labels = [np.unique(y) if one_label else y[-1:] for y in streams.y]
    for place, found in enumerate(labels):
        if len(found) > 1:
            raise InputError(
                f"{name_of(streams, place)} has {len(found)} labels ({', '.join(map(str, found[:4]))}): set WINDOW to "
                "the rows that make one sequence, or SEQUENCE to the columns that tell recordings apart; where each "
                'row is a sequence SEQUENCE = "row", where a column holds texts TEXT'
            )
    return streams.replace(y=np.array([found[0] for found in labels]))


def _cut_windows(streams, size, stride, one_label):
    """Cut recordings. Returns: (Windows, label of each (n,), its recording (n,), notes)."""
    # A single recording is divided by time: what comes later may not fill what lies before.
    single = len(streams.x) == 1
    streams, gaps = fill_gaps(streams, carried_forward if single else interpolated)
    how = "from the row before" if single else "by linear interpolation"
    notes = [f"{counted_was(gaps, 'missing value')} filled {how}"] if gaps else []
    lengths = np.array([len(x) for x in streams.x])
    first = np.cumsum(lengths) - lengths
    starts = [begin + np.arange(0, max(0, n - size + 1), stride) for begin, n in zip(first, lengths)]
    recording = np.repeat(np.arange(len(starts)), [len(s) for s in starts])
    starts, labels = np.concatenate(starts), np.concatenate(streams.y)
    if short := (lengths < size).sum():
        notes.append(f"{short} of {len(lengths)} recordings are shorter than WINDOW = {size} rows: left out")
    if not len(starts):
        raise InputError(f"no recording has WINDOW = {size} rows: the longest has {lengths.max()}")
    missing = labels == "" if labels.dtype.kind == "U" else np.isnan(labels.astype(float))
    changes = np.concatenate([[0], np.cumsum((labels[1:] != labels[:-1]) & ~(missing[1:] & missing[:-1]))])
    last = starts + size - 1
    mixed = changes[starts] != changes[last] if one_label else np.zeros(len(starts), bool)
    used = ~mixed & ~missing[last]
    if mixed.any():
        notes.append(f"{mixed.sum()} of {len(starts)} windows have rows of more than one label: left out")
    if (unlabelled := missing[last] & ~mixed).any():
        notes.append(f"windows without a label, left out: {unlabelled.sum()}")
    if one_label:  # classes of which each run may be too short
        present = labels[~missing]
        runs = np.split(present, np.flatnonzero(present[1:] != present[:-1]) + 1)
        for label in sorted(set(present.tolist()) - set(labels[last[used]].tolist())):
            longest = counted(max(len(run) for run in runs if run[0] == label), "row")
            notes.append(f"no window of {size} rows is all {label!r}: its longest run has {longest}")
    if not used.any():
        raise InputError("; ".join(["no window can be used", *notes]))
    labels = labels[last[used]]
    if labels.dtype.kind == "f" and (labels == np.round(labels)).all():
        labels = labels.astype(np.int64)
    values = np.concatenate([np.asarray(x, np.float32) for x in streams.x])
    return Windows(values, starts[used], size), labels, recording[used], notes


def _split_recordings(train, test, c, validation_seed, one_label, fold):
    """Choose the split of each recording. Returns: (places in SPLITS (n,), {split: its size} of those cut by time)."""
    splits, by_time = np.full(len(train.x), TRAINING), {}
    labels = [np.unique(y) for y in train.y]
    stratify = one_label and all(len(found) == 1 for found in labels)
    units = train.replace(y=np.array([found[0] for found in labels]) if stratify else np.zeros(len(labels)))
    if fold is not None and groups_of(units, c.GROUP) is None:  # recordings stay whole
        units = units.replace(groups=np.arange(len(splits)))
    if test is None and len(splits) > 1:
        rows = split_sequences(units, None, c.changed(VALIDATION_SIZE=0.0), c.SEED, stratify, fold)
        splits[rows["test"]] = TEST
    elif test is None:
        by_time[TEST] = c.TEST_SIZE
    if c.VALIDATION_SIZE:
        size, groups, training = c.VALIDATION_SIZE, groups_of(units, c.GROUP), np.flatnonzero(splits == TRAINING)
        if len(training) > 1 and (groups is None or len(set(groups[training])) > 1):
            held_out = random_split(training, units.y, groups, "VALIDATION_SIZE", size, validation_seed, stratify)[1]
            splits[held_out] = VALIDATION
        else:
            by_time[VALIDATION] = size
    return splits, by_time


def _hold_out_last(splits, classes, split, size, fold):
    """Move the last training windows of each class, a share `size` of them, to `split`. splits (n,) is changed.

    fold: of a cross-validation, which takes a stretch of them instead.
    """
    count = (splits == TRAINING).sum()
    share = size if size < 1 else size / count
    if share >= 1:
        name = "TEST_SIZE" if split == TEST else "VALIDATION_SIZE"
        raise InputError(f"{name} = {size} is impossible: there are {count} windows, and some must be left to train on")
    for number in np.unique(classes):
        training = np.flatnonzero((classes == number) & (splits == TRAINING))
        last = training[len(training) - int(np.ceil(len(training) * share)) :]
        splits[last if fold is None else np.array_split(training, fold.of)[fold.number]] = split


def _share_no_row(splits, starts, size):
    """Tell which windows (n,) share no row with one of a later split: those of an earlier split give way."""
    kept = np.ones(len(splits), bool)
    for split in (VALIDATION, TRAINING):
        others = np.sort(starts[splits > split])
        if not len(others):
            continue
        after = np.searchsorted(others, starts)
        near = np.abs(others[np.minimum(after, len(others) - 1)] - starts) < size
        near |= np.abs(others[np.maximum(after - 1, 0)] - starts) < size
        kept &= ~(near & (splits == split))
    return kept
