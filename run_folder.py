"""The run folder: everything one training produced, replaced whole or not at all; and the ledger of evaluations."""

import contextlib
import csv
import json
import math
import os
import shutil
import zipfile
from contextlib import contextmanager
from pathlib import Path

from checks import PROJECT, RULES, SEARCH_ONLY, InputError, changed_constants, check_constants, project_path
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


# What run.json must hold: field and test. Only its constants are used beyond this module, checked as if just edited.
RECORD = {
    "constants": lambda v: isinstance(v, dict) and set(RULES) - SEARCH_ONLY <= set(v) <= set(RULES),
    "task": lambda v: v in ("classification", "forecasting"),
    "classes": _is_list(str),
    "source": lambda v: isinstance(v, dict) and v.get("kind") in ("generated", "sequences", "recordings", "series"),
    "input_shape": lambda v: _is_list(int, 2, 4)(v) and min(v) > 0,
    "sequences": _is(dict),
    "fingerprint": _is(str),
    "training_fingerprint": _is(str),
    "parameters": _is(int),
    "seconds": _is(int, float),
    "trained": _is(str),
    "versions": _is(dict),
}


def run_path(run_dir=RUN_DIR):
    """Return the absolute path of the run folder; finish or undo a swap that a kill has interrupted."""
    folder = project_path(run_dir)
    if any(beside(folder, state).is_dir() for state in ("new", "old")):
        with contextlib.suppress(InputError), locked(folder):  # whoever holds the lock is at work on the swap
            recover(folder)
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
    if new.is_dir():
        _swap(folder)
    elif old.is_dir() and not folder.exists():
        old.rename(folder)
    for left in (old, beside(folder, "partial")):
        shutil.rmtree(left, ignore_errors=True)
    beside(folder, "checkpoint.writing").unlink(missing_ok=True)


def shown(path):
    """Write a path for the user: relative to the project folder where it lies inside."""
    path = Path(path)
    return str(path.relative_to(PROJECT)) if path.is_relative_to(PROJECT) else str(path)


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
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        yield partial
        for path in partial.rglob("*"):
            _flush_to_disk(path)
        partial.rename(beside(folder, "new"))  # from here on the new run is complete, and run_path() finishes the swap
        _swap(folder)
    except OSError as error:
        raise InputError(f"{shown(folder)} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def beside(folder, state):
    """Return the hidden path beside a run folder for its lock, checkpoint, or other state of writing."""
    return folder.with_name(f".{folder.name}.{state}")


def _swap(folder):
    new, old = beside(folder, "new"), beside(folder, "old")
    if folder.exists():
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _flush_to_disk(path):
    if path.is_file():
        with open(path, "rb") as file:
            os.fsync(file.fileno())


def write_atomically(path, content):
    """Write a file (text or bytes) so that a kill leaves the old one or the new one, never a half."""
    temporary = path.with_name(f".{path.name.lstrip('.')}.writing")
    content = content if isinstance(content, bytes) else content.encode("utf-8")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InputError(f"{shown(path)} cannot be written: {error.strerror or error}") from error


def write_csv(path, header, rows):
    """Write a CSV file; a cell that a spreadsheet would run as a formula gets an apostrophe before it."""
    lines = []
    for row in [header, *rows]:
        cells = [_harmless(cell) for cell in row]
        lines.append(",".join(f'"{c.replace(chr(34), chr(34) * 2)}"' if set(c) & set(',"\r\n') else c for c in cells))
    write_atomically(path, "\n".join(lines) + "\n")


def _harmless(cell):
    text = str(cell)
    if text[:1] not in ("=", "+", "-", "@", "\t", "\r"):
        return text
    try:
        float(text)  # a negative number is no formula
        return text
    except ValueError:
        return "'" + text


def write_json(path, record):
    """Write a dictionary as indented JSON."""
    write_atomically(path, json.dumps(record, indent=2, ensure_ascii=False) + "\n")


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
    check_constants(record["constants"])
    return record


def load_model(folder, record):
    """Load model.keras, not compiled, safe mode on. Raises InputError for a file that is damaged or foreign."""
    path = folder / "model.keras"
    if not zipfile.is_zipfile(path):  # Keras would answer "File not found" to any damaged file
        raise InputError(f"{shown(path)} is missing or damaged: {AGAIN}")
    from quiet_tensorflow import keras

    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    except (TypeError, AttributeError, *DAMAGED) as error:
        reason = str(error).strip().split("\n")[0][:200]
        raise InputError(f"{shown(path)} is damaged or foreign ({reason}): {AGAIN}") from error
    classes = len(record["classes"])
    outputs = record["constants"]["HORIZON"] if record["task"] == "forecasting" else 1 if classes == 2 else classes
    if model.input_shape != (None, *record["input_shape"]) or model.output_shape != (None, outputs):
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
    if not LEDGER.is_file():
        return []
    try:
        with open(LEDGER, encoding="utf-8", newline="") as file:
            header, *rows = list(csv.reader(file)) or [None]
    except (UnicodeDecodeError, csv.Error) as error:
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
