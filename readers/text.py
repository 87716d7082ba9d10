"""What the readers of text share: numbers from cells, and the official test part beside a file."""

import numpy as np

from project.errors import InputError


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


def with_twin(read_one, path):
    """Read a `NAME_TRAIN` file and the `NAME_TEST` file beside it (`_train`, `_test` too).

    Returns: (what `read_one` makes of the first, and of the second or None).
    """
    for train, test in (("_TRAIN.", "_TEST."), ("_train.", "_test.")):
        before, found, ending = path.name.rpartition(train)
        if found and (twin := path.with_name(before + test + ending)).is_file():
            return read_one(path), read_one(twin)
    return read_one(path), None
