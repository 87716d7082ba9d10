"""The run folder: everything one training produced, replaced whole or not at all."""

import contextlib
import json
import os
import zipfile
from contextlib import contextmanager

from core.constants import check_constants, rules
from core.errors import DAMAGED, Busy, InputError, reason
from core.files import PROJECT, project_path, remove, shown
from core.lazy import keras

AGAIN = "run python train_model.py again"
FORMAT = 3  # of run.json; another one is refused
RUNS = PROJECT / "runs"  # where runs lie by default, beside the ledger


def _is_list(kind, *lengths):
    return lambda v: isinstance(v, list) and all(type(x) is kind for x in v) and (not lengths or len(v) in lengths)


def _is(*kinds):
    return lambda v: isinstance(v, kinds) and not isinstance(v, bool)


# What run.json must hold: field and test. What the task and the preparation wrote is checked by their own rooms.
RECORD = {
    "constants": lambda v: isinstance(v, dict) and set(v) == set(rules()),
    "task": _is(str),
    "state": _is(dict),
    "preparation": _is(dict),
    "input_shape": lambda v: _is_list(int, 1, 2, 4)(v) and min(v) > 0,
    "sequences": _is(dict),
    "fingerprint": _is(str),
    "training_fingerprint": _is(str),
    "parameters": lambda v: _is(int)(v) and 0 <= v < 1e15,
    "seconds": lambda v: _is(int, float)(v) and 0 <= v < 1e15,
    "trained": _is(str),
    "versions": _is(dict),
}


def run_path(run_dir):
    """Return the absolute path of the run folder; finish or undo a swap that a kill has interrupted."""
    folder = resolved(run_dir)
    if any(sibling(folder, state).is_dir() for state in ("new", "old")):
        with contextlib.suppress(InputError), locked(folder):  # whoever holds the lock is at work on the swap
            recover(folder)
    return folder


def resolved(run_dir):
    """Return RUN_DIR as an absolute path without links: what is replaced is the folder that a link points to."""
    folder = project_path(run_dir, "RUN_DIR").resolve()
    if RUNS.is_relative_to(folder):  # the ledger and all other runs would be replaced with it
        raise InputError(f"RUN_DIR = {run_dir!r} is impossible: it must name a folder for the run alone")
    return folder


@contextmanager
def locked(folder, who="training", constant="RUN_DIR"):
    """Hold the lock of a folder or file; it ends with the process. Raises Busy if another process holds it.

    who: what the other process is taken for; constant: names the folder, if one does.
    """
    path = sibling(folder, "lock")
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
    if folder.exists():
        remove(old)
        folder.rename(old)
    new.rename(folder)
    remove(old)


def _flush_to_disk(path):
    if path.is_file():
        with open(path, "rb") as file:
            os.fsync(file.fileno())


def load_record(folder):
    """Read and check run.json. Returns: dictionary with the fields of RECORD. Raises InputError for anything amiss."""
    path = folder / "run.json"
    if not path.is_file():
        raise InputError(f"there is no run in {shown(folder)}: run python train_model.py first")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError, OSError) as error:
        raise InputError(f"{shown(path)} is damaged ({error}): {AGAIN}") from error
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise InputError(f"{shown(path)} is not of format {FORMAT}: {AGAIN}")
    for name, allowed in RECORD.items():
        if not allowed(record.get(name)):
            raise InputError(f"{shown(path)} is damaged, field {name!r} is missing or wrong: {AGAIN}")
    return record | {"constants": check_constants(record["constants"])}


def network_of(model):
    """Return the network that takes prepared sequences: the whole model but for what turns texts into numbers."""
    inner = [layer for layer in model.layers if layer.name == "network"]
    return inner[0] if inner else model


def load_model(folder, record, outputs, whole=False):
    """Load model.keras, not compiled, safe mode on. outputs: the shape of one answer, such as (1,).

    Returns: what `network_of` returns; with `whole` the model as it is saved, which takes raw texts.

    Raises InputError for a file that is damaged or foreign, or does not fit run.json.
    """
    path = folder / "model.keras"
    if not (path.is_file() and zipfile.is_zipfile(path)):  # Keras would answer "File not found" to any damaged file
        raise InputError(f"{shown(path)} is missing or damaged: {AGAIN}")
    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    except (TypeError, AttributeError, *DAMAGED) as error:
        why = str(error).strip().split("\n")[0][:200]
        raise InputError(f"{shown(path)} is damaged or foreign ({why}): {AGAIN}") from error
    saved, model = model, network_of(model)
    attends = any(layer.name == "attention_weights" for layer in model.layers)
    fits = model.output_shape == (None, *outputs) and len(model.input_shape) == 1 + len(record["input_shape"])
    fits = fits and all(a in (None, b) for a, b in zip(model.input_shape[1:], record["input_shape"]))
    if not fits or attends != record["constants"].ATTENTION:
        raise InputError(f"{shown(path)} does not fit run.json beside it: {AGAIN}")
    return saved if whole else model
