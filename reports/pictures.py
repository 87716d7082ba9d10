"""The pictures of runs and searches. Each function returns a Picture; no window is opened."""

import math
from dataclasses import dataclass

import numpy as np

from core.wording import format_percent
from reports.formatting import distinct, metric_in_words, shorten
from reports.rendering import Picture, new_figure

MAX_FUTURE_PANELS = 6
MAX_LINES = 10  # features drawn as lines: more could not be told apart
MAX_SHARES = 10  # classes whose cells of a confusion matrix say their share too
MAX_COUNTS = 25  # classes whose cells say their count
LARGEST = 24.0  # inches of a confusion matrix: more classes get smaller cells
MAX_MARKERS = 1500  # that an SVG draws one by one


def subplots(width, height, rows=1, columns=1, left=0.85, right=0.15, bottom=0.55, top=0.15, gap=0.9, **options):
    """Return an empty figure and the axes that it is divided into (rows × columns,). All sizes are in inches.

    The margins are given: to find them Matplotlib takes as long as to draw the picture.
    """
    figure = new_figure(width, height, layout=None)
    panels = figure.subplots(rows, columns, squeeze=False, **options).ravel()
    tall, wide = height - bottom - top - gap * (rows - 1), width - left - right - gap * (columns - 1)
    figure.subplots_adjust(left / width, bottom / height, 1 - right / width, 1 - top / height)
    figure.subplots_adjust(hspace=gap * rows / tall, wspace=gap * columns / wide)
    for axes in panels:
        axes.patch.set_visible(False)
        axes.spines[["top", "right"]].set_visible(False)
    return figure, panels


def finish(axes, legend=False, **texts):
    """Label axes, lay a grid over them and, where it is asked for, a legend beside them."""
    axes.set(**texts)
    axes.grid(alpha=0.3)
    if legend:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=9)


def learning_curves(history, scale=None, best=None):
    """Draw loss and score of each epoch.

    Parameters: history, {name of Keras': list of a value for each epoch}; scale, what turns an RMSE into the units of
    the report, None: it stays in standard deviations; best, the epoch (from 1) with the lowest validation loss, if any.
    """
    metrics = [name for name in history if not name.startswith("val_") and name not in ("epoch", "learning_rate")]
    if "rmse" in metrics and np.allclose(np.square(history["rmse"]), history["loss"], rtol=0.05):
        metrics.remove("loss")  # the same curve, squared
    figure, panels = subplots(4.4 * len(metrics) + 1.4, 3.2, columns=len(metrics), right=1.4)
    for axes, metric in zip(panels, metrics):
        factor = scale if metric == "rmse" and scale else 1.0
        for name, label, colour in ((metric, "training", "C0"), ("val_" + metric, "validation", "C1")):
            if name in history:
                epochs, marker = np.arange(1, len(history[name]) + 1), "o" if len(history[name]) <= 20 else None
                values = factor * np.array(history[name])
                axes.plot(epochs, values, label=label, color=colour, marker=marker, markersize=4)
        if best is not None:
            axes.axvline(best, color="0.35", linestyle=":", label=f"best epoch, {best}")
        axes.xaxis.get_major_locator().set_params(integer=True)
        if len(history[metric]) == 1:
            axes.set_xticks([1])
        unit = ", standardised" if metric == "rmse" and scale is None else ""
        finish(axes, axes is panels[-1], xlabel="epoch", ylabel=metric_in_words(metric) + unit)
    found = f"; the dotted line marks epoch {best}, the best on the validation set" if best is not None else ""
    caption = f"Each epoch of training: {' and '.join(map(metric_in_words, metrics))}{found}"
    return Picture(figure, "Training", caption, "learning_curves.png")


def confusion_matrix(matrix, classes):
    """Draw a confusion matrix (classes, classes) with counts and shares: rows are true classes, columns answers."""
    matrix, n = np.asarray(matrix), len(classes)
    shares = matrix / np.maximum(1, matrix.sum(axis=1, keepdims=True))
    names = distinct(classes, 22)
    slanted = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if max(map(len, names)) > 3 else {}
    margin = 0.6 + 0.09 * max(map(len, names))
    cell = 0.72 if n <= MAX_SHARES else 0.42 if n <= MAX_COUNTS else max(0.16, 10 / n)
    size = min(max(cell * n, 2.0), LARGEST)
    shown = slice(None, None, math.ceil(cell * n / size))  # of more classes not all names find room
    below = 0.6 + (0.065 * max(map(len, names)) if slanted else 0)
    figure, (axes,) = subplots(margin + size + 0.3, below + size + 0.2, left=margin, bottom=below, right=0.3, top=0.2)
    cells = np.zeros((n, n, 4))
    cells[:] = (0x1F / 255, 0x77 / 255, 0xB4 / 255, 1)
    cells[..., 3] = 0.45 * shares  # the page shines through: numbers stay readable in light and dark mode
    axes.imshow(cells, interpolation="none", aspect="auto")
    axes.set(xlabel="answer", ylabel="true class")
    small = 9 if cell >= 0.3 else 5
    axes.set_xticks(range(n)[shown], names[shown], fontsize=small, **slanted)
    axes.set_yticks(range(n)[shown], names[shown], fontsize=small)
    if n <= MAX_COUNTS:  # more would not be readable
        for (row, column), count in np.ndenumerate(matrix):
            text = f"{count}\n{format_percent(shares[row, column])}" if n <= MAX_SHARES and count else str(count)
            if count or n <= MAX_SHARES:
                axes.text(column, row, text, ha="center", va="center", fontsize=9 if count else 7)
    caption = "Rows: true classes, and what was answered to them. On the diagonal, from top left, answers are right"
    return Picture(
        figure,
        "Confusion matrix",
        f"{caption}; the stronger the colour, the larger the share of the row",
        "confusion_matrix.png",
    )


def time_attention(sequences, weights, titles):
    """Draw sequences (n, time, features[, ...]) under their titles with the attention weight (n, time) of each step."""
    figure, panels = subplots(8.0, 1.9 * len(sequences), len(sequences), right=0.9, top=0.35, gap=0.5, sharex=True)
    for axes, sequence, weight, title in zip(panels, sequences, weights, titles):
        _draw_sequence(axes, sequence)
        bars = axes.twinx()
        bars.bar(np.arange(len(weight)), weight, width=1.0, color="C1", alpha=0.35)
        bars.set_ylabel("weight")
        bars.spines[["top", "left"]].set_visible(False)
        axes.set_title(shorten(title, 90), fontsize=9, loc="left")
        axes.set_zorder(bars.get_zorder() + 1)
    panels[-1].set(xlabel="time step", xlim=(-0.5, len(sequences[0]) - 0.5))
    caption = (
        "Bars: how much the network weighs its state after each time step of a test sequence (the line). A state knows "
        "what came before it, so that the weight often lies just behind what it answers to"
    )
    return Picture(figure, "Attention", caption, "attention.png")


def _draw_sequence(axes, x):
    """Draw a sequence x (time, features[, ...]): lines, many features as a heat map, a clip as its frames."""
    extent = (-0.5, len(x) - 0.5, 0, 1)
    if x.ndim > 2:
        axes.imshow(film_strip(x), extent=extent, aspect="auto", interpolation="none")
        axes.set(ylabel="frames", yticks=[])
    elif x.shape[1] > MAX_LINES:
        axes.imshow(x.T, origin="lower", cmap="magma", extent=extent, aspect="auto", interpolation="none")
        axes.set(ylabel="features", yticks=[])
    elif x.shape[1] > 1:  # each on its own scale
        spread = np.ptp(x, axis=0).astype(np.float64)
        axes.plot((x - x.min(axis=0)) / np.where(spread > 0, spread, 1), linewidth=1)
        axes.set(ylabel="features", yticks=[])
    else:
        axes.plot(x, linewidth=1)
        axes.set_ylabel("signal")


def film_strip(clip):
    """Return the frames of a clip (frames, height, width, channels) beside each other, with gaps: RGBA from 0 to 1."""
    bright = (clip - clip.min()) / (np.ptp(clip) or 1.0)
    colours = bright[..., :3] if bright.shape[-1] >= 3 else bright[..., :1].repeat(3, axis=-1)
    frames = np.concatenate([colours, np.ones_like(colours[..., :1])], axis=-1)
    gap = max(1, clip.shape[2] // 20)
    return np.concatenate(list(np.pad(frames, ((0, 0), (0, 0), (0, gap), (0, 0)))), axis=1)


def word_attention(texts, weights, classes):
    """Draw the attention weight of each word. texts: lists of words; weights: an array of as many for each text."""
    figure, panels = subplots(8.0, 2.1 * len(texts), len(texts), bottom=0.8, top=0.3, gap=1.1)
    for axes, words, weight, name in zip(panels, texts, weights, classes):
        axes.bar(range(len(words)), weight, color="C1")
        axes.set_xticks(range(len(words)), [word[:14] for word in words], rotation=60, ha="right", fontsize=7)
        axes.set_ylabel("weight")
        axes.set_title(f"class {shorten(name, 60)}", fontsize=9)
    return Picture(
        figure, "Attention", "Attention: how much the network weighs each word of a test text", "attention.png"
    )


@dataclass(frozen=True)
class ForecastPanel:
    """One series with forecasts of its test set, or beyond its end."""

    values: np.ndarray  # (time,), NaN where nothing was measured
    first_rows: np.ndarray  # (n,) the row of the series that each forecast begins at
    forecasts: np.ndarray  # (n, horizon)
    half_widths: dict  # of prediction intervals, {level in %: (n, horizon)}
    target: str
    title: str
    times: np.ndarray | None = None  # datetime64 (time + horizon,) of the rows, where they have time stamps


def forecasts(panels, which=""):
    """Draw the end of each series with its forecasts and where the test set begins.

    Parameters: panels, list of ForecastPanel; which, a sentence that says how they were chosen.
    """
    figure, subplots_ = _forecast_panels(panels)
    for axes, panel in zip(subplots_, panels):
        start = panel.first_rows[0]
        _draw_forecasts(axes, panel, start - (len(panel.values) - start))  # as much of the past as of the test set
        axes.axvline(start - 0.5, color="0.35", linestyle=":", label="test set begins")
    _legend_beside(subplots_, panels)
    horizon = panels[0].forecasts.shape[1]
    apart = f", of those that overlap one in {horizon}" if horizon > 1 and len(panels[0].forecasts) > 1 else ""
    bands = " Shaded: the prediction intervals." if panels[0].half_widths else ""
    caption = f"Forecasts of the test set, each drawn from the last value that it knows{apart}. {which}{bands}"
    return Picture(figure, "Forecasts", caption, "forecast.png")


def future_forecasts(panels):
    """Draw the ends of series and their forecasts beyond the last row, of MAX_FUTURE_PANELS ForecastPanel at most."""
    panels = panels[:MAX_FUTURE_PANELS]
    figure, subplots_ = _forecast_panels(panels)
    for axes, panel in zip(subplots_, panels):
        _draw_forecasts(axes, panel, len(panel.values) - 8 * panel.forecasts.shape[1] - 40)
    _legend_beside(subplots_, panels)
    return Picture(figure, "Forecasts", "Forecasts beyond the last row", "future.png")


def _forecast_panels(panels):
    """Return a figure and axes (n,) for ForecastPanels, two beside each other."""
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    width, height = (9.0, 3.6) if columns == 1 else (11.0, 2.9 * rows)
    figure, axes = subplots(width, height, rows, columns, right=2.0, left=0.9, top=0.35)
    for spare in axes[len(panels) :]:
        spare.set_axis_off()
    return figure, axes[: len(panels)]


def _legend_beside(axes, panels):
    """Set one legend, of the first panel, beside the last of its row; the names of series stand above them."""
    handles, labels = axes[0].get_legend_handles_labels()
    labels = ["measured" if label == panels[0].target and len(panels) > 1 else shorten(label, 24) for label in labels]
    axes[min(len(axes), 2) - 1].legend(
        handles, labels, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=9
    )


def _draw_forecasts(axes, panel, begin):
    """Draw a ForecastPanel, its series from row `begin` on. Forecasts that overlap others are left out."""
    past = np.arange(max(0, begin), len(panel.values))
    gaps = np.isnan(np.pad(panel.values[past], 1, constant_values=np.nan))
    alone = np.flatnonzero(gaps[:-2] & ~gaps[1:-1] & gaps[2:])  # a line would not show them
    line = {"color": "0.35", "linewidth": 1, "label": panel.target}
    axes.plot(past, panel.values[past], **line, **({"marker": ".", "markevery": alone.tolist()} if len(alone) else {}))
    horizon = panel.forecasts.shape[1]
    forecasts, first_rows = panel.forecasts[::horizon], panel.first_rows[::horizon]
    rows, sizes = (
        first_rows[:, None] + np.arange(horizon),
        {k: size[::horizon] for k, size in panel.half_widths.items()},
    )
    marker = "." if horizon == 1 or len(rows) == 1 else None
    if horizon > 1:  # it begins where the past ends, with nothing uncertain yet
        last = panel.values[first_rows - 1][:, None]
        rows, forecasts = np.hstack([rows[:, :1] - 1, rows]), np.hstack([last, forecasts])
        sizes = {level: np.pad(size, ((0, 0), (1, 0))) for level, size in sizes.items()}
    line = {"color": "C1", "linewidth": 1.5, "marker": marker, "label": "forecast"}
    axes.plot(_join_lines(rows), _join_lines(forecasts), **line)
    if horizon == 1:  # the interval of a single step is drawn as wide as a row
        rows = np.hstack([rows - 0.4, rows + 0.4])
    for place, (level, size) in enumerate(sizes.items()):
        edges = (np.broadcast_to(forecasts + sign * size, rows.shape) for sign in (-1, 1))
        shade = {
            "color": "C1",
            "alpha": 0.16 if place else 0.3,
            "linewidth": 0,
            "label": f"{level} % prediction interval",
        }
        axes.fill_between(_join_lines(rows), *map(_join_lines, edges), **shade)
    finish(axes, xlabel="row of the series", ylabel=shorten(panel.target, 30))
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.set_title(shorten(panel.title, 64), fontsize=10, loc="left")
    if panel.times is not None:
        shown = np.arange(past[0], min(len(panel.times), max(past[-1], int(np.nanmax(rows))) + 1))
        places, dates = time_ticks(panel.times[shown])
        axes.set_xticks(shown[places], dates, fontsize=8)
        axes.set_xlabel("")


def time_ticks(times):
    """Choose some five of the times (n,), datetime64, where a year, a month, a day ... begins.

    Returns: (their places, their texts: hours have the date below them where it is another one than before).
    """
    for unit in ("Y", "M", "D", "h", "m", "s"):
        places = np.flatnonzero(np.diff(times.astype(f"datetime64[{unit}]")).astype(np.int64)) + 1
        if len(places) >= 3:
            break
    places = places[:: -(-len(places) // 5)] if len(places) else np.arange(1)
    texts, day, shown = np.datetime_as_string(times[places], unit="m" if unit == "h" else unit).tolist(), "", []
    for date, _, time in (text.partition("T") for text in texts):
        shown.append(f"{time}\n{date}".strip() if date != day else time)
        day = date
    return places, shown


def _join_lines(rows):
    """Join rows (n, steps) to a line that breaks between them: one line is drawn sooner than thousands."""
    return np.pad(np.asarray(rows, np.float64), ((0, 0), (0, 1)), constant_values=np.nan).ravel()


def errors_by_step(errors, label, title="Error by step ahead"):
    """Draw the error of each step ahead. errors: {"network" or a baseline: list, None of a step never measured}.

    label: what the errors are, with their unit.
    """
    figure, (axes,) = subplots(8.0, 2.9, right=1.7)
    for name, values in errors.items():
        network = name == "network"
        style = {"color": "C1", "linewidth": 2.2, "zorder": 3} if network else {"linewidth": 1.2}
        if not network:
            style |= {"color": "0.6", "linestyle": ("--", ":", "-.", "-")[(len(axes.lines) - 1) % 4]}
        values = np.array(values, float)
        axes.plot(np.arange(1, len(values) + 1), values, label=name, marker="." if len(values) <= 30 else None, **style)
    axes.xaxis.get_major_locator().set_params(integer=True)
    finish(axes, True, xlabel="step ahead", ylabel=label)
    axes.set_ylim(0)
    return Picture(figure, title, f"{label}: the lower, the better; the network's line is thick")


def permutation_importance(features, times, signal, cost, unit):
    """Draw what shuffling costs: of features {name: (mean, its standard error)} as bars, of times as a curve.

    Parameters: times, {first step of a group: (mean, its standard error)}; signal (time, features[, ...]), the first
    test sequence, to draw above the curve; cost, unit: words.
    """
    several = len(features) > 1
    # Of a single feature there is nothing to compare: the whole sequence would be shuffled.
    figure, panels = subplots(
        *(9.0 if several else 7.0, 1.2 + 0.2 * max(len(features), 10), 2, 1 + several),
        left=0.6 + 0.07 * min(22, max(map(len, features))) if several else 0.9,
        gap=0.75 if several else 0.25,
    )
    as_lines = several and len(features) == signal.shape[1] <= MAX_LINES
    if several:
        bars, above, spare, below = panels
        spare.remove()
        bars.set_subplotspec(bars.get_gridspec()[:, 0])
        places = np.arange(len(features))[::-1]
        means, errors = zip(*features.values())
        colours = [f"C{k}" for k in range(len(features))] if as_lines else "C0"
        bars.barh(places, means, xerr=errors, color=colours, ecolor="0.35", capsize=2)
        bars.set_yticks(places, distinct(features, 22), fontsize=8)
        bars.axvline(0, color="0.6", linewidth=1)
        bars.set(xlabel=f"{cost} when shuffled", ylabel="feature")
    else:
        above, below = panels
    _draw_sequence(above, signal)
    above.set(xticklabels=[])
    edges = [*times, len(signal)]
    means, errors = np.array(list(times.values())).T
    below.stairs(means, np.array(edges) - 0.5, color="C1", linewidth=1.8, baseline=None)
    middles = (np.array(edges[1:]) + edges[:-1] - 1) / 2
    below.errorbar(middles, means, errors, linestyle="", color="C1", capsize=2, linewidth=1)
    below.axhline(0, color="0.6", linewidth=1)
    below.set(xlabel="time step", ylabel=cost)
    for axes in (above, below):
        axes.set_xlim(edges[0] - 0.5, edges[-1] - 0.5)
    caption = (
        f"What the network looks at: {cost} when {'features or ' * several}time steps are shuffled among the test "
        f"{unit}, and its standard error: the more, the more its answers rest on them. Above the curve, the first "
        f"of them{', its features in the colours of the bars' * as_lines}"
    )
    return Picture(figure, "What the network looks at", caption, "importance.png")


def video_frames(clips, titles, correct):
    """Draw video clips (n, frames, height, width, channels) as strips of eight frames at most.

    Parameters: titles of each; correct (n,), whether it was answered right.
    """
    shown = np.unique(np.linspace(0, clips.shape[1] - 1, min(8, clips.shape[1])).round().astype(int))
    strips = [film_strip(clip[shown].astype(np.float64)) for clip in clips]
    height, gap = len(shown) * strips[0].shape[0] / strips[0].shape[1], 0.45  # a frame is 1 wide
    figure, (axes,) = subplots(
        1.05 * len(shown), 1.05 * (height + gap) * len(clips) + 0.1, left=0.05, right=0.05, bottom=0.05, top=0.05
    )
    for row, (strip, title, right) in enumerate(zip(strips, titles, correct)):
        bottom = -row * (height + gap)
        extent = (0, len(shown), bottom - height, bottom)
        axes.imshow(strip, extent=extent, interpolation="none", aspect="auto")
        axes.text(0, bottom + 0.1, shorten(title, 90), fontsize=9, color="black" if right else "C3")
    axes.set(xlim=(0, len(shown)), ylim=(-len(clips) * (height + gap) + gap - 0.05, gap))
    axes.set_axis_off()
    numbers = ", ".join(map(str, shown))
    caption = f"Test video clips with true class and answer: ✓ right, ✗ wrong. Shown: frames {numbers}, from 0 on"
    return Picture(figure, "Examples from the test set", caption, "frames.png")


def predicted_against_true(true, predicted, names):
    """Draw predicted against true numbers (n, targets), of the first four targets."""
    shown = min(4, len(names))
    figure, panels = subplots(3.4 * shown + 0.4 if shown > 1 else 5.0, 3.9, columns=shown, gap=1.0)
    for axes, name, x, y in zip(panels, names, true.T, predicted.T):
        ends = min(x.min(), y.min()), max(x.max(), y.max())
        axes.plot(ends, ends, color="0.6", linewidth=1)
        axes.plot(x, y, linestyle="", marker=".", color="C0", alpha=0.6, rasterized=len(x) > MAX_MARKERS)
        finish(axes, xlabel=f"true {shorten(name, 24)}", ylabel=f"predicted {shorten(name, 24)}")
    caption = "Predicted against true values of the test set: the nearer to the line, the better"
    return Picture(figure, "Predicted and true values", caption, "predicted.png")


def transcript(x, steps, text, name, step_seconds):
    """Draw a recording x (time, bands) with the letters of `text` at the steps (letters,) where they were heard.

    Parameters: name of the recording; step_seconds: how long a time step is.
    """
    sound = np.flatnonzero(x.any(axis=1))
    x = x[: sound[-1] + 1] if len(sound) else x  # the rest is padding
    figure, (axes,) = subplots(min(16.0, max(8.0, 0.14 * len(text))), 2.9, left=0.6)
    extent = (0, len(x) * step_seconds, -0.5, x.shape[1] - 0.5)
    axes.imshow(x.T, origin="lower", aspect="auto", cmap="magma", extent=extent, interpolation="none")
    for step, letter in zip(np.asarray(steps) * step_seconds, text):
        axes.axvline(step, color="white", linewidth=0.4, alpha=0.6)
        axes.text(step, x.shape[1] + 0.5, letter if letter != " " else "␣", ha="center", fontsize=9)
    axes.set(xlabel="seconds", ylabel="mel band")
    caption = f"{shorten(name, 120)}: each letter above the sound at the time where the network heard it"
    return Picture(figure, "A recording, transcribed", caption, "transcript.png")
