"""Linear models beside a network of classes: each knows what the others miss, and their logits add up.

A deep network of some sequences gets two: ridge regression on all values, and on what fixed convolutions find
(networks/minirocket.py) in sequences as they are, or each standardised on its own. How much each model counts is found
from their answers to sequences that they were fitted without (stacking: Wolpert 1992, Breiman 1996), to all of one
speaker, recording or stretch of time at once. A network of texts gets one, of words (word_model.py). The network is
trained alone: together with them it would learn no more than what they get wrong (docs/choices.md).
"""

from dataclasses import dataclass, replace

import numpy as np

from baselines import ridge
from core.lazy import layers
from networks import minirocket
from networks.layer_names import CONVOLUTION
from networks.linear_layers import linear_part, with_logits
from networks.raw_inputs import trained_part
from networks.standardisation import numpy_function, sequence_standardised, standardised
from sequences.held_out import SEPARATE, training_groups
from tasks.classification import word_model
from tasks.classification.stacking import class_weight_logits, signed_targets, stacking_weights

MOST_SEQUENCES = 2000  # training sequences: with more of them a deep network learns better alone
MOST_IN_GROUPS = 6000  # training sequences of groups, which say how much is added: with more this was not tried
NETWORK_SHARE = 0.3  # of the network's logits that counts: it is surer of new sequences than it should be
COMPARED, LEAST_DIFFERENCE = 100, 0.1  # sequences whose scales are compared; in units of the training set's deviation
CLEARLY_LOWER = 0.95  # of an error: smaller differences are chance
SHAPES = "linear_of_shapes"  # the layer of what the fixed kernels find


@dataclass(frozen=True)
class RidgePair:
    """Both linear models, whose answers are logits."""

    values: ridge.LinearModel  # of all values of a sequence
    shapes: ridge.LinearModel  # of what the fixed kernels find
    kernels: list  # of minirocket.DilatedKernels
    own_scale: bool  # whether the kernels see each sequence standardised by its own mean and deviation
    scales: np.ndarray  # (2,) or (2, labels) what ridge regression's answers were multiplied by
    held_out: str  # what was held out to find that: sequences, groups, recordings, blocks of time

    @property
    def network_share(self):
        """What the network's logits are multiplied by; 1 where the share of the linear models is to be found."""
        return NETWORK_SHARE if self.held_out == SEPARATE else 1.0


def data_suit_ridge_pair(data, c):
    """Tell whether the two models would be added to a deep network: to one of some sequences of numbers.

    Where several come from one source (a speaker, a recording), the training set must tell two of them apart: how well
    a linear model knows those that it was fitted to says nothing about other sources. EVALUATED_RUN, trained on more
    sequences than it was evaluated with, stays the network that was evaluated.
    """
    if data.ridge_pair is not None:
        return data.ridge_pair
    if not c.LINEAR_START or len(data.train.shape) != 2 or len(data.train) > MOST_IN_GROUPS:
        return False
    if training_groups(data.sequences, data.train, c)[1] != SEPARATE:
        return True
    of_groups = data.sequences.groups is not None or c.GROUP or c.TEST_FILES or c.WINDOW
    return len(data.train) <= MOST_SEQUENCES and not of_groups


def has_ridge_pair(model):
    """Tell whether a saved network has the two models beside it."""
    return any(layer.name == SHAPES for layer in trained_part(model).layers)


def uses_ridge_pair(data, c):
    """Tell whether the two models are added."""
    return c.ARCHITECTURE.startswith("deep") and data_suit_ridge_pair(data, c)


def shares_ridge_pair(data, c):
    """Tell whether the two models are added as far as groups say that the network was trained without."""
    return uses_ridge_pair(data, c) and training_groups(data.sequences, data.train, c)[1] != SEPARATE


def fit_and_add_ridge_pair(model, data, c):
    """Return a trained network with the two models beside it."""
    fitted = fit_ridge_pair(data.train, data, model.output_shape[1], c)
    whole = add_ridge_pair(model, fitted, data)
    seen = " of each sequence standardised on its own" if fitted.own_scale else ""
    kinds, parameters = ("all values", f"fixed convolutions{seen}"), f"{whole.count_params():,} parameters in all"
    if fitted.held_out != SEPARATE:  # how much of them is added is said once it is known
        print(f"Beside the network: ridge regression on {' and on '.join(kinds)} (LINEAR_START), {parameters}")
        return whole
    scaled = [f"{kind} × {scale:.2f}" for kind, scale in zip(kinds, fitted.scales.reshape(2, -1).mean(axis=1))]
    print(
        f"Added to the network's logits × {fitted.network_share:g}: ridge regression on {', on '.join(scaled)} "
        f"(LINEAR_START; as held-out {fitted.held_out} say), {parameters}"
    )
    return whole


def add_ridge_pair(model, fitted, data):
    """Return a trained network with both linear models, a RidgePair, beside it."""
    x = model.get_layer(f"{CONVOLUTION}_1").input
    values = linear_part(x, fitted.values)
    x = sequence_standardised(x, model.input, data) if fitted.own_scale else x
    shapes = linear_part(minirocket.positive_share_features(x, fitted.kernels), fitted.shapes, SHAPES)
    return with_logits(model, values + shapes, fitted.network_share)


def fit_ridge_pair(split, data, outputs, c):
    """Fit both models to a Split of the training set. outputs: 1 for two classes, else their number.

    Where sequences differ in level or size, the kernels see each standardised on its own if that tells held-out ones
    clearly better apart, by the squared error.
    Returns: RidgePair.
    """
    y = split.y

    def prepare(inputs):
        return standardised(inputs, data, c)

    def targets(places):
        return signed_targets(y[places], outputs)

    def prepare_each(inputs):
        return sequence_standardised(prepare(inputs), inputs, data)

    def fit(inputs):
        return ridge.fit_held_out(split, targets, inputs, c.SEED, groups)

    groups, _ = training_groups(data.sequences, split, c)
    _, held_out = training_groups(data.sequences, data.train, c)  # a part of it may hold one group alone
    choices = [prepare, prepare_each] if c.STANDARDISE == "training" and scales_differ(split, prepare) else [prepare]
    kernels = [minirocket.fit_kernels(split, seen, c.SEED) for seen in choices]
    fitted = [fit(minirocket.feature_extractor(seen, split, own)) for seen, own in zip(choices, kernels)]
    errors = [((targets(rows) - answers) ** 2).mean() for _, answers, rows in fitted]
    own_scale = bool(errors[-1] < CLEARLY_LOWER * errors[0])
    values = fit(numpy_function(lambda inputs: layers.Flatten()(prepare(inputs)), split))
    models, answers, rows = zip(values, fitted[own_scale])
    answered = np.intersect1d(*rows)  # by both
    answers = [own[np.searchsorted(at, answered)] for own, at in zip(answers, rows)]
    scales = stacking_weights(answers, y[answered])
    values, shapes = (model.scaled(scale) for model, scale in zip(models, scales))
    values = replace(values, intercept=values.intercept + class_weight_logits(y, outputs, c))
    return RidgePair(values, shapes, kernels[own_scale], own_scale, scales, held_out)


def scales_differ(split, prepare):
    """Tell whether sequences of a Split differ in mean or deviation: those of many archives are standardised."""
    x = numpy_function(prepare, split)(split.take(np.linspace(0, len(split) - 1, COMPARED).astype(int)))
    return np.stack([x.mean(axis=1), x.std(axis=1)]).std(axis=1).max() > LEAST_DIFFERENCE


# Functions (data, c) that tell whether a linear model is added, and (model, data, c) that add it to a trained network.
LINEAR_MODELS = (
    (word_model.applies, word_model.add_word_model),
    (uses_ridge_pair, fit_and_add_ridge_pair),
)
