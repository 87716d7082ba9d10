"""What everything is made of: Sequences as a reader returns them, a Part of the split, and a whole data set."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sequences.rows_on_disk import RowsOnDisk

SPLITS = ("training", "validation", "test")
BLOCK = 4096  # sequences in memory as float32 at a time
BLOCK_BYTES = 64 * 2**20  # that they may take: of long ones, and of video clips, there are fewer
IN_CACHE = 8 * 2**20  # that what a layer makes of them may take: more takes longer to move than to make


def at_once(shape, most=BLOCK, bytes_at_most=None):
    """Return how many sequences of this shape to have in memory as float32 at a time, `most` at the most.

    bytes_at_most: that they may take, if not BLOCK_BYTES.
    """
    return max(1, min(most, (bytes_at_most or BLOCK_BYTES) // (4 * int(np.prod(shape)))))


FASTTEXT = "__label__"  # stands before each label of a text, where there may be several
KINDS = ("sequences", "series", "recordings", "texts", "clips", "streams")


@dataclass(frozen=True)
class Sequences:
    """What a reader returns: n sequences of (time, features), and what is known of them. Missing values are NaN.

    kind: "sequences" of one class or number each; "series" to forecast, the columns of a table; "recordings" of sound;
    "texts"; video "clips"; "streams", recordings with a label at every time step, cut into windows after the split.
    """

    # (n, time, features[, ...]), or n arrays (time_i, features) where lengths may differ; texts: (n,) of strings
    x: np.ndarray | list
    # labels (n,) as written, numbers (n,), (n, targets), or several labels at once (n, labels) as 0 and 1; of streams n
    # arrays (time_i,), (time_i, labels); None where there are none
    y: np.ndarray | list | None = None
    kind: str = "sequences"  # one of KINDS
    groups: np.ndarray | None = None  # (n,) what may not be in two splits (the speaker, say)
    splits: np.ndarray | None = None  # (n,) places in SPLITS, where the split is already made
    names: Sequence | None = None  # of recordings: of their files, say
    transcripts: bool = False  # y (n,) of strings is what is said in recordings, to be written down
    texts: list | None = None  # as they were read, of texts that have been turned into numbers
    sample_rate: float | None = None  # of recordings, Hz
    time_step: float | None = None  # of tracks: seconds from row to row that they were interpolated to
    columns: list | None = None  # names of the features of a table
    labelled_beside: bool = False  # y is a column, LABEL, of a table beside the files
    target_names: list | None = None  # of several numbers or labels in y
    # n arrays (time_i, columns), False where a gap was filled, without padding; None: there was neither
    measured: list | None = None
    times: list | None = None  # of series: n arrays of time stamps (time_i,) in UTC; None where there are none
    zones: list | None = None  # of times: n arrays (time_i,) of "+01:00", "Z", as written; None where they say no zone
    clock: list | None = None  # of series without time stamps: n arrays (time_i,) of numbers that tell the time
    clock_name: str | None = None  # the column of these
    held_out: list | None = None  # of series: how many rows at the end of each are an official test set
    positions: list | None = None  # of series at a place each, as the cells of a grid: n of (latitude, longitude)
    meridian: float | None = None  # of series that move: the least longitude as the file writes it, -180 or 0
    table: list | None = None  # names of all columns of a table, left out or not, in its order
    divided_by_time: bool = False  # recordings, what comes later in them is the test set: it may not fill earlier gaps
    dtype: str = "float32"  # that the network takes the values in: float64 where 32 bits would round them away
    normal: str | None = None  # label of what is normal, where anomalies are sought
    picture: tuple | None = None  # (height, width, channels) of pictures, whose rows of pixels are the time steps
    scaled: bool = False  # the values are of the size that a network likes: it takes them as they are
    stratify: bool = True  # a drawn split gives each class its share in both sets
    remark: str = ""  # what the report says of these data at its end
    previous_labels: np.ndarray | None = None  # (n,) where a window has the label of its last row: of the row before
    cautions: tuple = ()  # those of the notes that the report repeats: why its score says less than it seems to
    notes: tuple = ()  # what reading and preparing left out or changed, one line each, for the user

    @property
    def of_pixels(self):
        """Whether they are clips or pictures, which FRAME_ENCODER makes features of."""
        return self.kind == "clips" or self.picture is not None

    def replace(self, **fields):
        """Return a copy with other values of some fields."""
        return replace(self, **fields)

    def at(self, rows):
        """Return a copy with the sequences at `rows` (n,) alone."""

        def taken(values):
            if isinstance(values, list):
                return [values[row] for row in rows]
            return values.at(rows) if isinstance(values, RowsOnDisk) else values[rows]

        fields = {name: getattr(self, name) for name in ("x", "y", "groups", "splits", "names", "texts")}
        return self.replace(**{name: taken(values) for name, values in fields.items() if values is not None})

    def noted(self, *lines):
        """Return a copy with more notes for the user."""
        return replace(self, notes=(*self.notes, *lines))

    def cautioned(self, *lines):
        """Return a copy with more notes that the report repeats."""
        return replace(self.noted(*lines), cautions=(*self.cautions, *lines))


@dataclass
class Split:
    """One part of the split: its sequences x with y, what the loss compares the network's output with."""

    all_x: np.ndarray  # (n_all, time, features[, ...]), shared by the splits; or RowsOnDisk
    # classes (n,) int64 numbered from 0, or numbers (n, ...) in the units of the data; NaN what was not measured
    y: np.ndarray | None
    rows: np.ndarray  # (n,) which of all_x are the split's, in its order
    names: Sequence | None = None  # (n_all) of all_x, where they have names
    unit: np.ndarray | None = None  # of forecasts: (n, targets) what a score divides errors by
    dtype: str = "float32"  # of the sequences, as Sequences have it
    frames: Any = None  # the clips or pictures (n_all, time, ...) as they were read, that FRAME_ENCODER made all_x of

    def __len__(self):
        return len(self.rows)

    def __repr__(self):
        return f"Split({len(self)} of {' × '.join(map(str, self.shape))})"

    @property
    def x(self):
        """The split's sequences, row by row those of y: (n, time, features[, ...]) of `dtype`, a copy."""
        return self.take(slice(None))

    @property
    def raw(self):
        """The Split of the sequences as they were before FRAME_ENCODER; without it, the split itself."""
        return self if self.frames is None else replace(self, all_x=self.frames, frames=None, dtype="uint8")

    @property
    def gaps(self):
        """Which sequences have values of y that were not measured, NaN: bool (n,)."""
        return np.isnan(self.y).any(axis=tuple(range(1, self.y.ndim)))

    @property
    def shape(self):
        """The shape of one sequence: (time, features[, ...])."""
        return tuple(self.all_x.shape[1:])

    def places(self, what="name"):
        """Return a header and, for each sequence, cells that say which it is: its place and, where it has one, name."""
        if self.names is None:
            return ["index"], [[row] for row in self.rows]
        return ["index", what], [[row, self.names[row]] for row in self.rows]

    def blocks(self, size=BLOCK):
        """Yield the part's sequences as arrays (up to `size`, time, features[, ...]) of `dtype`: see at_once."""
        size = at_once(self.shape, size)
        for start in range(0, len(self), size):
            yield self.take(slice(start, start + size))

    def select(self, places):
        """Return the Split of the sequences at `places` (k,) of this one."""
        y, unit = (own if own is None else own[places] for own in (self.y, self.unit))
        return replace(self, y=y, rows=self.rows[places], unit=unit)

    def take(self, which):
        """Return the part's sequences at `which` (whole numbers or a slice) as an array of `dtype`."""
        return np.asarray(self.all_x[self.rows[which]], dtype=self.dtype)


def block_slices(split):
    """Yield slices of the places in a Split, as many sequences as to have in memory at a time: see at_once."""
    size = at_once(split.shape)
    yield from (slice(start, start + size) for start in range(0, len(split), size))


@dataclass(eq=False)  # one is itself alone: what was worked out of it can be kept
class Data:
    """A data set, read, split, prepared and encoded: what data_preprocessing.load_data returns."""

    train: Split
    validation: Split | None
    test: Split | None  # None: TEST_SIZE = 0
    task: Any  # a tasks.base.Task: what is learned, and what it learned of the training set
    preparation: Any  # a sequences.preparation.Preparation, fitted to the training set
    sequences: Sequences  # all that was read but an official test set, prepared; with the notes for the user
    constants: Any = None  # core.constants.Constants that they were loaded with
    word_vectors: np.ndarray | None = None  # (words + RESERVED, numbers), where WORD_VECTORS gives some
    ridge_pair: bool | None = None  # whether EVALUATED_RUN has linear models beside a deep network; None: data decide

    def __repr__(self):
        sizes = ", ".join(f"{n} {name}" for name, n in self.sizes.items())
        return f"Data({self.constants.DATASET}: {self.task.unit}: {sizes}, each of {self.train.shape})"

    @property
    def sizes(self):
        """The number of sequences of each split that there is, {name: n}."""
        splits = {"training": self.train, "validation": self.validation, "test": self.test}
        return {name: len(split) for name, split in splits.items() if split is not None}

    @property
    def trains_with_gaps(self):
        """Whether the loss meets values that were not measured, NaN in y, which do not count then."""
        return any(split.gaps.any() for split in (self.train, self.validation) if split is not None)
