"""Classes of few sequences begin as ridge regression: the network learns what the linear model cannot tell.

A linear model of more values than sequences knows its own training sequences by heart, and would leave nothing to
learn. While the network trains, the linear part of a sequence is therefore what a model answers that was fitted without
it (stacking: Wolpert 1992). The scale of the answers is that of the lowest cross-entropy: where the linear model knows
nothing, it is next to zero.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from baselines import linear
from tasks.layers import flattened, linear_part

FEW = 20  # training sequences of a class on average: with more of them a deep network learns better alone
LARGEST_SCALE = 30.0  # scale: what ridge regression brings to 1 is brought to


class Start(NamedTuple):
    """Where a network of classes begins."""

    solution: linear.Linear  # its answers are logits
    corrections: np.ndarray  # (n, outputs) float32: added to them, those of models that have not seen the sequence


def begins(data, c):
    """Tell whether the network begins so: a deep one, of few sequences of numbers."""
    deep = c.LINEAR_START and c.ARCHITECTURE.startswith("deep")
    return deep and len(data.train.shape) == 2 and len(data.train) <= FEW * len(data.state["classes"])


def network(x, features, outputs, data, c):
    """Return logits (n, outputs): a linear part of x (n, time, features), and of the backbone's features from zero."""
    from project.quiet_tensorflow import keras

    learned = keras.layers.Dense(outputs, kernel_initializer="zeros", name="output")(features)
    return keras.layers.Add()([linear_part(x, start(data, outputs, c).solution), learned])


def is_begun(model):
    """Tell whether a network was made by `network`."""
    return any(layer.name == "linear" for layer in model.layers)


def with_probabilities(model):
    """Return the network with the activation that turns its logits into probabilities."""
    from project.quiet_tensorflow import keras

    activation = "sigmoid" if model.output_shape[1] == 1 else "softmax"
    return keras.Model(model.input, keras.layers.Activation(activation, name="probabilities")(model.output))


def corrections(part, outputs, data, c):
    """Return what is added to the logits in the loss (n, outputs): see Start."""
    return start(data, outputs, c).corrections if part is data.train else np.zeros((len(part), outputs))


def with_corrections(part, corrections):
    """Return what the loss is given of a part: its classes and the corrections, float32 (n, 1 + outputs)."""
    return np.hstack([part.y[:, None], corrections]).astype(np.float32)


def start(data, outputs, c):
    """Fit ridge regression to the training part. outputs: 1 for two classes, else their number. Returns: Start."""
    y, flatten = data.train.y, flattened(data, c)

    def targets(places):
        return 2.0 * (y[places, None] == (np.arange(outputs) if outputs > 1 else [1])) - 1

    model = linear.fit(data.train, targets, flatten, c.SEED)
    answers = linear.unseen(model, data.train, targets, flatten, c.SEED)
    scale = best_scale(answers, y)
    corrections = scale * (answers - linear.predict(model, data.train, flatten))
    scaled = model._replace(weights=scale * model.weights, intercept=scale * model.intercept)
    return Start(scaled, corrections.astype(np.float32))


def best_scale(answers, y):
    """Return what answers (n, outputs) are multiplied by to become the logits of the lowest cross-entropy."""
    answers = np.hstack([np.zeros_like(answers), answers]) if answers.shape[1] == 1 else answers

    def cross_entropy(log_scale):
        return -log_softmax(np.exp(log_scale) * answers, axis=1)[np.arange(len(y)), y].mean()

    return float(np.exp(minimize_scalar(cross_entropy, bounds=(-5, np.log(LARGEST_SCALE)), method="bounded").x))


def logits_and_classes(y, logits):
    """Split what the loss is given, y (n, 1 + outputs). Returns: (logits with the corrections, classes (n,))."""
    from project.quiet_tensorflow import keras

    return logits + y[:, 1:], keras.ops.cast(y[:, 0], "int32")


def loss(y, logits):
    """Return the cross-entropy (n,) of the corrected logits (n, outputs)."""
    from project.quiet_tensorflow import keras

    losses, (logits, classes) = keras.losses, logits_and_classes(y, logits)
    if logits.shape[1] == 1:
        return losses.binary_crossentropy(keras.ops.cast(classes[:, None], logits.dtype), logits, from_logits=True)
    return losses.sparse_categorical_crossentropy(classes, logits, from_logits=True)


def accuracy(y, logits):
    """Return 1 for each sequence (n,) whose corrected logits (n, outputs) are highest at its class, else 0."""
    from project.quiet_tensorflow import keras

    ops, (logits, classes) = keras.ops, logits_and_classes(y, logits)
    answers = logits[:, 0] > 0 if logits.shape[1] == 1 else ops.argmax(logits, axis=1)
    return ops.cast(ops.equal(ops.cast(answers, "int32"), classes), "float32")
