"""Figures of a test part beside what costs nothing: plain arrays in, a dictionary out."""

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix, log_loss, precision_recall_fscore_support

CONFIDENCE = 0.95
RESAMPLES = 2000  # of the bootstrap


def score_classes(y, probabilities, classes):
    """Compare true classes (n,) with predicted probabilities (n, classes).

    Returns: dictionary with accuracy, its interval (Wilson 1927), the majority-class baseline, cross-entropy loss,
    confusion matrix, balanced accuracy (the mean recall of the classes) and per-class precision, recall and F1.
    """
    predicted = probabilities.argmax(axis=1)
    correct, n, numbers = int((predicted == y).sum()), len(y), list(range(len(classes)))
    interval = binomtest(correct, n).proportion_ci(CONFIDENCE, method="wilson")
    counts = np.bincount(y, minlength=len(classes))
    precision, recall, f1, _ = precision_recall_fscore_support(y, predicted, labels=numbers, zero_division=0)
    return {
        "test_sequences": n,
        "accuracy": correct / n,
        "accuracy_interval": [float(interval.low), float(interval.high)],
        # The best that a constant answer can reach on this very part: no claim is made against a weaker one.
        "majority_baseline": float(counts.max() / n),
        "majority_class": classes[counts.argmax()],
        "loss": float(log_loss(y, probabilities, labels=numbers)),
        "confusion_matrix": confusion_matrix(y, predicted, labels=numbers).tolist(),
        "balanced_accuracy": float(recall[counts > 0].mean()),
        "per_class": {
            name: {"precision": float(p), "recall": float(r), "f1-score": float(f), "support": int(n)}
            for name, p, r, f, n in zip(classes, precision, recall, f1, counts)
        },
    }


def score_forecasts(true, forecasts, naive, seed=0):
    """Compare forecasts (n, horizon) with what came (n, horizon), in the units of the series.

    naive: dictionary from the name of a forecast that costs nothing ("persistence" first) to an array (n, horizon).
    Returns: dictionary with RMSE and MAE overall and per step for the network and each naive forecast, and the skill
    1 - RMSE / RMSE of persistence with its interval.
    """
    errors = {"network": forecasts - true, **{name: values - true for name, values in naive.items()}}
    rmse = {name: float(np.sqrt((e**2).mean())) for name, e in errors.items()}
    return {
        "test_windows": len(true),
        "rmse": rmse["network"],
        "mae": float(np.abs(errors["network"]).mean()),
        "rmse_of": rmse,
        "mae_of": {name: float(np.abs(e).mean()) for name, e in errors.items()},
        "rmse_per_step": {name: np.sqrt((e**2).mean(axis=0)).tolist() for name, e in errors.items()},
        "mae_per_step": {name: np.abs(e).mean(axis=0).tolist() for name, e in errors.items()},
        "skill": skill(errors["network"], errors["persistence"]),
        "skill_interval": skill_interval(errors["network"], errors["persistence"], seed),
    }


def skill(errors, naive_errors):
    """Return 1 - RMSE / RMSE of the naive forecast: 1 is perfect, 0 no better, below 0 worse."""
    naive = np.sqrt((naive_errors**2).mean())
    return float(1 - np.sqrt((errors**2).mean()) / naive) if naive else 0.0


def skill_interval(errors, naive_errors, seed):
    """Return the 95 % interval [low, high] of the skill by the circular block bootstrap (Politis and Romano 1992).

    Neighbouring windows share targets, so whole blocks of windows are drawn, a horizon or n^(1/3) long, a third of
    all at most; the last window is followed by the first.
    """
    n, horizon = errors.shape
    length = max(1, min(max(horizon, round(n ** (1 / 3))), n // 3))
    rng = np.random.default_rng(seed)
    ours, theirs = (errors**2).mean(axis=1), (naive_errors**2).mean(axis=1)
    starts = rng.integers(0, n, (RESAMPLES, -(-n // length)))
    rows = (starts[:, :, None] + np.arange(length)).reshape(RESAMPLES, -1)[:, :n] % n
    theirs = np.sqrt(theirs[rows].mean(axis=1))
    skills = 1 - np.sqrt(ours[rows].mean(axis=1)) / np.where(theirs > 0, theirs, np.inf)
    return np.quantile(skills, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]).tolist()


def naive_forecasts(values, rows, horizon, season=None):
    """Forecast a series without learning.

    values: (time,); rows: (n,) row of each window's first target.
    Returns: {"persistence": the value before the first target, "seasonal naive" (where a season is given): the value
    one season before each target, or as many seasons as lie before the forecast is made}, each (n, horizon).
    """
    steps = np.arange(horizon)
    naive = {"persistence": np.repeat(values[rows - 1][:, None], horizon, axis=1)}
    if season is not None:
        naive["seasonal naive"] = values[rows[:, None] + steps - season * (steps // season + 1)]
    return naive
