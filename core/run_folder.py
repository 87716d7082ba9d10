"""The run folder: everything one training produced, replaced whole or not at all."""

import hashlib
import itertools
import json
import os
import re
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from core.constants import check_constants, rules
from core.errors import InputError, reason
from core.files import PROJECT, move, project_path, remove, shown, sibling, write_json
from core.locks import content_lock, locked
from core.records import from_plain, to_plain

AGAIN = "run python train_model.py again"
FORMAT = 12  # of run.json; another one is refused
RUNS = PROJECT / "runs"  # where runs lie by default, beside the ledger
PREVIOUS = "previous"  # folder of the evaluated runs that later ones replaced, beside the ledger
KEPT = 5  # of them, the newest
KEPT_NAME = re.compile(r"\d{4}-\d\d-\d\d_\d{6}(_\d+)?")


@dataclass(frozen=True)
class Evaluated:
    """The evaluated run that one without a test set stands on: it was trained as that one was, on all data."""

    folder: str
    trained: str  # when
    evaluated: str  # when
    metric: str
    score: float
    interval: list[float]  # 95 %, [low, high]; [] where the score has none


@dataclass(frozen=True)
class RunRecord:
    """What run.json says of a run: how it was made, what it learned, and what it is recognised by."""

    trained: str  # when
    constants: dict[str, Any]  # Constants
    in_files: dict[str, Any]  # of those that were given for this run alone: what the files said
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
    network_share: float | None = None  # see training.network_share
    stands_on: Evaluated | None = None  # where EVALUATED_RUN was trained once more
    checksums: dict[str, str] = field(default_factory=dict)  # SHA-256 of each file that training wrote beside it

    @property
    def fingerprint(self):
        """That of the test set, "" where there is none."""
        return self.fingerprints.get("test", "")

    @property
    def model_checksum(self):
        """That of model.keras."""
        return self.checksums.get("model.keras")


def run_path(run_dir):
    """Return the absolute path of the run folder; finish or undo a swap that a kill has interrupted."""
    folder = resolved(run_dir)
    if any(sibling(folder, state).is_dir() for state in ("new", "old")):
        with ExitStack() as stack:
            try:
                stack.enter_context(locked(folder))
            except InputError:  # whoever holds the lock is at work on the swap; or the folder is read-only
                return folder
            recover(folder)
    return folder


def resolved(path, constant="RUN_DIR"):
    """Return a folder of results as an absolute path without links: what is replaced is what a link points to."""
    folder = project_path(path, constant).resolve()
    if RUNS.is_relative_to(folder):  # the ledger and all other runs would be replaced with it, or lie in it
        what = {"RUN_DIR": "run", "TUNE_DIR": "search", "FOLD_DIR": "folds"}[constant]
        raise InputError(f"{constant} = {path!r} is impossible: it must name a folder for the {what} alone")
    if folder == home(folder) / PREVIOUS:
        raise InputError(f"{constant} = {path!r} is impossible: evaluated runs that were replaced are kept there")
    return folder


def home(folder):
    """Return where the ledger of a run lies, and runs that were replaced: runs/, for a run elsewhere its parent."""
    return RUNS if folder.is_relative_to(RUNS.resolve()) else folder.parent


def recover(folder):
    """Bring a run folder to a whole state after a kill: the new run if it was complete, else the old one."""
    new, old = sibling(folder, "new"), sibling(folder, "old")
    if (new / "run.json").is_file():
        _swap(folder)
    elif old.is_dir() and not folder.exists():
        with _refused_while_open(folder):
            move(old, folder)
    _put_away(old, folder)
    for left in (new, sibling(folder, "partial"), sibling(folder, "checkpoint.writing")):
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
        move(partial, sibling(folder, "new"))  # from here on the new run is complete, and run_path() finishes the swap
        _swap(folder)
    except OSError as error:
        raise InputError(f"{shown(folder)} cannot be written: {reason(error)}") from error
    finally:
        remove(partial)


def _swap(folder):
    new, old = sibling(folder, "new"), sibling(folder, "old")
    with content_lock(folder), _refused_while_open(folder):
        if folder.exists():
            _put_away(old, folder)
            move(folder, old)
        move(new, folder)
    _put_away(old, folder)


def _put_away(old, folder):
    """Keep what a new run has replaced if it was evaluated, the newest KEPT of such runs; else delete it."""
    if (old / "evaluation.json").is_file():
        try:
            kept = _kept_name(home(folder) / PREVIOUS, (old / "evaluation.json").stat().st_mtime)
            kept.parent.mkdir(exist_ok=True)
            move(old, kept)
        except OSError as error:
            why = f"{shown(home(folder) / PREVIOUS)} cannot be written: {reason(error)}"
            raise InputError(f"{why}; the evaluated run that was in {shown(folder)} waits in {shown(old)}") from error
        print(f"Kept the evaluated run that was in {shown(folder)}: {shown(kept)}")
        for path in kept_runs(folder)[:-KEPT]:
            remove(path)
    remove(old)


def _kept_name(previous, evaluated):
    """Return a free path in `previous` that tells when a run was evaluated, seconds since 1970."""
    name = f"{datetime.fromtimestamp(evaluated):%Y-%m-%d_%H%M%S}"
    names = itertools.chain([name], (f"{name}_{number}" for number in itertools.count(2)))  # several in one second
    return next(previous / own for own in names if not (previous / own).exists())


def kept_runs(folder):
    """Return the folders of the evaluated runs that are kept beside the ledger of the run in `folder`, oldest first."""
    previous = home(folder) / PREVIOUS
    return sorted(path for path in previous.glob("*") if KEPT_NAME.fullmatch(path.name) and path.is_dir())


@contextmanager
def _refused_while_open(folder):
    """Raise InputError where a run cannot be put in its place: Windows moves no folder while a file in it is open."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"the run that was trained cannot be put in its place, {shown(folder)}: {reason(error)}. Close the "
            "programs that have a file in it open; the next script tries again"
        ) from error


def _flush_to_disk(path):
    if path.is_file():
        with open(path, "r+b") as file:  # Windows flushes only what may be written
            os.fsync(file.fileno())


def write_record(folder, record):
    """Write run.json, with a checksum that tells whether it is as it was written, and those of the files beside it.

    Returns: the RunRecord as written.
    """
    record = replace(record, checksums={path.name: sha256(path) for path in sorted(folder.iterdir()) if path.is_file()})
    plain = {"format": FORMAT, **to_plain(record)}
    write_json(folder / "run.json", plain | {"checksum": _checksum(plain)})
    return record


def sha256(path):
    """Return the SHA-256 of a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


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
