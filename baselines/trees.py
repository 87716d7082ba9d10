"""Boosted trees on summaries of each feature: what can be told without the order of the values.

Scikit-learn's histogram-based gradient boosting (after LightGBM: Ke et al. 2017). Its sizes were chosen by folds of
training sets (docs/choices.md).
"""

import warnings

import numpy as np

from core.lazy import lazy

ensemble = lazy("sklearn.ensemble")

SUMMARIES = "last, mean, deviation, slope, least, largest"
SIZES = {"max_leaf_nodes": 8, "min_samples_leaf": 5, "early_stopping": False}
MOST_ROUNDS, FEWEST_ROUNDS = 50, 10
MAX_VALUES = 2**21  # summaries that are fitted, once for each class or target
ROUND_OF_A_COLUMN = 2500  # sequences that take as long as all else that a round does with a column
MAX_WORK = 1.5e8  # rounds × columns × sequences, those of ROUND_OF_A_COLUMN counted too: some two seconds


def plan(n, columns, outputs):
    """Return (how many of n sequences to fit at most, rounds of boosting); no rounds where it would take too long.

    Parameters: columns, of the summaries; outputs, classes or targets, a tree each in every round.
    """
    rows = min(n, max(1000, MAX_VALUES // (columns * outputs)))
    rounds = int(MAX_WORK / (columns * outputs * (rows + ROUND_OF_A_COLUMN)))
    return rows, min(MOST_ROUNDS, rounds) if rounds >= FEWEST_ROUNDS else 0


def summarise(x, measured):
    """Summarise sequences as SUMMARIES says.

    Parameters: x (n, time, features) float64; measured (n, time, 1), 1 where a step was measured, 0 at padding.
    Returns: (n, 6 × features).
    """
    measured = measured.copy()
    measured[:, -1] = 1  # padding stands in front; where nothing but its values was measured one step tells all
    count = measured.sum(axis=1)
    mean = (x * measured).sum(axis=1) / count
    rest = (x - mean[:, None]) * measured
    time = np.arange(x.shape[1])[:, None]
    time = (time - (time * measured).sum(axis=1, keepdims=True) / count[:, None]) * measured
    slope = (time * rest).sum(axis=1) / np.maximum((time**2).sum(axis=1), 0.5)  # as of two steps; one has none
    least, largest = (np.where(measured, x, beyond) for beyond in (np.inf, -np.inf))
    found = x[:, -1], mean, np.sqrt((rest**2).sum(axis=1) / count), slope, least.min(axis=1), largest.max(axis=1)
    return np.concatenate(found, axis=1)


def fit_predict(x, y, new, rounds, seed):
    """Fit boosted trees to summaries x (n, columns), and answer new ones (m, columns).

    Parameters: y, classes (n,) whole numbers, or numbers (n, outputs), each of which is learned by itself; rounds of
    boosting.
    Returns: classes (m,), or numbers (m, outputs).
    """
    sizes = {"max_iter": rounds, "random_state": seed, **SIZES}
    if y.ndim == 2:
        answers = [ensemble.HistGradientBoostingRegressor(**sizes).fit(x, own).predict(new) for own in y.T]
        return np.stack(answers, axis=1)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of unique classes")  # that many of few sequences are no classes
        return ensemble.HistGradientBoostingClassifier(**sizes).fit(x, y).predict(new)
