"""Streams with a label in every row, folders of one file a sequence, and sound of several rates."""

import csv
import warnings

import numpy as np
import pytest
from scipy.io import wavfile

import evaluate_model
import predict_model
import train_model
from core.errors import InputError
from networks.size_checks import check_sizes
from tests.conftest import load


def stream(path, people=6, rows=120, header=True):
    """Write a stream: each person walks (a slow wave), then sits (noise), a row a time step."""
    rng, lines = np.random.default_rng(0), ["who,what,time,x"] if header else []
    for person in range(people):
        for i in range(rows):
            sits = i >= rows // 2
            value = rng.normal() * 0.1 if sits else np.sin(i / 2) * 3
            lines.append(f"p{person},{'sit' if sits else 'walk'},{50 * i},{value:.4f}")
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def test_windows_of_one_label_with_recordings_kept_whole(shipped, tmp_path):
    c = shipped.changed(DATASET=stream(tmp_path / "s.csv"), SEQUENCE="who", LABEL="what", WINDOW=20)
    data = load(**c)
    # By hand: starts 0, 10, ... 100 are 11 windows a person; of them only the one at row 50 sees rows of both labels.
    assert len(data.train) + len(data.test) == 6 * 10 and len(data.test) % 10 == 0
    left_out = '6 of 66 windows have rows of more than one label: left out; WINDOW_LABEL = "last", "any" or "most"'
    assert f"{left_out} keeps them" in data.sequences.notes and not data.sequences.cautions
    assert data.preparation.columns == ["x"] and any(
        "not used as inputs: time" in note for note in data.sequences.notes
    )
    c = c.changed(RUN_DIR=str(tmp_path / "run"), EPOCHS=40)
    train_model.main(c)
    assert evaluate_model.main(c)["accuracy"] > 0.8
    with open(tmp_path / "run" / "predictions.csv") as file:
        windows = list(csv.DictReader(file))
    people = {window["name"].split(",")[0] for window in windows}
    own = [window for window in windows if window["name"].startswith(min(people))]
    places = [*range(0, 41, 10), *range(60, 101, 10)]
    assert len(people) == 2 and [w["name"].split(", ")[1] for w in own] == [f"steps {k} to {k + 19}" for k in places]
    assert [w["true_label"] for w in own] == ["walk"] * 5 + ["sit"] * 5
    values = np.sin(np.arange(50) / 2) * 3  # a new recording, without names and labels
    (tmp_path / "new.csv").write_text("time,x\n" + "".join(f"{50 * i},{v:.4f}\n" for i, v in enumerate(values)))
    predict_model.predict(str(tmp_path / "run"), tmp_path / "new.csv")
    lines = (tmp_path / "run" / "new_predictions.csv").read_text().splitlines()
    assert len(lines) == 1 + 4 and "steps 0 to 19" in lines[1]


def test_one_recording_holds_out_the_last_windows_of_each_class(tmp_path):
    path = stream(tmp_path / "s.csv", people=1, rows=400)
    data = load(DATASET=path, LABEL="what", WINDOW=10, STRIDE=10, TEST_SIZE=0.25)
    assert np.bincount(data.test.y).tolist() == [5, 5] and np.bincount(data.train.y).tolist() == [15, 15]
    first, last = (data.train.all_x.starts[part.rows] for part in (data.train, data.test))
    assert first[first < 200].max() < last[last < 200].min() and first.max() < last.max()


@pytest.mark.parametrize("split", ["", "train/"])
def test_of_one_recording_a_class_the_last_windows_are_held_out(tmp_path, split):
    for k, name in enumerate(("normal", "faulty")):
        for folder in {split, split and "test/"}:
            (tmp_path / folder / name).mkdir(parents=True)
            cells = ["" if row % 7 == 3 else str(1000 * k + 7 * row % 101) for row in range(100)]
            (tmp_path / folder / name / "a.csv").write_text("x,y\n" + "".join(f"{x},1\n" for x in cells))
    if not split:
        with pytest.raises(InputError, match="class 'faulty' has one recording.*set WINDOW"):
            load(DATASET=str(tmp_path))
    with warnings.catch_warnings(), pytest.raises(InputError, match="VALIDATION_SIZE = 5.* 0 windows|20 is impossible"):
        warnings.simplefilter("error")
        load(DATASET=str(tmp_path), WINDOW=10, STRIDE=10, TEST_SIZE=0.95, VALIDATION_SIZE=20 if split else 5)
    data = load(DATASET=str(tmp_path), WINDOW=10, STRIDE=10, VALIDATION_SIZE=0.25)
    last, names = ("validation", ["normal", "faulty"]) if split else ("test and validation", ["faulty", "normal"])
    why = "class 'faulty' has one recording: scores say nothing of new recordings"
    assert f"{last} set: the last windows of each class, since {why}" in data.sequences.notes
    # By hand: 10 windows a recording, of which the last two are the test set; a quarter of the others, rounded up.
    first = [{int(x[0, 0]) for x in part.take(slice(None))} for part in (data.train, data.validation, data.test)]
    tens = [range(0, 70, 10), range(70, 100, 10), range(0, 100, 10)]
    if not split:
        tens = [range(0, 60, 10), range(60, 80, 10), range(80, 100, 10)]
    value = {row: 7 * (row - (row % 7 == 3)) % 101 for row in range(100)}  # gaps: from the row before
    assert first == [{1000 * label + value[row] for label in (0, 1) for row in part} for part in tens]


def test_without_a_header_columns_go_by_place_and_damaged_lines_are_named(tmp_path):
    path = stream(tmp_path / "s.txt", header=False)
    lines = (tmp_path / "s.txt").read_text().splitlines()
    lines[6] += "," + lines[7]
    (tmp_path / "s.txt").write_text(";\n".join(lines) + ";\n")
    data = load(DATASET=path, SEQUENCE=0, LABEL=1, WINDOW=20)
    assert any("lines without exactly 4 cells, left out: 7" in note for note in data.sequences.notes)
    assert data.task.classes == ["sit", "walk"]


def test_a_number_in_every_row_is_that_of_the_last_row(tmp_path):
    rows = "".join(f"{u},{i},{u + i * 7 % 10 / 10},{100 - i + 0.5}\n" for u in range(5) for i in range(30))
    (tmp_path / "s.csv").write_text("unit,cycle,value,life\n" + rows)
    data = load(DATASET=str(tmp_path / "s.csv"), SEQUENCE="unit", LABEL="life", WINDOW=10, STRIDE=1)
    assert data.task.metric == "rmse" and len(data.train) + len(data.test) == 5 * 21
    assert data.test.y[:3, 0].tolist() == [91.5, 90.5, 89.5]  # rows 9, 10, 11


@pytest.mark.parametrize("kind", ["csv", "npy"])
def test_a_folder_for_each_class(tmp_path, kind):
    rng = np.random.default_rng(0)
    for part, count in (("train", 6), ("test", 3)):
        for name in ("bad", "good"):
            folder = tmp_path / "d" / part / name
            folder.mkdir(parents=True)
            for k in range(count):
                values = rng.normal(size=(20 + k, 2))
                if kind == "npy":
                    np.save(folder / f"{k}.npy", values)
                else:
                    np.savetxt(folder / f"{k}.csv", values, delimiter=",", header="a,b", comments="")
    (tmp_path / "d" / "train" / "good" / "notes.md").write_text("x")
    data = load(DATASET=str(tmp_path / "d"))
    assert len(data.train) == 12 and len(data.test) == 6 and data.task.classes == ["bad", "good"]
    assert data.train.shape == (25, 2) and any("notes.md" in note for note in data.sequences.notes)


def test_channels_in_files_of_their_own(tmp_path):
    rng, x = np.random.default_rng(0), {}
    for part, n in (("train", 12), ("test", 6)):
        folder = tmp_path / "har" / part / "Inertial Signals"
        folder.mkdir(parents=True)
        for axis in "xy":
            x[part, axis] = rng.normal(size=(n, 16))
            np.savetxt(folder / f"acc_{axis}_{part}.txt", x[part, axis])
        np.savetxt(folder.parent / f"y_{part}.txt", 1 + np.arange(n) % 2, fmt="%d")
        np.savetxt(folder.parent / f"subject_{part}.txt", np.arange(n) // 3, fmt="%d")
    (tmp_path / "har" / "activity_labels.txt").write_text("01 WALKING\n2 SITTING\n")
    data = load(DATASET=str(tmp_path / "har"))
    (tmp_path / "__MACOSX").mkdir()
    above = load(DATASET=str(tmp_path))  # as an archive is unpacked
    np.testing.assert_array_equal(above.train.x[:3], data.train.x[:3])
    assert f"read from the folder har in {tmp_path.name}" in above.sequences.notes
    assert data.task.classes == ["SITTING", "WALKING"]
    np.testing.assert_allclose(data.test.take(slice(None))[:, :, 1], x["test", "y"], rtol=1e-6)


def test_sound_of_several_rates_is_brought_to_the_lowest(tmp_path):
    for name in ("low", "high"):
        (tmp_path / "d" / name).mkdir(parents=True)
        for k in range(4):
            rate, tone = (8000, 16000)[k % 2], {"low": 300, "high": 1500}[name]
            samples = np.sin(2 * np.pi * tone * np.arange(rate // 2) / rate)
            wavfile.write(tmp_path / "d" / name / f"{k}.wav", rate, (samples * 30000).astype(np.int16))
    data = load(DATASET=str(tmp_path / "d"), TEST_SIZE=2)
    assert any("4 recordings of 16000 Hz were resampled to 8000 Hz" in note for note in data.sequences.notes)
    loudest = data.sequences.x[:, 10].argmax(axis=1)  # the mel band of the tone, the same at both rates
    assert all(len(set(loudest[own])) == 1 for own in (slice(0, 4), slice(4, 8))) and loudest[0] != loudest[4]


@pytest.mark.parametrize("installed", [True, False])
def test_flac_is_read_with_soundfile_and_named_without_it(tmp_path, monkeypatch, installed):
    import soundfile

    samples = np.random.default_rng(0).integers(-9000, 9000, size=(12, 4000)).astype(np.int16)
    for k, recording in enumerate(samples):
        wavfile.write(tmp_path / f"{'ab'[k % 2]}_{k:02}.wav", 8000, recording)
    plain = load(DATASET=str(tmp_path), TEST_SIZE=2)
    for k, recording in enumerate(samples[:4]):
        (tmp_path / f"{'ab'[k % 2]}_{k:02}.wav").unlink()
        soundfile.write(tmp_path / f"{'ab'[k % 2]}_{k:02}.flac", recording, 8000)
    if installed:  # .flac loses nothing
        data = load(DATASET=str(tmp_path), TEST_SIZE=2)
        own, expected = (d.sequences.x[np.argsort([n[2:4] for n in d.sequences.names])] for d in (data, plain))
        np.testing.assert_allclose(own, expected, atol=1e-5)
    else:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        notes = " ".join(load(DATASET=str(tmp_path), TEST_SIZE=2).sequences.notes)
        assert "4 sound files left out" in notes and "pip install soundfile" in notes


@pytest.mark.parametrize(
    ("constants", "message"),
    [
        ({}, "'who' has 6 values, .*set SEQUENCE = 'who', and TARGET.* or LABEL"),
        ({"SEQUENCE": "who"}, "needs LABEL"),
        ({"LABEL": "what"}, "has 2 labels.*set WINDOW.*WINDOW_LABEL"),
        (
            {"LABEL": "what", "SEQUENCE": "nobody", "WINDOW": 20},
            "SEQUENCE = 'nobody' is impossible.*who, what, time, x",
        ),
        (
            {"LABEL": "what", "SEQUENCE": "who", "WINDOW": 200},
            "no recording has WINDOW = 200 rows: the longest has 120",
        ),
        ({"LABEL": "what", "SEQUENCE": "who", "WINDOW": 20, "GROUP": "what"}, "belongs to several groups"),
        ({"LABEL": "what", "WINDOW": 20, "TEST_SIZE": 500}, "TEST_SIZE = 500 is impossible: there are [0-9]+ windows"),
    ],
)
def test_what_a_stream_could_mean_is_asked(tmp_path, constants, message):
    with pytest.raises(InputError, match=message):
        load(DATASET=stream(tmp_path / "s.csv"), **constants)


def test_a_window_shorter_than_the_network_needs_says_what_fits(shipped, tmp_path):
    c = shipped.changed(DATASET=stream(tmp_path / "s.csv"), SEQUENCE="who", LABEL="what", STRIDE=5)
    for window, words in (
        (1, "KERNEL_SIZE = 3 .* 1 time step allows 1, with POOL_SIZE = 1"),
        (3, "POOL_SIZE = 2 .* 1"),
    ):
        with pytest.raises(InputError, match=f"{words}.*; WINDOW = 4 or more fits too"):
            train_model.main(c.changed(WINDOW=window))
    for fitting in ({"WINDOW": 1, "KERNEL_SIZE": 1, "POOL_SIZE": 1}, {"WINDOW": 4}):
        check_sizes((fitting["WINDOW"], 1), c.changed(**fitting))


def test_gaps_of_a_single_recording_are_filled_from_the_past_alone(tmp_path):
    rows = [f"{'' if k % 10 in (3, 4) or k == 0 else 7 * k % 50},{k // 50}" for k in range(100)]
    (tmp_path / "s.csv").write_text("x,label\n" + "\n".join(rows))
    data = load(DATASET=str(tmp_path / "s.csv"), LABEL="label", WINDOW=10, STRIDE=10)
    first = data.train.all_x[np.array([0])][0, :, 0]
    assert (
        first.tolist() == [7, 7, 14, 14, 14, 35, 42, 49, 6, 13]
        and "21 missing values were filled from the row" in data.sequences.notes[0]
    )
