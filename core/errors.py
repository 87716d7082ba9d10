"""What every reader and check raises, and what damaged files make other libraries raise."""

import lzma
import tokenize
import zipfile
import zlib

# What NumPy, zipfile and the modules that it unpacks with raise for a damaged or hostile file.
DAMAGED = (
    *(ValueError, EOFError, OSError, KeyError, MemoryError, NotImplementedError, RuntimeError),
    *(SyntaxError, tokenize.TokenError, zipfile.BadZipFile, zlib.error, lzma.LZMAError),
    SystemError,  # of Python 3.13.0's tokenizer, that NumPy reads headers with
)


class InputError(ValueError):
    """Something the user gave (a constant, a file, a run folder) cannot be used; the text says what, where and why."""


class DamagedFile(InputError):
    """A file that is damaged or empty: among many it may be left out, see readers/damaged.py."""


class Diverged(InputError):
    """Training diverged: the loss became NaN or infinite."""


class Busy(InputError):
    """Another process is using this file or folder."""


def reason(error):
    """Return why the operating system refused, without the number and the path of `OSError`."""
    return getattr(error, "strerror", None) or error
