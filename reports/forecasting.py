"""The printed report of forecasts."""

from baselines import DESCRIPTIONS, LINEAR
from evaluation.verdict import outcome, verdict
from reports.text import aligned, format_error, skill_lines

MAX_TARGETS = 5  # named
WORST_SERIES = 5  # shown


def forecast_lines(figures, targets, standardise):
    """Return the lines of the report.

    Parameters: figures of evaluation.forecast_scores; targets, their names; standardise, the constant.
    """
    methods = ["network", *figures["baselines"]]
    per_step = [figures["rmse_per_step"][name] for name in methods] + [figures["mae_per_step"]["network"]]
    totals = [figures["rmse"], *figures["baselines"].values(), figures["mae"]]
    rows = [[str(step), *map(format_error, errors)] for step, errors in enumerate(zip(*per_step), 1)]
    rows.append(["all", *map(format_error, totals)])
    unit = None
    if standardise == "sequence":
        unit = "units of the standard deviation of each series in the training set"
    elif "per_target" in figures:
        unit = "units of each target's standard deviation in the training set"
    intervals = [
        f"{level} % prediction interval: holds {100 * f['coverage']:.0f} % of the test values, width "
        f"{format_error(f['width'])}"
        for level, f in figures["bands"].items()
    ]
    named = f"{', '.join(targets[:MAX_TARGETS])}{', ...' * (len(targets) > MAX_TARGETS)}"
    return [
        f"Test windows: {figures['test_windows']}",
        "",
        f"Errors of {named} per step ahead, in {unit or 'its units'}",
        aligned(["step", *(f"{name} RMSE" for name in methods), "network MAE"], rows),
        "",
        *target_lines(figures),
        *series_lines(figures),
        *skill_lines(figures),
        *(intervals or ["Prediction intervals: set VALIDATION_SIZE to 4 windows or more, 0.2 say, and train again"]),
        f"Linear model: {format_error(figures['baselines'][LINEAR])}",
        f"Test RMSE: {format_error(figures['rmse'])}{f' in {unit}' if unit else ''}",
        verdict(figures, "lower"),
        *mase_lines(figures, standardise),
    ]


def mase_lines(figures, standardise):
    """Say so where a baseline is ahead by MASE, in which large series do not count more than small ones."""
    means = figures.get("mean_of_series", {})
    mase = {name: f["mase"] for name, f in means.items() if f["mase"] is not None}
    best = min(mase, key=mase.get, default="network")
    if best == "network" or outcome(figures, "lower") != "wins":
        return []
    hint = '; where levels differ, STANDARDISE = "sequence" helps' * (standardise == "training")
    values = f"{format_error(mase[best], 3)}, the model {format_error(mase['network'], 3)}"
    return [f"But by MASE, which weights every series alike, {DESCRIPTIONS[best]} is ahead ({values}){hint}."]


def target_lines(figures):
    """Lay out the scores of several targets, each in its own units; nothing of one target."""
    if "per_target" not in figures:
        return []
    rows = [
        [name, *map(format_error, (f["rmse"], f["mae"])), f["best"], format_error(f["baselines"][f["best"]])]
        + [f"{f['skill']:+.3f}"]
        for name, f in figures["per_target"].items()
    ]
    header = ["target", "RMSE", "MAE", "best baseline", "its RMSE", "skill"]
    return ["Each target, in its own units", aligned(header, rows), ""]


def series_lines(figures):
    """Lay out sMAPE and MASE over all series, and of the worst; nothing of one series."""
    if "per_series" not in figures:
        return []
    means = figures["mean_of_series"]
    rows = [[name, _mase(f["mase"]), format_error(f["smape"])] for name, f in means.items()]
    mase = {name: f["mase"] for name, f in figures["per_series"].items() if f["mase"] is not None}
    worst = sorted(mase, key=lambda name: -mase[name])[:WORST_SERIES]
    baselines = [name for name in means if name != "network"]
    keys = ["mase", *(f"mase_{name}" for name in baselines)]
    return [
        f"Mean over {len(figures['per_series'])} series",
        aligned(["method", "MASE", "sMAPE %"], rows),
        "",
        f"The {len(worst)} worst series, MASE",
        aligned(
            ["series", "network", *baselines],
            [[name, *(_mase(figures["per_series"][name].get(key)) for key in keys)] for name in worst],
        ),
        "",
    ]


def _mase(value):
    """Write a MASE; a series that never changes has none."""
    return "" if value is None else format_error(value, 3)
