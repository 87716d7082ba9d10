"""Streams: recordings with a label in every row. They are split first, then cut into windows that lie in one set."""

import numpy as np

from core.errors import InputError
from core.wording import counted, counted_of
from sequences.gaps import fill_gaps, name_of
from sequences.ignored_labels import UNLABELLED, labels_present
from sequences.splits import groups_of, has_validation, random_split, split_sequences
from sequences.types import SPLITS
from sequences.window_labels import (
    IGNORED,
    MIXED,
    NO_LABEL,
    OTHERS,
    RowLabels,
    giveaway_cautions,
    mixed_notes,
)
from sequences.windows import WindowNames, Windows

TRAINING, VALIDATION, TEST = range(len(SPLITS))


def cut_streams(train, test, c, validation_seed, classes, fold=None):
    """Make labelled sequences of recordings with a label in every row: windows of WINDOW rows, every STRIDE rows.

    Whole recordings (with GROUP: groups) are held out; where there is one alone, or one of a class, the last windows of
    each class. Without WINDOW each recording is one sequence.
    Parameters: train and test are Sequences whose y is a list of arrays (time_i,) or (time_i, labels), test the
    official test set or None; classes tells whether labels are classes: WINDOW_LABEL then says which one a window has;
    numbers, and several labels at once, are the last row's.
    Returns: (Sequences with y (n,), Sequences of the official test set or None); windows know their splits already.
    Raises: InputError where no window, or no set, can be made.
    """
    rule = c.WINDOW_LABEL if classes else None if train.normal is None else "any"
    if c.WINDOW is None:
        if c.SEQUENCE == "annotation":
            raise InputError('SEQUENCE = "annotation" needs WINDOW, the rows that are cut around each annotation')
        numbers = train.y[0].ndim == 1 and train.y[0].dtype.kind != "U"
        rule = rule if train.normal is not None else None if numbers and not classes else c.WINDOW_LABEL
        whole = whole_recordings(train, test, rule, c.IGNORE_LABELS)
        if test is None and c.TEST_FILES is None and c.TEST_SIZE and fold is None:
            _refuse_lone_recording(whole[0], c, classes)
        return whole
    streams = train
    if test is not None:
        names = [*train.names, *test.names] if train.names and test.names else None
        streams = train.replace(x=[*train.x, *test.x], y=[*train.y, *test.y], names=names)
    splits, sizes_by_time = _split_recordings(train, test, c, validation_seed, classes, fold)
    streams = fill_gaps(streams.replace(divided_by_time=bool(sizes_by_time)), c.DATASET)
    rows = RowLabels.of(streams.y, c.IGNORE_LABELS)
    rarity = rows.rarity(sum(map(len, train.x)), train.normal)
    if c.SEQUENCE == "annotation":
        starts, codes, recording, notes, cautions = _windows_around_labels(streams, c.WINDOW, rows)
    else:
        starts, codes, recording, notes, cautions = _labelled_windows(streams, c, rule, rows, rarity)
    if sizes_by_time and fold is None:
        notes.append(_note_on_time(train, c, classes, sizes_by_time))
    splits = np.concatenate([splits, np.full(len(streams.x) - len(train.x), TEST)])[recording]
    for split, size in sizes_by_time.items():
        _hold_out_last(splits, codes if classes else 0 * codes, split, size, fold if split == TEST else None)
    kept = _share_no_row(splits, starts, c.WINDOW)
    if not kept.all():
        notes.append(f"windows that reach into another set, left out: {(~kept).sum()}")
    for split, name in enumerate(SPLITS):
        expected = (True, has_validation(train, c), c.TEST_SIZE > 0)[split]
        if expected and not (splits[kept] == split).any():
            raise InputError(f"{c.DATASET}: the {name} set has no window of {c.WINDOW} rows; try a smaller WINDOW")
    begins = np.cumsum([0, *map(len, streams.x)])[:-1]
    starts, codes, splits, recording = starts[kept], codes[kept], splits[kept], recording[kept]
    values, last = np.concatenate([np.asarray(x, streams.dtype) for x in streams.x]), starts + c.WINDOW - 1
    before = None
    if rule == "last" and c.SEQUENCE != "annotation":
        training = splits == TRAINING
        cautions += giveaway_cautions(values[last[training]], codes[training], streams.columns)
        before = rows.named(rows.before(last, begins[recording]))
    windows = Windows(values, starts, c.WINDOW)
    names = WindowNames(starts, c.WINDOW, [name_of(streams, k) for k in range(len(begins))], begins)
    groups = train.groups if train.normal is None else groups_of(train, c.GROUP)
    if groups is not None:
        groups = np.append(groups.astype(str), np.full(len(begins) - len(groups), "of the test set"))[recording]
    streams = streams.replace(x=windows, y=rows.named(codes), splits=splits, groups=groups, names=names)
    return streams.replace(previous_labels=before).noted(*notes).cautioned(*cautions), None


def _note_on_time(train, c, classes, sizes_by_time):
    """Say why the last windows are held out, and not whole recordings."""
    sets, of_each = " and ".join(SPLITS[split] for split in sizes_by_time), " of each class" * classes
    lone = class_of_one_recording(train, c, classes) if len(train.x) > 1 else None
    why = "there are too few recordings" if lone is None else f"class {str(lone)!r} has one recording"
    return f"{sets} set: the last windows{of_each}, since {why}: scores say nothing of new recordings"


def _refuse_lone_recording(whole, c, classes):
    """Refuse whole recordings as sequences where a class has one alone."""
    if (lone := class_of_one_recording(whole, c, classes)) is not None:
        raise InputError(
            f"class {str(lone)!r} has one recording, two are needed to split it: set WINDOW to the rows that make "
            "one sequence, then the last windows of each class are the test set"
        )


def class_of_one_recording(streams, c, classes):
    """Return the class of which there is one recording alone, if each recording is of one class; else None.

    None too where GROUP, and not the class, says what is held out.
    """
    labels = [labels_present(y, c.IGNORE_LABELS) for y in streams.y]
    if not classes or any(len(found) != 1 for found in labels) or groups_of(streams, c.GROUP) is not None:
        return None
    classes, counts = np.unique([found[0] for found in labels], return_counts=True)
    return classes[counts.argmin()] if counts.min() == 1 else None


def whole_recordings(train, test, rule, ignored=None):
    """Make one labelled sequence of each recording, without those that have no label; rule: WINDOW_LABEL.

    ignored: IGNORE_LABELS; recordings with such rows are left out.

    Returns: (Sequences with y (n,), Sequences of the official test set or None). Raises: InputError for a recording of
    several classes.
    """
    sets = [train] if test is None else [train, test]
    rows = RowLabels.of([y for own in sets for y in own.y], ignored)
    ends = np.cumsum([len(x) for own in sets for x in own.x])
    rarity = rows.rarity(ends[len(train.x) - 1], train.normal)
    starts = np.concatenate([[0], ends[:-1]])
    codes = rows.of_windows(starts, ends, rule, rarity)
    notes = []
    if train.normal is None:  # else one label is enough
        notes = rows.rule_notes(rule, rarity, starts, ends, "recording")
        if rule is not None:
            _refuse_one_label(rows, codes[codes >= 0], "recordings", "WINDOW, the rows of one sequence,", [])
    labelled = [_with_labels(own, rows, found) for own, found in zip(sets, np.split(codes, [len(train.x)]))]
    return labelled[0].noted(*notes), labelled[1] if test is not None else None


def _refuse_one_label(rows, codes, units, way, notes):
    """Refuse windows or recordings that all have the same label, of codes (n,), where rows have several."""
    if len(codes) > 1 == len(np.unique(codes)) < len(rows.labels):
        only = f"all {units} that can be used have the label {rows.named(codes)[0].item()!r}"
        raise InputError("; ".join([only, *notes, f"{way} or another WINDOW_LABEL may give them different ones"]))


def _with_labels(streams, rows, codes):
    """Return recordings as sequences with the labels of `codes` (n,). Raises: InputError where there is none."""
    if MIXED in codes:
        place = int(np.argmax(codes == MIXED))
        found = [str(label) for label in np.unique(streams.y[place])]
        labels = [label for label in found if label.lower() not in UNLABELLED]
        unlabelled = " and rows without one" * (len(labels) < len(found))
        raise InputError(
            f"{name_of(streams, place)} has {counted(len(labels), 'label')} ({', '.join(labels[:4])}){unlabelled}: set "
            "WINDOW to the rows that make one sequence, or SEQUENCE to the columns that tell recordings apart "
            f"({OTHERS} whole); where each row is a sequence, set SEQUENCE = 'row'; where a column has texts, set TEXT"
        )
    kept = np.flatnonzero(codes >= 0)
    if not len(kept):
        raise InputError("no recording, as a whole, has a label: set WINDOW to the rows that make one sequence")
    x, names = ([own[k] for k in kept] if own else own for own in (streams.x, streams.names))
    groups, splits = (None if own is None else own[kept] for own in (streams.groups, streams.splits))
    streams = streams.replace(x=x, y=rows.named(codes[kept]), names=names, groups=groups, splits=splits)
    left_out = len(codes) - len(kept)
    return streams.noted(f"recordings without a label, left out: {left_out}") if left_out else streams


def _labelled_windows(streams, c, rule, rows, rarity):
    """Cut recordings into windows as _cut_windows does; where labels are classes, windows must have several."""
    stride = c.STRIDE or max(1, c.WINDOW // 2)
    starts, codes, recording, notes, cautions = _cut_windows(streams, c.WINDOW, stride, rule, rows, rarity)
    if streams.normal is None:  # else one label is enough
        if rule is not None:
            units = f"windows of {c.WINDOW} rows"
            _refuse_one_label(rows, codes, units, "a smaller WINDOW", [*notes, *cautions])
        notes += rows.rule_notes(rule, rarity, starts, starts + c.WINDOW)
    return starts, codes, recording, notes, cautions


def _cut_windows(streams, size, stride, rule, rows, rarity):
    """Cut recordings into windows that have a label; rule: WINDOW_LABEL; rows: RowLabels; rarity: of RowLabels.

    Returns: (first row of each window (n,), code of its label (n,), its recording (n,), notes, cautions).
    """
    notes, lengths = [], np.array([len(x) for x in streams.x])
    first = np.cumsum(lengths) - lengths
    starts = [begin + np.arange(0, max(0, n - size + 1), stride) for begin, n in zip(first, lengths)]
    recording = np.repeat(np.arange(len(starts)), [len(s) for s in starts])
    starts = np.concatenate(starts)
    if short := (lengths < size).sum():
        notes.append(
            f"{counted_of(short, len(lengths), 'recording', 'are')} shorter than WINDOW = {size} rows: left out"
        )
    if not len(starts):
        raise InputError(f"no recording has WINDOW = {size} rows: the longest has {lengths.max()}")
    codes = rows.of_windows(starts, starts + size, rule, rarity)
    used = codes >= 0
    more, cautions = mixed_notes((codes == MIXED).sum(), len(codes))
    notes += more
    if unlabelled := (codes == NO_LABEL).sum():
        notes.append(f"windows without a label, left out: {unlabelled}")
    if ignored := (codes == IGNORED).sum():
        labelled = counted((rows.codes == IGNORED).sum(), "row")
        notes.append(f"windows with rows whose label IGNORE_LABELS names ({labelled}), left out: {ignored}")
    notes += rows.missing_notes(size, codes, rule)
    if not used.any():
        around = ['labels stand at single rows: SEQUENCE = "annotation" cuts windows around them'] * rows.are_points()
        raise InputError("; ".join(["no window can be used", *around, *notes, *cautions]))
    return starts[used], codes[used], recording[used], notes, cautions


def _windows_around_labels(streams, size, rows):
    """Cut a window around each row that has a label: size // 2 rows before it, the others from it on.

    Returns: as _cut_windows does.
    """
    if not rows.are_points():
        raise InputError(
            'SEQUENCE = "annotation" is for labels at single rows, as those of beats, and here they go on from row to '
            "row: leave it out, and WINDOW rows of one label make a sequence"
        )
    centres, notes = np.flatnonzero(rows.codes >= 0), []
    ends = np.cumsum([len(x) for x in streams.x])
    recording, starts = np.searchsorted(ends, centres, "right"), centres - size // 2
    inside = (starts >= (ends - [len(x) for x in streams.x])[recording]) & (starts + size <= ends[recording])
    if ignored := (rows.codes == IGNORED).sum():
        notes.append(f"annotations that IGNORE_LABELS names, left out: {ignored}")
    if not inside.all():
        notes.append(f"annotations too near to an end of their recording for a window, left out: {(~inside).sum()}")
    if not inside.any():
        raise InputError("; ".join([f"no annotation has {size} rows around it", *notes]))
    return starts[inside], rows.codes[centres][inside], recording[inside], notes, []


def _split_recordings(train, test, c, validation_seed, classes, fold):
    """Choose the split of each recording. Returns: (places in SPLITS (n,), {split: its size} of those cut by time)."""
    splits, by_time = np.full(len(train.x), TRAINING), {}
    labels = [labels_present(y, c.IGNORE_LABELS) for y in train.y]
    stratify = classes and all(len(found) == 1 for found in labels)
    units = train.replace(y=np.array([found[0] for found in labels]) if stratify else np.zeros(len(labels)))
    if fold is not None and groups_of(units, c.GROUP) is None:  # recordings stay whole
        units = units.replace(groups=np.arange(len(splits)))
    too_few = len(splits) == 1 or class_of_one_recording(train, c, classes) is not None
    if test is None and (c.TEST_FILES is not None or not too_few):
        rows = split_sequences(units, None, c.changed(VALIDATION_SIZE=0.0), c.SEED, stratify, fold)
        splits[rows["test"]] = TEST
    elif test is None and c.TEST_SIZE:
        by_time[TEST] = c.TEST_SIZE
    if train.splits is not None:
        splits = train.splits.copy()
    elif c.VALIDATION_SIZE:
        size, groups, training = c.VALIDATION_SIZE, groups_of(units, c.GROUP), np.flatnonzero(splits == TRAINING)
        kept = train.replace(y=[train.y[k] for k in training])
        if groups is None:
            too_few = len(training) == 1 or class_of_one_recording(kept, c, classes) is not None
        else:
            too_few = len(set(groups[training])) == 1
        if not too_few:
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
    share = size if size < 1 else size / max(1, count)
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
