"""The pictures of the benchmarks: figures in, the bytes of a PNG file out."""

import numpy as np

from reports.plots import new_figure, png


def bars(names, ratios, goals, label):
    """Draw ratios (n,) as bars, with a line at 1 and a mark at each goal that is not None."""
    figure = new_figure(9.0, 1.2 + 0.42 * len(names))
    axes = figure.subplots()
    places = np.arange(len(names))[::-1]
    drawn = axes.barh(places, ratios, color=["tab:blue" if ratio <= 1 else "tab:orange" for ratio in ratios])
    axes.bar_label(drawn, fmt="%.2f", padding=3)
    marks = [(goal, place) for goal, place in zip(goals, places) if goal is not None]
    if marks:
        axes.plot(*zip(*marks), linestyle="", marker="|", markersize=18, markeredgewidth=2, color="0.2", label="goal")
        axes.legend(loc="lower right")
    axes.axvline(1, color="0.5", linewidth=1)
    axes.set_yticks(places, names, fontsize=8)
    axes.set(xlabel=label, xlim=(0, 1.12 * max(1.0, *ratios)))
    return png(figure)


def dot_plot(means, deviations, baselines, label):
    """Draw one line of dots per data set: means and deviations {model: (data sets,)}, baselines {data set: value}.

    All in %. A missing mean is NaN.
    """
    figure = new_figure(8.0, 1.6 + 0.4 * len(baselines))
    axes = figure.subplots()
    places, offsets = np.arange(len(baselines))[::-1], np.linspace(0.28, -0.28, len(means))
    for (model, values), offset in zip(means.items(), offsets):
        axes.errorbar(values, places + offset, xerr=deviations[model], fmt="o", markersize=5, label=model)
    low, high = places - 0.4, places + 0.4
    axes.vlines(list(baselines.values()), low, high, color="0.4", linestyle="--", label="majority class")
    axes.set_yticks(places, baselines)
    axes.set(xlabel=label, xlim=(None, 102), ylim=(-0.6, len(baselines) - 0.4))
    axes.grid(axis="x", alpha=0.3)
    figure.legend(loc="outside upper center", ncols=4)
    return png(figure)


def data_curves(sizes, means, deviations, label):
    """Draw accuracy against the number of training sequences (n,): means and deviations {model: (n,)}, in %."""
    figure = new_figure(7.0, 4.2)
    axes = figure.subplots()
    for model, values in means.items():
        axes.errorbar(sizes, values, yerr=deviations[model], marker="o", capsize=3, label=model)
    axes.set(xlabel="training sequences", ylabel=label, xscale="log", ylim=(None, 102))
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes], minor=False)
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend()
    return png(figure)
