"""Generate or read sequences, split them into training, validation and test set, prepare and encode them.

The constants below say which data; `python train_model.py` uses them.
"""

import os
from dataclasses import replace

import numpy as np

from core.constants import (
    LIST_OF_COLUMNS,
    LIST_OF_LABELS,
    NAME_OR_PLACE,
    NAMES_OR_PLACES,
    PLACE_OR_BOX,
    SEQUENCES,
    SIZE,
    constants_with,
    one_of,
    or_none,
    or_zero,
    pattern,
    text,
    whole,
)
from core.errors import InputError
from core.files import project_path
from core.progress import said_if_slow
from core.wording import counted
from experiments.evaluated_run import constants_to_retrain
from networks.pretrained_encoders import ENCODERS, LEAST_SIZE, encode_splits
from readers import read_data_set, read_in_memory
from readers.in_memory import IN_MEMORY
from readers.tables.sanity_checks import variant_notes
from readers.text_files import composed
from readers.word_vectors import read_word_vectors
from sequences.ignored_labels import absent_notes, have_one_label, without_ignored, without_unlabelled
from sequences.joined import all_for_training
from sequences.preparation import Preparation
from sequences.splits import groups_of, has_validation, official_validation_notes
from sequences.statistics import rounding_notes, unchanged_notes, unseen_word_notes
from sequences.stream_windows import cut_streams
from sequences.toy_datasets import GENERATED, generate
from sequences.types import Data
from tasks import TASKS, task_of

DATASET = "random"  # "random", "motifs", "digits", "moving_digits", or the path of a file or folder (docs/your_data.md)
# "classification", "multilabel" (several labels at once), "regression" (numbers to predict), "forecasting",
# "transcription" (what is said) or "anomaly" (what is unlike normal sequences); None: what the labels look like
TASK = None
N_SAMPLES = 1000  # number of generated sequences; more make learning easier and slower
TIME_STEPS = 50  # length of a generated sequence; "motifs" needs 12 or more
FEATURES = 1  # values per time step of a generated sequence
# Held-out part: a fraction, or a number of sequences (with GROUP: of groups); official splits go first. 0: none, train
# on all there is, official test and validation sets too
TEST_SIZE = 0.2
VALIDATION_SIZE = 0.0  # cut from the training set: 0 (none), a fraction, or a number of sequences; for choosing
SEED = 42  # 0 to 2**32 - 1: draws data, split, initial weights and the order of batches; another value, another draw
# "training": standardise by the training set's mean and deviation; "sequence": then each sequence by its own, where
# levels differ between people or sensors and say nothing
STANDARDISE = "training"
# Tables. Columns go by their names, or by their places: 0 the first, -1 the last.
# Column that says what was measured, where variables stand below each other (id, time, variable, value): each becomes a
# feature; the one other column of numbers holds the values
PIVOT = None
# What a sequence is: "row", "file", the rows that share a column (or list of columns), "annotation", WINDOW rows around
# each label of a row, as of heartbeats; None, the file
SEQUENCE = None
# Column to learn: words or whole numbers are classes, decimals numbers to predict. A list: columns of 0 and 1, several
# labels at once
LABEL = None
# Table with the labels, where the data have none; LABEL is then a column of it. Its rows are matched by the id in
# SEQUENCE, by names of files, by time (onset, duration), or in order
LABEL_FILE = None
TEXT = None  # column of texts; LABEL is then their class
VOCABULARY = 20_000  # texts: words that are told apart, the most frequent of the training set; the rest is one word
# Texts: file of word vectors (GloVe, fastText, word2vec as text) to begin with, in place of EMBEDDING numbers that are
# drawn; VOCABULARY then takes in the file's first words too, which new texts may hold
WORD_VECTORS = None
TARGET = None  # column to forecast, or a list of columns; None takes the last column of numbers
# Inputs known ahead, such as ["holiday"]; "hour", "weekday" and "month" come from the time stamps. With labelled rows:
# inputs although they go one way, as clocks do
KNOWN = None
WINDOW = None  # rows that make one input; None: whole sequences, to forecast 24
# The label of a window: "all", that of its rows where all have one (windows of several labels are left out); "last",
# that of its last row; "any", the rarest among its rows, such as a fault; "most", the most frequent
WINDOW_LABEL = "all"
STRIDE = None  # rows from one window to the next; None: half a window, to forecast 1
HORIZON = 1  # forecasting: rows ahead that it forecasts
# Climate data: a place, [latitude, longitude], whose nearest cell is read, or a box, [south, west, north, east], of
# whose cells the mean is, or with SEQUENCE = ["lat", "lon"] each as a series
REGION = None
SEASON = None  # forecasting: rows in a season (12 for months), to compare with the row one season before
IGNORE = None  # columns to leave out of a table, such as ["note"]
IGNORE_LABELS = None  # labels whose rows are in no window, such as [0] or ["Movement time"]
# Recordings, texts and clips, a file each.
FRAMES = 16  # video clips: frames of each, picked evenly
FRAME_SIZE = 64  # pixels of a frame's or picture's side: the shorter is scaled to it, the centre cropped
# Clips and pictures: what they go through once, before training, by weights learned on ImageNet: "MobileNetV3Small"
# (try FRAME_SIZE = 96), "MobileNetV2" or "EfficientNetB0"; None: the network sees the pixels
FRAME_ENCODER = None
FRAME_ENCODER_WEIGHTS = None  # file of its weights; None: those that Keras downloads into the user's home
TEST_FILES = None  # recordings: regular expression; files whose path below the folder matches are the test set
# What stays in one part, such as a person: tables, a column; files that are recordings, a regular expression with one
# (group) in the path below the folder.
GROUP = None

ALLOWED = {
    "DATASET": text("a data set's name or a path"),
    "TASK": one_of(None, *TASKS),
    "N_SAMPLES": whole(4, 10**9),
    "TIME_STEPS": whole(1),
    "FEATURES": whole(1),
    "TEST_SIZE": or_zero(SIZE),
    "VALIDATION_SIZE": or_zero(SIZE),
    "SEED": whole(0, 2**32 - 1),
    "STANDARDISE": one_of("training", "sequence"),
    "PIVOT": or_none(NAME_OR_PLACE),
    "SEQUENCE": or_none(SEQUENCES),
    "LABEL": or_none(NAMES_OR_PLACES),
    "LABEL_FILE": or_none(text("the path of a table with labels")),
    "TEXT": or_none(NAME_OR_PLACE),
    "VOCABULARY": whole(3),
    "WORD_VECTORS": or_none(text("the path of a file of word vectors")),
    "TARGET": or_none(NAMES_OR_PLACES),
    "KNOWN": or_none(LIST_OF_COLUMNS),
    "WINDOW": or_none(whole(1)),
    "WINDOW_LABEL": one_of("all", "last", "any", "most"),
    "STRIDE": or_none(whole(1)),
    "HORIZON": whole(1),
    "REGION": or_none(PLACE_OR_BOX),
    "SEASON": or_none(whole(1)),
    "IGNORE": or_none(LIST_OF_COLUMNS),
    "IGNORE_LABELS": or_none(LIST_OF_LABELS),
    "FRAMES": whole(2, 10_000),
    "FRAME_SIZE": whole(4, 4096),
    "FRAME_ENCODER": one_of(None, *ENCODERS),
    "FRAME_ENCODER_WEIGHTS": or_none(text("the path of a file of weights")),
    "TEST_FILES": or_none(pattern()),
    "GROUP": or_none(NAME_OR_PLACE),
}


def load_data(x=None, y=None, *, validation_seed=None, fold=None, **constants):
    """Generate or read a data set, split it, prepare it and encode what is learned.

    Parameters: x, in place of DATASET, is a pandas DataFrame, numbers (n, time[, features]), a list of n arrays
    (time_i[, features]) or n texts, and y (n,) the labels beside it, where it is no DataFrame; validation_seed draws
    another validation set than SEED does, the test set stays; fold, of a cross-validation; constants, by their names,
    stand in place of what the files say.
    Returns: Data. Raises: InputError for constants, a path or content that cannot be used.
    """
    # Read.
    c = constants_with(constants, "load_data")
    if x is not None:
        c = c.changed(DATASET=IN_MEMORY)
    elif y is not None:
        raise InputError("y is given without x")
    retrained = []
    if c.EVALUATED_RUN is not None:
        again, retrained = constants_to_retrain(c, lambda **own: load_data(x, y, **own))
        c = again.changed(DATASET=again.DATASET if x is None else IN_MEMORY)
    with said_if_slow(f"Reading {c.DATASET} ...", after=3):
        sequences, official_test = read(c) if x is None else to_learn_from(read_in_memory(x, y, c), None, c)
    sequences, official_test = look_over(sequences.noted(*retrained), official_test, c)
    task_class = task_of(sequences, c)
    sequences, official_test = task_class.as_read(sequences, official_test, c)
    ineffective = ineffective_constants(task_class, sequences, c)

    # Split.
    validation_seed = c.SEED if validation_seed is None else validation_seed
    if sequences.kind == "streams":
        sequences, official_test = cut_streams(
            sequences, official_test, c, validation_seed, task_class.stratified, fold
        )
    rows = task_class.split(sequences, official_test, c, validation_seed, fold)

    # Fit the preparation, and what the task learns, to the training set. Both see the validation set too, so that other
    # draws of it find the same lengths and classes.
    validated = has_validation(sequences, c)
    development = np.sort(np.concatenate([rows["training"], rows["validation"]])) if validated else rows["training"]
    preparation = Preparation.fit(sequences, development, c.VOCABULARY)
    word_vectors = None
    if sequences.kind == "texts" and c.WORD_VECTORS is not None:
        preparation, word_vectors, found = with_word_vectors(preparation, c)
        sequences = sequences.noted(*found)
    task = task_class.fit(sequences, development, c)
    prepared = preparation.apply(sequences, c.DATASET).noted(*shape_note(preparation))
    if official_test is not None:
        official_test = preparation.apply(official_test, f"the test set of {c.DATASET}")
        prepared = prepared.noted(*official_test.notes)
    if ineffective:
        prepared = prepared.noted(f"without effect on these data: {', '.join(ineffective)}", *pixel_note(prepared, c))

    # Encode the targets.
    splits, prepared = task.make_splits(prepared, official_test, rows, c)
    if prepared.of_pixels and c.FRAME_ENCODER is not None:
        splits, preparation, note = encode_splits(splits, prepared, preparation, c)
        prepared = prepared.replace(scaled=False).noted(note)
    prepared = prepared.noted(*unseen_word_notes(splits, preparation.columns, task.unit))
    validation = splits["validation"] if validated else None
    test = splits["test"] if c.TEST_SIZE else None
    return Data(splits["training"], validation, test, task, preparation, prepared, c, word_vectors)


def look_over(sequences, official_test, c):
    """Decide which of the Sequences just read are held out, and in how many bits they go on, with notes on them.

    Returns: (Sequences, those of the official test set or None).
    """
    if not c.TEST_SIZE:
        sequences, official_test = all_for_training(sequences, official_test, c.DATASET), None
    sequences = sequences.noted(*official_validation_notes(sequences))
    rounding = rounding_notes(sequences) or official_test and rounding_notes(official_test) or []
    sequences = sequences.replace(dtype="float64" if rounding else "float32")
    sequences = sequences.noted(*rounding, *unchanged_notes(sequences), *group_notes(sequences, official_test, c))
    return sequences, official_test


def with_word_vectors(preparation, c):
    """Return (the Preparation with words of WORD_VECTORS in its vocabulary, their vectors, notes)."""
    path = project_path(c.WORD_VECTORS, "WORD_VECTORS")
    if not path.exists():
        raise InputError(f"WORD_VECTORS = {c.WORD_VECTORS!r} is not found")
    with said_if_slow(f"Reading {c.WORD_VECTORS} ...", after=3):
        vocabulary, vectors, notes = read_word_vectors(path, preparation.vocabulary, c.VOCABULARY)
    return replace(preparation, vocabulary=vocabulary), vectors, notes


def ineffective_constants(task, sequences, c):
    """Return assignments of constants that were set, and have no effect on these data."""
    is_text, is_stream = sequences.kind == "texts", sequences.kind == "streams"
    names = [name for name in task.without_effect if not (is_stream and name in ("WINDOW", "STRIDE", "KNOWN"))]
    if not (is_stream and task.stratified) or c.SEQUENCE == "annotation":
        names.append("WINDOW_LABEL")
    if not sequences.of_pixels:
        names.append("FRAME_ENCODER")
    if not sequences.of_pixels or c.FRAME_ENCODER is None:
        names.append("FRAME_ENCODER_WEIGHTS")
    if not have_one_label(sequences):
        names.append("IGNORE_LABELS")
    if c.SEQUENCE == "annotation":
        names.append("STRIDE")
    without_file = sequences.kind == "series" or c.DATASET in (*GENERATED, IN_MEMORY)
    beside = sequences.labelled_beside or c.LABEL_FILE is not None and not without_file
    if not is_stream and not is_text and not beside and c.SEQUENCE != "row" and "LABEL" not in names:
        names.append("LABEL")
    if is_text:
        names += ["STANDARDISE", "SEQUENCE"]
    else:
        names.append("WORD_VECTORS")
    from_file = sequences.groups is not None and sequences.columns is None and sequences.names is None
    if from_file and c.TEXT is None and c.SEQUENCE != "row":  # groups that the file brings
        names.append("GROUP")
    if not c.TEST_SIZE:
        names.append("TEST_FILES")
    if sequences.columns is None and c.SEQUENCE != "row":
        names += ["IGNORE", "PIVOT"]
    if sequences.splits is not None and c.VALIDATION_SIZE:  # the validation set is an official one
        names.append("VALIDATION_SIZE")
    if without_file:
        names.append("LABEL_FILE")
    return [f"{name} = {c[name]!r}" for name in names if c[name] not in (None, 1, "training", "all")]


def group_notes(train, test, c):
    """Say which groups are written alike, and how many of the official test or validation set are in training too."""
    known, held_out = (
        None
        if own is None or own.kind == "series" or own.groups is None and (c.GROUP is None or own.names is None)
        else groups_of(own, c.GROUP).astype(str)
        for own in (train, test)
    )
    if known is None and held_out is None:
        return []
    if test is not None and (known is None or held_out is None):
        has, lacks = ("test", "training") if known is None else ("training", "test")
        return [f"the {lacks} set has no groups, the {has} set has: whether one is in both cannot be told"]
    notes = variant_notes({*known, *(held_out if test is not None else ())}, "groups")
    if test is not None:
        notes += shared_group_notes(known, held_out, "test")
    if train.splits is not None:
        notes += shared_group_notes(known[train.splits == 0], known[train.splits == 1], "validation")
    return notes


def shared_group_notes(known, held_out, name):
    """Say how many groups of a held-out set are among those known from training, a list of a line or none."""
    held_out = {*held_out}
    both = len(held_out & {*known})
    which = f"{both} of {counted(len(held_out), 'group')} of the {name} set {'is' if both == 1 else 'are'}"
    score = "the score" if name == "test" else "its score"
    effect = f"{score} tells how well they are known again, not how well new ones are"
    return [f"{which} in the training set too: {effect}"] * bool(both)


def shape_note(preparation):
    """Ask, in a list of one line or none, whether sequences have their axes in order."""
    features, steps = preparation.features, preparation.steps
    if len(features) != 1 or features[0] <= 5 * (steps or np.inf):
        return []
    size = f"{features[0]} features of {steps} time steps each"
    return [f"{size}: is the time axis last? Sequences are read as (n, time, features)"]


def pixel_note(sequences, c):
    """Say, in a list of one line or none, what makes pictures of an array where FRAME_ENCODER finds none."""
    sizes = (0,) if isinstance(sequences.x, list) or sequences.columns else sequences.x.shape[1:]
    if c.FRAME_ENCODER is None or sequences.of_pixels or min(sizes) < LEAST_SIZE:
        return []
    return ["FRAME_ENCODER takes pictures, and arrays (n, height, width) are some where they are uint8 (0 to 255)"]


def read(c):
    """Make or read the data set DATASET, without the labels to ignore and the sequences that have none.

    Returns: (Sequences, Sequences of the official test set or None).
    """
    if c.DATASET in GENERATED:
        return to_learn_from(generate(c), None, c)
    path = project_path(c.DATASET, "DATASET")
    if not path.exists():
        known = ", ".join(f'"{name}"' for name in GENERATED)
        raise InputError(
            f"DATASET = {c.DATASET!r} is not found: it must be {known} or a path, from the project folder on"
            + (", its folders divided by /" if "\\" in c.DATASET and os.sep == "/" else "")
        )
    return to_learn_from(*read_data_set(path, c), c)


def to_learn_from(train, test, c):
    """Return Sequences as read, and those of the official test set or None, that have a label to learn.

    What looks alike in their names is made alike. Where there are no labels at all they stay.
    """
    found = [
        own and without_unlabelled(with_composed_names(own), c.TASK == "multilabel", of)
        for own, of in ((train, ""), (test, "test set: "))
    ]
    absent = absent_notes(found, c.IGNORE_LABELS)
    train, test = (own and without_ignored(own, c.IGNORE_LABELS) for own in found)
    return train.noted(*absent), test


def with_composed_names(sequences):
    """Return Sequences in whose labels and groups what looks alike is alike: see readers/text_files.py."""
    y = [*map(composed, sequences.y)] if isinstance(sequences.y, list) else composed(sequences.y)
    return sequences.replace(y=y, groups=composed(sequences.groups))
