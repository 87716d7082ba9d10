"""What is said of predicted numbers, in the terminal and on the page."""

from baselines import LINEAR, MEAN
from reports import Table
from reports.formatting import aligned, format_decimals, format_error, skill_lines


def regression_lines(figures):
    """Return the lines of the report. figures: of evaluation.regression_scores."""
    table = target_table(figures)
    return [
        f"Test sequences: {figures['test_sequences']}",
        "",
        aligned(table.header, table.rows),
        "",
        *skill_lines(figures),
        f"Linear model: {format_error(figures['baselines'][LINEAR])}",
    ]


def target_table(figures):
    """Return the Table of the errors of each target."""
    rows = [
        [name, format_error(f["rmse"]), format_error(f["mae"]), "" if f["r2"] is None else format_decimals(f["r2"])]
        + [format_error(figures["rmse_of"][baseline][name]) for baseline in (MEAN, LINEAR)]
        for name, f in figures["per_target"].items()
    ]
    header = ["target", "RMSE", "MAE", "R²", "RMSE of the training mean", "RMSE of the linear model"]
    return Table("Each number", header, rows, "R² is 1 for exact answers and 0 for always answering the mean.")


def rmse_line(figures, names):
    """Return the line of the main score. names: of the targets."""
    unit = " (over all targets, each in units of its standard deviation in the training set)" * (len(names) > 1)
    return f"Test RMSE: {format_error(figures['rmse'])}{unit}"
