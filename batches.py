"""Feed a part of the data in blocks of many batches, in a new seeded order each epoch."""

import numpy as np

from quiet_tensorflow import keras

BATCHES_PER_BLOCK = 64  # handed to TensorFlow at once: fewer cost time, more cost memory


class Blocks(keras.utils.PyDataset):
    """A Part as blocks (x float32, y[, weights]) of whole batches; the last block and the last batch may be smaller.

    With a seed the order is drawn from (seed, epoch): Keras' own shuffle repeats one order every epoch once a seed is
    set; this one does not, and it can be taken up again at any epoch. Without a seed the part's order is kept.
    """

    def __init__(self, part, batch_size, seed=None, weights=None, batches_per_block=BATCHES_PER_BLOCK):
        super().__init__()
        self.part, self.seed, self.weights = part, seed, weights
        self.rows_per_block = batch_size * batches_per_block
        self.set_epoch(0)

    def set_epoch(self, epoch):
        """Draw the order of an epoch, numbered from 0."""
        n = len(self.part)
        self.order = np.arange(n) if self.seed is None else np.random.default_rng((self.seed, epoch)).permutation(n)

    def __len__(self):
        return -(-len(self.part) // self.rows_per_block)

    def __getitem__(self, i):
        chosen = self.order[i * self.rows_per_block : (i + 1) * self.rows_per_block]
        arrays = (self.part.take(chosen), self.part.y[chosen])
        return arrays if self.weights is None else (*arrays, self.weights[chosen])
