"""The pictures of runs and searches: arrays in, the bytes of a PNG file out. No window is opened."""

import io
import logging
import warnings

import numpy as np

# On its very first run Matplotlib tells standard error that it builds a font cache: not the user's business.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)


def new_figure(width=8.0, height=5.0):
    """Return an empty Matplotlib figure, its size in inches."""
    # Imported at the first picture: the processes of a search draw none, and a typing mistake is answered sooner.
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    matplotlib.rcParams["text.parse_math"] = False  # a "$" in a class or a column is a dollar
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def png(figure):
    """Return a Matplotlib figure as the bytes of a PNG file."""
    picture = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a letter that the font lacks is drawn as a box
        figure.savefig(picture, dpi=100, format="png")
    return picture.getvalue()


def learning_curves(history, title):
    """Draw loss and accuracy per epoch. `history`: dictionary from Keras' metric name to a list, one value an epoch."""
    figure = new_figure(8.0, 3.6)
    metrics = [name for name in history if not name.startswith("val_") and name not in ("epoch", "learning_rate")]
    for axes, metric in zip(figure.subplots(1, len(metrics), squeeze=False)[0], metrics):
        for name, label in ((metric, "training"), ("val_" + metric, "validation")):
            if name in history:
                epochs = np.arange(1, len(history[name]) + 1)
                axes.plot(epochs, history[name], label=label, marker="o" if len(epochs) <= 20 else None, markersize=4)
        axes.set(xlabel="epoch", ylabel=metric.replace("_", " "))
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        axes.legend()
    figure.suptitle(title)
    return png(figure)


def confusion_matrix(matrix, classes, title):
    """Draw a confusion matrix (classes, classes) with its counts: rows are true classes, columns predicted ones."""
    matrix = np.asarray(matrix)
    size = min(max(5.0, 1.8 + 0.55 * len(classes)), 16.0)
    figure = new_figure(size + 0.8, size)
    axes = figure.subplots()
    image = axes.imshow(matrix, cmap="Blues", vmin=0)
    figure.colorbar(image, ax=axes, label="sequences", shrink=0.8)
    axes.set(xlabel="predicted class", ylabel="true class", title=title)
    names = [name if len(name) <= 16 else name[:15] + "…" for name in classes]
    slanted = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if max(map(len, names)) > 3 else {}
    axes.set_xticks(range(len(names)), names, **slanted)
    axes.set_yticks(range(len(names)), names)
    if len(classes) <= 25:  # more would not be readable
        for (row, column), count in np.ndenumerate(matrix):
            colour = "white" if count > matrix.max() / 2 else "black"
            axes.text(column, row, str(count), ha="center", va="center", color=colour)
    return png(figure)


def attention(signals, weights, classes):
    """Draw sequences (n, time, features) above the attention weight (n, time) of each of their time steps."""
    figure = new_figure(8.0, 2.2 * len(signals))
    panels = figure.subplots(len(signals), 1, sharex=True, squeeze=False)[:, 0]
    for i, (axes, signal, weight) in enumerate(zip(panels, signals, weights)):
        shade = axes.twinx()
        shade.bar(np.arange(len(weight)), weight, width=1.0, color="tab:orange", alpha=0.35)
        shade.set_ylabel("weight", color="tab:orange")
        lines = signal if signal.shape[1] <= 10 else signal.mean(axis=1, keepdims=True)  # more could not be told apart
        axes.plot(lines, linewidth=1)
        axes.set_ylabel("signal")
        axes.set_title(f"test sequence {i}" + (f", class {classes[i]}" if classes else ""), fontsize=10)
        axes.set_zorder(shade.get_zorder() + 1)
        axes.patch.set_visible(False)
    panels[-1].set_xlabel("time step")
    figure.suptitle("Where the network looks: attention weight of each time step")
    return png(figure)


def trials(scores, epochs, winner, measure):
    """Draw a search: each trial's validation score (trials, rungs), NaN where it was stopped, against its epochs."""
    figure = new_figure(8.0, 4.0)
    axes = figure.subplots()
    for i, row in enumerate(scores):
        style = {"color": "tab:orange", "zorder": 3, "label": "winner"} if i == winner else {"color": "0.6"}
        axes.plot(epochs, row, marker="o", **style)
    axes.set_xscale("log")
    axes.set_xticks(epochs, [str(e) for e in epochs], minor=False)
    axes.set_xticks([], minor=True)
    axes.set(xlabel="epochs", ylabel=f"validation {measure}", title=f"Search over {len(scores)} trials")
    axes.grid(alpha=0.3)
    axes.legend()
    return png(figure)


def forecast(values, first_targets, forecasts, bands, target, title):
    """Draw the end of a series (time,) with its forecasts (n, horizon), made one after the other, and the split.

    first_targets: (n,) row of the series that each forecast begins at; bands: {level: half its width (n, horizon)}.
    """
    horizon, start = forecasts.shape[1], first_targets[0]
    figure = new_figure(8.0, 4.0)
    axes = figure.subplots()
    shown = np.arange(max(0, 2 * start - len(values)), len(values))  # as much of the past as of the test part
    axes.plot(shown, values[shown], color="0.35", linewidth=1, label=target)
    for i in range(0, len(forecasts), horizon):  # forecasts that do not overlap
        steps = first_targets[i] + np.arange(horizon)
        mark = {"marker": "."} if horizon == 1 else {}
        label = "forecast" if i == 0 else None
        axes.plot(steps, forecasts[i], color="tab:orange", linewidth=1.5, linestyle="-", label=label, **mark)
        own = {level: size[i] for level, size in bands.items()}
        shade(axes, steps, forecasts[i], own, named=i == 0)
    axes.axvline(start - 0.5, color="tab:blue", linestyle="--", label="test part begins")
    axes.set(xlabel="row of the series", ylabel=target, title=title)
    axes.grid(alpha=0.3)
    axes.legend()
    return png(figure)


def future(values, forecasts, bands, target):
    """Draw the end of a series (time,) and its forecast (horizon,) beyond the last row."""
    figure = new_figure(8.0, 4.0)
    axes = figure.subplots()
    shown = np.arange(max(0, len(values) - 8 * len(forecasts) - 40), len(values))
    axes.plot(shown, values[shown], color="0.35", linewidth=1, label=target)
    steps = len(values) + np.arange(len(forecasts))
    axes.plot(steps, forecasts, color="tab:orange", marker=".", label="forecast")
    shade(axes, steps, forecasts, bands)
    axes.set(xlabel="row of the series", ylabel=target, title=f"{target}: {len(forecasts)} steps beyond its end")
    axes.grid(alpha=0.3)
    axes.legend()
    return png(figure)


def shade(axes, steps, forecasts, bands, named=True):
    """Shade the bands around forecasts (horizon,) at steps (horizon,). bands: {level: half its width (horizon,)}."""
    half = 0.4 if len(steps) == 1 else 0.0  # a single step is drawn as wide as a row
    places = np.concatenate([steps[:1] - half, steps[half > 0 :] + half])
    for level, size in bands.items():
        low, high = (np.resize(forecasts + sign * np.array(size), len(places)) for sign in (-1, 1))
        label = f"{level} % band" if named else None
        axes.fill_between(places, low, high, color="tab:orange", alpha=0.18, linewidth=0, label=label)


def importance(features, times, score):
    """Draw what shuffling costs: features and times {name: (mean, standard deviation) of the score lost}."""
    figure = new_figure(8.0, 1.6 + 0.25 * max(len(features), len(times)))
    for axes, (title, losses) in zip(figure.subplots(1, 2), (("features", features), ("time steps", times))):
        places = np.arange(len(losses))[::-1]
        means, spreads = zip(*losses.values())
        axes.barh(places, means, xerr=spreads, color="tab:blue", ecolor="0.3", capsize=2)
        axes.set_yticks(places, [name if len(name) <= 20 else name[:19] + "…" for name in losses], fontsize=8)
        axes.axvline(0, color="0.5", linewidth=1)
        axes.set(title=title, xlabel=f"{score} lost when shuffled")
    return png(figure)


def predicted(true, answers, names, title):
    """Draw predicted against true numbers (n, targets), four targets at most."""
    shown = min(4, len(names))
    figure = new_figure(4.2 * shown if shown > 1 else 5.5, 4.8)
    for axes, name, x, y in zip(figure.subplots(1, shown, squeeze=False)[0], names, true.T, answers.T):
        ends = min(x.min(), y.min()), max(x.max(), y.max())
        axes.plot(ends, ends, color="0.5", linewidth=1, label="exact")
        axes.plot(x, y, linestyle="", marker=".", alpha=0.6)
        axes.set(xlabel=f"true {name}", ylabel=f"predicted {name}")
        axes.grid(alpha=0.3)
        axes.legend()
    figure.suptitle(title)
    return png(figure)
