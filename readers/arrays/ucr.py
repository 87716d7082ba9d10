"""UCR text: one sequence a line, its label first, commas, tabs or blanks between; NaN for what is missing."""

import re

import numpy as np

from core.errors import InputError
from readers.tables.cells import FIRST_ROWS, PRINTED, only_first_counts_up
from readers.tables.not_a_series_checks import refuse_time_steps, refuse_word_vectors
from readers.text_files import read_any_text, read_train_and_test, to_numbers
from sequences.preparation import strip_trailing_nans
from sequences.types import Sequences


def read(path, c, preparation=None):
    """Read a UCR text file and its `_TEST` twin: see readers/__init__.py. New lines may lack the label."""
    train, test = read_train_and_test(lambda file: read_ucr(file, preparation and preparation.steps), path)
    if preparation is None and c.TASK is None:
        refuse_time_steps(path, train.y, np.array([x[0, 0] for x in train.x]))
    return train, test


def read_ucr(path, unlabelled_steps=None):
    """Read one UCR text file; lines of exactly `unlabelled_steps` values are taken as unlabelled.

    Returns: Sequences with x (n, time, 1) float64, or a list where lengths differ, and y (n,) strings.
    Raises: InputError for ragged rows and cells that are no number, naming the line.
    Format: https://www.cs.ucr.edu/~eamonn/time_series_data_2018
    """
    lines = read_any_text(path)[0].split("\n")
    rows = [(i, row) for i, line in enumerate(lines, 1) if (row := line.replace(",", " ").strip())]
    if not rows:
        raise InputError(f"{path} is empty")
    if unlabelled_steps is None:
        refuse_word_vectors(path, rows)
    first_rows = [line.split() for _, line in rows[:FIRST_ROWS]]
    if only_first_counts_up(first_rows, None):
        raise InputError(
            f"{path} line {rows[0][0]} counts up ({' '.join(first_rows[0][:5])} ...), as a header does; these files "
            'have none: remove it, or set SEQUENCE = "row" and LABEL, the column with the labels'
        )
    written = lines[rows[0][0] - 1]
    if re.search(r"\d,\d", written) and re.search(r"\d\s+\d", written):
        raise InputError(f"{path} line {rows[0][0]} has commas and blanks between digits: write decimal points")
    width = len(first_rows[0])
    first = 0 if width == unlabelled_steps else 1
    if width <= first:
        raise InputError(f"{path} line {rows[0][0]}: a label and at least one value are needed")
    x, labels = np.empty((len(rows), width - first, 1)), []
    for sequence, (i, line) in zip(x, rows):
        cells = line.split()
        if len(cells) != width:
            raise InputError(f"{path} line {i} has {len(cells)} columns, the lines before have {width}")
        sequence[:, 0] = to_numbers(cells[first:], f"{path} line {i}")
        labels.append(cells[0])
    if all(map(PRINTED.fullmatch, labels)):  # 1.0000000e+00 in the archive of 2015
        labels = [f"{float(label):.15g}" for label in labels]
    return Sequences(strip_trailing_nans(x), np.array(labels) if first else None, "sequences")
