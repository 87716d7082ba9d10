"""Numbers written as decimals, thousands at a time by NumPy."""

from typing import NamedTuple

import numpy as np

from readers.tables.lines import is_any
from readers.text_files import LONGEST

PADDING = 100  # blanks in a row
DIGITS = 15  # float64 has all whole numbers of so many
POWERS = 10.0 ** np.arange(DIGITS + 1)
LAST_BYTES = np.array([2**64 - 2 ** (64 - 8 * count) for count in range(9)], np.uint64)  # masks: the last 0 to 8 of 8


class Cells(NamedTuple):
    """Where the cells of some lines lie, row after row, without blanks and quotation marks around them."""

    block: bytes  # the lines; 8 bytes or more come before each end of a cell
    starts: np.ndarray  # int64 (cells,)
    ends: np.ndarray  # int64 (cells,), one behind the last letter
    points: np.ndarray  # int64 (cells,), where the last decimal point is, or else the end


def find_cells(block, width, separator, point):
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


def decimals(cells):
    """Read the numbers in Cells that are digits and a decimal point, DIGITS at most, whatever the point is.

    Such a number is a whole number divided by a power of ten. float64 has both, so that the quotient is rounded once,
    as Python rounds it.
    Returns: (values float64 (cells,), what is something else or empty, bool (cells,)).
    """
    block, starts, ends, points = cells
    letters = np.frombuffer(block, np.uint8)
    negative = letters[starts] == ord("-")
    whole, after = points - starts - negative, ends - points - 1  # how many digits
    eights = np.ndarray(len(letters) - 7, "<u8", letters, strides=(1,)).copy()  # the 8 letters from each place on
    (values, wrong), (fraction, wrong_too) = _digits(eights, points, whole), _digits(eights, ends, after)
    count = ends - starts - negative - (points < ends)
    power = POWERS.take(after, mode="clip")
    values = (values * power + fraction) / np.where(negative, -power, power)
    return values, wrong | wrong_too | (count < 1) | (count > DIGITS)


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
