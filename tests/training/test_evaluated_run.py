"""EVALUATED_RUN: an evaluated run trained once more on all its data, which stands on that run's score."""

import csv
import json

import keras
import numpy as np
import pandas as pd
import pytest

import evaluate_model
import predict_model
import train_model
from core.errors import InputError
from core.run_folder import load_record
from tasks.classification import linear_models


def write_series(path, rows):
    steps = np.random.default_rng(0).normal(size=400).cumsum().round(3)
    path.write_text("v\n" + "".join(f"{v}\n" for v in steps[:rows]))


@pytest.fixture(scope="module")
def forecast(tmp_path_factory):
    """A forecast that was stopped early and evaluated. Returns: (its folder, Constants)."""
    from core.constants import read_constants

    folder = tmp_path_factory.mktemp("forecast")
    write_series(folder / "s.csv", 120)
    c = read_constants().changed(
        DATASET=str(folder / "s.csv"), TARGET="v", WINDOW=8, HORIZON=2, VALIDATION_SIZE=0.25, EPOCHS=12, PATIENCE=3
    )  # fmt: skip
    c = c.changed(LEARNING_RATE=0.02, LSTM_UNITS=4, FILTERS=4, RUN_DIR=str(folder / "run"))
    train_model.main(c)
    evaluate_model.main(c)
    return folder, c


def retrained(forecast, **constants):
    folder, c = forecast
    return c.changed(**{"EVALUATED_RUN": str(folder / "run"), "RUN_DIR": str(folder / "final"), **constants})


def test_it_is_trained_on_all_rows_for_the_best_number_of_epochs(forecast, capsys):
    folder, c = forecast
    ledger = (folder / "ledger.csv").read_text()
    run = train_model.main(retrained(forecast, FILTERS=64))
    printed = capsys.readouterr().out
    losses = [float(row["val_loss"]) for row in csv.DictReader((folder / "run" / "history.csv").open())]
    assert len(run.history["loss"]) == int(np.argmin(losses)) + 1 and "val_loss" not in run.history
    record, evaluated = run.record, json.loads((folder / "run" / "evaluation.json").read_text())
    assert record.sequences == {"training": 120 - 8 - 2 + 1} and record.constants["FILTERS"] == 4
    assert "without effect: FILTERS = 64" in printed
    stands_on = load_record(folder / "final").stands_on
    assert (stands_on.folder, stands_on.score) == (str(folder / "run"), evaluated["rmse"])
    assert stands_on.evaluated == evaluated["evaluated"] and f"evaluated {evaluated['evaluated']}" in printed
    assert record.learned["intervals"] == load_record(folder / "run").learned["intervals"] is not None
    assert f"With the prediction intervals of {folder / 'run'}" in printed
    assert printed.splitlines()[-1] == f"Next: python predict_model.py PATH RUN_DIR={folder / 'final'}"
    with pytest.raises(InputError, match=rf"final cannot be scored: .* it stands on {folder / 'run'}"):
        evaluate_model.main(c.changed(RUN_DIR=str(folder / "final")))
    assert (folder / "ledger.csv").read_text() == ledger
    found = predict_model.predict(run, str(folder / "s.csv"))
    assert len(found["step"]) == 2 and {"low_80", "high_80"} <= {*found}
    with pytest.raises(InputError, match="was trained on all data itself"):
        train_model.main(retrained(forecast, EVALUATED_RUN=str(folder / "final"), RUN_DIR=str(folder / "x")))


def test_more_rows_are_said_and_other_rows_refused(forecast):
    folder, c = forecast
    try:
        write_series(folder / "s.csv", 150)
        data = train_model.load_data(**retrained(forecast))
        grown = [note for note in data.sequences.notes if "have grown since" in note]
        assert len(data.train) == 150 - 8 - 2 + 1 and grown[0].endswith("; the old rows are as they were")
        with pytest.raises(InputError, match="EVALUATED_RUN is trained as it was, with EPOCHS = "):
            train_model.train(data, EPOCHS=99)
        rows = (folder / "s.csv").read_text().splitlines()
        (folder / "s.csv").write_text("\n".join([*rows[:50], "0.5", *rows[51:]]))
        notes = train_model.load_data(**retrained(forecast)).sequences.notes
        assert any(note.endswith("; the old rows were not found unchanged before the new ones") for note in notes)
        write_series(folder / "s.csv", 150)
        (folder / "s.csv").write_text((folder / "s.csv").read_text().replace("v\n", "w\n"))
        with pytest.raises(InputError, match="'v'"):
            train_model.load_data(**retrained(forecast))
        write_series(folder / "s.csv", 119)
        with pytest.raises(InputError, match="nor more of them"):
            train_model.load_data(**retrained(forecast))
    finally:
        write_series(folder / "s.csv", 120)


def test_what_is_no_evaluated_run_is_refused(forecast, tmp_path, shipped):
    folder, c = forecast
    with pytest.raises(InputError, match="is the evaluated run itself: name another"):
        train_model.main(retrained(forecast, RUN_DIR=str(folder / "run")))
    with pytest.raises(InputError, match="there is no run in"):
        train_model.main(retrained(forecast, EVALUATED_RUN=str(tmp_path / "none")))
    path = folder / "run" / "evaluation.json"
    whole = path.read_text()
    try:
        path.write_text("{}")
        with pytest.raises(InputError, match="evaluation.json is damaged"):
            train_model.main(retrained(forecast))
        path.write_text(json.dumps(json.loads(whole) | {"model_checksum": "0" * 64}))  # as it is copied from another
        with pytest.raises(InputError, match="does not name the model beside it: .*; run python evaluate_model.py"):
            train_model.main(retrained(forecast))
        path.unlink()
        with pytest.raises(InputError, match=r"was not evaluated: run python evaluate_model.py RUN_DIR="):
            train_model.main(retrained(forecast))
    finally:
        path.write_text(whole)


def test_in_a_notebook_the_arrays_are_given_again(tmp_path, shipped):
    x, y = np.random.default_rng(0).random((40, 8, 1)), np.arange(40) % 2
    c = {"EPOCHS": 1, "RUN_DIR": str(tmp_path / "run")}
    run = train_model.train(train_model.load_data(x, y, **c))
    evaluate_model.evaluate(run)
    again = {"EVALUATED_RUN": str(tmp_path / "run"), "RUN_DIR": str(tmp_path / "final")}
    with pytest.raises(InputError, match="data in memory"):
        train_model.load_data(**again)
    with pytest.raises(InputError, match="EVALUATED_RUN belongs to the data"):
        train_model.train(run.data, **again)
    more, named = np.random.default_rng(1).random((50, 8, 1)), np.arange(50) % 2
    for other in ((more, named + 1), (more, more.mean(axis=(1, 2))), (np.hstack([more, more]), named)):
        with pytest.raises(InputError, match="nor more of them, alike in form and classes"):  # the score is of others
            train_model.load_data(*other, **again)
    assert train_model.load_data(more, named, **again).sizes == {"training": 50}
    data = train_model.load_data(x, y, **again)
    assert data.sizes == {"training": 40} and data.constants.EPOCHS == 1


@pytest.mark.parametrize(
    ("limit", "groups", "test_size", "beside"),
    [("MOST_SEQUENCES", None, 0.2, True), ("MOST_IN_GROUPS", 5, 0.2, True), (None, 2, 1, False)],
)
def test_the_linear_models_beside_a_deep_network_are_those_that_were_evaluated(
    limit, groups, test_size, beside, tmp_path, shipped, monkeypatch
):
    """All data are more than the training set, and have more groups: what the run adds does not depend on that."""
    x = np.random.default_rng(0).normal(size=(60, 12))
    columns = {f"t{k}": own for k, own in enumerate(x.T)} | {"label": np.where(x[:, 3] > 0, "up", "down")}
    columns |= {"person": np.arange(60) % groups} if groups else {}
    pd.DataFrame(columns).to_csv(tmp_path / "x.csv", index=False)
    if limit:
        monkeypatch.setattr(linear_models, limit, 50)  # of 48 training sequences
    c = {"DATASET": str(tmp_path / "x.csv"), "SEQUENCE": "row", "LABEL": "label", "TEST_SIZE": test_size}
    c |= {"GROUP": "person" if groups else None, "ARCHITECTURE": "deep_cnn", "FILTERS": 4, "EPOCHS": 1}
    c = shipped.changed(**c, RUN_DIR=str(tmp_path / "run"))
    train_model.main(c)
    evaluate_model.main(c)
    final = train_model.main(c.changed(EVALUATED_RUN=c.RUN_DIR, RUN_DIR=str(tmp_path / "final")))
    evaluated = load_record(tmp_path / "run")
    assert final.record.sequences == {"training": 60}
    assert final.record.network_share == evaluated.network_share
    for folder in ("run", "final"):
        names = [layer.name for layer in keras.models.load_model(tmp_path / folder / "model.keras").layers]
        assert ("linear" in names, "linear_of_shapes" in names) == (beside, beside)
