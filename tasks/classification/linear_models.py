"""Linear models beside a network of classes: each knows what the others miss, and their logits add up.

A deep network of some sequences gets two: ridge regression on all values, and on what fixed convolutions find
(networks/fixed_kernels.py). How much each counts is found from their answers to sequences that they were fitted without
(stacking: Wolpert 1992, Breiman 1996). A network of texts gets one, of words (word_model.py). The network is trained
alone: together with them it would learn no more than what they get wrong (docs/choices.md).
"""

from dataclasses import dataclass, replace

import numpy as np

from baselines import ridge
from core.lazy import layers
from networks import fixed_kernels
from networks.layer_names import CONVOLUTION
from networks.linear_layers import linear_part, with_logits
from networks.standardisation import as_function, standardised
from tasks.classification import word_model
from tasks.classification.stacking import balance, best_scales

MOST_SEQUENCES = 2000  # training sequences: with more of them a deep network learns better alone
NETWORK_SHARE = 0.3  # of the network's logits that counts: it is surer of new sequences than it should be


@dataclass(frozen=True)
class FittedPair:
    """Both linear models, whose answers are logits."""

    values: ridge.LinearModel  # of all values of a sequence
    shapes: ridge.LinearModel  # of what the fixed kernels find
    kernels: list  # of fixed_kernels.Dilated
    scales: np.ndarray  # (2,) what ridge regression's answers were multiplied by


def pair_helps(data, c):
    """Tell whether the two models would be added to a deep network: to one of some sequences of numbers.

    Not where several come from one source (a speaker, a recording): how well a linear model tells those that it was
    fitted without says nothing about other sources then.
    """
    in_groups = data.sequences.groups is not None or c.GROUP or c.TEST_FILES or c.WINDOW
    return c.LINEAR_START and len(data.train.shape) == 2 and len(data.train) <= MOST_SEQUENCES and not in_groups


def pair_applies(data, c):
    """Tell whether the two models are added."""
    return c.ARCHITECTURE.startswith("deep") and pair_helps(data, c)


def add_pair(model, data, c):
    """Return a trained network with the two models beside it."""
    fitted = fit_pair(data, model.output_shape[1], c)
    whole = join_pair(model, fitted)
    scales = "all values × {:.2f}, on fixed convolutions × {:.2f}".format(*fitted.scales)
    print(
        f"Added to the network's logits × {NETWORK_SHARE}: ridge regression on {scales} (LINEAR_START), "
        f"{whole.count_params():,} parameters in all"
    )
    return whole


def join_pair(model, fitted):
    """Return a trained network with both linear models, a FittedPair, beside it."""
    x = model.get_layer(f"{CONVOLUTION}_1").input
    values = linear_part(x, fitted.values)
    shapes = linear_part(fixed_kernels.shares_above(x, fitted.kernels), fitted.shapes, "linear_of_shapes")
    return with_logits(model, values + shapes, NETWORK_SHARE)


def fit_pair(data, outputs, c):
    """Fit both models to the training set. outputs: 1 for two classes, else their number. Returns: FittedPair."""
    y, shape = data.train.y, data.train.shape

    def prepare(inputs):
        return standardised(inputs, data, c)

    def targets(places):
        return 2.0 * (y[places, None] == (np.arange(outputs) if outputs > 1 else [1])) - 1

    kernels = fixed_kernels.choose(data.train, prepare, c.SEED)
    flatten = as_function(lambda inputs: layers.Flatten()(prepare(inputs)), shape)
    inputs = flatten, fixed_kernels.extractor(prepare, shape, kernels)
    models, answers = zip(*(ridge.fit_leave_one_out(data.train, targets, own, c.SEED) for own in inputs))
    scales = best_scales(answers, y)
    values, shapes = (model.scaled(scale) for model, scale in zip(models, scales))
    values = replace(values, intercept=values.intercept + balance(y, outputs, c))
    return FittedPair(values, shapes, kernels, scales)


# Functions (data, c) that tell whether a linear model is added, and (model, data, c) that add it to a trained network.
LINEAR_MODELS = (
    (word_model.applies, word_model.add_word_model),
    (pair_applies, add_pair),
)
