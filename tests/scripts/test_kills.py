"""Whatever script is killed at whatever moment, runs, ledger and results stay whole, and it ends as if not killed.

Twenty kills of each: python -m pytest tests/scripts/test_kills.py --kills 20
"""

import json

import numpy as np
import pytest

from tests.conftest import POSIX
from tests.forked import run_forked

KILLER = """
import hashlib, json, os, random, shutil, signal, sys, time
import cross_validate_model, evaluate_model, export_model, predict_model, train_model, tune_model
from core import ledger, run_folder
from core.constants import read_constants
from core.errors import InputError

kills, *scripts = sys.argv[1:]
c = read_constants()
run = run_folder.resolved(c.RUN_DIR)
runs = run.parent
folds = read_constants(["cross_validate_model"]).changed(FOLDS=2, FOLD_JOBS=1)
space = {"SEARCH": "grid", "SEARCH_SPACE": {"FILTERS": [2, 4]}, "REPEATS": 1, "N_JOBS": 1}
space = read_constants(["tune_model"]).changed(**space)
SCRIPTS = {  # its work, where its results lie, whether they go before the next kill
    "evaluate": (lambda: evaluate_model.main(c), run, False),
    "predict": (lambda: predict_model.predict(c.RUN_DIR, "new.npz"), run, False),
    "export": (lambda: export_model.export("saved_model", c.RUN_DIR), run, False),
    "tflite": (lambda: export_model.export("tflite", c.RUN_DIR), run, False),
    "cross_validate": (lambda: cross_validate_model.cross_validate(c, folds), runs / "folds", True),
    "tune": (lambda: tune_model.search(c, space), runs / "tune", True),
}
DEAR = ("tflite", "cross_validate", "tune")  # killed once, others at a second moment too

def start(work):
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        try:
            work()
        except InputError:
            os._exit(2)
        os._exit(0)
    return child

def end(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def results(place):
    found = {}
    for path in sorted(place.rglob("*")):
        if path.is_file() and path.suffix in (".csv", ".json") and path.name != "search.json":
            text = path.read_text()
            if path.suffix == ".json":
                told = json.loads(text)
                of_now = ("evaluated", "looks", "trained", "seconds", "checksum", "checksums", "model_checksum")
                text = json.dumps({name: value for name, value in told.items() if name not in of_now})
            if path.name == "trials.csv":  # in any order; the time is its own
                text = sorted(row.split(",")[:4] for row in text.splitlines())
            found[str(path.relative_to(place))] = text
        elif path.is_file() and path.suffix in (".png", ".pb", ".tflite"):
            found[str(path.relative_to(place))] = ""
    return found

def check_whole():
    for record in runs.rglob("run.json"):
        if not any(part.startswith(".") for part in record.relative_to(runs).parts):
            model = (record.parent / "model.keras").read_bytes()
            assert hashlib.sha256(model).hexdigest() == run_folder.load_record(record.parent).model_checksum
    for path in runs.rglob("[!.]*.json"):
        json.loads(path.read_text())
    for path in runs.rglob("saved_model"):
        assert (path / "saved_model.pb").is_file() and (path / "variables" / "variables.index").is_file()
    ledger.read_rows(run)

if "evaluate" in scripts:
    assert end(start(lambda: train_model.main(c))) == 0
for script in scripts:
    work, place, anew = SCRIPTS[script]
    began = time.perf_counter()
    assert end(start(work)) == 0
    whole, undisturbed = time.perf_counter() - began, results(place)
    rows, moments = len(ledger.read_rows(run)), random.Random(0)
    for k in range(int(kills) or 2 - (script in DEAR)):
        if anew:
            shutil.rmtree(place)
        child = start(work)
        time.sleep((moments.uniform(0.1, 1.0) if k else 0.5) * whole)
        os.kill(child, signal.SIGTERM if k % 4 == 3 else signal.SIGKILL)
        killed = end(child)
        check_whole()
        again = end(start(work))
        check_whole()
        hidden = [str(path.relative_to(runs)) for path in runs.rglob(".*")]
        after = results(place)
        differing = [name for name in undisturbed | after if undisturbed.get(name) != after.get(name)]
        before, rows = rows, len(ledger.read_rows(run))
        print(json.dumps([script, killed, again, hidden, differing, rows - before]), flush=True)
"""


def run_killer(project, code, *arguments):
    """Run the code on a small project. Returns: what each kill, a line of JSON, left."""
    np.savez(project.folder / "new.npz", X=np.random.default_rng(0).random((5, 20, 1)))
    project.edit(DATASET="motifs", TIME_STEPS=20, N_SAMPLES=60, EPOCHS=3, FILTERS=4, LSTM_UNITS=4)
    (project.folder / "killer.py").write_text(code)
    done = run_forked(project.folder, ["killer.py", *arguments], timeout=3600)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@POSIX
@pytest.mark.parametrize("scripts", ["evaluate predict export tflite", "cross_validate", "tune"])
def test_kills_leave_runs_ledger_and_results_whole(project, request, scripts):
    lines = run_killer(project, KILLER, request.config.getoption("--kills") or 0, *scripts.split())
    for script, killed, again, hidden, differing, rows in lines:
        assert killed in (-9, -15, 0) and again == 0, script
        assert hidden == [] and differing == [], script
        assert rows in ((1, 2) if script in ("evaluate", "tune") else (0,)), script
    assert {script for script, killed, *_ in lines if killed < 0} == {*scripts.split()}


TWO_AT_ONCE = (
    KILLER.partition('if "evaluate" in scripts')[0]
    + """
for k in range(int(kills)):
    seeds = [2 * k, 2 * k + 1]
    children = [start(lambda: train_model.main(c.changed(SEED=seed))) for seed in seeds]
    statuses = [end(child) for child in children]
    check_whole()
    last = run_folder.load_record(run).constants.SEED
    print(json.dumps([seeds, statuses, last, sorted(path.name for path in runs.iterdir())]), flush=True)
"""
)


@POSIX
def test_kills_or_not_two_trainings_of_one_run_leave_one_whole_run(project, request):
    kills = request.config.getoption("--kills") or 2
    lines = run_killer(project, TWO_AT_ONCE, kills)
    assert len(lines) == kills
    for seeds, statuses, last, left in lines:
        assert sorted(statuses) in ([0, 0], [0, 2]) and statuses[seeds.index(last)] == 0
        assert left == ["latest"]
    assert any(2 in statuses for _, statuses, *_ in lines)  # they did meet
