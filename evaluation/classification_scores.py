"""Scores of a classifier, beside those of its baselines."""

import numpy as np

from core.lazy import lazy
from evaluation.intervals import accuracy_difference, wilson_interval

metrics = lazy("sklearn.metrics")


def score_classification(y, probabilities, classes, baselines):
    """Compare true classes with predicted probabilities.

    Parameters: y (n,) numbers of the true classes; probabilities (n, classes); classes, their names; baselines {name:
    predicted classes (n,)}.
    Returns: dictionary with the accuracy, its interval (Wilson 1927) and standard error, the accuracy of each baseline
    and the difference from it with its interval, cross-entropy loss, confusion matrix, balanced accuracy (mean recall
    of the classes) and precision, recall and F1 of each class.
    """
    predicted = probabilities.argmax(axis=1)
    correct, n, numbers = predicted == y, len(y), list(range(len(classes)))
    accuracy = float(correct.mean())
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        y, predicted, labels=numbers, zero_division=0
    )
    differences = {name: accuracy_difference(correct, answers == y) for name, answers in baselines.items()}
    return {
        "test_sequences": n,
        "accuracy": accuracy,
        "accuracy_interval": wilson_interval(int(correct.sum()), n),
        "standard_error": float(np.sqrt(accuracy * (1 - accuracy) / n)),
        "baselines": {name: float((answers == y).mean()) for name, answers in baselines.items()},
        "differences": {name: {"difference": d, "interval": interval} for name, (d, interval) in differences.items()},
        "majority_class": classes[support.argmax()],
        "loss": float(metrics.log_loss(y, probabilities, labels=numbers)),
        "confusion_matrix": metrics.confusion_matrix(y, predicted, labels=numbers).tolist(),
        "balanced_accuracy": float(recall[support > 0].mean()),
        "per_class": {
            name: {"precision": float(p), "recall": float(r), "f1-score": float(f), "support": int(n)}
            for name, p, r, f, n in zip(classes, precision, recall, f1, support)
        },
    }
