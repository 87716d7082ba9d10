"""Scores of the folds of a cross-validation, put together."""

import numpy as np


def pool_scores(folds, metric, size, power=1):
    """Put the scores of folds together: the mean over all that they hold out, of folds that have a score.

    Parameters: folds, the figures of each; metric, the name of the score; size, the name of the figure that counts what
    a fold holds out; power, 2 for a root mean square.
    Returns: {"network" or name of a baseline: score over all folds}.
    """
    folds = [figures for figures in folds if figures[metric] is not None and not np.isnan(figures[metric])] or folds
    weights = np.array([figures[size] for figures in folds], float)
    scores = {"network": [figures[metric] for figures in folds]}
    scores |= {name: [figures["baselines"][name] for figures in folds] for name in rivals_of_all(folds)}
    return {
        name: float(np.average(np.power(np.array(values, float), power), weights=weights) ** (1 / power))
        for name, values in scores.items()
    }


def rivals_of_all(folds):
    """Return the names of the baselines that all folds have; folds, the figures of each."""
    return [name for name in folds[0]["baselines"] if all(name in figures["baselines"] for figures in folds)]


def pool_confusion_matrices(folds):
    """Add up the confusion matrices of folds, each of which may have met other classes.

    Parameters: folds, pairs of a confusion matrix (k, k) and the names of its k classes.
    Returns: (names of all classes, matrix (classes, classes)).
    """
    classes = list(dict.fromkeys(name for _, names in folds for name in names))
    total = np.zeros((len(classes), len(classes)), int)
    for matrix, names in folds:
        indices = [classes.index(name) for name in names]
        total[np.ix_(indices, indices)] += np.array(matrix)
    return classes, total
