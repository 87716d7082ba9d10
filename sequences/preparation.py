"""What makes sequences regular: no gaps, one length, finite values; learned on the training set, applied alike to all.

`learn` returns what run.json keeps, `prepare` applies it: in training, in evaluation and to new data.
"""

import numpy as np

from core.errors import InputError
from core.wording import counted, were
from sequences.gaps import interpolated
from sequences.types import at_once
from sequences.vocabulary import PADDING, UNKNOWN, learn_vocabulary, numbers_of, words_of

PADDED = 8 * 2**30  # bytes that sequences of unequal length may take, all as long as the longest


def learn(train, rows, most_words=None):
    """Learn from the training sequences `rows` of Sequences what all others must be brought to.

    most_words: VOCABULARY, for texts. Returns: a dictionary that JSON can hold. "steps" is None for a series: it is one
    long sequence of any length.
    """
    texts = is_text(train)
    learned = {
        "columns": train.columns,
        "step_names": train.table if train.columns is None else None,  # of rows that are sequences
        "features": [] if texts else list(train.x[:1][0].shape[1:]),
        "steps": None,
        "filler": None,
        "unequal_lengths": False,
        "any_length": train.transcripts,
        "sample_rate": train.sample_rate,
        "vocabulary": None,
    }
    if texts:
        vocabulary, steps = learn_vocabulary(train.x[rows], most_words)
        if not vocabulary:
            raise InputError("the texts of the training set hold no words")
        if 4 * steps * len(train.x) > PADDED:
            raise InputError(f"{len(train.x)} texts of {steps:,} words would take too much memory: divide them")
        return learned | {"vocabulary": vocabulary, "steps": steps, "unequal_lengths": True}
    if train.columns is not None and train.y is None:
        values = np.concatenate(train.x)[rows]
        known = np.isfinite(values)
        means = np.where(known, values, 0).sum(axis=0) / np.maximum(1, known.sum(axis=0))
        return learned | {"filler": means.tolist()}
    if not isinstance(train.x, list):
        return learned | {"steps": train.x.shape[1]}
    training = [train.x[row] for row in rows]
    values = np.concatenate(training)
    known = np.isfinite(values)  # infinite values are refused by `prepare`, with their place
    filler = np.where(known, values, 0).sum(axis=0) / np.maximum(1, known.sum(axis=0))
    unequal = train.transcripts or len({len(sequence) for sequence in train.x}) > 1
    return learned | {"steps": max(map(len, training)), "filler": filler.tolist(), "unequal_lengths": unequal}


def is_text(sequences):
    """Tell whether Sequences are texts, not yet numbers."""
    return isinstance(sequences.x, np.ndarray) and sequences.x.dtype == object


def is_learned(learned, input_shape):
    """Tell whether `learned`, read from run.json, is what `learn` can have returned for such an input."""

    def numbers(value):
        return isinstance(value, list) and all(type(x) in (int, float) for x in value)

    def names(value):
        return isinstance(value, list) and all(isinstance(x, str) for x in value)

    columns, filler, steps, features = (learned.get(name) for name in ("columns", "filler", "steps", "features"))
    if steps is None:  # of series; the network may see inputs known ahead besides
        fits = names(columns) and features == [len(columns)] and len(columns) <= input_shape[-1] and numbers(filler)
    else:
        fits = features == input_shape[1:] and (learned.get("any_length") is True or [steps] == input_shape[:1])
        fits = fits and type(steps) is int and steps > 0
        fits = fits and (columns is None or names(columns) and [len(columns)] == features)
    vocabulary = learned.get("vocabulary")
    fits = fits and (learned.get("step_names") is None or names(learned["step_names"]))
    fits = fits and (vocabulary is None) == (len(input_shape) > 1)
    if vocabulary is not None:
        fits = fits and names(vocabulary) and vocabulary and len(set(vocabulary)) == len(vocabulary)
        fits = fits and filler is None and learned.get("unequal_lengths") is True
    return bool(
        fits
        and (filler is None or numbers(filler) and len(filler) == features[-1])
        and isinstance(learned.get("unequal_lengths"), bool)
        and isinstance(learned.get("any_length"), bool)
        and type(learned.get("sample_rate")) in (int, type(None))
    )


def prepare(sequences, learned, where):
    """Bring Sequences to what was learned. where: the path, for messages.

    Returns: (Sequences, notes that count what was changed). Raises InputError for sequences that do not fit: other
    features or columns, another sample rate or length, values that are infinite or all missing.
    """
    if is_text(sequences) != (learned["vocabulary"] is not None):
        here, there = ("texts", "numbers")[:: 1 if is_text(sequences) else -1]
        raise InputError(f"{where} holds {here}; the training set holds {there}")
    if learned["vocabulary"] is not None:
        return _prepared_texts(sequences, learned)
    sequences = with_columns(sequences, learned["columns"], where)
    if learned["steps"] is None:
        return _prepared_series(sequences, learned["filler"], where)
    if sequences.sample_rate != learned["sample_rate"]:
        given, trained = (
            "no recordings" if rate is None else f"recordings of {rate} Hz"
            for rate in (sequences.sample_rate, learned["sample_rate"])
        )
        raise InputError(f"{where} holds {given}; the training set has {trained}")
    x, steps, features = sequences.x, learned["steps"], learned["features"]
    given = list(x[:1][0].shape[1:])
    if given != features:
        here, there = (" × ".join(map(str, sizes)) for sizes in (given, features))
        raise InputError(f"{where} has {here} feature{'s' * (given != [1])}; the training set has {there}")
    lengths = sorted(set(map(len, x))) if isinstance(x, list) else [x.shape[1]]
    if lengths != [steps] and not learned["unequal_lengths"]:
        span = " to ".join(map(str, dict.fromkeys((lengths[0], lengths[-1]))))
        raise InputError(
            f"{where} has sequences of {span} time steps; the training set has {steps}, and all of one length: record "
            "more, or train on sequences of unequal length"
        )
    notes = []
    if learned["any_length"]:
        x = padded_behind(x, max(steps, lengths[-1]), where)
    elif isinstance(x, list) or lengths != [steps]:
        x, notes = equal_lengths(x, steps, learned["filler"] or [0.0] * features[-1], where)
    check_finite(x, where)
    return sequences.replace(x=x), notes


def _prepared_texts(texts, learned):
    """Turn texts into the numbers of their words. Returns: (Sequences, notes)."""
    steps = learned["steps"]
    x = numbers_of(texts.x, learned["vocabulary"], steps)
    unknown, cut = (x == UNKNOWN).sum(), sum(len(words_of(text)) > steps for text in texts.x)
    notes = [f"{cut} of {len(x)} texts were cut to {steps} words"] if cut else []
    if unknown:
        notes.append(f"{100 * unknown / max(1, (x != PADDING).sum()):.1f} % of the words are not in the vocabulary")
    return texts.replace(x=x), notes


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
    notes = [f"columns that the training set has not are ignored: {', '.join(extra[:8])}"] if extra else []
    return sequences.replace(x=[x[:, places] for x in sequences.x], columns=columns, notes=(*sequences.notes, *notes))


def _prepared_series(series, filler, where):
    """Carry values forward over gaps: the future may not fill the past. What nothing comes before gets the filler."""
    prepared, measured, carried, begun = [], [], 0, 0
    for values in series.x:
        gaps = np.isnan(values)
        last = np.maximum.accumulate(np.where(gaps, 0, np.arange(len(values))[:, None]), axis=0)
        values = np.take_along_axis(values, last, axis=0)
        first = np.isnan(values)
        values = np.where(first, filler, values)
        check_finite(values[:, None], where)
        carried, begun = carried + (gaps & ~first).sum(), begun + first.sum()
        prepared.append(values)
        measured.append(~gaps)
    notes = [f"{were(carried, 'empty cell')} carried forward from the row before"] if carried else []
    if begun:
        notes.append(f"{counted(begun, 'empty cell')} that nothing comes before got the mean of the training set")
    return series.replace(x=prepared, measured=measured), notes


def without_tails(x):
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


def equal_lengths(sequences, steps, filler, path):
    """Bring sequences (time_i, features) to `steps` time steps and fill their gaps.

    NaN are filled by linear interpolation inside the sequence. Longer sequences are cut at the end. Shorter ones are
    padded in front with `filler` (features,), the mean of the training set: what counts is the LSTM's last state, so
    the sequence should come last (docs/choices.md has the alternatives, measured).
    Returns: ((n, steps, features) float32, notes that count what was changed). Raises InputError for a sequence that
    has a feature with no value at all.
    """
    filled = 0
    size = 4 * len(sequences) * steps * len(filler)
    if size > PADDED:
        raise InputError(f"{path}: {len(sequences)} sequences of {steps} time steps would take {size / 2**30:.0f} GiB")
    x = np.empty((len(sequences), steps, len(filler)), np.float32)
    for i, sequence in enumerate(sequences):
        gaps = np.isnan(sequence)
        if gaps.any():
            if gaps.all(axis=0).any():
                raise InputError(f"{path}: sequence {i} (counted from 0) has a feature without any value")
            sequence, filled = interpolated(sequence, gaps), filled + int(gaps.sum())
        padding = max(0, steps - len(sequence))
        x[i, :padding] = filler
        x[i, padding:] = sequence[:steps]
    lengths = np.array([len(sequence) for sequence in sequences])
    counts = {"padded to": (lengths < steps).sum(), "cut to the first": (lengths > steps).sum()}
    notes = [f"{n} of {len(x)} sequences were {how} {steps} time steps" for how, n in counts.items() if n]
    if filled:
        notes.append(f"{were(filled, 'missing value')} filled by linear interpolation")
    return x, notes


def padded_behind(sequences, steps, path):
    """Bring sequences (time_i, features) to `steps` time steps by zeros behind them: (n, steps, features) float32."""
    features = sequences[0].shape[-1]
    size = 4 * len(sequences) * steps * features
    if size > PADDED:
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
