"""The printed report of forecasts."""

from baselines import DESCRIPTIONS, LINEAR
from core.wording import counted, format_percent, format_share
from evaluation.forecast_checks import persistence_is_as_good
from evaluation.intervals import MIN_RESAMPLED
from evaluation.verdict import outcome
from reports.formatting import aligned, format_change, format_decimals, format_error, format_interval, skill_lines

MAX_TARGETS = 5  # named
WORST_SERIES = 5  # shown
NO_INTERVALS = (
    "Prediction intervals: set VALIDATION_SIZE to 4 windows or more that measure each step, 0.2 say, and train again"
)


def forecast_lines(figures, targets, standardise):
    """Return the lines of the report.

    Parameters: figures of evaluation.forecast_scores; targets, their names; standardise, the constant.
    """
    methods = ["network", *figures["baselines"]]
    per_step = [figures["rmse_per_step"][name] for name in methods] + [figures["mae_per_step"]["network"]]
    totals = [figures["rmse"], *figures["baselines"].values(), figures["mae"]]
    rows = [[str(step), *map(_or_empty, errors)] for step, errors in enumerate(zip(*per_step), 1)]
    rows.append(["all", *map(format_error, totals)])
    unit = unit_of_errors(figures, standardise)
    intervals = [
        f"{level} % prediction interval: holds {format_percent(f['coverage'])} of the test values, width "
        f"{format_error(f['width'])}"
        for level, f in figures["bands"].items()
    ]
    named = f"{', '.join(targets[:MAX_TARGETS])}{', ...' * (len(targets) > MAX_TARGETS)}"
    return [
        f"Test windows: {figures['test_windows']}{_overlap(figures)}",
        "",
        f"Errors of {named} per step ahead, in {unit or 'its units'}",
        aligned(["step", *(f"{name} RMSE" for name in methods), "network MAE"], rows),
        "",
        *target_lines(figures),
        *kilometre_lines(figures),
        *series_lines(figures),
        *check_lines(figures, targets),
        *skill_lines(figures),
        *(intervals or [NO_INTERVALS]),
        f"Linear model: {format_error(figures['baselines'][LINEAR])}",
        *mase_lines(figures, standardise),
        *remark_lines(figures, targets),
    ]


def rmse_line(figures, standardise):
    """Return the line of the main score."""
    unit = unit_of_errors(figures, standardise)
    return f"Test RMSE: {format_error(figures['rmse'])}{f' in {unit}' if unit else ''}"


def unit_of_errors(figures, standardise):
    """Say in what units the errors over all are, where these are not those of the series; else None."""
    if standardise == "sequence":
        return "units of the standard deviation of each series in the training set"
    return "units of each target's standard deviation in the training set" if "per_target" in figures else None


def _overlap(figures):
    """Say how many windows are independent where they overlap."""
    count = figures["checks"]["independent_windows"]
    if count == figures["test_windows"]:
        return ""
    few = "; so few leave the intervals below uncertain themselves" * (count < MIN_RESAMPLED)
    return f", which overlap: about {count} {'is' if count == 1 else 'are'} independent{few}"


def check_lines(figures, targets):
    """Lay out whether forecasts of the first targets lag, and how often their direction is right."""
    checks, back, rows = figures["checks"], counted(len(figures["mae_per_step"]["network"]), "row"), []
    for name in targets[:MAX_TARGETS]:
        lag, direction = checks["lag"][name], checks["direction"][name]
        shares = direction and (*(direction[key] for key in ("right", "always_up", "last_direction")),)
        interval = direction and format_interval(direction["interval"])
        row = [name, *("" if lag[at] is None else format_decimals(lag[at], 2) for at in ("at_lag_0", "at_the_horizon"))]
        rows.append([*row, *map(format_share, shares), interval] if direction else [*row, "", "", "", ""])
    header = ["target", "with the true", f"with those {back} earlier", "direction right", "always up", "as before"]
    return [
        f"Last step: correlation of the forecasts' changes, from window to window, with the true ones and those {back} "
        "earlier; direction from the last value",
        aligned([*header, "95 % interval of right"], rows),
        "",
    ]


def remark_lines(figures, targets):
    """Say so where persistence is as good as anything, and where forecasts are what was."""
    back = counted(len(figures["mae_per_step"]["network"]), "row")
    late = [name for name in targets if figures["checks"]["lag"][name]["lags"]]
    named = f" of {', '.join(late[:MAX_TARGETS])}" * (len(targets) > 1)
    persistence = (
        "Persistence is within 1 % of every model here, or better: no model forecasts more than the last value."
    )
    return [
        *([persistence] if persistence_is_as_good(figures) else []),
        *([f"These forecasts{named} are mostly the value {back} earlier."] if late else []),
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
    return [f"By MASE, which weights every series alike, {DESCRIPTIONS[best]} is ahead ({values}){hint}."]


def target_lines(figures):
    """Lay out the scores of several targets, each in its own units; nothing of one target."""
    if "per_target" not in figures:
        return []
    rows = [
        [name, *map(format_error, (f["rmse"], f["mae"])), f["best"], format_error(f["baselines"][f["best"]])]
        + [format_change(f["skill"])]
        for name, f in figures["per_target"].items()
    ]
    header = ["target", "RMSE", "MAE", "best baseline", "its RMSE", "skill"]
    return ["Each target, in its own units", aligned(header, rows), ""]


def kilometre_lines(figures):
    """Lay out how far forecast places lie from the true ones; nothing where no place is forecast."""
    if "kilometres" not in figures:
        return []
    found = figures["kilometres"].values()
    steps = zip(*(own["per_step"] for own in found))
    rows = [[str(step), *(_or_empty(error, 3) for error in errors)] for step, errors in enumerate(steps, 1)]
    rows += [
        [name, *(_or_empty(own[key], 3) for own in found)] for name, key in (("all", "mean"), ("median", "median"))
    ]
    title = "Mean distance from the true place per step ahead, in km (great circle)"
    return [title, aligned(["step", *figures["kilometres"]], rows), ""]


def series_lines(figures):
    """Lay out sMAPE and MASE over all series, and of the worst; nothing of one series."""
    if "per_series" not in figures:
        return []
    means = figures["mean_of_series"]
    rows = [[name, _or_empty(f["mase"], 3), format_error(f["smape"])] for name, f in means.items()]
    mase = {name: f["mase"] for name, f in figures["per_series"].items() if f["mase"] is not None}
    worst = sorted(mase, key=lambda name: -mase[name])[:WORST_SERIES]
    baselines = [name for name in means if name != "network"]
    keys = ["mase", *(f"mase_{name}" for name in baselines)]
    return [
        f"Mean over {len(figures['per_series'])} series",
        aligned(["method", "MASE", "sMAPE %"], rows),
        "",
        f"The {f'{len(worst)} ' * (len(worst) > 1)}worst series, MASE",
        aligned(
            ["series", "network", *baselines],
            [[name, *(_or_empty(figures["per_series"][name].get(key), 3) for key in keys)] for name in worst],
        ),
        "",
    ]


def _or_empty(value, decimals=2):
    """Write an error; a step that was never measured has none, nor has a series that never changes a MASE."""
    return "" if value is None else format_error(value, decimals)
