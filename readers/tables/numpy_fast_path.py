"""The fast way to read a table: whole columns by NumPy, where there are neither quotes nor missing cells."""

import contextlib
from itertools import repeat

import numpy as np

from readers.tables.cells import is_plain_number

SAMPLED_ROWS = 50  # tell what a column holds, of
CELLS = 2**20  # cells at the most
WORD_COLUMNS = 4  # columns of words of a table, or one in twenty
DIFFERENT_WORDS = 100_000


def read_columns_fast(body, width, separator, source=None):
    """Read a table without quotes and missing cells by NumPy alone.

    Parameters: source is (path, lines to skip) where the file holds just that: NumPy reads it in blocks, a list of
    lines one by one.
    Returns: columns, float64 (rows,) or lists of words, or None where it will not do.
    """
    if any('"' in line for line in body[:SAMPLED_ROWS]):
        return None
    if separator is None:
        try:
            numbers = np.loadtxt(body, comments=None, ndmin=2)
        except ValueError:
            return None
        return [*numbers.T] if numbers.shape[1] == width and not np.isinf(numbers).any() else None
    if set(map(str.count, body, repeat(separator))) != {width - 1}:
        return None
    sample = [line.split(separator) for line in body[: max(2, min(SAMPLED_ROWS, CELLS // width))]]
    numeric = [k for k in range(width) if all(is_plain_number(row[k]) for row in sample)]
    words = sorted(set(range(width)) - set(numeric))
    if not numeric or len(words) > max(WORD_COLUMNS, width // 20):
        return None
    options = {"delimiter": separator, "comments": None, "ndmin": 2}
    try:
        numbers = _numbers(body, numeric, source, options)
        columns = dict(zip(numeric, numbers.T)) | _words(body, words, separator)
    except ValueError:
        return None
    if np.isinf(numbers).any() or any('"' in "".join(columns[k]) for k in words):
        return None
    return [columns[k] for k in range(width)]


def _numbers(body, numeric, source, options):
    """Return the columns of numbers (rows, columns). Raises ValueError for what is none."""
    if source is not None:
        path, skipped = source
        with contextlib.suppress(UnicodeDecodeError):  # of another encoding: the lines are decoded already
            numbers = np.loadtxt(path, usecols=numeric, skiprows=skipped, encoding="utf-8-sig", **options)
            if len(numbers) == len(body):
                return numbers
    return np.loadtxt(body, usecols=numeric, **options)


def _words(body, places, separator):
    """Return {place: list of strings} of the columns of words, those that repeat in memory once."""
    if places == [0]:  # time stamps, mostly: none repeats
        return {0: [*map(str.strip, [line.partition(separator)[0] for line in body])]}
    columns, seen = {k: [] for k in places}, {}
    for line in body if places else ():
        cells = line.split(separator, places[-1] + 1)
        for k, column in columns.items():
            word = cells[k].strip()
            column.append(seen.setdefault(word, word) if len(seen) < DIFFERENT_WORDS else seen.get(word, word))
    return columns
