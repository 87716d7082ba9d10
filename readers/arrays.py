"""Read sequences from NumPy's `.npz` and `.npy` files. Large arrays stay on disk; no pickle is ever read."""

import zipfile

import numpy as np

from project.errors import DAMAGED, InputError
from sequences.preparation import without_tails
from sequences.rows_on_disk import RowsOnDisk, open_npy, open_npz_member
from sequences.types import Sequences

UNPACKED = 2 * 2**30  # bytes that a compressed array may have
IN_MEMORY = 256 * 2**20  # bytes: larger arrays that are not compressed stay on disk, and are read batch by batch


def read_npz(path, c, known=None):
    """Read `X`, `y`, or `X_train`, `y_train`, `X_test`, `y_test`, from a NumPy `.npz` archive.

    Returns: (Sequences, Sequences of the official test split or None). X of shape (n, time) gets a feature axis.
    Raises InputError for a damaged archive, missing names, object arrays (they would need pickle) and wrong shapes.
    """
    if not zipfile.is_zipfile(path):
        raise InputError(f"{path} cannot be read as .npz: it is no .npz archive (np.savez writes one)")
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
            parts = [
                _checked_arrays(path, x, _array(path, archive, x), y, archive[y] if y in names else None)
                for x, y in pairs
            ]
            used = {name for pair in pairs for name in pair}
            if "groups" in names and len(parts) == 1:
                used.add("groups")
                parts[0] = parts[0]._replace(groups=_checked_groups(path, archive["groups"], len(parts[0].x)))
            if names - used:
                other = f"arrays that are not looked at: {', '.join(sorted(names - used))}"
                parts[0] = parts[0]._replace(notes=(other,))
    except InputError:
        raise
    except DAMAGED as error:
        raise InputError(f"{path} cannot be read as .npz: {error}") from error
    return parts[0], parts[1] if len(parts) == 2 else None


def _array(path, archive, name):
    """Load an array of an archive, or leave it on disk where it is large and not compressed."""
    member = archive.zip.getinfo(name + ".npy")
    on_disk = open_npz_member(path, member) if member.file_size > IN_MEMORY else None
    if on_disk is None and member.file_size > UNPACKED:
        raise InputError(
            f"{path}: {name} has {member.file_size / 2**30:.1f} GiB and must be unpacked into memory: write it with "
            "np.savez instead of np.savez_compressed (in C order), then it is read from disk"
        )
    return archive[name] if on_disk is None else on_disk


def read_npy(path, c, known=None):
    """Read sequences from a `.npy` file, their labels from `y.npy` beside it (none: unlabelled).

    Returns: (Sequences, None). An array of more than IN_MEMORY bytes stays on disk. Raises InputError as read_npz does.
    """
    labels = path.with_name("y.npy")
    try:
        x = open_npy(path)
        if x is None or len(x) * x[:1].nbytes <= IN_MEMORY:
            x = np.load(path, allow_pickle=False)
        y = np.load(labels, allow_pickle=False) if labels.is_file() and labels != path else None
    except DAMAGED as error:
        raise InputError(f"{path} cannot be read as .npy: {error}") from error
    return _checked_arrays(path, "it", x, labels.name, y), None


def _refuse_false_headers(path, archive):
    """Refuse an array whose header claims more bytes than the archive can hold, before any memory is taken for it."""
    for member in archive.zip.infolist():
        with archive.zip.open(member) as file:
            version = np.lib.format.read_magic(file)
            read_header = {1: np.lib.format.read_array_header_1_0}.get(version[0], np.lib.format.read_array_header_2_0)
            shape, _, dtype = read_header(file)
        # DEFLATE packs at most 1032 to 1: a larger claim is false.
        held = min(member.compress_size, path.stat().st_size)
        held *= 1 if member.compress_type == zipfile.ZIP_STORED else 1032
        claimed = int(np.prod(shape, dtype=object)) * dtype.itemsize
        if claimed > min(member.file_size, held):
            raise InputError(f"{path}: {member.filename} claims {claimed} bytes, more than the file holds")


def _checked_arrays(path, x_name, x, y_name, y):
    if x.dtype.kind not in "fiub":
        raise InputError(f"{path}: {x_name} must hold numbers, it holds {x.dtype}")
    if x.ndim == 2:
        x = x.with_last_axis() if isinstance(x, RowsOnDisk) else x[:, :, np.newaxis]
    if 0 in x.shape:
        raise InputError(f"{path}: {x_name} holds no values, its shape is {x.shape}")
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
    return Sequences(without_tails(x), y)


def _checked_groups(path, groups, n):
    if groups.shape != (n,) or groups.dtype.kind not in "iubUS":
        raise InputError(f"{path}: groups must be whole numbers or words, one for each of the {n} sequences")
    return groups
