"""Values whose differences 32-bit floats round away reach the network in 64 bits, from every reader."""

import numpy as np
import pytest

import predict_model
import train_model
from reports.formatting import format_digits, format_number
from tests.conftest import load

RNG = np.random.default_rng(0)
X = RNG.integers(-50, 50, (40, 8, 2))
Y = np.array([*"ab"] * 20)
FAR = 10**9


def write_npz(folder, x):
    np.savez(folder / "d.npz", X=x, y=Y)
    return {"DATASET": str(folder / "d.npz")}


def write_folders(folder, x):
    """Of unequal length: the first sequence is padded by the mean."""
    for k, own in enumerate(x):
        (folder / "d" / Y[k]).mkdir(parents=True, exist_ok=True)
        np.save(folder / "d" / Y[k] / f"{k:02}.npy", own[2:] if k == 0 else own)
    return {"DATASET": str(folder / "d")}


def write_rows(folder, x):
    lines = [",".join([*map(str, own[:, 0]), label]) for own, label in zip(x, Y)]
    (folder / "d.csv").write_text("\n".join([",".join([*"abcdefgh", "label"]), *lines]))
    return {"DATASET": str(folder / "d.csv"), "SEQUENCE": "row", "LABEL": "label"}


def write_labelled_rows(folder, x):
    lines = [f"{k},{a},{b},{Y[k]}" for k, own in enumerate(x) for a, b in own]
    (folder / "d.csv").write_text("\n".join(["take,u,v,label", *lines]))
    return {"DATASET": str(folder / "d.csv"), "SEQUENCE": "take", "LABEL": "label", "WINDOW": 4}


def write_series(folder, x):
    lines = [f"{a},{b}" for a, b in x.reshape(-1, 2)]
    (folder / "d.csv").write_text("\n".join(["u,v", *lines]))
    return {"DATASET": str(folder / "d.csv"), "TARGET": "v", "WINDOW": 8}


@pytest.mark.parametrize("write", [write_npz, write_folders, write_rows, write_labelled_rows, write_series])
@pytest.mark.parametrize("dtype", ["int32", "uint32", "int64", "float64"])
def test_every_reader_keeps_the_digits_that_the_data_have(tmp_path, write, dtype):
    if write in (write_rows, write_labelled_rows, write_series) and dtype != "int64":
        pytest.skip("a text file has no types")
    data = load(**write(tmp_path, (X + FAR).astype(dtype)))
    (line,) = [note for note in data.sequences.notes if "32-bit" in note]
    assert "around 1e+09 is lost in 32-bit floats, which there tell steps of 64 apart" in line
    assert "model.keras takes 64-bit floats" in line
    for split in (data.train, data.test):
        x = split.take(slice(None))
        assert x.dtype == np.float64
        whole = x[~(x == np.array(data.preparation.filler)).all(axis=2)] if data.preparation.filler else x
        assert set(np.unique(whole - FAR)) <= set(range(-50, 50)) and len(np.unique(whole)) > 40


@pytest.mark.parametrize("write", [write_npz, write_series])
@pytest.mark.parametrize("x", [X, 1000 * X + FAR, X.astype(np.float32) / 7])
def test_others_stay_in_32_bits(tmp_path, write, x):
    data = load(**write(tmp_path, x))
    assert data.train.take(slice(2)).dtype == np.float32
    assert not [note for note in data.sequences.notes if "-bit" in note]


@pytest.mark.parametrize(("rise", "lost"), [(50, True), (10**6, False)])
def test_of_series_it_is_the_changes_that_must_not_be_lost(tmp_path, rise, lost):
    """A meter whose readings spread far, for it has always risen."""
    (tmp_path / "d.csv").write_text("\n".join(["v", *map(str, FAR + rise * np.arange(400))]))
    data = load(DATASET=str(tmp_path / "d.csv"), TARGET="v")
    assert data.train.dtype == ("float64" if lost else "float32")
    assert any(note.startswith("v: a change of 50 around 1.00001e+09 is lost") for note in data.sequences.notes) == lost


def test_new_data_that_a_32_bit_run_rounds_are_named(shipped, tmp_path, capsys):
    c = shipped.changed(**write_npz(tmp_path, X), RUN_DIR=str(tmp_path / "run"), EPOCHS=1)
    train_model.train(c)
    assert "32-bit" not in capsys.readouterr().out
    np.savez(tmp_path / "new.npz", X=X[:3] + FAR)
    predict_model.predict(tmp_path / "new.npz", c.RUN_DIR)
    assert (
        "steps of 64 apart (so does feature 1): the run takes 32-bit floats, train it on such"
        in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1e9 + 0.125, "1000000000.125"),
        (123456789.0, "123456789"),
        (0.1, "0.1"),
        (np.float64(np.float32(0.1)), "0.1"),
        (1 / 3, "0.3333333333333333"),
        (-0.0, "-0"),
        (0, "0"),
        (45229884.0, "45229884"),
        (4294967296, "4294967296"),
        (3000000.25, "3000000.25"),
        (1.5e-13, "1.5e-13"),
        (2.0**80, "1.2089258e+24"),
    ],
)
def test_numbers_are_written_so_that_they_come_back(number, text):
    assert format_number(number) == text
    assert np.float64(number) in (np.float64(text), np.float64(np.float32(text)))


@pytest.mark.parametrize(
    ("number", "spread", "text"),
    [(1e9 + 1.23456, 1.0, "1000000001.235"), (12.3456, 5.0, "12.35"), (0.0123456, 5.0, "0.01235"), (3.0, 0.0, "3")],
)
def test_digits_begin_at_the_spread(number, spread, text):
    assert format_digits(number, spread, 4) == text
