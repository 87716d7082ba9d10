"""Files that could be misread in silence: each is read as it is meant, or refused with what to change."""

import os
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from scipy.io import savemat, wavfile

from core.errors import InputError
from experiments.train_run import describe_data
from readers import read_new
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


# Rows and files that are not there.


@pytest.mark.parametrize(
    ("empty", "said"),
    [
        ([",", ",", ""], "3 empty rows were left out (lines 22, 23, 24): the rows around count as neighbours"),
        ([" "], "1 empty row was left out (line 22): the rows around count as neighbours"),
        ([], None),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_empty_rows_of_a_table_are_counted(tmp_path, kind, empty, said):
    rows = [f"{k % 5},{k % 7}" for k in range(60)]
    lines = ["u,v", *rows[:20], *empty, *rows[20:]]
    if kind == "csv":
        write(tmp_path / "s.csv", *lines, "", ",")  # below no row is missing
    else:
        book = openpyxl.Workbook()
        for line in lines:
            book.active.append([cell or None for cell in line.strip(" ").split(",")])
        book.save(tmp_path / "s.xlsx")
    data = load(DATASET=str(tmp_path / f"s.{kind}"), TARGET="v", WINDOW=5)
    assert len(data.sequences.x[0]) == 60
    assert [note for note in data.sequences.notes if "empty row" in note] == [said] * (said is not None)


def test_new_data_are_not_a_training_and_a_test_set(shipped, tmp_path):
    for name in ("s_TRAIN.csv", "s_TEST.csv", "other/s.csv", "other/t.csv"):
        write(tmp_path / name, "u,v", *(f"{k % 5},{k % 7}" for k in range(60)))
    c = shipped.changed(DATASET=str(tmp_path / "s_TRAIN.csv"), TARGET="v", WINDOW=5)
    preparation = load(**c).preparation
    assert len(read_new(tmp_path / "other", c, preparation).x) == 2
    assert len(read_new(tmp_path / "s_TEST.csv", c, preparation).x) == 1
    with pytest.raises(InputError, match="holds s_TRAIN.csv and s_TEST.csv, a training and a test set: new sequences"):
        read_new(tmp_path, c, preparation)


# Times.


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ("{:%Y-%m-%d %I-%p}", r"line 2: '2020-04-09 12-AM' in column 'Date' is a time in an unknown format"),
        ("{:%m/%d/%Y}", r"line 32: '' in column 'Date' is not a date"),
        ("{:%Y%m%dT%H%M%S}", r"line 2: '20200409T000000' .* is a time in an unknown format.* IGNORE = \['Date'\]"),
        ("{:%a %b %d %Y}", r"line 2: 'Thu Apr 09 2020' in column 'Date' is a time in an unknown format"),
        ("{:%YM%j}", r"line 2: '2020M100' in column 'Date' is a time in an unknown format"),
    ],
)
def test_a_column_of_times_that_is_not_understood_is_no_word(tmp_path, form, message):
    days = [np.datetime64("2020-04-09").astype(object) + np.timedelta64(k, "D").astype(object) for k in range(80)]
    cells = [form.format(day) for day in days]
    if form == "{:%m/%d/%Y}":
        cells[30] = ""
    rows = [f"{cell},{k}" for k, cell in enumerate(cells)]
    with pytest.raises(InputError, match=message):
        load(DATASET=write(tmp_path / "s.csv", "Date,Price", *rows), TARGET="Price")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ("2006-Q4 2007-Q1", ["2006-10-01", "2007-01-01"]),
        ("2006q4 2007q1", ["2006-10-01", "2007-01-01"]),
        ("Q4-2006 Q1-2007", ["2006-10-01", "2007-01-01"]),
        ("2006-W52 2007-W01", ["2006-12-25", "2007-01-01"]),  # by ISO 8601, as date.isocalendar says
        ("2009W537 2010W011", ["2010-01-03", "2010-01-04"]),
        ("2006-01-01T12:00CET 2006-01-01T13:00CET", ["2006-01-01T12:00", "2006-01-01T13:00"]),
        ("01.02.2006T12:00 13.02.2006T13:00", None),
        ("2006-Q4 2007-Q5", None),
        ("2006-W52 2007-W53", None),
        ("2006-Q4 2007-W01", None),
    ],
)
def test_quarters_weeks_and_named_zones_are_times(cells, expected):
    readings = parse_times(cells.split())
    assert [reading.tolist() for reading in readings] == ([np.array(expected, "M8[s]").tolist()] if expected else [])


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
    with pytest.raises(
        InputError, match="line 4: '2024-01-01 00:00:00.02' repeats time column 'time', as line 3 has it"
    ):
        load(DATASET=write(tmp_path / "s.csv", "time,x", *rows[:2], rows[1] + "5", *rows[2:]), TARGET="x")


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
        ("date,y", lambda k: day(k, "%d.%m.%y")),
        ("date,time,y", lambda k: f"{day(k // 24, '%d/%m/%y')},{k % 24:02}:00:00"),
        ("date,y", lambda k: f"{day(k)} 00:00:00.0 UTC"),
        ("date,y", lambda k: f"2020-12-01 00:{k // 60:02}:{k % 60:02}{'.5' if k == 119 else ''}"),
        ("date,y", lambda k: f'"2020-12-01 00:00:00,{k:03}"'),
        ("date,y", lambda k: f"{day(k // 24)} {k % 24 + 1:02}:00:00"),  # 24:00
        ("date,time,y", lambda k: f"2021-01-03,14:00:{k // 10:02}.{k % 10}"),
        ("time,y", lambda k: day(7 * k, "%G%V")),  # 202053 is a week
        ("time,y", lambda k: day(k, "%Y%j")),  # 2020366 is a day
        ("date,time,y", lambda k: f'03/01/2021,"14.00.00,{k:09}"'),
        ("date,sunset,time,y", lambda k: f"{day(k // 24)},18:30,{k % 24:02}:00"),
        ("time,sunset,y", lambda k: f"{day(k)} 12:00,18:{k % 60:02}"),
    ],
)
def test_these_are_times(tmp_path, header, row):
    data = load(DATASET=write(tmp_path / "s.csv", header, *(f"{row(k)},{k % 7}" for k in range(120))), TARGET="y")
    steps = np.diff(data.sequences.times[0]).astype(np.int64)
    assert (steps > 0).all() and (header != "time,y" or (steps == steps[0]).all())
    assert data.sequences.columns[-1] == "y"


def stores(k):
    return f"{day(k % 10)},{k // 60},{k // 10 % 6}"


HOUR = np.datetime64("2024-03-01") + np.arange(120) * np.timedelta64(1, "h")


@pytest.mark.parametrize(
    ("name", "unit"),
    [("unix", "seconds"), ("t", "milliseconds"), ("clock", "microseconds"), ("timestamp", "nanoseconds"),
     ("date", "%Y%m%d%H"), ("time", "%Y%m%d%H%M%S")],
)  # fmt: skip
@pytest.mark.parametrize("order", ["newest first", "a gap", "with an index"])
def test_numbers_that_are_times_are_read_as_times_under_any_name(tmp_path, name, unit, order):
    units = {"seconds": "s", "milliseconds": "ms", "microseconds": "us", "nanoseconds": "ns"}
    digits = (
        [hour.item().strftime(unit) for hour in HOUR] if "%" in unit else HOUR.astype(f"M8[{units[unit]}]").astype(int)
    )
    rows = [f"{time},{k % 7}" for k, time in enumerate(digits)]
    rows = {"newest first": rows[::-1], "a gap": rows[:60] + rows[100:]}.get(order, rows)
    header = f"{name},y"
    if order == "with an index":
        rows, header = [f"{k},{row}" for k, row in enumerate(rows)], f"Unnamed: 0,{header}"
    data = load(DATASET=write(tmp_path / "s.csv", header, *rows), KNOWN=["hour"], WINDOW=5)
    kept = HOUR[[*range(60), *range(100, 120)]] if order == "a gap" else HOUR
    np.testing.assert_array_equal(data.sequences.times[0], kept)
    assert data.sequences.columns == ["y", "hour ahead, sine", "hour ahead, cosine"]
    notes = " ".join(data.sequences.notes)
    assert ("since 1970, in UTC" in notes) == ("%" not in unit) and ("41 hours" in notes) == (order == "a gap")
    assert ("they were reversed" in notes) == (order == "newest first")


@pytest.mark.parametrize(
    ("hours", "cut"),
    [
        ([*range(100), *range(300, 400), *range(500, 640)], True),  # three stretches
        ([*range(100), *range(104, 340)], False),  # a few rows are missing
        ([24 * d + h for d in range(20) for h in range(15)], False),  # each night
        ([k * k for k in range(300)], False),  # no step like another
    ],
)
@pytest.mark.parametrize(("kind", "name"), [("stamps", "time"), ("numbers", "time"), ("tenths", "t")])
def test_windows_over_long_gaps_in_even_steps_are_left_out_and_counted(tmp_path, kind, name, hours, cut):
    times = np.datetime64("2024-01-01T00") + np.array(hours) * np.timedelta64(1, "h")
    n, times = len(hours), {"stamps": times, "numbers": hours, "tenths": np.array(hours) / 10}[kind]
    path = write(tmp_path / "s.csv", f"{name},y", *(f"{time},{k * k % 11}" for k, time in enumerate(times)))
    for constants in ({}, {"IGNORE": [name]}):
        own = {"WINDOW": 10, "HORIZON": 2, "TEST_SIZE": 40, "VALIDATION_SIZE": 40}
        data = load(DATASET=path, TARGET="y", **own, **constants)
        firsts = {int(row) for split in (data.train, data.validation, data.test) for row in split.rows}
        parts = [(0, n - 80), (n - 80, n - 40), (n - 40, n)]
        one_part = {f for f in range(n - 11) if any(a <= f + 10 and f + 12 <= b for a, b in parts)}
        over = {f for f in one_part if cut and not constants and hours[f + 11] - hours[f] > 11}
        assert firsts == one_part - over
        note = f"{len(over)} windows were left out: they run over a gap of more than 5 usual steps in time"
        assert [own for own in data.sequences.notes if "left out: they run" in own] == ([note] if over else [])
    if cut:
        with pytest.raises(InputError, match="every window of the .* set runs over a gap .* set WINDOW lower, or put"):
            load(DATASET=path, TARGET="y", WINDOW=120, HORIZON=2, TEST_SIZE=20)


@pytest.mark.parametrize(
    ("name", "numbers", "said"),
    [
        ("year", [*range(1950, 1991), *range(1995, 2020)], "1 to 5 in 'year' (1 in the median)"),
        ("day", [*range(30), *range(130, 160)], "1 to 101 in 'day' (1 in the median)"),
        ("date", [k + k // 5 * 2 for k in range(60)], "1 to 3 in 'date' (1 in the median)"),  # no weekends
        ("month", [2000 + k / 12 for k in range(60)], None),  # steps of 0.08 and 0.09
        ("t", [k / 10 for k in range(60)], None),
    ],
)
def test_uneven_steps_of_numbers_that_tell_the_time_are_said(tmp_path, name, numbers, said):
    rows = [f"{time:.2f},{k * k % 11}" for k, time in enumerate(numbers)]
    for order in (rows, rows[::-1]) if name != "t" else (rows,):
        data = load(DATASET=write(tmp_path / "s.csv", f"{name},y", *order), WINDOW=4)
        found = [note for note in data.sequences.notes if note.startswith("steps between rows are")]
        assert data.sequences.clock_name == name and len(found) == (said is not None)
        assert said is None or found[0].startswith(f"steps between rows are {said}: windows run over gaps")


@pytest.mark.parametrize(
    ("header", "row", "times"),
    [
        ("year,quarter", lambda day: f"{day.year},{(day.month + 2) // 3}", "2019-01 2019-04 2019-07 2019-10"),
        ("year,week", lambda day: "{},{}".format(*day.isocalendar()), "2018-12-31 2019-01-07 2019-01-14 2019-01-21"),
        ("year,doy", lambda day: day.strftime("%Y,%j"), "2019-01-01 2019-01-02 2019-01-03 2019-01-04"),
    ],
)
def test_parts_of_a_date_are_times(tmp_path, header, row, times):
    days = np.array("2019-01-01", "M8[D]") + np.arange(3000)
    cells = [*dict.fromkeys(row(day) for day in days.astype(object))]
    rows = [f"{cell},{k * k % 11}" for k, cell in enumerate(cells)]
    data = load(DATASET=write(tmp_path / "s.csv", f"{header},y", *rows), WINDOW=5)
    assert data.sequences.times[0][:4].astype("M8[D]").tolist() == np.array(times.split(), "M8[D]").tolist()
    steps = np.diff(data.sequences.times[0]) / np.timedelta64(1, "D")
    assert (steps == {"year,week": 7, "year,doy": 1}.get(header, steps)).all() and steps.max() <= 92
    gap = [own for own in data.sequences.notes if own.startswith("steps between")]
    assert not gap and any(
        "left out: they run over" in own
        for own in load(
            DATASET=write(tmp_path / "gap.csv", f"{header},y", *rows[:8], *rows[-20:]), WINDOW=2, TEST_SIZE=4
        ).sequences.notes
    )


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ([HOUR, HOUR[0] + np.arange(120) * np.timedelta64(1, "D")], "every 1 hours, another every 1 days"),
        ([np.arange(120), 1000 * np.arange(120)], "every 1 of 'time', another every 1000 of 'time'"),
        ([HOUR, HOUR + 5], None),
    ],
)
def test_series_in_other_steps_are_said(tmp_path, times, said):
    for name, own in zip("ab", times):
        write(tmp_path / f"{name}.csv", "time,y", *(f"{time},{k * k % 11}" for k, time in enumerate(own)))
    notes = load(DATASET=str(tmp_path), SEQUENCE="file", TARGET="y", WINDOW=5).sequences.notes
    found = [note for note in notes if note.startswith("the series differ in their steps, one has a row")]
    assert len(found) == (said is not None) and (said is None or said in found[0])


def test_two_clocks_of_numbers_that_run_against_each_other_are_refused(tmp_path):
    rows = [f"{k},{59 - k},{k % 7}" for k in range(60)]
    with pytest.raises(InputError, match=r"'day' runs one way and 'time left' the other: IGNORE = \['time left'\]"):
        load(DATASET=write(tmp_path / "s.csv", "day,time left,y", *rows), WINDOW=4)


def test_numbers_that_are_no_times_are_inputs(tmp_path):
    rows = [
        f"{1_300_000_000 + 9_876_543 * k + k * k % 911},{202_013 + k},{20_200_101 + 7 * k % 60},{k % 7}"
        for k in range(60)
    ]
    data = load(DATASET=write(tmp_path / "s.csv", "people,time,price,y", *rows), WINDOW=5, KNOWN=["people"])
    assert data.sequences.times is None and {"people", "price", "y"} <= {*data.sequences.columns}


@pytest.mark.parametrize("form", ["dates", "numbers", "put together"])
def test_rows_that_repeat_others_are_left_out_and_counted(tmp_path, form):
    rows = [f"{k if form == 'numbers' else day(k)},{k % 7},{k % 5}" for k in range(60)]
    order = sorted([*range(60), *range(10, 20)]) if form != "put together" else [*range(20), *range(10, 60)]
    data = load(DATASET=write(tmp_path / "s.csv", "date,x,y", *(rows[k] for k in order)), WINDOW=5)
    np.testing.assert_array_equal(data.sequences.x[0], [[k % 7, k % 5] for k in range(60)])
    assert "10 rows were left out: each repeats another row, cell for cell" in data.sequences.notes
    other = [rows[k] + "9" * (place == 21) for place, k in enumerate(order)]
    message = r"line 23: .* goes back in time column 'date'; sort it"
    if form != "put together":
        message = "line 23: .* repeats time column 'date', as line 22 has it, with other values: keep one row"
    with pytest.raises(InputError, match=message):
        load(DATASET=write(tmp_path / "s.csv", "date,x,y", *other), WINDOW=5)


@pytest.mark.parametrize(
    ("header", "row", "own", "message"),
    [
        ("date,store,item,y", stores, {}, "'store' and 'item' together have 12 values"),
        ("date,store,item,y", stores, {"SEQUENCE": "store"}, "'item' has 6 .* SEQUENCE = .'store', 'item'.,"),
        ("date,what,y", lambda k: f"{day(k // 3)},{'abc'[k % 3]}", {}, "set PIVOT = 'what' instead: each"),
        ("time,what,y", lambda k: f"{k // 3},{'abc'[k % 3]}", {}, "line 3: '0' repeats .* PIVOT = 'what' instead"),
        (
            "id,time,what,y",
            lambda k: f"{k // 30},{k // 3 % 10},{'abc'[k % 3]}",
            {"SEQUENCE": "id"},
            r"SEQUENCE = \['id', 'what'\].* set PIVOT = 'what', and SEQUENCE = 'id' instead",
        ),
        ("ts,shop,y", lambda k: f"{1_700_000_000 + k // 3},{k % 3}", {}, "'shop' has 3 .* or set IGNORE = .'ts'."),
        ("time,shop,y", lambda k: f"{k // 3},{k % 3}", {}, "set SEQUENCE = 'shop', .* or set IGNORE = .'time'."),
        ("ts,what,y", lambda k: f"{1_700_000_000 + k // 3},{'abc'[k % 3]}", {}, "'what' has 3"),
        ("year,month,what,y", lambda k: f"{2010 + k // 36},{k // 3 % 12 + 1},{'abc'[k % 3]}", {}, "'what' has 3"),
    ],
)
def test_series_below_each_other_are_told_apart_by_a_column_or_two(tmp_path, header, row, own, message):
    path = write(tmp_path / "s.csv", header, *(f"{row(k)},{(k * k) % 11}" for k in range(120)))
    with pytest.raises(InputError, match=message) as refusal:
        load(DATASET=path, TARGET="y", WINDOW=5, **own)
    assert (
        "SEQUENCE = 'y'" not in str(refusal.value)
        and "'y'," not in str(refusal.value).split("set SEQUENCE")[1].split("TARGET")[0]
    )


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        (
            "date,shop,y",
            lambda k: f"{day(k // 4)} {k // 4 % 12 + 1}-PM,{'abcd'[k % 4]}",
            "is a time in an unknown format",
        ),
        ("date,y", lambda k: "" if k == 30 else day(k), "line 32: '' in column 'date' is not a date"),
        (
            "date,y",
            lambda k: f"{day(k)} 12:00{'' if k == 30 else '+01:00'}",
            "line 32: '2020-12-31 12:00' in column 'date' has no offset from UTC, and others do: write it",
        ),
        (
            "date,y",
            lambda k: f"{day(k)} 12:00 CE{'S' * (k > 30)}T",
            "line 121: column 'date' names several zones .CEST, CET.: write their offsets from UTC",
        ),
        (
            "date,y",
            lambda k: "?" if k == 30 else f"{day(k)} 12:00:00.5 UTC",
            "line 32: '.' in column 'date' is not a date",
        ),
    ],
)
def test_times_of_several_series_and_empty_ones_are_looked_at(tmp_path, header, row, message):
    path = write(tmp_path / "s.csv", header, *(f"{row(k)},{k % 7}" for k in range(120)))
    with pytest.raises(InputError, match=message):
        load(DATASET=path, TARGET="y", SEQUENCE="shop" if "shop" in header else None)


@pytest.mark.parametrize(
    ("header", "target", "message"),
    [
        ("Date,Open,High,Low,Close,Adj Close,Volume", None, "prices .Open, High, Low, Close, Adj Close.*'Close' say"),
        ("date,open,high,low,last", None, "TARGET says which to forecast"),
        ("Date,Open,High,Low,Close,Volume", "Volume", None),
        ("date,hour,load", None, None),
        ("date,temp,load", None, "load is forecast, the last of 2 columns of numbers: TARGET names another"),
    ],
)
def test_which_column_is_forecast_is_said_and_of_prices_asked(tmp_path, header, target, message):
    n = header.count(",")
    rows = [",".join([day(k), *(str((3 + j) * k % 7 + k % 24 / 9) for j in range(n))]) for k in range(60)]
    own = {"DATASET": write(tmp_path / "s.csv", header, *rows), "WINDOW": 5, "TARGET": target}
    if message and "is forecast" not in message:
        with pytest.raises(InputError, match=message):
            load(**own)
    else:
        notes = [note for note in load(**own).sequences.notes if "is forecast" in note]
        assert notes == ([message] if message else [])


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


@pytest.mark.parametrize("who", [str, "abcdef".__getitem__])
def test_what_never_changes_inside_a_file_is_no_input_unless_known(tmp_path, who):
    for k in range(6):
        rows = [f"{1600 + k},{who(k)},1,{RNG.normal():.3f},{'ab'[i // 15]}" for i in range(30)]
        write(tmp_path / "d" / f"{k}.csv", "age,who,gain,x,what", *rows)
    own = {"DATASET": str(tmp_path / "d"), "SEQUENCE": "file", "LABEL": "what", "WINDOW": 5}
    read = load(**own).sequences
    assert read.columns == ["gain", "x"]
    said = (
        "age, who never changes inside a file, as the number of a person does: no input unless KNOWN = ['age', 'who']"
    )
    assert said in read.notes
    assert load(**own, KNOWN=["age"]).sequences.columns == ["age", "gain", "x"]


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
    with pytest.raises(InputError, match=r"train holds no file of sound that can be read.*left out: .*a.0.flac"):
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


@pytest.mark.parametrize(
    ("front", "cells", "names", "left_out"),
    [
        ("Province,Country,Lat,Long", [",Chad,15.5,19", "Hubei,China,31,112"], ["Chad", "Hubei China"], "Lat, Long"),
        ("RegionID,SizeRank,RegionName", ["394,1,York", "395,2,Bath"], ["York", "Bath"], "RegionID, SizeRank"),
        ("Unnamed: 0,store,size", ["0,a,12", "1,b,30"], ["a", "b"], "Unnamed: 0, size"),
    ],
)
def test_what_stands_in_front_of_wide_series_is_no_value(tmp_path, front, cells, names, left_out):
    values = RNG.integers(0, 9, (2, 30))
    rows = [f"{own},{','.join(map(str, series))}" for own, series in zip(cells, values)]
    path = write(tmp_path / "w.csv", ",".join([front, *(f"1/{k + 1}/20" for k in range(30))]), *rows)
    read = load(DATASET=path, SEQUENCE="row", TASK="forecasting", WINDOW=5).sequences
    np.testing.assert_array_equal(np.stack(read.x)[:, :, 0], values)
    assert read.names == names and any(note.endswith(f"which are none: {left_out}") for note in read.notes)


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


def test_one_of_a_kind_is_said_in_the_singular(shipped, tmp_path):
    path = write(tmp_path / "s.csv", "v,w\n" + "".join(f"{k % 7},{k % 5 if k else ''}\n" for k in range(60)))
    assert any(note.startswith("the first row has empty") for note in load(DATASET=path, TARGET="v").sequences.notes)
    cells = "".join(f'{"pq"[k % 2]},"good{" " if k else chr(10)}film"\n' for k in range(20))
    texts = load(DATASET=write(tmp_path / "t.csv", "y,x\n" + cells), TEXT="x", LABEL="y").sequences
    assert "1 text holds line breaks: its quotation marks span several lines" in texts.notes
    for k in range(8):
        (tmp_path / "d" / "ab"[k % 2]).mkdir(parents=True, exist_ok=True)
        np.save(tmp_path / "d" / "ab"[k % 2] / f"{k}.npy", RNG.normal(size=1))
    (tmp_path / "d" / "a" / "x.pdf").write_text("")
    data = load(DATASET=str(tmp_path / "d"))
    assert "1 file or folder left out: a/x.pdf" in data.sequences.notes
    assert "each of 1 time step × 1 feature" in describe_data(data, shipped)


# Cells that look like numbers, and sequences that new data do not tell apart.


@pytest.mark.parametrize("cell", ["1,200,567", "1.200.567", "1'200'567", "(5)", "\u22125", "1.5D+03"])
def test_words_that_look_like_numbers_are_pointed_out(tmp_path, cell):
    path = write(tmp_path / "s.csv", "u;v", *(f"{cell.replace('5', str(5 + k % 3))};{k % 7}" for k in range(60)))
    (line,) = [note for note in load(DATASET=path, TARGET="v", WINDOW=5).sequences.notes if "look like numbers" in note]
    assert (
        line
        == f"column 'u' is read as words: its cells look like numbers, such as {cell!r}: write them as 1234567.5 or -5"
    )


def test_a_date_or_a_version_is_no_such_word(tmp_path):
    for cells in (["1.2.3", "1.2.4"], ["2020-01-01", "b"], ["12a", "1,5"]):
        path = write(tmp_path / "s.csv", "u;v", *(f"{cells[k % 2]};{k % 7}" for k in range(60)))
        data = load(DATASET=path, TARGET="v", WINDOW=5)
        assert not [note for note in data.sequences.notes if "numbers, such" in note]


def test_a_lone_code_of_nines_below_zero_is_asked_about(tmp_path):
    path = write(tmp_path / "s.csv", "u,v", *(f"{k % 5},{-9999 if k == 20 else k % 7}" for k in range(60)))
    with pytest.raises(InputError, match="column 'v' of TARGET is -9999 once, far outside the rest"):
        load(DATASET=path, TARGET="v", WINDOW=5)


def test_new_data_say_that_nothing_tells_their_recordings_apart(shipped, tmp_path):
    rows = [f"{who},{k % 5},{'ab'[who % 2]}" for who in range(12) for k in range(20)]
    own = {"DATASET": write(tmp_path / "s.csv", "who,u,l", *rows), "SEQUENCE": "who", "LABEL": "l", "WINDOW": 10}
    preparation = load(**own).preparation
    for header, said in (("u", 1), ("who,u", 0)):
        new = write(tmp_path / "n.csv", header, *(f"{k // 20},{k % 5}"[-len(header) :] for k in range(40)))
        notes = read_new(Path(new), shipped.changed(**own), preparation).notes
        assert notes.count("no column 'who' of SEQUENCE: rows that it told apart stand in one") == said


def test_a_first_column_that_looks_like_numbers_is_pointed_out_where_it_names_rows(tmp_path):
    path = write(tmp_path / "s.csv", "a;b;l", *(f"1,{200 + k},567;{k % 4};{'xy'[k % 2]}" for k in range(40)))
    (line,) = load(DATASET=path, SEQUENCE="row", LABEL="l").sequences.notes
    assert line.startswith("column 'a' is read as names of the rows; its cells look like numbers, such as '1,200,567'")
