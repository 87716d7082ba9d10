"""The functions behind the scripts, as a notebook calls them."""

import json
import os
import re
import shutil

import numpy as np
import pandas as pd
import pytest

from core.errors import InputError
from data_preprocessing import load_data
from evaluate_model import evaluate
from predict_model import predict
from tests.conftest import ROOT
from tests.conftest import run as run_python
from train_model import train
from training.saved_run import as_run

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 12, 2)).astype(np.float32)
Y = np.where(X[:, :, 0].mean(axis=1) > 0, "up", "down")
SMALL = {"EPOCHS": 1, "FILTERS": 2, "LSTM_UNITS": 2}


def test_rows_of_x_and_y_belong_together():
    data = load_data(X, Y, VALIDATION_SIZE=0.25)
    for split in (data.train, data.validation, data.test):
        assert split.x.shape == (len(split.y), 12, 2)
        up = [data.task.classes[label] == "up" for label in split.y]
        np.testing.assert_array_equal(split.x[:, :, 0].mean(axis=1) > 0, up)
    assert repr(data) == "Data(data in memory: sequences: 48 training, 16 validation, 16 test, each of (12, 2))"


def test_arrays_train_as_the_same_arrays_in_a_file_do(tmp_path, capsys):
    run = train(load_data(X, Y, **SMALL), RUN_DIR=str(tmp_path / "a"))
    again = train(load_data(X, Y, **SMALL), RUN_DIR=str(tmp_path / "b"))  # in a process that has trained before
    np.savez(tmp_path / "d.npz", X=X, y=Y)
    constants = SMALL | {"DATASET": str(tmp_path / "d.npz"), "RUN_DIR": str(tmp_path / "c")}
    code = f"from train_model import main; main({constants})"
    assert run_python(ROOT, "-c", code).returncode == 0
    fresh = as_run(tmp_path / "c")
    for weights in zip(run.model.get_weights(), again.model.get_weights(), fresh.model.get_weights()):
        np.testing.assert_array_equal(weights[0], weights[1])
        np.testing.assert_array_equal(weights[0], weights[2])
    assert run.history["loss"] == fresh.history["loss"] and len(repr(run)) < 200

    figures = evaluate(run)
    saved = json.loads((tmp_path / "a" / "evaluation.json").read_text())
    assert figures["accuracy"] == saved["accuracy"]
    assert "srcdoc" in figures._repr_html_() and "&lt;html" in figures._repr_html_()
    capsys.readouterr()

    found = predict(run, X[:3])
    probabilities = run.model.predict(X[:3], verbose=0)[:, 0]
    np.testing.assert_allclose(found[f"probability_{run.task.classes[1]}"], probabilities, atol=1e-6)
    assert set(found["predicted_label"]) <= {"up", "down"} and found["index"].tolist() == [0, 1, 2]
    # Scored where they are: the script has no arrays.
    with pytest.raises(InputError, match="was trained on data in memory"):
        evaluate(tmp_path / "a")
    with pytest.raises(InputError, match="these are not the data"):
        evaluate(run, load_data(X + 1, Y, **SMALL))


def test_a_table_is_read_as_its_file_is(tmp_path):
    frame = pd.DataFrame(
        {
            "day": pd.date_range("2024-01-01", periods=90),
            "sales": np.sin(np.arange(90) / 4),
            "open": RNG.normal(size=90),
        }
    )
    frame.to_csv(tmp_path / "d.csv", index=False)
    chosen = {"TARGET": "sales", "WINDOW": 8, "HORIZON": 2, **SMALL}
    ours, theirs = load_data(frame, **chosen), load_data(DATASET=str(tmp_path / "d.csv"), **chosen)
    np.testing.assert_array_equal(ours.train.x, theirs.train.x)
    np.testing.assert_array_equal(ours.test.y, theirs.test.y)
    run = train(ours, RUN_DIR=str(tmp_path / "run"))
    found = predict(run, frame)
    assert isinstance(found, pd.DataFrame) and found["time"].tolist() == ["2024-03-31", "2024-04-01"]
    assert found["step"].tolist() == [1, 2] and np.isfinite(found["sales"]).all()


@pytest.mark.parametrize(
    ("x", "y", "constants", "message"),
    [
        (X, Y[:3], {}, "x has 80 sequences, y has 3"),
        (X, Y, {"EPOCH": 3}, "EPOCH given to load_data is no constant of this project: EPOCHS in train_model.py?"),
        (X, Y, {"EPOCHS": "ten"}, "EPOCHS = 'ten' is impossible"),
        (pd.DataFrame({"a": [1.0]})["a"], None, {}, r"x.to_frame\(\) makes a table"),
        (pd.DataFrame({"a": [1.0]}), Y, {}, "name their column by LABEL"),
        ([X[0], X[0, :4, :1]], None, {}, "array 0 holds float32 of shape"),
        ([], None, {}, "give an array"),
        ("a.csv", None, {}, "give an array"),
        (None, Y, {}, "y is given without x"),
    ],
)
def test_what_cannot_be_read_is_an_exception_of_one_line(x, y, constants, message):
    with pytest.raises(InputError, match=message) as refusal:
        load_data(x, y, **constants)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.ma.masked_greater(X, 1.5), Y, f"the mask of x hides {(X > 1.5).sum()} values: x.filled(np.nan) says that"),
        (X, np.ma.masked_array(Y, mask=np.arange(len(Y)) == 3), "the mask of y hides 1 value: leave those"),
        (
            [pd.DataFrame(own, columns=[*("uv" if k else "vu")]) for k, own in enumerate(np.zeros((4, 5, 2)))],
            [0, 1, 0, 1],
            "must have the same columns in the same order; one has v, u, another u, v",
        ),
    ],
)
def test_what_an_array_would_lose_is_refused(x, y, message):
    with pytest.raises(InputError, match=re.escape(message)):
        load_data(x, y)


def test_the_data_are_chosen_when_they_are_loaded():
    with pytest.raises(InputError, match="SEED belongs to the data: give it to load_data"):
        train(load_data(X, Y, **SMALL), SEED=3)


def test_the_notebook_runs(tmp_path, project):
    """In a kernel of its own, as Jupyter runs it, TensorFlow imported before the project's files."""
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    notebook = nbformat.read(ROOT / "notebook.ipynb", 4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell("import tensorflow"))
    shutil.rmtree(project.folder / "runs", ignore_errors=True)
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(project.folder)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert all(output.output_type != "error" for output in outputs)
    assert any("text/html" in output.get("data", {}) and "srcdoc" in output["data"]["text/html"] for output in outputs)
    assert (project.folder / "runs/notebook/report.html").is_file()
