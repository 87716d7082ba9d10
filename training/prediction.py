"""What a trained model answers, and where its attention looked."""

import functools

import numpy as np

from core.errors import InputError
from core.lazy import keras, tf
from core.progress import tracked
from core.run_folder import AGAIN
from networks.layer_names import ATTENTION_WEIGHTS
from sequences.types import IN_CACHE, at_once
from training.acceleration import accelerated

BATCH_SIZES = {"CPU": 256, "GPU": 1024}  # sequences predicted at once, at most; they decide speed and memory alone


def predict(model, split):
    """Answer the sequences of a Split.

    Returns: the model's output, float64 (n, outputs); faster kernels may change its last bits.
    Raises: InputError for a model that gives NaN or infinite answers.
    """
    most = BATCH_SIZES["GPU" if tf.config.list_physical_devices("GPU") else "CPU"]
    size = min(at_once(split.shape, most), at_once(largest_output(model), bytes_at_most=IN_CACHE))
    # About where tracing the model, as `model.predict` does, begins to pay.
    call = traced(model) if len(split) > 8 * size else functools.partial(model, training=False)
    size = -(-len(split) // max(1, round(len(split) / size)))  # no block of a few: it would take as long as half of one
    with accelerated(model, size):
        blocks = tracked(split.blocks(size), "Predicting, blocks of sequences", -(-len(split) // size))
        outputs = [np.asarray(call(tf.convert_to_tensor(x)), dtype=np.float64) for x in blocks]
    output = np.concatenate(outputs)
    if not np.isfinite(output).all():
        raise InputError(f"model.keras gives answers that are no numbers: {AGAIN}")
    return output


def largest_output(model):
    """Return the shape of the largest output of a layer for one sequence, an unknown number of steps taken as one."""
    shapes = [[size or 1 for size in layer.output.shape[1:]] for layer in model.layers]
    return max(shapes, key=np.prod)


@functools.lru_cache(maxsize=1)  # an evaluation asks one model many times
def traced(model):
    """Return a function that does what the model does, traced at its first call."""
    shape = tf.TensorSpec((None, *model.input_shape[1:]), model.inputs[0].dtype)
    return tf.function(functools.partial(model, training=False), [shape], autograph=False)


def attention_weights(model, sequences):
    """Return how much each time step counts for a model with attention.

    Parameters: sequences: (n, time, ...). Returns: (n, time), each row of sum 1; attention weighs states that stand for
    pooled steps, and each of the steps gets the weight of its state.
    """
    weights_of = keras.Model(model.input, model.get_layer(ATTENTION_WEIGHTS).output)
    weights = np.asarray(weights_of(sequences))[:, :, 0]
    steps, states = sequences.shape[1], weights.shape[1]
    spread = weights[:, np.arange(steps) * states // steps]
    return spread / spread.sum(axis=1, keepdims=True)
