"""What is said of a classifier, in the terminal and on the page."""

import numpy as np

from baselines import LINEAR, MAJORITY, PREVIOUS_LABEL
from core.wording import format_share
from reports import Table
from reports.formatting import aligned, baseline_line, format_error, format_interval, other_rivals_lines

MAX_CLASSES = 25  # of a confusion matrix in the terminal
MAX_CONFUSIONS = 8  # in the table of a page


def classification_lines(figures, classes, linear_inputs="all values"):
    """Return the lines of the report.

    Parameters: figures of evaluation.classification_scores; classes, their names; linear_inputs, what the linear model
    was fitted to.
    """
    table, before = class_table(figures, classes), []
    if PREVIOUS_LABEL in figures["baselines"]:
        what = "that of the row before the last, if known in time"
        before = [baseline_line(figures, PREVIOUS_LABEL, "Previous label", what)]
        if figures["differences"][PREVIOUS_LABEL]["interval"][1] < 0:
            before.append("The model is worse than the previous label: where that is known in time, use it instead.")
    return [
        f"Test sequences: {figures['test_sequences']}",
        "",
        aligned(table.header, table.rows),
        "",
        *confusion_matrix_lines(figures["confusion_matrix"], classes),
        "",
        f"Test loss: {format_error(figures['loss'], 4)}",
        f"Balanced accuracy: {format_share(figures['balanced_accuracy'], 3)} (mean recall of the classes)",
        f"95 % Wilson interval: {format_interval(figures['accuracy_interval'])}",
        baseline_line(figures, MAJORITY, "Majority class", f"always answering {figures['majority_class']}"),
        baseline_line(figures, LINEAR, "Linear model", f"ridge on {linear_inputs}"),
        *other_rivals_lines(figures),
        *before,
    ]


def class_table(figures, classes):
    """Return the Table of precision, recall and F1 of each class."""
    scores = ("precision", "recall", "f1-score")
    per_class = [(name, figures["per_class"][name]) for name in classes]
    rows = [[name, *(format_share(f[score]) for score in scores), str(f["support"])] for name, f in per_class]
    caption = (
        "Recall: the share of a class's sequences that was found. Precision: the share of the answers of that class "
        "that was right. F1 is their harmonic mean."
    )
    return Table("Each class", ["class", "precision", "recall", "F1", "sequences"], rows, caption)


def confusion_table(matrix, classes):
    """Return the Table of the classes that are taken for each other most often. matrix: (classes, classes)."""
    pairs = most_confused(matrix)
    rows = [[classes[true], classes[answer], str(matrix[true][answer])] for true, answer in pairs[:MAX_CONFUSIONS]]
    return [Table("What is taken for what", ["true class", "answer", "sequences"], rows)] if rows else []


def most_confused(matrix):
    """Return pairs (true class, wrong answer) of a confusion matrix (classes, classes), the most frequent first."""
    matrix = np.array(matrix)
    np.fill_diagonal(matrix, 0)
    order = np.argsort(-matrix, axis=None, kind="stable")[: np.count_nonzero(matrix)]
    return [tuple(map(int, pair)) for pair in zip(*np.unravel_index(order, matrix.shape))]


def accuracy_line(figures):
    """Return the line of the main score."""
    return f"Test Accuracy: {format_share(figures['accuracy'])}"


def confusion_matrix_lines(matrix, classes):
    """Lay out a confusion matrix (classes, classes)."""
    few, rows = len(classes) <= MAX_CLASSES, [[name, *map(str, counts)] for name, counts in zip(classes, matrix)]
    return [
        "Confusion matrix (rows: true class, columns: predicted class)",
        aligned(["", *classes], rows) if few else f"  {len(classes)} classes: confusion_matrix.png",
    ]
