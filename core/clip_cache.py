"""What took long to read and does not fit into memory, kept in runs/cache: written whole or not at all."""

import os
import shutil

import numpy as np

from core.errors import InputError, reason
from core.files import PROJECT, remove, shown
from core.run_folder import locked

CACHE = PROJECT / "runs" / "cache"


def cached(key, shape, rows):
    """Return the path of a `.npy` file of uint8 with this shape; rows: yields its rows where it must be written.

    key: what the content depends on, as letters and digits. Of the cache the last file alone is kept. Raises InputError
    where there is no room, or another process is writing.
    """
    path = CACHE / f"{key}.npy"
    if path.is_file():
        return path
    with locked(CACHE, "process", None):
        if path.is_file():  # another process wrote it before this one had the lock
            return path
        try:
            remove(CACHE)  # of other clips, or what a kill left
            CACHE.mkdir(parents=True)
            size = int(np.prod(shape, dtype=object))
            free = shutil.disk_usage(CACHE).free
            if size > 0.9 * free:
                raise InputError(
                    f"{shown(CACHE)} has room for {free / 2**30:.0f} GiB, the clips take {size / 2**30:.0f}: set "
                    "FRAMES or FRAME_SIZE lower"
                )
            partial = path.with_suffix(".partial")
            with open(partial, "xb") as file:
                header = {"descr": "|u1", "fortran_order": False, "shape": tuple(shape)}
                np.lib.format.write_array_header_2_0(file, header)
                for row in rows:
                    file.write(np.ascontiguousarray(row).data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, path)
        except OSError as error:
            raise InputError(f"{shown(CACHE)} cannot be written: {reason(error)}") from error
    return path
