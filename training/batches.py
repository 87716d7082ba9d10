"""Load a split in blocks of many batches, in a new seeded order each epoch."""

import numpy as np

from core.lazy import keras, tf
from sequences.rows_on_disk import RowsOnDisk
from sequences.types import at_once

BATCHES_PER_BLOCK = 64  # given to TensorFlow at once, a power of two: fewer cost time, more cost memory
WINDOW_BYTES = 64 * 2**20  # sequences in memory at a time while data that lie on disk are shuffled
CHUNKS = 16  # runs of neighbouring rows that such a window is made of


class BatchLoader:
    """Load a Split block by block: loader[i] is (x, y[, sample weights]) of whole batches.

    The last block and the last batch may be smaller. With a seed the order is drawn from (seed, epoch): Keras' own
    shuffle repeats one order every epoch once a seed is set; this one does not, and can be resumed at any epoch. The
    order is a permutation within windows: of all sequences where they fit into one, else of 16 runs of neighbouring
    sequences, drawn from the whole split, so that a disk is read in long strokes.

    Parameters: seed: None keeps the order of the split. sample_weights: (n,) or None. worker: (index, count); of each
    batch only the rows index, index + count, ... are loaded.
    """

    def __init__(
        self, split, batch_size, seed=None, sample_weights=None, batches_per_block=BATCHES_PER_BLOCK, worker=(0, 1)
    ):
        self.split, self.batch_size, self.seed, self.sample_weights = split, batch_size, seed, sample_weights
        self.rows_per_block, self.worker = batch_size * batches_per_block, worker
        self.on_disk = isinstance(split.all_x, RowsOnDisk)
        unit = self.rows_per_block  # in memory the order does not depend on how many batches a block has
        while self.rows_per_block > max(batch_size, at_once(split.shape, self.rows_per_block)):
            self.rows_per_block //= 2
        if self.on_disk:
            unit = self.rows_per_block
        fitting = max(1, WINDOW_BYTES // (4 * int(np.prod(split.shape))) // unit) * unit
        self.window = min(fitting, len(split)) if seed is not None else self.rows_per_block
        self.set_epoch(0)

    def set_epoch(self, epoch):
        """Draw the order of an epoch, numbered from 0."""
        self.epoch, self.cached = epoch, (None, None, None)
        if self.seed is not None and self.window < len(self.split):
            chunk = -(-self.window // CHUNKS)
            starts = np.arange(0, len(self.split), chunk)
            self.chunks = [(s, min(s + chunk, len(self.split))) for s in self._rng().permutation(starts)]

    def _rng(self, *more):
        return np.random.default_rng((self.seed, self.epoch, *more))

    def _order(self, window):
        """Return which sequences of the split a window holds, in the order of training."""
        begin, end = window * self.window, (window + 1) * self.window
        if self.seed is None:
            return np.arange(begin, min(end, len(self.split)))
        if self.window >= len(self.split):
            return self._rng().permutation(len(self.split))
        position, indices = 0, []
        for start, stop in self.chunks:  # cut the chain of shuffled chunks into windows
            low, high = max(begin, position), min(end, position + stop - start)
            if low < high:
                indices.append(np.arange(start + low - position, start + high - position))
            position += stop - start
        return self._rng(window).permutation(np.concatenate(indices))

    def __len__(self):
        return -(-len(self.split) // self.rows_per_block)

    def __getitem__(self, i):
        window, first = divmod(i * self.rows_per_block, self.window)
        if self.window >= len(self.split):
            window, first = 0, i * self.rows_per_block
        index, count = self.worker
        if self.cached[0] != window:
            self.cached = (None, None, None)  # the old window goes before the new one comes
            order = self._order(window)[index::count]
            # In memory the rows are picked block by block; from disk the whole window is read at once.
            self.cached = window, order, self.split.take(order) if self.on_disk else None
        _, order, x = self.cached
        block = slice(first // count, (first + self.rows_per_block) // count)
        indices = order[block]
        arrays = (self.split.take(indices) if x is None else x[block], self.split.y[indices])
        return arrays if self.sample_weights is None else (*arrays, self.sample_weights[indices])

    @property
    def batches(self):
        """The number of batches of an epoch."""
        return -(-len(self.split) // self.batch_size)


def as_keras_dataset(loader):
    """Return a BatchLoader as Keras' own `fit` takes it: batch by batch."""
    loader.rows_per_block = loader.batch_size

    class Dataset(keras.utils.PyDataset):
        def __len__(self):
            return len(loader)

        def __getitem__(self, i):
            return to_tensors(loader[i])  # Keras would bring arrays to 32 bits

    return Dataset()


def to_tensors(arrays):
    """Turn arrays into tensors: the first, the sequences, as it is, the others' floats in 32 bits."""
    first, *others = map(np.asarray, arrays)
    types = [None, *("float32" if other.dtype.kind == "f" else None for other in others)]
    return tuple(map(tf.convert_to_tensor, (first, *others), types))
