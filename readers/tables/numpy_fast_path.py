"""The fast way to read a table: whole columns by NumPy, where quotation marks hold nothing but cells."""

import numpy as np

from core.errors import InputError
from readers.decimals import decimals, find_cells
from readers.tables.cells import MISSING, numbers_from_cells, to_number

SAMPLED_ROWS = 50  # tell what a column holds: fewer of wide tables,
SAMPLE = 2**17  # so many cells at the most
# Equal words of a column are one string in memory, as long as some of them are equal: of the first FIRST_WORDS, and
# later with no more than DIFFERENT_WORDS to look through.
FIRST_WORDS, DIFFERENT_WORDS = 10_000, 100_000
NO_MARKS = bytes({*range(256)} - {*b"\t\n,."})


def marks_follow_commas(body):
    """Tell whether a cell between tabs has a comma, and behind it another one or a point."""
    marks = (block.translate(None, NO_MARKS) for _, block in body.blocks())
    return any(b",," in some or b",." in some for some in marks)


def read_columns_fast(body, width, separator, empty=()):
    """Read a table by NumPy. Quotation marks may surround cells; between semicolons numbers may have decimal commas.

    Parameters: body are Lines; width is the number of columns; empty are the places of those to leave empty.
    Returns: columns, float64 (rows,) or lists of words, or None where it will not do: for rows of another length, for
    separators between quotation marks, for words among numbers, for decimal commas beside points.
    """
    if separator is None:
        return _read_between_blanks(body, width)
    sample = [line.split(separator) for line in body[: max(2, min(SAMPLED_ROWS, SAMPLE // width))]]
    if any(len(row) != width for row in sample):
        return None
    sample = [[cell.strip(' "') for cell in column] for column in zip(*sample)]
    used = [k for k in range(width) if k not in empty]
    numeric = [k for k in used if all(_is_number(cell, separator) for cell in sample[k])]
    commas = separator == ";" and b"," in body.content and not any("." in cell for k in numeric for cell in sample[k])
    point = "," if commas else "."
    words, seen = ({k: new() for k in sorted({*used} - {*numeric})} for new in (list, dict))
    numbers = np.empty((len(body), len(numeric)))
    for rows, block in body.blocks():
        cells = find_cells(block, width, separator, point)
        if cells is None:
            return None
        for k, column in words.items():
            some_repeat = len(seen[k]) < min(DIFFERENT_WORDS, max(len(column), FIRST_WORDS))
            column += _words(cells, slice(k, None, width), seen[k] if some_repeat else None)
        try:
            numbers[rows] = _numbers(cells, numeric, width, separator, point)
        except InputError:
            return None
    columns = dict(zip(numeric, numbers.T)) | words | {k: [""] * len(body) for k in empty}
    for k in numeric:
        if all(cell.lower() in MISSING for cell in sample[k]) and np.isnan(columns[k]).all():
            columns[k] = [""] * len(body)
    return [columns[k] for k in range(width)]


def _read_between_blanks(body, width):
    """Read a table of numbers alone. Returns: columns, float64 (rows,), or None where there is something else."""
    try:
        numbers = np.loadtxt(iter(body), comments=None, ndmin=2)
    except ValueError:
        return None
    return [*numbers.T] if numbers.shape[1] == width and not np.isinf(numbers).any() else None


def _is_number(cell, separator):
    """Tell whether a cell holds a number, or nothing."""
    return cell.lower() in MISSING or to_number(cell, separator) is not None


def _words(cells, places, seen):
    """Return the cells in a slice of places as strings; those in `seen`, {word: itself}, which grows, are shared."""
    bounds = zip(cells.starts[places].tolist(), cells.ends[places].tolist())
    words = [cells.block[start:end].decode().strip() for start, end in bounds]
    return words if seen is None else map(seen.setdefault, words, words)


def _numbers(cells, numeric, width, separator, point):
    """Return the columns of numbers, float64 (rows, columns), NaN for what is missing. Raises InputError for words.

    What is no plain decimal is read one by one.
    """
    values, odd = decimals(cells)
    values[cells.starts == cells.ends] = np.nan
    odd &= cells.starts < cells.ends
    values, odd = values.reshape(-1, width)[:, numeric], odd.reshape(-1, width)[:, numeric]
    if odd.any():
        places = (places.reshape(-1, width)[:, numeric][odd].tolist() for places in (cells.starts, cells.ends))
        written = [cells.block[start:end].decode().strip() for start, end in zip(*places)]
        values[odd] = numbers_from_cells(None, None, written, range(len(written)), separator, {point: None})
    return values
