"""What a trained model answers, and where it looked."""

import numpy as np

from project.errors import InputError
from project.run_folder import AGAIN
from sequences.types import at_once

BATCH = 1024  # sequences predicted at once; only speed and memory depend on it


def predict(model, part):
    """Return the model's output for a Part, float64 (n, outputs). Raises InputError for a model that gives no numbers.

    The fused kernel may change the last bits.
    """
    from project.quiet_tensorflow import tf
    from training.fused_lstm import fused

    def call(x):
        return model(x, training=False)

    size = at_once(part.shape, BATCH)
    if len(part) > 8 * size:  # about where tracing the model, as `model.predict` does, begins to pay
        call = tf.function(call, [tf.TensorSpec((None, *model.input_shape[1:]), "float32")], autograph=False)
    with fused(model, min(size, len(part))):
        outputs = [np.asarray(call(tf.convert_to_tensor(x)), dtype=np.float64) for x in part.blocks(BATCH)]
    output = np.concatenate(outputs)
    if not np.isfinite(output).all():
        raise InputError(f"model.keras gives answers that are no numbers: {AGAIN}")
    return output


def attention_weights(model, sequences):
    """Return how much each time step of sequences (n, time, ...) counts for a model with attention: (n, time), sum 1.

    The states that attention weighs stand for pooled steps: a state's weight is spread evenly over its share of steps.
    """
    from project.quiet_tensorflow import keras

    weights_of = keras.Model(model.input, model.get_layer("attention_weights").output)
    weights = np.asarray(weights_of(sequences))[:, :, 0]
    steps, states = sequences.shape[1], weights.shape[1]
    spread = weights[:, np.arange(steps) * states // steps]
    return spread / spread.sum(axis=1, keepdims=True)
