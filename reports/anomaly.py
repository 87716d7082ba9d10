"""The printed report and the pictures of anomalies."""

from dataclasses import replace

import numpy as np

from baselines import AUTOENCODER, FOREST, PCA, RANDOM
from core.wording import counted, format_percent, format_share
from reports import Table
from reports.examples import draw_pictures
from reports.formatting import aligned, baseline_line, format_interval, shorten
from reports.pictures import MAX_LINES, finish, subplots
from reports.rendering import Picture

SHOWN = 4  # of the most unusual sequences
TITLES = {
    AUTOENCODER: ("The network's own score", "what it cannot reconstruct"),
    PCA: ("PCA", "the error of its reconstruction"),
    FOREST: ("Isolation forest", "scikit-learn's defaults"),
    RANDOM: ("Random score", "0.50 but for luck"),
}


def anomaly_lines(figures, spaces, threshold_line, labelled=True):
    """Return the lines of the report.

    Parameters: spaces, in which distances are measured; threshold_line says what it rests on; labelled, whether labels
    say which test sequences are anomalies.
    """
    n, found = figures["test_sequences"], figures["anomalies"]
    what = " and ".join({"shapes": "shapes (fixed kernels)", "values": "values"}[space] for space in spaces)
    lines = [
        f"Test sequences: {n}" + f", of which {found} anomalies" * labelled,
        f"Score of the detector: the distance to the nearest normal training sequence, in {what}",
        threshold_line,
    ]
    if not labelled:
        lines.append(f"Alarms: {format_percent(figures['false_alarms'])} of the test sequences")
        return [*lines, "There are no labels: ROC-AUC and average precision are impossible"]
    lines += [f"{what}: {share} of {of}, 95 % interval {interval}" for what, share, of, interval in alarm_rows(figures)]
    if not 0 < found < n:
        lacking = "no anomaly" if not found else "nothing normal"
        return [*lines, f"The test set has {lacking}: ROC-AUC and average precision are impossible"]
    table = score_table(figures)
    lines += ["", aligned(table.header, table.rows), ""]
    lines.append(
        f"95 % bootstrap intervals: ROC-AUC {format_interval(figures['roc_auc_interval'])}, average precision "
        f"{format_interval(figures['average_precision_interval'])} ({format_share(found / n)} by chance)"
    )
    rivals = [baseline_line(figures, name, title, how, "detector") for name, (title, how) in TITLES.items()]
    return [*lines, *rivals, *_series_lines(figures)]


def score_table(figures):
    """Return the Table of all scores of how unusual sequences are."""
    keys = {"ROC-AUC": ("roc_auc", "baselines"), "average precision": ("average_precision", "average_precision_of")}
    if "vus_pr" in figures:
        keys["VUS-PR"] = ("vus_pr", "vus_pr_of")
    rows = [["The detector", *(format_share(figures[own], 3) for own, _ in keys.values())]]
    rows += [
        [title, *(format_share(figures[others][name], 3) for _, others in keys.values())]
        for name, (title, _) in TITLES.items()
    ]
    by_chance = format_share(figures["anomalies"] / figures["test_sequences"])
    return Table("How well scores tell anomalies", ["score", *keys], rows, f"Average precision by chance: {by_chance}.")


def alarm_rows(figures):
    """Return rows (what, share, of how many, interval) of the false alarms and of the anomalies that were found."""
    found = figures["anomalies"]
    normal = figures["test_sequences"] - found
    kinds = [("False alarms", "false_alarms", normal, "normal test sequences"), ("Found", "found", found, "anomalies")]
    return [
        [what, format_percent(figures[key]), f"{n} {of}", format_interval(figures[f"{key}_interval"], format_percent)]
        for what, key, n, of in kinds
        if n
    ]


def _series_lines(figures):
    """Say how soon the true ranges of a series were noticed, and why no F1 is point-adjusted."""
    if "vus_pr" not in figures:
        return []
    noticed = [delay for delay in figures["delays"] if delay is not None]
    delay = f", half of them within {int(np.median(noticed))} rows" if noticed else ""
    return [
        f"True ranges with an alarm in them: {len(noticed)} of {figures['ranges']}{delay}",
        f"A random score's point-adjusted F1 would be {format_share(figures['point_adjusted_f1_of_random'])}: it "
        "counts a range as found whole after one alarm, so it is not used.",
    ]


def auc_line(figures):
    """Return the line of the main score."""
    if np.isnan(figures["roc_auc"]):
        return "Test ROC-AUC: none, the test set has but one kind of sequences"
    return f"Test ROC-AUC: {format_share(figures['roc_auc'])}"


def verdict_on_network(figures):
    """Say whether the network's own score is worth its training, against the nearest neighbours."""
    low, high = figures["differences"][AUTOENCODER]["interval"]
    if np.isnan(figures["roc_auc"]):
        return []
    if low > 0:
        return ["The network's own score is worse than the detector's, which needs no training."]
    if high < 0:
        return ["The network's own score beats the detector's: it is network_score in predictions.csv."]
    return ["The network's own score is not shown to differ from the detector's, which needs no training."]


def draw_series(rows, values, scores, anomalous, threshold):
    """Draw a series (rows, features), its score over time, the threshold, and the true ranges. Returns: Picture."""
    figure, (signal, score) = subplots(9.2, 4.4, 2, right=1.4, gap=0.25, sharex=True)
    signal.plot(rows, values[:, :MAX_LINES], linewidth=0.6)
    score.plot(rows, scores, linewidth=0.8, color="0.35", label="score")
    if np.isfinite(threshold):
        score.axhline(threshold, color="tab:orange", linestyle="--", label="threshold")
    for axes in (signal, score):
        bottom, top = axes.get_ylim()
        axes.fill_between(rows, bottom, top, where=anomalous, color="tab:red", alpha=0.2, label="true range")
        axes.set_ylim(bottom, top)
    finish(signal, ylabel="values")
    finish(score, legend=True, xlabel="row", ylabel="score")
    caption = "The test rows, and the score of the windows over them: above the threshold they raise an alarm"
    return Picture(figure, "Score over time", f"{caption}; shaded, the true anomalies.", "score.png")


def draw_unusual(sequences, nearest, unusual, titles):
    """Draw the feature of each of the most unusual sequences that is furthest from the nearest normal sequence.

    Parameters: sequences, nearest (n, time, features); unusual (n, time, features), how far each value lies from that
    of the nearest, in deviations; titles. Returns: Picture. All share one pair of axes: each takes long to draw.
    """
    figure, (axes,) = subplots(9.4, 1.0 + 1.3 * len(sequences), left=0.15, right=1.6)
    for place, (x, normal, far, title) in enumerate(zip(sequences, nearest, unusual, titles)):
        feature, steps = int(far.max(axis=0).argmax()), np.arange(len(x))
        pair = np.stack([normal[:, feature], x[:, feature]]).astype(np.float64)
        pair = 0.7 * (pair - pair.min()) / (np.ptp(pair) or 1.0) - place
        share = far.max(axis=1) / (far.max() or 1.0)
        named = place == 0
        axes.bar(steps, 0.7 * share, 1.0, -place, color="tab:orange", alpha=0.3, label="distance" if named else None)
        axes.plot(steps, pair[0], color="0.6", linewidth=1, label="nearest normal" if named else None)
        axes.plot(steps, pair[1], color="tab:blue", linewidth=1, label="sequence" if named else None)
        axes.text(0, 0.75 - place, shorten(title, 115), fontsize=9)
    axes.spines["left"].set_visible(False)
    axes.set_xlim(-0.5, sequences.shape[1] - 0.5)
    finish(axes, legend=True, ylim=(0.95 - len(sequences), 1.0), yticks=[], xlabel="time step")
    caption = "The most unusual test sequences, each with the normal training sequence that is nearest to it"
    caption += ": the feature that differs most, and as bars how far it is off at each step."
    return Picture(figure, "Most unusual", caption, "unusual.png")


def draw_unusual_pictures(rows, nearest, shape, titles):
    """Draw the most unusual pictures, each beside the nearest normal one. rows, nearest, shape: see draw_pictures."""
    height, width, channels = shape
    pairs = np.concatenate([rows, nearest], axis=2)
    caption = "The most unusual test pictures, each with the normal training picture that is nearest to it at its right"
    picture = draw_pictures(pairs, (height, 2 * width, channels), titles, caption)
    return replace(picture, title="Most unusual", name="unusual.png")


def new_lines(header, rows, alarms, threshold_line):
    """Return the lines on new sequences: the most unusual first."""
    order = sorted(range(len(rows)), key=lambda k: -float(rows[k][1]))[:5]
    return [
        aligned(header, [[*rows[k]] for k in order]),
        *(["..."] if len(rows) > len(order) else []),
        "",
        f"Anomalies: {alarms} of {counted(len(rows), 'sequence')}",
        threshold_line,
    ]
