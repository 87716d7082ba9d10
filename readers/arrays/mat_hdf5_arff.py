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
from readers.arrays import numpy_files as arrays
from readers.arrays.named_arrays import from_names, sequences_of
from readers.text_files import with_twin
from sequences.rows_on_disk import RowsOnDisk

h5py = lazy("h5py")
arff = lazy("scipy.io.arff")


def read_mat(path, c, known=None):
    """Read a MATLAB `.mat` file, version 4 to 7.2 by SciPy, version 7.3 as HDF5.

    With arrays named as in named_arrays.py, or any two of which one is as long as an axis of the other: the
    larger holds the sequences. MATLAB keeps the trials on the last axis and the time before it: then all axes are
    turned round. Returns: (Sequences, Sequences of the official test set or None).
    """
    with open(path, "rb") as file:
        beginning = file.read(128)
    if beginning[:4] == b"\x89HDF" or b"MATLAB 7.3" in beginning:
        return read_h5(path, c, known)
    found = _plain_arrays(path)
    if {"X", "x", "X_train", "x_train"} & set(found):
        return from_names(path, found, found.get, known)
    if not found:
        raise InputError(f"{path} holds no plain arrays of numbers")
    x_name = max(found, key=lambda name: found[name].size)
    x, notes = found[x_name], []
    labels = [n for n, a in found.items() if n != x_name and a.size in (x.shape[0], x.shape[-1])]
    y = found[labels[0]].reshape(-1) if labels else None
    n = len(y) if y is not None else x.shape[0]
    if y is not None and x.ndim > 2 and x.shape[-1] == n != x.shape[0]:
        notes.append(f"{x_name} {x.shape} was read as {x.shape[::-1]}: sequences, time steps, features")
        x = x.T
    other = sorted(set(found) - {x_name, *labels[:1]})
    if other:
        notes.append(f"arrays that are not looked at: {', '.join(other)}")
    part = sequences_of(path, x_name, x, labels[0] if labels else "y", y, known)
    return part.replace(notes=(*part.notes, *notes)), None


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
        said = done.stderr.decode("utf-8", "replace").strip().split("\n")[-1][:200]
        raise InputError(f"{path} cannot be read as .mat: {said or 'it is damaged'}")
    with np.load(io.BytesIO(done.stdout), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def read_h5(path, c, known=None):
    """Read an HDF5 file with data sets named as in readers/arrays/named_arrays.py; large ones stay on disk.

    Returns: (Sequences, Sequences of the official test set or None).
    """
    try:
        with h5py.File(path, "r") as file:
            plain = [n for n in file if isinstance(file.get(n, getlink=True), h5py.HardLink)]
            names = [n for n in plain if isinstance(file[n], h5py.Dataset)]
            return from_names(path, names, lambda name: _data_set(path, file[name]), known)
    except InputError:
        raise
    except (*DAMAGED, TypeError, AttributeError) as error:
        raise InputError(f"{path} cannot be read as .h5: {error}") from error


def _data_set(path, data):
    """Load a data set of an HDF5 file, or leave it on disk where it is large and lies there in one piece."""
    if data.external or data.is_virtual:
        raise InputError(f"{path}: {data.name[1:]} lies in another file, which is not read")
    if data.dtype.kind == "O":
        if h5py.check_string_dtype(data.dtype) is None:
            raise InputError(f"{path}: {data.name[1:]} holds objects; plain numbers or words are needed")
        return np.array(data.asstr()[:], dtype=str)
    size = data.size * data.dtype.itemsize
    if size > arrays.IN_MEMORY and data.id.get_offset() is not None:
        return RowsOnDisk(path, data.id.get_offset(), data.shape, data.dtype)
    if size > arrays.UNPACKED:
        raise InputError(f"{path}: {data.name[1:]} has {size / 2**30:.1f} GiB: write it without chunks and compression")
    return data[()]


def read_arff(path, c, known=None):
    """Read Weka's `.arff`, and but for new data its `_TEST` twin: see _rows_of_arff.

    Returns: (Sequences, Sequences of the twin or None).
    """
    if known is not None:
        return _rows_of_arff(path, known), None
    return with_twin(_rows_of_arff, path)


def _rows_of_arff(path, known=None):
    """Read one such file: a row a sequence, numbers as its time steps, the nominal attribute as its label."""
    try:
        rows, meta = arff.loadarff(io.StringIO(read_text(path)))
    except (*DAMAGED, arff.ParseArffError, TypeError, AttributeError, IndexError, StopIteration) as error:
        raise InputError(f"{path} cannot be read as .arff: {str(error) or 'it ends before its @data'}") from error
    kinds = dict(zip(meta.names(), meta.types()))
    labels = [name for name, kind in kinds.items() if kind == "nominal"]
    numbers = [name for name, kind in kinds.items() if kind == "numeric"]
    if not numbers or not len(rows):
        raise InputError(f"{path} holds no rows of numbers")
    if len(labels) > 1:
        raise InputError(
            f"{path} has {len(labels)} nominal attributes ({', '.join(labels[:3])}): one, the label, is allowed"
        )
    x = np.stack([rows[name].astype(np.float64) for name in numbers], axis=1)
    y = np.char.decode(np.asarray(rows[labels[0]], dtype=bytes), "utf-8", "replace") if labels else None
    return sequences_of(path, "it", x, "the label", y, known)
