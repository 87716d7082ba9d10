"""The average of the weights over a training's last epochs: steadier than any one epoch's where the loss jumps."""

import numpy as np

from project.quiet_tensorflow import keras

DECAY = 0.7  # the weights of an epoch count so much of what those of the next one count


class Average(keras.callbacks.Callback):
    """Keep the average of a model's weights after each epoch, and let the model have it while it is validated.

    Averaged are all weights, those of batch normalisation's statistics too. value: the average so far, a list of
    arrays, or None before the first epoch.
    """

    def __init__(self, model, value=None):
        super().__init__()
        self.network, self.value = model, value

    def _joined(self):
        """Return the average, with the weights as they are now."""
        weights = self.network.get_weights()
        if self.value is None:
            return weights
        return [np.asarray(DECAY * a + (1 - DECAY) * w, w.dtype) for a, w in zip(self.value, weights)]

    def on_test_begin(self, logs=None):
        """Put the average in place of the weights."""
        average, self.own = self._joined(), self.network.get_weights()
        self.network.set_weights(average)

    def on_test_end(self, logs=None):
        """Give the model its weights back: training goes on with them."""
        self.network.set_weights(self.own)

    def on_epoch_end(self, epoch, logs=None):
        """Take the weights of an epoch in."""
        self.value = self._joined()
