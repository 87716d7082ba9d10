"""Feed a part of the data in blocks of many batches, in a new seeded order each epoch."""

import numpy as np

from core.lazy import keras, tf
from sequences.rows_on_disk import RowsOnDisk
from sequences.types import at_once

BATCHES_PER_BLOCK = 64  # handed to TensorFlow at once, a power of two: fewer cost time, more cost memory
WINDOW_BYTES = 64 * 2**20  # sequences in memory at a time while shuffling data that lie on disk
CHUNKS = 16  # runs of neighbouring rows that such a window is made of


class Blocks:
    """A Split as blocks (x float32, y[, weights]) of whole batches; the last block and the last batch may be smaller.

    With a seed the order is drawn from (seed, epoch): Keras' own shuffle repeats one order every epoch once a seed is
    set; this one does not, and it can be taken up again at any epoch. Without a seed the part's order is kept.
    The order is a permutation inside windows: of all sequences where they fit into one, else of 16 runs of
    neighbouring sequences, drawn from the whole part, so that a disk is read in long strokes.
    share: (number of a worker, number of workers): of each batch every so many-th row alone is read and given.
    """

    def __init__(self, part, batch_size, seed=None, weights=None, batches_per_block=BATCHES_PER_BLOCK, share=(0, 1)):
        self.part, self.seed, self.weights = part, seed, weights
        self.rows_per_block, self.share = batch_size * batches_per_block, share
        whole = self.rows_per_block  # in memory the order does not depend on how many batches a block has
        while self.rows_per_block > max(batch_size, at_once(part.shape, self.rows_per_block)):
            self.rows_per_block //= 2
        if isinstance(part.x, RowsOnDisk):
            whole = self.rows_per_block
        bytes_per_row = 4 * int(np.prod(part.shape))
        fitting = max(1, WINDOW_BYTES // bytes_per_row // whole) * whole
        self.window = min(fitting, len(part)) if seed is not None else self.rows_per_block
        self.set_epoch(0)

    def set_epoch(self, epoch):
        """Draw the order of an epoch, numbered from 0."""
        self.epoch, self.cached = epoch, (None, None, None)
        if self.seed is not None and self.window < len(self.part):
            chunk = -(-self.window // CHUNKS)
            starts = np.arange(0, len(self.part), chunk)
            self.chunks = [(s, min(s + chunk, len(self.part))) for s in self._rng().permutation(starts)]

    def _rng(self, *more):
        return np.random.default_rng((self.seed, self.epoch, *more))

    def _order(self, window):
        """Return the places in the part of a window's sequences, in the order of training."""
        if self.seed is None:
            return np.arange(window * self.window, min((window + 1) * self.window, len(self.part)))
        if self.window >= len(self.part):
            return self._rng().permutation(len(self.part))
        begin, end, position, places = window * self.window, (window + 1) * self.window, 0, []
        for start, stop in self.chunks:  # cut the chain of shuffled chunks into windows
            low, high = max(begin, position), min(end, position + stop - start)
            if low < high:
                places.append(np.arange(start + low - position, start + high - position))
            position += stop - start
        return self._rng(window).permutation(np.concatenate(places))

    def __len__(self):
        return -(-len(self.part) // self.rows_per_block)

    def __getitem__(self, i):
        window, first = divmod(i * self.rows_per_block, self.window)
        if self.window >= len(self.part):
            window, first = 0, i * self.rows_per_block
        if self.cached[0] != window:
            order, self.cached = self._order(window), (None, None, None)  # the old window goes before the new one comes
            order = order[self.share[0] :: self.share[1]]
            # In memory the rows are picked block by block; from disk the whole window is read at once.
            on_disk = isinstance(self.part.x, RowsOnDisk)
            self.cached = window, order, self.part.take(order) if on_disk else None
        _, order, x = self.cached
        chosen = slice(first // self.share[1], (first + self.rows_per_block) // self.share[1])
        places = order[chosen]
        arrays = (self.part.take(places) if x is None else x[chosen], self.part.y[places])
        return arrays if self.weights is None else (*arrays, self.weights[places])


def as_keras_dataset(blocks):
    """Return Blocks as Keras' own `fit` takes them."""

    class Dataset(keras.utils.PyDataset):
        def __len__(self):
            return len(blocks)

        def __getitem__(self, place):
            return blocks[place]

    return Dataset()


def tensors(block):
    """Turn the block's arrays into tensors, floats in 32 bits."""
    return tuple(tf.convert_to_tensor(a, "float32" if a.dtype.kind == "f" else None) for a in map(np.asarray, block))


def in_order(logs):
    """Put the loss first and what concerns the validation set last: versions of Keras differ in their order."""
    return dict(sorted(logs.items(), key=lambda item: (item[0].startswith("val_"), not item[0].endswith("loss"))))
