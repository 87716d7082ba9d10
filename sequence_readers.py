"""Read sequences from files: one short function per format, plain NumPy arrays out.

READERS below is the table of formats; `read_data_set(path)` and `read_new(path)` pick from it. No pickle is ever read,
nothing is executed, and no TensorFlow is imported here.
"""

from contextlib import contextmanager
from pathlib import Path

import numpy as np

from array_reader import read_npy, read_npz
from checks import InputError, read_text
from recordings import log_mel, read_wav
from sequences import Sequences
from series_reader import read_series


def read_ucr(path, unlabelled_steps=None):
    """Read a UCR text file: one sequence a line, its label first, commas, tabs or blanks between.

    Lines of exactly `unlabelled_steps` values are taken as unlabelled.
    Returns: Sequences with x (n, time, 1) float64 and y (n,) strings. Raises InputError for ragged rows and cells that
    are no number, naming the line. Format: https://www.cs.ucr.edu/~eamonn/time_series_data_2018
    """
    rows = [(i, line.replace(",", " ").split()) for i, line in enumerate(read_text(path).split("\n"), 1)]
    rows = [(i, cells) for i, cells in rows if cells]
    if not rows:
        raise InputError(f"{path} is empty")
    width = len(rows[0][1])
    first = 0 if width == unlabelled_steps else 1
    if width <= first:
        raise InputError(f"{path} line {rows[0][0]}: a label and at least one value are needed")
    x = np.empty((len(rows), width - first, 1))
    for sequence, (i, cells) in zip(x, rows):
        if len(cells) != width:
            raise InputError(f"{path} line {i} has {len(cells)} columns, the lines before have {width}")
        sequence[:, 0] = to_numbers(cells[first:], f"{path} line {i}")
    return Sequences(x, np.array([cells[0] for _, cells in rows]) if first else None)


def read_ts(path):
    """Read a UEA/UCR `.ts` file, univariate or multivariate, of equal or unequal length, `?` for a missing value.

    Returns: Sequences with x a list of n float64 arrays (time_i, features), NaN where missing, and y (n,) strings or
    None (`@classLabel false`). Raises InputError naming the line.
    Format: https://www.aeon-toolkit.org/en/stable/examples/datasets/data_loading.html
    """
    lines = enumerate(read_text(path).split("\n"), 1)
    header = _read_ts_header(path, lines)
    labels = header.get("classlabel", ["false"])
    labelled = labels[0].lower() == "true"
    x, y = [], []
    for i, line in lines:
        line = line.strip()
        if not line or line.startswith(("#", "%")):
            continue
        where = f"{path} line {i}"
        dimensions = line.split(":")
        if labelled:
            y.append(dimensions.pop().strip())
            if y[-1] not in labels[1:]:
                raise InputError(f"{where}: label {y[-1][:40]!r} is none of the header's: {' '.join(labels[1:])[:80]}")
        columns = [to_numbers([_nan_if_missing(cell) for cell in cells.split(",")], where) for cells in dimensions]
        _check_ts_shape(where, header, columns, x)
        x.append(np.stack(columns, axis=1))
    if not x:
        raise InputError(f"{path} holds no sequences after @data")
    return Sequences(x, np.array(y) if labelled else None)


TS_FIELDS = (
    "problemname", "timestamps", "missing", "univariate", "dimension", "dimensions", "equallength", "serieslength",
    "classlabel",
)  # fmt: skip


def _nan_if_missing(cell):
    return "nan" if cell.strip() == "?" else cell


def _read_ts_header(path, lines):
    """Read up to @data. Returns: dictionary from field name in lower case to its words."""
    header = {}
    for i, line in lines:
        field, *words = line.split() or [""]
        if field.lower() == "@data":
            break
        if field.startswith("@"):
            if field[1:].lower() not in TS_FIELDS:
                raise InputError(f"{path} line {i}: {field[:40]!r} is no header field of the format")
            if not words:
                raise InputError(f"{path} line {i}: header field {field} has no value")
            header[field[1:].lower()] = words
        elif field and not field.startswith(("#", "%")):
            raise InputError(f"{path} line {i}: this is no .ts header line (they begin with @ or #)")
    else:
        raise InputError(f"{path} has no @data line: it is no .ts file, or it is cut off")
    if header.get("timestamps", ["false"])[0].lower() == "true":
        raise InputError(f"{path} has time stamps (@timeStamps true), which are not read: write the values alone")
    for field in ("dimensions", "dimension", "serieslength"):
        if field in header and not (header[field][0].isdecimal() and len(header[field][0]) < 20):
            raise InputError(f"{path}: header field @{field} is {header[field][0][:40]!r}, not a whole number")
    return header


def _check_ts_shape(where, header, columns, x):
    if not columns:
        raise InputError(f"{where} has no values")
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        raise InputError(f"{where}: its features are of different length ({min(lengths)} and {max(lengths)})")
    features = header.get("dimensions", header.get("dimension"))
    expected = int(features[0]) if features else 1 if header.get("univariate", [""])[0].lower() == "true" else None
    expected = x[0].shape[1] if x else expected or len(columns)
    if len(columns) != expected:
        raise InputError(f"{where} has {len(columns)} features, expected are {expected}")
    if header.get("equallength", [""])[0].lower() == "true":
        steps = int(header.get("serieslength", [len(x[0]) if x else len(columns[0])])[0])
        if lengths != {steps}:
            raise InputError(f"{where} has {len(columns[0])} time steps, the header says {steps} for all")


def read_recordings(path):
    """Read a folder of `LABEL_*.wav` recordings (or one such file) as log-mel frames: see recordings.py.

    Returns: Sequences with x a list of n arrays (frames_i, 40), y the names up to the first "_" (None if one has
    none), and the file names. Raises InputError for a damaged file and for two that differ in sample rate.
    """
    files = sorted(path.glob("*.wav")) if path.is_dir() else [path]
    x, rates = [], []
    for file in files:
        refuse_special(file)
        samples, rate = read_wav(file)
        if rates and rate != rates[0]:
            raise InputError(f"{files[0].name} has {rates[0]} Hz and {file.name} has {rate} Hz: convert to one rate")
        rates.append(rate)
        x.append(log_mel(samples, rate).astype(np.float32))
    names = [file.name for file in files]
    for name in names:
        if not name.isprintable():
            raise InputError(f"{path} has the file name {name!r}: letters that can be shown are needed")
    labels = np.array([name.split("_")[0] for name in names])
    return Sequences(x, labels if all("_" in name for name in names) else None, None, names, rates[0])


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


# Format: reader. A folder of `.wav` files counts as `.wav`; in a folder of several formats the first one is taken.
READERS = {
    ".ts": read_ts,
    ".npz": read_npz,
    ".npy": read_npy,
    ".tsv": read_ucr,
    ".txt": read_ucr,
    ".wav": read_recordings,
    ".csv": read_series,
}


def read_data_set(path):
    """Read the data set at `path`, with its official test split where one lies beside it (`NAME_TEST` twin).

    Returns: (Sequences, Sequences of the test split or None). Raises InputError for a path that is missing, of no
    known format, or malformed.
    """
    path = Path(path)
    with refused_unless_readable(path):
        kind, path = find_format(path)
        if kind == ".npz":
            return read_npz(path)
        twin = test_twin(path)
        return READERS[kind](path), READERS[kind](twin) if twin else None


def read_new(path, time_steps):
    """Read new sequences, with labels or without, from one file, or a folder of `.wav`.

    `time_steps` are those that the network takes: they tell whether a UCR line begins with a label.
    Returns: Sequences. Raises InputError as read_data_set does.
    """
    path = Path(path)
    with refused_unless_readable(path):
        if path.is_dir() and not any(path.glob("*.wav")):
            raise InputError(f"{path} is a folder without .wav files: name one file")
        kind, path = find_format(path)
        if READERS[kind] is read_ucr:
            return read_ucr(path, unlabelled_steps=time_steps)
        if kind == ".npz":
            new, test = read_npz(path)
            if test is not None:
                raise InputError(f"{path} holds a training and a test part: save the new sequences alone, as X")
            return new
        return READERS[kind](path)


@contextmanager
def refused_unless_readable(path):
    """Turn an operating system's refusal to read into InputError."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{error.filename or path} cannot be read: {error.strerror or error}") from error
    except MemoryError as error:
        raise InputError(f"{path} does not fit in memory") from error


def find_format(path):
    """Tell the format of `path`: (key of READERS, path of the file to read).

    A folder stands for the `NAME_TRAIN` file in it, looked for in the order of READERS, or for its `.wav` files.
    """
    formats = ", ".join(READERS)
    if not path.exists():
        raise InputError(f"{path} does not exist")
    if path.is_file():
        if path.suffix not in READERS:
            raise InputError(f"{path} is of no known format; allowed are {formats}")
        return path.suffix, path
    refuse_special(path, allowed=path.is_dir())
    for suffix in READERS:
        found = sorted(path.glob(f"*_TRAIN{suffix}"))
        if len(found) > 1:
            raise InputError(f"{path} holds several data sets ({found[0].name}, {found[1].name}): name one file")
        if found:
            refuse_special(found[0])
            return suffix, found[0]
    if any(path.glob("*.wav")):
        return ".wav", path
    raise InputError(f"the folder {path} holds neither a NAME_TRAIN file nor .wav files; allowed formats are {formats}")


def refuse_special(path, allowed=False):
    """Raise InputError unless `path` is a regular file: a pipe or a device may never end."""
    if not (path.is_file() or allowed):
        raise InputError(f"{path} is no regular file")


def test_twin(path):
    """Return the official test file beside a `NAME_TRAIN` file, or None."""
    twin = path.with_name(path.stem.removesuffix("_TRAIN") + "_TEST" + path.suffix)
    return twin if path.stem.endswith("_TRAIN") and twin.is_file() else None
