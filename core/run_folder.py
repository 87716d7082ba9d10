"""The run folder: everything one training produced, replaced whole or not at all."""

import contextlib
import hashlib
import json
import os
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from core.constants import check_constants, rules
from core.errors import Busy, InputError, reason
from core.files import PROJECT, project_path, remove, shown, write_json
from core.records import from_plain, to_plain

AGAIN = "run python train_model.py again"
FORMAT = 7  # of run.json; another one is refused
RUNS = PROJECT / "runs"  # where runs lie by default, beside the ledger
WAIT = 60  # seconds, for what other processes write in a moment


@dataclass(frozen=True)
class RunRecord:
    """What run.json says of a run: how it was made, what it learned, and what it is recognised by."""

    trained: str  # when
    constants: dict[str, Any]  # Constants
    task: str  # name in tasks.TASKS
    learned: dict[str, Any]  # fields of the task
    preparation: dict[str, Any]  # fields of sequences.preparation.Preparation
    input_shape: list[int]  # of one sequence
    sequences: dict[str, int]  # how many there are in each split
    notes: list[str]  # what the user was told of the data
    fingerprints: dict[str, str]  # of the data: see sequences.statistics
    versions: dict[str, str]
    seconds: float = 0.0  # of training
    parameters: int = 0
    model_checksum: str = ""  # SHA-256 of model.keras

    @property
    def fingerprint(self):
        """That of the test set."""
        return self.fingerprints["test"]


def run_path(run_dir):
    """Return the absolute path of the run folder; finish or undo a swap that a kill has interrupted."""
    folder = resolved(run_dir)
    if any(sibling(folder, state).is_dir() for state in ("new", "old")):
        with contextlib.suppress(InputError), locked(folder):  # whoever holds the lock is at work on the swap
            recover(folder)
    return folder


def resolved(path, constant="RUN_DIR"):
    """Return a folder of results as an absolute path without links: what is replaced is what a link points to."""
    folder = project_path(path, constant).resolve()
    if RUNS.is_relative_to(folder):  # the ledger and all other runs would be replaced with it, or lie in it
        what = {"RUN_DIR": "run", "TUNE_DIR": "search", "FOLD_DIR": "folds"}[constant]
        raise InputError(f"{constant} = {path!r} is impossible: it must name a folder for the {what} alone")
    return folder


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
            path.unlink(missing_ok=True)


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
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        return
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    # Its last holder may have deleted the file between our opening and locking it: such a lock locks nothing.
    if not os.path.exists(file.name) or not os.path.samestat(os.fstat(file.fileno()), os.stat(file.name)):
        raise OSError("the lock was just released")


def recover(folder):
    """Bring a run folder to a whole state after a kill: the new run if it was complete, else the old one."""
    new, old = sibling(folder, "new"), sibling(folder, "old")
    if (new / "run.json").is_file():
        _swap(folder)
    elif old.is_dir() and not folder.exists():
        old.rename(folder)
    for left in (new, old, sibling(folder, "partial"), sibling(folder, "checkpoint.writing")):
        remove(left)


def check_replaceable(folder):
    """Raise InputError if `folder` exists and is no run: a training would replace it, and it is not ours."""
    is_run = (folder / "run.json").is_file()
    if folder.exists() and not is_run and not (folder.is_dir() and not any(folder.iterdir())):
        raise InputError(f"RUN_DIR: {folder} exists and holds no run.json, so it is no run to replace: name another")


def check_results_folder(folder, description, constant):
    """Raise InputError if `folder` holds something, but no file `description`: the results of something else."""
    if folder.exists() and not (folder / description).is_file() and any(p.name[0] != "." for p in folder.iterdir()):
        raise InputError(f"{constant}: {shown(folder)} exists and holds no {description}: name another folder")


@contextmanager
def new_run(folder):
    """Yield an empty folder to write a run into; it takes the place of `folder` when the block ends without error."""
    partial = sibling(folder, "partial")
    try:
        remove(partial)
        partial.mkdir(parents=True)
        yield partial
        for path in partial.rglob("*"):
            _flush_to_disk(path)
        partial.rename(sibling(folder, "new"))  # from here on the new run is complete, and run_path() finishes the swap
        _swap(folder)
    except OSError as error:
        raise InputError(f"{shown(folder)} cannot be written: {reason(error)}") from error
    finally:
        remove(partial)


def sibling(folder, state):
    """Return the hidden path beside a run folder for its lock, checkpoint, or other state of writing."""
    return folder.with_name(f".{folder.name}.{state}")


def _swap(folder):
    new, old = sibling(folder, "new"), sibling(folder, "old")
    with content_lock(folder):
        if folder.exists():
            remove(old)
            folder.rename(old)
        new.rename(folder)
    remove(old)


def _flush_to_disk(path):
    if path.is_file():
        with open(path, "rb") as file:
            os.fsync(file.fileno())


def write_record(folder, record):
    """Write run.json, a RunRecord, with a checksum that tells whether it is as it was written."""
    plain = {"format": FORMAT, **to_plain(record)}
    write_json(folder / "run.json", plain | {"checksum": _checksum(plain)})


def load_record(folder):
    """Read run.json. Returns: RunRecord. Raises: InputError where there is none, or not as it was written."""
    path = folder / "run.json"
    if not path.is_file():
        raise InputError(f"there is no run in {shown(folder)}: run python train_model.py first")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError, OSError) as error:
        raise InputError(f"{shown(path)} is damaged ({error}): {AGAIN}") from error
    if not isinstance(record, dict) or record.pop("format", None) != FORMAT:
        raise InputError(f"{shown(path)} is not of format {FORMAT}: {AGAIN}")
    checksum = record.pop("checksum", None)
    try:
        found = from_plain(RunRecord, record)
        whole = checksum == _checksum({"format": FORMAT, **record})
    except TypeError as error:
        raise InputError(f"{shown(path)} is damaged, {error}: {AGAIN}") from error
    if not whole or set(found.constants) != set(rules()):
        raise InputError(f"{shown(path)} is damaged or was edited, its checksum does not fit: {AGAIN}")
    return replace(found, constants=check_constants(found.constants))


def _checksum(plain):
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
