"""The printed report of a classifier."""

from baselines import LINEAR, MAJORITY, PREVIOUS_LABEL
from core.wording import format_share
from reports.formatting import aligned, baseline_line, format_error, format_interval

MAX_CLASSES = 25  # of a confusion matrix in the terminal


def classification_lines(figures, classes, linear_inputs="all values"):
    """Return the lines of the report.

    Parameters: figures of evaluation.classification_scores; classes, their names; linear_inputs, what the linear model
    was fitted to.
    """
    scores = ("precision", "recall", "f1-score")
    per_class = [(name, figures["per_class"][name]) for name in classes]
    rows = [[name, *(format_share(f[score]) for score in scores), str(f["support"])] for name, f in per_class]
    before = []
    if PREVIOUS_LABEL in figures["baselines"]:
        what = "that of the row before the last, if known in time"
        before = [baseline_line(figures, PREVIOUS_LABEL, "Previous label", what)]
        if figures["differences"][PREVIOUS_LABEL]["interval"][1] < 0:
            before.append("The model is worse than the previous label: where that is known in time, use it instead.")
    return [
        f"Test sequences: {figures['test_sequences']}",
        "",
        aligned(["class", "precision", "recall", "F1", "sequences"], rows),
        "",
        *confusion_matrix_lines(figures["confusion_matrix"], classes),
        "",
        f"Test loss: {format_error(figures['loss'], 4)}",
        f"Balanced accuracy: {format_share(figures['balanced_accuracy'], 3)} (mean recall of the classes)",
        f"95 % Wilson interval: {format_interval(figures['accuracy_interval'])}",
        baseline_line(figures, MAJORITY, "Majority class", f"always answering {figures['majority_class']}"),
        baseline_line(figures, LINEAR, "Linear model", f"ridge on {linear_inputs}"),
        *before,
    ]


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
