"""How several answers to classes become logits that add up."""

import numpy as np

from core.lazy import lazy

optimize, special = lazy("scipy.optimize"), lazy("scipy.special")

LARGEST_SCALE = 30.0  # what ridge regression brings to 1 is brought to at the most
PRIOR = 30  # sequences: as if so many more had spoken for the last of several answers alone (docs/choices.md)


def class_weight_logits(y, outputs, c):
    """Return what CLASS_WEIGHT adds to the logits (outputs,) of classes y (n,): the logarithm of each one's weight.

    A network learns it from a weighted loss. Linear models are fitted without weights, and would undo it. A class that
    y has not gets none.
    """
    if c.CLASS_WEIGHT is None:
        return np.zeros(outputs)
    counts = np.bincount(y, minlength=max(2, outputs))
    logs = np.where(counts > 0, np.log(len(y) / len(counts) / np.maximum(counts, 1)), 0)
    return logs if outputs > 1 else logs[1:] - logs[:1]


def signed_targets(y, outputs):
    """Return classes y (n,), or several labels at once (n, outputs) of 0 and 1, as targets (n, outputs) of -1 and 1."""
    return 2.0 * (y if y.ndim == 2 else y[:, None] == (np.arange(outputs) if outputs > 1 else [1])) - 1


def stacking_weights(answers, y):
    """Return what several answers (n, outputs) are multiplied by for their sum to be logits of classes y (n,).

    Their proportions bring the sum nearest to 1 for the class and -1 for the others, none being below 0. As few answers
    say little of them, n / (n + PRIOR) is left of each, and the last has the rest. The scale of the sum is that of the
    lowest cross-entropy, if each class were wrong once in n times: no n answers show that none ever is.
    Of several labels at once, y (n, outputs), each has weights of its own: (answers, outputs).
    """
    if y.ndim == 2:
        labels = enumerate(y.T.astype(int))
        return np.stack([stacking_weights([own[:, [k]] for own in answers], label) for k, label in labels], axis=1)
    answers = [np.hstack([np.zeros_like(a), a]) if a.shape[1] == 1 else a for a in answers]
    classes = np.eye(answers[0].shape[1])[y]
    columns = [own - own.mean(axis=0) for own in [*answers, 2 * classes]]
    table = np.stack([column.ravel() for column in columns], axis=1)
    proportions, _ = optimize.nnls(table[:, :-1], table[:, -1])
    proportions *= len(y) / (len(y) + PRIOR)
    proportions[-1] += proportions.sum() * PRIOR / len(y)
    both = sum(proportion * own for proportion, own in zip(proportions, answers))
    likely = classes + (classes.mean(axis=1, keepdims=True) - classes) / len(y)

    def cross_entropy(log_scale):
        return -(likely * special.log_softmax(np.exp(log_scale) * both, axis=1)).sum(axis=1).mean()

    found = optimize.minimize_scalar(cross_entropy, bounds=(-5, np.log(LARGEST_SCALE)), method="bounded")
    return np.exp(found.x) * proportions
