"""The average of the weights over a training's last epochs: steadier than any one epoch's where the loss jumps."""

import numpy as np

from core.lazy import keras

DECAY = 0.7  # the weights of an epoch count so much of what those of the next one count


class WeightAverage:
    """Keep the average of a model's weights after each epoch, and let the model have it while it is validated.

    Averaged are all weights, those of batch normalisation's statistics too. value: the average so far, a list of
    arrays, or None before the first epoch.
    """

    def __init__(self, model, value=None):
        self.model, self.value = model, value

    def callback(self):
        """Return the Keras callback that does so."""
        return keras.callbacks.LambdaCallback(
            on_test_begin=lambda logs: self._exchange(self._with_present_weights()),
            on_test_end=lambda logs: self.model.set_weights(self.own),
            on_epoch_end=lambda epoch, logs: setattr(self, "value", self._with_present_weights()),
        )

    def _exchange(self, weights):
        """Give the model other weights, and keep its own: training goes on with them."""
        self.own = self.model.get_weights()
        self.model.set_weights(weights)

    def _with_present_weights(self):
        """Return the average, with the weights as they are now."""
        weights = self.model.get_weights()
        if self.value is None:
            return weights
        return [np.asarray(DECAY * a + (1 - DECAY) * w, w.dtype) for a, w in zip(self.value, weights)]
