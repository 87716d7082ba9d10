"""Only regular files are read, a pipe or a device may never end; and only what can fit in memory."""

import os
from contextlib import contextmanager

from core.errors import InputError, reason

TIMES = 5  # its own size that a table takes in memory while it is read, about


def refuse_larger_than_memory(path, size):
    """Raise InputError for a text of so many bytes that the machine's memory cannot hold while it is read."""
    if "SC_PHYS_PAGES" not in getattr(os, "sysconf_names", ()):  # not on every system
        return
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if TIMES * size > memory:
        raise InputError(
            f"{path} holds {size / 2**30:.1f} GiB of text; to read it takes about {TIMES} times as much, and the "
            f"memory has {memory / 2**30:.0f}: divide it, or write its numbers with np.savez, which are read from disk"
        )


def refuse_special(path, allowed=False):
    """Raise InputError unless `path` is a regular file, or else `allowed`, whose name a report can show."""
    if not (path.is_file() or allowed):
        raise InputError(f"{path} is no regular file")
    if not path.name.isprintable():
        raise InputError(f"{path.parent} has the file name {path.name!r}: letters that can be shown are needed")


@contextmanager
def refused_unless_readable(path):
    """Turn an operating system's refusal to read into InputError."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{error.filename or path} cannot be read: {reason(error)}") from error
    except MemoryError as error:
        raise InputError(f"{path} does not fit in memory") from error
