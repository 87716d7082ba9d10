"""NumPy's `.npz` and `.npy` files. Large arrays stay on disk; no pickle is ever read."""

import zipfile

import numpy as np

from core.errors import InputError
from readers.arrays.named_arrays import classes_if_one_hot, from_names, sequences_from_arrays
from readers.file_checks import refuse_damaged
from sequences.rows_on_disk import open_npy, open_npz_member

UNPACKED = 2 * 2**30  # bytes that a compressed array may have
IN_MEMORY = 256 * 2**20  # bytes: larger arrays that are not compressed stay on disk, and are read batch by batch


def read_npz(path, c, preparation=None):
    """Read a NumPy `.npz` archive: see readers/arrays/named_arrays.py for the names.

    Raises: InputError for a damaged archive, missing names, object arrays (they would need pickle) and wrong shapes.
    """
    if not zipfile.is_zipfile(path):
        raise InputError(
            f"{path} cannot be read as .npz: it is no .npz archive, or only part of one (np.savez writes them)"
        )
    with refuse_damaged(path, "cannot be read as .npz"), np.load(path, allow_pickle=False) as archive:
        _refuse_false_headers(path, archive)
        return from_names(path, archive.files, lambda name: _load_member(path, archive, name), c, preparation)


def _load_member(path, archive, name):
    """Load an array of an archive, or leave it on disk where it is large and not compressed."""
    member = archive.zip.getinfo(name + ".npy")
    on_disk = open_npz_member(path, member) if member.file_size > IN_MEMORY else None
    if on_disk is None and member.file_size > UNPACKED:
        raise InputError(
            f"{path}: {name} has {member.file_size / 2**30:.1f} GiB and must be unpacked into memory: write it with "
            "np.savez instead of np.savez_compressed (in C order), then it is read from disk"
        )
    return archive[name] if on_disk is None else on_disk


def read_npy(path, c, preparation=None):
    """Read sequences from a `.npy` file, their labels from `y.npy` beside it (none: unlabelled)."""
    labels = path.with_name("y.npy")
    with refuse_damaged(path, "cannot be read as .npy"):
        x = open_npy(path)
        if x is None or len(x) * x[:1].nbytes <= IN_MEMORY:
            x = np.load(path, allow_pickle=False)
        y = np.load(labels, allow_pickle=False) if labels.is_file() and not labels.samefile(path) else None
    return classes_if_one_hot(sequences_from_arrays(path, "it", x, labels.name, y, c, preparation), None)


def load_sequence(path):
    """Load a `.npy` file that holds one sequence: (time,), (time, features) or (time, height, width[, channels]).

    Returns: array (time, features) or (time, height, width, channels).
    Raises: InputError for a damaged file, and for another shape or dtype.
    """
    with refuse_damaged(path, "cannot be read as .npy"):
        x = np.load(path, allow_pickle=False)
    if x.dtype.kind not in "fiub" or x.ndim not in (1, 2, 3, 4) or 0 in x.shape:
        raise InputError(f"{path} holds {x.dtype} of shape {x.shape}; numbers (time,) or (time, features) are needed")
    return x[..., np.newaxis] if x.ndim in (1, 3) else x


def _refuse_false_headers(path, archive):
    """Refuse arrays of objects, and those whose headers claim more bytes than there are, before they take memory."""
    for member in archive.zip.infolist():
        with archive.zip.open(member) as file:
            version = np.lib.format.read_magic(file)
            read_header = {1: np.lib.format.read_array_header_1_0}.get(version[0], np.lib.format.read_array_header_2_0)
            shape, _, dtype = read_header(file)
        if dtype.hasobject:
            raise InputError(
                f"{path}: {member.filename} holds Python objects, which are never read (they could run code): write "
                'numbers or words, and NaN or "" in place of None'
            )
        # DEFLATE packs at most 1032 to 1: a larger claim is false.
        packed = min(member.compress_size, path.stat().st_size)
        packed *= 1 if member.compress_type == zipfile.ZIP_STORED else 1032
        claimed = int(np.prod(shape, dtype=object)) * dtype.itemsize
        if claimed > min(member.file_size, packed):
            raise InputError(f"{path}: {member.filename} claims {claimed} bytes, more than the file holds")
