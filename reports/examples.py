"""Examples from the test part: some that were answered right and some that were not."""

import numpy as np

from reports.plots import new_figure, png

EACH = 3  # right and wrong ones shown
MOST_LINES = 10  # features drawn as lines; more as shades


def right_and_wrong(right):
    """Return the places of the first right and the first wrong answers. right: (n,) whether each is."""
    return np.concatenate([np.flatnonzero(right)[:EACH], np.flatnonzero(~right)[:EACH]])


def draw(x, titles):
    """Draw sequences x (n, time, features), two a row, under their titles. Returns: PNG bytes."""
    rows = -(-len(x) // 2)
    figure = new_figure(8.0, 1.9 * rows)
    panels = figure.subplots(rows, 2, squeeze=False).ravel()
    for axes, sequence, title in zip(panels, x, titles):
        if sequence.shape[1] <= MOST_LINES:
            axes.plot(sequence, linewidth=1)
        else:
            axes.imshow(sequence.T, origin="lower", aspect="auto", cmap="magma")
        axes.set_title(title if len(title) <= 50 else title[:49] + "…", fontsize=9)
        axes.tick_params(labelsize=7)
    for axes in panels[len(x) :]:
        axes.set_visible(False)
    return png(figure)
