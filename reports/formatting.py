"""Text for a terminal: aligned tables, and numbers with the digits that matter."""

import math

import numpy as np

from baselines import MEAN_FEATURES, TREES, trees
from core.wording import format_share
from evaluation.pooled_scores import pool_scores


def aligned(header, rows):
    """Lay out a table of strings in aligned columns, numbers to the right."""

    def is_number(text):
        try:
            return math.isfinite(float(text))
        except ValueError:
            return text == ""

    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    right = [all(is_number(row[i]) for row in rows) for i in range(len(header))]
    return "\n".join(
        "  ".join(cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(row, widths, right)).rstrip()
        for row in [header, *rows]
    )


def format_error(value, decimals=2):
    """Write an error (RMSE, MASE, loss) with two decimals, or with three digits where it is below 0.1."""
    return f"{value:.{decimals}f}" if value >= 0.1 or value == 0 else f"{value:.3g}"


def format_number(value):
    """Write a number in the fewest digits that give it back, those of a 32-bit float where it is one; NaN: nothing.

    Not those of a 32-bit float where three decimals do: 3000000.25 and 4294967296 are 32-bit floats too.
    """
    value = np.float64(value)
    if np.isnan(value):
        return ""
    usual = value == 0 or 1e-4 <= abs(value) < 1e16
    if np.float32(value) == value and not (usual and value == float(f"{value:.3f}")):
        value = np.float32(value)
    return np.format_float_positional(value, trim="-") if usual else str(value)


def format_digits(value, spread, digits=6):
    """Write a number with so many digits of its `spread`, and as many before them as it is larger."""
    larger = np.log10(max(1.0, abs(value) / spread)) if spread > 0 else 0
    return f"{value:.{digits + int(larger)}g}"


def format_decimals(value, digits=3, sign=""):
    """Write a number with so many decimals; what rounds to nothing is no -0.000. sign: "+" is written too."""
    return f"{round(float(value), digits) + 0.0:{sign}.{digits}f}"  # "z" would do that from Python 3.11 on


def format_change(value):
    """Write a change or a difference with its sign."""
    return format_decimals(value, sign="+")


def score_format(metric):
    """Return the function that writes a score: errors have units, accuracy and character error rate are shares."""
    return format_error if metric == "rmse" else format_share


def metric_in_words(metric):
    """Return what a report calls a metric of Keras' or of evaluation.json."""
    special = {"rmse": "RMSE", "cer": "CER", "macro_f1": "macro F1", "roc_auc": "ROC-AUC"}
    return special.get(metric, metric.replace("_", " "))


def format_for_ledger(value):
    """Write a score with four decimals, or with four digits where it is smaller: 2.884e-14."""
    return f"{value:.4f}" if abs(value) >= 0.1 or value == 0 else f"{value:.4g}"


def format_interval(bounds, form=lambda value: format_share(value, 3)):
    """Write an interval [low, high]: of a share, or of what `form` writes."""
    return " to ".join(map(form, bounds))


def shorten(text, width):
    """Cut a text to `width` characters."""
    return text if len(text) <= width else text[: width - 1] + "…"


def cut_middle(text, width):
    """Cut a text to `width` characters in its middle."""
    half = width // 2
    return text if len(text) <= width else f"{text[:half]}…{text[len(text) - (width - half - 1) :]}"


def distinct(names, width):
    """Cut long names to `width` characters in their middle; those that are the same then get a number."""
    cut, seen = [], {}
    for text in (cut_middle(name, width) for name in names):
        seen[text] = seen.get(text, 0) + 1
        cut.append(text if seen[text] == 1 else f"{text} ({seen[text]})")
    return cut


def baseline_line(figures, name, title, what, judged="network"):
    """Write the accuracy or error rate of a baseline, `what` it is, and how much better the network is."""
    ahead = figures["differences"][name]
    return (
        f"{title}: {format_share(figures['baselines'][name])} ({what}); the {judged}'s advantage: "
        f"{format_change(ahead['difference'])}, 95 % interval {format_interval(ahead['interval'], format_change)}"
    )


def other_rivals_lines(figures):
    """Write a line of each rival that only some sequences have. Returns: list of lines."""
    rivals = {
        MEAN_FEATURES: ("Mean features", "ridge on the features' mean over the time steps"),
        TREES: ("Gradient boosting", f"trees on {trees.SUMMARIES}"),
    }
    return [baseline_line(figures, name, *own) for name, own in rivals.items() if name in figures["baselines"]]


def skill_lines(figures):
    """Lay out the skill against each baseline, of figures with RMSE as main score."""
    rows = [
        [name, format_error(figures["baselines"][name]), *map(format_change, (d["difference"], *d["interval"]))]
        for name, d in figures["differences"].items()
    ]
    return [
        "Skill of the network: 1 - RMSE / RMSE of the baseline, with its 95 % bootstrap interval",
        aligned(["baseline", "RMSE", "skill", "low", "high"], rows),
        "",
    ]


def pooled_report(folds, metric, size, power=1, form=format_error):
    """Report the scores over all folds of a cross-validation.

    Parameters: folds, metric, size, power: of evaluation.pooled_scores.pool_scores; form, what writes a score.
    Returns: (lines, figures, blocks), as Task.pool_folds does.
    """
    scores = pool_scores(folds, metric, size, power)
    shown = ", ".join(f"{name} {form(score)}" for name, score in scores.items())
    return [f"{metric.upper()} over all folds: {shown}"], {f"pooled_{metric}": scores}, []
