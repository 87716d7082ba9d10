"""Feed a part of the data to Keras in batches, in a new seeded order each epoch."""

import numpy as np

from quiet_tensorflow import keras


class ShuffledBatches(keras.utils.PyDataset):
    """Batches of (x float32, y) of a Part, in an order drawn from (seed, epoch).

    Keras' own shuffle repeats the same order every epoch once a seed is set; this one does not, and it can be
    taken up again at any epoch.
    """

    def __init__(self, part, batch_size, seed, epoch=0):
        super().__init__()
        self.part, self.batch_size, self.seed, self.epoch = part, batch_size, seed, epoch
        self._draw_order()

    def _draw_order(self):
        self.order = np.random.default_rng((self.seed, self.epoch)).permutation(len(self.part))

    def __len__(self):
        return -(-len(self.part) // self.batch_size)

    def __getitem__(self, i):
        chosen = self.order[i * self.batch_size : (i + 1) * self.batch_size]
        return np.asarray(self.part.x[self.part.rows[chosen]], dtype=np.float32), self.part.y[chosen]

    def on_epoch_end(self):
        self.epoch += 1
        self._draw_order()
