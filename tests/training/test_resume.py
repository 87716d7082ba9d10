"""A killed training loses at most one epoch, a finished run is never damaged; each kill here is a real SIGKILL."""

import json
import os
import re
import shutil
import signal
import zipfile

import numpy as np
import pytest

import train_model
from core import run_folder
from core.errors import InputError
from core.locks import locked
from tests.forked import run_forked
from tests.helpers import file_size_limit, obey_permissions, start, train

pytest.importorskip("resource", reason="Windows has no such signals and terminals")

SMALL = {"DATASET": "motifs", "N_SAMPLES": 300, "VALIDATION_SIZE": 0.2, "DROPOUT": 0.3, "EPOCHS": 12, "PATIENCE": 8}
SMALL |= {"AVERAGE_WEIGHTS": True}


def stop_after_epoch(project, epoch, sent):
    """Start a training, send a signal once it has shown `epoch`. Returns: (exit status, all it printed, its errors)."""
    done = run_forked(project.folder, ["train_model.py"], signal=sent, after=f"Epoch {epoch}/")
    return done.returncode, done.stdout, done.stderr


def weights_and_history(project):
    with zipfile.ZipFile(project.run_dir / "model.keras") as model:
        return model.read("model.weights.h5"), (project.run_dir / "history.csv").read_text()


def left_beside(project):
    return sorted(p.name for p in (project.folder / "runs").iterdir())


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    from tests.conftest import Project

    project = Project(tmp_path_factory.mktemp("undisturbed") / "project").edit(**SMALL)
    project.succeed("train_model.py")
    return weights_and_history(project)


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_training_continues_bit_by_bit(project, undisturbed, sent):
    project.edit(**SMALL)
    status, printed, errors = stop_after_epoch(project, 4, sent)
    if sent == signal.SIGINT:
        assert status == 130 and errors == "" and "python train_model.py continues" in printed
    assert not project.run_dir.exists()
    printed = project.succeed("train_model.py")
    assert re.search(r"Continuing after epoch [345],", printed)
    assert weights_and_history(project) == undisturbed
    assert left_beside(project) == ["index.html", "latest", "ledger.csv"]


def test_changed_constants_and_resume_false_start_afresh(project):
    project.edit(**SMALL)
    stop_after_epoch(project, 2, signal.SIGKILL)
    runs = project.folder / "runs"
    shutil.copytree(runs, project.folder / "killed")
    project.edit(EPOCHS=2, PATIENCE=None)
    printed = project.succeed("train_model.py")
    assert "starting afresh" in printed and "Epoch 1/2" in printed
    shutil.rmtree(runs)
    shutil.copytree(project.folder / "killed", runs)
    project.edit(EPOCHS=12, PATIENCE=8, RESUME=False)
    assert "Epoch 1/12" in project.succeed("train_model.py")
    assert left_beside(project) == ["index.html", "latest", "ledger.csv"]


KILLER = """
import json, os, random, signal, sys, time
import core.quiet_tensorflow  # imported once, forked often: a start takes seconds
import train_model
from core import run_folder
from core.constants import read_constants

constants = read_constants()
folder = run_folder.resolved(constants["RUN_DIR"])

def training(seed):
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        train_model.main(constants | {"SEED": seed})
        os._exit(0)
    return child

os.waitpid(training(0), 0)
began = time.perf_counter()
os.waitpid(training(1), 0)
whole = time.perf_counter() - began
moments = random.Random(0)
for seed in range(2, 2 + KILLS):
    child = training(seed)
    if seed > 2:
        time.sleep(moments.uniform(0.1, 1.05) * whole)
    while seed == 2 and not run_folder.sibling(folder, "checkpoint").exists():  # the first is hit between its epochs
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    left = sorted(p.name for p in folder.parent.iterdir())
    run = run_folder.run_path(constants["RUN_DIR"])
    record = run_folder.load_record(run)
    files = sorted(p.name for p in run.iterdir())
    status = os.waitpid(training(seed), 0)[1]
    after = [run_folder.load_record(run).constants.SEED, sorted(p.name for p in folder.parent.iterdir())]
    print(json.dumps([seed, left, record.constants.SEED, files, status, after]), flush=True)
"""


def test_kills_at_random_moments_leave_the_old_run_or_the_new_one(project, request):
    """During epochs, file writes and swaps; each is started again and leaves nothing but its run."""
    kills = request.config.getoption("--kills") or 4
    project.edit(N_SAMPLES=60, EPOCHS=10)
    code = KILLER.replace("KILLS", str(kills))
    lines = [json.loads(line) for line in project.succeed("-c", code, timeout=3600).splitlines()]
    assert len(lines) == kills
    for seed, _, found, files, status, (finished, left) in lines:
        assert found in (seed - 1, seed)
        assert files == ["history.csv", "learning_curves.png", "model.keras", "run.json"]
        assert (status, finished, left) == (0, seed, ["latest"])
    interrupted = [left for _, left, *_ in lines]
    assert any(".latest.lock" in left for left in interrupted)  # kills did hit trainings at work
    assert any(".latest.checkpoint" in left for left in interrupted)


@pytest.mark.parametrize("state", ["new complete", "old moved away", "new in its place", "new half written"])
def test_every_moment_of_the_swap_is_recovered(project, reference, state):
    import shutil

    from core import run_folder

    runs, source = project.folder / "runs", reference[0].run_dir
    if state == "new complete":
        shutil.copytree(source, runs / "latest")
        (runs / "latest" / "mark").write_text("old")
        shutil.copytree(source, runs / ".latest.new")
    elif state == "old moved away":
        shutil.copytree(source, runs / ".latest.old")
    elif state == "new in its place":
        shutil.copytree(source, runs / "latest")
        shutil.copytree(source, runs / ".latest.old")
    else:
        shutil.copytree(source, runs / "latest")
        (runs / ".latest.partial").mkdir()
    folder = run_folder.run_path(str(runs / "latest"))
    run_folder.load_record(folder)
    assert not (folder / "mark").exists()
    if state != "new half written":  # that one is cleared by the next training
        both = state in ("new complete", "new in its place")  # the old one was evaluated
        assert left_beside(project) == ["latest", "previous"][: 1 + both]
        assert both == (len([*runs.glob("previous/*/evaluation.json")]) == 1)


def test_the_newest_evaluated_runs_are_kept_and_nothing_else_is_deleted(tmp_path, capsys):
    run, mine = tmp_path / "run", tmp_path / "previous" / "mine"
    mine.mkdir(parents=True)
    for number in range(8):
        with run_folder.new_run(run) as new:
            (new / "run.json").write_text(str(number))
        if number != 3:  # that one was never evaluated
            (run / "evaluation.json").write_text("{}")
            os.utime(run / "evaluation.json", (number, 1_700_000_000 + number // 2))  # two in each second
    kept = sorted(path for path in mine.parent.iterdir() if path != mine)
    assert [(path / "run.json").read_text() for path in kept] == ["1", "2", "4", "5", "6"] and mine.is_dir()
    assert kept[3].name == f"{kept[2].name}_2" and str(kept[-1]) in capsys.readouterr().out.splitlines()[-1]
    with pytest.raises(InputError, match="evaluated runs that were replaced are kept there"):
        run_folder.run_path(str(mine.parent))


def test_a_second_training_on_the_same_folder_is_refused(project):
    project.edit(N_SAMPLES=20000, EPOCHS=100)
    process = start(project)
    try:
        for line in process.stdout:
            if line.startswith("Epoch 1"):
                break
        assert "another training is at work" in project.refuse("train_model.py")
    finally:
        process.kill()
        process.communicate(timeout=60)
    with locked(project.run_dir):  # the lock did not outlive its process
        pass


@pytest.fixture
def with_run(project, reference):
    """A project with a finished run, about to be trained on something else."""
    shutil.copytree(reference[0].run_dir, project.run_dir)
    return project


@pytest.mark.parametrize("limit", [1_000, 220_000])
def test_a_full_disk_leaves_the_old_run(with_run, shipped, capsys, limit):
    before = weights_and_history(with_run)
    with file_size_limit(limit), pytest.raises(InputError, match="cannot be written"):
        train(shipped, with_run.run_dir, N_SAMPLES=100, EPOCHS=1, SEED=1)
    assert weights_and_history(with_run) == before


@pytest.mark.parametrize("script", ["train_model.py", "evaluate_model.py"])
def test_a_read_only_folder_is_refused_and_leaves_the_old_run(with_run, script):
    project, before = with_run, weights_and_history(with_run)
    folders = [project.run_dir, project.folder / "runs"]
    for folder in folders:
        folder.chmod(0o555)
    process = start(project, script, preexec_fn=obey_permissions)
    _, errors = process.communicate(timeout=60)
    for folder in folders:
        folder.chmod(0o755)
    assert process.returncode == 2 and len(errors.splitlines()) == 1, errors
    assert "cannot be written" in errors and "Permission denied" in errors
    assert weights_and_history(project) == before and left_beside(project) == ["latest"]


def test_a_loss_that_becomes_nan_names_epoch_and_learning_rate(shipped, tmp_path):
    rng = np.random.default_rng(0)
    values = rng.normal(size=200) * 1e18
    (tmp_path / "s.csv").write_text("v\n" + "".join(f"{v}\n" for v in values))
    constants = {"DATASET": str(tmp_path / "s.csv"), "RUN_DIR": str(tmp_path / "run"), "LEARNING_RATE": 1e30}
    with pytest.raises(InputError, match=r"epoch 1 with LEARNING_RATE = 1e\+30"):
        train_model.main(shipped.changed(**constants))
    assert os.listdir(tmp_path) == ["s.csv"]


def test_a_training_that_only_validation_finds_diverged_replaces_no_run(shipped, tmp_path):
    # One step: its loss is that before it.
    chosen = {"N_SAMPLES": 20, "EPOCHS": 1, "LEARNING_RATE": 1e38, "VALIDATION_SIZE": 0.25}
    with pytest.raises(InputError, match=r"the validation loss became nan in epoch 1 with LEARNING_RATE = 1e\+38"):
        train_model.main(shipped.changed(RUN_DIR=str(tmp_path / "run"), **chosen))
    assert os.listdir(tmp_path) == []
