"""Test sequences that training has seen, or nearly: a score that counts them says little about new sequences."""

import numpy as np

from core.lazy import lazy

pairwise = lazy("sklearn.metrics.pairwise")

NEAR = 0.01  # of the usual distance between a training sequence and the one nearest to it
MAX_SEQUENCES = 3000  # of either set whose distances are measured; the others are searched for equal ones alone
MAX_VALUES = 2**23  # that these may have: 64 MiB
USUAL = 500  # training sequences whose distance to the nearest is measured


def find_twins(train, test, inputs, seed):
    """Find the test sequences that have a twin in the training set.

    A twin is equal to the bit or, measured by the Euclidean distance of what the linear model sees, nearer than NEAR
    of the median distance of training sequences to the one nearest to them: noise never is.
    Parameters: train, test: Splits; inputs, function from sequences (n, time, ...) float64 to (n, inputs), or None
    where only equal ones count; seed of the samples of large sets.
    Returns: (whether each test sequence has an equal one (n,), whether it has a near one (n,), equal ones included).
    """
    seen = {hash(sequence.tobytes()) for block in train.blocks() for sequence in block}
    equal = np.array([hash(sequence.tobytes()) in seen for block in test.blocks() for sequence in block])
    if inputs is None:
        return equal, equal
    most = max(2, min(MAX_SEQUENCES, MAX_VALUES // inputs(test.take(slice(0, 1)).astype(np.float64)).shape[1]))
    rng = np.random.default_rng(seed)
    chosen = [np.sort(rng.permutation(len(split))[:most]) for split in (train, test)]
    x, new = (inputs(split.take(rows).astype(np.float64)) for split, rows in zip((train, test), chosen))
    own = np.sort(pairwise.euclidean_distances(x[:USUAL], x), axis=1)[:, 1]  # the first is the sequence itself
    near = equal.copy()
    near[chosen[1]] |= pairwise.pairwise_distances_argmin_min(new, x)[1] < NEAR * np.median(own)
    return equal, near
