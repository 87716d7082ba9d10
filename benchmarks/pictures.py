"""The pictures of the benchmarks: figures in, the bytes of a PNG file out."""

import numpy as np

from reports.rendering import new_figure, png


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


def critical_difference(ranks, names, cliques):
    """Draw mean ranks (n,) on a line, and a bar over each clique: models of which no pair differs significantly."""
    order = np.argsort(ranks)
    figure = new_figure(8.0, 1.4 + 0.25 * len(names) + 0.12 * len(cliques))
    axes = figure.subplots()
    low, high, half = 1, len(names), (len(names) + 1) // 2
    for place, k in enumerate(order):
        left = place < half
        y, end = -1.0 - (place if left else len(names) - 1 - place), low - 0.2 if left else high + 0.2
        axes.plot([ranks[k], ranks[k], end], [0, y, y], color="0.3", linewidth=1)
        axes.text(end, y, f"{names[k]}  {ranks[k]:.2f} ", ha="right" if left else "left", va="center")
    for row, clique in enumerate(cliques):
        ends = [ranks[clique].min() - 0.04, ranks[clique].max() + 0.04]
        axes.plot(ends, [-0.3 - 0.25 * row] * 2, color="black", linewidth=4, solid_capstyle="butt")
    axes.set(xlim=(low - 2, high + 2), ylim=(-half - 0.6, 0.4))
    axes.spines[["left", "right", "bottom"]].set_visible(False)
    axes.spines["top"].set_position(("data", 0))
    axes.spines["top"].set_bounds(low, high)
    axes.xaxis.tick_top()
    axes.set_xticks(range(low, high + 1))
    axes.set_yticks([])
    figure.suptitle("mean rank (1 is the best); a bar joins what does not differ significantly", fontsize=9)
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


def growth(curves):
    """Draw CPU time and memory against size.

    Parameters: curves, {what the size is of: array of rows (size, seconds, CPU seconds, peak memory, memory before)}.
    """
    figure = new_figure(8.0, 5.4)
    for column, (name, rows) in enumerate(curves.items()):
        sizes, _, cpu, peak, before = rows.T
        drawn = {"CPU seconds of an epoch": cpu, "memory of it, MB": (peak - before) / 1e6}
        for row, (label, values) in enumerate(drawn.items()):
            axes = figure.add_subplot(2, 2, 1 + column + 2 * row)
            axes.loglog(sizes, values, marker="o")
            axes.loglog(sizes, values[-1] * sizes / sizes[-1], color="0.6", linestyle="--", label="linear")
            axes.set(xlabel=name, ylabel=label)
            axes.xaxis.set_major_formatter("{x:,.0f}")
            axes.yaxis.set_major_formatter("{x:,g}")
            axes.minorticks_off()
            axes.grid(alpha=0.3)
            axes.legend()
    return png(figure)
