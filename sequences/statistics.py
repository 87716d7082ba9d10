"""Figures of a part, block by block, so that data larger than memory will do."""

import hashlib

import numpy as np

from project.errors import InputError


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
        flat = flat - shift
        count, total, squares = count + len(flat), total + flat.sum(axis=0), squares + (flat**2).sum(axis=0)
    mean, variance = shift + total / count, squares / count - (total / count) ** 2
    limits = np.finfo(np.float32)
    if variance.max() > limits.max:
        size = np.sqrt(variance.max())
        raise InputError(f"values of the training part vary by {size:.0e}, beyond 32-bit floats: scale them down")
    return mean, np.where(variance > np.maximum((1e-6 * mean) ** 2, limits.tiny), variance, 1.0)


def fingerprint(part):
    """Return the SHA-256 of a part: shape, sequences as float32, and classes or targets."""
    digest = hashlib.sha256(repr((len(part), *part.shape)).encode())
    for block in part.blocks():
        digest.update(np.ascontiguousarray(block).data)
    digest.update(np.ascontiguousarray(part.y).data)
    return digest.hexdigest()
