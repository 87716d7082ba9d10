"""What benchmarks/accuracy.py found, as tables and pictures, by the tests that Demšar (2006) recommends."""

import os
from collections import defaultdict
from itertools import combinations

import numpy as np
import pictures
from documents import put_table
from scipy.stats import bootstrap, friedmanchisquare, rankdata, wilcoxon

from core import files

PRESET, ABLATION = "deep_cnn_lstm", "deep_cnn"
SURE = 0.05  # a difference of a smaller p is significant


def write_tables(folder, rows, models, own):
    """Write accuracy.md, accuracy.png and ranks.png to `folder` and the table to docs/evidence.md, and print them.

    rows: of accuracy.csv; models: in the order of the columns; own: data sets that are not ranked, as the project made
    them.
    """
    results, facts = scores_of(rows), facts_of(rows)
    ranked = [name for name in results if name not in own and "," not in name]
    shown = [*ranked, *(name for name in own if name in results)]
    body = [score_row(name, results[name], facts[name], models) for name in shown]
    for name, row in zip(shown, body):
        row[0] += " (not ranked)" * (name in own)  # the project made them
    table = markdown(["data set", "training / test", "majority", *models], body)
    put_table("evidence.md", "accuracy", table)
    parts = [f"Test accuracy in %, mean ± standard deviation over {seeds_of(results)} seeds", table]
    complete = [name for name in ranked if all(model in results[name] for model in models)]
    if len(complete) > 2:
        parts += ranks(folder, {n: [results[n][m].mean() for m in models] for n in complete}, models)
    both = [name for name in ranked if {PRESET, ABLATION} <= results[name].keys()]
    if len(both) > 1:
        parts.append(addition([100 * (results[n][PRESET].mean() - results[n][ABLATION].mean()) for n in both]))
    efforts = [[name, *(effort(facts[name].get(model)) for model in models)] for name in shown]
    jobs = os.cpu_count()
    parts += [f"Chosen epochs, training time in seconds ({jobs} trials at a time) and number of parameters"]
    parts += [markdown(["data set", *models], efforts), sorted({row["versions"] for row in rows})[-1]]
    files.write_atomically(folder / "accuracy.md", "\n\n".join(parts) + "\n")
    draw(folder, {name: results[name] for name in shown}, facts, models)
    print("\n" + "\n\n".join([*parts, "Wrote benchmarks/accuracy.csv, accuracy.md and accuracy.png"]))


def seeds_of(results):
    """Say over how many seeds the networks were trained."""
    counts = {len(values) for by_model in results.values() for values in by_model.values() if len(values) > 1} or {1}
    return f"{min(counts)}" if len(counts) == 1 else f"{min(counts)} to {max(counts)}"


def scores_of(rows):
    """Return {data set: {model: accuracies of its seeds, each the mean over the folds}}, where all folds are there."""
    found, folds = defaultdict(lambda: defaultdict(lambda: defaultdict(list))), defaultdict(set)
    for row in rows:
        folds[row["data set"]].add(row["fold"])
        if row["seed"] != "choice":
            found[row["data set"]][row["model"]][row["seed"]].append(float(row["accuracy"]))
    whole = {
        name: {m: [np.mean(v) for v in seeds.values() if len(v) == len(folds[name])] for m, seeds in by_model.items()}
        for name, by_model in found.items()
    }
    return {name: {m: np.array(v) for m, v in by_model.items() if v} for name, by_model in whole.items()}


def facts_of(rows):
    """Return {data set: {model: its rows}}, those of the choices left out."""
    found = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row["seed"] != "choice":
            found[row["data set"]][row["model"]].append(row)
    return found


def score_row(name, scores, facts, models):
    """Return the cells of a data set: its sizes, and the score of each model, the highest in bold."""
    every = [row for rows in facts.values() for row in rows]
    sizes = [np.mean([float(row[column]) for row in every]) for column in ("training", "test", "majority")]
    cells = [percent(scores[m]) if m in scores else "–" for m in models]
    best = max((cell.split()[0] for cell in cells if cell != "–"), key=float)
    cells = [f"**{cell}**" if cell.split()[0] == best else cell for cell in cells]
    return [name, f"{sizes[0]:.0f} / {sizes[1]:.0f}", f"{100 * sizes[2]:.1f}", *cells]


def ranks(folder, means, models):
    """Rank the models on each data set, test the differences and draw ranks.png. Returns: paragraphs.

    means: {data set: mean accuracy of each model}. Friedman's test over all, then Wilcoxon's signed-rank test of each
    pair, corrected by Holm.
    """
    table = np.array(list(means.values()))
    mean_ranks = rankdata(-table, axis=1).mean(axis=0)
    p = friedmanchisquare(*table.T).pvalue
    pairs = list(combinations(range(len(models)), 2))
    alike = [np.allclose(table[:, a], table[:, b]) for a, b in pairs]
    values = [1.0 if same else wilcoxon(table[:, a], table[:, b]).pvalue for same, (a, b) in zip(alike, pairs)]
    corrected = dict(zip(pairs, holm(values)))
    picture = pictures.critical_difference(mean_ranks, models, cliques(mean_ranks, corrected))
    files.write_atomically(folder / "ranks.png", picture)
    rows = [["mean rank", *(f"{rank:.2f}" for rank in mean_ranks)]]
    rows += [["mean accuracy in %", *(f"{100 * mean:.1f}" for mean in table.mean(axis=0))]]
    if PRESET in models:
        own, cells = models.index(PRESET), []
        for k in range(len(models)):
            cells.append("" if k == own else f"{corrected[min(k, own), max(k, own)]:.3f}")
        rows += [[f"p against {PRESET}", *cells]]
    intro = (
        f"Over the {len(means)} data sets that all models can handle (rank 1 is the best). "
        f"Friedman's test: p = {p:.2g}; pairs: Wilcoxon's signed-rank test with Holm's correction"
    )
    return [intro, markdown(["", *models], rows)]


def holm(values):
    """Correct p-values for their number, step by step (Holm 1979)."""
    order, corrected, highest = np.argsort(values), np.empty(len(values)), 0.0
    for place, k in enumerate(order):
        highest = max(highest, min(1.0, (len(values) - place) * values[k]))
        corrected[k] = highest
    return corrected


def cliques(mean_ranks, corrected):
    """Return the longest runs of models, from the best rank to the worst, in which no pair differs significantly."""
    order, found = np.argsort(mean_ranks), []
    for start in range(len(order)):
        end = start
        while end + 1 < len(order) and all(
            corrected[min(a, order[end + 1]), max(a, order[end + 1])] >= SURE for a in order[start : end + 1]
        ):
            end += 1
        if end > start and not any(set(order[start : end + 1]) <= set(other) for other in found):
            found.append(order[start : end + 1])
    return found


def addition(differences):
    """Say what the LSTM adds to the preset: differences (data sets,) in points, with a bootstrap interval over them."""
    mean = np.mean(differences)
    if np.ptp(differences) == 0:
        return f"What the LSTM adds to {ABLATION}: {mean:+.1f} points on each data set"
    interval = bootstrap([differences], np.mean, method="percentile", rng=np.random.default_rng(0))
    low, high = interval.confidence_interval
    span = f"95 % interval {low:+.1f} to {high:+.1f}; worst {min(differences):+.1f}, best {max(differences):+.1f}"
    over = f"{mean:+.1f} points on average over {len(differences)} data sets ({span})"
    return f"What the LSTM adds to {ABLATION}: {over}"


def write_curve(folder, rows, networks, sizes):
    """Draw learning_curve.png and append its figures to accuracy.md. The data sets are "motifs, SIZE"."""
    results = scores_of(rows)
    figures = {m: [results.get(f"motifs, {n}", {}).get(m, np.array([])) for n in sizes] for m in networks}
    means = {m: [100 * v.mean() if len(v) else np.nan for v in figures[m]] for m in networks}
    picture = pictures.data_curves(sizes, means, deviations(figures), "test accuracy on motifs in %")
    files.write_atomically(folder / "learning_curve.png", picture)
    body = [[f"{n:,}", *(percent(figures[m][i]) for m in networks)] for i, n in enumerate(sizes)]
    table = markdown(["training sequences", *networks], body)
    text = f"Motifs: test accuracy in % by number of training sequences\n\n{table}"
    with open(folder / "accuracy.md", "a", encoding="utf-8") as file:
        file.write(f"\n{text}\n")
    print(f"\n{text}\n\nWrote benchmarks/learning_curve.png")


def draw(folder, results, facts, models):
    """Draw accuracy.png: a line of dots for each data set."""
    scores = {m: [by_model.get(m, np.array([])) for by_model in results.values()] for m in models}
    means = {m: [100 * v.mean() if len(v) else np.nan for v in scores[m]] for m in models}
    rows = {name: [float(r["majority"]) for own in facts[name].values() for r in own] for name in results}
    majority = {name: 100 * np.mean(values) for name, values in rows.items()}
    picture = pictures.dot_plot(means, deviations(scores), majority, "test accuracy in %")
    files.write_atomically(folder / "accuracy.png", picture)


def deviations(scores):
    """Return the standard deviations (n - 1) in % of {model: [scores]}, NaN where there are too few."""
    return {m: [100 * np.std(v, ddof=1) if len(v) > 1 else np.nan for v in scores[m]] for m in scores}


def percent(values):
    """Write mean and standard deviation of shares in %."""
    if not len(values):
        return "–"
    return f"{100 * np.mean(values):.1f}" + (f" ± {100 * np.std(values, ddof=1):.1f}" if len(values) > 1 else "")


def effort(rows):
    """Write a model's epochs, mean seconds of training and parameters, where there are any."""
    if not rows:
        return "–"
    epochs = sorted({row["epochs"] for row in rows}, key=lambda number: int(number or 0))
    seconds = f"{np.mean([float(row['seconds']) for row in rows]):.1f} s"
    return f"{'/'.join(epochs)} ep, {seconds}, {int(rows[0]['parameters']):,}" if rows[0]["parameters"] else seconds


def markdown(header, rows):
    """Return a Markdown table."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [header, ["---"] * len(header), *rows])
