"""An array whose rows stay in their file until they are asked for: what makes data larger than memory possible."""

import zipfile

import numpy as np

GAP = 64  # rows: what lies closer together is read in one go ...
STROKE = 2**24  # ... of so many bytes at the most


class RowsOnDisk:
    """The rows of an uncompressed C-ordered array in a file, read with `x[rows]`.

    Not a memory map: its pages would count as memory of the process, up to the whole file.
    """

    def __init__(self, path, offset, shape, dtype, places=None):
        """places: (n,) which of the file's rows they are, None for all."""
        self.path, self.offset, self.shape, self.dtype = path, offset, tuple(shape), np.dtype(dtype)
        self.places = places

    def __len__(self):
        return self.shape[0]

    @property
    def ndim(self):
        """The number of axes."""
        return len(self.shape)

    def reshaped(self, shape):
        """Return the same rows in another shape, whose first axis is the same."""
        return RowsOnDisk(self.path, self.offset, shape, self.dtype, self.places)

    def at(self, rows):
        """Return the rows at `rows` (n,), still in the file."""
        places = rows if self.places is None else self.places[rows]
        return RowsOnDisk(self.path, self.offset, (len(rows), *self.shape[1:]), self.dtype, places)

    def between(self, first, last):
        """Return the rows from `first` to before `last`, still in the file."""
        if self.places is not None:
            return self.at(np.arange(first, last))
        width = int(np.prod(self.shape[1:])) * self.dtype.itemsize
        return RowsOnDisk(self.path, self.offset + first * width, (last - first, *self.shape[1:]), self.dtype)

    def __getitem__(self, which):
        """Read rows: a slice or whole numbers (n,). Returns: array (n, ...) of the file's dtype."""
        rows = np.arange(*which.indices(len(self))) if isinstance(which, slice) else np.asarray(which)
        rows = rows if self.places is None else self.places[rows]
        flat = np.empty((len(rows), int(np.prod(self.shape[1:]))), self.dtype)
        order = np.argsort(rows, kind="stable")
        ascending = rows[order]
        width = flat.shape[1]
        stroke = ascending // max(1, STROKE // (width * self.dtype.itemsize))
        apart = (np.diff(ascending) > GAP) | (np.diff(stroke) > 0)
        runs = np.split(np.arange(len(rows)), np.flatnonzero(apart) + 1) if len(rows) else []
        with open(self.path, "rb") as file:
            for run in runs:
                first, last = ascending[run[0]], ascending[run[-1]]
                file.seek(self.offset + int(first) * width * self.dtype.itemsize)
                read = np.fromfile(file, self.dtype, (int(last - first) + 1) * width).reshape(-1, width)
                flat[order[run]] = read[ascending[run] - first]
        return flat.reshape(len(rows), *self.shape[1:])


def open_npy(path):
    """Open a `.npy` file as RowsOnDisk. Raises ValueError or OSError for what is none."""
    with open(path, "rb") as file:
        return _after_header(path, file, path.stat().st_size)


def open_npz_member(path, member):
    """Open one array of an `.npz` archive as RowsOnDisk; None if it is compressed or cannot be read by rows."""
    if member.compress_type != zipfile.ZIP_STORED:
        return None
    with open(path, "rb") as file:
        file.seek(member.header_offset)
        header = file.read(30)  # of the member: fixed fields, then its name and extra fields
        lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        file.seek(member.header_offset + 30 + lengths)
        start = file.tell()
        return _after_header(path, file, min(start + member.file_size, path.stat().st_size))


def _after_header(path, file, end):
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version[0] == 1 else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(file)
    claimed = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if claimed > end - file.tell():
        raise ValueError(f"its header claims {claimed} bytes, the file holds {end - file.tell()}")
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which are never read (they could run code)")
    if not shape:
        raise ValueError("it holds a single value, not sequences")
    if 0 in shape or fortran and len(shape) > 1:
        return None
    return RowsOnDisk(path, file.tell(), shape, dtype)
