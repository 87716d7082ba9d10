"""Linear models beside a network of classes: each knows what the others miss, and their logits add up.

A deep network of some sequences gets two: ridge regression on all values, and on what fixed convolutions find
(networks/minirocket.py). How much each counts is found from their answers to sequences that they were fitted without
(stacking: Wolpert 1992, Breiman 1996). A network of texts gets one, of words (word_model.py). The network is trained
alone: together with them it would learn no more than what they get wrong (docs/choices.md).
"""

from dataclasses import dataclass, replace

import numpy as np

from baselines import ridge
from core.lazy import layers
from networks import minirocket
from networks.layer_names import CONVOLUTION
from networks.linear_layers import linear_part, with_logits
from networks.standardisation import numpy_function, standardised
from tasks.classification import word_model
from tasks.classification.stacking import class_weight_logits, signed_targets, stacking_weights

MOST_SEQUENCES = 2000  # training sequences: with more of them a deep network learns better alone
NETWORK_SHARE = 0.3  # of the network's logits that counts: it is surer of new sequences than it should be


@dataclass(frozen=True)
class RidgePair:
    """Both linear models, whose answers are logits."""

    values: ridge.LinearModel  # of all values of a sequence
    shapes: ridge.LinearModel  # of what the fixed kernels find
    kernels: list  # of minirocket.DilatedKernels
    scales: np.ndarray  # (2,) or (2, labels) what ridge regression's answers were multiplied by


def data_suit_ridge_pair(data, c):
    """Tell whether the two models would be added to a deep network: to one of some sequences of numbers.

    Not where several come from one source (a speaker, a recording): how well a linear model tells those that it was
    fitted without says nothing about other sources then.
    """
    in_groups = data.sequences.groups is not None or c.GROUP or c.TEST_FILES or c.WINDOW
    return c.LINEAR_START and len(data.train.shape) == 2 and len(data.train) <= MOST_SEQUENCES and not in_groups


def uses_ridge_pair(data, c):
    """Tell whether the two models are added."""
    return c.ARCHITECTURE.startswith("deep") and data_suit_ridge_pair(data, c)


def fit_and_add_ridge_pair(model, data, c):
    """Return a trained network with the two models beside it."""
    fitted = fit_ridge_pair(data, model.output_shape[1], c)
    whole = add_ridge_pair(model, fitted)
    scales = "all values × {:.2f}, on fixed convolutions × {:.2f}".format(*fitted.scales.reshape(2, -1).mean(axis=1))
    print(
        f"Added to the network's logits × {NETWORK_SHARE}: ridge regression on {scales} (LINEAR_START), "
        f"{whole.count_params():,} parameters in all"
    )
    return whole


def add_ridge_pair(model, fitted):
    """Return a trained network with both linear models, a RidgePair, beside it."""
    x = model.get_layer(f"{CONVOLUTION}_1").input
    values = linear_part(x, fitted.values)
    shapes = linear_part(minirocket.positive_share_features(x, fitted.kernels), fitted.shapes, "linear_of_shapes")
    return with_logits(model, values + shapes, NETWORK_SHARE)


def fit_ridge_pair(data, outputs, c):
    """Fit both models to the training set. outputs: 1 for two classes, else their number. Returns: RidgePair."""
    y = data.train.y

    def prepare(inputs):
        return standardised(inputs, data, c)

    def targets(places):
        return signed_targets(y[places], outputs)

    kernels = minirocket.fit_kernels(data.train, prepare, c.SEED)
    flatten = numpy_function(lambda inputs: layers.Flatten()(prepare(inputs)), data.train)
    inputs = flatten, minirocket.feature_extractor(prepare, data.train, kernels)
    models, answers = zip(*(ridge.fit_leave_one_out(data.train, targets, own, c.SEED) for own in inputs))
    scales = stacking_weights(answers, y)
    values, shapes = (model.scaled(scale) for model, scale in zip(models, scales))
    values = replace(values, intercept=values.intercept + class_weight_logits(y, outputs, c))
    return RidgePair(values, shapes, kernels, scales)


# Functions (data, c) that tell whether a linear model is added, and (model, data, c) that add it to a trained network.
LINEAR_MODELS = (
    (word_model.applies, word_model.add_word_model),
    (uses_ridge_pair, fit_and_add_ridge_pair),
)
