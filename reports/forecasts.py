"""Figures and lines of a report on forecasts."""

import numpy as np

from baselines import LINEAR, WORDS
from evaluation.intervals import resampled_rmse, skill, skill_interval
from evaluation.verdict import outcome, verdict
from reports.text import aligned, figure

WORST = 5  # series shown


def score_forecasts(true, forecasts, rivals, bands, targets, unit, series, seed=0):
    """Compare forecasts (n, horizon, targets) with what came, in the units of the series.

    rivals: {name of a baseline: its forecasts}; bands: {level in %: half its width}, like forecasts; targets: names;
    unit: (n, targets) what errors are divided by before those of several targets or series are put together;
    series: (names or None, place of each window's (n,), what MASE divides by (series, targets)).
    Returns: dictionary with RMSE and MAE over all and per step for the network and each baseline, the skill against
    each (1 - RMSE / RMSE of the baseline) with its interval, coverage and mean width of each band, figures per target,
    and of several series sMAPE and MASE over all and for each.
    """
    answers = {"network": forecasts, **rivals}
    errors = {name: (values - true) / unit[:, None] for name, values in answers.items()}
    together = {name: np.sqrt((e**2).mean(axis=2)) for name, e in errors.items()}  # (n, horizon)
    rmse, ours = {name: float(np.sqrt((e**2).mean())) for name, e in errors.items()}, together["network"]
    figures = {
        "test_windows": len(true),
        "rmse": rmse["network"],
        "standard_error": float(resampled_rmse(ours, seed).std()),
        "mae": float(np.abs(errors["network"]).mean()),
        "baselines": {name: rmse[name] for name in rivals},
        "differences": {
            name: {"difference": skill(ours, together[name]), "interval": skill_interval(ours, together[name], seed)}
            for name in rivals
        },
        "bands": {
            level: {
                "coverage": float((np.abs(forecasts - true) <= size).mean()),
                "width": float(2 * np.mean(size / unit[:, None])),
            }
            for level, size in bands.items()
        },
        "mae_of": {name: float(np.abs(e).mean()) for name, e in errors.items()},
        "rmse_per_step": {name: np.sqrt((e**2).mean(axis=(0, 2))).tolist() for name, e in errors.items()},
        "mae_per_step": {name: np.abs(e).mean(axis=(0, 2)).tolist() for name, e in errors.items()},
    }
    if len(targets) > 1:
        figures["per_target"] = {name: _of_target(k, answers, true) for k, name in enumerate(targets)}
    names, own, scales = series
    return figures if names is None else figures | of_series(names, own, scales, answers, true)


def _of_target(k, answers, true):
    """Return the figures of one target, in its own units."""
    errors = {name: values[:, :, k] - true[:, :, k] for name, values in answers.items()}
    rmse = {name: float(np.sqrt((e**2).mean())) for name, e in errors.items()}
    rivals = {name: value for name, value in rmse.items() if name != "network"}
    best = min(rivals, key=rivals.get)
    return {
        "rmse": rmse["network"],
        "mae": float(np.abs(errors["network"]).mean()),
        "baselines": rivals,
        "best": best,
        "skill": skill(errors["network"], errors[best]),
    }


def of_series(names, own, scales, answers, true):
    """Return MASE and sMAPE as the M4 competition defines them, the mean over series and of each.

    sMAPE is 200 |y - f| / (|y| + |f|) in %, MASE the mean absolute error by the mean change over a season in the
    training set (Makridakis, Spiliotis and Assimakopoulos 2020, The M4 Competition, section 2.2).
    """
    found, per_series = {}, {names[place]: {} for place in np.unique(own)}
    for method, values in answers.items():
        error, size = np.abs(values - true), np.abs(values) + np.abs(true)
        smape = 200 * (error / np.where(size > 0, size, 1)).mean(axis=(1, 2))
        mase = (error.mean(axis=1) / scales[own]).mean(axis=1)
        means = []
        for place in np.unique(own):
            windows = own == place
            means.append((float(mase[windows].mean()), float(smape[windows].mean())))
            per_series[names[place]][method] = means[-1]
        both = np.array(means)
        known = both[np.isfinite(both[:, 0]), 0]
        found[method] = {"mase": float(known.mean()) if len(known) else None, "smape": float(both[:, 1].mean())}
    each = {
        name: {"mase": of["network"][0] if np.isfinite(of["network"][0]) else None, "smape": of["network"][1]}
        | {f"mase_{method}": of[method][0] for method in answers if method != "network" and np.isfinite(of[method][0])}
        for name, of in per_series.items()
    }
    return {"mean_of_series": found, "per_series": each}


def forecast_lines(figures, targets, standardise):
    """Return the lines of the report."""
    names, several = ["network", *figures["baselines"]], "per_target" in figures
    per_step = [figures["rmse_per_step"][name] for name in names] + [figures["mae_per_step"]["network"]]
    totals = [figures["rmse"], *figures["baselines"].values(), figures["mae"]]
    rows = [[str(h), *map(figure, row)] for h, row in enumerate(zip(*per_step), 1)]
    unit = "its units" if not several else "units of each one's deviation in the training set"
    if standardise == "sequence":
        unit = "units of the deviation of each series in the training set"
    skills = [
        [name, figure(figures["baselines"][name]), f"{d['difference']:+.3f}", *(f"{b:+.3f}" for b in d["interval"])]
        for name, d in figures["differences"].items()
    ]
    bands = [
        f"{level} % band: {100 * band['coverage']:.0f} % of the test values inside, width {figure(band['width'])}"
        for level, band in figures["bands"].items()
    ]
    return [
        f"Test windows: {figures['test_windows']}",
        "",
        f"Errors of {', '.join(targets[:5])}{', ...' if targets[5:] else ''} per step ahead, in {unit}",
        aligned(["step", *(f"{name} RMSE" for name in names), "network MAE"], [*rows, ["all", *map(figure, totals)]]),
        "",
        *(target_lines(figures) if several else []),
        *(series_lines(figures) if "per_series" in figures else []),
        "Skill of the network: 1 - RMSE / RMSE of the baseline, with its 95 % bootstrap interval",
        aligned(["baseline", "RMSE", "skill", "low", "high"], skills),
        "",
        *(bands or ["Forecast bands: set VALIDATION_SIZE to 4 windows or more, 0.2 say, and train again"]),
        f"Linear model: {figure(figures['baselines'][LINEAR])}",
        f"Test RMSE: {figure(figures['rmse'])}" + (f" in {unit}" if unit != "its units" else ""),
        verdict(figures, "lower"),
        *(mase_lines(figures, standardise) if "per_series" in figures else []),
    ]


def mase_lines(figures, standardise):
    """Say so where another is ahead by MASE, to which large series do not count more than small ones."""
    mase = {name: of["mase"] for name, of in figures["mean_of_series"].items() if of["mase"] is not None}
    best = min(mase, key=mase.get, default="network")
    if best == "network" or outcome(figures, "lower") != "wins":
        return []
    hint = '; where levels differ, STANDARDISE = "sequence" helps' if standardise == "training" else ""
    ahead = f"{WORDS[best]} is ahead ({mase[best]:.3f}, the model {mase['network']:.3f})"
    return [f"But by MASE, which weighs every series alike, {ahead}{hint}."]


def target_lines(figures):
    """Lay out the figures of several targets, each in its own units."""
    rows = [
        [name, figure(f["rmse"]), figure(f["mae"]), f["best"], figure(f["baselines"][f["best"]]), f"{f['skill']:+.3f}"]
        for name, f in figures["per_target"].items()
    ]
    return [
        "Each target, in its own units",
        aligned(["target", "RMSE", "MAE", "best baseline", "its RMSE", "skill"], rows),
        "",
    ]


def series_lines(figures):
    """Lay out sMAPE and MASE over all series, and of the worst."""
    means = figures["mean_of_series"]
    rows = [[name, mase_text(f["mase"]), f"{f['smape']:.2f}"] for name, f in means.items()]
    known = {name: f for name, f in figures["per_series"].items() if f["mase"] is not None}
    worst = sorted(known, key=lambda name: -known[name]["mase"])[:WORST]
    others = [name for name in means if name != "network"]
    shown = [
        [name, *(mase_text(known[name].get(key)) for key in ("mase", *(f"mase_{other}" for other in others)))]
        for name in worst
    ]
    return [
        f"Mean over {len(figures['per_series'])} series",
        aligned(["method", "MASE", "sMAPE %"], rows),
        "",
        f"The {len(worst)} worst series, MASE",
        aligned(["series", "network", *others], shown),
        "",
    ]


def mase_text(value):
    """Write a MASE; a series that never changes has none."""
    return "" if value is None else f"{value:.3f}"
