"""The average of the weights over a training's last epochs: steadier than any one epoch's where the loss jumps."""

import numpy as np

from core.lazy import keras

DECAY = 0.7  # the share of the earlier epochs in the average after each epoch


class WeightAverage:
    """Average a model's weights over epochs, those of batch normalisation too; validation sees the average.

    value: the average so far, a list of arrays, or None before the first epoch.
    """

    def __init__(self, model, value=None):
        self.model, self.value = model, value

    def callback(self):
        """Return the Keras callback that keeps the average, and lends it to the model while it is validated."""
        return keras.callbacks.LambdaCallback(
            on_test_begin=lambda logs: self._lend(self._updated()),
            on_test_end=lambda logs: self.model.set_weights(self.own),
            on_epoch_end=lambda epoch, logs: setattr(self, "value", self._updated()),
        )

    def _lend(self, weights):
        """Give the model other weights, and keep its own: training goes on with them."""
        self.own = self.model.get_weights()
        self.model.set_weights(weights)

    def _updated(self):
        """Return the average with the model's present weights in it."""
        weights = self.model.get_weights()
        if self.value is None:
            return weights
        return [np.asarray(DECAY * a + (1 - DECAY) * w, w.dtype) for a, w in zip(self.value, weights)]
