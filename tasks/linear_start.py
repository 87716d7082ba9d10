"""Two linear models beside a deep network of classes: each knows what the others miss, and their logits add up.

One is ridge regression on all values, the other on what fixed convolutions find (tasks/fixed_kernels.py). How much each
counts is what gives their answers to sequences that they were fitted without the lowest cross-entropy (stacking:
Wolpert 1992). The network is trained alone: together it would learn no more than what they get wrong (docs/choices.md).
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

from baselines import linear
from tasks import fixed_kernels
from tasks.layers import flattened, linear_part, seen, with_logits

MOST_SEQUENCES = 2000  # training sequences: with more of them a deep network learns better alone
LARGEST_SCALE = 30.0  # scale: what ridge regression brings to 1 is brought to


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
    beside, x = fit_beside(data, model.output_shape[1], c), model.get_layer("convolution_1").input
    values = linear_part(x, beside.values)
    shapes = linear_part(fixed_kernels.shares(x, beside.kernels), beside.shapes, "linear_of_shapes")
    scales = "all values × {:.2f}, of fixed convolutions × {:.2f}".format(*beside.scales)
    print(f"Beside the network, added to its logits: ridge regression of {scales} (LINEAR_START)")
    return with_logits(model, values + shapes)


def fit_beside(data, outputs, c):
    """Fit both models to the training part. outputs: 1 for two classes, else their number. Returns: Beside."""
    y, as_seen = data.train.y, seen(data, c)
    kernels = fixed_kernels.choose(data.train, as_seen, c.SEED)
    extract = fixed_kernels.extractor(data.train.shape, kernels)

    def targets(places):
        return 2.0 * (y[places, None] == (np.arange(outputs) if outputs > 1 else [1])) - 1

    models, answers = [], []
    for inputs_of in (flattened(data, c), lambda x: extract(as_seen(x))):
        models.append(linear.fit(data.train, targets, inputs_of, c.SEED))
        answers.append(linear.unseen(models[-1], data.train, targets, inputs_of, c.SEED))
    scales = best_scales(answers, y)
    return Beside(*(linear.scaled(model, scale) for model, scale in zip(models, scales)), kernels, scales)


def best_scales(answers, y):
    """Return what several answers (n, outputs) are multiplied by for their sum to be the best logits of classes y (n,).

    They are those of the lowest cross-entropy.
    """
    answers = [np.hstack([np.zeros_like(a), a]) if a.shape[1] == 1 else a for a in answers]

    def cross_entropy(log_scales):
        logits = sum(np.exp(scale) * own for scale, own in zip(log_scales, answers))
        return -log_softmax(logits, axis=1)[np.arange(len(y)), y].mean()

    bounds = [(-5, np.log(LARGEST_SCALE))] * len(answers)
    starts = 1.5 - 4.5 * (1 - np.eye(len(answers)))  # each of them alone, and all alike
    found = [minimize(cross_entropy, start, bounds=bounds) for start in [np.zeros(len(answers)), *starts]]
    return np.exp(min(found, key=lambda result: result.fun).x)
