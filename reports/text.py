"""Text for a terminal: aligned tables, and numbers with the digits that matter."""

import math

from evaluation.folds import pool_scores


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


def format_share(value, decimals=2):
    """Write a share of 0 to 1 (accuracy, error rate): below 1 it never shows as 1.00, nor above 0 as 0.00."""
    if not 0 < value < 1:
        return f"{value:.{decimals}f}"
    smallest = 10**-decimals
    return f"{min(max(value, smallest), 1 - smallest):.{decimals}f}"


def format_interval(bounds, form=lambda value: format_share(value, 3)):
    """Write an interval [low, high]: of a share, or of what `form` writes."""
    return " to ".join(map(form, bounds))


def shorten(text, width):
    """Cut a text to `width` characters."""
    return text if len(text) <= width else text[: width - 1] + "…"


def baseline_line(figures, name, title, what):
    """Write the accuracy or error rate of a baseline, `what` it is, and how much better the network is."""
    difference = figures["differences"][name]
    return (
        f"{title}: {format_share(figures['baselines'][name])} ({what}); the network's advantage: "
        f"{difference['difference']:+.3f}, 95 % interval {format_interval(difference['interval'], '{:+.3f}'.format)}"
    )


def skill_lines(figures):
    """Lay out the skill against each baseline, of figures with RMSE as main score."""
    rows = [
        [name, format_error(figures["baselines"][name]), *(f"{v:+.3f}" for v in (d["difference"], *d["interval"]))]
        for name, d in figures["differences"].items()
    ]
    return [
        "Skill of the network: 1 - RMSE / RMSE of the baseline, with its 95 % bootstrap interval",
        aligned(["baseline", "RMSE", "skill", "low", "high"], rows),
        "",
    ]


def pooled_report(folds, metric, size, power=1, form=format_error):
    """Report the scores over all folds of a cross-validation.

    Parameters: folds, metric, size, power: of evaluation.folds.pool_scores; form, what writes a score.
    Returns: (lines, figures, pictures), as Task.pool_folds does.
    """
    scores = pool_scores(folds, metric, size, power)
    shown = ", ".join(f"{name} {form(score)}" for name, score in scores.items())
    return [f"{metric.upper()} over all folds: {shown}"], {f"pooled_{metric}": scores}, {}
