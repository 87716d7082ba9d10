"""Checks of files: regular (a pipe or a device may never end), small enough for the memory, undamaged."""

import os
from contextlib import contextmanager

from core.errors import DAMAGED, DamagedFile, InputError, reason

TIMES = 5  # a table takes about so many times its own size in memory while it is read


def refuse_larger_than_memory(path, size):
    """Raise InputError for a table of so many bytes that the machine's memory cannot hold while it is read."""
    if "SC_PHYS_PAGES" not in getattr(os, "sysconf_names", ()):  # not on every system
        return
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if TIMES * size > memory:
        raise InputError(
            f"{path} holds {size / 2**30:.1f} GiB of cells; reading it takes about {TIMES} times as much, and "
            f"this machine has {memory / 2**30:.0f}: divide it, or write its numbers with np.savez, read from disk"
        )


def refuse_special(path, allowed=False):
    """Raise InputError unless `path` is a regular file, or else `allowed`, whose name a report can show."""
    if not (path.is_file() or allowed):
        raise InputError(f"{path} is not a regular file")
    if not path.name.isprintable():
        raise InputError(f"{path.parent} has the file name {path.name!r}: only printable characters are allowed")


@contextmanager
def refused_unless_readable(path):
    """Turn an operating system's refusal to read into InputError."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{error.filename or path} cannot be read: {reason(error)}") from error
    except MemoryError as error:
        raise InputError(f"{path} does not fit in memory") from error


@contextmanager
def refuse_damaged(path, problem, errors=DAMAGED):
    """Turn what a library raises for a damaged file into DamagedFile; problem: what to say of the file."""
    try:
        yield
    except InputError:
        raise
    except errors as error:
        said = str(error).strip().split("\n")[0].removeprefix(f"{path}: ")
        raise DamagedFile(f"{path} {problem}: {said or 'it ends too early'}") from error
