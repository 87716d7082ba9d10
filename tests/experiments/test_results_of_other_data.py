"""Finished folds, trials and epochs are continued only where all data, and the run they start from, are the same."""

import json
import shutil

import numpy as np
import pytest

import cross_validate_model
import tune_model
from core.constants import read_constants
from data_preprocessing import load_data, read
from sequences.statistics import content_fingerprint, fingerprints
from tests.helpers import train
from training.checkpoint import run_identity

SMALL = {"EPOCHS": 1, "FILTERS": 2, "LSTM_UNITS": 2}


def write_series(folder, change=None):
    values = [f"{np.sin(k / 3):.3f}" for k in range(90)]
    if change:
        values[change] = "0.5"
    (folder / "s.csv").write_text("v\n" + "\n".join(values) + "\n")


def cross_validated(c, folder, capsys):
    """Return (summary, whether folds were continued)."""
    o = {"FOLDS": 3, "FOLD_JOBS": 1, "FOLD_DIR": str(folder)}
    summary = cross_validate_model.cross_validate(c, o)
    return summary, "are finished" in capsys.readouterr().out


def test_folds_of_a_series_start_anew_when_a_row_of_the_last_changes(shipped, tmp_path, capsys):
    c = shipped.changed(DATASET=str(tmp_path / "s.csv"), WINDOW=5, **SMALL)
    write_series(tmp_path)
    first = cross_validated(c, tmp_path / "folds", capsys)
    assert cross_validated(c, tmp_path / "folds", capsys) == (first[0], True)
    write_series(tmp_path, 88)
    changed = cross_validated(c, tmp_path / "folds", capsys)
    afresh = cross_validated(c, tmp_path / "other", capsys)
    assert changed == afresh and not changed[1] and changed[0] != first[0]


def test_folds_start_anew_when_only_groups_of_later_folds_change(shipped, tmp_path):
    x, y = np.random.default_rng(0).normal(size=(40, 6, 1)), np.arange(40) % 2
    found = []
    for groups in (np.arange(40) % 4, np.where(np.arange(40) % 4 == 3, np.arange(40) % 4 - 1, np.arange(40) % 4)):
        np.savez(tmp_path / "d.npz", X=x, y=y, groups=groups)
        found.append(content_fingerprint(read(shipped.changed(DATASET=str(tmp_path / "d.npz")))))
    assert found[0] != found[1]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (np.zeros(3), np.zeros((3, 1))),
        (np.zeros(3, np.float32), np.zeros(3, np.int32)),
        (["ab", "c"], ["a", "bc"]),
        ([np.arange(2), np.arange(3)], [np.arange(3), np.arange(2)]),
        (np.array(["a", "é"]), np.array(["a", "e"])),
        (np.array(["a", None], object), np.array(["a", "None"], object)),
        (np.array(["2021-01-01"], "M8[s]"), np.array(["2021-01-02"], "M8[s]")),
        (None, []),
    ],
)
def test_contents_that_differ_differ_in_their_fingerprint(a, b):
    assert content_fingerprint(a) != content_fingerprint(b)
    assert content_fingerprint(a) == content_fingerprint(a.copy() if isinstance(a, np.ndarray) else a)


def test_an_interrupted_training_goes_on_with_the_same_validation_set_alone(shipped, tmp_path, capsys, monkeypatch):
    """Interrupted after one of two epochs, then the same data, then one other value in the validation set."""
    x, y = np.random.default_rng(0).normal(size=(40, 6, 1)), np.arange(40) % 2
    chosen = {**SMALL, "DATASET": str(tmp_path / "d.npz"), "VALIDATION_SIZE": 0.25, "EPOCHS": 2}

    def stop(*shown):
        raise KeyboardInterrupt

    for changed, said in ((0, "Continuing after epoch 1"), (1, "of other constants or data: starting afresh")):
        np.savez(tmp_path / "d.npz", X=x, y=y)
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr("training.fit.EpochLine.end_epoch", stop)
            train(shipped, tmp_path / "run", **chosen)
        data = load_data(**shipped.changed(**chosen))
        x[data.validation.rows[0], 0] += changed
        np.savez(tmp_path / "d.npz", X=x, y=y)
        now = fingerprints(load_data(**shipped.changed(**chosen)))
        assert [name for name, own in fingerprints(data).items() if own != now[name]] == ["validation"] * changed
        capsys.readouterr()
        train(shipped, tmp_path / "run", **chosen)
        assert said in capsys.readouterr().out


def test_a_search_with_a_validation_size_covers_all_sequences(shipped, tmp_path, capsys):
    """Whichever sequence changes, trials of the old data are not shown as those of the new."""
    x, y = np.random.default_rng(0).normal(size=(40, 6, 1)), np.arange(40) % 2
    c = shipped.changed(DATASET=str(tmp_path / "d.npz"), VALIDATION_SIZE=0.25, **SMALL)
    o = read_constants(["tune_model"]).changed(
        SEARCH="grid", SEARCH_SPACE={"FILTERS": [2]}, N_JOBS=1, REPEATS=1, TUNE_DIR=str(tmp_path / "tune")
    )
    np.savez(tmp_path / "d.npz", X=x, y=y)
    changed = load_data(**c).validation.rows[0]  # training and test set stay
    tune_model.search(c, o)
    capsys.readouterr()
    tune_model.search(c, o)
    assert "Continuing the search" in capsys.readouterr().out
    x[changed] += 1
    np.savez(tmp_path / "d.npz", X=x, y=y)
    tune_model.search(c, o)
    assert "Continuing the search" not in capsys.readouterr().out


def test_a_pretrained_run_that_is_trained_anew_is_noticed(shipped, tmp_path, capsys):
    for seed in (1, 2):
        train(shipped, tmp_path / str(seed), N_SAMPLES=40, SEED=seed, **SMALL)
    shutil.copytree(tmp_path / "1", tmp_path / "big")
    c = shipped.changed(N_SAMPLES=40, PRETRAINED_RUN=str(tmp_path / "big"), **SMALL)
    o = read_constants(["tune_model"]).changed(
        SEARCH="grid", SEARCH_SPACE={"BATCH_SIZE": [16]}, N_JOBS=1, REPEATS=1, TUNE_DIR=str(tmp_path / "tune")
    )
    before = run_identity(c, {})
    folds = cross_validated(c, tmp_path / "folds", capsys)
    tune_model.search(c, o)
    assert cross_validated(c, tmp_path / "folds", capsys) == (folds[0], True)
    shutil.rmtree(tmp_path / "big")
    shutil.copytree(tmp_path / "2", tmp_path / "big")
    assert run_identity(c, {}) != before == json.loads(json.dumps(before))
    assert not cross_validated(c, tmp_path / "folds", capsys)[1]
    tune_model.search(c, o)
    assert "Continuing the search" not in capsys.readouterr().out
