"""Locks: one process at a time works on a folder or file. They end with the process that holds them."""

import contextlib
import os
import time
from contextlib import ExitStack, contextmanager

from core.errors import Busy, InputError, reason
from core.files import shown, sibling

try:
    import fcntl
except ImportError:  # Windows
    import msvcrt

    fcntl = None

WAIT = 60  # seconds, for what other processes write in a moment


@contextmanager
def locked(folder, who="training", constant="RUN_DIR", lock="lock"):
    """Hold the lock of a folder or file; it ends with the process. Raises Busy if another process holds it.

    who: what the other process is taken for; constant: names the folder, if one does; lock: one of several.
    """
    path = sibling(folder, lock)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open(path, "a")  # noqa: SIM115 (held open for as long as the lock)
    except OSError as error:
        raise InputError(f"{shown(folder)} cannot be written: {reason(error)}") from error
    with file:
        try:
            lock_file(file)
        except OSError as error:
            raise Busy(
                f"another {who} is at work on {shown(folder)}: wait for it"
                + (f", or name another {constant}" if constant else "")
            ) from error
        try:
            yield
        finally:
            release_file(file)


@contextmanager
def locked_soon(path, lock="lock"):
    """Hold a lock that others hold for moments: wait for them, WAIT seconds at the most."""
    began = time.monotonic()
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(locked(path, "process", None, lock))
                break
            except Busy:
                if time.monotonic() - began > WAIT:
                    raise
                time.sleep(0.02)
        yield


def content_lock(folder):
    """Hold what is needed to write into a run folder, or to replace it: a run stays one run meanwhile."""
    return locked_soon(folder, "content.lock")


def lock_file(file):
    """Lock an open file for this process alone; OSError if it is locked already."""
    if fcntl is None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        return
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    # Its last holder may have deleted the file between our opening and locking it: such a lock locks nothing.
    if not os.path.exists(file.name) or not os.path.samestat(os.fstat(file.fileno()), os.stat(file.name)):
        raise OSError("the lock was just released")


def release_file(file):
    """Delete a file that lock_file has locked, and close it."""
    if fcntl is None:
        file.close()  # no open file is deleted there, and so none that another process has locked since:
        with contextlib.suppress(FileNotFoundError, PermissionError):
            os.unlink(file.name)
        return
    with contextlib.suppress(FileNotFoundError):
        os.unlink(file.name)  # before it is closed: afterwards another process may hold it
    file.close()
