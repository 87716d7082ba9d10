"""Training sequences that are held out for a while: what is learned from the others is tried on them."""

import numpy as np

from sequences.splits import groups_of
from sequences.windows import WindowNames

HELD_OUT = 5  # of so many groups one is held out
ENOUGH = 1000  # training sequences, of which a fifth tells enough; of fewer, several fifths are held out in turn
BLOCKS = 10  # of time, that a lone recording's windows are divided into
SEPARATE, IN_TIME = "sequences", "blocks of time"  # what a group is called where each sequence is its own, and a block


def training_groups(sequences, train, c):
    """Return ((n,) the group of each training sequence, what a group is called): each is its own where there is one.

    Parameters: sequences, prepared Sequences; train, the Split of some of them.
    """
    groups = groups_of(sequences, c.GROUP) if sequences.groups is not None or c.GROUP is not None else None
    if groups is not None and len(np.unique(groups[train.rows])) > 1:
        return np.unique(groups[train.rows], return_inverse=True)[1], "groups"
    if isinstance(train.names, WindowNames):
        return groups_of_windows(train.names, train.rows)
    return np.arange(len(train)), SEPARATE


def groups_of_windows(names, rows):
    """Return the group of windows at `rows` of WindowNames: their recording, or of a lone one the block of time.

    Returns: ((n,), what a group is called).
    """
    starts = names.starts[rows]
    recording = np.searchsorted(names.begins, starts, "right") - 1
    if len(np.unique(recording)) > 1:
        return recording, "recordings"
    span = starts.max() + 1 - starts.min()
    return (starts - starts.min()) * BLOCKS // span, IN_TIME


def draw_held_out(groups, kind, seed, fold=0):
    """Choose the training sequences that the network is not trained on, bool (n,): whole groups, or the last block."""
    names = np.unique(groups)
    count = max(1, round(len(names) / HELD_OUT))
    if kind == IN_TIME:
        return np.isin(groups, names[-count:])
    return np.isin(groups, np.random.default_rng(seed).permutation(names)[fold * count :][:count])


def hold_out(sequences, train, c):
    """Divide training sequences in two that share no group, and no row; few of them several times.

    Parameters: as of training_groups. Returns: list of (places in the split to train on, places that are held out).
    """
    groups, kind = training_groups(sequences, train, c)
    if kind != IN_TIME:
        return hold_out_groups(groups, c.SEED)
    held_out, starts = draw_held_out(groups, kind, c.SEED), train.names.starts[train.rows]
    kept = starts + train.names.size <= starts[held_out].min()
    return [(np.flatnonzero(kept), np.flatnonzero(held_out))]


def hold_out_groups(groups, seed):
    """Hold out whole groups, (n,) that of each sequence. Returns: as `hold_out`."""
    names = len(np.unique(groups))
    folds = min(names, HELD_OUT, -(-ENOUGH // len(groups)))
    drawn = [draw_held_out(groups, "groups", seed, fold) for fold in range(folds)]
    return [(np.flatnonzero(~own), np.flatnonzero(own)) for own in drawn if own.any()]


def hold_out_last(series, origins, horizon):
    """Hold out the last windows of each series, for forecasts.

    Parameters: series (n,) of each window; origins (n,), the row of its first target; horizon, its targets.
    Returns: as `hold_out`; windows whose targets reach into those held out are in neither.
    """
    kept, held_out = np.zeros(len(series), bool), np.zeros(len(series), bool)
    for own in (series == name for name in np.unique(series)):
        rows = np.sort(origins[own])
        first = rows[len(rows) - len(rows) // HELD_OUT :].min(initial=rows[-1] + horizon)
        held_out |= own & (origins >= first)
        kept |= own & (origins + horizon <= first)
    return [(np.flatnonzero(kept), np.flatnonzero(held_out))]
