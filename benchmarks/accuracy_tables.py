"""What benchmarks/accuracy.py found, as tables and pictures."""

import numpy as np
import pictures

from project import files


def mean_and_sd(values):
    """Return mean and standard deviation (n - 1), NaN where there are too few."""
    return (np.mean(values) if values else np.nan), (np.std(values, ddof=1) if len(values) > 1 else np.nan)


def write_table(folder, models, constants, collect, machine):
    """Write accuracy.md and accuracy.png to `folder`, and print the tables.

    models: {model: its name for the reader}; constants: {data set: its constants}; collect: function (data set, model,
    constants, column) to the figures of all seeds; machine: what the trials ran on.
    """
    scores = {m: [mean_and_sd(collect(n, m, c, "accuracy")) for n, c in constants.items()] for m in models}
    means, deviations = ({models[m]: [100 * pair[k] for pair in scores[m]] for m in models} for k in (0, 1))
    baselines, accuracy, efforts = {}, [], []
    for i, (name, c) in enumerate(constants.items()):
        n_train, n_test, baselines[name] = (
            np.mean(sum((collect(name, m, c, column) for m in models), []))
            for column in ("training", "test", "baseline")
        )
        cells = [percent(*scores[m][i]) for m in models]
        best = max((cell.split()[0] for cell in cells if cell != "–"), key=float)
        cells = [f"**{cell}**" if cell.split()[0] == best else cell for cell in cells]
        accuracy.append([name, f"{n_train:.0f} / {n_test:.0f}", f"{100 * baselines[name]:.1f}", *cells])
        efforts.append(
            [name, *(effort(*(collect(name, m, c, column) for column in ("seconds", "parameters"))) for m in models)]
        )
    accuracy.append(["mean rank", "", "", *mean_ranks(scores, models)])
    headings = list(models.values())
    parts = [
        "Test accuracy in %, mean ± standard deviation over the seeds",
        markdown(["data set", "training / test", "majority class", *headings], accuracy),
        "Seconds of training, and number of parameters",
        markdown(["data set", *headings], efforts),
        machine,
    ]
    files.write_atomically(folder / "accuracy.md", "\n\n".join(parts) + "\n")
    hundred = {name: 100 * value for name, value in baselines.items()}
    picture = pictures.dot_plot(means, deviations, hundred, "test accuracy in %")
    files.write_atomically(folder / "accuracy.png", picture)
    print("\n" + "\n\n".join([*parts, "Wrote benchmarks/accuracy.csv, accuracy.md and accuracy.png"]))


def write_curve(folder, sizes, figures):
    """Draw learning_curve.png and print its figures. figures: {model: [accuracies of all seeds, for each size]}."""
    scores = {m: [mean_and_sd(values) for values in figures[m]] for m in figures}
    means, deviations = ({m: [100 * pair[k] for pair in scores[m]] for m in figures} for k in (0, 1))
    picture = pictures.data_curves(sizes, means, deviations, "test accuracy on motifs in %")
    files.write_atomically(folder / "learning_curve.png", picture)
    rows = [[f"{n:,}", *(percent(*scores[m][i]) for m in figures)] for i, n in enumerate(sizes)]
    table = markdown(["training sequences", *figures], rows)
    with open(folder / "accuracy.md", "a", encoding="utf-8") as file:
        file.write(f"\nTest accuracy on motifs in % against the number of training sequences\n\n{table}\n")
    print(f"\nTest accuracy on motifs in %\n\n{table}\n\nWrote benchmarks/learning_curve.png")


def percent(mean, sd):
    """Write mean and standard deviation of a share in %."""
    if np.isnan(mean):
        return "–"
    return f"{100 * mean:.1f}" + ("" if np.isnan(sd) else f" ± {100 * sd:.1f}")


def effort(seconds, parameters):
    """Write a model's mean seconds of training and its parameters, where there are any."""
    if not seconds:
        return "–"
    return f"{np.mean(seconds):.1f} s" + (f", {parameters[0]:,.0f}" if parameters else "")


def mean_ranks(scores, models):
    """Return each model's rank over the data sets that all models have a score of (1: best), averaged, as strings."""
    from scipy.stats import rankdata

    means = np.array([[pair[0] for pair in scores[m]] for m in models])
    means = means[:, ~np.isnan(means).any(axis=0)]
    return [f"{rank:.1f}" for rank in rankdata(-means, axis=0).mean(axis=1)] if means.size else ["–"] * len(models)


def markdown(header, rows):
    """Return a Markdown table."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [header, ["---"] * len(header), *rows])
