"""Examples from the test set: some that were answered right and some that were not."""

import numpy as np

from reports import Table
from reports.formatting import cut_middle, distinct, shorten
from reports.pictures import MAX_LINES, subplots, video_frames
from reports.rendering import Picture

EXAMPLES_EACH = 3  # right and wrong ones shown
MARKS = {True: "✓", False: "✗"}


def show_examples(split, chosen, correct, true, answers, sequences):
    """Show test sequences with their true classes and their answers.

    Parameters: chosen, places in the split; correct (n,); true, answers: names (n,); sequences, the Sequences, which
    know whether they are texts or pictures.
    Returns: Table, or Picture.
    """
    if sequences.kind == "texts":
        rows = [[MARKS[bool(correct[k])], split.names[split.rows[k]], true[k], answers[k]] for k in chosen]
        caption = "✓ right, ✗ wrong. All are in predictions.csv."
        return Table("Examples from the test set", ["", "text", "true", "answer"], rows, caption)
    right = [bool(correct[k]) for k in chosen]
    names = list(dict.fromkeys([*(true[k] for k in chosen), *(answers[k] for k in chosen)]))
    short = dict(zip(names, distinct(names, 30)))
    titles = [
        f"{MARKS[own]} {name_of(split, k)}: true {short[true[k]]}, answer {short[answers[k]]}"
        for k, own in zip(chosen, right)
    ]
    if len(split.raw.shape) == 4:
        return video_frames(split.raw.take(chosen), titles, right)
    if sequences.picture:
        caption = "Test pictures with their true classes and their answers: ✓ right, ✗ wrong"
        return draw_pictures(split.raw.take(chosen), sequences.picture, titles, caption, right)
    caption = "Test sequences with their true classes and their answers: ✓ right, ✗ wrong"
    return draw_examples(split.take(chosen), titles, caption, right)


def name_of(split, place):
    """Return what a sequence of a Split is called: its name, or its number in the data."""
    row = split.rows[place]
    return f"sequence {row}" if split.names is None else cut_middle(str(split.names[row]), 36)


def right_and_wrong(correct):
    """Return the places of the first right and the first wrong answers. correct: (n,) whether each is right."""
    return np.concatenate([np.flatnonzero(correct)[:EXAMPLES_EACH], np.flatnonzero(~correct)[:EXAMPLES_EACH]])


def of_confused_classes(true, answers, pairs):
    """Return places: a right and a wrong answer of each of the classes confused most, then a right one of others.

    Parameters: true, answers: classes (n,) as numbers; pairs (true class, wrong answer), the most frequent first.
    """
    chosen = []
    for own, answer in pairs:
        if len(chosen) == 2 * EXAMPLES_EACH:
            break
        right = [k for k in np.flatnonzero((true == own) & (answers == own)) if k not in chosen][:1]
        chosen += [*right, np.flatnonzero((true == own) & (answers == answer))[0]]
    shown = set(true[chosen].tolist()) if chosen else set()
    right = np.flatnonzero(true == answers)
    _, first = np.unique(true[right], return_index=True)
    chosen += [k for k in right[first] if true[k] not in shown][: 2 * EXAMPLES_EACH - len(chosen)]
    return np.array(chosen, int)


def draw_pictures(rows, shape, titles, caption, right=None):
    """Draw pictures, the rows of their pixels (n, height, width × channels), each beside its title.

    Parameters: shape, (height, width, channels); right, whether each answer is. Values go from 0, black, to 255, or
    from the lowest to the highest of the picture where they are no bytes.
    """
    (height, width, channels), of_bytes = shape, rows.min() >= 0 and 1 < rows.max() <= 255
    figure, (axes,) = subplots(8.0, 1.0 * len(rows) + 0.1, left=0.05, right=0.05, bottom=0.05, top=0.05)
    for place, (own, title) in enumerate(zip(rows.reshape(-1, *shape).astype(np.float64), titles)):
        low, high = (0, 255) if of_bytes else (own.min(), own.max())
        bright = ((own - low) / ((high - low) or 1.0)).clip(0, 1)
        colours = bright[..., :3] if channels >= 3 else bright[..., :1].repeat(3, axis=-1)
        wide = min(3.0, 0.9 * width / height)  # of a row of height 1
        axes.imshow(colours, extent=(0, wide, -place, 0.9 - place), interpolation="none", aspect="auto")
        colour = "black" if right is None or right[place] else "C3"
        axes.text(wide + 0.15, 0.45 - place, shorten(title, 85), fontsize=9, color=colour, va="center")
    axes.set(xlim=(0, 7.9), ylim=(1 - len(rows), 1.0))
    axes.set_axis_off()
    return Picture(figure, "Examples from the test set", caption, "examples.png")


def draw_examples(x, titles, caption, right=None):
    """Draw sequences x (n, time, features) below each other, each under its title; right: whether each answer is.

    A single feature goes from its lowest to its highest value in each sequence, several do in all of them: so they are
    seen whatever their units. They share one pair of axes: each pair costs a tenth of a second.
    """
    figure, (axes,) = subplots(8.0, 0.8 + 0.95 * len(x), left=0.15, top=0.1)
    steps, features = x.shape[1:]
    lines, together = features <= MAX_LINES, (0, 1) if features > 1 else 1
    if lines:
        height = np.ptp(x, axis=together, keepdims=True).astype(np.float64)
        x = (x - x.min(axis=together, keepdims=True)) / np.where(height > 0, height, 1)
    for place, (sequence, title) in enumerate(zip(x, titles)):
        bottom = -1.0 * place
        if lines:
            axes.set_prop_cycle(None)  # each feature has its colour in all sequences
            axes.plot(bottom + 0.7 * sequence, linewidth=1, alpha=0.8)
        else:
            extent = (-0.5, steps - 0.5, bottom, bottom + 0.7)
            axes.imshow(sequence.T, origin="lower", aspect="auto", cmap="magma", extent=extent, interpolation="none")
        colour = "black" if right is None or right[place] else "C3"
        axes.text(0, bottom + 0.75, shorten(title, 115), fontsize=9, color=colour)
    axes.spines["left"].set_visible(False)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set(xlim=(-0.5, steps - 0.5), ylim=(0.95 - len(x), 1.0), yticks=[], xlabel="time step")
    if lines:
        caption += ". Each is" if features == 1 else ". Each feature has its colour, and is"
        caption += f" drawn from its lowest to its highest value{' among these' * (features > 1)}"
    return Picture(figure, "Examples from the test set", caption, "examples.png")
