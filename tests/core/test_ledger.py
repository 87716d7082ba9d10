"""ledger.csv: several processes write it, a damaged one is refused early, and no run takes its place."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

import train_model
from core import ledger, run_folder
from core.errors import InputError

WRITER = """
import sys
from types import SimpleNamespace
from core import ledger, run_folder
constants = {"SEED": int(sys.argv[1])}
record = SimpleNamespace(constants=constants, parameters=1, seconds=1.0, fingerprint="f")
print("ready", flush=True)
sys.stdin.readline()
for k in range(25):
    ledger.append("now", run_folder.RUNS / f"run_{sys.argv[1]}_{k}", "test", ["accuracy", "1", "", "", ""], record)
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


def test_the_ledger_lies_in_runs_or_beside_a_run_elsewhere(tmp_path):
    runs, record = run_folder.RUNS, SimpleNamespace(constants={}, parameters=1, seconds=1.0, fingerprint="f")
    for inside in ("latest", "tune/best", "previous/2026-01-31_120000"):
        assert ledger.ledger_of(runs / inside) == runs / "ledger.csv"
    others = [SimpleNamespace(**vars(record) | {"constants": {"SEED": seed}}) for seed in range(2)]
    for run, own in zip(("a", "b", "of/another"), (*others, record)):
        (tmp_path / run).mkdir(parents=True)
        for when in ("now", "later"):
            ledger.append(when, tmp_path / run, "test", ["accuracy", "1", "", "", ""], own)
    assert ledger.count_scored_networks(tmp_path / "c", record) == 3  # networks count where their rows are
    assert ledger.count_scored_networks(tmp_path / "c", others[0]) == 2  # and once, however often they were scored
    assert ledger.count_scored_networks(tmp_path / "of" / "c", record) == 1
    assert sorted(path.parent for path in tmp_path.rglob("ledger.csv")) == [tmp_path, tmp_path / "of"]


def test_a_damaged_ledger_is_refused_before_training(shipped, tmp_path):
    (tmp_path / "ledger.csv").write_text("not,a,ledger\n")
    with pytest.raises(InputError, match="not a ledger of this version"):
        train_model.main(shipped.changed(RUN_DIR=str(tmp_path / "run"), VALIDATION_SIZE=0.2))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("folder", ["runs", "runs/../runs/", "."])
def test_no_run_takes_the_place_of_all_runs(project, folder):
    assert f"RUN_DIR = {folder!r} is impossible" in project.edit(RUN_DIR=folder).refuse("train_model.py")
