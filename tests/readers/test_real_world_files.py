"""What real archives and tables hold: variants, gaps, unequal lengths, rows to come. Nothing vanishes in silence."""

import csv
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from scipy.io import wavfile

import evaluate_model
import predict_model
import train_model
from core.errors import InputError
from tests.conftest import load
from tests.readers.helpers import NAMES, write_recordings

TS = "@univariate true\n@classLabel true a b\n@data\n"


def write_ucr(path, rows):
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))


def test_of_several_variants_in_a_folder_the_one_named_like_it_is_meant(tmp_path):
    folder = tmp_path / "Walk"
    folder.mkdir()
    for name, value in (("Walk", 1), ("Walk_eq", 2), ("Unequal_Walk", 3)):
        for part in ("TRAIN", "TEST"):
            (folder / f"{name}_{part}.ts").write_text(TS + f"{value},1:a\n{value},2:b\n" * 3)
    data = load(DATASET=str(folder))
    assert set(data.train.x[:, 0, 0]) == set(data.test.x[:, 0, 0]) == {1}
    (folder / "Walk_TRAIN.ts").rename(folder / "other_TRAIN.ts")
    with pytest.raises(InputError, match="several data sets.*name one file"):
        load(DATASET=str(folder))


def test_one_training_sequence_a_class_is_learned(shipped, tmp_path):
    rng = np.random.default_rng(0)
    for part, times in (("TRAIN", 1), ("TEST", 3)):
        write_ucr(tmp_path / f"F_{part}.tsv", [[k, *rng.normal(k, 0.1, 9)] for k in range(1, 6) for _ in range(times)])
    constants = shipped.changed(DATASET=str(tmp_path), RUN_DIR=str(tmp_path / "run"), EPOCHS=1)
    train_model.main(constants)
    assert evaluate_model.main(constants)["test_sequences"] == 15


@pytest.mark.parametrize("form", ["tsv", "npz"])
def test_nan_at_the_end_is_the_end_and_nan_inside_is_filled(tmp_path, form):
    n = np.nan
    x = np.array([[1.0, 2, 3, 4], [5, 6, n, n], [1, n, 3, n], [4, 3, 2, 1]])
    y = np.array([1, 2, 1, 2])
    if form == "npz":
        np.savez(tmp_path / "d.npz", X_train=x, y_train=y, X_test=x[::-1], y_test=y[::-1])
        data = load(DATASET=str(tmp_path / "d.npz"))
    else:
        for part, step in (("TRAIN", 1), ("TEST", -1)):
            write_ucr(tmp_path / f"G_{part}.tsv", np.column_stack([y, x])[::step])
        data = load(DATASET=str(tmp_path))
    mean = (1 + 2 + 3 + 4 + 5 + 6 + 1 + 3 + 4 + 3 + 2 + 1) / 12
    expected = [[1, 2, 3, 4], [mean, mean, 5, 6], [mean, 1, 2, 3], [4, 3, 2, 1]]
    np.testing.assert_allclose(data.train.take(slice(None))[:, :, 0], expected, rtol=1e-6)
    np.testing.assert_allclose(data.test.take(slice(None))[:, :, 0], expected[::-1], rtol=1e-6)
    notes = " ".join(data.sequences.notes)
    assert "2 of 4 sequences were padded" in notes and "1 missing value was filled" in notes


def write_table(path, rows, header="date,value"):
    path.write_text(header + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
    return path


def days(first, n):
    return [[str(np.datetime64("2001-01-01") + np.timedelta64(first + i, "D")), first + i] for i in range(n)]


def test_the_test_twin_of_a_table_is_the_test_part(tmp_path):
    write_table(tmp_path / "s_TRAIN.csv", days(0, 60))
    write_table(tmp_path / "s_TEST.csv", days(60, 30))
    data = load(DATASET=str(tmp_path / "s_TRAIN.csv"), WINDOW=5, HORIZON=2, TEST_SIZE=0.5)
    np.testing.assert_array_equal(data.train.y[:, :, 0], [[i, i + 1] for i in range(5, 59)])
    np.testing.assert_array_equal(data.test.y[:, :, 0], [[i, i + 1] for i in range(60, 89)])
    np.testing.assert_array_equal(data.test.take(slice(0, 1))[0, :, 0], range(55, 60))
    for name, encoding in (("s_TRAIN.csv", "utf-8"), ("s_TEST.csv", "latin-1")):  # what is said of the twin is not lost
        (tmp_path / name).write_text((tmp_path / name).read_text().replace("value", "größe"), encoding)
    assert "read as cp1252: it is not UTF-8" in load(DATASET=str(tmp_path / "s_TRAIN.csv"), WINDOW=5).sequences.notes
    write_table(tmp_path / "s_TRAIN.csv", days(0, 60))
    write_table(tmp_path / "s_TEST.csv", days(50, 30))
    with pytest.raises(InputError, match="_TEST twin of .*s_TRAIN.csv line 2.*goes back"):
        load(DATASET=str(tmp_path / "s_TRAIN.csv"))
    write_table(tmp_path / "s_TRAIN.csv", [*days(30, 60)][::-1])
    write_table(tmp_path / "s_TEST.csv", [*days(0, 30)][::-1])
    with pytest.raises(InputError, match="newest to oldest and those of its _TEST twin are older still"):
        load(DATASET=str(tmp_path / "s_TRAIN.csv"))
    write_table(tmp_path / "s_TEST.csv", days(60, 30), "date,other")
    with pytest.raises(InputError, match="different columns"):
        load(DATASET=str(tmp_path / "s_TRAIN.csv"))


def whole_rows(first, n):
    return "label,a,b,c\n" + "".join(f"{'ud'[k % 2]},{k},{3 * k % 5},{k % 4}\n" for k in range(first, first + n))


def labelled_rows(first, n):
    return "label,a\n" + "".join(f"{'ud'[k // 10 % 2]},{k * 7 % 11}\n" for k in range(first, first + n))


def series(first, n):
    return "day,a\n" + "".join(f"{k},{k * 7 % 11}\n" for k in range(first, first + n))


@pytest.mark.parametrize("ends", ["_Train _Test", "-train -test", "_TRAIN _TEST"])
@pytest.mark.parametrize(
    ("table", "constants", "test"),
    [
        (series, {"TARGET": "a", "WINDOW": 5}, 20),  # each row of the test table is forecast
        (whole_rows, {"SEQUENCE": "row", "LABEL": "label"}, 20),
        (labelled_rows, {"LABEL": "label", "WINDOW": 5, "STRIDE": 5}, 4),
    ],
)
def test_a_folder_of_a_table_and_its_test_twin_is_read_as_the_table(tmp_path, ends, table, constants, test):
    for end, first, n in zip(ends.split(), (0, 60), (60, 20)):
        (tmp_path / f"Prices{end}.csv").write_text(table(first, n))
    for path in (tmp_path, tmp_path / f"Prices{ends.split()[0]}.csv"):
        assert len(load(DATASET=str(path), TEST_SIZE=0.5, **constants).test) == test


def test_sound_files_in_capitals_count_and_those_left_out_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)  # soundfile is not installed
    folder = write_recordings(tmp_path / "r", NAMES)
    (folder / NAMES[0]).rename(folder / NAMES[0].replace(".wav", ".WAV"))
    (folder / "0_x.mp3").write_bytes(b"ID3")
    (folder / "notes.md").write_text("hello")
    data = load(DATASET=str(folder))
    assert len(data.train) + len(data.test) == len(NAMES)
    assert any("1 sound file left out" in note and "0_x.mp3" in note for note in data.sequences.notes)


def test_arrays_that_are_not_looked_at_are_named(tmp_path):
    x, y = np.random.default_rng(0).normal(size=(40, 6)), np.arange(40) % 2
    np.savez(tmp_path / "d.npz", X=x, y=y, subject=y, weights=x)
    assert "arrays that are not used: subject, weights" in load(DATASET=str(tmp_path / "d.npz")).sequences.notes


@pytest.mark.parametrize(
    ("place", "autumn", "minutes"),
    [
        ("Europe/Berlin", "2021-10-31", 60),
        ("America/New_York", "2021-11-07", 15),
        ("Australia/Sydney", "2022-04-03", 30),
    ],
)
@pytest.mark.parametrize("newest_first", [False, True])
def test_a_clock_put_back_is_no_repetition_where_the_offset_is_given(tmp_path, place, autumn, minutes, newest_first):
    start = datetime.fromisoformat(f"{autumn}T00:00:00+00:00") - timedelta(days=1)
    times = [(start + timedelta(minutes=minutes * k)).astimezone(ZoneInfo(place)) for k in range(200)]
    rows = [(time.isoformat(), k % 9) for k, time in enumerate(times)][:: -1 if newest_first else 1]
    data = load(DATASET=str(write_table(tmp_path / "s.csv", rows)), WINDOW=5)
    expected = [time.astimezone(timezone.utc).replace(tzinfo=None) for time in times]
    assert data.sequences.times[0].tolist() == expected
    assert not any("steps between" in note for note in data.sequences.notes)
    rows = [(time[:-6], value) for time, value in rows]
    write_table(tmp_path / "s.csv", rows)
    with pytest.raises(InputError, match=f"{autumn}T.* time column 'date', as where the clock is put back in autumn"):
        load(DATASET=str(tmp_path / "s.csv"))
    at_noon = next(k for k, (time, _) in enumerate(rows) if "T12:00" in time)
    write_table(tmp_path / "s.csv", [*rows[: at_noon + 1], (rows[at_noon][0], 99), *rows[at_noon + 1 : at_noon + 9]])
    with pytest.raises(
        InputError, match="T12:00:00' repeats time column 'date', as line .* with other values: keep one"
    ):
        load(DATASET=str(tmp_path / "s.csv"))


@pytest.mark.parametrize(("name", "period"), [("hour", 24), ("Month", 12)])
def test_parts_of_a_date_that_begin_again_are_inputs(tmp_path, name, period):
    rows = [[i % period, i * 0.5] for i in range(100)]
    data = load(DATASET=str(write_table(tmp_path / "s.csv", rows, f"{name},load")))
    assert data.preparation.columns == [name, "load"] and data.task.targets == ["load"]


def test_rows_whose_target_is_still_to_come_are_forecast_and_not_scored(shipped, tmp_path, capsys):
    rows = [[f"{1990 + i // 12}-{i % 12 + 1:02d}", i, i * 2] for i in range(60)]
    for row in rows[-3:]:
        row[2] = ""
    path = write_table(tmp_path / "s.csv", rows, "month,planned,sales")
    c = shipped.changed(DATASET=str(path), RUN_DIR=str(tmp_path / "run"), WINDOW=6, HORIZON=3, TEST_SIZE=12, EPOCHS=1)
    train_model.main(c)
    assert "the last 3 rows have no sales" in capsys.readouterr().out
    evaluate_model.main(c)
    with open(tmp_path / "run" / "predictions.csv") as file:
        true = [[float(row[f"true_step_{h}"]) for h in (1, 2, 3)] for row in csv.DictReader(file)]
    assert true == [[2 * i, 2 * i + 2, 2 * i + 4] for i in range(45, 55)]
    predict_model.predict(str(tmp_path / "run"), path)
    assert "beyond the last of 57 rows" in capsys.readouterr().out


def test_stereo_and_mono_of_one_rate_are_read_together(tmp_path):
    folder = write_recordings(tmp_path / "r", NAMES)
    sound = np.zeros((1600, 2), np.int16)
    wavfile.write(folder / "0_ann_9.wav", 8000, sound)
    assert load(DATASET=str(folder)).train.shape[1] == 40
