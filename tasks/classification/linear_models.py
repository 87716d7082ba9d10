"""Two linear models beside a deep network of classes: each knows what the others miss, and their logits add up.

One is ridge regression on all values, the other on what fixed convolutions find (networks/fixed_kernels.py). How much
each counts is found from their answers to sequences that they were fitted without (stacking: Wolpert 1992, Breiman
1996).
The network is trained alone: together it would learn no more than what they get wrong (docs/choices.md).
"""

from typing import NamedTuple

import numpy as np

from baselines import ridge as linear
from core.lazy import lazy
from networks import fixed_kernels
from networks.standardisation import flattened, linear_part, seen, with_logits

optimize = lazy("scipy.optimize")
special = lazy("scipy.special")

MOST_SEQUENCES = 2000  # training sequences: with more of them a deep network learns better alone
LARGEST_SCALE = 30.0  # what ridge regression brings to 1 is brought to
NETWORK_SHARE = 0.3  # of the network's logits that counts: it is surer of new sequences than it should be


class Beside(NamedTuple):
    """Linear models whose answers are logits."""

    values: linear.Linear  # of all values of a sequence
    shapes: linear.Linear  # of what the fixed kernels find
    kernels: list  # of fixed_kernels.Dilated
    scales: np.ndarray  # (2,) what ridge regression's answers were multiplied by


def begins(data, c):
    """Tell whether there are linear models beside the network: a deep one, of some sequences of numbers.

    Not where several come from one source (a speaker, a recording): how well a linear model tells those that it was
    fitted without says nothing about other sources then.
    """
    deep = c.LINEAR_START and c.ARCHITECTURE.startswith("deep")
    in_groups = data.sequences.groups is not None or c.GROUP or c.TEST_FILES or c.WINDOW
    return deep and len(data.train.shape) == 2 and len(data.train) <= MOST_SEQUENCES and not in_groups


def finished(model, data, c):
    """Return a trained network with the linear models beside it."""
    beside = fit_beside(data, model.output_shape[1], c)
    whole = joined(model, beside)
    scales = "all values × {:.2f}, of fixed convolutions × {:.2f}".format(*beside.scales)
    print(
        f"Beside the network, its logits × {NETWORK_SHARE}: ridge regression of {scales} (LINEAR_START), "
        f"{whole.count_params():,} parameters in all"
    )
    return whole


def joined(model, beside):
    """Return a trained network with fitted linear models, Beside, beside it."""
    x = model.get_layer("convolution_1").input
    values = linear_part(x, beside.values)
    shapes = linear_part(fixed_kernels.shares(x, beside.kernels), beside.shapes, "linear_of_shapes")
    return with_logits(model, values + shapes, NETWORK_SHARE)


def fit_beside(data, outputs, c):
    """Fit both models to the training set. outputs: 1 for two classes, else their number. Returns: Beside."""
    y, as_seen = data.train.y, seen(data, c)
    kernels = fixed_kernels.choose(data.train, as_seen, c.SEED)
    extract = fixed_kernels.extractor(data.train.shape, kernels)

    def targets(places):
        return 2.0 * (y[places, None] == (np.arange(outputs) if outputs > 1 else [1])) - 1

    inputs = (flattened(data, c), lambda x: extract(as_seen(x)))
    models, answers = zip(*(linear.fit_left_out(data.train, targets, inputs_of, c.SEED) for inputs_of in inputs))
    scales = best_scales(answers, y)
    values, shapes = (linear.scaled(model, scale) for model, scale in zip(models, scales))
    values = values._replace(intercept=values.intercept + balance(y, outputs, c))
    return Beside(values, shapes, kernels, scales)


def balance(y, outputs, c):
    """Return what CLASS_WEIGHT adds to the logits (outputs,) of classes y (n,): the logarithm of each one's weight.

    A network learns it from a weighted loss. Linear models are fitted without weights, and would undo it. A class that
    y has not gets none.
    """
    if c.CLASS_WEIGHT is None:
        return np.zeros(outputs)
    counts = np.bincount(y, minlength=max(2, outputs))
    logs = np.where(counts > 0, np.log(len(y) / len(counts) / np.maximum(counts, 1)), 0)
    return logs if outputs > 1 else logs[1:] - logs[:1]


def best_scales(answers, y):
    """Return what several answers (n, outputs) are multiplied by for their sum to be logits of classes y (n,).

    Their proportions bring the sum nearest to 1 for the class and -1 for the others, none being below 0; its scale is
    that of the lowest cross-entropy, if each class were wrong once in n times: no n answers show that none ever is.
    """
    answers = [np.hstack([np.zeros_like(a), a]) if a.shape[1] == 1 else a for a in answers]
    classes = np.eye(answers[0].shape[1])[y]
    columns = [own - own.mean(axis=0) for own in [*answers, 2 * classes]]
    table = np.stack([column.ravel() for column in columns], axis=1)
    proportions, _ = optimize.nnls(table[:, :-1], table[:, -1])
    both = sum(proportion * own for proportion, own in zip(proportions, answers))
    likely = classes + (classes.mean(axis=1, keepdims=True) - classes) / len(y)

    def cross_entropy(log_scale):
        return -(likely * special.log_softmax(np.exp(log_scale) * both, axis=1)).sum(axis=1).mean()

    found = optimize.minimize_scalar(cross_entropy, bounds=(-5, np.log(LARGEST_SCALE)), method="bounded")
    return np.exp(found.x) * proportions
