"""Intervals: how far a score can be trusted."""

import numpy as np
from scipy.stats import binomtest

CONFIDENCE = 0.95
RESAMPLES = 2000  # of a bootstrap


def wilson(correct, n):
    """Return the 95 % interval [low, high] of a share `correct` / n (Wilson 1927)."""
    interval = binomtest(correct, n).proportion_ci(CONFIDENCE, method="wilson")
    return [float(interval.low), float(interval.high)]


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
