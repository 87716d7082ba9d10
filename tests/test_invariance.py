"""An answer depends on the sequence alone: not on batch, order, other rows, units, or the order of columns."""

import csv

import numpy as np
import pytest

import predict_model
import train_model
from sequences.types import Part
from tests.conftest import load_model
from training import prediction

RNG = np.random.default_rng(8)
X = RNG.normal(size=(120, 12, 2)).astype(np.float32)
Y = (X[:, -3:].mean(axis=(1, 2)) > 0).astype(int)
SMALL = {"EPOCHS": 3, "FILTERS": 4, "LSTM_UNITS": 5}


def trained(shipped, folder, x=X, y=Y, **constants):
    folder.mkdir(exist_ok=True)
    np.savez(folder / "d.npz", X=x, y=y)
    c = shipped.changed(**SMALL | {"DATASET": str(folder / "d.npz"), "RUN_DIR": str(folder / "run")} | constants)
    train_model.train_with(c)
    return folder / "run"


def answers(run, path):
    """Return the answers to new data, floats (n, columns)."""
    predict_model.predict_new(str(path), str(run))
    rows = list(csv.reader((run / "new_predictions.csv").open(encoding="utf-8")))
    return np.array([[float(cell) for cell in row[2:]] for row in rows[1:]])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    from project.constants import read_constants

    return trained(read_constants(), tmp_path_factory.mktemp("plain") / "d")


def test_the_batch_the_order_and_other_sequences_change_nothing(run, tmp_path, monkeypatch):
    np.save(tmp_path / "all.npy", X)
    order = RNG.permutation(len(X))
    np.save(tmp_path / "turned.npy", X[order])
    np.save(tmp_path / "few.npy", X[order[:3]])
    whole = answers(run, tmp_path / "all.npy")
    np.testing.assert_allclose(answers(run, tmp_path / "turned.npy"), whole[order], atol=2e-6)
    np.testing.assert_allclose(answers(run, tmp_path / "few.npy"), whole[order[:3]], atol=2e-6)
    monkeypatch.setattr(prediction, "BATCH", 7)  # above eight batches the model is traced besides
    np.testing.assert_allclose(answers(run, tmp_path / "all.npy"), whole, atol=2e-6)


@pytest.mark.parametrize(("factor", "shift", "tolerance"), [([4, 0.25], 0, 1e-6), ([1, 1], [64, -8], 1e-3)])
def test_units_change_nothing_but_rounding(shipped, run, tmp_path, factor, shift, tolerance):
    changed = X * np.array(factor, np.float32) + np.array(shift, np.float32)
    other = trained(shipped, tmp_path / "other", changed)
    plain, theirs = (load_model(r)(x).numpy() for r, x in ((run, X), (other, changed)))
    np.testing.assert_allclose(theirs, plain, atol=tolerance)


def test_numbers_to_predict_come_in_the_unit_that_they_were_given_in(shipped, tmp_path):
    number = X[:, :, 0].mean(axis=1).astype(np.float64)
    plain, eight = (
        trained(shipped, tmp_path / name, y=numbers, TASK="regression")
        for name, numbers in (("plain", number), ("eight", 8 * number))
    )
    part = Part(X, None, np.arange(len(X)))
    ours, theirs = (prediction.predict(load_model(r), part) for r in (plain, eight))
    np.testing.assert_allclose(theirs, 8 * ours, rtol=1e-4, atol=1e-5)


@pytest.fixture(scope="module")
def on_texts(tmp_path_factory):
    from project.constants import read_constants

    folder = tmp_path_factory.mktemp("texts")
    lines = [["kind", "text"]]
    for k in range(80):
        words = RNG.choice(["good", "fine"] if k % 2 else ["bad", "grim"], 2)
        lines.append([k % 2, " ".join([*words, *RNG.choice(["it", "was", "so"], 4)])])
    with open(folder / "t.csv", "w", newline="") as file:
        csv.writer(file).writerows(lines)
    constants = {"DATASET": str(folder / "t.csv"), "TEXT": "text", "LABEL": "kind", "RUN_DIR": str(folder / "run")}
    train_model.train_with(read_constants().changed(**SMALL | constants))
    return folder


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("so zebra it good", "so quagga it good"),  # one unknown word is as another
        ("bad was so it it it", "bad was so it it it good good good good"),  # cut to the length of the training part
        ("Good, was it!", "good was it"),
    ],
)
def test_texts_that_are_the_same_to_the_network(on_texts, tmp_path, text, same):
    (tmp_path / "new.txt").write_text(f"{text}\n{same}\n")
    first, second = answers(on_texts / "run", tmp_path / "new.txt")
    np.testing.assert_array_equal(first, second)


def test_columns_go_by_their_names(shipped, tmp_path):
    header, rows = ["who", "a", "b", "what"], []
    for person in range(12):
        for _ in range(30):
            level = RNG.normal() + 3 * (person % 2)
            rows.append([person, f"{level:.4f}", f"{RNG.normal():.4f}", ["sit", "walk"][person % 2]])
    places = {"train.csv": [0, 1, 2, 3], "turned.csv": [2, 3, 0, 1]}
    for name, order in places.items():
        with open(tmp_path / name, "w", newline="") as file:
            csv.writer(file).writerows([[row[k] for k in order] for row in [header, *rows]])
    run = tmp_path / "run"
    constants = {"DATASET": str(tmp_path / "train.csv"), "SEQUENCE": "who", "LABEL": "what", "WINDOW": 10}
    train_model.train_with(shipped.changed(**SMALL | constants | {"RUN_DIR": str(run)}))
    np.testing.assert_array_equal(answers(run, tmp_path / "train.csv"), answers(run, tmp_path / "turned.csv"))
