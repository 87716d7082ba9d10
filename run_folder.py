"""The run folder: everything one training produced, replaced whole or not at all; and the ledger of evaluations."""

import contextlib
import csv
import json
import math
import os
import zipfile
from contextlib import contextmanager

from checks import PROJECT, RULES, SEARCH_ONLY, InputError, changed_constants, check_constants, project_path
from files import remove, shown, write_csv
from rows_on_disk import DAMAGED

RUN_DIR = "runs/latest"  # folder of the run, relative to the project folder; name another to keep a run

LEDGER = PROJECT / "runs" / "ledger.csv"
LEDGER_COLUMNS = ["when", "run", "score", "value", "low", "high", "parameters", "seconds", "changed constants"]
AGAIN = "run python train_model.py again"
FORMAT = 1  # of run.json; a reader refuses another one


def _is_list(kind, *lengths):
    return lambda v: isinstance(v, list) and all(type(x) is kind for x in v) and (not lengths or len(v) in lengths)


def _is(*kinds):
    return lambda v: isinstance(v, kinds) and not isinstance(v, bool)


def _of_sequences(source):
    filler = source.get("filler")
    return filler is None or isinstance(filler, list) and all(_is(int, float)(value) for value in filler)


# What run.json must say of each kind of data: a test.
SOURCES = {
    "generated": lambda source: True,
    "sequences": _of_sequences,
    "recordings": lambda source: _of_sequences(source) and _is(int)(source.get("sample_rate")),
    "series": lambda source: _is_list(str)(source.get("columns")) and source.get("target") in source["columns"],
}
# What run.json must hold: field and test. Only its constants are used beyond this module, checked as if just edited.
RECORD = {
    "constants": lambda v: isinstance(v, dict) and set(RULES) - SEARCH_ONLY <= set(v) <= set(RULES),
    "task": lambda v: v in ("classification", "forecasting"),
    "classes": _is_list(str),
    "source": lambda v: isinstance(v, dict) and v.get("kind") in SOURCES and SOURCES[v["kind"]](v),
    "input_shape": lambda v: _is_list(int, 2, 4)(v) and min(v) > 0,
    "sequences": _is(dict),
    "fingerprint": _is(str),
    "training_fingerprint": _is(str),
    "parameters": lambda v: _is(int)(v) and 0 <= v < 1e15,
    "seconds": lambda v: _is(int, float)(v) and 0 <= v < 1e15,
    "trained": _is(str),
    "versions": _is(dict),
}


def run_path(run_dir=RUN_DIR):
    """Return the absolute path of the run folder; finish or undo a swap that a kill has interrupted."""
    folder = resolved(run_dir)
    if any(beside(folder, state).is_dir() for state in ("new", "old")):
        with contextlib.suppress(InputError), locked(folder):  # whoever holds the lock is at work on the swap
            recover(folder)
    return folder


def resolved(run_dir):
    """Return RUN_DIR as an absolute path without links: what is replaced is the folder that a link points to."""
    folder = project_path(run_dir, "RUN_DIR").resolve()
    if folder == folder.parent:
        raise InputError(f"RUN_DIR = {run_dir!r} is impossible: it must name a folder for the run alone")
    return folder


@contextmanager
def locked(folder):
    """Hold the lock of a run folder; it ends with the process. Raises InputError if another process holds it."""
    path = beside(folder, "lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open(path, "a")  # noqa: SIM115 (held open for as long as the lock)
    except OSError as error:
        raise InputError(f"{shown(folder)} cannot be written: {error.strerror or error}") from error
    with file:
        try:
            lock_file(file)
        except OSError as error:
            raise InputError(
                f"another training is at work on {shown(folder)}: wait for it, or name another RUN_DIR"
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
    new, old = beside(folder, "new"), beside(folder, "old")
    if (new / "run.json").is_file():
        _swap(folder)
    elif old.is_dir() and not folder.exists():
        old.rename(folder)
    for left in (new, old, beside(folder, "partial"), beside(folder, "checkpoint.writing")):
        remove(left)


def check_replaceable(folder):
    """Raise InputError if `folder` exists and is no run: a training would replace it, and it is not ours."""
    is_run = (folder / "run.json").is_file()
    if folder.exists() and not is_run and not (folder.is_dir() and not any(folder.iterdir())):
        raise InputError(f"RUN_DIR: {folder} exists and holds no run.json, so it is no run to replace: name another")


@contextmanager
def new_run(folder):
    """Yield an empty folder to write a run into; it takes the place of `folder` when the block ends without error."""
    partial = beside(folder, "partial")
    try:
        remove(partial)
        partial.mkdir(parents=True)
        yield partial
        for path in partial.rglob("*"):
            _flush_to_disk(path)
        partial.rename(beside(folder, "new"))  # from here on the new run is complete, and run_path() finishes the swap
        _swap(folder)
    except OSError as error:
        raise InputError(f"{shown(folder)} cannot be written: {error.strerror or error}") from error
    finally:
        remove(partial)


def beside(folder, state):
    """Return the hidden path beside a run folder for its lock, checkpoint, or other state of writing."""
    return folder.with_name(f".{folder.name}.{state}")


def _swap(folder):
    new, old = beside(folder, "new"), beside(folder, "old")
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
    except (ValueError, RecursionError) as error:
        raise InputError(f"{shown(path)} is damaged ({error}): {AGAIN}") from error
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise InputError(f"{shown(path)} is not of format {FORMAT}: {AGAIN}")
    for name, allowed in RECORD.items():
        if not allowed(record.get(name)):
            raise InputError(f"{shown(path)} is damaged, field {name!r} is missing or wrong: {AGAIN}")
    if (record["task"] == "classification") != (len(record["classes"]) >= 2):
        raise InputError(f"{shown(path)} is damaged, field 'classes' does not fit the task: {AGAIN}")
    filler, shape = record["source"].get("filler"), record["input_shape"]
    if (record["task"] == "forecasting") != (record["source"]["kind"] == "series") or (
        filler is not None and len(filler) != shape[1] or record["task"] == "forecasting" and len(shape) != 2
    ):
        raise InputError(f"{shown(path)} is damaged, field 'source' does not fit the others: {AGAIN}")
    check_constants(record["constants"])
    return record


def load_model(folder, record):
    """Load model.keras, not compiled, safe mode on. Raises InputError for a file that is damaged or foreign."""
    path = folder / "model.keras"
    if not (path.is_file() and zipfile.is_zipfile(path)):  # Keras would answer "File not found" to any damaged file
        raise InputError(f"{shown(path)} is missing or damaged: {AGAIN}")
    from quiet_tensorflow import keras

    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    except (TypeError, AttributeError, *DAMAGED) as error:
        reason = str(error).strip().split("\n")[0][:200]
        raise InputError(f"{shown(path)} is damaged or foreign ({reason}): {AGAIN}") from error
    classes = len(record["classes"])
    outputs = record["constants"]["HORIZON"] if record["task"] == "forecasting" else 1 if classes == 2 else classes
    attends = any(layer.name == "attention_weights" for layer in model.layers)
    shapes = model.input_shape, model.output_shape
    if shapes != ((None, *record["input_shape"]), (None, outputs)) or attends != record["constants"]["ATTENTION"]:
        raise InputError(f"{shown(path)} does not fit run.json beside it: {AGAIN}")
    return model


def append_ledger(record, folder, metric, result):
    """Add one evaluation to the ledger: `metric` names the figure of `result` that counts."""
    rows = read_ledger()
    changed = " ".join(f"{name}={value!r}" for name, value in changed_constants(record["constants"]).items())
    interval = [f"{bound:.4f}" for bound in result.get(f"{metric}_interval", [])] or ["", ""]
    row = [result["evaluated"], shown(folder), metric, f"{result[metric]:.4f}", *interval]
    row += [record["parameters"], f"{record['seconds']:.1f}", changed or "(none)"]
    LEDGER.parent.mkdir(parents=True, exist_ok=True)
    write_csv(LEDGER, LEDGER_COLUMNS, [*rows, row])


def read_ledger():
    """Return the ledger's rows, lists of strings in the order of LEDGER_COLUMNS, oldest first."""
    if not LEDGER.exists():
        return []
    try:
        with open(LEDGER, encoding="utf-8", newline="") as file:
            header, *rows = list(csv.reader(file)) or [None]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{shown(LEDGER)} is damaged ({error}): move it away") from error
    if header != LEDGER_COLUMNS or any(len(row) != len(LEDGER_COLUMNS) for row in rows):
        raise InputError(f"{shown(LEDGER)} is not a ledger of this version: move it away")
    return rows


def aligned(header, rows):
    """Lay out a table of strings in aligned columns, numbers to the right."""

    def is_number(text):
        try:
            return math.isfinite(float(text))
        except ValueError:
            return text == ""

    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    right = [all(is_number(row[i]) for row in rows) for i in range(len(header))]
    return "\n".join(
        "  ".join(cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(row, widths, right)).rstrip()
        for row in [header, *rows]
    )
