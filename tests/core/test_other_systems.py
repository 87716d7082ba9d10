"""What Windows and macOS do otherwise, simulated: locks, files that are open, drives, consoles, case."""

import io
import os
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from core import files, locks, progress, quiet_tensorflow, run_folder, script
from core.errors import Busy, InputError
from experiments import experiment, index
from tests.conftest import LINUX, load

fcntl = pytest.importorskip("fcntl", reason="Windows does by itself what is simulated here")
REPLACE = os.replace


def holders(path):
    """Return the open files of this process that are `path`."""
    links = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
    return [link for link in links if os.path.islink(link) and os.readlink(link) == str(path)]


def unlink_on_windows(path, unlink=os.unlink):
    if holders(path):
        raise PermissionError(13, "used by another process")
    unlink(path)


@LINUX
def test_locks_of_windows_hold_and_leave_nothing(tmp_path, monkeypatch):
    """There a lock ends when its file is closed, and no file is deleted that anyone has open."""
    theirs = SimpleNamespace(LK_NBLCK=2, locking=lambda file, *_: fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB))
    monkeypatch.setattr(locks, "fcntl", None)
    monkeypatch.setattr(locks, "msvcrt", theirs, raising=False)
    monkeypatch.setattr(locks.os, "unlink", unlink_on_windows)
    folder, lock = tmp_path / "run", tmp_path / ".run.lock"
    with locks.locked(folder), pytest.raises(Busy, match="at work on"), locks.locked(folder):
        pass
    assert not lock.exists()
    with locks.locked(folder):
        waiting = open(lock, "a")  # noqa: SIM115 (as another process has it, before it asks for the lock)
    locks.lock_file(waiting)
    with pytest.raises(Busy), locks.locked(folder):
        pass
    locks.release_file(waiting)
    assert not lock.exists() and not holders(lock)


def write_run(folder, text):
    with run_folder.new_run(folder) as new:
        (new / "run.json").write_text(text)


def test_a_run_is_flushed_as_windows_wants_it(tmp_path, monkeypatch):
    flushed = []
    monkeypatch.setattr(os, "fsync", lambda file: flushed.append(fcntl.fcntl(file, fcntl.F_GETFL) & os.O_ACCMODE))
    write_run(tmp_path / "run", "new")
    assert flushed == [os.O_RDWR]  # FlushFileBuffers refuses a file that is open for reading alone


def test_what_a_virus_scanner_holds_for_a_moment_is_moved_after_it(tmp_path, monkeypatch):
    refusals = [PermissionError(13, "used by another process")] * 2

    def replace(source, target):
        if refusals:
            raise refusals.pop()
        REPLACE(source, target)

    monkeypatch.setattr(os, "replace", replace)
    monkeypatch.setattr(files, "MOVE_WITHIN", 5.0)
    files.write_csv(tmp_path / "t.csv", ["a"], [[1]])
    assert (tmp_path / "t.csv").read_text() == "a\n1\n" and not refusals


def test_a_run_that_another_program_has_open_is_not_lost(tmp_path, monkeypatch):
    folder, is_open = tmp_path / "run", True
    write_run(folder, "old")

    def replace(source, target):
        if is_open and Path(source) == folder:
            raise PermissionError(13, "used by another process")
        REPLACE(source, target)

    monkeypatch.setattr(os, "replace", replace)
    for attempt in (lambda: write_run(folder, "new"), lambda: run_folder.run_path(str(folder))):
        with pytest.raises(InputError, match="cannot be put in its place.*used by another process.*Close the programs"):
            attempt()
        assert (folder / "run.json").read_text() == "old"
    is_open = False
    assert run_folder.run_path(str(folder)) == folder
    assert (folder / "run.json").read_text() == "new" and os.listdir(tmp_path) == ["run"]


def test_a_page_on_another_drive_has_an_address(tmp_path, monkeypatch):
    def relpath(path, start):
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr(index.os.path, "relpath", relpath)
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "report.html").touch()
    assert index.address(tmp_path / "a b", tmp_path / "c") == f"file://{tmp_path}/a%20b/report.html"


def run_here(monkeypatch, stream, main):
    """Run a script's main in this process with a stream for both of its own. Returns: its exit status."""
    monkeypatch.setattr(sys, "argv", ["train_model.py"])
    monkeypatch.setattr(script.signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    with pytest.raises(SystemExit) as end:
        script.run_script(main, "")
    return end.value.code


def refused():
    print("50 × 1 – 95 % ≥ 0\x1b[2J")
    raise InputError("n = “5”")


@pytest.mark.parametrize(("encoding", "shown"), [("cp437", "50 ? 1 ? 95 % ≥ 0"), ("cp1252", "50 × 1 – 95 % ? 0")])
def test_consoles_show_what_they_can(monkeypatch, encoding, shown):
    written = io.BytesIO()
    console = io.TextIOWrapper(written, encoding, newline="\n", write_through=True)
    assert run_here(monkeypatch, console, refused) == 2
    lines = written.getvalue().decode(encoding).splitlines()
    assert lines[0] == shown + r"\x1b[2J" and lines[1].startswith("train_model.py: n = ") and len(lines) == 2


class Window(io.StringIO):
    """A stream as IDLE, Spyder and notebooks have it: no encoding to change, and no file behind it."""

    def isatty(self):
        return True


def test_scripts_run_in_windows_that_are_no_console(monkeypatch):
    window = Window()
    assert run_here(monkeypatch, window, refused) == 2
    assert window.getvalue() == "50 × 1 – 95 % ≥ 0" + r"\x1b[2J" + "\ntrain_model.py: n = “5”\n"
    assert progress.changes_in_place()
    monkeypatch.setattr(Window, "__module__", "idlelib.run")  # it appends a line that \r would begin anew
    assert not progress.changes_in_place()


def test_tensorflow_loads_where_nothing_is_behind_standard_error(monkeypatch):
    def dup(descriptor):
        raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr(quiet_tensorflow.os, "dup", dup)
    monkeypatch.setattr(sys, "stderr", None)  # as pythonw has it
    ran = []
    with quiet_tensorflow.standard_error_caught():
        ran.append("the import")
    assert ran == ["the import"] and sys.stderr is None


def test_a_worker_ends_with_its_parent_on_windows(monkeypatch):
    gone, ended = threading.Event(), threading.Event()
    parent = SimpleNamespace(join=lambda: gone.wait(5))
    monkeypatch.setattr(experiment.multiprocessing, "parent_process", lambda: parent)
    system = SimpleNamespace(name="nt", getppid=lambda: 7, _exit=lambda status: ended.set())  # 7, and always 7
    monkeypatch.setattr(experiment, "os", system)
    experiment._end_with(7)
    assert not ended.wait(0.05)
    gone.set()
    assert ended.wait(5)


def test_sequences_are_not_their_own_labels_where_case_does_not_count(tmp_path):
    np.save(tmp_path / "Y.npy", np.random.default_rng(0).random((40, 9)))
    os.link(tmp_path / "Y.npy", tmp_path / "y.npy")  # as macOS finds it by either name
    with pytest.raises(InputError, match="labels|no labels|y.npy"):
        load(DATASET=str(tmp_path / "Y.npy"))


def test_a_path_as_windows_writes_it_is_named_with_the_way_on():
    with pytest.raises(InputError, match="is not found.*its folders divided by /"):
        load(DATASET="data\\airline-passengers.csv")
