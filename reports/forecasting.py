"""What is said of forecasts, in the terminal and on the page."""

from dataclasses import replace

from baselines import DESCRIPTIONS, LINEAR
from core.wording import counted, format_percent, format_share
from evaluation.forecast_checks import persistence_is_as_good
from evaluation.intervals import MIN_RESAMPLED
from evaluation.verdict import outcome
from reports import Table
from reports.formatting import aligned, format_change, format_decimals, format_error, format_interval, skill_lines
from reports.pictures import errors_by_step

MAX_TARGETS = 5  # named
WORST_SERIES = 5  # shown
NO_INTERVALS = (
    "Prediction intervals: set VALIDATION_SIZE to 4 windows or more that measure each step, 0.2 say, and train again"
)


INTERVALS = (
    "A good interval is narrow and holds as many of the true values as its name says. CRPS is the error of the whole "
    "distribution: the lower, the better. By CRPS: "
)
MASE = "errors in units of what repeating the season misses by in the training set; below 1 is better"


def forecast_lines(figures, targets, standardise):
    """Return the lines of the report.

    Parameters: figures of evaluation.forecast_scores; targets, their names; standardise, the constant.
    """
    return [
        f"Test windows: {figures['test_windows']}{_overlap(figures)}",
        "",
        *_laid_out(step_table(figures, targets, standardise)),
        *(line for table in detail_tables(figures) for line in _laid_out(table)),
        *_laid_out(check_table(figures, targets)),
        *skill_lines(figures),
        *(_laid_out(interval_table(figures, standardise)) if figures["bands"] else [NO_INTERVALS]),
        f"Linear model: {format_error(figures['baselines'][LINEAR])}",
        *mase_lines(figures, standardise),
        *remark_lines(figures, targets),
    ]


def _laid_out(table):
    title = f"{table.title}: {table.caption}" if table.caption else table.title
    return [title, aligned(table.header, table.rows), ""]


def step_table(figures, targets, standardise):
    """Return the Table of the errors of each step ahead."""
    methods = ["network", *figures["baselines"]]
    per_step = [figures["rmse_per_step"][name] for name in methods] + [figures["mae_per_step"]["network"]]
    totals = [figures["rmse"], *figures["baselines"].values(), figures["mae"]]
    rows = [[str(step), *map(_or_empty, errors)] for step, errors in enumerate(zip(*per_step), 1)]
    rows.append(["all", *map(format_error, totals)])
    named = f"{', '.join(targets[:MAX_TARGETS])}{', ...' * (len(targets) > MAX_TARGETS)}"
    title = f"Errors of {named} per step ahead, in {unit_of_errors(figures, standardise) or 'its units'}"
    return Table(title, ["step", *(f"{name} RMSE" for name in methods), "network MAE"], rows)


def detail_tables(figures):
    """Return the Tables of several targets, of places and of several series, where there are any."""
    return [*target_tables(figures), *kilometre_tables(figures), *series_tables(figures)]


def forecast_blocks(figures, targets, standardise):
    """Return what the page shows of the errors: by step ahead, of targets, places and series, and of the intervals."""
    blocks = []
    if len(figures["mae_per_step"]["network"]) > 1:
        blocks.append(errors_by_step(figures["rmse_per_step"], "RMSE"))
    if "kilometres" in figures:
        unit, size = length_unit(figures)
        per_step = {
            name: [None if error is None else size * error for error in own["per_step"]]
            for name, own in figures["kilometres"].items()
        }
        blocks.append(errors_by_step(per_step, f"Mean distance in {unit}", "Distance from the true place"))
    bands = [interval_table(figures, standardise)] if figures["bands"] else []
    return [
        *blocks,
        step_table(figures, targets, standardise),
        *detail_tables(figures),
        *(replace(own, caption=f"{INTERVALS}{own.caption}") for own in bands),
        check_table(figures, targets),
    ]


def interval_table(figures, standardise):
    """Return the Table of the prediction intervals: what they hold, how wide they are, and the CRPS of each method."""
    bands, rows = {"network": figures["bands"], **figures["baseline_bands"]}, []
    for name, levels in bands.items():
        cells = [cell for f in levels.values() for cell in (format_percent(f["coverage"]), format_error(f["width"]))]
        rows.append([name, _or_empty(figures["crps"].get(name)), *cells])
    header = [
        "method",
        "CRPS",
        *(cell for level in figures["bands"] for cell in (f"{level} % interval holds", "width")),
    ]
    title = f"Prediction intervals, and CRPS from the deciles, in {unit_of_errors(figures, standardise) or 'its units'}"
    best = min(figures["crps_skill"], key=figures["crps"].get, default=None)
    if best is None:
        return Table(title, header, rows)
    ahead = figures["crps_skill"][best]
    interval = format_interval(ahead["interval"], format_change)
    skill = f"skill against {DESCRIPTIONS[best]} {format_change(ahead['difference'])}, 95 % interval {interval}"
    return Table(title, header, rows, skill)


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


def check_table(figures, targets):
    """Return the Table of whether forecasts of the first targets lag, and how often their direction is right.

    Columns in which nothing could be measured are left out.
    """
    checks, back, rows = figures["checks"], counted(len(figures["mae_per_step"]["network"]), "row"), []
    for name in targets[:MAX_TARGETS]:
        lag, direction = checks["lag"][name], checks["direction"][name]
        row = [name, *("" if lag[at] is None else format_decimals(lag[at], 2) for at in ("at_lag_0", "at_the_horizon"))]
        if direction:
            right, *others = (format_share(direction[key]) for key in ("right", "always_up", "last_direction"))
            rows.append([*row, right, format_interval(direction["interval"]), *others])
        else:
            rows.append([*row, "", "", "", ""])
    header = ["target", "true changes", f"changes {back} earlier", "direction right", "95 % interval", "always up"]
    kept = [k for k, cells in enumerate(zip(*rows)) if any(cells)]
    lag = (
        "how the forecasts' changes from window to window correlate with the true changes, and with those "
        f"{back} earlier, which are known; "
    ) * (1 in kept)
    what = (
        f"{lag}how often the direction from the last value is right, and that of the simple answers always up and as "
        "before"
    )
    header, *rows = ([row[k] for k in kept] for row in ([*header, "as before"], *rows))
    return Table("Lag and direction at the last step", header, rows, what)


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
        *place_lines(figures),
    ]


def place_lines(figures):
    """Say how far forecast places lie from the true ones, beside the nearest baseline's, in a list."""
    if "kilometres" not in figures:
        return []
    unit, size = length_unit(figures)
    far = {name: own["mean"] for name, own in figures["kilometres"].items()}
    best = min((name for name in far if name != "network"), key=far.get)
    own, other = (f"{format_error(size * far[name], 3)} {unit}" for name in ("network", best))
    return [f"On average these forecasts lie {own} from the true place, those of {DESCRIPTIONS[best]} {other}."]


def length_unit(figures):
    """Return the unit that distances are written in, and how many are a kilometre: metres where errors are small."""
    return ("km", 1) if max(own["mean"] for own in figures["kilometres"].values()) >= 1 else ("m", 1000)


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


def target_tables(figures):
    """Return the Table of several targets, each in its own units, in a list; none of one target."""
    if "per_target" not in figures:
        return []
    rows = [
        [name, *map(format_error, (f["rmse"], f["mae"])), f["best"], format_error(f["baselines"][f["best"]])]
        + [format_change(f["skill"])]
        for name, f in figures["per_target"].items()
    ]
    header = ["target", "RMSE", "MAE", "best baseline", "its RMSE", "skill"]
    return [Table("Each target, in its own units", header, rows)]


def kilometre_tables(figures):
    """Return the Table of how far forecast places lie from the true ones, in a list; none where there are no places."""
    if "kilometres" not in figures:
        return []
    found, (unit, size) = figures["kilometres"].values(), length_unit(figures)
    steps = [*zip(*(own["per_step"] for own in found)), *([own[key] for own in found] for key in ("mean", "median"))]
    names = [*map(str, range(1, len(steps) - 1)), "all", "median"]
    rows = [
        [name, *("" if error is None else format_error(size * error, 3) for error in errors)]
        for name, errors in zip(names, steps)
    ]
    title = f"Mean distance from the true place per step ahead, in {unit} (great circle)"
    return [Table(title, ["step", *figures["kilometres"]], rows)]


def series_tables(figures):
    """Return Tables of sMAPE and MASE over all series, and of the worst; none of one series."""
    if "per_series" not in figures:
        return []
    means = figures["mean_of_series"]
    rows = [[name, _or_empty(f["mase"], 3), format_error(f["smape"])] for name, f in means.items()]
    mase = {name: f["mase"] for name, f in figures["per_series"].items() if f["mase"] is not None}
    worst = sorted(mase, key=lambda name: -mase[name])[:WORST_SERIES]
    baselines = [name for name in means if name != "network"]
    keys = ["mase", *(f"mase_{name}" for name in baselines)]
    of_worst = [[name, *(_or_empty(figures["per_series"][name].get(key), 3) for key in keys)] for name in worst]
    title = f"The {f'{len(worst)} ' * (len(worst) > 1)}worst series, MASE"
    return [
        Table(f"Mean over {len(figures['per_series'])} series", ["method", "MASE", "sMAPE %"], rows, f"MASE, {MASE}"),
        Table(title, ["series", "network", *baselines], of_worst),
    ]


def _or_empty(value, decimals=2):
    """Write an error; a step that was never measured has none, nor has a series that never changes a MASE."""
    return "" if value is None else format_error(value, decimals)
