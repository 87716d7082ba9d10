"""What a terminal gets: letters it cannot show, Ctrl-C at any moment, folders that cannot be written."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import train_model
from tasks.classification.task import Classification
from tests.helpers import obey_permissions, start

pty = pytest.importorskip("pty", reason="Windows has no such signals and terminals")

OLD = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}


def test_letters_that_a_terminal_cannot_show_are_replaced(project):
    x, y = np.random.default_rng(0).normal(size=(40, 6)), np.array(["Łódź", "東京"] * 20)
    np.savez(project.folder / "d.npz", X=x, y=y)
    project.edit(DATASET="d.npz", EPOCHS=1)
    assert "Data: d.npz" in project.succeed("train_model.py", env=OLD)
    report = project.succeed("evaluate_model.py", env=OLD)
    assert "Test Accuracy: " in report and "??d?" in report
    assert len((project.folder / "runs" / "ledger.csv").read_text().splitlines()) == 2
    project.edit(DATASET="ł.npz")
    assert "DATASET = '?.npz'" in project.refuse("train_model.py", env=OLD)


def test_a_person_sees_the_lines_that_a_file_gets(project, reference):
    left = re.compile(r", \d+ (s|min) left")  # how long it takes is another thing
    piped = [left.sub("", line) for line in reference[1].splitlines() if line.startswith("Epoch")]
    ours, theirs = pty.openpty()
    done = subprocess.Popen([sys.executable, "train_model.py"], cwd=project.folder, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # the end, as Linux tells it
        while part := os.read(ours, 4096):
            shown += part
    os.close(ours)
    assert done.wait() == 0
    lines = [line for line in shown.decode().replace("\r\n", "\n").split("\n") if "Epoch" in line]
    assert [left.sub("", line.split("\r")[-1]) for line in lines] == piped


def test_an_older_python_gets_one_line(project):
    code = "import sys; sys.version_info = (3, 9, 18); import train_model"
    assert project.refuse("-c", code).startswith("Python 3.10 to 3.13 is needed, this is 3.")


@pytest.mark.parametrize("script", ["train_model.py", "tune_model.py"])
def test_ctrl_c_while_importing_leaves_no_traceback(project, script):
    # What comes while Python itself starts is Python's: it may show a traceback, or even lose the signal.
    errors_module = project.folder / "core" / "errors.py"
    errors_module.write_text(errors_module.read_text() + 'print("importing", flush=True)\n')
    for seconds in (0, 0.2, 0.5, 0.9):
        process = start(project, script, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
        assert process.stdout.readline() == "importing\n"
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert process.returncode in (130, -signal.SIGINT) and errors == "", (seconds, process.returncode, errors)


def test_a_stopped_training_says_which_script_continues_it(shipped, tmp_path, monkeypatch, capsys):
    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("experiments.train_run.fit", stop)
    monkeypatch.setattr(sys, "argv", ["/somewhere/tune_model.py"])
    with pytest.raises(KeyboardInterrupt):
        train_model.main(shipped.changed(RUN_DIR=str(tmp_path / "run")))
    assert "python tune_model.py continues" in capsys.readouterr().out


def test_the_time_that_is_printed_covers_all_that_was_done(shipped, tmp_path, monkeypatch, capsys):
    """What is fitted beside the network takes 1.5 s here: a line says what goes on, and the time counts."""
    finish = Classification.finish
    monkeypatch.setattr(Classification, "finish", lambda *given: time.sleep(1.5) or finish(*given))
    began = time.perf_counter()
    run = train_model.main(shipped.changed(RUN_DIR=str(tmp_path / "run"), N_SAMPLES=40, EPOCHS=1))
    waited = time.perf_counter() - began
    printed = capsys.readouterr().out
    seconds = float(re.search(r"Trained in (\d+\.\d) s", printed)[1])
    assert waited - 1 < seconds < waited + 0.1 and 1.5 < run.record.seconds <= seconds + 0.1
    assert "Fitting what stands beside the network ...\n" in printed


@pytest.fixture
def locked_away(reference, tmp_path):
    """A copy of the project with its finished run elsewhere; the test makes one of the two read-only."""
    from tests.conftest import Project

    project, run = Project(tmp_path / "project"), tmp_path / "run"
    shutil.copytree(reference[0].run_dir, run)
    (project.folder / "runs").mkdir()
    project.edit(RUN_DIR=str(run))
    yield project, run
    for folder in (project.folder, project.folder / "runs", run):
        folder.chmod(0o755)


def run_as_user(project, *command):
    return subprocess.run(
        [sys.executable, *command],
        cwd=project.folder,
        capture_output=True,
        text=True,
        preexec_fn=obey_permissions,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )


def test_a_report_is_shown_where_the_ledger_cannot_be_written(locked_away):
    project, elsewhere = locked_away
    run = project.folder / "runs" / "mine" / "run"
    shutil.copytree(elsewhere, run)
    project.edit(RUN_DIR="runs/mine/run")
    before = (run / "evaluation.json").read_text()
    for folder in (project.folder / "runs", project.folder):
        folder.chmod(0o555)
    done = run_as_user(project, "evaluate_model.py")
    assert "Test Accuracy: " in done.stdout and done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and "ledger.csv cannot be written: Permission denied" in done.stderr
    assert (run / "evaluation.json").read_text() != before  # its own folder can be written


def test_a_run_that_belongs_to_someone_else_is_evaluated_to_the_screen(locked_away):
    project, run = locked_away
    run.chmod(0o555)
    done = run_as_user(project, "evaluate_model.py")
    assert "Test Accuracy: " in done.stdout and done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and "evaluation.json cannot be written" in done.stderr
    done = run_as_user(project, "export_model.py", "saved_model")
    assert done.returncode == 2 and "cannot be written" in done.stderr and len(done.stderr.splitlines()) == 1
