"""What the readers of text share: encodings, rows of cells, numbers, and the official test set beside a file."""

import codecs
import csv
import gzip
import io
import unicodedata
import zlib
from array import array

import numpy as np

from core.errors import InputError
from readers.arrays.numpy_files import UNPACKED
from readers.encodings import CONTROL, SAMPLE, refuse_other_encodings, refuse_other_formats, wide_encoding
from readers.file_checks import refuse_damaged, refuse_larger_than_memory

# How the names of a training and of a test file may end.
TRAIN_AND_TEST = [
    (f"{mark}{train}.", f"{mark}{test}.")
    for mark in "_-"
    for train, test in (("TRAIN", "TEST"), ("train", "test"), ("Train", "Test"))
]
LARGEST = np.finfo(np.float32).max
LONGEST = 10 * 2**20  # letters of a text, or of a cell
PIECE = 2**20  # bytes of a file that are decoded at a time: one emoji makes every letter of a string take four


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
    plain, numbers = cells, array("d")
    if "_" in "".join(cells):
        plain = [cell.replace("_", "?") for cell in cells]  # Python would read 1_1 as 11
    try:
        numbers.extend(map(float, plain))  # up to the first that is none
    except ValueError:
        wrong = cells[len(numbers)][:40]
        raise InputError(f"{where}: value {len(numbers) + 1} is {wrong!r}, not a number") from None
    numbers = np.array(numbers)
    too_large = np.abs(numbers) > LARGEST
    if too_large.any() and (too_large := too_large & np.isfinite(numbers)).any():
        raise InputError(f"{where}: value {too_large.argmax() + 1} is beyond 32-bit floats")
    return numbers


def twin_of(path):
    """Return the path of the `NAME_TEST` file beside a `NAME_TRAIN` file (`_train`, `-Train` too), or None."""
    for train, test in TRAIN_AND_TEST:
        before, found, suffix = path.name.rpartition(train)
        if found and (twin := path.with_name(before + test + suffix)).is_file():
            return twin
    return None


def read_train_and_test(read_one, path):
    """Read a file and its twin. Returns: (what `read_one` makes of the first, and of the second or None)."""
    twin = twin_of(path)
    return read_one(path), twin and read_one(twin)


def read_any_text(path):
    """Read a text file. Returns: (text, notes). Raises: InputError as read_utf8 does."""
    content, notes = read_utf8(path)
    return content.decode(), notes


def read_utf8(path):
    """Read a text file, or one packed by gzip, in UTF-8, UTF-16, UTF-32, or else cp1252.

    Returns: (its bytes in UTF-8, with line breaks \\n, notes).
    Raises: InputError for binary content, for other encodings, and for more than memory can hold.
    """
    refuse_larger_than_memory(path, path.stat().st_size)
    content, notes = path.read_bytes(), []
    if content[:2] == b"\x1f\x8b":
        with refuse_damaged(path, "is a damaged .gz file", (EOFError, zlib.error, OSError)), gzip.open(path) as file:
            content = file.read(UNPACKED + 1)
        if len(content) > UNPACKED:
            raise InputError(f"{path} holds more than {UNPACKED / 2**30:.0f} GiB: unpack and divide it")
        refuse_larger_than_memory(path, len(content))
    refuse_other_formats(path, content)
    encoding = wide_encoding(content) or "utf-8"
    try:
        if encoding != "utf-8":
            content = _as_utf8(content, encoding)
        elif not content.isascii():
            for _ in _decoded(content, encoding):
                pass
    except UnicodeDecodeError as error:
        if encoding != "utf-8" or CONTROL.search(content[:SAMPLE].decode("latin-1")):
            raise InputError(f"{path} is not a text file: byte {error.start} is not {encoding[:6].upper()}") from error
        refuse_other_encodings(path, content, error.start)
        content, notes = _as_utf8(content, "cp1252"), ["read as cp1252: it is not UTF-8"]
    if b"\0" in content[:SAMPLE] or encoding != "utf-8" and CONTROL.search(content[:SAMPLE].decode("latin-1")):
        raise InputError(f"{path} is not a text file: it holds zero bytes")
    if encoding.endswith("e"):
        notes = [f"read as {encoding[:6].upper()}: it has no mark of its encoding, and its zero bytes tell"]
    content = content.removeprefix(codecs.BOM_UTF8)
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in content else content, notes


def _as_utf8(content, encoding):
    """Return bytes of an encoding in UTF-8. Raises: UnicodeDecodeError."""
    text = io.BytesIO()
    for piece in _decoded(content, encoding):
        text.write(piece.encode())
    return text.getvalue()


def _decoded(content, encoding):
    """Yield bytes decoded, a piece at a time. Raises: UnicodeDecodeError, with the place among all bytes."""
    decoder = codecs.getincrementaldecoder(encoding)()
    for start in range(0, len(content), PIECE):
        piece = content[start : start + PIECE]
        try:
            yield decoder.decode(piece, start + PIECE >= len(content))
        except UnicodeDecodeError as error:  # its bytes begin with those that the piece before left over
            error.start += start + len(piece) - len(error.object)
            raise
