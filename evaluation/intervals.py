"""Intervals: how far a score, or the difference of two, can be trusted."""

import numpy as np

from core.lazy import lazy

stats = lazy("scipy.stats")

CONFIDENCE = 0.95
RESAMPLES = 2000  # of a bootstrap
FEWEST = 4  # windows or sequences that a bootstrap can say anything of
LOWEST = -99.0  # skill: against a baseline without errors it would have no bound


def wilson(correct, n):
    """Return the 95 % interval [low, high] of a share `correct` / n (Wilson 1927)."""
    interval = stats.binomtest(correct, n).proportion_ci(CONFIDENCE, method="wilson")
    return [float(interval.low), float(interval.high)]


def accuracy_difference(right, rival_right):
    """Compare two classifiers on the same sequences. right, rival_right: (n,) whether each one's answer is right.

    Returns: (difference of the accuracies, its 95 % interval [low, high]): Newcombe's (1998, Improved confidence
    intervals for the difference between binomial proportions based on paired data, method 10), of the two Wilson
    intervals and how far the answers agree. It holds the true difference about as often as it says.
    """
    n, both = len(right), int((right & rival_right).sum())
    ours, theirs = int(right.sum()), int(rival_right.sum())
    agreement = n * both - ours * theirs  # of the four counts, both right times both wrong less the other two
    if agreement > 0:
        agreement = max(agreement - n / 2, 0)
    spread = (ours * (n - ours) * theirs * (n - theirs)) ** 0.5
    phi = agreement / spread if spread else 0.0
    (low, high), (their_low, their_high) = wilson(ours, n), wilson(theirs, n)

    def half(own, other):
        return max(0.0, own**2 - 2 * phi * own * other + other**2) ** 0.5

    share, their_share = ours / n, theirs / n
    below, above = half(share - low, their_high - their_share), half(high - share, their_share - their_low)
    difference = (ours - theirs) / n
    return difference, [difference - below, difference + above]


def skill(errors, naive_errors):
    """Return 1 - RMSE / RMSE of the naive forecast: 1 is perfect, 0 no better, below 0 worse, LOWEST at least."""
    return float(_skills(*(np.sqrt((e**2).mean()) for e in (errors, naive_errors))))


def _skills(ours, theirs):
    """Return the skill of RMSEs against those of another, arrays of one shape; where both are 0 it is 0."""
    ratios = np.divide(ours, theirs, out=np.where(ours > 0, np.inf, 1.0), where=theirs > 0)
    return np.maximum(1 - ratios, LOWEST)


def skill_interval(errors, naive_errors, seed, neighbours=True):
    """Return the 95 % interval [low, high] of the skill by the block bootstrap of `resampled_rmse`.

    Of fewer than FEWEST windows the skill could be anything.
    """
    if len(errors) < FEWEST:
        return [LOWEST, 1.0]
    return interval(_skills(*(resampled_rmse(e, seed, neighbours) for e in (errors, naive_errors))))


def interval(draws):
    """Return the 95 % interval [low, high] of a bootstrap's draws (n,)."""
    return np.quantile(draws, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]).tolist()


def resampled_rmse(errors, seed, neighbours=True):
    """Return the RMSE of errors (n, horizon) in RESAMPLES draws of the windows with replacement.

    neighbours: whether neighbouring rows depend on each other, as windows of a series do; else they are drawn one by
    one. The circular block bootstrap (Politis and Romano 1992): neighbouring windows share targets, so whole blocks
    are drawn, a horizon or n^(1/3) long, a third of all at most; the last window is followed by the first. The same
    seed draws the same windows for other errors of the same shape.
    """
    n, horizon = errors.shape
    length = max(1, min(max(horizon, round(n ** (1 / 3))), n // 3)) if neighbours else 1
    blocks = -(-n // length)
    last = n - (blocks - 1) * length  # so many windows of the last block make the draw as long as the test set
    starts = np.random.default_rng(seed).integers(0, n, (RESAMPLES, blocks))
    squares = (errors**2).mean(axis=1)
    sums = np.concatenate([[0.0], np.cumsum(np.concatenate([squares, squares[:length]]))])
    whole = (sums[starts[:, :-1] + length] - sums[starts[:, :-1]]).sum(axis=1)
    return np.sqrt(np.maximum(0, whole + sums[starts[:, -1] + last] - sums[starts[:, -1]]) / n)


def luck(standard_error, looks):
    """Return how far the best of `looks` equal scores lies from their mean, on average, by luck alone.

    The expected largest of `looks` normal draws, by Blom's approximation (1958, Statistical Estimates and Transformed
    Beta-Variables).
    """
    return standard_error * float(stats.norm.ppf((looks - 0.375) / (looks + 0.25)))


LEVELS = {"80": 0.80, "95": 0.95}  # of forecast bands


def conformal_bands(errors, scales):
    """Return for each level and step ahead the half width of a band, in units of the scale: {"80": (horizon,), ...}.

    errors: (n, horizon) on data that were not trained on; scales: (n,) of each window. Split-conformal prediction
    (Lei et al. 2018, Distribution-Free Predictive Inference for Regression, with scales its section 5.2): the
    ceil((n + 1) level)-th smallest |error| / scale. A level that so few errors cannot give is left out. The promise
    holds where errors to come are like those seen.
    """
    n, sizes = len(errors), np.sort(np.abs(errors) / scales[:, None], axis=0)
    places = {name: int(np.ceil((n + 1) * level)) for name, level in LEVELS.items()}
    return {name: sizes[place - 1].tolist() for name, place in places.items() if place <= n}


def interval_score(errors, scales):
    """Return the mean interval score (Gneiting and Raftery 2007) of conformal bands, lower is better.

    Bands from one half of the errors (n, horizon) are scored on the other half, by turns: wide ones cost their width,
    narrow ones what they miss.
    """
    halves, total = np.array_split(np.arange(len(errors)), 2), []
    for seen, met in (halves, halves[::-1]):
        for name, band in conformal_bands(errors[seen], scales[seen]).items():
            size, missed = np.array(band) * scales[met][:, None], 2 / (1 - LEVELS[name])
            total.append(np.mean(2 * size + missed * np.maximum(0, np.abs(errors[met]) - size)))
    return float(np.mean(total)) if total else np.inf
