"""Figures and lines of a report on numbers to predict."""

import numpy as np

from baselines import LINEAR, MEAN
from evaluation.intervals import resampled_rmse, skill, skill_interval
from evaluation.verdict import verdict
from reports.text import aligned, figure


def score_numbers(true, answers, rivals, names, scaled, seed=0):
    """Compare predicted numbers (n, targets) with the true ones, in the units of the data.

    rivals: {name of a baseline: its numbers (n, targets)}; scaled: brings errors of several targets to one unit.
    Returns: dictionary with RMSE over all, its standard error, RMSE, MAE and R² of each target, the RMSE of each
    baseline and the skill against it (1 - RMSE / RMSE of the baseline) with its interval.
    """
    ours, theirs = scaled(answers - true), {name: scaled(numbers - true) for name, numbers in rivals.items()}
    errors = answers - true
    spreads = ((true - true.mean(axis=0)) ** 2).sum(axis=0)
    # Where all true numbers are equal there is none.
    r2 = [1 - float(e) / float(spread) if spread > 0 else None for e, spread in zip((errors**2).sum(axis=0), spreads)]
    return {
        "test_sequences": len(true),
        "rmse": float(np.sqrt((ours**2).mean())),
        "standard_error": float(resampled_rmse(ours, seed, neighbours=False).std()),
        "baselines": {name: float(np.sqrt((e**2).mean())) for name, e in theirs.items()},
        "differences": {
            name: {"difference": skill(ours, e), "interval": skill_interval(ours, e, seed, neighbours=False)}
            for name, e in theirs.items()
        },
        "per_target": {
            name: {"rmse": float(np.sqrt((e**2).mean())), "mae": float(np.abs(e).mean()), "r2": r}
            for name, e, r in zip(names, errors.T, r2)
        },
        "rmse_of": {
            rival: dict(zip(names, np.sqrt(((numbers - true) ** 2).mean(axis=0)).tolist()))
            for rival, numbers in rivals.items()
        },
    }


def number_lines(figures, names):
    """Return the lines of the report."""
    rows = [
        [name, figure(f["rmse"]), figure(f["mae"]), "" if f["r2"] is None else f"{f['r2']:.3f}"]
        + [figure(figures["rmse_of"][rival][name]) for rival in (MEAN, LINEAR)]
        for name, f in figures["per_target"].items()
    ]
    skills = [
        [name, figure(figures["baselines"][name]), f"{d['difference']:+.3f}", *(f"{b:+.3f}" for b in d["interval"])]
        for name, d in figures["differences"].items()
    ]
    unit = " (over all, in units of each one's deviation in the training set)" if len(names) > 1 else ""
    return [
        f"Test sequences: {figures['test_sequences']}",
        "",
        aligned(["number", "RMSE", "MAE", "R²", "RMSE of the training mean", "of the linear model"], rows),
        "",
        "Skill of the network: 1 - RMSE / RMSE of the baseline, with its 95 % bootstrap interval",
        aligned(["baseline", "RMSE", "skill", "low", "high"], skills),
        "",
        f"Linear model: {figure(figures['baselines'][LINEAR])}",
        f"Test RMSE: {figure(figures['rmse'])}{unit}",
        verdict(figures, "lower"),
    ]


def pool_rmse(folds, size):
    """Put together the RMSE of folds [(figures, state)]: the root of the mean square over all that they hold out.

    size: the name of the figure that counts what a fold holds out. Returns: (lines, figures, pictures).
    """
    weights = np.array([figures[size] for figures, _ in folds], float)
    values = {"network": [figures["rmse"] for figures, _ in folds]}
    for name in folds[0][0]["baselines"]:
        values[name] = [figures["baselines"][name] for figures, _ in folds]
    rmse = {name: float(np.sqrt((weights * np.square(own)).sum() / weights.sum())) for name, own in values.items()}
    shown = ", ".join(f"{name} {figure(value)}" for name, value in rmse.items())
    return [f"RMSE over all folds: {shown}"], {"pooled_rmse": rmse}, {}
