"""Files that could be misread in silence: each is read as it is meant, or refused with what to change."""

import os
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat, wavfile

from core.errors import InputError
from readers.media.sound import AT_ONCE, log_mel
from readers.tables.delimited import read_table
from readers.tables.timestamps import parse_times
from tasks.classification.labels import class_order
from tests.conftest import load

RNG = np.random.default_rng(0)


def write(path, *lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return str(path)


# Times.


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ("{:%Y-%m-%d %I-%p}", r"line 2: '2020-04-09 12-AM' in column 'Date' is a time in an unknown format"),
        ("{:%m/%d/%Y}", r"line 32: '' in column 'Date' is not a date"),
    ],
)
def test_a_column_of_times_that_is_not_understood_is_no_word(tmp_path, form, message):
    days = [np.datetime64("2020-04-09").astype(object) + np.timedelta64(k, "D").astype(object) for k in range(80)]
    cells = [form.format(day) for day in days]
    if "p" not in form:
        cells[30] = ""
    rows = [f"{cell},{k}" for k, cell in enumerate(cells)]
    with pytest.raises(InputError, match=message):
        load(DATASET=write(tmp_path / "s.csv", "Date,Price", *rows), TARGET="Price")


@pytest.mark.parametrize("form", ["{:%m/%d/%y %H:%M}", "{:%Y-%m-%d %H:%M} UTC", "{:%d/%m/%y %H:%M}"])
def test_short_years_with_a_clock_and_utc_are_times(form):
    times = np.datetime64("2020-12-09T05:00") + 7 * np.arange(80) * np.timedelta64(1, "h")
    readings = parse_times([form.format(time) for time in times.astype(object)])
    assert any((reading == times).all() for reading in readings)


def test_fractions_of_a_second_are_told_apart(tmp_path):
    rows = [f"2024-01-01 00:00:{k / 50:05.2f},{k % 7}" for k in range(120)]
    data = load(DATASET=write(tmp_path / "s.csv", "time,x", *rows), TARGET="x")
    assert data.sequences.times[0][3] - data.sequences.times[0][0] == np.timedelta64(60, "ms")
    assert not any("steps between rows" in note for note in data.sequences.notes)
    with pytest.raises(InputError, match="'2024-01-01 00:00:00.02' repeats"):
        load(DATASET=write(tmp_path / "s.csv", "time,x", *rows[:2], *rows[1:]), TARGET="x")


DAY = np.datetime64("2020-12-01").astype(object)


def day(k, form="%Y-%m-%d"):
    return (DAY + np.timedelta64(k, "D").astype(object)).strftime(form)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("time,y", lambda k: f"{10 + k // 60}:{k % 60:02}:00"),
        ("timestamp,sunrise_time,y", lambda k: f"{1_600_000_000 + 86_400 * k},06:{k % 60:02}:40"),
        ("timestamp,delivered,y", lambda k: f"{1_600_000_000 + k},{day(7 * k % 90, '%d/%m/%Y') if k % 20 else ''}"),
        ("id,model,y", lambda k: f"{k + 1},{['Mar-20', 'Jun-21'][k % 2] if k % 20 else ''}"),
        ("update_ip,y", lambda k: f"10.0.{k % 7}.{k}"),
        ("lifetime,y", lambda k: f"{k % 9} h {k} min"),
    ],
)
def test_words_and_clocks_that_tell_no_order_are_no_fault(tmp_path, header, row):
    data = load(DATASET=write(tmp_path / "s.csv", header, *(f"{row(k)},{k % 7}" for k in range(120))), TARGET="y")
    assert "y" in data.sequences.columns


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("date,y", lambda k: day(k, "%B %d, %Y").join('""')),
        ("date,y", lambda k: f"{k % 12 + 1:02}/{2000 + k // 12}"),
        ("date,time,y", lambda k: f"{day(k // 24, '%d/%m/%y')},{k % 24:02}:00:00"),
        ("date,y", lambda k: f"{day(k)} 00:00:00{' UTC' if k else ''}"),
        ("date,y", lambda k: f"2020-12-01 00:{k // 60:02}:{k % 60:02}{'.5' if k == 119 else ''}"),
        ("date,y", lambda k: f'"2020-12-01 00:00:00,{k:03}"'),
    ],
)
def test_these_are_times(tmp_path, header, row):
    data = load(DATASET=write(tmp_path / "s.csv", header, *(f"{row(k)},{k % 7}" for k in range(120))), TARGET="y")
    assert (np.diff(data.sequences.times[0]).astype(np.int64) > 0).all() and data.sequences.columns == ["y"]


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        (
            "date,shop,y",
            lambda k: f"{day(k // 4)} {k // 4 % 12 + 1}-PM,{'abcd'[k % 4]}",
            "is a time in an unknown format",
        ),
        ("date,y", lambda k: "" if k == 30 else day(k), "line 32: '' in column 'date' is not a date"),
    ],
)
def test_times_of_several_series_and_empty_ones_are_looked_at(tmp_path, header, row, message):
    path = write(tmp_path / "s.csv", header, *(f"{row(k)},{k % 7}" for k in range(120)))
    with pytest.raises(InputError, match=message):
        load(DATASET=path, TARGET="y", SEQUENCE="shop" if "shop" in header else None)


# Numbers.


def test_thousands_beside_decimal_commas_are_refused(tmp_path):
    rows = ["987;0,5", "1.234;0,7", *(f"{900 + k};0,{k}" for k in range(60))]
    with pytest.raises(InputError, match="decimal commas, column 'rate' .'0,5' in line 2.*points, column 'people'"):
        load(DATASET=write(tmp_path / "s.csv", "people;rate", *rows), TARGET="rate")


def test_commas_of_thousands_beside_decimal_points_are_refused(tmp_path):
    rows = [f"{k % 9 + 1},{103 + k};0.{k}" for k in range(60)]
    with pytest.raises(InputError, match="decimal commas, column 'b' .*points, column 'y'"):
        load(DATASET=write(tmp_path / "s.csv", "b;y", *rows), TARGET="y")


@pytest.mark.parametrize("header", [["a", "b"], []])
def test_commas_between_tabs_are_understood_or_asked_about(tmp_path, header):
    def read(*rows):
        lines = [header, *rows] if header else rows
        table = read_table(Path(write(tmp_path / "d.tsv", *("\t".join(row) for row in lines))))
        return np.stack(table.columns, axis=1).tolist()

    assert read(["2,647", "10,5"], ["3,100", "7"]) == [[2.647, 10.5], [3.1, 7]]
    assert read(["0,647", "1"], ["3,100", "2"]) == [[0.647, 1], [3.1, 2]]
    assert read(["1,234.5", "1"], ["2,647", "2"]) == [[1234.5, 1], [2647, 2]]
    assert read(["1,234,567", "1"], ["2,647", "2"]) == [[1234567, 1], [2647, 2]]
    with pytest.raises(InputError, match="line [12]: 2,647 may have a decimal comma .*: write 2.647 or 2647"):
        read(["2,647", "1"], ["3,100", "2"])


def test_decimal_commas_beside_blanks_are_refused(tmp_path):
    rows = [f"{k % 2} 0,5{k % 7} 0,6{k % 5}" for k in range(30)]
    with pytest.raises(InputError, match="line 1 has commas and blanks between digits"):
        load(DATASET=write(tmp_path / "d.txt", *rows))


def test_nan_is_a_word_among_number_classes():
    assert sorted(["nan", "10", "2", "b", "-1"], key=class_order) == ["-1", "2", "10", "b", "nan"]


# Folders.


def table(label=""):
    return ["x,y,what", *(f"{RNG.normal():.3f},{RNG.normal():.3f},{'ab'[k // 30]}{label}" for k in range(60))]


@pytest.mark.parametrize("column", ["what", -1, 2])
def test_in_folders_the_label_may_be_a_column_by_name_or_place(tmp_path, column):
    for who in ("anna", "ben", "cleo"):
        for k in range(2):
            write(tmp_path / "d" / who / f"{k}.csv", *table())
    data = load(DATASET=str(tmp_path / "d"), LABEL=column, WINDOW=10)
    assert data.task.classes == ["a", "b"] and data.train.shape == (10, 2)
    assert any("classes are those of the column what" in note for note in data.sequences.notes)


def test_files_without_labels_or_target_are_asked_about(tmp_path):
    for k in range(3):
        write(tmp_path / "d" / f"{k}.csv", *table())
    with pytest.raises(InputError, match="SEQUENCE = 'file' needs LABEL"):
        load(DATASET=str(tmp_path / "d"), SEQUENCE="file")


@pytest.mark.parametrize("parts", [("train", "validation"), ("training", "test"), ("val", "test")])
def test_parts_are_no_classes(tmp_path, parts):
    for part in parts:
        for k in range(4):
            write(tmp_path / "d" / part / f"{k}.csv", "x", *map(str, RNG.normal(size=20)))
    with pytest.raises(InputError, match="official sets are the folders train and test"):
        load(DATASET=str(tmp_path / "d"))


def test_a_part_of_which_nothing_can_be_read_is_named(tmp_path, monkeypatch):
    for name in "ab":
        for k in range(3):
            (folder := tmp_path / "d" / "test" / name).mkdir(parents=True, exist_ok=True)
            wavfile.write(folder / f"{k}.wav", 8000, RNG.integers(-999, 999, 4000).astype(np.int16))
            write(tmp_path / "d" / "train" / name / f"{k}.flac", "no sound")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"train holds no file of sound that can be read.*a.0.flac"):
        load(DATASET=str(tmp_path / "d"))


def test_tables_of_semicolons_are_no_texts(tmp_path):
    for name, level in (("good", 0), ("bad", 5)):
        for k in range(6):
            rows = [f"{level + RNG.normal():.2f};{RNG.normal():.2f}" for _ in range(20)]
            write(tmp_path / "d" / name / f"{k}.txt", "force;noise", *rows)
    assert load(DATASET=str(tmp_path / "d")).train.shape == (20, 2)


@pytest.mark.parametrize("folder", ["d/a", "d"])
def test_file_names_that_cannot_be_shown_are_refused(tmp_path, folder):
    for name in (b"M\xfcller.csv", b"b.csv", b"c.csv"):  # Latin-1, from an old archive
        path = tmp_path / folder / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("t,x\n" + "".join(f"{k},{k % 7}\n" for k in range(40)))
    with pytest.raises(InputError, match=r"has the file name 'M.udcfcller.csv'"):
        load(
            DATASET=str(tmp_path / "d"), **({} if folder == "d/a" else {"SEQUENCE": "file", "TARGET": "x", "WINDOW": 5})
        )


# Other formats.


def test_the_test_twin_of_an_arff_file_is_the_test_part(tmp_path):
    head = [*(f"@attribute t{k} numeric" for k in range(5)), "@attribute class {a,b}", "@data"]
    for part, n in (("TRAIN", 12), ("TEST", 5)):
        rows = [",".join([*(f"{v:.2f}" for v in RNG.normal(size=5)), "ab"[k % 2]]) for k in range(n)]
        write(tmp_path / f"X_{part}.arff", "@relation x", *head, *rows)
    data = load(DATASET=str(tmp_path / "X_TRAIN.arff"))
    assert (len(data.train), len(data.test)) == (12, 5)


def test_mat_with_a_small_x_goes_by_names(tmp_path):
    x, y = RNG.normal(size=(20, 9, 2)), np.arange(20) % 2
    savemat(tmp_path / "d.mat", {"groups": np.arange(20) // 4, "x": x, "y": y})
    data = load(DATASET=str(tmp_path / "d.mat"))
    assert data.task.classes == ["0", "1"] and data.sequences.groups is not None


def test_wide_tables_name_their_series(tmp_path):
    values = [",".join(map(str, RNG.integers(0, 9, 40))) for _ in range(3)]
    months = ",".join(f"{2020 + k // 12}{k % 12 + 1:02}" for k in range(40))
    wide = {"SEQUENCE": "row", "TASK": "forecasting", "WINDOW": 6}
    names = ",".join(f"v{k}" for k in range(40))
    data = load(
        DATASET=write(tmp_path / "n.csv", f"store,{names}", *(f"{17 + 6 * k},{v}" for k, v in enumerate(values))),
        **wide,
    )
    assert data.sequences.names == ["17", "23", "29"] and [len(x) for x in data.sequences.x] == [40] * 3
    assert any("store is read as the names of the series" in note for note in data.sequences.notes)
    with pytest.raises(InputError, match="line 1 looks like a header .202001, 202002, 202003"):
        load(
            DATASET=write(tmp_path / "m.csv", f"item,{months}", *(f"{'abc'[k]},{v}" for k, v in enumerate(values))),
            **wide,
        )


def test_a_series_that_rises_is_no_header_and_a_twin_is_named_alike(tmp_path):
    wide = {"SEQUENCE": "row", "TASK": "forecasting", "WINDOW": 4}
    rises, falls = (",".join(str(sign * k * k) for k in range(30)) for sign in (1, -1))
    data = load(DATASET=write(tmp_path / "m.csv", f"M0,{rises}", f"M1,{falls}"), **wide)
    assert data.sequences.names == ["M0", "M1"]
    values = ",".join(map(str, RNG.integers(0, 9, 24)))
    write(tmp_path / "n-test.csv", "store,V1", "100,3", "107,4")
    names = ",".join(f"V{k}" for k in range(24))
    data = load(DATASET=write(tmp_path / "n-train.csv", f"store,{names}", f"100,{values}", f"107,{values}"), **wide)
    assert data.sequences.names == ["100", "107"] and data.sequences.held_out == [1, 1]


def test_empty_groups_are_named(tmp_path):
    rows = [f"{'ab'[k % 2]},{k // 4 if k != 9 else ''},{k % 5},{k % 7}" for k in range(24)]
    with pytest.raises(InputError, match="column 'who' of GROUP is empty in row 10"):
        load(DATASET=write(tmp_path / "d.csv", "what,who,a,b", *rows), SEQUENCE="row", LABEL="what", GROUP="who")


def test_long_sound_is_the_same_in_blocks():
    samples = RNG.normal(size=8000 * 50)  # 4998 frames
    whole = log_mel(samples, 8000)
    assert len(whole) > AT_ONCE
    np.testing.assert_allclose(whole[AT_ONCE:], log_mel(samples[80 * AT_ONCE :], 8000), rtol=1e-12)
