"""Examples from the test set: some that were answered right and some that were not."""

import numpy as np

from reports.pictures import new_figure, png

EACH = 3  # right and wrong ones shown
MOST_LINES = 10  # features drawn as lines; more as shades


def right_and_wrong(right):
    """Return the places of the first right and the first wrong answers. right: (n,) whether each is."""
    return np.concatenate([np.flatnonzero(right)[:EACH], np.flatnonzero(~right)[:EACH]])


def draw(x, titles):
    """Draw sequences x (n, time, features) below each other, each under its title. Returns: PNG bytes.

    They share one pair of axes: each pair costs a tenth of a second.
    """
    figure = new_figure(8.0, 1.0 + 1.1 * len(x))
    axes, steps = figure.subplots(), x.shape[1]
    for place, (sequence, title) in enumerate(zip(x, titles)):
        bottom = -1.0 * place
        if sequence.shape[1] <= MOST_LINES:
            low, high = sequence.min(), max(sequence.max(), sequence.min() + 1e-9)
            axes.set_prop_cycle(None)  # each feature has its colour in all sequences
            axes.plot(bottom + 0.7 * (sequence - low) / (high - low), linewidth=1, alpha=0.8)
        else:
            extent = (-0.5, steps - 0.5, bottom, bottom + 0.7)
            axes.imshow(sequence.T, origin="lower", aspect="auto", cmap="magma", extent=extent)
        axes.text(0, bottom + 0.75, title if len(title) <= 80 else title[:79] + "…", fontsize=9)
    axes.set(xlim=(-0.5, steps - 0.5), ylim=(0.95 - len(x), 1.0), yticks=[], xlabel="time step")
    return png(figure)
