"""Scores of anomalies: how well a score ranks them above what is normal, and how soon a series' are noticed."""

import numpy as np

from evaluation.intervals import MIN_RESAMPLED, percentile_interval, wilson_interval

DRAWS = 500  # of a bootstrap
AT_ONCE = 2**20  # weights in memory at a time
MIN_GROUPS = 5  # a bootstrap of fewer says nothing: their sequences are drawn one by one
THRESHOLDS = 250  # of a curve over time


def ranking_curves(scores, weights, anomalous):
    """Return (ROC-AUC, average precision) of scores, under several weights at once.

    Parameters: scores (n,), higher is more unusual; weights (draws, n); anomalous bool (n,).
    Returns: two arrays (draws,), NaN where a draw has no anomaly or nothing normal. Equal scores share one threshold.
    """
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)  # of each run of equal scores
    hits, alarms = (np.cumsum(np.where(own, weights, 0)[:, order], axis=1)[:, last] for own in (anomalous, ~anomalous))
    gained = np.diff(hits, axis=1, prepend=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        above = np.diff(alarms, axis=1, prepend=0)
        area = (above * (hits - gained / 2)).sum(axis=1) / (hits[:, -1] * alarms[:, -1])
        precision = np.where(gained > 0, hits / (hits + alarms), 0)
        return area, (gained * precision).sum(axis=1) / hits[:, -1]


def drawn_weights(groups, seed, draws=DRAWS):
    """Draw whole groups with replacement. groups: (n,). Returns: how often each sequence is drawn, (draws, n)."""
    _, numbers = np.unique(groups, return_inverse=True)
    count = numbers.max() + 1
    if count < MIN_GROUPS:
        numbers, count = np.arange(len(groups)), len(groups)
    rng = np.random.default_rng(seed)
    return np.stack([np.bincount(rng.integers(0, count, count), minlength=count)[numbers] for _ in range(draws)])


def score_anomalies(anomalous, scores, groups, seed=0, draws=DRAWS):
    """Compare scores of test sequences with each other.

    Parameters: anomalous bool (n,); scores {"detector" or name of a rival: (n,)}; groups (n,) of what is drawn
    together; draws of the bootstrap, 0 for none.
    Returns: dictionary with ROC-AUC and average precision, their 95 % bootstrap intervals, those of each rival and the
    difference in ROC-AUC from it with its interval; all NaN where the test set has no anomaly or nothing normal.
    """
    once = np.ones((1, len(anomalous)))
    found = {name: [float(own[0]) for own in ranking_curves(s, once, anomalous)] for name, s in scores.items()}
    detector, precision = found.pop("detector")
    figures = {
        "test_sequences": len(anomalous),
        "anomalies": int(anomalous.sum()),
        "roc_auc": detector,
        "average_precision": precision,
        "baselines": {name: auc for name, (auc, _) in found.items()},
        "average_precision_of": {name: own for name, (_, own) in found.items()},
    }
    if np.isnan(detector) or len(anomalous) < MIN_RESAMPLED or not draws:
        unknown = [np.nan, np.nan] if np.isnan(detector) else [0.0, 1.0]
        differences = {
            name: {"difference": detector - auc, "interval": [-1.0, 1.0]} for name, (auc, _) in found.items()
        }
        return figures | {
            "roc_auc_interval": unknown,
            "average_precision_interval": unknown,
            "standard_error": 0.0,
            "differences": differences,
        }
    blocks = np.array_split(drawn_weights(groups, seed, draws), -(-draws * len(anomalous) // AT_ONCE))
    drawn = {
        name: np.concatenate([ranking_curves(own, block, anomalous) for block in blocks], axis=1)
        for name, own in scores.items()
    }
    drawn = {name: own[:, ~np.isnan(own).any(axis=0)] for name, own in drawn.items()}  # without one of both kinds
    return figures | {
        "roc_auc_interval": percentile_interval(drawn["detector"][0]),
        "average_precision_interval": percentile_interval(drawn["detector"][1]),
        "standard_error": float(drawn["detector"][0].std()),
        "differences": {
            name: {
                "difference": detector - auc,
                "interval": percentile_interval(drawn["detector"][0] - drawn[name][0]),
            }
            for name, (auc, _) in found.items()
        },
    }


def held_out_rate(scores, groups, rate, seed=0):
    """Return how many false alarms a threshold gives in groups that it was not set by.

    The threshold of each group is set by all others, as `threshold_of` does.
    Parameters: scores (n,) of normal sequences, groups (n,); rate, the share of alarms that is wanted.
    Returns: (share of alarms, its 95 % interval [low, high]): Wilson's where each sequence is its own group, else of
    a bootstrap of the groups; all shares from 0 to 1 of fewer than MIN_RESAMPLED groups.
    """
    names, numbers = np.unique(groups, return_inverse=True)
    if len(names) == len(scores):
        order = np.sort(scores)[::-1]  # the threshold without a sequence is one of two
        allowed = int(rate * len(scores))  # of n - 1 others, the sequence itself added
        alarms = int((scores > order[min(allowed, len(scores) - 1)]).sum())
        return alarms / len(scores), wilson_interval(alarms, len(scores))
    alarms = np.array(
        [(scores[numbers == k] > threshold_of(scores[numbers != k], rate)).sum() for k in range(len(names))], float
    )
    sizes = np.bincount(numbers)
    if len(names) < MIN_RESAMPLED:
        return float(alarms.sum() / sizes.sum()), [0.0, 1.0]
    draws = np.random.default_rng(seed).integers(0, len(names), (DRAWS, len(names)))
    shares = alarms[draws].sum(axis=1) / sizes[draws].sum(axis=1)
    return float(alarms.sum() / sizes.sum()), percentile_interval(shares)


def share_interval(flags, groups, seed=0):
    """Return the share of flags bool (n,) and its 95 % interval: Wilson's, or of several of a group a bootstrap's."""
    names = len(np.unique(groups))
    if names == len(flags) or names < MIN_GROUPS:
        return float(flags.mean()), wilson_interval(int(flags.sum()), len(flags))
    weights = drawn_weights(groups, seed)
    return float(flags.mean()), percentile_interval((weights * flags).sum(axis=1) / weights.sum(axis=1))


def threshold_of(scores, rate):
    """Return the score that new normal sequences exceed with probability `rate` at most; infinity of too few scores."""
    allowed = int(rate * (len(scores) + 1)) - 1  # of conformal prediction: p = (1 + those not below) / (n + 1)
    return float(np.sort(scores)[::-1][allowed]) if allowed >= 0 else np.inf


def p_values(scores, held_out):
    """Return the share of held-out normal scores that are not below each of scores (n,), itself counted."""
    return (1 + len(held_out) - np.searchsorted(np.sort(held_out), scores, side="left")) / (len(held_out) + 1)


# Series: a score and a truth at every row.


def true_ranges(anomalous):
    """Return the (first, last) rows of each stretch of anomalous bool (rows,)."""
    edges = np.diff(np.concatenate([[0], anomalous.astype(int), [0]]))
    return [*zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1)]


def volume_under_surface(anomalous, scores, width):
    """Return the volume under the surface of precision and recall: VUS-PR (Paparrizos and others, 2022).

    A row near a true range counts in part, less the further it lies from it; a range that no row notices lowers the
    recall; the area under precision and recall is averaged over all widths of that neighbourhood, 0 to `width` rows.
    Parameters: anomalous bool (rows,), scores (rows,).
    """
    ranges, rows = true_ranges(anomalous), np.arange(len(scores))
    order = np.argsort(-scores, kind="stable")
    counts = np.unique(np.linspace(1, len(scores), THRESHOLDS).astype(int))  # of alarms
    lowest = scores[order][counts - 1]
    distance = np.full(len(scores), np.inf)
    for first, last in ranges:
        distance = np.minimum(distance, np.maximum(np.maximum(first - rows, rows - last), 0))
    areas = []
    for buffer in np.unique(np.linspace(0, width, 21).astype(int)):
        near = np.sqrt(np.maximum(0, 1 - distance / max(1, buffer)))
        label = np.where(distance == 0, 1.0, np.where(distance <= buffer // 2, near, 0.0))
        highest = [scores[max(0, a - buffer // 2) : b + buffer // 2 + 1].max() for a, b in ranges]
        noticed = np.mean(np.array(highest) >= lowest[:, None], axis=1)
        hits = np.cumsum(label[order])[counts - 1]
        recall = np.minimum(1, hits / ((anomalous.sum() + label.sum()) / 2)) * noticed
        areas.append(float((np.diff(recall, prepend=0) * hits / counts).sum()))
    return float(np.mean(areas))


def point_adjusted_f1(anomalous, scores):
    """Return the best F1 of scores (rows,) if one alarm in a true range counts as if every row had been noticed."""
    adjusted = scores.copy()
    for first, last in true_ranges(anomalous):
        adjusted[first : last + 1] = scores[first : last + 1].max()
    order = np.argsort(-adjusted, kind="stable")
    hits, count = np.cumsum(anomalous[order]), np.arange(1, len(scores) + 1)
    return float((2 * hits / (count + anomalous.sum())).max())


def alarm_delays(anomalous, alarms):
    """Return the rows from the beginning of each true range to the first alarm in it, None where there is none."""
    found = [np.flatnonzero(alarms[first : last + 1]) for first, last in true_ranges(anomalous)]
    return [int(own[0]) if len(own) else None for own in found]
