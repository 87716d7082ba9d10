"""The search: reproducible, on validation data alone, and not undone by a kill."""

import contextlib
import csv
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import loguniform

import tune_model
from cnn_lstm_model import build_model
from core.errors import InputError
from data_preprocessing import load_data
from evaluation.intervals import error_of_trial_means, expected_maximum_gain
from experiments.experiment import Experiment
from experiments.search import run_repeats
from experiments.trials import COLUMNS, append_row, draw_trials, finished_rows, row_of
from reports.plots import explained, groups_of_values
from tests.conftest import LINUX

SPACE = "{'FILTERS': [2, 4], 'LSTM_UNITS': [3, 5], 'ARCHITECTURE': ['cnn_lstm']}"
SEARCHABLE = ["FILTERS", "LEARNING_RATE", "DROPOUT", "EPOCHS", "PLATEAU"]


def options(space=None, **changed):
    from core.constants import read_constants

    space = {} if space is None else {"SEARCH_SPACE": space}
    return read_constants(["tune_model"]).changed(**{"N_JOBS": 1, **space, **changed})


def small_search(project):
    script = project.folder / "tune_model.py"
    text, count = re.subn(r"^SEARCH_SPACE = \{.*?^\}", f"SEARCH_SPACE = {SPACE}", script.read_text(), flags=re.M | re.S)
    assert count == 1
    script.write_text(text)
    return project.edit(DATASET="motifs", N_SAMPLES=80, EPOCHS=3, REPEATS=1, SEARCH="grid")


def finished(project):
    """Return the rows of trials.csv without their times, sorted."""
    rows = csv.DictReader((project.folder / "runs" / "tune" / "trials.csv").open())
    return sorted(tuple(v for k, v in row.items() if k != "seconds") for row in rows)


def processes_in(folder):
    """Return the processes whose working folder is `folder` (Linux)."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            found += [process.name] if (process / "cwd").resolve() == folder.resolve() else []
    return found


def wait_until(condition, seconds=20):
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds
        time.sleep(0.2)


@LINUX
def test_a_killed_search_repeats_nothing_and_ends_alike(project, tmp_path):
    from tests.conftest import Project

    other = small_search(Project(tmp_path / "undisturbed")).edit(N_JOBS=1)  # in one process, whatever there are
    printed = other.succeed("tune_model.py")
    rows = finished(other)
    assert [row[1] for row in rows].count("1") == 4 and [row[1] for row in rows].count("3") == 2
    assert "to paste over the old ones" in printed and "Test Accuracy" in printed
    assert printed.splitlines()[-1] == "Report: runs/tune/report.html"
    page, index = ((other.folder / "runs" / name).read_text() for name in ("tune/report.html", "index.html"))
    score = re.search(r"Test Accuracy: (.*)", printed)[1]
    assert f"its test accuracy is {score}." in page and 'href="best/report.html"' in page
    assert "nothing tells: it takes two trials and REPEATS = 2" in page
    assert 'href="tune/report.html"' in index and 'href="tune/best/report.html"' in index
    left = sorted(path.name for path in (other.folder / "runs" / "tune").iterdir())
    assert left == ["best", "report.html", "search.json", "trials.csv"]
    assert json.loads((other.folder / "runs" / "tune" / "best" / "run.json").read_text())["sequences"]["training"] == 64

    small_search(project)
    process = subprocess.Popen(
        [sys.executable, "-u", "tune_model.py"], cwd=project.folder, stdout=subprocess.PIPE, text=True
    )
    for line in process.stdout:
        if line.startswith("  2 of"):
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_until(lambda: not processes_in(project.folder))  # its workers end with it
    done = len(finished(project))
    printed = project.succeed("tune_model.py")
    assert 2 <= done < 6 and f"{done} pieces finished" in printed
    assert finished(project) == rows


def test_random_trials_are_drawn_from_lists_and_distributions_by_the_seed():
    from scipy.stats import loguniform, randint

    space = {"LEARNING_RATE": loguniform(1e-4, 1e-2), "FILTERS": randint(1, 9), "DROPOUT": [0.0, 0.5]}
    trials = draw_trials(options(space), 42, SEARCHABLE)
    assert trials == draw_trials(options(space), 42, SEARCHABLE) and len(trials) == 12
    assert trials != draw_trials(options(space), 1, SEARCHABLE)
    for trial in trials:
        assert 1e-4 <= trial["LEARNING_RATE"] <= 1e-2 and type(trial["LEARNING_RATE"]) is float
        assert 1 <= trial["FILTERS"] < 9 and type(trial["FILTERS"]) is int
    assert len(draw_trials(options({"FILTERS": [1, 2, 3]}), 42, SEARCHABLE)) == 3


@pytest.mark.parametrize(
    ("space", "changed", "message"),
    [
        ({"FILTER": [1]}, {}, "'FILTER'"),
        ({"TEST_SIZE": [0.1]}, {}, "'TEST_SIZE'"),
        ({"SEED": [1, 2]}, {}, "'SEED'"),
        ({"EPOCHS": [5, 10]}, {}, "EPOCHS cannot be searched"),
        ({"RESUME": [True]}, {}, "RESUME cannot be searched"),
        ({"FILTERS": []}, {}, "FILTERS must be a list"),
        ({"FILTERS": 3}, {}, "FILTERS must be a list"),
        ({"FILTERS": [0]}, {}, "FILTERS = 0"),
        ({}, {}, "SEARCH_SPACE"),
        ([], {}, "SEARCH_SPACE"),
        ({n: list(range(1, 200)) for n in ("FILTERS", "LSTM_UNITS", "PLATEAU")}, {"SEARCH": "grid"}, "combinations"),
        ({"FILTERS": [1]}, {"N_TRIALS": 10**9}, "N_TRIALS"),
        ({"FILTERS": [1]}, {"N_JOBS": 0}, "N_JOBS = 0"),
        ({"FILTERS": [1]}, {"SEARCH": "bayes"}, "SEARCH = 'bayes'"),
        ({"LEARNING_RATE": loguniform(1e-2, 1e-4)}, {}, "SEARCH_SPACE cannot be drawn from"),
        ({"LEARNING_RATE": loguniform}, {}, "SEARCH_SPACE cannot be drawn from"),
    ],
)
def test_an_impossible_search_is_refused(shipped, tmp_path, space, changed, message):
    with pytest.raises(InputError, match=message):
        tune_model.search(shipped, options(space, TUNE_DIR=str(tmp_path / "tune"), **changed))
    assert not (tmp_path / "tune").exists()


def test_a_refused_search_leaves_the_old_one(shipped, tmp_path):
    data = {"DATASET": "motifs", "N_SAMPLES": 40, "EPOCHS": 1}
    files = {"search.json": "{}", "trials.csv": "old"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    for space in ({"KERNEL_SIZE": [60]}, {"ARCHITECTURE": ["cnn"], "ATTENTION": [True]}, {"FREEZE_CNN": [True]}):
        with pytest.raises(InputError):
            tune_model.search(shipped | data, options(space, TUNE_DIR=str(tmp_path)))
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == files


def test_a_damaged_table_of_trials_is_named(tmp_path):
    for content in (b"a,b\n1,2\n", b"\xff\xfe", b"trial,epochs,score,loss,seconds,constants\nx,1,1,1,1,{}\n"):
        (tmp_path / "trials.csv").write_bytes(content)
        with pytest.raises(InputError, match="trials.csv is damaged"):
            finished_rows(tmp_path / "trials.csv")


def write_trial(folder):
    """Write trials.csv with one row, and search.json beside it. Returns: its text."""
    (folder / "search.json").write_text("{}")
    (folder / "trials.csv").write_text(",".join(COLUMNS) + "\n")
    append_row(folder, row_of(0, 1, {0: (0.5, 0.7, 1.0)}, {"FILTERS": 2}))
    return (folder / "trials.csv").read_text()


@pytest.mark.parametrize(("file", "old", "new"), [("trials.csv", "0.7", "0.1"), ("search.json", "{}", "{ }")])
def test_a_trial_that_was_edited_or_is_of_another_search_is_refused(tmp_path, file, old, new):
    write_trial(tmp_path)
    assert len(finished_rows(tmp_path / "trials.csv")) == 1
    (tmp_path / file).write_text((tmp_path / file).read_text().replace(old, new))
    with pytest.raises(InputError, match="trials.csv is damaged or was edited: move it away"):
        finished_rows(tmp_path / "trials.csv")


def test_a_line_that_a_kill_cut_is_left_out(tmp_path):
    whole = write_trial(tmp_path)
    for cut in ("1,1,0.5", '1,1,0.5,0.7,1.0,"{""FILT', '1,1,0.5,0.7,1.0,"{""FILTERS"": 4}"'):
        (tmp_path / "trials.csv").write_text(whole + cut)
        assert [row["trial"] for row in finished_rows(tmp_path / "trials.csv")] == ["0"]


def test_trials_never_see_the_test_part(shipped, tmp_path):
    """A trial scores the same whatever the test set holds."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 9, 1)), np.arange(60) % 2
    rows = []
    for test in (x[:10], x[:10] + 100):
        path = tmp_path / f"{test.mean():.0f}.npz"
        np.savez(path, X_train=x, y_train=y, X_test=test, y_test=y[:10])
        constants = shipped.changed(DATASET=str(path))
        run = experiment(constants, tmp_path / path.stem)
        rows.append(run_repeats(0, [0], {"FILTERS": 2}, 2, run, 1)[1][0][:2])
    assert rows[0] == rows[1]


def experiment(constants, folder):
    return Experiment(constants, options(), load_data, build_model, folder, "accuracy")


def trained(constants, folder, epochs, repeats=(0, 1)):
    """Train a trial's repeats as a rung does. Returns: (score, loss) of each."""
    values = {"FILTERS": 2, "LSTM_UNITS": 3, "DROPOUT": 0.3, "PLATEAU": 1}
    found = run_repeats(0, list(repeats), values, epochs, experiment(constants, folder), 1)[1]
    return [figures[:2] for figures in found.values()]


def test_a_rung_goes_on_where_the_one_before_stopped(shipped, tmp_path, monkeypatch):
    from training.batches import BatchLoader

    constants, seen, draw = shipped.changed(DATASET="motifs", N_SAMPLES=80), [], BatchLoader.set_epoch
    whole = trained(constants, tmp_path / "whole", 4)
    trained(constants, tmp_path / "search", 2)
    with monkeypatch.context() as patch:
        patch.setattr(BatchLoader, "set_epoch", lambda loader, epoch: (seen.append(epoch), draw(loader, epoch))[1])
        assert trained(constants, tmp_path / "search", 4) == whole
    assert {*seen} == {0, 2, 3}  # 0 when blocks are made
    other = constants.changed(SEED=7)
    assert trained(other, tmp_path / "search", 4) == trained(other, tmp_path / "other", 4)  # what lies there is not its


def test_repeats_share_what_is_traced_and_end_as_networks_of_their_own_do(shipped, tmp_path):
    from training.acceleration.traced_steps import reuse_network
    from training.build import build
    from training.fit import fit

    rng = np.random.default_rng(0)
    np.savez(tmp_path / "x.npz", X=rng.gamma(2, 50, (80, 9, 2)), y=np.arange(80) % 3)

    def train(seed, reuse, **changed):
        c = shipped.changed(DATASET=str(tmp_path / "x.npz"), EPOCHS=2, VALIDATION_SIZE=0.25, DROPOUT=0.3, SEED=seed)
        data = load_data(**c.changed(**changed))
        model, steps = build(data, build_model, c.changed(**changed)), None
        model, steps = reuse_network(model, data) if reuse else (model, None)
        history, _ = fit(model, data, c.changed(**changed), traced_steps=steps)
        return history, model, steps

    expected = [train(seed, reuse=False) for seed in (1, 2)]
    (_, first, steps), (_, second, same) = [train(seed, reuse=True) for seed in (1, 2)]
    assert first is second and steps is same and len(steps) == 2  # of training and of validation
    assert [function.experimental_get_tracing_count() for function in steps.values()] == [1, 1]
    history, model, _ = train(1, reuse=True)
    assert history == expected[0][0]
    for own, weights in zip(model.get_weights(), expected[0][1].get_weights()):
        np.testing.assert_array_equal(own, weights)
    for other in ({"FILTERS": 4}, {"STANDARDISE": "sequence"}, {"DATASET": "motifs", "TIME_STEPS": 12}):
        assert train(1, reuse=True, **other)[1] is not model
    assert train(1, reuse=True)[1] is model  # it is kept beside the others


def test_the_luck_of_a_search_is_what_equal_trials_show():
    np.testing.assert_allclose(error_of_trial_means(np.array([[1.0, 2], [3, 6]])), 0.5**0.5)  # by hand
    rng, leads, gains = np.random.default_rng(0), [], []
    for _ in range(400):  # searches whose validation sets differ, and whose trials do not
        scores = rng.normal(0, 0.03, (12, 3)) + rng.normal(0, 0.2, 3)
        means = scores.mean(axis=1)
        leads.append(means.max() - means.mean())
        gains.append(expected_maximum_gain(error_of_trial_means(scores), 12))
    assert np.mean(gains) == pytest.approx(np.mean(leads), rel=0.05)
    assert np.isnan(error_of_trial_means(np.ones((12, 1)))) and np.isnan(error_of_trial_means(np.ones((1, 3))))


def test_what_a_constant_explains_is_adjusted_for_chance():
    rng, groups = np.random.default_rng(0), np.arange(12) % 4
    assert explained(groups * 2.0, groups) == 1.0
    shares = [explained(rng.normal(size=12) + groups, groups) for _ in range(400)]
    assert np.mean(shares) == pytest.approx(1.25 / 2.25, abs=0.08)  # variance of 0, 1, 2, 3 beside that of the noise
    assert (
        groups_of_values([3, 1, 2, 1])[1] == ["1", "2", "3"]
        and groups_of_values([0.1 * k for k in range(9)])[1] is None
    )


def test_a_trial_that_diverges_comes_last_and_the_search_goes_on(shipped, tmp_path, capsys):
    data = {"DATASET": "motifs", "N_SAMPLES": 60, "EPOCHS": 2, "FILTERS": 2, "LSTM_UNITS": 2}
    chosen = {"TUNE_DIR": str(tmp_path / "tune"), "REPEATS": 1, "SEARCH": "grid"}
    best, _ = tune_model.search(shipped.changed(**data), options({"LEARNING_RATE": [1e38, 0.01]}, **chosen))
    assert best == {"LEARNING_RATE": 0.01}
    rows = list(csv.DictReader((tmp_path / "tune" / "trials.csv").open()))
    assert [row["loss"] for row in rows if "1e+38" in row["constants"]] == ["inf"]
    assert "loss inf" in capsys.readouterr().out
    with pytest.raises(InputError, match="every trial became NaN"):
        tune_model.search(shipped.changed(**data), options({"LEARNING_RATE": [1e38]}, **chosen))


def test_a_second_search_in_the_same_folder_is_refused(shipped, tmp_path):
    from core.locks import locked

    with locked(tmp_path / "tune"), pytest.raises(InputError, match="another search is at work.*another TUNE_DIR"):
        tune_model.search(shipped.changed(DATASET="motifs"), options(TUNE_DIR=str(tmp_path / "tune")))
    assert not (tmp_path / "tune").exists()
