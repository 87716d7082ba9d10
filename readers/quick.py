"""The quick way to read a table: whole columns by NumPy, where there are neither quotes nor missing cells."""

import contextlib
from itertools import repeat

import numpy as np

WIDEST = 40  # letters of a word that can be read so
SAMPLE = 50  # rows that tell what a column holds


def quick_columns(body, width, separator, source=None):
    """Read a table without quotes and missing cells by NumPy alone. Returns: columns, or None where it will not do.

    source: (path, lines to skip) where the file holds just that: NumPy reads it in blocks, a list of lines one by one.
    """
    if any('"' in line for line in body[:SAMPLE]):
        return None
    if separator is None:
        try:
            numbers = np.loadtxt(body, comments=None, ndmin=2)
        except ValueError:
            return None
        return [*numbers.T] if numbers.shape[1] == width and not np.isinf(numbers).any() else None
    sample = [line.split(separator) for line in body[:SAMPLE]]
    numeric = [k for k in range(width) if all(len(row) == width and is_plain(row[k]) for row in sample)]
    words = sorted(set(range(width)) - set(numeric))
    if numeric[-1:] != [width - 1] or sum(map(str.count, body, repeat(separator))) != len(body) * (width - 1):
        return None  # with that last column NumPy misses no cell: a row too long means another too short
    options = {"delimiter": separator, "comments": None, "ndmin": 2}
    try:
        numbers = _numbers(body, numeric, source, options)
        texts = _texts(body, words, separator, options)
    except ValueError:
        return None
    columns = dict(zip(numeric, numbers.T)) | texts
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


def _texts(body, words, separator, options):
    """Return {place: list of strings} of the columns of words. Raises ValueError for words that may be cut short."""
    if words == [0]:
        return {0: [*map(str.strip, [line.partition(separator)[0] for line in body])]}
    texts = np.loadtxt(body, usecols=words, dtype=f"U{WIDEST}", **options).T if words else []
    for column in texts:
        if np.char.str_len(column).max() == WIDEST:
            raise ValueError("words that may be cut short")
    return {k: np.char.strip(column).tolist() for k, column in zip(words, texts)}


def is_plain(cell):
    """Tell whether NumPy reads a cell as a number."""
    try:
        float(cell)
        return "_" not in cell
    except ValueError:
        return False
