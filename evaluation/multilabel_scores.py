"""Scores of several labels at once, beside those of their baselines."""

import numpy as np

from core.lazy import lazy
from evaluation.intervals import MIN_RESAMPLED, RESAMPLES, mean_of_measured, percentile_interval

metrics = lazy("sklearn.metrics")

DRAWN_AT_ONCE = 2**22  # sequences of a bootstrap


def best_thresholds(y, scores):
    """Return for each label the threshold (k,) above which its scores (n, k) reach the highest F1; y (n, k).

    It lies in the middle between two scores; a label without positives in y gets 0.5.
    """
    thresholds = np.full(y.shape[1], 0.5)
    for k in np.flatnonzero(y.any(axis=0)):
        precision, recall, found = metrics.precision_recall_curve(y[:, k], scores[:, k])
        f1 = 2 * precision * recall / np.maximum(precision + recall, np.finfo(float).tiny)
        best = f1[:-1].argmax()
        thresholds[k] = found[max(0, best - 1) : best + 1].mean()
    return thresholds


def macro_f1(y, answers):
    """Return the mean F1 of the labels that have positives in y (n, k); answers (n, k) bool. NaN where none has."""
    return float(_macro_f1(_counts(y, answers).sum(axis=0)))


def _counts(y, answers):
    """Return what the F1 of labels are made of, of each sequence, (n, 3, k): see _macro_f1."""
    y, answers = y.astype(float), answers.astype(float)
    return np.stack([2 * y * answers, y + answers, y], axis=1)


def _macro_f1(sums):
    """Return the mean F1 (...) of sums (..., 3, k): twice the true positives, true and given labels, true labels."""
    doubled, total, positives = np.moveaxis(sums, -2, 0)
    return mean_of_measured(np.where(positives > 0, doubled / np.maximum(total, 1), np.nan), axis=-1)


def _bootstrap(counts, seed):
    """Return the macro F1 in RESAMPLES draws of the sequences with replacement, (draws, answers).

    Parameters: counts (answers, n, 3, k). A draw without any positive is left out.
    """
    answers, n, *rest = counts.shape
    rng, flat, sums = np.random.default_rng(seed), np.moveaxis(counts, 0, 1).reshape(n, -1), []
    size = max(1, DRAWN_AT_ONCE // n)
    for start in range(0, RESAMPLES, size):
        times = [np.bincount(rng.integers(0, n, n), minlength=n) for _ in range(min(size, RESAMPLES - start))]
        sums.append(np.array(times, float) @ flat)
    draws = _macro_f1(np.concatenate(sums).reshape(-1, answers, *rest))
    return draws[~np.isnan(draws).any(axis=1)]


def score_multilabel(y, probabilities, answers, names, seed=0):
    """Compare several labels at once with what was answered.

    Parameters: y (n, k) of 0 and 1; probabilities (n, k) of the network; answers {"network" or name of a baseline:
    (n, k) bool}; names of the labels.
    Returns: dictionary with the macro F1 (the mean F1 of the labels that have positives), its 95 % bootstrap interval
    and standard error, that of each baseline and the difference from it with its interval; positives, precision,
    recall, F1 and AUC of each label, None without positives, AUC also without negatives.
    """
    counts = np.stack([_counts(y, own) for own in answers.values()])
    scores, draws = dict(zip(answers, map(float, _macro_f1(counts.sum(axis=1))))), _bootstrap(counts, seed)
    network, differences = scores.pop("network"), {}
    for k, (name, score) in enumerate(scores.items(), 1):
        interval = percentile_interval(draws[:, 0] - draws[:, k]) if len(y) >= MIN_RESAMPLED else [-1.0, 1.0]
        differences[name] = {"difference": network - score, "interval": interval}
    of = {
        name: metrics.precision_recall_fscore_support(y, own, average=None, zero_division=0)
        for name, own in answers.items()
    }
    per_label = {}
    for k, name in enumerate(names):
        precision, recall, f1, positives = (float(own[k]) for own in of["network"])
        auc = float(metrics.roc_auc_score(y[:, k], probabilities[:, k])) if 0 < positives < len(y) else None
        own = {"precision": precision, "recall": recall, "f1-score": f1, "auc": auc}
        per_label[name] = {"positives": int(positives), **(own if positives else dict.fromkeys(own))}
    return {
        "test_sequences": len(y),
        "macro_f1": network,
        "macro_f1_interval": percentile_interval(draws[:, 0]),
        "standard_error": float(draws[:, 0].std()),
        "baselines": scores,
        "differences": differences,
        "per_label": per_label,
        "f1_of": {name: dict(zip(names, own[2].tolist())) for name, own in of.items() if name != "network"},
    }
