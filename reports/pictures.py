"""The pictures of runs and searches: arrays in, the bytes of a PNG file out. No window is opened."""

import io
import logging
import warnings

import numpy as np

from core.lazy import lazy

matplotlib = lazy("matplotlib")
backend_agg = lazy("matplotlib.backends.backend_agg")
figures = lazy("matplotlib.figure")

FUTURES = 6  # panels of future.png

# On its very first run Matplotlib tells standard error that it builds a font cache: not the user's business.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)


def new_figure(width=8.0, height=5.0):
    """Return an empty Matplotlib figure, its size in inches."""
    matplotlib.rcParams["text.parse_math"] = False  # a "$" in a class or a column is a dollar
    figure = figures.Figure(figsize=(width, height), layout="constrained")
    backend_agg.FigureCanvasAgg(figure)
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


def attention_of_words(texts, weights, classes):
    """Draw the attention weight of each word. texts: list of lists of words, weights: arrays of as many."""
    figure = new_figure(8.0, 1.9 * len(texts))
    for axes, words, weight, name in zip(figure.subplots(len(texts), 1, squeeze=False)[:, 0], texts, weights, classes):
        axes.bar(range(len(words)), weight, color="tab:orange")
        axes.set_xticks(range(len(words)), [word[:14] for word in words], rotation=60, ha="right", fontsize=7)
        axes.set_ylabel("weight")
        axes.set_title(f"class {name}", fontsize=9)
    figure.suptitle("Where the network looks: attention weight of each word")
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


def forecast(panels):
    """Draw the end of each series (time,) with its forecasts (n, horizon), made one after the other, and the split.

    panels: a list of dictionaries: values, first_targets (n,) row of the series that each forecast begins at,
    forecasts, bands {level: half its width (n, horizon)}, target, title.
    """
    figure = new_figure(8.0, 4.0 if len(panels) == 1 else 3.4 * len(panels))
    for axes, panel in zip(figure.subplots(len(panels), 1, squeeze=False)[:, 0], panels):
        _forecast_panel(axes, **panel)
    return png(figure)


def _forecast_panel(axes, values, first_targets, forecasts, bands, target, title):
    horizon, start = forecasts.shape[1], first_targets[0]
    shown = np.arange(max(0, 2 * start - len(values)), len(values))  # as much of the past as of the test set
    axes.plot(shown, values[shown], color="0.35", linewidth=1, label=target)
    apart = slice(None, None, horizon)  # forecasts that do not overlap
    steps = first_targets[apart, None] + np.arange(horizon)
    mark = {"marker": "."} if horizon == 1 else {}
    line = _in_one(steps), _in_one(forecasts[apart])
    axes.plot(*line, color="tab:orange", linewidth=1.5, linestyle="-", label="forecast", **mark)
    shade(axes, steps, forecasts[apart], {level: size[apart] for level, size in bands.items()})
    axes.axvline(start - 0.5, color="tab:blue", linestyle="--", label="test set begins")
    axes.set(xlabel="row of the series", ylabel=target, title=title)
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left")  # the best place takes long to find among thousands of forecasts


def _in_one(rows):
    """Join rows (n, steps) to a line that breaks between them: one line is drawn sooner than thousands."""
    return np.pad(np.asarray(rows, np.float64), ((0, 0), (0, 1)), constant_values=np.nan).ravel()


def future(series, forecasts, bands, targets, names):
    """Draw the ends of the first series, and their forecasts beyond the last row.

    series: list of arrays (time_i, targets); forecasts: (series, horizon, targets); bands: {level: half its width, like
    forecasts}; names: of the series, or None for one, of which each target is drawn.
    """
    shown = [(k, 0) for k in range(len(series))] if names else [(0, k) for k in range(len(targets))]
    shown = shown[:FUTURES]
    rows = -(-len(shown) // 2) if len(shown) > 1 else 1
    figure = new_figure(8.0 if rows == 1 else 11.0, 4.0 if rows == 1 else 2.8 * rows)
    panels = figure.subplots(rows, 1 if len(shown) == 1 else 2, squeeze=False).ravel()
    for axes, (place, k) in zip(panels, shown):
        values, forecast = series[place][:, k], forecasts[place, :, k]
        past = np.arange(max(0, len(values) - 8 * len(forecast) - 40), len(values))
        axes.plot(past, values[past], color="0.35", linewidth=1, label=targets[k])
        steps = len(values) + np.arange(len(forecast))
        axes.plot(steps, forecast, color="tab:orange", marker=".", label="forecast")
        shade(axes, steps[None], forecast[None], {level: size[place, None, :, k] for level, size in bands.items()})
        what = f"{targets[k]}{f' of {names[place]}' if names else ''}: {len(forecast)} steps beyond its end"
        axes.set(xlabel="row of the series", ylabel=targets[k], title=what)
        axes.grid(alpha=0.3)
    for axes in panels[len(shown) :]:
        axes.set_visible(False)
    panels[0].legend()
    return png(figure)


def shade(axes, steps, forecasts, bands):
    """Shade the bands around forecasts (n, horizon) at steps, like them. bands: {level: half its width, like them}."""
    if steps.shape[1] == 1:  # a single step is drawn as wide as a row
        steps = np.hstack([steps - 0.4, steps + 0.4])
    for level, size in bands.items():
        low, high = (_in_one(np.broadcast_to(forecasts + sign * np.array(size), steps.shape)) for sign in (-1, 1))
        own = {"color": "tab:orange", "alpha": 0.18, "linewidth": 0, "label": f"{level} % band"}
        axes.fill_between(_in_one(steps), low, high, **own)


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


def frames(clips, titles):
    """Draw clips (n, frames, height, width, channels), a row each, eight frames at the most, under their titles."""
    shown = np.unique(np.linspace(0, clips.shape[1] - 1, min(8, clips.shape[1])).round().astype(int))
    low, high = clips.min(), clips.max()
    figure = new_figure(1.1 * len(shown), 1.4 * len(clips))
    for row, clip, title in zip(figure.subplots(len(clips), len(shown), squeeze=False), clips, titles):
        row[0].set_title(title, fontsize=8, loc="left")
        for axes, frame in zip(row, clip[shown]):
            picture = (frame - low) / max(high - low, 1e-9)
            axes.imshow(picture[..., :3] if frame.shape[-1] >= 3 else picture[..., 0], cmap="gray", vmin=0, vmax=1)
            axes.axis("off")
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


def transcript(x, steps, text, truth, name):
    """Draw a recording x (time, bands) with the letters of `text` at the steps (letters,) where they were heard."""
    figure = new_figure(min(16.0, max(8.0, 0.14 * len(text))), 3.6)
    axes = figure.subplots()
    real = np.flatnonzero(x.any(axis=1))
    x = x[: real[-1] + 1] if len(real) else x  # the rest is padding
    axes.imshow(x.T, origin="lower", aspect="auto", cmap="magma")
    for step, letter in zip(steps, text):
        axes.axvline(step, color="white", linewidth=0.4, alpha=0.6)
        axes.text(step, x.shape[1] + 0.5, letter if letter != " " else "␣", ha="center", fontsize=9)
    axes.set(xlabel="time step", ylabel="mel band")
    short = truth if len(truth) <= 90 else truth[:89] + "…"
    axes.set_title(f"{name}: {short}", pad=20, fontsize=10)
    return png(figure)
