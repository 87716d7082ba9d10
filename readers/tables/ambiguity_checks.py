"""Tables that could mean something else than a series: what was seen is said, and which constant decides."""

import numpy as np

from core.errors import InputError
from readers.tables.sanity_checks import with_unit
from readers.tables.timestamps import CALENDAR, TIME_NAMES

MOST_LABELS = 20  # different words of a column that may be labels
LETTERS = 15  # letters of a cell, on the mean, that is a text


def refuse_other_meanings(path, names, columns, skipped):
    """Raise InputError for a table of which TARGET names no column to forecast, and which may hold something to learn.

    That is a column of a few words, a column of texts, or a whole number that runs 1 1 1 2 2 2.
    """
    others = [(name, column) for k, (name, column) in enumerate(zip(names, columns)) if k not in skipped]
    words = {name: [cell for cell in column if cell] for name, column in others if not isinstance(column, np.ndarray)}
    words = {name: cells for name, cells in words.items() if with_unit(cells) is None}
    for refuse in (_refuse_texts, _refuse_labels):
        for name, cells in words.items():
            refuse(path, name, cells)
    for name, column in others:
        if not isinstance(column, np.ndarray):
            continue
        if not (TIME_NAMES.search(name) or CALENDAR.search(name)) and runs_in_blocks(column):
            values = " ".join(f"{v:g}" for v in (*[column[0]] * 3, *[column[column != column[0]][0]] * 3))
            raise InputError(
                f"{path}: column {name!r} runs {values}: if its values tell recordings apart, set SEQUENCE = {name!r} "
                "and LABEL, the column with the label of each row; to forecast a column, name it in TARGET"
            )


def runs_in_blocks(column):
    """Tell whether a column (rows,) of whole numbers has each of its values in one long run."""
    if (
        len(column) < 6
        or (column[:100] != np.round(column[:100])).any()
        or not np.isfinite(column).all()
        or (column != np.round(column)).any()
    ):
        return False
    blocks, values = 1 + (column[1:] != column[:-1]).sum(), len(np.unique(column))
    return 2 <= values == blocks <= len(column) / 3


def _refuse_texts(path, name, cells):
    if len(set(cells)) > len(cells) / 2 and sum(map(len, cells)) >= LETTERS * len(cells) > 0:
        raise InputError(
            f"{path}: column {name!r} holds texts: to learn them, set TEXT = {name!r} and LABEL, the column with their "
            "classes; to forecast, name a column of numbers in TARGET"
        )


def _refuse_labels(path, name, cells):
    words = list(dict.fromkeys(cells))
    if 2 <= len(words) <= MOST_LABELS and len(cells) >= 3 * len(words):
        shown = ", ".join(words[:3]) + (", ..." if len(words) > 3 else "")
        raise InputError(
            f"{path}: column {name!r} holds {len(words)} words ({shown}): to learn them, set LABEL = {name!r}, and "
            'WINDOW, the rows of one input (or SEQUENCE = "row" if each row is a sequence); to forecast, name a column '
            "in TARGET"
        )


def refuse_other_rows(path, labels, values):
    """Raise InputError for rows, to be read as one sequence each, that look like the time steps of recordings.

    labels: (n,) strings, the first cell of each row; values: (n,) float64, the second cell.
    """
    try:
        numbers = labels.astype(np.float64)
    except ValueError:
        return
    rows = 'If each row is a sequence of its own, set SEQUENCE = "row", and LABEL to the place of its label'
    if (numbers != np.round(numbers)).any():
        first = labels[np.argmax(numbers != np.round(numbers))]
        raise InputError(
            f"{path}: the first cell of its rows, such as {first}, looks like a measurement, not like a label. {rows}; "
            'if it is the number to predict, set TASK = "regression"; if the file is one channel of several, name '
            "its folder"
        )
    inside = numbers[1:] == numbers[:-1]
    steps = np.diff(values)[inside]
    if runs_in_blocks(numbers) and len(steps) and (steps == 1).all():
        raise InputError(
            f"{path}: its first column runs in blocks, and the second counts up in each: these look like time steps of "
            f"{len(np.unique(numbers))} recordings. Set SEQUENCE = 0 and LABEL to the place of the label. {rows}"
        )
