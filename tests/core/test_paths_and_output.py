"""Folders that cannot hold results are refused in one line; a terminal shows what it would else obey."""

import csv
import os
import subprocess
import sys

import pytest

import cross_validate_model
import predict_model
import train_model
import tune_model
from core import ledger, locks, run_folder
from core.constants import read_constants
from core.errors import InputError
from core.files import read_csv, write_csv
from core.run_folder import RunRecord
from tests.conftest import POSIX


def options(script, **changed):
    return read_constants([script]).changed(**changed)


@pytest.mark.parametrize("folder", ["runs", "runs/", "."])
def test_no_search_and_no_folds_lie_among_all_runs(shipped, folder):
    with pytest.raises(InputError, match="TUNE_DIR = .* is impossible: it must name a folder for the search alone"):
        tune_model.search(shipped, options("tune_model", TUNE_DIR=folder))
    with pytest.raises(InputError, match="FOLD_DIR = .* is impossible: it must name a folder for the folds alone"):
        cross_validate_model.cross_validate(shipped, options("cross_validate_model", FOLD_DIR=folder))


def test_a_search_does_not_lie_among_other_files(shipped, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    chosen = options("tune_model", TUNE_DIR=str(tmp_path), SEARCH_SPACE={"FILTERS": [2]}, SEARCH="grid")
    with pytest.raises(InputError, match="TUNE_DIR: .* exists and holds no search.json: name another folder"):
        tune_model.search(shipped.changed(N_SAMPLES=40, EPOCHS=1), chosen)
    assert [path.name for path in tmp_path.iterdir() if path.name[0] != "."] == ["thesis.txt"]


@POSIX
def test_a_loop_of_links_is_refused_by_the_name_of_its_constant(shipped, tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    for loop in (str(tmp_path / "a"), str(tmp_path / "a" / "run")):
        calls = {
            "RUN_DIR": lambda path: train_model.main(shipped.changed(RUN_DIR=path)),
            "DATASET": lambda path: train_model.main(shipped.changed(DATASET=path)),
            "PRETRAINED_RUN": lambda path: train_model.main(shipped.changed(PRETRAINED_RUN=path)),
            "TUNE_DIR": lambda path: tune_model.search(shipped, options("tune_model", TUNE_DIR=path)),
            "FOLD_DIR": lambda path: cross_validate_model.cross_validate(
                shipped, options("cross_validate_model", FOLD_DIR=path)
            ),
        }
        for constant, call in calls.items():
            with pytest.raises(InputError, match=f"{constant} = .* is no path that can be used: .*symbolic links"):
                call(loop)
        with pytest.raises(InputError):
            predict_model.predict("runs/latest", loop)


def test_no_path_is_not_the_current_folder(project):
    assert "PATH is empty: it must name a file or a folder" in project.refuse("predict_model.py", "")


def test_long_cells_come_back(tmp_path):
    csv.field_size_limit(131_072)  # where csv stops by itself
    cell = "word, " * 50_000
    write_csv(tmp_path / "t.csv", ["a", "b"], [[cell, 1], ["", 'x"y']])
    assert read_csv(tmp_path / "t.csv") == [["a", "b"], [cell, "1"], ["", 'x"y']]
    assert csv.field_size_limit() == 131_072  # as others set it


def test_a_ledger_with_a_long_constant_stays_readable(shipped, tmp_path):
    record = RunRecord("now", shipped.changed(TEST_FILES="x" * 200_000), {}, "t", {}, {}, [], {}, [], {"test": "f"}, {})
    for name in "ab":
        ledger.append("now", tmp_path / name, "test", ["accuracy", "1", "", "", ""], record)
    assert len(ledger.read_rows(tmp_path / name)) == 2 and ledger.count_scored_networks(tmp_path / name, record) == 1


PRINTER = """
import sys
from core.errors import InputError
from core.script import run_script
def main():
    print("a\\x1b[31mb\\x07c\\x9bd\\x7fe\\u202ef\\rg\\tŁ")
    print("\\rEpoch 1", end="", flush=True)
    print("\\nnext")
    raise InputError("column '\\x1b]0;owned\\x07'")
run_script(main, "")
"""


def test_control_characters_are_shown_and_not_obeyed(project):
    command = [sys.executable, "-c", PRINTER]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(command, cwd=project.folder, capture_output=True, env=environment)
    first = r"a\x1b[31mb\x07c\x9bd\x7fe\u202ef\rg" + "\tŁ\n"
    assert done.stdout.decode() == first + "\rEpoch 1\nnext\n"
    assert done.stderr.decode() == "-c: column '" + r"\x1b]0;owned\x07" + "'\n" and done.returncode == 2


@POSIX
def test_a_run_with_a_name_of_control_characters_is_shown_safely(project):
    name = "e\x1b[2Jf"
    project.edit(RUN_DIR=f"runs/{name}", N_SAMPLES=40, EPOCHS=1)
    printed = project.succeed("train_model.py") + project.succeed("evaluate_model.py")
    assert "\x1b" not in printed and r"runs/e\x1b[2Jf" in printed
    assert (project.folder / "runs" / name / "evaluation.json").is_file()


def test_a_swap_waits_for_who_is_writing(tmp_path, monkeypatch):
    """A training that ends while an evaluation writes: no file of the evaluation lands in the new run."""
    monkeypatch.setattr(locks, "WAIT", 0.2)
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "run.json").write_text("old")
    with locks.content_lock(folder):
        with pytest.raises(InputError, match="at work on"), run_folder.new_run(folder) as new:
            (new / "run.json").write_text("new")
        assert (folder / "run.json").read_text() == "old"
    assert run_folder.run_path(str(folder)) == folder  # the training is not lost
    assert (folder / "run.json").read_text() == "new" and os.listdir(tmp_path) == ["run"]
