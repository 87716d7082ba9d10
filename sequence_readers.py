"""Read sequences from files: one short function per format, plain NumPy arrays out.

Formats: `.npz` and UCR text (`.tsv`, `.txt`). `read_sequences(path)` picks the reader; READERS below is the table.
No pickle is ever read, and no TensorFlow is imported here.
"""

import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from checks import InputError


class Sequences(NamedTuple):
    """What a reader returns: `x` (n, time, features[, ...]) and the labels `y` (n,), or None where there are none."""

    x: np.ndarray
    y: np.ndarray | None


def read_npz(path):
    """Read `X`, `y`, or `X_train`, `y_train`, `X_test`, `y_test`, from a NumPy `.npz` archive.

    Returns: (Sequences, Sequences of the official test split or None). X of shape (n, time) gets a feature axis.
    Raises InputError for a damaged archive, missing names, object arrays (they would need pickle) and wrong shapes.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            _refuse_false_headers(path, archive)
            names = set(archive.files)
            if "X" in names:
                pairs = [("X", "y")]
            elif {"X_train", "X_test"} <= names:
                pairs = [("X_train", "y_train"), ("X_test", "y_test")]
            else:
                found = ", ".join(sorted(names)) or "nothing"
                raise InputError(f"{path} needs arrays X, y or X_train, y_train, X_test, y_test; it holds {found}")
            parts = [_checked_arrays(path, x, archive[x], y, archive[y] if y in names else None) for x, y in pairs]
    except (zipfile.BadZipFile, OSError, EOFError, MemoryError, NotImplementedError, KeyError) as error:
        raise InputError(f"{path} cannot be read as .npz: {error}") from error
    except InputError:
        raise
    except ValueError as error:  # NumPy's word for an object array or a broken array header
        raise InputError(f"{path} cannot be read as .npz: {error}") from error
    return parts[0], parts[1] if len(parts) == 2 else None


def _refuse_false_headers(path, archive):
    """Refuse an array whose header claims more bytes than the archive can hold, before any memory is taken for it."""
    if not isinstance(archive, np.lib.npyio.NpzFile):
        raise InputError(f"{path} is not an .npz archive (np.savez writes one)")
    for member in archive.zip.infolist():
        with archive.zip.open(member) as file:
            version = np.lib.format.read_magic(file)
            read_header = {1: np.lib.format.read_array_header_1_0}.get(version[0], np.lib.format.read_array_header_2_0)
            shape, _, dtype = read_header(file)
        # DEFLATE packs at most 1032 to 1: a larger claim is false.
        claimed, held = int(np.prod(shape, dtype=object)) * dtype.itemsize, member.compress_size * 1032
        if claimed > min(member.file_size, held):
            raise InputError(f"{path}: {member.filename} claims {claimed} bytes, more than the file holds")


def _checked_arrays(path, x_name, x, y_name, y):
    if x.dtype.kind not in "fiub":
        raise InputError(f"{path}: {x_name} must hold numbers, it holds {x.dtype}")
    if x.ndim == 2:
        x = x[:, :, np.newaxis]
    if x.ndim not in (3, 5):
        raise InputError(
            f"{path}: {x_name} has shape {x.shape}; allowed are (n, time), (n, time, features) and "
            "(n, time, height, width, channels)"
        )
    if y is not None and y.dtype.kind not in "fiubUS":
        raise InputError(f"{path}: {y_name} must hold numbers or words, it holds {y.dtype}")
    if y is not None and y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y is not None and y.dtype.kind == "S":
        y = np.char.decode(y, "utf-8", "replace")
    if y is not None and y.shape != (len(x),):
        raise InputError(f"{path}: {x_name} has {len(x)} sequences, {y_name} has shape {y.shape}")
    return Sequences(x, y)


def read_ucr(path):
    """Read a UCR text file: one sequence a line, its label first, commas, tabs or blanks between.

    Returns: Sequences with x (n, time, 1) float64 and y (n,) strings. Raises InputError for ragged rows and cells that
    are no number, naming the line. Format: https://www.cs.ucr.edu/~eamonn/time_series_data_2018
    """
    rows = [(i, line.replace(",", " ").split()) for i, line in enumerate(read_text(path).split("\n"), 1)]
    rows = [(i, cells) for i, cells in rows if cells]
    if not rows:
        raise InputError(f"{path} is empty")
    width = len(rows[0][1])
    if width < 2:
        raise InputError(f"{path} line {rows[0][0]}: a label and at least one value are needed")
    x = np.empty((len(rows), width - 1, 1))
    for sequence, (i, cells) in zip(x, rows):
        if len(cells) != width:
            raise InputError(f"{path} line {i} has {len(cells) - 1} values, the lines before have {width - 1}")
        sequence[:, 0] = to_numbers(cells[1:], f"{path} line {i}")
    return Sequences(x, np.array([cells[0] for _, cells in rows]))


def read_text(path):
    """Return the text of a UTF-8 file; raise InputError where it is not text."""
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not a text file: byte {error.start} is not UTF-8") from error


def to_numbers(cells, where):
    """Turn a list of strings into float64 numbers; raise InputError naming `where` and the first that is none."""
    try:
        return np.array(cells, dtype=np.float64)
    except ValueError:
        for column, cell in enumerate(cells, 1):
            try:
                float(cell)
            except ValueError:
                raise InputError(f"{where}: value {column} is {cell[:40]!r}, not a number") from None
        raise


READERS = {".npz": read_npz, ".tsv": read_ucr, ".txt": read_ucr}


def read_sequences(path):
    """Read the data set at `path`, with its official test split where one lies beside it (`NAME_TEST` twin).

    Returns: (Sequences, Sequences of the test split or None). Raises InputError for a path that is missing, of no
    known format, or malformed.
    """
    path = find_file(Path(path))
    try:
        if path.suffix == ".npz":
            return read_npz(path)
        reader, twin = READERS[path.suffix], test_twin(path)
        return reader(path), reader(twin) if twin else None
    except OSError as error:
        raise InputError(f"{error.filename or path} cannot be read: {error.strerror}") from error


def find_file(path):
    """Return the file that `path` names: itself, or the `NAME_TRAIN` file in that folder (in the order of READERS)."""
    formats = ", ".join(READERS)
    if not path.exists():
        raise InputError(f"{path} does not exist")
    if path.is_file():
        if path.suffix not in READERS:
            raise InputError(f"{path} is of no known format; allowed are {formats}")
        return path
    for suffix in READERS:
        found = sorted(path.glob(f"*_TRAIN{suffix}"))
        if len(found) > 1:
            raise InputError(
                f"{path} holds several data sets ({found[0].name}, {found[1].name}): name one of the files"
            )
        if found:
            return found[0]
    raise InputError(f"the folder {path} holds no NAME_TRAIN file; allowed formats are {formats}")


def test_twin(path):
    """Return the official test file beside a `NAME_TRAIN` file, or None."""
    twin = path.with_name(path.stem.removesuffix("_TRAIN") + "_TEST" + path.suffix)
    return twin if path.stem.endswith("_TRAIN") and twin.is_file() else None
