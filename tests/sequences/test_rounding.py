"""Values whose differences 32-bit floats round away reach the network in 64 bits, from every reader."""

import numpy as np
import pandas
import pytest

import predict_model
import train_model
from data_preprocessing import load_data
from networks.standardisation import numpy_function, standardised
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


WAVE = np.random.default_rng(1).uniform(-1, 1, (40, 8, 1))


@pytest.mark.parametrize(
    ("x", "dtype"),
    [
        ((101325 + 0.05 * WAVE).astype("float32"), "float32"),  # pressure in pascals, six steps of 32-bit floats
        (1e15 + 100 * WAVE, "float64"),
        (2**53 - 10**4 + np.rint(1000 * WAVE).astype(int), "float64"),
        (1e-31 * WAVE, "float32"),  # kilograms of an electron
    ],
)
def test_what_deviates_little_beside_its_level_reaches_the_network(shipped, tmp_path, x, dtype):
    data = load(**write_npz(tmp_path, x))
    assert data.train.dtype == dtype and not any("is centred, not scaled" in note for note in data.sequences.notes)
    see = numpy_function(lambda inputs: standardised(inputs, data, shipped), data.train)
    seen = see(data.train.take(slice(None)))
    assert abs(seen.std() - 1) < 0.01 and abs(seen.mean()) < 0.1
    assert np.corrcoef(seen.ravel(), WAVE[data.train.rows].ravel())[0, 1] > 0.99


@pytest.mark.parametrize(
    ("x", "said"),
    [
        ((101325 + 0.005 * WAVE).astype("float32"), "around 101325 is too small there for 32-bit floats: it is"),
        (np.where(WAVE > 0, 0.1 + 0.2, 0.3), "around 0.3 is too small there for 64-bit floats: it is"),
        (np.full((40, 8, 1), 0.1), None),
        (np.full((40, 8, 1), 0.1, np.float32), None),
    ],
)
def test_what_is_given_to_the_network_unscaled_is_said(shipped, tmp_path, x, said):
    data = load(**write_npz(tmp_path, x))
    found = [note for note in data.sequences.notes if "it is centred, not scaled" in note]
    assert len(found) == (said is not None) and (said is None or said in found[0])
    see = numpy_function(lambda inputs: standardised(inputs, data, shipped), data.train)
    assert np.abs(see(data.train.take(slice(None)))).max() < 0.02


def unrounded(numbers):
    return sum(int(float(number)) != number for number in numbers)


@pytest.mark.parametrize("kind", ["npz", "unsigned", "folders", "csv", "parquet"])
def test_whole_numbers_that_64_bits_round_are_counted(tmp_path, kind):
    x = 2**53 - 20 + np.arange(320).reshape(40, 8, 1)  # from 2**53 on every other number is rounded
    if kind == "unsigned":
        x = np.uint64(2**64 - 400) + np.arange(320, dtype=np.uint64).reshape(40, 8, 1)
    numbers, name = x.ravel().tolist(), "the values"
    if kind in ("csv", "parquet"):
        name, frame = "u", pandas.DataFrame({"u": numbers, "v": np.arange(320) % 7})
        own = {"DATASET": str(tmp_path / f"d.{kind}"), "TARGET": "v", "WINDOW": 8}
        frame.to_csv(own["DATASET"], index=False) if kind == "csv" else frame.to_parquet(own["DATASET"])
    else:
        own = (write_folders if kind == "folders" else write_npz)(tmp_path, x)
        numbers = numbers[2:] if kind == "folders" else numbers
    (line,) = [note for note in load(**own).sequences.notes if "beyond 2**53" in note]
    assert line.startswith(f"{name}: {unrounded(numbers)} whole numbers were rounded: 64-bit floats do not have")
    assert unrounded(numbers) > 100


def test_new_data_that_a_32_bit_run_rounds_are_named(shipped, tmp_path, capsys):
    c = shipped.changed(**write_npz(tmp_path, X), RUN_DIR=str(tmp_path / "run"), EPOCHS=1)
    train_model.main(c)
    assert "32-bit" not in capsys.readouterr().out
    np.savez(tmp_path / "new.npz", X=X[:3] + FAR)
    predict_model.predict(c.RUN_DIR, tmp_path / "new.npz")
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


FAR_APART = 2**54 + 2 * np.arange(40)  # exact; with 1 more each is rounded


def test_numbers_to_predict_that_64_bits_round_are_counted(tmp_path):
    for y in (FAR_APART, np.stack([FAR_APART, Y == "a"], axis=1)):
        np.savez(tmp_path / "d.npz", X=X, y=y + 1)
        (line,) = rounded_notes(load(DATASET=str(tmp_path / "d.npz"), TASK="regression"))
        assert f": {unrounded((y + 1).ravel().tolist())} whole numbers were rounded" in line
    np.save(tmp_path / "X.npy", X)
    (tmp_path / "y.csv").write_text("\n".join(["n", *map(str, FAR_APART + 1)]))
    own = {"DATASET": str(tmp_path / "X.npy"), "LABEL_FILE": str(tmp_path / "y.csv"), "TASK": "regression"}
    (line,) = rounded_notes(load(**own))
    assert line.startswith(f"y.csv: n: {unrounded((FAR_APART + 1).tolist())} whole numbers were rounded")


def rounded_notes(data):
    return [note for note in data.sequences.notes if "rounded" in note]


@pytest.mark.parametrize("unequal", [False, True])
def test_data_in_memory_that_64_bits_round_are_counted(unequal):
    lengths = 8 - np.arange(40) % 2 if unequal else np.full(40, 8)
    far = 2**54 + 1 + 2 * (np.arange(320).reshape(40, 8, 1) % 7)
    if np.finfo(np.longdouble).nmant > 60:
        long = [own[:n] for own, n in zip(1 + np.arange(320).reshape(40, 8, 1) * np.longdouble(2) ** -60, lengths)]
        (line,) = rounded_notes(load_data(long, Y))
        many = sum(int((own != own.astype(float)).sum()) for own in long)
        assert line.startswith(f"the values: {many} values were rounded to 64-bit floats: longdouble has more digits")
    (line,) = rounded_notes(load_data([own[:n] for own, n in zip(far, lengths)], Y))
    assert line.startswith(f"the values: {lengths.sum()} whole numbers were rounded")


@pytest.mark.parametrize(
    ("x", "s"), [("float32", FAR + np.arange(40)), ("uint8", 300 + np.arange(40)), ("int64", RNG.random(40))]
)
def test_numbers_of_a_whole_sequence_keep_their_digits(tmp_path, x, s):
    np.savez(tmp_path / "d.npz", X=(X % 50).astype(x), y=Y, S=s)
    assert np.array_equal(np.array(load(DATASET=str(tmp_path / "d.npz")).sequences.x)[:, 3, 2], s)
