"""Figures and lines of a report on classes."""

import numpy as np

from baselines import LINEAR, MAJORITY
from core.lazy import lazy
from evaluation.intervals import accuracy_difference, wilson
from evaluation.verdict import verdict
from reports.text import aligned

metrics = lazy("sklearn.metrics")


def score_classes(y, probabilities, classes, rivals):
    """Compare true classes (n,) with predicted probabilities (n, classes).

    rivals: {name of a baseline: its answers (n,)}. Returns: dictionary with accuracy, its interval (Wilson 1927) and
    standard error, the accuracy of each baseline and the network's difference to it with its interval, cross-entropy
    loss, confusion matrix, balanced accuracy (the mean recall of the classes) and per-class precision, recall and F1.
    """
    predicted = probabilities.argmax(axis=1)
    right, n, numbers = predicted == y, len(y), list(range(len(classes)))
    accuracy = float(right.mean())
    precision, recall, f1, counts = metrics.precision_recall_fscore_support(
        y, predicted, labels=numbers, zero_division=0
    )
    differences = {name: accuracy_difference(right, answers == y) for name, answers in rivals.items()}
    return {
        "test_sequences": n,
        "accuracy": accuracy,
        "accuracy_interval": wilson(int(right.sum()), n),
        "standard_error": float(np.sqrt(accuracy * (1 - accuracy) / n)),
        "baselines": {name: float((answers == y).mean()) for name, answers in rivals.items()},
        "differences": {name: {"difference": d, "interval": interval} for name, (d, interval) in differences.items()},
        "majority_class": classes[counts.argmax()],
        "loss": float(metrics.log_loss(y, probabilities, labels=numbers)),
        "confusion_matrix": metrics.confusion_matrix(y, predicted, labels=numbers).tolist(),
        "balanced_accuracy": float(recall[counts > 0].mean()),
        "per_class": {
            name: {"precision": float(p), "recall": float(r), "f1-score": float(f), "support": int(n)}
            for name, p, r, f, n in zip(classes, precision, recall, f1, counts)
        },
    }


def class_lines(figures, classes, inputs="all values"):
    """Return the lines of the report. inputs: of the linear model."""
    low, high = figures["accuracy_interval"]
    rows = [
        [name, *(f"{figures['per_class'][name][key]:.2f}" for key in ("precision", "recall", "f1-score"))]
        + [str(int(figures["per_class"][name]["support"]))]
        for name in classes
    ]
    return [
        f"Test sequences: {figures['test_sequences']}",
        "",
        aligned(["class", "precision", "recall", "F1", "sequences"], rows),
        "",
        *confusion_lines(figures["confusion_matrix"], classes),
        "",
        f"Test loss: {figures['loss']:.4f}",
        f"Balanced accuracy: {figures['balanced_accuracy']:.3f} (mean recall of the classes)",
        f"Test Accuracy: {figures['accuracy']:.2f}",
        f"95 % Wilson interval: {low:.3f} to {high:.3f}",
        f"Majority class: {figures['baselines'][MAJORITY]:.2f} (always answering {figures['majority_class']})"
        + _difference(figures, MAJORITY),
        f"Linear model: {figures['baselines'][LINEAR]:.2f} (ridge on {inputs}){_difference(figures, LINEAR)}",
        verdict(figures, "higher"),
    ]


def confusion_lines(matrix, classes):
    """Lay out a confusion matrix (classes, classes)."""
    rows = [[name, *map(str, counts)] for name, counts in zip(classes, matrix)]
    return [
        "Confusion matrix (rows: true class, columns: predicted class)",
        aligned(["", *classes], rows) if len(classes) <= 25 else f"  {len(classes)} classes: confusion_matrix.png",
    ]


def pool_confusion(folds):
    """Add the confusion matrices of folds [(figures, state)], which may have met other classes.

    Returns: (classes, matrix (classes, classes)).
    """
    classes = list(dict.fromkeys(name for _, state in folds for name in state["classes"]))
    matrix = np.zeros((len(classes), len(classes)), int)
    for figures, state in folds:
        places = [classes.index(name) for name in state["classes"]]
        matrix[np.ix_(places, places)] += np.array(figures["confusion_matrix"])
    return classes, matrix


def _difference(figures, name):
    """Write the network's difference to a baseline."""
    difference = figures["differences"][name]
    low, high = difference["interval"]
    return f"; the network's difference to it: {difference['difference']:+.3f}, 95 % interval {low:+.3f} to {high:+.3f}"
