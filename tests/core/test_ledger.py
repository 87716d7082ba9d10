"""runs/ledger.csv: several processes write it, a damaged one is refused early, and no run takes its place."""

import subprocess
import sys

import pytest

import train_model
from core import ledger
from core.errors import InputError

WRITER = """
import sys
from pathlib import Path
from types import SimpleNamespace
from core import ledger
constants = {"SEED": int(sys.argv[1])}
record = SimpleNamespace(constants=constants, parameters=1, seconds=1.0, fingerprint="f")
print("ready", flush=True)
sys.stdin.readline()
for k in range(25):
    ledger.append("now", Path(f"run_{sys.argv[1]}_{k}"), "test", ["accuracy", "1", "", "", ""], record)
"""


def test_no_row_is_lost_where_several_processes_write(project):
    command = [sys.executable, "-c", WRITER]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    writers = [subprocess.Popen([*command, str(k)], cwd=project.folder, **pipes) for k in range(4)]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("\n")
        writer.stdin.flush()
    assert [writer.wait(timeout=60) for writer in writers] == [0] * 4
    lines = (project.folder / "runs" / "ledger.csv").read_text().splitlines()
    assert len(lines) == 1 + 4 * 25 and len({line.split(",")[1] for line in lines[1:]}) == 4 * 25
    assert all(line.endswith(f"SEED={line.split('run_')[1][0]}") for line in lines[1:])


def test_a_damaged_ledger_is_refused_before_training(shipped, tmp_path):
    ledger.LEDGER.parent.mkdir(parents=True, exist_ok=True)
    ledger.LEDGER.write_text("not,a,ledger\n")
    with pytest.raises(InputError, match="not a ledger of this version"):
        train_model.train(shipped.changed(RUN_DIR=str(tmp_path / "run"), VALIDATION_SIZE=0.2))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("folder", ["runs", "runs/../runs/", "."])
def test_no_run_takes_the_place_of_all_runs(project, folder):
    assert f"RUN_DIR = {folder!r} is impossible" in project.edit(RUN_DIR=folder).refuse("train_model.py")
