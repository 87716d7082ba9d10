"""python benchmarks/published.py

Set our test accuracies of accuracy.csv and unseen.csv beside those that others have published for the same official
splits (published.csv: Ismail-Fawaz et al. 2025, results.csv and results_multivariate.csv of
https://github.com/MSD-IRIMAS/LITE, commit ba4f3d5). Nothing is trained.

Writes benchmarks/published.md.
"""

import sys
from pathlib import Path

import numpy as np
from scipy.stats import wilcoxon

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accuracy_tables import holm, markdown, scores_of
from documents import put_table
from trials import read_rows

from core.files import PROJECT, write_atomically
from core.script import run_script

RESULTS = PROJECT / "benchmarks"
OURS = ["deep_cnn_lstm", "MiniRocket"]  # from runs of our own, means over their seeds
UNEQUAL = {"DodgerLoopDay", "GestureMidAirD2", "PickupGestureWiimoteZ"}  # gaps or lengths filled as each author chose
TIE = 0.001  # a difference of accuracies below it is a tie


def main():
    """Write the table of every data set, and below it means, wins and tests over those of equal length."""
    rows = [row for name in ("accuracy", "unseen") for row in read_rows(RESULTS / f"{name}.csv")]
    ours = {name: {m: by_model[m].mean() for m in OURS if m in by_model} for name, by_model in scores_of(rows).items()}
    published = {}
    for row in read_rows(RESULTS / "published.csv"):
        published.setdefault(row["data set"], {})[row["model"]] = float(row["accuracy"])
    table = {name: {**ours[name], **scores} for name, scores in sorted(published.items()) if name in ours}
    others = list(dict.fromkeys(model for scores in published.values() for model in scores))
    compared = [name for name, scores in table.items() if name not in UNEQUAL and all(m in scores for m in others[:7])]
    parts = [f"Test accuracy in % on official splits: {', '.join(OURS)} from our own runs, the rest as published"]
    parts.append(markdown(["data set", *OURS, *others], [cells(name, table[name], OURS + others) for name in table]))
    parts.append(f"Over the {len(compared)} data sets of equal length without gaps that all but ConvTran have")
    parts.append(summary(np.array([[table[name][m] for m in OURS + others[:7]] for name in compared]), others[:7]))
    text = "\n\n".join(parts)
    put_table("evidence.md", "published", parts[1])
    write_atomically(RESULTS / "published.md", text + "\n")
    print(f"{text}\n\nWrote benchmarks/published.md")


def cells(name, scores, models):
    """Return the row of a data set, the highest score in bold."""
    written = [f"{100 * scores[m]:.1f}" if m in scores else "–" for m in models]
    best = max((cell for cell in written if cell != "–"), key=float)
    return [name, *(f"**{cell}**" if cell == best else cell for cell in written)]


def summary(scores, others):
    """Compare the preset with each other column: scores (data sets, models), the preset first."""
    differences = scores[:, :1] - scores[:, 1:]
    tests = holm([wilcoxon(column).pvalue for column in differences.T])
    counts = [(np.sum(d >= TIE), np.sum(np.abs(d) < TIE), np.sum(d <= -TIE)) for d in differences.T]
    rows = [
        ["mean accuracy in %", *(f"{100 * mean:.1f}" for mean in scores.mean(axis=0))],
        ["the preset wins, ties, loses", "", *(" ".join(map(str, c)) for c in counts)],
        ["p (Wilcoxon, corrected by Holm)", "", *(f"{p:.2f}" for p in tests)],
    ]
    return markdown(["", *OURS, *others], rows)


if __name__ == "__main__":
    run_script(main, __doc__, arguments=0)
