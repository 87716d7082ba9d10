"""The printed report of predicted numbers."""

from baselines import LINEAR, MEAN
from reports.formatting import aligned, format_decimals, format_error, skill_lines


def regression_lines(figures, names):
    """Return the lines of the report.

    Parameters: figures of evaluation.regression_scores; names of the targets.
    """
    rows = [
        [name, format_error(f["rmse"]), format_error(f["mae"]), "" if f["r2"] is None else format_decimals(f["r2"])]
        + [format_error(figures["rmse_of"][baseline][name]) for baseline in (MEAN, LINEAR)]
        for name, f in figures["per_target"].items()
    ]
    return [
        f"Test sequences: {figures['test_sequences']}",
        "",
        aligned(["target", "RMSE", "MAE", "R²", "RMSE of the training mean", "RMSE of the linear model"], rows),
        "",
        *skill_lines(figures),
        f"Linear model: {format_error(figures['baselines'][LINEAR])}",
    ]


def rmse_line(figures, names):
    """Return the line of the main score. names: of the targets."""
    unit = " (over all targets, each in units of its standard deviation in the training set)" * (len(names) > 1)
    return f"Test RMSE: {format_error(figures['rmse'])}{unit}"
