"""Prediction intervals of forecasts, from the errors on data that were not trained on."""

import numpy as np

from evaluation.intervals import mean_of_measured

LEVELS = {"80": 0.80, "95": 0.95}  # how much of what comes the intervals are to cover
DECILES = {"20": 0.20, "40": 0.40, "60": 0.60, "80": 0.80}  # their edges and the forecast are the nine deciles


def conformal_half_widths(errors, scales, levels=LEVELS):
    """Return half the width of the prediction interval for each level and step ahead, in units of the scale.

    Split-conformal prediction (Lei et al. 2018, Distribution-Free Predictive Inference for Regression, with scales its
    section 5.2): the ceil((n + 1) level)-th smallest |error| / scale. It holds where new errors are like those seen.
    Parameters: errors (n, horizon) on data that were not trained on, NaN where nothing was measured; scales (n,) of
    each window; levels, as LEVELS.
    Returns: {"80": list of `horizon` numbers, ...} without the levels for which there are too few errors at a step.
    """
    n, sizes = (~np.isnan(errors)).sum(axis=0), np.sort(np.abs(errors) / scales[:, None], axis=0)  # NaN last
    ranks = {name: np.ceil((n + 1) * level).astype(int) for name, level in levels.items()}
    return {
        name: np.take_along_axis(sizes, rank[None] - 1, axis=0)[0].tolist()
        for name, rank in ranks.items()
        if (rank <= n).all()
    }


def interval_score(errors, scales):
    """Return the mean interval score (Gneiting and Raftery 2007) of conformal intervals: lower is better.

    Intervals from one half of the errors (n, horizon) are scored on the other half, and the reverse: wide ones cost
    their width, narrow ones what they miss. scales: (n,) of each window.
    """
    halves, scores = np.array_split(np.arange(len(errors)), 2), []
    for seen, new in (halves, halves[::-1]):
        for name, half_widths in conformal_half_widths(errors[seen], scales[seen]).items():
            size, penalty = np.array(half_widths) * scales[new][:, None], 2 / (1 - LEVELS[name])
            scores.append(mean_of_measured(2 * size + penalty * np.maximum(0, np.abs(errors[new]) - size)))
    return float(np.nanmean(scores)) if np.isfinite(scores).any() else np.inf


def decile_score(errors, half_widths):
    """Return the continuous ranked probability score of forecasts, from their deciles: lower is better.

    Twice the mean pinball loss of the nine deciles (Gneiting and Ranjan 2011, Comparing density forecasts, with nine
    thresholds); of forecasts without any spread it is the absolute error.
    Parameters: errors, forecasts less true values, of any shape, NaN where nothing was measured; half_widths, of the
    intervals around the forecasts, {level of DECILES: of that shape}.
    Returns: a score for each error.
    """
    quantiles = {0.5: errors}
    for name, level in DECILES.items():
        quantiles |= {(1 + sign * level) / 2: errors + sign * half_widths[name] for sign in (-1, 1)}
    return 2 * np.mean([np.maximum((q - 1) * -error, q * -error) for q, error in quantiles.items()], axis=0)
