"""The fast way to read a table: whole columns by NumPy, where quotation marks hold nothing but cells."""

from typing import NamedTuple

import numpy as np

from core.errors import InputError
from readers.tables.cells import MISSING, numbers_from_cells, to_number
from readers.tables.lines import is_any
from readers.text_files import LONGEST

SAMPLED_ROWS = 50  # tell what a column holds: fewer of wide tables,
SAMPLE = 2**17  # so many cells at the most
# Equal words of a column are one string in memory, as long as some of them are equal: of the first FIRST_WORDS, and
# later with no more than DIFFERENT_WORDS to look through.
FIRST_WORDS, DIFFERENT_WORDS = 10_000, 100_000
PADDING = 100  # blanks in a row
DIGITS = 15  # float64 has all whole numbers of so many
POWERS = 10.0 ** np.arange(DIGITS + 1)
LAST_BYTES = np.array([2**64 - 2 ** (64 - 8 * count) for count in range(9)], np.uint64)  # masks: the last 0 to 8 of 8
NO_MARKS = bytes({*range(256)} - {*b"\t\n,."})


class Cells(NamedTuple):
    """Where the cells of some lines lie, row after row, without blanks and quotation marks around them."""

    block: bytes  # the lines; 8 bytes or more come before each end of a cell
    starts: np.ndarray  # int64 (cells,)
    ends: np.ndarray  # int64 (cells,), one behind the last letter
    points: np.ndarray  # int64 (cells,), where the last decimal point is, or else the end


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
        cells = _find_cells(block, width, separator, point)
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


def _find_cells(block, width, separator, point):
    """Return the Cells of lines, or None where rows are of other lengths or quotation marks hold more than a cell.

    Nor does it take cells of more than LONGEST letters, or PADDING blanks, which are cut off one after another.
    """
    block = b"".join([bytes(7), b"\n", block, b"\n"])  # a line break on both sides, and 8 bytes before every end
    letters = np.frombuffer(block, np.uint8)
    marks = np.flatnonzero(is_any(letters, f"{separator}\n{point}"))
    kinds = letters[marks]
    divides = np.flatnonzero(kinds != ord(point))
    breaks, bounds, points = kinds[divides[1:]] == ord("\n"), marks[divides], marks[divides[1:] - 1]
    starts, ends = bounds[:-1] + 1, bounds[1:]  # points: the mark before each end, which may lie in a cell before
    if len(ends) % width or np.count_nonzero(breaks) * width != len(ends) or not breaks[width - 1 :: width].all():
        return None
    if len(block) > LONGEST and (ends - starts).max() > LONGEST:
        return None
    if b" " * PADDING in block:
        return None
    if b" " in block:
        while (blank := letters[starts] == ord(" ")).any():
            starts += blank
        while (blank := (letters[ends - 1] == ord(" ")) & (starts < ends)).any():
            ends -= blank
    if b'"' in block:
        quoted = (letters[starts] == ord('"')) & (letters[ends - 1] == ord('"')) & (ends > starts + 1)
        if block.count(b'"') != 2 * np.count_nonzero(quoted):
            return None
        starts, ends = starts + quoted, ends - quoted
    return Cells(block, starts, ends, np.where(points >= starts, points, ends))


def _words(cells, places, seen):
    """Return the cells in a slice of places as strings; those in `seen`, {word: itself}, which grows, are shared."""
    bounds = zip(cells.starts[places].tolist(), cells.ends[places].tolist())
    words = [cells.block[start:end].decode().strip() for start, end in bounds]
    return words if seen is None else map(seen.setdefault, words, words)


def _numbers(cells, numeric, width, separator, point):
    """Return the columns of numbers, float64 (rows, columns), NaN for what is missing. Raises InputError for words.

    A cell of digits and a point, DIGITS at most, is a whole number divided by a power of ten. float64 has both, so
    that the quotient is rounded once, as Python rounds it. Other cells are read one by one.
    """
    block, starts, ends, points = cells
    letters = np.frombuffer(block, np.uint8)
    negative = letters[starts] == ord("-")
    whole, decimals = points - starts - negative, ends - points - 1  # how many digits
    eights = np.ndarray(len(letters) - 7, "<u8", letters, strides=(1,)).copy()  # the 8 letters from each place on
    (values, wrong), (fraction, wrong_too) = _digits(eights, points, whole), _digits(eights, ends, decimals)
    count = ends - starts - negative - (points < ends)
    power = POWERS.take(decimals, mode="clip")
    values = (values * power + fraction) / np.where(negative, -power, power)
    values[starts == ends] = np.nan
    odd = (wrong | wrong_too | (count < 1) | (count > DIGITS)) & (starts < ends)
    values, odd = values.reshape(-1, width)[:, numeric], odd.reshape(-1, width)[:, numeric]
    if odd.any():
        places = (places.reshape(-1, width)[:, numeric][odd].tolist() for places in (starts, ends))
        written = [block[start:end].decode().strip() for start, end in zip(*places)]
        values[odd] = numbers_from_cells(None, None, written, range(len(written)), separator, {point: None})
    return values


def _digits(eights, ends, count):
    """Read the last digits, up to 16, before each end.

    Parameters: eights, uint64 (letters - 7,), the 8 letters from each place on; ends and count (cells,) of digits.
    Returns: (their values, uint64 (cells,), whether there is something else among them, bool (cells,)).
    """
    values, wrong = _eight_digits(eights[ends - 8], count)
    if len(long := np.flatnonzero(count > 8)):
        more, wrong_too = _eight_digits(eights[ends[long] - 16], count[long] - 8)
        values[long] += more * np.uint64(10**8)
        wrong[long] |= wrong_too
    return values, wrong


def _eight_digits(words, count):
    """Read the last digits, up to 8, of 8 letters, which are the bytes of a 64-bit word, the first the lowest.

    Pairs of digits are joined at once in all of a word, then pairs of those, then the two halves:
    https://lemire.me/blog/2022/01/21/swar-explained-parsing-eight-digits/.
    Parameters: words uint64 (cells,), count (cells,) of digits.
    Returns: (their values, uint64 (cells,), whether there is something else among them, bool (cells,)).
    """
    words = (words ^ np.uint64(0x3030303030303030)) & LAST_BYTES.take(count, mode="clip")
    wrong = (words | words + np.uint64(0x0606060606060606)) & np.uint64(0xF0F0F0F0F0F0F0F0) != 0
    words = words * np.uint64(2561) >> np.uint64(8) & np.uint64(0x00FF00FF00FF00FF)
    words = words * np.uint64(6553601) >> np.uint64(16) & np.uint64(0x0000FFFF0000FFFF)
    return words * np.uint64(42949672960001) >> np.uint64(32), wrong
