"""What took long to read and does not fit into memory, kept in runs/cache: written whole or not at all."""

import json
import os
import shutil

import numpy as np

from core.errors import DamagedFile, InputError, reason
from core.files import PROJECT, move, read_text, remove, shown, write_json
from core.locks import locked

FRAME_CACHE = PROJECT / "runs" / "cache"  # of frames
FEATURE_CACHE = PROJECT / "runs" / "features"  # that FRAME_ENCODER made of them


def cached(key, shape, rows, folder=None, dtype=np.uint8):
    """Keep rows in a `.npy` file, and beside it which of them are damaged.

    Parameters: key, what the content depends on, as letters and digits; shape, with all rows; rows, yields them where
    they must be written, DamagedFile for one that is left out; folder, FRAME_CACHE or another, keeps the last content.
    Returns: (path of the `.npy` file, {place of a row that is left out: what is wrong}).
    Raises: InputError where there is no room, or another process is writing.
    """
    folder = folder or FRAME_CACHE
    path = folder / f"{key}.npy"
    if path.is_file():
        return path, _left_out(path)
    with locked(folder, "process", None):
        if path.is_file():  # another process wrote it before this one had the lock
            return path, _left_out(path)
        try:
            remove(folder)  # of other clips, or what a kill left
            folder.mkdir(parents=True)
            size = int(np.prod(shape, dtype=object)) * np.dtype(dtype).itemsize
            free = shutil.disk_usage(folder).free
            if size > 0.9 * free:
                raise InputError(
                    f"{shown(folder)} has room for {free / 2**30:.0f} GiB, the clips take {size / 2**30:.0f}: set "
                    "FRAMES or FRAME_SIZE lower"
                )
            partial, damaged = path.with_suffix(".partial"), {}
            with open(partial, "xb") as file:
                _write_header(file, shape, dtype)
                for place, row in enumerate(rows):
                    if isinstance(row, DamagedFile):
                        damaged[place] = str(row)
                    else:
                        file.write(np.ascontiguousarray(row).data)
                file.seek(0)
                whole = (shape[0] - len(damaged), *shape[1:])
                _write_header(file, whole, dtype)  # as long: NumPy leaves room for more rows
                file.flush()
                os.fsync(file.fileno())
            if damaged:
                write_json(path.with_suffix(".json"), damaged)
            move(partial, path)
        except OSError as error:
            raise InputError(f"{shown(folder)} cannot be written: {reason(error)}") from error
    return path, damaged


def _write_header(file, shape, dtype):
    header = {"descr": np.dtype(dtype).str, "fortran_order": False, "shape": tuple(shape)}
    np.lib.format.write_array_header_2_0(file, header)


def _left_out(path):
    file = path.with_suffix(".json")
    return {int(place): problem for place, problem in json.loads(read_text(file)).items()} if file.is_file() else {}
