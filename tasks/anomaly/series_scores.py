"""Scores of a series, row by row: from those of the windows that were cut from it."""

import numpy as np

from evaluation.anomaly_scores import alarm_delays, point_adjusted_f1, true_ranges, volume_under_surface


def row_values(starts, size, anomalous, alarms, scores):
    """Turn what is known of windows (n,), sorted by their first rows `starts`, into values of the rows they cover.

    A row is anomalous where each window that covers it is; its score is that of the window whose middle is nearest; an
    alarm stands at the last row of its window, when it can be given.
    Parameters: scores {name: (n,)}. Returns: (rows, anomalous bool, alarms bool, {name: scores}), a value each row.
    """
    rows = np.unique((starts[:, None] + np.arange(size)).ravel())

    def covering(which):
        edges = np.bincount(starts[which], minlength=rows[-1] + size + 1)
        edges -= np.bincount(starts[which] + size, minlength=rows[-1] + size + 1)[: len(edges)]
        return np.cumsum(edges)[rows]

    middles = starts + (size - 1) / 2
    nearest = np.abs(np.searchsorted((middles[1:] + middles[:-1]) / 2, rows, side="left"))
    given = np.isin(rows, starts[alarms] + size - 1)
    every = np.ones(len(starts), bool)
    return rows, covering(anomalous) == covering(every), given, {name: own[nearest] for name, own in scores.items()}


def score_series(rows, anomalous, alarms, scores, width):
    """Return the figures of a series: VUS-PR of each score, the delays, and what point adjustment would say.

    Parameters: see row_values; width, of the neighbourhood of true ranges in VUS-PR.
    """
    if anomalous.all() or not anomalous.any():
        return {}
    volumes = {name: volume_under_surface(anomalous, own, width) for name, own in scores.items()}
    noise = np.random.default_rng(0).random(len(rows))
    return {
        "vus_pr": volumes.pop("detector"),
        "vus_pr_of": volumes,
        "ranges": len(true_ranges(anomalous)),
        "delays": alarm_delays(anomalous, alarms),
        "point_adjusted_f1_of_random": point_adjusted_f1(anomalous, noise),
    }
