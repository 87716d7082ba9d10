"""Statistics of a split, computed block by block so that the data need not fit in memory."""

import hashlib
from dataclasses import fields, is_dataclass

import numpy as np

from core.errors import InputError
from sequences.types import at_once

SAMPLE = 2**22  # values, and
SOME = 200  # sequences that tell how much rounding takes away
ROUNDED = 0.01  # share of a feature's deviation that rounding may take
TAKES_64_BITS = "model.keras takes 64-bit floats (call model(x): model.predict(x) rounds arrays)"
# Of its mean: a feature that deviates less seems to change, by what arithmetic rounds in floats of so many bits.
UNCHANGED = {"float32": 2.0**-23, "float64": 1e-14}


def mean_and_variance(part, seen=None):
    """Return mean and variance of each feature over the part's sequences and time steps, float64 (features,) each.

    seen: function that turns sequences (n, time, features) float64 into what counts of them, else all does. A feature
    that never changes (but for rounding) gets variance 1: dividing by its zero would blow up the first test value that
    differs. Raises InputError for values whose squares are beyond 32-bit floats.
    """
    count, total, squares, shift = 0, 0.0, 0.0, None
    for block in part.blocks():
        block = block.astype(np.float64)
        flat = (block if seen is None else seen(block)).reshape(-1, block.shape[-1])
        if shift is None:  # near the mean, so that squares keep their digits; of what never changes exactly its value
            shift = np.where((flat == flat[0]).all(axis=0), flat[0], flat.mean(axis=0))
        flat = flat - shift
        count, total, squares = count + len(flat), total + flat.sum(axis=0), squares + (flat**2).sum(axis=0)
    mean, variance = shift + total / count, squares / count - (total / count) ** 2
    limits = np.finfo(np.float32)
    if variance.max() > limits.max:
        size = np.sqrt(variance.max())
        raise InputError(f"values of the training set vary by {size:.0e}, beyond 32-bit floats: scale them down")
    least = np.maximum(UNCHANGED[part.dtype] * np.abs(mean), float(limits.tiny))
    return mean, np.where(variance > least**2, variance, 1.0)


def fingerprint(part):
    """Return the SHA-256 of a part: shape, sequences as the network takes them, and classes or targets."""
    digest = hashlib.sha256(repr((len(part), *part.shape)).encode())
    for block in part.blocks():
        digest.update(np.ascontiguousarray(block).data)
    digest.update(np.ascontiguousarray(part.y).data)
    return digest.hexdigest()


def fingerprints(data):
    """Return {"training", "validation", "test", "rows": SHA-256}; rows: of series, also those that no window holds."""
    splits = {"training": data.train, "validation": data.validation, "test": data.test}
    found = {name: fingerprint(split.raw) for name, split in splits.items() if split is not None}
    if data.word_vectors is not None:
        found["word vectors"] = content_fingerprint([data.word_vectors])
    if data.preparation.frame_encoder is not None:
        of = f" {data.sequences.picture}" if data.sequences.picture else ""  # rows alone do not say which are colours
        found["frame encoder"] = f"{data.preparation.frame_encoder.checksum}{of}"
    series = data.sequences
    if series.kind != "series":
        return found
    return found | {"rows": content_fingerprint([series.x, series.times, series.clock])}


def content_fingerprint(content):
    """Return the SHA-256 of arrays, of what has rows as they have, of texts, and of lists and dataclasses of these."""
    digest = hashlib.sha256()
    _add_content(digest, content)
    return digest.hexdigest()


def _add_content(digest, content):
    if is_dataclass(content):
        content = [getattr(content, field.name) for field in fields(content)]
    digest.update(f"{type(content).__name__} {getattr(content, 'shape', '')} {getattr(content, 'dtype', '')}".encode())
    if isinstance(content, (list, tuple)) and not all(isinstance(own, str) for own in content):
        digest.update(str(len(content)).encode())
        for own in content:
            _add_content(digest, own)
    elif getattr(content, "shape", ()) and content.dtype != object:
        size = at_once(content.shape[1:])
        for start in range(0, len(content), size):
            digest.update(np.ascontiguousarray(content[start : start + size]).tobytes())
    else:
        digest.update(repr(content.tolist() if isinstance(content, np.ndarray) else content).encode("utf-8", "replace"))


def unseen_word_notes(splits, columns, unit):
    """Say which words of a table's column, each an input of 0 and 1, are in the test set and not in the training set.

    Parameters: splits, {name: Split}; columns, names of the features or None; unit, what is counted ("windows").
    """
    places = [k for k, name in enumerate(columns or ()) if "=" in name]
    if not places:
        return []
    seen, held_out = (
        sum((block[..., places] > 0).any(axis=1).sum(axis=0) for block in splits[name].blocks())
        for name in ("training", "test")
    )
    unseen, of = {}, f"of {len(splits['test'])} {unit}"
    for place in np.flatnonzero((held_out > 0) & (seen == 0)):
        column, _, word = columns[places[place]].partition("=")
        unseen.setdefault(column, []).append(f"{word!r} (in {held_out[place]} {of})")
    return [
        f"{column} holds words in the test set that the training set does not: {', '.join(words[:3])}"
        + ", ..." * (len(words) > 3)
        for column, words in unseen.items()
    ]


def rounding_notes(sequences, then=TAKES_64_BITS):
    """Say which features of Sequences, as they were read, vary less than 32-bit floats can tell.

    Near 1e9, where time stamps and meters lie, these tell only steps of 64 apart. Of series, whose changes the network
    sees, it is the changes that must not be lost. then: what follows. Returns: list of one line or none.
    """
    first = sequences.x[:1][0]
    if isinstance(first, str) or first.ndim != 2 or np.can_cast(first.dtype, np.float32):
        return []
    names, values, level, spread = _spread_of_some(sequences)
    back = int(sequences.kind == "series")
    found = np.flatnonzero(rounded_away(values, spread) & (spread > UNCHANGED["float64"] * np.abs(level)))
    if not len(found):
        return []
    also = f" (so does {', '.join(names[k] for k in found[1:4])})" if len(found) > 1 else ""
    k = found[0]
    return [rounding_note(f"{names[k]}: a {'change' if back else 'deviation'}", spread[k], level[k], f"{also}: {then}")]


def unchanged_notes(sequences):
    """Say which features of Sequences, as they were read, change so little that the network gets them unscaled.

    Returns: list of one line or none.
    """
    first = sequences.x[:1][0]
    if isinstance(first, str) or first.ndim != 2 or first.dtype.kind == "b":
        return []
    names, values, level, spread = _spread_of_some(sequences)
    bits = 32 if first.dtype.kind == "f" and first.dtype.itemsize <= 4 else 64
    lowest, highest = np.fmin.reduce(values, initial=np.inf), np.fmax.reduce(values, initial=-np.inf)
    changes = (spread > 0) & (lowest < highest)
    least = np.maximum(UNCHANGED[f"float{bits}"] * np.abs(level), np.finfo(np.float32).tiny)
    found = np.flatnonzero(changes & (spread <= least))
    if not len(found):
        return []
    also = f" (so does {', '.join(names[k] for k in found[1:4])})" if len(found) > 1 else ""
    k = found[0]
    what = f"a {'change' if sequences.kind == 'series' else 'deviation'} of {spread[k]:.2g} around {level[k]:.6g}"
    way = "it is centred, not scaled; if it matters, subtract the level before you write the file"
    return [f"{names[k]}: {what} is too small there for {bits}-bit floats{also}: {way}"]


def _spread_of_some(sequences):
    """Return what up to SOME of Sequences (time, features) say of each feature.

    Returns: (names, values (n, features) float64, their means (features,), their deviations, of series those of the
    changes from row to row (features,)).
    """
    places = np.unique(np.linspace(0, len(sequences.x) - 1, SOME).astype(int))
    some = [sequences.x[k] for k in places] if isinstance(sequences.x, list) else [*sequences.x[places]]
    step = max(1, sum(x.size for x in some) // SAMPLE)
    back = int(sequences.kind == "series")
    values = _within_32_bits(np.concatenate([x[back::step] for x in some]))
    level = _mean_of_finite(values)
    level = level + _mean_of_finite(values - level)  # the sum of many values has rounded
    before = _within_32_bits(np.concatenate([x[: len(x) - back : step] for x in some])) if back else level
    signal = values - before
    spread = np.sqrt(_mean_of_finite(signal**2))
    names = sequences.columns or (["the values"] if len(level) == 1 else [f"feature {k}" for k in range(len(level))])
    return names, values, level, spread


def rounded_away(values, spread):
    """Tell of which columns of values (n, k) 32-bit floats lose more than ROUNDED of what they tell, spread (k,)."""
    with np.errstate(over="ignore"):  # what is beyond them is no question of digits
        lost = values - values.astype(np.float32)
    return np.sqrt(_mean_of_finite(lost**2)) > ROUNDED * spread


def rounding_note(what, spread, level, rest):
    """Say what 32-bit floats lose: of a feature or target, a deviation or change."""
    steps = np.spacing(np.float32(np.abs(level)))
    return (
        f"{what} of {spread:.2g} around {level:.6g} is lost in 32-bit floats, which there tell steps of {steps:.3g} "
        f"apart{rest}"
    )


def _within_32_bits(values):
    """Return values as float64, NaN where they are beyond 32-bit floats: those are refused elsewhere."""
    values = values.astype(np.float64)
    return np.where(np.abs(values) < np.finfo(np.float32).max, values, np.nan)


def _mean_of_finite(values):
    """Return the mean of each column of values (n, k) over those that are finite; 0 where none is."""
    known = np.isfinite(values)
    return np.where(known, values, 0).sum(axis=0) / np.maximum(1, known.sum(axis=0))
