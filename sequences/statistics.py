"""Statistics of a split, computed block by block so that the data need not fit in memory."""

import hashlib
from dataclasses import fields, is_dataclass

import numpy as np

from core.errors import InputError
from sequences.types import at_once

SAMPLE = 2**22  # values, and
SOME = 200  # sequences that tell how much rounding takes away
ROUNDED = 0.01  # share of a feature's deviation that rounding may take


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
        shift = flat.mean(axis=0) if shift is None else shift  # near the mean, so that the squares keep their digits
        flat -= shift
        count, total, squares = count + len(flat), total + flat.sum(axis=0), squares + (flat**2).sum(axis=0)
    mean, variance = shift + total / count, squares / count - (total / count) ** 2
    limits = np.finfo(np.float32)
    if variance.max() > limits.max:
        size = np.sqrt(variance.max())
        raise InputError(f"values of the training set vary by {size:.0e}, beyond 32-bit floats: scale them down")
    return mean, np.where(variance > np.maximum((1e-6 * mean) ** 2, limits.tiny), variance, 1.0)


def fingerprint(part):
    """Return the SHA-256 of a part: shape, sequences as float32, and classes or targets."""
    digest = hashlib.sha256(repr((len(part), *part.shape)).encode())
    for block in part.blocks():
        digest.update(np.ascontiguousarray(block).data)
    digest.update(np.ascontiguousarray(part.y).data)
    return digest.hexdigest()


def fingerprints(data):
    """Return {"training", "validation", "test", "rows": SHA-256}; rows: of series, also those that no window holds."""
    splits = {"training": data.train, "validation": data.validation, "test": data.test}
    found = {name: fingerprint(split) for name, split in splits.items() if split is not None}
    series = data.sequences.kind == "series"
    return found | ({"rows": content_fingerprint([data.sequences.x, data.sequences.times])} if series else {})


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


def rounding_notes(sequences):
    """Say which features of Sequences, as they were read, vary less than 32-bit floats can tell.

    The network computes in them: near 1e9, where time stamps lie, they tell only steps of 64 apart.
    """
    first = sequences.x[:1][0]
    if isinstance(first, str) or first.ndim != 2 or first.dtype.itemsize < 8:
        return []
    places = np.unique(np.linspace(0, len(sequences.x) - 1, SOME).astype(int))
    some = [sequences.x[k] for k in places] if isinstance(sequences.x, list) else [*sequences.x[places]]
    step = max(1, sum(x.size for x in some) // SAMPLE)
    values = np.concatenate([x[::step] for x in some]).astype(np.float64)
    known = np.isfinite(values) & (np.abs(values) < np.finfo(np.float32).max)
    values, count = np.where(known, values, 0), np.maximum(1, known.sum(axis=0))
    level = values.sum(axis=0) / count
    spread = np.sqrt((np.where(known, values - level, 0) ** 2).sum(axis=0) / count)
    lost = np.sqrt(((values - values.astype(np.float32)) ** 2).sum(axis=0) / count)
    found = np.flatnonzero((lost > ROUNDED * spread) & (spread > 1e-12 * np.abs(level)))  # below: no variation at all
    if not len(found):
        return []
    names = sequences.columns or (["the values"] if len(level) == 1 else [f"feature {k}" for k in range(len(level))])
    also = f" (so does {', '.join(names[k] for k in found[1:4])})" if len(found) > 1 else ""
    k, steps = found[0], np.spacing(np.float32(np.abs(level[found[0]])))
    return [
        f"{names[k]}: a deviation of {spread[k]:.2g} around {level[k]:.6g} is lost in 32-bit floats, which there tell "
        f"steps of {steps:.3g} apart{also}: subtract the level"
    ]
