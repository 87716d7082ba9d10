"""What makes sequences regular (no gaps, one length, finite values), fitted to the training set and applied to all."""

from dataclasses import dataclass, field

import numpy as np

from core.errors import InputError
from core.wording import counted, counted_of, counted_was
from sequences.gaps import fill_gaps
from sequences.types import at_once
from sequences.vocabulary import PADDING, UNKNOWN, learn_vocabulary, token_ids

LARGEST = 8 * 2**30  # bytes that sequences of unequal length may take, all as long as the longest


@dataclass(frozen=True)
class FrameEncoder:
    """What turned frames or pictures into features: see networks/pretrained_encoders.py."""

    name: str  # FRAME_ENCODER
    weights: str = field(compare=False)  # name of their file
    checksum: str  # its SHA-256


@dataclass(frozen=True)
class Preparation:
    """What all sequences are brought to, as the training set says."""

    kind: str  # one of sequences.types.KINDS
    features: list[int]  # shape of a time step; [] of texts
    steps: int | None  # time steps of a sequence; None of series, each one long sequence of any length
    columns: list[str] | None  # names of the features of a table
    step_names: list[str] | None  # of a table whose rows are sequences: names of the time steps
    filler: (
        list[float] | None
    )  # (features,) the mean: what shorter sequences are padded with, and gaps at a series' start
    unequal_lengths: bool
    dtype: str  # that the network takes the values in
    any_length: bool  # transcripts: recordings are padded behind, and may be longer than any in the training set
    divided_by_time: bool  # what may fill gaps: see sequences.types
    sample_rate: float | None  # of recordings, Hz
    clock: str | None  # of series without time stamps: the column of numbers that tells the time
    time_step: float | None  # of tracks: see sequences.types
    vocabulary: list[str] | None  # of texts, the most frequent words
    frame_encoder: FrameEncoder | None = None  # of clips and pictures that were turned into features

    @classmethod
    def fit(cls, sequences, rows, vocabulary_size=None):
        """Learn from the training set, `rows` of Sequences. vocabulary_size: VOCABULARY. Raises: InputError."""
        learned = {
            "kind": sequences.kind,
            "columns": sequences.columns,
            "step_names": sequences.table if sequences.columns is None else None,
            "features": [] if sequences.kind == "texts" else list(sequences.x[:1][0].shape[1:]),
            "steps": None,
            "filler": None,
            "unequal_lengths": False,
            "dtype": sequences.dtype,
            "any_length": sequences.transcripts,
            "divided_by_time": sequences.divided_by_time,
            "sample_rate": sequences.sample_rate,
            "clock": sequences.clock_name,
            "time_step": sequences.time_step,
            "vocabulary": None,
        }
        if sequences.kind == "texts":
            vocabulary, steps = learn_vocabulary(sequences.x[rows], vocabulary_size)
            if not vocabulary:
                raise InputError("the texts of the training set hold no words")
            if 4 * steps * len(sequences.x) > LARGEST:
                many = f"{len(sequences.x)} texts of {steps:,} words"
                raise InputError(f"{many} would take too much memory: divide them")
            learned |= {"vocabulary": vocabulary, "steps": steps, "unequal_lengths": True}
        elif sequences.kind == "series":
            learned |= {"filler": mean_of(np.concatenate(sequences.x)[rows])}
        elif isinstance(sequences.x, list):
            training = [sequences.x[row] for row in rows]
            unequal = sequences.transcripts or len({len(sequence) for sequence in sequences.x}) > 1
            learned |= {"steps": max(map(len, training)), "unequal_lengths": unequal}
            learned |= {"filler": mean_of(np.concatenate(training))}
        else:
            learned |= {"steps": sequences.x.shape[1]}
        return cls(**learned)

    def apply(self, sequences, where):
        """Bring Sequences to what was learned, and note what was changed. where: the path, for messages.

        Raises: InputError for sequences that do not fit: another kind, other features or columns, another sample rate
        or length, values that are infinite or all missing.
        """
        if (sequences.kind == "texts") != (self.kind == "texts"):
            here, there = ("texts", "numbers")[:: 1 if sequences.kind == "texts" else -1]
            raise InputError(f"{where} holds {here}; the training set holds {there}")
        if self.kind == "texts":
            return self._prepared_texts(sequences)
        sequences = with_columns(sequences, self.columns, where).replace(dtype=self.dtype)
        if self.kind == "series":
            return self._prepared_series(sequences, where)
        self._check(sequences, where)
        x, steps = sequences.x, self.steps
        if self.any_length:
            sequences = sequences.replace(x=pad_behind(x, max(steps, *map(len, x)), where))
        elif isinstance(x, list) or x.shape[1] != steps:
            sequences = sequences.replace(divided_by_time=self.divided_by_time)
            sequences = pad_or_truncate(sequences, steps, self.filler or [0.0] * self.features[-1], where)
        check_finite(sequences.x, where)
        return sequences

    def _check(self, sequences, where):
        """Refuse sequences of another sample rate, of other features, and of another length where all have one."""
        if sequences.sample_rate != self.sample_rate:
            given, trained = (
                "no recordings" if rate is None else f"recordings of {rate:g} Hz"
                for rate in (sequences.sample_rate, self.sample_rate)
            )
            raise InputError(f"{where} holds {given}; the training set has {trained}")
        given = list(sequences.x[:1][0].shape[1:])
        if given != self.features:
            here, there = (" × ".join(map(str, sizes)) for sizes in (given, self.features))
            raise InputError(f"{where} has {here} feature{'s' * (given != [1])}; the training set has {there}")
        ragged = isinstance(sequences.x, list)
        lengths = sorted(set(map(len, sequences.x))) if ragged else [sequences.x.shape[1]]
        if lengths != [self.steps] and not self.unequal_lengths:
            span = " to ".join(map(str, dict.fromkeys((lengths[0], lengths[-1]))))
            raise InputError(
                f"{where} has sequences of {span} time steps; the training set has {self.steps}, and all of one "
                "length: record more, or train on sequences of unequal length"
            )

    def _prepared_texts(self, texts):
        """Turn texts into the numbers of their words."""
        x, cut = token_ids(texts.x, self.vocabulary, self.steps)
        unknown = (x == UNKNOWN).sum()
        notes = [f"{counted_of(cut, len(x), 'text', 'were')} cut to {counted(self.steps, 'word')}"] if cut else []
        if unknown:
            notes.append(f"{100 * unknown / max(1, (x != PADDING).sum()):.1f} % of the words are not in the vocabulary")
        return texts.replace(x=x).noted(*notes)

    def _prepared_series(self, series, where):
        """Carry values forward over gaps, since the future may not fill the past; the first gaps get the filler."""
        prepared, measured, carried, begun = [], [], 0, 0
        for values in series.x:
            gaps = np.isnan(values)
            last = np.maximum.accumulate(np.where(gaps, 0, np.arange(len(values))[:, None]), axis=0)
            values = np.take_along_axis(values, last, axis=0)
            first = np.isnan(values)
            values = np.where(first, self.filler, values)
            check_finite(values[:, None], where)
            carried, begun = carried + (gaps & ~first).sum(), begun + first.sum()
            prepared.append(values)
            measured.append(~gaps)
        notes = [f"{counted_was(carried, 'empty cell')} carried forward from the row before"] if carried else []
        if begun:
            notes.append(f"{counted(begun, 'empty cell')} with nothing before them got the mean of the training set")
        return series.replace(x=prepared, measured=measured).noted(*notes)


def mean_of(values):
    """Return the mean of each feature of values (n, features), list of floats; infinite ones are refused later on."""
    known = np.isfinite(values)
    return (np.where(known, values, 0).sum(axis=0) / np.maximum(1, known.sum(axis=0))).tolist()


def with_columns(sequences, columns, where):
    """Pick the columns of a table by the names that the training set had; None: it was no table."""
    if columns is None or sequences.columns is None:
        return sequences.replace(columns=None)
    missing = [name for name in columns if name not in sequences.columns]
    if missing:
        raise InputError(f"{where} has no numeric column {missing[0]!r}, which the training set has")
    if columns == sequences.columns:
        return sequences
    places = [sequences.columns.index(name) for name in columns]
    extra = [name for name in sequences.columns if name not in columns]
    notes = [f"columns that are not in the training set are ignored: {', '.join(extra[:8])}"] if extra else []
    return sequences.replace(x=[x[:, places] for x in sequences.x], columns=columns).noted(*notes)


def strip_trailing_nans(x):
    """Turn an array (n, time, features) with NaN into a list in which a sequence ends with its last value.

    The archives write sequences of unequal length so: NaN at the end is the end, NaN inside is a gap. An array
    without NaN stays an array; a sequence of nothing but NaN stays whole, to be refused with its place.
    """
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f" or x.ndim != 3:
        return x
    missing = np.isnan(x)
    if not missing.any():
        return x
    gaps = missing.all(axis=2)
    lengths = np.where(gaps.all(axis=1), x.shape[1], x.shape[1] - gaps[:, ::-1].argmin(axis=1))
    return [sequence[:length] for sequence, length in zip(x, lengths)]


def pad_or_truncate(sequences, steps, filler, path):
    """Bring sequences to `steps` time steps, and fill their gaps.

    Longer sequences are cut at the end. Shorter ones are padded in front with `filler` (features,), the mean of the
    training set: what counts is the LSTM's last state, so the sequence should come last (docs/choices.md has the
    alternatives, measured).
    Returns: Sequences with x (n, steps, features), noted what was changed. Raises: InputError for a sequence
    that has a feature with no value at all.
    """
    given = sequences.x
    size = np.dtype(sequences.dtype).itemsize * len(given) * steps * len(filler)
    if size > LARGEST:
        raise InputError(f"{path}: {len(given)} sequences of {steps} time steps would take {size / 2**30:.0f} GiB")
    x = np.empty((len(given), steps, len(filler)), sequences.dtype)
    sequences = fill_gaps(sequences, path)
    for i, sequence in enumerate(sequences.x):
        padding = max(0, steps - len(sequence))
        x[i, :padding] = filler
        x[i, padding:] = sequence[:steps]
    lengths = np.array([len(sequence) for sequence in given])
    counts = {"padded to": (lengths < steps).sum(), "cut to the first": (lengths > steps).sum()}
    notes = [
        f"{counted_of(n, len(x), 'sequence', 'were')} {how} {counted(steps, 'time step')}"
        for how, n in counts.items()
        if n
    ]
    measured = sequences.measured or [np.broadcast_to(True, sequence.shape) for sequence in sequences.x]
    return sequences.replace(x=x, measured=measured if (lengths < steps).any() else sequences.measured).noted(*notes)


def pad_behind(sequences, steps, path):
    """Bring sequences (time_i, features) to `steps` time steps by zeros behind them: (n, steps, features) float32."""
    features = sequences[0].shape[-1]
    size = 4 * len(sequences) * steps * features
    if size > LARGEST:
        raise InputError(f"{path}: {len(sequences)} recordings of {steps} steps would take {size / 2**30:.0f} GiB")
    x = np.zeros((len(sequences), steps, features), np.float32)
    for row, sequence in zip(x, sequences):
        row[: len(sequence)] = sequence
    return x


def check_finite(x, source):
    """Raise InputError if x (n, time, features[, ...]) holds NaN or infinity (how many, where first)."""
    bad, first, size = 0, None, at_once(x.shape[1:])
    for start in range(0, len(x), size):
        with np.errstate(over="ignore"):
            places = np.argwhere(~np.isfinite(np.asarray(x[start : start + size], dtype=np.float32)))
        if len(places) and first is None:
            first = (start + places[0][0], places[0][1])
        bad += len(places)
    if bad:
        place = f"sequence {first[0]}, time step {first[1]} (counted from 0)"
        raise InputError(f"{source}: {counted(bad, 'value')} NaN, infinite or beyond 32-bit floats, first in {place}")
