"""Variables below each other (id, time, variable, value): PIVOT gives each a column."""

import numpy as np
import pandas as pd
import pytest

import predict_model
import train_model
from core.errors import InputError
from readers import read_data_set
from tests.conftest import load
from tests.readers.test_label_file import write


def vitals(path, people=4, rows=30, leave_out=(), extra=lambda who, time: ""):
    """Write heart rates and, at each third time, temperatures below each other."""
    lines = []
    for who in range(people):
        for time in range(rows):
            lines.append(f"p{who},{time},HR,{60 + 10 * who + time % 7}{extra(who, time)}")
            if time % 3 == 0:
                lines.append(f"p{who},{time},Temp,{36 + who / 10 + time / 100:.2f}{extra(who, time)}")
    header = "id,time,variable,value" + ",state" * bool(extra(0, 0))
    return write(path, header, *(line for k, line in enumerate(lines) if k not in leave_out))


def test_features_are_those_of_pandas_pivot(shipped, tmp_path):
    path = vitals(tmp_path / "v.csv")
    c = shipped.changed(DATASET=str(path), PIVOT="variable", SEQUENCE="id", TARGET="HR", WINDOW=5)
    found, _ = read_data_set(path, c)
    wide = pd.read_csv(path).pivot(index=["id", "time"], columns="variable", values="value")
    assert found.columns == ["HR", "Temp"] and found.names == ["p0", "p1", "p2", "p3"]
    for name, x in zip(found.names, found.x):
        np.testing.assert_array_equal(x, wide.loc[name][found.columns])
    assert any("80 of 240 values of a 'variable' and a time are missing" in note for note in found.notes)
    assert load(**c).task.describe_target() == "forecasting HR"


@pytest.mark.parametrize("order", ["by variable", "newest first"])
def test_rows_are_in_the_order_of_the_time(shipped, tmp_path, order):
    days = [f"{day:02}/{month:02}/2024" for month in (1, 2) for day in range(1, 29)]
    lines = [
        f"{what},{day},{5 * k % 56 + 100 * (what == 'NO2')}" for what in ("O3", "NO2") for k, day in enumerate(days)
    ]
    lines = lines[::-1] if order == "newest first" else lines
    path = write(tmp_path / "air.csv", "pollutant,date,value", *lines)
    found, _ = read_data_set(path, shipped.changed(DATASET=str(path), PIVOT=0, TARGET="NO2", WINDOW=5))
    expected = (5 * np.arange(56) % 56)[:, None] + [0, 100]
    np.testing.assert_array_equal(found.x[0][:, np.argsort(found.columns)[::-1]], expected)
    assert str(found.times[0][1])[:10] == "2024-01-02"


def test_a_label_of_each_time_and_one_folder_of_tables(shipped, tmp_path):
    path = vitals(tmp_path / "v.csv", extra=lambda who, time: ",ill" if time > 14 else ",well")
    c = shipped.changed(DATASET=str(path), PIVOT="variable", SEQUENCE="id", LABEL="state", WINDOW=5)
    without, _ = read_data_set(path, c.changed(PIVOT=None))
    assert any("time stands still in 40 steps" in note and "PIVOT = 'variable'" in note for note in without.notes)
    found, _ = read_data_set(path, c)
    assert found.columns == ["HR", "Temp"] and [y.tolist() for y in found.y] == [["well"] * 15 + ["ill"] * 15] * 4
    for who in range(2):  # only one of them has a temperature
        own = [f"{time},HR,{time % 7}" for time in range(20)] + [f"{time},Temp,{time % 5}" for time in range(20 * who)]
        write(tmp_path / "people" / f"{who}.csv", "time,variable,value", *own)
    found, _ = read_data_set(tmp_path / "people", c.changed(SEQUENCE="file", LABEL=None, TARGET="HR"))
    assert found.columns == ["HR", "Temp"] and [len(x) for x in found.x] == [20, 20]
    assert np.isnan(found.x[0][:, 1]).all() and found.x[1][:, 1].tolist() == [time % 5 for time in range(20)]


@pytest.mark.parametrize(
    ("lines", "own", "message"),
    [
        (["a,0,HR,1", "a,0,HR,2"], {}, "lines 2 and 3 have the same 'variable' at the same id, time: keep one of them"),
        (["a,0,HR,1", "a,0,HR,1"], {}, "lines 2 and 3 have the same"),
        (
            ["1,0,HR,1", "2,0,HR,2"],
            {"SEQUENCE": None},
            "several columns of numbers are left, id, value, .* IGNORE lists",
        ),
        (["a,0,HR,1", "a,1,,2"], {}, "column 'variable' of PIVOT is empty in row 2"),
        (["a,0,HR,high", "a,1,HR,low"], {}, "PIVOT needs a column of numbers that holds the values; left are value"),
        (["a,0,HR,1", "a,1,HR,2"], {"IGNORE": ["time"]}, "has no column that tells a time in every row"),
        (["a,0,HR,1", "a,1,HR,2"], {"PIVOT": "what"}, "PIVOT = 'what' is impossible: the 4 columns"),
        (["a,0,time,1", "a,1,HR,2"], {}, "'time' is a value of 'variable' and the name of a column: rename one"),
    ],
)
def test_what_cannot_be_turned_is_refused(shipped, tmp_path, lines, own, message):
    path = write(tmp_path / "v.csv", "id,time,variable,value", *lines)
    c = shipped.changed(DATASET=str(path), PIVOT="variable", SEQUENCE="id", TARGET="HR").changed(**own)
    with pytest.raises(InputError, match=message):
        read_data_set(path, c)


def test_labels_of_one_time_that_differ_are_refused(shipped, tmp_path):
    path = write(tmp_path / "v.csv", "time,what,y,ok", "0,a,1,yes", "0,b,2,no", "1,a,1,no")
    with pytest.raises(InputError, match="lines 2 and 3 are of one time, which is one row, and differ in 'ok'"):
        read_data_set(path, shipped.changed(DATASET=str(path), PIVOT="what", LABEL="ok"))


def test_new_data_are_turned_too(shipped, tmp_path):
    path = vitals(tmp_path / "v.csv", people=2, rows=60)
    c = shipped.changed(DATASET=str(path), PIVOT="variable", SEQUENCE="id", TARGET="HR", WINDOW=5, EPOCHS=1)
    train_model.main(c.changed(RUN_DIR=str(tmp_path / "run")))
    predict_model.predict(str(tmp_path / "run"), vitals(tmp_path / "new.csv", people=1, rows=20))
    rows = (tmp_path / "run" / "new_predictions.csv").read_text().splitlines()
    assert len(rows) == 1 + 1
