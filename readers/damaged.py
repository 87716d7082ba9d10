"""Damaged or empty files among many: left out and named where they are few, refused where they are not."""

import numpy as np

from core.errors import DamagedFile, InputError
from core.wording import counted

ONE_IN = 10  # files, one may be left out
NAMED = 40  # in a refusal


def attempted(read):
    """Return a function like `read(path)` that returns DamagedFile rather than raise it."""

    def attempt(path):
        try:
            return read(path)
        except DamagedFile as error:
            return error

    return attempt


def leave_out(damaged, files, noun, of_each):
    """Leave out what belongs to damaged files.

    Parameters: damaged, {place in `files`: what is wrong}; noun, what a file is, such as "clip"; of_each, a dictionary
    of lists or arrays (n,) with an item for each file, or None.
    Returns: (of_each without the damaged files, notes).
    Raises: InputError, naming them, where more than one file in ONE_IN is damaged.
    """
    if not damaged:
        return of_each, []
    if len(damaged) == 1 and len(files) < ONE_IN:
        raise InputError(*damaged.values())
    names = [f"{files[place].parent.name}/{files[place].name}" for place in damaged]
    shown = ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")
    if len(damaged) * ONE_IN > len(files):
        raise InputError(
            f"{len(damaged)} of {len(files)} {noun}s are damaged or empty, and at most one in {ONE_IN} is left out: "
            f"delete them, or get them again: {shown}. What is wrong with the first: {[*damaged.values()][0][:200]}"
        )
    kept = [place for place in range(len(files)) if place not in damaged]
    fields = {name: values if values is None else _take(values, kept) for name, values in of_each.items()}
    return fields, [f"{counted(len(damaged), f'damaged or empty {noun}')} left out: {shown}"]


def _take(values, kept):
    return values[kept] if isinstance(values, np.ndarray) else [values[place] for place in kept]
