"""Cross-validation: every sequence, group or stretch is held out once, and a kill undoes no finished fold."""

import csv
import json
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import cross_validate_model
from core.errors import InputError
from data_preprocessing import load_data, read
from experiments import cross_validation
from experiments.cross_validation import folds_from_data
from sequences.folds import Fold
from tests.conftest import POSIX
from tests.forked import run_forked

RNG = np.random.default_rng(1)
X, Y = RNG.normal(size=(50, 10, 1)), np.arange(50) % 2


def splits(c, folds):
    """Return the training and test rows of every fold."""
    made = [load_data(fold=fold, **c) for fold in folds_from_data(*read(c), c, folds)]
    return [(data.train.rows, data.test.rows) for data in made]


def test_each_sequence_is_held_out_once_and_classes_are_even(shipped, tmp_path):
    np.savez(tmp_path / "d.npz", X=X, y=Y)
    c = shipped.changed(DATASET=str(tmp_path / "d.npz"))
    made = splits(c, 5)
    assert sorted(np.concatenate([test for _, test in made]).tolist()) == list(range(50))
    for train, test in made:
        assert not set(train) & set(test) and len(train) + len(test) == 50 and Y[test].sum() == 5
    with_validation = load_data(**c.changed(VALIDATION_SIZE=0.25), fold=Fold(2, 5, "3"))
    np.testing.assert_array_equal(with_validation.test.rows, made[2][1])
    assert len(with_validation.validation) == 10


def test_each_group_is_held_out_once(shipped, tmp_path):
    groups = np.arange(50) % 7
    np.savez(tmp_path / "d.npz", X=X, y=Y, groups=groups)
    c = shipped.changed(DATASET=str(tmp_path / "d.npz"))
    for k, (train, test) in enumerate(splits(c, "groups")):
        assert set(groups[test]) == {k} and k not in groups[train]
    assert [fold.name for fold in folds_from_data(*read(c), c, "groups")] == [str(k) for k in range(7)]
    for train, test in splits(c, 3):
        assert not set(groups[train]) & set(groups[test])


def test_each_recording_is_held_out_once(shipped, tmp_path):
    for person in "abc":
        rows = "".join(f"{value:.3f},{int(k >= 40)}\n" for k, value in enumerate(RNG.normal(size=80)))
        (tmp_path / f"{person}.csv").write_text("x,label\n" + rows)
    c = shipped.changed(DATASET=str(tmp_path), SEQUENCE="file", LABEL="label", WINDOW=10)
    for person, fold in zip("abc", folds_from_data(*read(c), c, "groups")):
        test = load_data(fold=fold, **c).test
        assert {test.names[row].split(",")[0] for row in test.rows} == {f"{person}.csv"}


def test_each_whole_recording_is_held_out_once(shipped, tmp_path):
    for label in "ab":
        (tmp_path / label).mkdir()
        for k in range(3):
            np.save(tmp_path / label / f"{k}.npy", RNG.normal(size=(12, 2)))
    c = shipped.changed(DATASET=str(tmp_path))
    for fold in folds_from_data(*read(c), c, "groups"):
        data = load_data(fold=fold, **c)
        assert [data.test.names[row] for row in data.test.rows] == [fold.name] and len(data.train) == 5
    assert sum(len(load_data(fold=fold, **c).test) for fold in folds_from_data(*read(c), c, 3)) == 6


def test_of_one_recording_a_class_each_stretch_is_held_out_once(shipped, tmp_path):
    for label in "ab":
        (tmp_path / label).mkdir()
        np.save(tmp_path / label / "0.npy", RNG.normal(size=(60, 2)))
    c = shipped.changed(DATASET=str(tmp_path), WINDOW=10, STRIDE=10)
    made = [load_data(fold=fold, **c) for fold in folds_from_data(*read(c), c, 3)]
    assert [data.test.rows.tolist() for data in made] == [[0, 1, 6, 7], [2, 3, 8, 9], [4, 5, 10, 11]]
    with pytest.raises(InputError, match="two or more of each class"):
        folds_from_data(*read(c), c, "groups")


def test_a_series_is_forecast_stretch_by_stretch_from_its_past(shipped, tmp_path):
    (tmp_path / "s.csv").write_text("v\n" + "".join(f"{k}\n" for k in range(120)))
    c = shipped.changed(DATASET=str(tmp_path / "s.csv"), WINDOW=5, HORIZON=2)
    made = [load_data(fold=fold, **c) for fold in folds_from_data(*read(c), c, 5)]
    # By hand: 120 rows in six stretches of 20; the first is never held out.
    firsts = [data.test.y[:, 0, 0] for data in made]
    assert [(first.min(), first.max()) for first in firsts] == [(20 * k, 20 * k + 18) for k in range(1, 6)]
    assert [data.train.y.max() for data in made] == [20 * k - 1 for k in range(1, 6)]


def test_a_given_test_part_stays_and_seeds_differ(shipped, tmp_path):
    np.savez(tmp_path / "d.npz", X_train=X[:30], y_train=Y[:30], X_test=X[30:], y_test=Y[30:])
    c = shipped.changed(DATASET=str(tmp_path / "d.npz"), EPOCHS=1)
    o = {"FOLDS": 2, "FOLD_JOBS": 1, "FOLD_DIR": str(tmp_path / "folds")}
    summary = cross_validate_model.cross_validate(c, o)
    results = [json.loads((tmp_path / "folds" / f"fold_{k}.json").read_text()) for k in (1, 2)]
    assert [result["fold"] for result in results] == ["SEED 42", "SEED 43"]
    assert results[0]["figures"]["loss"] != results[1]["figures"]["loss"]
    assert len(summary["folds"]) == 2 and np.sum(summary["confusion_matrix"]) == 40


@pytest.mark.parametrize(
    ("folds", "changed", "message"),
    [
        ("groups", {}, 'FOLDS = "groups" is impossible: set GROUP'),
        (40, {}, "FOLDS = 40 is impossible for these data"),
        (1, {}, "FOLDS = 1 is impossible: it must be 'groups', or a whole number, 2 or more"),
        (5, {"KERNEL_SIZE": 11}, "KERNEL_SIZE"),
        ("groups", {"GROUP": "who"}, "there is one group alone, 'ann'"),
    ],
)
def test_folds_that_cannot_be(shipped, tmp_path, folds, changed, message):
    np.savez(tmp_path / "d.npz", X=X, y=Y)
    c = shipped.changed(DATASET=str(tmp_path / "d.npz"), **changed)
    if folds == "groups" and changed:
        rows = "".join(f"ann,{'ab'[k // 30]},{k % 7}\n" for k in range(60))
        (tmp_path / "one.csv").write_text("who,what,x\n" + rows)
        c = c.changed(DATASET=str(tmp_path / "one.csv"), LABEL="what", WINDOW=5)
    with pytest.raises(InputError, match=message):
        cross_validate_model.cross_validate(c, {"FOLDS": folds, "FOLD_JOBS": 1, "FOLD_DIR": str(tmp_path / "f")})
    assert not (tmp_path / "f").exists()


def figures(folder):
    """Return what folds.csv and summary.json say, all predictions, and each fold's figures to the last digit.

    The loss on the test set is one of them: the same weights alone give the same.
    """
    folder = folder / "runs" / "folds"
    folds = [json.loads((folder / f"fold_{k}.json").read_text())["figures"] for k in (1, 2, 3)]
    return [(folder / name).read_text() for name in ("folds.csv", "summary.json", "predictions.csv")] + folds


@POSIX
def test_a_killed_cross_validation_continues_and_ends_as_if_nothing_had_happened(project, request):
    project.edit(DATASET="motifs", N_SAMPLES=60, EPOCHS=2, FOLDS=3, FOLD_JOBS=1)
    began = time.monotonic()
    report = project.succeed("cross_validate_model.py")
    seconds = time.monotonic() - began
    whole, folder = figures(project.folder), project.folder / "runs" / "folds"
    rows = list(csv.DictReader(whole[0].splitlines()))
    accuracies = [float(row["accuracy"]) for row in rows]
    summary = json.loads(whole[1])
    assert summary["mean"]["accuracy"] == pytest.approx(np.mean(summary["folds"]))
    assert summary["sd"]["accuracy"] == pytest.approx(np.std(summary["folds"], ddof=1))
    assert len(accuracies) == 3 and "Accuracy over all folds" in report
    assert report.splitlines()[-2] == "Report: runs/folds/report.html"
    rival = max(("majority", "linear"), key=lambda name: summary["mean"][name])
    wins = sum(float(row["accuracy"]) > float(row[rival]) for row in rows)
    for said in (report, (folder / "report.html").read_text()):
        assert f"on {wins} of 3 folds: mean accuracy {np.mean(accuracies):.2f} against " in said
    predictions = list(csv.DictReader(whole[2].splitlines()))
    assert sorted(int(row["index"]) for row in predictions) == list(range(60))
    right = np.mean([row["true_label"] == row["predicted_label"] for row in predictions])
    assert np.trace(summary["confusion_matrix"]) / 60 == pytest.approx(right)
    moments = [None, *np.random.default_rng(0).uniform(0.3, 1, (request.config.getoption("--kills") or 1) - 1)]
    for moment in moments:  # the first when one fold is finished, others at any time
        shutil.rmtree(folder)
        if moment is None:
            run_forked(project.folder, ["cross_validate_model.py"], signal=signal.SIGKILL, after="Fold 1 ")
        else:
            killed = subprocess.Popen([sys.executable, "cross_validate_model.py"], cwd=project.folder)
            time.sleep(moment * seconds)
            killed.kill()
            killed.wait()
        assert moment is not None or not (folder / "summary.json").exists()
        printed = project.succeed("cross_validate_model.py")
        assert moment is not None or "of 3 folds" in printed
        assert figures(project.folder) == whole
    project.edit(EPOCHS=1)  # other constants start afresh
    begun = run_forked(project.folder, ["cross_validate_model.py"], signal=signal.SIGKILL, after="Fold ")
    assert "\nFold 1 (1 of 3" in begun.stdout and "are finished" not in begun.stdout


def test_nothing_but_its_own_files_is_deleted_and_damage_is_named(shipped, tmp_path):
    np.savez(tmp_path / "d.npz", X_train=X[:30], y_train=Y[:30], X_test=X[30:], y_test=Y[30:])
    c, folder = shipped.changed(DATASET=str(tmp_path / "d.npz"), EPOCHS=1), tmp_path / "folds"
    o = {"FOLDS": 2, "FOLD_JOBS": 1, "FOLD_DIR": str(folder)}
    (folder / "precious").mkdir(parents=True)
    (folder / "precious" / "data.csv").write_text("mine")
    with pytest.raises(InputError, match="holds no folds.json: name another folder"):
        cross_validate_model.cross_validate(c, o)
    (folder / "folds.json").write_text("{}")
    (folder / "notes.txt").write_text("mine too")
    (folder / "holiday.png").write_text("mine as well")
    cross_validate_model.cross_validate(c, o)
    assert (folder / "precious" / "data.csv").read_text() == "mine" and (folder / "notes.txt").exists()
    assert (folder / "holiday.png").exists()
    whole = json.loads((folder / "fold_1.json").read_text())
    for damaged in ({}, [], None, whole | {"fold": 5}, whole | {"test": 7}, whole | {"figures": {"accuracy": "x"}}):
        (folder / "fold_1.json").write_text(json.dumps(damaged))
        with pytest.raises(InputError, match="fold_1.json or its .csv is damaged"):
            cross_validate_model.cross_validate(c, o)
    (folder / "fold_1.json").write_text(json.dumps(whole))
    own, other = ((folder / f"fold_{k}.csv").read_text() for k in (1, 2))
    assert own != other and own.count("\n") == other.count("\n")
    (folder / "fold_1.csv").write_text(other)  # predictions of the other fold, as many
    with pytest.raises(InputError, match="fold_1.json or its .csv is damaged, or of other folds: delete both"):
        cross_validate_model.cross_validate(c, o)
    (folder / "fold_1.json").write_text((folder / "fold_2.json").read_text())  # with what was reached there
    with pytest.raises(InputError, match="fold_1.json or its .csv is damaged, or of other folds: delete both"):
        cross_validate_model.cross_validate(c, o)


def test_more_folds_than_a_series_has_rows_are_refused(shipped, tmp_path):
    (tmp_path / "s.csv").write_text("v\n" + "".join(f"{k}\n" for k in range(60)))
    c = shipped.changed(DATASET=str(tmp_path / "s.csv"), WINDOW=5)
    with pytest.raises(InputError, match="FOLDS = 90 is impossible: the longest series has 60 rows"):
        load_data(**c, fold=folds_from_data(*read(c), c, 90)[0])


def cross_validate(c, folder, folds):
    return cross_validate_model.cross_validate(c, {"FOLDS": folds, "FOLD_JOBS": 1, "FOLD_DIR": str(folder)})


def test_folds_without_anomalies_have_no_score_and_do_not_count(shipped, tmp_path, capsys):
    groups, x = np.arange(48) % 4, RNG.normal(size=(48, 8, 1))
    odd = (groups < 2) & (np.arange(48) % 3 == 0)
    x[odd] += 3
    np.savez(tmp_path / "d.npz", X=x, y=np.where(odd, "odd", "normal"), groups=groups)
    c = shipped.changed(DATASET=str(tmp_path / "d.npz"), TASK="anomaly", EPOCHS=1)
    summary = cross_validate(c, tmp_path / "folds", "groups")
    assert summary["mean"]["roc_auc"] == pytest.approx(np.mean(summary["folds"][:2]))
    assert summary["pooled_roc_auc"]["detector"] == pytest.approx(np.mean(summary["folds"][:2]))  # of equal size
    rows = list(csv.DictReader((tmp_path / "folds" / "folds.csv").open()))
    assert [bool(row["roc_auc"]) for row in rows] == [True, True, False, False]
    page, printed = (tmp_path / "folds" / "report.html").read_text(), capsys.readouterr().out
    for said in (page, printed):
        assert "2 of 4 folds have no score" in said and " of 2 folds: mean roc_auc" in said and "nan" not in said
    again = cross_validate(c, tmp_path / "folds", "groups")  # from the files of the folds
    np.testing.assert_equal(again, summary)
    assert "4 of 4 folds are finished" in capsys.readouterr().out


@pytest.mark.parametrize("several", [False, True])
def test_the_majority_is_one_answer_for_all_folds(several, shipped, tmp_path):
    """Of people who have one class each a constant would else be right in every fold."""
    people = np.arange(40) % 5
    y = np.where(people < 3, 1, 0)
    y = np.stack([y, 1 - y, y], axis=1) if several else y
    np.savez(tmp_path / "d.npz", X=RNG.normal(size=(40, 8, 1)), y=y, groups=people)
    c = shipped.changed(DATASET=str(tmp_path / "d.npz"), EPOCHS=1, TASK="multilabel" if several else None)
    summary = cross_validate(c, tmp_path / "folds", "groups")
    assert summary["mean"]["majority"] == pytest.approx(3 / 5)


def test_a_network_that_adds_nothing_to_the_linear_model_is_not_ahead_of_it(shipped, tmp_path, capsys, monkeypatch):
    x = RNG.normal(size=(40, 8, 1))
    np.savez(tmp_path / "d.npz", X=x, y=x[:, 2, 0] + 0.3 * RNG.normal(size=40))
    monkeypatch.setattr(cross_validation, "held_out_share", lambda *arguments: 0.0)
    c = shipped.changed(DATASET=str(tmp_path / "d.npz"), TASK="regression", EPOCHS=1)
    summary = cross_validate(c, tmp_path / "folds", 4)
    assert summary["mean"]["rmse"] == summary["mean"]["linear"]
    assert "the linear model, on 0 of 4 folds" in capsys.readouterr().out


def test_a_class_that_one_person_alone_has_is_refused_with_a_way_on(shipped, tmp_path):
    people = np.arange(40) % 4
    y = np.where(people == 3, 7, np.arange(40) // 20)
    np.savez(tmp_path / "d.npz", X=RNG.normal(size=(40, 8, 1)), y=y, groups=people)
    c = shipped.changed(DATASET=str(tmp_path / "d.npz"))
    with pytest.raises(InputError, match=r"label '7', unknown to the training set.*IGNORE_LABELS = \['7'\] leaves"):
        splits(c, "groups")
    assert len(splits(c.changed(IGNORE_LABELS=["7"]), "groups")) == 3


def test_what_reading_left_out_is_said(shipped, tmp_path, capsys):
    x, y = RNG.normal(size=(40, 8, 1)), RNG.normal(size=40)
    y[:7] = np.nan
    np.savez(tmp_path / "d.npz", X=x, y=y)
    c = shipped.changed(DATASET=str(tmp_path / "d.npz"), TASK="regression", EPOCHS=1)
    cross_validate(c, tmp_path / "folds", 2)
    printed = capsys.readouterr().out
    assert "without a label, left out: 7" in printed
