"""An answer depends on the sequence alone: not on batch, order, other rows, units, or the order of columns."""

import csv
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import predict_model
import train_model
from sequences.types import Split
from tests.conftest import load_model
from tests.small_datasets import KINDS
from training import network_share, prediction

RNG = np.random.default_rng(8)
X = RNG.normal(size=(120, 12, 2)).astype(np.float32)
Y = (X[:, -3:].mean(axis=(1, 2)) > 0).astype(int)
SMALL = {"EPOCHS": 3, "FILTERS": 4, "LSTM_UNITS": 5}


def trained(shipped, folder, x=X, y=Y, **constants):
    folder.mkdir(exist_ok=True)
    np.savez(folder / "d.npz", X=x, y=y)
    c = shipped.changed(**SMALL | {"DATASET": str(folder / "d.npz"), "RUN_DIR": str(folder / "run")} | constants)
    train_model.main(c)
    return folder / "run"


def answers(run, path):
    """Return the answers to new data, floats (n, columns)."""
    predict_model.predict(str(run), str(path))
    rows = list(csv.reader((run / "new_predictions.csv").open(encoding="utf-8")))
    return np.array([[float(cell) for cell in row[2:]] for row in rows[1:]])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    from core.constants import read_constants

    return trained(read_constants(), tmp_path_factory.mktemp("plain") / "d")


def lines_of(path):
    with open(path, newline="") as file:
        return list(csv.reader(file))


def write_rows(what, folder, rows, new):
    """Write these sequences of a kind's data, in this order, as new data. Returns: the path."""
    if what in ("classes", "regression"):
        np.save(new / "x.npy", np.load(folder / KINDS[what][1]["DATASET"])["X"][rows])
        return new / "x.npy"
    if what == "texts":
        texts = [text for _, text in lines_of(folder / "texts.csv")[1:]]
        (new / "x.txt").write_text("".join(f"{texts[row]}\n" for row in rows))
        return new / "x.txt"
    if what == "several series":
        header, *cells = lines_of(folder / "series.csv")
        chosen = [line for row in rows for line in cells if line[1] == "abc"[row]]
        (new / "x.csv").write_text("".join(",".join(line) + "\n" for line in [header, *chosen]))
        return new / "x.csv"
    for place, row in enumerate(rows):  # files, read in the order of their names
        (old,) = folder.glob(f"*/{row}.wav" if what == "transcription" else f"clips/*/{row}.gif")
        shutil.copy(old, new / f"{place:03}{old.suffix}")
    return new


@pytest.mark.parametrize("what", KINDS)
def test_neither_batch_nor_order_nor_other_sequences_change_an_answer(tmp_path_factory, shipped, what, monkeypatch):
    folder = tmp_path_factory.mktemp("kind")
    write, constants = KINDS[what]
    write(folder, np.random.default_rng(0))
    constants = constants | {"DATASET": str(folder / constants["DATASET"]), "RUN_DIR": str(folder / "run")}
    monkeypatch.setattr(network_share, "_best", lambda *_: 0.5)  # what is drawn teaches nothing: it would be 0
    train_model.main(shipped.changed(**SMALL | constants, LEARNING_RATE=0.01))
    outputs = []

    def kept(model, part):
        outputs.append(prediction.predict(model, part))
        return outputs[-1]

    monkeypatch.setattr(predict_model, "predict_with", kept)  # to see every digit of what it answers

    def answered(rows):
        new = tmp_path_factory.mktemp("new")
        predict_model.predict(constants["RUN_DIR"], write_rows(what, folder, rows, new))
        return outputs.pop(), lines_of(folder / "run" / "new_predictions.csv")[1:]

    n = {"several series": 3, "transcription": 24, "video": 24}.get(what, 60)
    whole, lines = answered(range(n))
    each = len(lines) // n  # lines of the table for a sequence
    assert len(np.unique(whole.reshape(n, -1).round(5), axis=0)) > 0.9 * n  # answers that are alike show nothing

    @settings(max_examples=max(2, settings.default.max_examples // 100))
    @given(st.lists(st.integers(0, n - 1), min_size=1, max_size=n, unique=True), st.integers(1, 2 * n))
    def check(rows, batch):
        with monkeypatch.context() as patch:
            # Above eight batches the model is traced besides.
            patch.setattr(prediction, "BATCH_SIZES", {"CPU": batch, "GPU": batch})
            some, their_lines = answered(rows)
        steps = min(some.shape[1], whole.shape[1])  # recordings are padded to the longest beside them
        np.testing.assert_allclose(some[:, :steps], whole[rows][:, :steps], rtol=1e-5, atol=2e-6)
        ours, theirs = (
            [float(line[-1] or "nan") for line in own]
            for own in ([lines[each * row + k] for row in rows for k in range(each)], their_lines)
        )
        np.testing.assert_allclose(theirs, ours, atol=2e-4)  # the table has four digits

    check()


@pytest.mark.parametrize(("factor", "shift", "tolerance"), [([4, 0.25], 0, 1e-6), ([1, 1], [64, -8], 1e-3)])
def test_units_change_nothing_but_rounding(shipped, run, tmp_path, factor, shift, tolerance):
    changed = X * np.array(factor, np.float32) + np.array(shift, np.float32)
    other = trained(shipped, tmp_path / "other", changed)
    plain, theirs = (load_model(r)(x).numpy() for r, x in ((run, X), (other, changed)))
    np.testing.assert_allclose(theirs, plain, atol=tolerance)


def test_numbers_to_predict_do_not_depend_on_units_and_come_in_their_own(shipped, tmp_path):
    number = (X[:, -3:, 0].sum(axis=1) + X[:, 0, 1]).astype(np.float64)
    changed = X * np.array([4, 0.25], np.float32) + np.array([64, -8], np.float32)
    sets = {"plain": (X, number), "inputs": (changed, number), "answers": (X, 8 * number)}
    runs = {name: trained(shipped, tmp_path / name, *pair, TASK="regression") for name, pair in sets.items()}
    plain, inputs, eight = (
        prediction.predict(load_model(runs[name]), Split(x, None, np.arange(len(x)))) for name, (x, _) in sets.items()
    )
    assert np.corrcoef(plain[:, 0], number)[0, 1] > 0.9
    np.testing.assert_allclose(inputs, plain, atol=1e-3)
    np.testing.assert_allclose(eight, 8 * plain, rtol=1e-4, atol=1e-5)


def test_a_forecast_comes_in_the_unit_of_the_series(shipped, tmp_path):
    values = np.cumsum(RNG.normal(size=(120, 2)), axis=0).round(3)
    forecasts = []
    for name, table in (("plain", values), ("other", 4 * values + 64)):
        rows = [f"{t},{'ab'[k]},{float(v)!r}" for t, row in enumerate(table) for k, v in enumerate(row)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["t,name,v", *rows]) + "\n")
        constants = {"DATASET": str(tmp_path / f"{name}.csv"), "SEQUENCE": "name", "TARGET": "v"}
        run = tmp_path / name
        train_model.main(shipped.changed(**SMALL | constants | {"HORIZON": 3, "WINDOW": 12, "RUN_DIR": str(run)}))
        predict_model.predict(str(run), tmp_path / f"{name}.csv")
        forecasts.append([float(line[-1]) for line in lines_of(run / "new_predictions.csv")[1:]])
    plain, theirs = map(np.array, forecasts)
    assert len(plain) == 6
    np.testing.assert_allclose(theirs, 4 * plain + 64, atol=2e-3)


@pytest.fixture(scope="module")
def on_texts(tmp_path_factory):
    from core.constants import read_constants

    folder = tmp_path_factory.mktemp("texts")
    lines = [["kind", "text"]]
    for k in range(80):
        words = RNG.choice(["good", "fine"] if k % 2 else ["bad", "grim"], 2)
        lines.append([k % 2, " ".join([*words, *RNG.choice(["it", "was", "so"], 4)])])
    with open(folder / "t.csv", "w", newline="") as file:
        csv.writer(file).writerows(lines)
    constants = {"DATASET": str(folder / "t.csv"), "TEXT": "text", "LABEL": "kind", "RUN_DIR": str(folder / "run")}
    train_model.main(read_constants().changed(**SMALL | constants))
    return folder


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("so zebra it good", "so quagga it good"),  # one unknown word is as another
        ("bad was so it it it", "bad was so it it it good good good good"),  # cut to the length of the training set
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
    train_model.main(shipped.changed(**SMALL | constants | {"RUN_DIR": str(run)}))
    np.testing.assert_array_equal(answers(run, tmp_path / "train.csv"), answers(run, tmp_path / "turned.csv"))


def test_columns_of_series_and_texts_go_by_their_names(on_texts, shipped, tmp_path):
    values = RNG.normal(size=(60, 3)).round(3)
    for name, order in (("plain.csv", [0, 1, 2]), ("turned.csv", [2, 0, 1])):
        table = [["a", "b", "c"], *values.tolist()]
        with open(tmp_path / name, "w", newline="") as file:
            csv.writer(file).writerows([[row[k] for k in order] for row in table])
    constants = {
        "DATASET": str(tmp_path / "plain.csv"),
        "TARGET": ["c", "a"],
        "WINDOW": 6,
        "RUN_DIR": str(tmp_path / "run"),
    }
    train_model.main(shipped.changed(**SMALL | constants))
    cells = lines_of(on_texts / "t.csv")
    with open(tmp_path / "texts.csv", "w", newline="") as file:
        csv.writer(file).writerows([text, "new", kind] for kind, text in cells)
    pairs = [
        (tmp_path / "run", tmp_path / "plain.csv", tmp_path / "turned.csv"),
        (on_texts / "run", on_texts / "t.csv", tmp_path / "texts.csv"),
    ]
    for run, *paths in pairs:
        tables = []
        for path in paths:
            predict_model.predict(str(run), str(path))
            tables.append(lines_of(run / "new_predictions.csv"))
        assert tables[0] == tables[1] and len(tables[0]) > 1
