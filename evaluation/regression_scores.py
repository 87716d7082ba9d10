"""Scores of predicted numbers, beside those of their baselines."""

import numpy as np

from evaluation.intervals import rmse, rmse_figures


def score_regression(true, predictions, names, scale, seed=0):
    """Compare predicted numbers with the true ones, in the units of the data.

    Parameters: true (n, targets); predictions {"network" or name of a baseline: (n, targets)}; names of the targets;
    scale, what errors are divided by to bring several targets to one unit, a number or (targets,).
    Returns: dictionary with RMSE over all, its standard error, RMSE, MAE and R² of each target, the RMSE of each
    baseline and the skill against it (1 - RMSE / RMSE of the baseline) with its interval.
    """
    errors = {name: predicted - true for name, predicted in predictions.items()}
    figures = rmse_figures({name: e / scale for name, e in errors.items()}, seed)
    network, variations = errors.pop("network").T, ((true - true.mean(axis=0)) ** 2).sum(axis=0)
    return {
        "test_sequences": len(true),
        **figures,
        "per_target": {
            # Where all true numbers are equal there is no R².
            name: {
                "rmse": rmse(e),
                "mae": float(np.abs(e).mean()),
                "r2": 1 - float((e**2).sum() / total) if total > 0 else None,
            }
            for name, e, total in zip(names, network, variations)
        },
        "rmse_of": {baseline: dict(zip(names, map(rmse, e.T))) for baseline, e in errors.items()},
    }
