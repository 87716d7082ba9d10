"""Examples from the test set: some that were answered right and some that were not."""

import numpy as np

from reports.formatting import shorten
from reports.pictures import MAX_LINES, new_figure, png, video_frames

EXAMPLES_EACH = 3  # right and wrong ones shown
CLIPS = 6  # video clips shown


def show_examples(split, correct, true, answers, texts):
    """Show test sequences with their true classes and their answers, some that are right and some that are not.

    Parameters: correct (n,); true, answers: names (n,); texts, whether the sequences are texts.
    Returns: ({file name: PNG bytes}, (header, rows) of a table of texts or None).
    """
    chosen = right_and_wrong(correct)
    if texts:
        rows = [[split.names[split.rows[k]], true[k], answers[k]] for k in chosen]
        return {}, (["text", "true_label", "predicted_label"], rows)
    titles = [f"{own}, answer {answer}" for own, answer in zip(true, answers)]
    if len(split.shape) == 4:
        return {"frames.png": video_frames(split.take(slice(CLIPS)), titles[:CLIPS])}, None
    return {"examples.png": draw_examples(split.take(chosen), [titles[k] for k in chosen])}, None


def right_and_wrong(correct):
    """Return the places of the first right and the first wrong answers. correct: (n,) whether each is right."""
    return np.concatenate([np.flatnonzero(correct)[:EXAMPLES_EACH], np.flatnonzero(~correct)[:EXAMPLES_EACH]])


def draw_examples(x, titles):
    """Draw sequences x (n, time, features) below each other, each under its title. Returns: PNG bytes.

    They share one pair of axes: each pair costs a tenth of a second.
    """
    figure = new_figure(8.0, 1.0 + 1.1 * len(x))
    axes, steps = figure.subplots(), x.shape[1]
    for place, (sequence, title) in enumerate(zip(x.astype(np.float64), titles)):
        bottom = -1.0 * place
        if sequence.shape[1] <= MAX_LINES:
            axes.set_prop_cycle(None)  # each feature has its colour in all sequences
            height = np.ptp(sequence) or 1.0
            axes.plot(bottom + 0.7 * (sequence - sequence.min()) / height, linewidth=1, alpha=0.8)
        else:
            extent = (-0.5, steps - 0.5, bottom, bottom + 0.7)
            axes.imshow(sequence.T, origin="lower", aspect="auto", cmap="magma", extent=extent)
        axes.text(0, bottom + 0.75, shorten(title, 80), fontsize=9)
    axes.set(xlim=(-0.5, steps - 0.5), ylim=(0.95 - len(x), 1.0), yticks=[], xlabel="time step")
    return png(figure)
