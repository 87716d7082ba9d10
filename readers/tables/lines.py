"""The lines of a text, which stays one piece in memory: as strings of their own, short ones take several times more."""

from collections.abc import Sequence

import numpy as np

from core.errors import InputError
from readers.text_files import LONGEST

BLOCK = 2**18  # letters looked at at a time
BETWEEN_CELLS = "\t,; "  # whatever separates the cells of a table, one of them does
MOST_CELLS = 5_000_000  # of a line: in memory as strings, each takes many times what it holds


class Lines(Sequence):
    """Lines of a text in UTF-8, as strings: cut out of it when they are asked for.

    Slices, masks and places give Lines of the same text.
    """

    def __init__(self, content, starts=None, ends=None):
        """Parameters: content, bytes; starts and ends, int64 (lines,), of lines in it: all, if they are not given."""
        if starts is None:
            letters = np.frombuffer(content, np.uint8)
            parts = range(0, len(content), BLOCK)
            breaks = [part + np.flatnonzero(letters[part : part + BLOCK] == ord("\n")) for part in parts]
            breaks = np.concatenate([np.empty(0, int), *breaks])
            starts, ends = np.append(0, breaks + 1), np.append(breaks, len(content))
        self.content, self.starts, self.ends = content, starts, ends

    def __len__(self):
        return len(self.starts)

    def __getitem__(self, k):
        if isinstance(k, (int, np.integer)):
            return self.content[self.starts[k] : self.ends[k]].decode()
        return Lines(self.content, self.starts[k], self.ends[k])

    def __iter__(self):
        for _, block in self.blocks():
            yield from block.decode().split("\n")

    def blocks(self):
        """Yield (slice of lines, their bytes, line breaks between them), about BLOCK letters or one line at a time."""
        start = 0
        while start < len(self):
            stop = max(start + 1, int(np.searchsorted(self.starts, self.starts[start] + BLOCK)))
            block = self.content[self.starts[start] : self.ends[stop - 1]]
            if (self.starts[start + 1 : stop] != self.ends[start : stop - 1] + 1).any():  # some in between are left out
                block = b"\n".join(self.content[a:b] for a, b in zip(self.starts[start:stop], self.ends[start:stop]))
            yield slice(start, stop), block
            start = stop

    def replace(self, old, new):
        """Return Lines with a letter, bytes, replaced by another of the same length."""
        return Lines(self.content.replace(old, new), self.starts, self.ends)

    def refuse_huge(self, path, numbers):
        """Raise InputError for a line that would fill the memory before its cells are known; numbers (lines,) of all.

        A cell of more letters that holds blanks or separators is refused when its line is divided.
        """
        for k in np.flatnonzero(self.ends - self.starts > LONGEST):
            start, end = int(self.starts[k]), int(self.ends[k])
            longest = _longest_cell(np.frombuffer(self.content, np.uint8)[start:end])
            if longest > LONGEST:
                found = f"a cell of {longest:,} letters, and {LONGEST:,} are the most"
                raise InputError(f"{path} line {numbers[k]} has {found}")
            times, mark = max((self.content.count(mark.encode(), start, end), mark) for mark in BETWEEN_CELLS)
            if times >= MOST_CELLS:
                found = f"{mark!r} {times:,} times, and {MOST_CELLS:,} cells are the most"
                raise InputError(f"{path} line {numbers[k]} holds {found}")

    def repeats_first(self):
        """Return the place of the first line that is the same as the line 0, or None."""
        alike = np.flatnonzero(self.ends - self.starts == self.ends[0] - self.starts[0])[1:]
        first = self[0]
        return next((int(k) for k in alike if self[k] == first), None)


def is_any(letters, of):
    """Tell which letters, uint8 (n,), are ASCII characters of a string. Returns: bool (n,)."""
    found = letters == ord(of[0])
    for letter in of[1:]:
        found |= letters == ord(letter)
    return found


def _longest_cell(letters):
    """Return the length of the longest stretch of a line, uint8 (n,), without what may lie between cells."""
    longest, last = 0, -1
    for part in range(0, len(letters), BLOCK):
        marks = part + np.flatnonzero(is_any(letters[part : part + BLOCK], BETWEEN_CELLS))
        if len(marks):
            longest, last = max(longest, int(np.diff(marks, prepend=last).max()) - 1), int(marks[-1])
    return max(longest, len(letters) - last - 1)
