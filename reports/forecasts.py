"""Figures and lines of a report on forecasts."""

import numpy as np

from baselines import LINEAR
from reports.intervals import resampled_rmse, skill, skill_interval
from reports.tables import aligned, figure
from reports.verdict import verdict


def score_forecasts(true, forecasts, rivals, bands, seed=0):
    """Compare forecasts (n, horizon) with what came (n, horizon), in the units of the series.

    rivals: {name of a baseline: its forecasts (n, horizon)}; bands: {level in %: half its width (n, horizon)}.
    Returns: dictionary with RMSE and MAE overall and per step for the network and each baseline, the skill against each
    (1 - RMSE / RMSE of the baseline) with its interval, and coverage and mean width of each band.
    """
    errors = {"network": forecasts - true, **{name: values - true for name, values in rivals.items()}}
    rmse = {name: float(np.sqrt((e**2).mean())) for name, e in errors.items()}
    ours = errors["network"]
    return {
        "test_windows": len(true),
        "rmse": rmse["network"],
        "standard_error": float(resampled_rmse(ours, seed).std()),
        "mae": float(np.abs(ours).mean()),
        "baselines": {name: rmse[name] for name in rivals},
        "differences": {
            name: {"difference": skill(ours, errors[name]), "interval": skill_interval(ours, errors[name], seed)}
            for name in rivals
        },
        "bands": {
            level: {"coverage": float((np.abs(ours) <= size).mean()), "width": float(2 * np.mean(size))}
            for level, size in bands.items()
        },
        "mae_of": {name: float(np.abs(e).mean()) for name, e in errors.items()},
        "rmse_per_step": {name: np.sqrt((e**2).mean(axis=0)).tolist() for name, e in errors.items()},
        "mae_per_step": {name: np.abs(e).mean(axis=0).tolist() for name, e in errors.items()},
    }


def forecast_lines(figures, target):
    """Return the lines of the report; errors are in the units of the series."""
    names = ["network", *figures["baselines"]]
    per_step = [figures["rmse_per_step"][name] for name in names] + [figures["mae_per_step"]["network"]]
    totals = [figures["rmse"], *figures["baselines"].values(), figures["mae"]]
    rows = [[str(h), *map(figure, row)] for h, row in enumerate(zip(*per_step), 1)]
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
        f"Errors of {target} per step ahead, in its units",
        aligned(["step", *(f"{name} RMSE" for name in names), "network MAE"], [*rows, ["all", *map(figure, totals)]]),
        "",
        "Skill of the network: 1 - RMSE / RMSE of the baseline, with its 95 % bootstrap interval",
        aligned(["baseline", "RMSE", "skill", "low", "high"], skills),
        "",
        *(bands or ["Forecast bands: set VALIDATION_SIZE, 0.2 say, and train again"]),
        f"Linear model: {figure(figures['baselines'][LINEAR])}",
        f"Test RMSE: {figure(figures['rmse'])}",
        verdict(figures, "lower"),
    ]
