"""Arrays of other programs: MATLAB's `.mat` (SciPy), HDF5's `.h5` (h5py) and Weka's `.arff` (SciPy).

Nothing but plain arrays of numbers and words is read: no objects, no references, no links to other files.
"""

import io
import subprocess
import sys

import numpy as np

from core.errors import DAMAGED, InputError
from core.files import read_text
from core.lazy import lazy
from readers.arrays import numpy_files
from readers.arrays.named_arrays import classes_if_one_hot, from_names, sequences_from_arrays
from readers.file_checks import refuse_damaged
from readers.text_files import read_train_and_test
from sequences.rows_on_disk import RowsOnDisk

h5py = lazy("h5py")
arff = lazy("scipy.io.arff")


def read_mat(path, c, preparation=None):
    """Read a MATLAB `.mat` file, version 4 to 7.2 by SciPy, version 7.3 as HDF5.

    With arrays named as in named_arrays.py, or any two of which one is as long as an axis of the other: the
    larger holds the sequences. MATLAB keeps the trials on the last axis and the time before it: then all axes are
    reversed.
    """
    with open(path, "rb") as file:
        beginning = file.read(128)
    if beginning[:4] == b"\x89HDF" or b"MATLAB 7.3" in beginning:
        return read_h5(path, c, preparation)
    arrays = _plain_arrays(path)
    if {"X", "x", "X_train", "x_train", "train_images"} & set(arrays):
        return from_names(path, arrays, arrays.get, c, preparation)
    if not arrays:
        raise InputError(f"{path} holds no plain arrays of numbers")
    x_name = max(arrays, key=lambda name: arrays[name].size)
    x, notes = arrays[x_name], []
    y_name = next((n for n, a in arrays.items() if n != x_name and a.size in (x.shape[0], x.shape[-1])), None)
    y = None if y_name is None else arrays[y_name].reshape(-1)
    if y is not None and x.ndim > 2 and x.shape[-1] == len(y) != x.shape[0]:
        notes.append(f"{x_name} {x.shape} was read as {x.shape[::-1]}: sequences, time steps, features")
        x = x.T
    if unused := sorted(set(arrays) - {x_name, y_name}):
        notes.append(f"arrays that are not used: {', '.join(unused)}")
    return classes_if_one_hot(sequences_from_arrays(path, x_name, x, y_name, y, c, preparation).noted(*notes), None)


# A damaged file can end the process that SciPy reads it in: it is another process than ours.
LOAD = """
import io, sys, numpy, scipy.io
content = scipy.io.loadmat(sys.argv[1], struct_as_record=True)
for name, a in content.items():
    if name in ("X", "x", "X_train", "X_test") and not (isinstance(a, numpy.ndarray) and a.dtype.kind in "fiub"):
        sys.exit(f"{name} is no plain array of real numbers")
plain = {name: a for name, a in content.items() if not name.startswith("__") and isinstance(a, numpy.ndarray)}
archive = io.BytesIO()
numpy.savez(archive, **{name: a for name, a in plain.items() if a.dtype.kind in "fiubU" and a.size})
sys.stdout.buffer.write(archive.getvalue())
"""


def _plain_arrays(path):
    """Return {name: array} of a MATLAB file's arrays of numbers and words."""
    done = subprocess.run([sys.executable, "-I", "-c", LOAD, str(path)], capture_output=True, check=False)
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().split("\n")[-1][:200]
        raise InputError(f"{path} cannot be read as .mat: {reason or 'it is damaged'}")
    with np.load(io.BytesIO(done.stdout), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def read_h5(path, c, preparation=None):
    """Read an HDF5 file with data sets named as in readers/arrays/named_arrays.py; large ones stay on disk."""
    errors = (*DAMAGED, TypeError, AttributeError)
    with refuse_damaged(path, "cannot be read as .h5", errors), h5py.File(path, "r") as file:
        plain = [name for name in file if isinstance(file.get(name, getlink=True), h5py.HardLink)]
        names = [name for name in plain if isinstance(file[name], h5py.Dataset)]
        return from_names(path, names, lambda name: _load_data_set(path, file[name]), c, preparation)


def _load_data_set(path, data):
    """Load a data set of an HDF5 file, or leave it on disk where it is large and lies there in one piece."""
    if data.external or data.is_virtual:
        raise InputError(f"{path}: {data.name[1:]} lies in another file, which is not read")
    if data.dtype.kind == "O":
        if h5py.check_string_dtype(data.dtype) is None:
            raise InputError(f"{path}: {data.name[1:]} holds objects; plain numbers or words are needed")
        return np.array(data.asstr()[:], dtype=str)
    size = data.size * data.dtype.itemsize
    if size > numpy_files.IN_MEMORY and data.id.get_offset() is not None:
        return RowsOnDisk(path, data.id.get_offset(), data.shape, data.dtype)
    if size > numpy_files.UNPACKED:
        raise InputError(f"{path}: {data.name[1:]} has {size / 2**30:.1f} GiB: write it without chunks and compression")
    return data[()]


def read_arff(path, c, preparation=None):
    """Read Weka's `.arff` and its `_TEST` twin: a row is a sequence, its nominal attribute the label."""
    return (
        (_read_one_arff(path, c, preparation), None)
        if preparation is not None
        else read_train_and_test(lambda file: _read_one_arff(file, c), path)
    )


def _read_one_arff(path, c, preparation=None):
    text = read_text(path)
    codec = "utf-8"
    if not text.isascii():  # the words that SciPy returns are
        text, codec = text.replace("\\", r"\\").encode("ascii", "backslashreplace").decode(), "unicode_escape"
    errors = (*DAMAGED, arff.ParseArffError, TypeError, AttributeError, IndexError, StopIteration)
    with refuse_damaged(path, "cannot be read as .arff", errors):
        rows, meta = arff.loadarff(io.StringIO(text))
    kinds = dict(zip(meta.names(), meta.types()))
    labels = [name for name, kind in kinds.items() if kind == "nominal"]
    numbers = [name for name, kind in kinds.items() if kind == "numeric"]
    if not numbers or not len(rows):
        raise InputError(f"{path} holds no rows of numbers")
    if len(labels) > 1:
        found = f"{len(labels)} nominal attributes ({', '.join(labels[:3])})"
        raise InputError(f"{path} has {found}: one, the label, is allowed")
    x = np.stack([rows[name].astype(np.float64) for name in numbers], axis=1)
    y = np.char.decode(np.asarray(rows[labels[0]], dtype=bytes), codec, "replace") if labels else None
    y = y if y is None else np.where(y == "?", "", y)  # has no label
    return sequences_from_arrays(path, "it", x, "the label", y, c, preparation)
