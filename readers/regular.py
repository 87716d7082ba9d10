"""Only regular files are read: a pipe or a device may never end."""

from contextlib import contextmanager

from project.errors import InputError, reason


def refuse_special(path, allowed=False):
    """Raise InputError unless `path` is a regular file, or something else that is `allowed`."""
    if not (path.is_file() or allowed):
        raise InputError(f"{path} is no regular file")


@contextmanager
def refused_unless_readable(path):
    """Turn an operating system's refusal to read into InputError."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{error.filename or path} cannot be read: {reason(error)}") from error
    except MemoryError as error:
        raise InputError(f"{path} does not fit in memory") from error
