"""Confidence intervals: how far a score, or the difference of two, can be trusted."""

import numpy as np

from core.lazy import lazy

stats = lazy("scipy.stats")

CONFIDENCE = 0.95
RESAMPLES = 2000  # of a bootstrap
MIN_RESAMPLED = 4  # windows or sequences: a bootstrap of fewer says nothing
LOWEST_SKILL = -99.0  # against a baseline without errors there would be no bound


def wilson_interval(successes, n):
    """Return the 95 % interval [low, high] of a proportion `successes` / n (Wilson 1927)."""
    interval = stats.binomtest(successes, n).proportion_ci(CONFIDENCE, method="wilson")
    return [float(interval.low), float(interval.high)]


def accuracy_difference(correct, baseline_correct):
    """Compare two classifiers on the same sequences.

    Parameters: correct, baseline_correct (n,) whether each one's answer is right.
    Returns: (difference of the accuracies, its 95 % interval [low, high]). The interval is Newcombe's (1998, Improved
    confidence intervals for the difference between binomial proportions based on paired data, method 10), made of the
    two Wilson intervals and of how far the answers agree. It covers the true difference about as often as it says.
    """
    n, both = len(correct), int((correct & baseline_correct).sum())
    a, b = int(correct.sum()), int(baseline_correct.sum())
    agreement = n * both - a * b  # of the four counts, both right times both wrong less the product of the other two
    if agreement > 0:
        agreement = max(agreement - n / 2, 0)
    spread = (a * (n - a) * b * (n - b)) ** 0.5
    phi = agreement / spread if spread else 0.0
    (a_low, a_high), (b_low, b_high) = wilson_interval(a, n), wilson_interval(b, n)

    def half_width(x, y):
        return max(0.0, x**2 - 2 * phi * x * y + y**2) ** 0.5

    difference = (a - b) / n
    below, above = half_width(a / n - a_low, b_high - b / n), half_width(a_high - a / n, b / n - b_low)
    return difference, [difference - below, difference + above]


def mean_of_measured(values, axis=None):
    """Return the mean of values, along an axis or axes, without those that were not measured, NaN; NaN where all are.

    NumPy's nanmean, but silent.
    """
    measured = ~np.isnan(values)
    with np.errstate(invalid="ignore"):  # 0 / 0
        return np.where(measured, values, 0).sum(axis) / measured.sum(axis)


def error_of_trial_means(scores):
    """Return the standard error of each trial's mean beside those of the others, NaN where nothing tells it.

    What all trials share in a repeat, an easy validation set for example, favours none: it is taken out, as in an
    analysis of variance of trials and repeats. Parameters: scores (trials, repeats).
    """
    trials, repeats = scores.shape
    if min(trials, repeats) < 2:
        return float("nan")
    rest = scores - scores.mean(axis=1, keepdims=True) - scores.mean(axis=0) + scores.mean()
    return float(np.sqrt((rest**2).sum() / ((trials - 1) * (repeats - 1)) / repeats))


def rmse(errors):
    """Return the root of the mean square of errors of any shape, NaN where nothing was measured."""
    return float(np.sqrt(mean_of_measured(errors**2)))


def skill(network, baseline):
    """Return 1 - RMSE / RMSE of the baseline: 1 is perfect, 0 no better, below 0 worse, LOWEST_SKILL at least.

    Parameters: network, baseline: RMSEs, numbers or arrays of one shape; where both are 0 the skill is 0.
    """
    ratios = np.divide(network, baseline, out=np.where(np.asarray(network) > 0, np.inf, 1.0), where=baseline > 0)
    return np.maximum(1 - ratios, LOWEST_SKILL)


def rmse_figures(errors, seed, block=1):
    """Compare the RMSE of a network with that of its baselines.

    Parameters: errors {"network" or name of a baseline: (n, horizon[, targets]), NaN where nothing was measured}; seed,
    block: of bootstrap_rmse.
    Returns: {"rmse", "standard_error", "baselines": {name: RMSE}, "differences": {name: {"difference": the skill,
    "interval": its 95 % bootstrap interval}}}. Of fewer than MIN_RESAMPLED windows the skill could be anything.
    """
    draws, differences = {name: bootstrap_rmse(e, seed, block) for name, e in errors.items()}, {}
    scores = {name: rmse(e) for name, e in errors.items()}
    network, enough = scores.pop("network"), len(errors["network"]) >= MIN_RESAMPLED
    for name, score in scores.items():
        interval = percentile_interval(skill(draws["network"], draws[name])) if enough else [LOWEST_SKILL, 1.0]
        differences[name] = {"difference": float(skill(network, score)), "interval": interval}
    spread = float(draws["network"].std())
    return {"rmse": network, "standard_error": spread, "baselines": scores, "differences": differences}


def score_skill(network, baseline, seed, block=1):
    """Compare two scores of which the lower is better, (n, horizon[, targets]) each, as rmse_figures does."""
    means = [float(mean_of_measured(own)) for own in (network, baseline)]
    draws = [bootstrap_mean(own, seed, block) for own in (network, baseline)]
    interval = percentile_interval(skill(*draws)) if len(network) >= MIN_RESAMPLED else [LOWEST_SKILL, 1.0]
    return {"difference": float(skill(*means)), "interval": interval}


def percentile_interval(draws):
    """Return the 95 % interval [low, high] of a bootstrap's draws (n,)."""
    return np.quantile(draws, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]).tolist()


def bootstrap_rmse(errors, seed, block=1):
    """Return the RMSE of errors in the draws of bootstrap_mean, (RESAMPLES,)."""
    return np.sqrt(np.maximum(0, bootstrap_mean(errors**2, seed, block)))


def bootstrap_mean(values, seed, block=1):
    """Return the mean of values in RESAMPLES draws of the windows with replacement.

    The circular block bootstrap (Politis and Romano 1992): neighbouring windows of a series share targets, so whole
    blocks are drawn, a third of all windows at most; the last window is followed by the first.
    Parameters: values (n, horizon[, targets]), NaN where nothing was measured, but never a whole window; seed: one
    seed draws the same windows for all values of that shape; block: windows in a row that are drawn together; 1 where
    they do not depend on each other.
    Returns: (RESAMPLES,).
    """
    n = len(values)
    length = max(1, min(block, n // 3))
    blocks = -(-n // length)
    last = n - (blocks - 1) * length  # so many windows of the last block make the draw as long as the test set
    starts = np.random.default_rng(seed).integers(0, n, (RESAMPLES, blocks))
    values = values.reshape(n, -1)
    measured = (~np.isnan(values)).mean(axis=1)

    def drawn(of_windows):
        sums = np.concatenate([[0.0], np.cumsum(np.concatenate([of_windows, of_windows[:length]]))])
        whole = (sums[starts[:, :-1] + length] - sums[starts[:, :-1]]).sum(axis=1)
        return whole + sums[starts[:, -1] + last] - sums[starts[:, -1]]

    return drawn(mean_of_measured(values, axis=1) * measured) / drawn(measured)


def expected_maximum_gain(standard_error, n):
    """Return how far the best of n equally good networks scores above their mean, on average, by chance alone.

    The expected largest of n normal draws, by Blom's approximation (1958, Statistical Estimates and Transformed
    Beta-Variables).
    """
    return standard_error * float(stats.norm.ppf((n - 0.375) / (n + 0.25)))
