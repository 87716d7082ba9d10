"""What is said of several labels at once, in the terminal and on the page."""

from baselines import ALL_LABELS, LINEAR, MAJORITY
from core.wording import format_share
from reports import Table
from reports.formatting import aligned, baseline_line, format_interval, other_rivals_lines


def multilabel_lines(figures, thresholds, calibrated, linear_inputs):
    """Return the lines of the report.

    Parameters: figures of evaluation.multilabel_scores; thresholds (k,) of the labels; calibrated, whether they were
    chosen on the validation set; linear_inputs, what the linear model was fitted to.
    """
    table = label_table(figures, thresholds)
    chosen = (
        "the highest F1 on the validation set"
        if calibrated
        else "0.5 (VALIDATION_SIZE = 0.2 chooses them on a validation set)"
    )
    without = [name for name, f in figures["per_label"].items() if not f["positives"]]
    return [
        f"Test sequences: {figures['test_sequences']}",
        "",
        aligned(table.header, table.rows),
        "",
        f"Thresholds of the probabilities: {chosen}",
        *([f"Without positives in the test set, left out of the mean: {', '.join(without)}"] if without else []),
        f"95 % bootstrap interval: {format_interval(figures['macro_f1_interval'])}",
        baseline_line(figures, MAJORITY, "Majority", "each label's most frequent value"),
        baseline_line(figures, ALL_LABELS, "All labels", "always answering each of them"),
        baseline_line(figures, LINEAR, "Linear model", f"ridge on {linear_inputs}"),
        *other_rivals_lines(figures),
    ]


def label_table(figures, thresholds):
    """Return the Table of the scores of each label. thresholds: (k,) of the labels."""
    rows = [
        [name, str(f["positives"])]
        + ["" if f[score] is None else format_share(f[score]) for score in ("precision", "recall", "f1-score", "auc")]
        + [format_share(figures["f1_of"][LINEAR][name]) if f["positives"] else "", f"{threshold:.3f}"]
        for (name, f), threshold in zip(figures["per_label"].items(), thresholds)
    ]
    header = ["label", "positives", "precision", "recall", "F1", "AUC", "F1 of the linear model", "threshold"]
    caption = "A label is given where its probability reaches the threshold. Positives are sequences that have it."
    return Table("Each label", header, rows, caption)


def macro_f1_line(figures):
    """Return the line of the main score."""
    return f"Test macro F1: {format_share(figures['macro_f1'])} (mean F1 of the labels)"
