"""The fast way to read a table: whole columns by NumPy, where no cell is missing and quotes hold nothing but cells."""

from functools import reduce
from itertools import repeat

import numpy as np

from readers.tables.cells import is_plain_number, mostly_numbers
from readers.text_files import LONGEST

SAMPLED_ROWS = 50  # tell what a column holds, of
CELLS = 2**20  # cells at the most
WORD_COLUMNS = 4  # columns of words of a table, or one in twenty
DIFFERENT_WORDS = 100_000
DIGITS = 15  # of numbers that float64 has all of
POWERS = 10.0 ** np.arange(DIGITS + 1)
BLOCK = 2**18  # letters looked at at a time


def quotes_surround_cells(body, separator):
    """Tell whether all quotation marks of lines stand around cells that hold no separator: they can go then."""
    for lines in _blocks(body):
        letters = np.frombuffer("\n".join(["", *lines, ""]).encode(), np.uint8)
        marks = np.flatnonzero(_is_any(letters, f'{separator}\n"'))
        quotes = np.flatnonzero(letters[marks] == ord('"'))
        opening, closing = quotes[::2], quotes[1::2]
        if len(quotes) % 2 or (closing - opening != 1).any():  # a separator in between
            return False
        opening, closing = marks[opening], marks[closing]
        if not _is_any(letters[[opening - 1, closing + 1]], f"{separator}\n").all():
            return False
        if len(opening) and (closing - opening).max() > LONGEST:
            return False
    return True


def marks_follow_commas(body, separator):
    """Tell whether a cell has a comma, and behind it another one or a point."""
    for lines in _blocks(body):
        letters = np.frombuffer("\n".join(lines).encode(), np.uint8)
        marks = letters[_is_any(letters, f"{separator}\n,.")]
        if ((marks[:-1] == ord(",")) & _is_any(marks[1:], ",.")).any():
            return True
    return False


def _is_any(letters, of):
    """Tell which bytes are ASCII characters of a string."""
    return reduce(np.logical_or, (letters == letter for letter in of.encode()))


def _blocks(body):
    """Yield lines, about BLOCK letters of them at a time."""
    size = max(1, BLOCK // (len(body[0]) + 1))
    return (body[start : start + size] for start in range(0, len(body), size))


def read_columns_fast(body, width, separator):
    """Read a table without missing cells by NumPy alone. Quotation marks may surround cells.

    Between semicolons numbers may have decimal commas.
    Returns: columns, float64 (rows,) or lists of words, or None where it will not do.
    """
    if separator is None:
        try:
            numbers = np.loadtxt(body, comments=None, ndmin=2)
        except ValueError:
            return None
        return [*numbers.T] if numbers.shape[1] == width and not np.isinf(numbers).any() else None
    if set(map(str.count, body, repeat(separator))) != {width - 1}:
        return None
    changes = {'"': ""} if any('"' in line for line in body) else {}
    if changes and not quotes_surround_cells(body, separator):
        return None
    sample = body[: max(2, min(SAMPLED_ROWS, CELLS // width))]
    sample = [line.split(separator) for line in _changed(sample, {'"': "", **({",": "."} if separator == ";" else {})})]
    numeric = [k for k in range(width) if all(is_plain_number(row[k]) for row in sample)]
    words = sorted(set(range(width)) - set(numeric))
    if not numeric or len(words) > max(WORD_COLUMNS, width // 20):
        return None
    columns = _words(body, words, separator)
    if separator == ";":
        if any(mostly_numbers(columns[k], separator) for k in words):  # whose marks must be those of the others
            return None
        commas, points = (_count(mark, body) - sum(_count(mark, columns[k]) for k in words) for mark in ",.")
        if commas and points:
            return None
        changes |= {",": "."} if commas else {}
    try:
        numbers = _numbers(body, numeric, width, separator, changes)
    except ValueError:
        return None
    columns |= dict(zip(numeric, numbers.T))
    return None if np.isinf(numbers).any() else [columns[k] for k in range(width)]


def _changed(lines, changes):
    """Yield lines with the letters in `changes`, {old: new}, replaced."""
    for line in lines:
        for old, new in changes.items():
            line = line.replace(old, new)
        yield line


def _count(mark, words):
    return sum(map(str.count, words, repeat(mark)))


def _numbers(body, numeric, width, separator, changes):
    """Return the columns of numbers (rows, columns). Raises ValueError for what is none."""
    numbers, row = np.empty((len(body), len(numeric))), 0
    for lines in _blocks(body):
        text = "\n".join(lines)
        for old, new in changes.items():
            text = text.replace(old, new)
        read = _decimals(text, numeric, width, separator)
        if read is None:
            options = {"usecols": numeric, "delimiter": separator, "comments": None, "ndmin": 2}
            read = np.loadtxt(text.split("\n"), **options)
        numbers[row : row + len(lines)] = read
        row += len(lines)
    return numbers


def _decimals(text, numeric, width, separator):
    """Read numbers written as digits with a point, 15 at most: their quotient by a power of ten is exactly rounded.

    Returns: (rows, columns) float64, or None where there are others.
    """
    letters = np.frombuffer(f"{text}\n{' ' * DIGITS}".encode(), np.uint8)  # a number's place may lie beyond its end
    ends = np.flatnonzero(_is_any(letters, f"{separator}\n"))
    starts = np.concatenate([[0], ends[:-1] + 1]).reshape(-1, width)[:, numeric].ravel()
    negative = letters[starts] == ord("-")
    starts += negative
    length = ends.reshape(-1, width)[:, numeric].ravel() - starts
    if not 1 <= length.min() <= length.max() <= DIGITS + 1:
        return None
    length, whole = length.astype(np.int8), np.zeros(len(starts), np.int64)
    digits, point = np.zeros_like(length), np.full_like(length, -1)
    for place in range(int(length.max())):
        letter, within = letters[starts + place], length > place
        digit = letter - np.uint8(ord("0"))
        is_digit = (digit < 10) & within
        np.copyto(whole, whole * 10 + digit, where=is_digit)
        digits += is_digit
        point[(letter == ord(".")) & within] = place
    has_point = point >= 0
    if (digits == 0).any() or (digits > DIGITS).any() or (digits + has_point != length).any():
        return None
    values = whole / POWERS[np.where(has_point, length - point - 1, 0)]
    return np.where(negative, -values, values).reshape(-1, len(numeric))


def _words(body, places, separator):
    """Return {place: list of strings} of the columns of words, those that repeat in memory once."""
    if places == [0]:  # time stamps, mostly: none repeats
        return {0: [line.partition(separator)[0].replace('"', "").strip() for line in body]}
    columns, seen = {k: [] for k in places}, {}
    for line in body if places else ():
        cells = line.split(separator, places[-1] + 1)
        for k, column in columns.items():
            word = cells[k].replace('"', "").strip()
            column.append(seen.setdefault(word, word) if len(seen) < DIFFERENT_WORDS else seen.get(word, word))
    return columns
