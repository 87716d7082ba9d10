"""Scores of forecasts, beside those of their baselines."""

from dataclasses import dataclass

import numpy as np

from evaluation.conformal_prediction import DECILES, LEVELS, decile_score
from evaluation.intervals import mean_of_measured, rmse, rmse_figures, score_skill, skill


@dataclass(frozen=True)
class ForecastComparison:
    """Forecasts of the test set beside the true values, in the units of the series."""

    true: np.ndarray  # (n, horizon, targets), NaN where nothing was measured: there no score counts
    forecasts: dict  # {"network" or name of a baseline: of the same shape}
    half_widths: dict  # of the prediction intervals of each, {name: {level in %: of the same shape}}
    targets: list  # names
    unit: np.ndarray  # (n, targets): errors are divided by it where those of several targets or series are averaged
    series_names: list | None = None  # of several series
    series_index: np.ndarray | None = None  # (n,) which of them each window is of
    mase_scales: np.ndarray | None = None  # (series, targets): see score_series
    overlap: int = 1  # windows in a row that share targets: the interval resamples them together


def score_forecasts(compared, seed=0):
    """Score a ForecastComparison. seed: of the bootstrap.

    Returns: dictionary with RMSE and MAE over all and per step for the network and each baseline, the skill against
    each (1 - RMSE / RMSE of the baseline) with its interval, coverage and mean width of the prediction intervals, the
    scores of each target and, of several series, sMAPE and MASE over all and of each; the share of the values that was
    measured, where not all were.
    """
    true, unit, measured = compared.true, compared.unit[:, None], ~np.isnan(compared.true)
    errors = {name: (values - true) / unit for name, values in compared.forecasts.items()}
    mae = {name: float(mean_of_measured(np.abs(e))) for name, e in errors.items()}
    block = max(compared.overlap, round(len(true) ** (1 / 3)))
    figures = {
        "test_windows": len(true),
        **rmse_figures(errors, seed, block),
        "mae": mae["network"],
        **score_intervals(compared, errors, seed, block),
        "mae_of": mae,
        "rmse_per_step": {name: _per_step(e**2, np.sqrt) for name, e in errors.items()},
        "mae_per_step": {name: _per_step(np.abs(e)) for name, e in errors.items()},
    }
    if not measured.all():
        figures["measured"] = float(measured.mean())
    if len(compared.targets) > 1:
        figures["per_target"] = {name: _score_target(compared, k) for k, name in enumerate(compared.targets)}
    return figures if compared.series_names is None else figures | score_series(compared)


def score_intervals(compared, errors, seed, block):
    """Score the prediction intervals of a ForecastComparison, whose errors (n, horizon, targets) are in `unit`.

    Returns: {"bands": {level: coverage and mean width} of the network, "baseline_bands": {name: the same}, "crps":
    {name: see decile_score}, "crps_skill": {name: 1 - CRPS / CRPS of the baseline, and its interval}}; the last three
    of those that have intervals.
    """
    bands, losses = {}, {}
    for name, error in errors.items():
        sizes = {level: size / compared.unit[:, None] for level, size in compared.half_widths.get(name, {}).items()}
        inside = {level: (np.abs(error) <= size)[~np.isnan(error)] for level, size in sizes.items() if level in LEVELS}
        bands[name] = {
            level: {"coverage": float(held.mean()), "width": float(2 * sizes[level].mean())}
            for level, held in inside.items()
        }
        if sizes.keys() >= DECILES.keys():
            losses[name] = decile_score(error, sizes)
    scores = {name: float(mean_of_measured(loss)) for name, loss in losses.items()}
    rivals = losses.keys() - {"network"} if "network" in losses else ()
    return {
        "bands": bands.pop("network"),
        "baseline_bands": {name: found for name, found in bands.items() if found},
        "crps": scores,
        "crps_skill": {name: score_skill(losses["network"], losses[name], seed, block) for name in sorted(rivals)},
    }


def _per_step(errors, root=np.positive):
    """Return the mean of errors (n, horizon, targets) at each step, or its root; None of a step never measured."""
    return [None if np.isnan(error) else error for error in root(mean_of_measured(errors, axis=(0, 2))).tolist()]


def _score_target(compared, k):
    """Return the scores of the k-th target, in its own units."""
    errors = {name: values[:, :, k] - compared.true[:, :, k] for name, values in compared.forecasts.items()}
    scores = {name: rmse(e) for name, e in errors.items()}
    network = scores.pop("network")
    best = min(scores, key=scores.get)
    mae = float(mean_of_measured(np.abs(errors["network"])))
    return {
        "rmse": network,
        "mae": mae,
        "baselines": scores,
        "best": best,
        "skill": float(skill(network, scores[best])),
    }


def score_series(compared):
    """Return MASE and sMAPE of several series, the mean over them ("mean_of_series") and of each ("per_series").

    As the M4 competition defines them: sMAPE is 200 |y - f| / (|y| + |f|) in %, MASE the mean absolute error divided by
    the mean change over a season in the training set (Makridakis, Spiliotis and Assimakopoulos 2020, The M4
    Competition, section 2.2), None of a series that never changes.
    """
    windows = {compared.series_names[k]: compared.series_index == k for k in np.unique(compared.series_index)}
    means, per_series = {}, {name: {} for name in windows}
    weights = (~np.isnan(compared.true)).mean(axis=(1, 2))  # of windows: every measured value counts alike
    for method, values in compared.forecasts.items():
        error, size = np.abs(values - compared.true), np.abs(values) + np.abs(compared.true)
        smape = 200 * mean_of_measured(error / np.where(size > 0, size, 1), axis=(1, 2))
        mase = mean_of_measured(mean_of_measured(error, axis=1) / compared.mase_scales[compared.series_index], axis=1)
        smapes = {name: float(np.average(smape[own], weights=weights[own])) for name, own in windows.items()}
        mases = {
            name: float(np.average(mase[own], weights=weights[own]))
            for name, own in windows.items()
            if np.isfinite(compared.mase_scales[compared.series_index[own]]).all()
        }
        mean_mase = float(np.mean(list(mases.values()))) if mases else None
        means[method] = {"mase": mean_mase, "smape": float(np.mean(list(smapes.values())))}
        for name, scores in per_series.items():
            if method == "network":
                scores |= {"mase": mases.get(name), "smape": smapes[name]}
            elif name in mases:
                scores[f"mase_{method}"] = mases[name]
    return {"mean_of_series": means, "per_series": per_series}
