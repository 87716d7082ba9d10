"""The pictures of runs and searches. Each function returns the bytes of a PNG file; no window is opened."""

import io
import logging
import warnings
from dataclasses import dataclass

import numpy as np

from core.lazy import lazy
from reports.formatting import shorten

matplotlib = lazy("matplotlib")
backend_agg = lazy("matplotlib.backends.backend_agg")
figures = lazy("matplotlib.figure")

MAX_FUTURE_PANELS = 6
MAX_LINES = 10  # features drawn as lines: more could not be told apart

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


def _subplots(width, height, rows=1, columns=1, **options):
    """Return an empty figure, its size in inches, and the axes that it is divided into (rows × columns,)."""
    figure = new_figure(width, height)
    return figure, figure.subplots(rows, columns, squeeze=False, **options).ravel()


def _finish(axes, legend=None, **texts):
    """Label axes, lay a grid over them and, where its place is given, add the legend."""
    axes.set(**texts)
    axes.grid(alpha=0.3)
    if legend is not None:
        axes.legend(loc=legend)


def learning_curves(history, title):
    """Draw loss and metric per epoch. history: {name of Keras': list of a value for each epoch}."""
    metrics = [name for name in history if not name.startswith("val_") and name not in ("epoch", "learning_rate")]
    figure, panels = _subplots(8.0, 3.6, columns=len(metrics))
    for axes, metric in zip(panels, metrics):
        for name, label in ((metric, "training"), ("val_" + metric, "validation")):
            if name in history:
                epochs = np.arange(1, len(history[name]) + 1)
                axes.plot(epochs, history[name], label=label, marker="o" if len(epochs) <= 20 else None, markersize=4)
        axes.xaxis.get_major_locator().set_params(integer=True)
        unit = ", in standard deviations" if metric == "rmse" else ""  # see the task's compile_arguments
        _finish(axes, "best", xlabel="epoch", ylabel=metric.replace("_", " ") + unit)
    figure.suptitle(title)
    return png(figure)


def confusion_matrix(matrix, classes, title):
    """Draw a confusion matrix (classes, classes) with its counts: rows are true classes, columns predicted ones."""
    matrix = np.asarray(matrix)
    size = min(max(5.0, 1.8 + 0.55 * len(classes)), 16.0)
    figure, (axes,) = _subplots(size + 0.8, size)
    image = axes.imshow(matrix, cmap="Blues", vmin=0)
    figure.colorbar(image, ax=axes, label="sequences", shrink=0.8)
    axes.set(xlabel="predicted class", ylabel="true class", title=title)
    names = [shorten(name, 16) for name in classes]
    slanted = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if max(map(len, names)) > 3 else {}
    axes.set_xticks(range(len(names)), names, **slanted)
    axes.set_yticks(range(len(names)), names)
    if len(classes) <= 25:  # more would not be readable
        for (row, column), count in np.ndenumerate(matrix):
            colour = "white" if count > matrix.max() / 2 else "black"
            axes.text(column, row, str(count), ha="center", va="center", color=colour)
    return png(figure)


def time_attention(sequences, weights, classes):
    """Draw sequences (n, time, features) with the attention weight (n, time) of each of their time steps.

    classes: the name of each one's class, or None.
    """
    figure, panels = _subplots(8.0, 2.2 * len(sequences), len(sequences), sharex=True)
    for i, (axes, sequence, weight) in enumerate(zip(panels, sequences, weights)):
        bars = axes.twinx()
        bars.bar(np.arange(len(weight)), weight, width=1.0, color="tab:orange", alpha=0.35)
        bars.set_ylabel("weight", color="tab:orange")
        axes.plot(sequence if sequence.shape[1] <= MAX_LINES else sequence.mean(axis=1), linewidth=1)
        axes.set_ylabel("signal")
        axes.set_title(f"test sequence {i}" + (f", class {classes[i]}" if classes else ""), fontsize=10)
        axes.set_zorder(bars.get_zorder() + 1)
        axes.patch.set_visible(False)
    panels[-1].set_xlabel("time step")
    figure.suptitle("Where the network looks: attention weight of each time step")
    return png(figure)


def word_attention(texts, weights, classes):
    """Draw the attention weight of each word. texts: lists of words; weights: an array of as many for each text."""
    figure, panels = _subplots(8.0, 1.9 * len(texts), len(texts))
    for axes, words, weight, name in zip(panels, texts, weights, classes):
        axes.bar(range(len(words)), weight, color="tab:orange")
        axes.set_xticks(range(len(words)), [word[:14] for word in words], rotation=60, ha="right", fontsize=7)
        axes.set_ylabel("weight")
        axes.set_title(f"class {name}", fontsize=9)
    figure.suptitle("Where the network looks: attention weight of each word")
    return png(figure)


def search_trials(scores, epochs, winner, metric):
    """Draw each trial's validation score (trials, rungs), NaN where it was stopped, against its epochs (rungs,)."""
    figure, (axes,) = _subplots(8.0, 4.0)
    for i, row in enumerate(scores):
        style = {"color": "tab:orange", "zorder": 3, "label": "winner"} if i == winner else {"color": "0.6"}
        axes.plot(epochs, row, marker="o", **style)
    axes.set_xscale("log")
    axes.set_xticks(epochs, [str(e) for e in epochs], minor=False)
    axes.set_xticks([], minor=True)
    _finish(axes, "best", xlabel="epochs", ylabel=f"validation {metric}", title=f"Search over {len(scores)} trials")
    return png(figure)


@dataclass(frozen=True)
class ForecastPanel:
    """One series with forecasts of its test set, or beyond its end."""

    values: np.ndarray  # (time,), NaN where nothing was measured
    first_rows: np.ndarray  # (n,) the row of the series that each forecast begins at
    forecasts: np.ndarray  # (n, horizon)
    half_widths: dict  # of prediction intervals, {level in %: (n, horizon)}
    target: str
    title: str


def forecasts(panels):
    """Draw the end of each series with its forecasts and where the test set begins. panels: list of ForecastPanel."""
    figure, subplots = _subplots(8.0, 4.0 if len(panels) == 1 else 3.4 * len(panels), len(panels))
    for axes, panel in zip(subplots, panels):
        start = panel.first_rows[0]
        _draw_forecasts(axes, panel, start - (len(panel.values) - start))  # as much of the past as of the test set
        axes.axvline(start - 0.5, color="tab:blue", linestyle="--", label="test set begins")
        axes.legend(loc="upper left")  # the best place takes long to find among thousands of forecasts
    return png(figure)


def future_forecasts(panels):
    """Draw the ends of series and their forecasts beyond the last row, of MAX_FUTURE_PANELS ForecastPanel at most."""
    panels = panels[:MAX_FUTURE_PANELS]
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    figure = new_figure(8.0 if rows == 1 else 11.0, 4.0 if rows == 1 else 2.8 * rows)
    for k, panel in enumerate(panels):
        axes = figure.add_subplot(rows, columns, k + 1)
        _draw_forecasts(axes, panel, len(panel.values) - 8 * panel.forecasts.shape[1] - 40)
        if k == 0:
            axes.legend()
    return png(figure)


def _draw_forecasts(axes, panel, begin):
    """Draw a ForecastPanel, its series from row `begin` on. Forecasts that overlap others are left out."""
    past = np.arange(max(0, begin), len(panel.values))
    gaps = np.isnan(np.pad(panel.values[past], 1, constant_values=np.nan))
    alone = np.flatnonzero(gaps[:-2] & ~gaps[1:-1] & gaps[2:])  # a line would not show them
    line = {"color": "0.35", "linewidth": 1, "label": panel.target}
    axes.plot(past, panel.values[past], **line, **({"marker": ".", "markevery": alone.tolist()} if len(alone) else {}))
    horizon = panel.forecasts.shape[1]
    forecasts, first_rows = panel.forecasts[::horizon], panel.first_rows[::horizon]
    rows = first_rows[:, None] + np.arange(horizon)
    marker = "." if horizon == 1 or len(rows) == 1 else None
    line = {"color": "tab:orange", "linewidth": 1.5, "marker": marker, "label": "forecast"}
    axes.plot(_join_lines(rows), _join_lines(forecasts), **line)
    if horizon == 1:  # the interval of a single step is drawn as wide as a row
        rows = np.hstack([rows - 0.4, rows + 0.4])
    for level, size in panel.half_widths.items():
        edges = (np.broadcast_to(forecasts + sign * size[::horizon], rows.shape) for sign in (-1, 1))
        shade = {"color": "tab:orange", "alpha": 0.18, "linewidth": 0, "label": f"{level} % prediction interval"}
        axes.fill_between(_join_lines(rows), *map(_join_lines, edges), **shade)
    _finish(axes, xlabel="row of the series", ylabel=panel.target, title=panel.title)


def _join_lines(rows):
    """Join rows (n, steps) to a line that breaks between them: one line is drawn sooner than thousands."""
    return np.pad(np.asarray(rows, np.float64), ((0, 0), (0, 1)), constant_values=np.nan).ravel()


def permutation_importance(features, times, cost):
    """Draw what shuffling costs: features and times {name: (mean, standard deviation)} of the `cost`, words."""
    figure, panels = _subplots(8.0, 1.6 + 0.25 * max(len(features), len(times)), columns=2)
    for axes, (title, losses) in zip(panels, (("features", features), ("time steps", times))):
        places = np.arange(len(losses))[::-1]
        means, deviations = zip(*losses.values())
        axes.barh(places, means, xerr=deviations, color="tab:blue", ecolor="0.3", capsize=2)
        axes.set_yticks(places, [shorten(name, 20) for name in losses], fontsize=8)
        axes.axvline(0, color="0.5", linewidth=1)
        axes.set(title=title, xlabel=f"{cost} when shuffled")
    return png(figure)


def video_frames(clips, titles):
    """Draw video clips (n, frames, height, width, channels), one a row, eight frames at most, under their titles."""
    shown = np.unique(np.linspace(0, clips.shape[1] - 1, min(8, clips.shape[1])).round().astype(int))
    clips = clips[:, shown].astype(np.float64)
    brightness = (clips - clips.min()) / (np.ptp(clips) or 1.0)
    figure = new_figure(1.1 * len(shown), 1.4 * len(clips))
    for row, clip, title in zip(figure.subplots(len(clips), len(shown), squeeze=False), brightness, titles):
        row[0].set_title(title, fontsize=8, loc="left")
        for axes, frame in zip(row, clip):
            axes.imshow(frame[..., :3] if frame.shape[-1] >= 3 else frame[..., 0], cmap="gray", vmin=0, vmax=1)
            axes.axis("off")
    return png(figure)


def predicted_against_true(true, predicted, names, title):
    """Draw predicted against true numbers (n, targets), of the first four targets."""
    shown = min(4, len(names))
    figure, panels = _subplots(4.2 * shown if shown > 1 else 5.5, 4.8, columns=shown)
    for axes, name, x, y in zip(panels, names, true.T, predicted.T):
        ends = min(x.min(), y.min()), max(x.max(), y.max())
        axes.plot(ends, ends, color="0.5", linewidth=1, label="exact")
        axes.plot(x, y, linestyle="", marker=".", alpha=0.6)
        _finish(axes, "best", xlabel=f"true {name}", ylabel=f"predicted {name}")
    figure.suptitle(title)
    return png(figure)


def transcript(x, steps, text, truth, name):
    """Draw a recording x (time, bands) with the letters of `text` at the steps (letters,) where they were heard.

    Parameters: truth, what is said; name of the recording.
    """
    figure, (axes,) = _subplots(min(16.0, max(8.0, 0.14 * len(text))), 3.6)
    sound = np.flatnonzero(x.any(axis=1))
    x = x[: sound[-1] + 1] if len(sound) else x  # the rest is padding
    axes.imshow(x.T, origin="lower", aspect="auto", cmap="magma")
    for step, letter in zip(steps, text):
        axes.axvline(step, color="white", linewidth=0.4, alpha=0.6)
        axes.text(step, x.shape[1] + 0.5, letter if letter != " " else "␣", ha="center", fontsize=9)
    axes.set(xlabel="time step", ylabel="mel band")
    axes.set_title(f"{name}: {shorten(truth, 90)}", pad=20, fontsize=10)
    return png(figure)
