"""What a trained model answers, and where it looked."""

import functools

import numpy as np

from core.errors import InputError
from core.lazy import keras, tf
from core.run_folder import AGAIN
from sequences.types import IN_CACHE, at_once
from training.acceleration.lstm import fused

BATCH = {"CPU": 256, "GPU": 1024}  # sequences predicted at once; only speed and memory depend on it


def predict(model, part):
    """Return the model's output for a Split, float64 (n, outputs). Raises InputError for a model that gives no numbers.

    The fused kernel may change the last bits.
    """
    most = BATCH["GPU" if tf.config.list_physical_devices("GPU") else "CPU"]
    size = min(at_once(part.shape, most), at_once(largest_output(model), bytes_at_most=IN_CACHE))
    # About where tracing the model, as `model.predict` does, begins to pay.
    call = traced(model) if len(part) > 8 * size else functools.partial(model, training=False)
    with fused(model, min(size, len(part))):
        outputs = [np.asarray(call(tf.convert_to_tensor(x)), dtype=np.float64) for x in part.blocks(size)]
    output = np.concatenate(outputs)
    if not np.isfinite(output).all():
        raise InputError(f"model.keras gives answers that are no numbers: {AGAIN}")
    return output


def largest_output(model):
    """Return the shape of the largest output of a layer for one sequence, steps of any number counted as one."""
    shapes = [[size or 1 for size in layer.output.shape[1:]] for layer in model.layers]
    return max(shapes, key=np.prod)


@functools.lru_cache(maxsize=1)  # an evaluation asks one model many times
def traced(model):
    """Return a function that does what the model does, traced at its first call."""
    shape = tf.TensorSpec((None, *model.input_shape[1:]), "float32")
    return tf.function(functools.partial(model, training=False), [shape], autograph=False)


def attention_weights(model, sequences):
    """Return how much each time step of sequences (n, time, ...) counts for a model with attention: (n, time), sum 1.

    The states that attention weighs stand for pooled steps: each step of its share gets a state's weight.
    """
    weights_of = keras.Model(model.input, model.get_layer("attention_weights").output)
    weights = np.asarray(weights_of(sequences))[:, :, 0]
    steps, states = sequences.shape[1], weights.shape[1]
    spread = weights[:, np.arange(steps) * states // steps]
    return spread / spread.sum(axis=1, keepdims=True)
