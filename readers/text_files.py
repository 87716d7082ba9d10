"""What the readers of text share: encodings, rows of cells, numbers, and the official test set beside a file."""

import csv
import gzip
import re
import unicodedata
import zlib

import numpy as np

from core.errors import InputError
from readers.arrays.numpy_files import UNPACKED
from readers.file_checks import refuse_damaged, refuse_larger_than_memory

LONGEST = 10 * 2**20  # letters of a text, or of a cell


def csv_reader(lines, separator, strict=False):
    """Return csv.reader over lines, for cells of LONGEST letters. The limit is the process's: SciPy moves it."""
    csv.field_size_limit(LONGEST)
    return csv.reader(lines, delimiter=separator, strict=strict)


def composed(words):
    """Return words (n,) in NFC: an accented letter may be written as one character or two that look alike."""
    if not isinstance(words, np.ndarray) or words.dtype.kind != "U" or (words.view(np.uint32) < 128).all():
        return words
    different, places = np.unique(words, return_inverse=True)
    return np.array([unicodedata.normalize("NFC", word) for word in different])[places]


def to_numbers(cells, where):
    """Turn a list of strings into float64 numbers; raise InputError naming `where` and the first that is none."""
    try:
        numbers = np.array(cells, dtype=np.float64)
    except ValueError:
        for column, cell in enumerate(cells, 1):
            try:
                float(cell)
            except ValueError:
                raise InputError(f"{where}: value {column} is {cell[:40]!r}, not a number") from None
        raise
    too_large = np.isfinite(numbers) & (np.abs(numbers) > np.finfo(np.float32).max)
    if too_large.any():
        raise InputError(f"{where}: value {too_large.argmax() + 1} is beyond 32-bit floats")
    return numbers


def read_train_and_test(read_one, path):
    """Read a `NAME_TRAIN` file and the `NAME_TEST` file beside it (`_train`, `-train` too).

    Returns: (what `read_one` makes of the first, and of the second or None).
    """
    for train, test in (("_TRAIN.", "_TEST."), ("_train.", "_test."), ("-train.", "-test.")):
        before, found, suffix = path.name.rpartition(train)
        if found and (twin := path.with_name(before + test + suffix)).is_file():
            return read_one(path), read_one(twin)
    return read_one(path), None


def read_any_text(path):
    """Read a text file, or one packed by gzip: UTF-8, UTF-16 with its mark, else Latin-1.

    Returns: (text, notes).
    Raises: InputError for binary content, and for more than memory can hold.
    """
    refuse_larger_than_memory(path, path.stat().st_size)
    content, notes = path.read_bytes(), []
    if content[:2] == b"\x1f\x8b":
        with refuse_damaged(path, "is a damaged .gz file", (EOFError, zlib.error, OSError)), gzip.open(path) as file:
            content = file.read(UNPACKED + 1)
        if len(content) > UNPACKED:
            raise InputError(f"{path} holds more than {UNPACKED / 2**30:.0f} GiB: unpack and divide it")
        refuse_larger_than_memory(path, len(content))
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        text, notes = content.decode("latin-1"), ["read as Latin-1: it is not UTF-8"]
        if re.search("[\0-\x08\x0e-\x1f\x7f]", text[:10_000]):
            raise InputError(f"{path} is not a text file: byte {error.start} is not UTF-8") from error
    if "\0" in text[:10_000]:
        raise InputError(f"{path} is not a text file: it holds zero bytes")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text, notes
