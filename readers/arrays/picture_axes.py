"""Pictures, volumes and clips in arrays: which axis is time, and which are colours."""

import numpy as np

from core.errors import InputError
from sequences.rows_on_disk import RowsOnDisk

COLOURS = (1, 3, 4)  # numbers of a pixel: grey, RGB, RGBA
LEAST = 8  # pixels of a picture's side


def with_features(path, name, x):
    """Bring an array to (n, time, features), or of clips to (n, time, height, width, channels).

    Pictures, (n, height, width) or (n, height, width, colours), become the sequences of their rows; volumes of grey
    slices, (n, depth, height, width), clips.
    Returns: (x, (height, width, colours) of pictures, else None, notes). Raises: InputError where the last of four axes
    may be colours or not, and for other shapes.
    """
    pictures, shape = x.dtype == np.uint8 or "image" in name.lower(), " × ".join(map(str, x.shape[1:]))
    if x.ndim == 2:
        return _reshaped(x, (*x.shape, 1)), None, []
    if x.ndim == 3 and pictures and min(x.shape[1:]) >= LEAST:
        note = f"pictures of {shape} pixels are read row by row: {x.shape[1]} time steps of {x.shape[2]} numbers"
        return x, (*x.shape[1:], 1), [note]
    if x.ndim != 4:
        return x, None, []
    rows, columns, last = x.shape[1:]
    if last in COLOURS and min(rows, columns) >= LEAST:
        if not pictures and last > 1:
            raise InputError(
                f"{path}: {name} has shape {x.shape}, pictures with {last} colours or frames {last} wide: "
                f"{name}.reshape(*{name}.shape[:2], -1) makes sequences of {rows} time steps of {columns * last} "
                f"numbers, {name}[..., None] clips of {rows} frames; whole numbers from 0 to 255 as uint8 are pictures"
            )
        note = f"pictures of {shape} are read row by row: {rows} time steps of {columns * last} numbers"
        return _reshaped(x, (len(x), rows, columns * last)), (rows, columns, last), [note]
    if pictures and rows in COLOURS[:2] and min(columns, last) >= LEAST:
        raise InputError(
            f"{path}: {name} has shape {x.shape}: if axis 1 holds colours, numpy.moveaxis({name}, 1, -1) puts them "
            f"last; if it is time, {name}[..., None] says so"
        )
    notes = [f"volumes of {shape} are read as clips of {rows} grey slices"] if pictures else []
    return _reshaped(x, (*x.shape, 1)), None, notes


def with_first_axis(x, preparation):
    """Return new data (n, ...), where they are one sequence alone of the training set's shape with n = 1."""
    if preparation is None:
        return x
    features, of_step = list(preparation.features), list(x.shape[1:])
    alone = x.ndim == 1 or of_step == features != [1]  # a sequence or a clip
    alone |= len(features) == 3 and [*of_step, 1] == features  # a volume
    alone |= x.ndim == 3 and x.shape[-1] in COLOURS and [of_step[0] * of_step[1]] == features != [1]  # a picture
    return np.asarray(x[:])[None] if alone else x


def _reshaped(x, shape):
    return x.reshaped(shape) if isinstance(x, RowsOnDisk) else x.reshape(shape)
