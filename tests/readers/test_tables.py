"""Tables as people have them: separators, headers, encodings, missing cells, dates; each read as its owner means it."""

import csv
import gzip
import re
import subprocess
import sys
import tracemalloc
from datetime import datetime

import numpy as np
import pytest

import evaluate_model
import predict_model
import train_model
from core.errors import InputError
from readers import read_new
from readers.tables import wide_sequences
from readers.tables.clocks import choose_reading
from readers.tables.columns import side_by_side
from readers.tables.delimited import read_table
from readers.tables.timestamps import TIME_FORMATS, parse_times
from tests.conftest import ROOT, load


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1.5,-2\n1234.5,4e3\n",
        "a;b\n1,5;-2\n1234,5;4000\n",
        "a\tb\n1.5\t-2\n1234.5\t4000\n",
        "  a b\n1.5   -2 \n1234.5 4000  \n",
        '"a","b"\n"1.5","-2"\n"1,234.5","4,000"\n',
        "# made by hand\na,b\n\n1.5,-2\n,\n1234.5,4000\n",
        "a,b,,\n1.5,-2,,\n1234.5,4000,,\n",
        "% Columns: a,b\n1.5,-2\n1234.5,4000\n",
    ],
)
def test_separators_quotes_comments_and_nameless_columns(tmp_path, text):
    table = read_table(write(tmp_path / "t.csv", text))
    assert [name for name in table.names if name] == ["a", "b"]
    np.testing.assert_array_equal(np.stack(table.columns[:2], axis=1), [[1.5, -2], [1234.5, 4000]])


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "latin-1", "cp1252"],
)
def test_encodings(tmp_path, encoding):
    table = read_table(write(tmp_path / "t.csv", "wärme °C;£\n1,5;2\n2,5;3\n", encoding))
    assert table.names == ["wärme °C", "£"] and table.columns[0].tolist() == [1.5, 2.5]
    note = "read as cp1252: it is not UTF-8" if encoding in ("latin-1", "cp1252") else ""
    if encoding.endswith("e"):
        note = f"read as {encoding[:6].upper()}: it has no mark of its encoding, and its zero bytes tell"
    assert table.notes == [*filter(None, [note])]


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("日付,電力,値", "shift-jis"),
        ("t,値,b", "shift-jis"),
        ("t,アヤメ,b", "euc-jp"),
        ("日期,温度,b", "gb18030"),
        ("t,值,b", "big5"),
        ("t,온도,b", "euc-kr"),
        ("t,температура,b", "cp1251"),
    ],
)
def test_encodings_that_nothing_tells_are_refused(tmp_path, header, encoding):
    with pytest.raises(InputError, match=f"iconv -f {encoding.upper()} -t UTF-8 t.csv > utf8-t.csv"):
        read_table(write(tmp_path / "t.csv", header + "\n1,2,3\n", encoding))


@pytest.mark.parametrize(
    "word", ["päivä sää", "ÄÖÜ", "créée", "«À»", "don’t", "“so” – 5 €", "µm", "m²", "Nº ¿qué?", "þæð"]
)
def test_words_of_western_europe_are_read_as_cp1252(tmp_path, word):
    assert read_table(write(tmp_path / "t.csv", f"t,{word}\n1,2\n", "cp1252")).names[1] == word


def test_a_wrong_byte_in_utf_8_is_named(tmp_path):
    (tmp_path / "t.csv").write_bytes("größe,wärme\n1,2\n".encode() + b"3,\xff\n")
    with pytest.raises(InputError, match="line 3 is not UTF-8 .byte 21., and most of its letters are"):
        read_table(tmp_path / "t.csv")


def test_gzip(tmp_path):
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress("wärme;£\n1,5;2\n2,5;3\n".encode()))
    assert read_table(tmp_path / "t.csv.gz").columns[1].tolist() == [2, 3]


@pytest.mark.parametrize("cell", ["", "NA", "nan", "null", "?", "-", "N/A"])
def test_missing_cells_are_carried_forward_and_counted(tmp_path, cell):
    rows = "".join(f"{i},{cell if i == 9 else i % 7 + 0.5}\n" for i in range(60))
    data = load(DATASET=str(write(tmp_path / "t.csv", "a,b\n" + rows)), TARGET="a", WINDOW=5)
    assert data.sequences.x[0][9, 1] == 1.5 and "1 empty cell was carried forward" in " ".join(data.sequences.notes)


def test_empty_cells_at_the_beginning_are_cut_off(tmp_path):
    rows = "".join(f"{i},{'NA' if i < 4 else i}\n" for i in range(60))
    data = load(DATASET=str(write(tmp_path / "t.csv", "a,b\n" + rows)), WINDOW=5, TARGET=["a", "b"])
    assert data.sequences.x[0][0].tolist() == [4, 4]
    assert any("first 4 rows have empty cells (b) with" in note for note in data.sequences.notes)


def test_few_words_become_columns_and_many_are_left_out(shipped, tmp_path):
    wind = ["N", "S", "W"] * 20
    rows = "".join(f"{i},{wind[i]},word{i}\n" for i in range(60))
    path = write(tmp_path / "t.csv", "load,wind,note\n" + rows)
    c = shipped.changed(DATASET=str(path), TARGET="load", WINDOW=5, RUN_DIR=str(tmp_path / "run"), EPOCHS=1)
    data = load(**c)
    assert data.preparation.columns == ["load", "wind=N", "wind=S", "wind=W"]
    np.testing.assert_array_equal(data.sequences.x[0][:3, 1:], np.eye(3))
    assert any("note (60 different words)" in note for note in data.sequences.notes)
    train_model.main(c)
    write(tmp_path / "new.csv", "load,wind\n" + "".join(f"{i},S\n" for i in range(9)))  # N and W do not occur
    predict_model.predict(str(tmp_path / "run"), tmp_path / "new.csv")
    assert (tmp_path / "run" / "new_predictions.csv").exists()


def test_words_that_the_training_set_does_not_hold_are_counted(shipped, tmp_path):
    def table(name, rows):
        lines = (f"{7 * k % 11},{wind},{'ab'[k // 10 % 2]}\n" for k, wind in enumerate(rows))
        return str(write(tmp_path / name, "x,wind,label\n" + "".join(lines)))

    c = {"DATASET": table("s_train.csv", "NS" * 30), "LABEL": "label", "WINDOW": 5, "STRIDE": 5}
    table("s_test.csv", "NSNSN" * 2 + "WNNNN" + "NWWNE")
    unseen = "wind holds words in the test set that the training set does not: 'E' (in 1 of 4 {0}), 'W' (in 2 of 4 {0})"
    assert unseen.format("sequences") in load(**c).sequences.notes
    series = {"DATASET": c["DATASET"], "TARGET": "x", "WINDOW": 5, "STRIDE": 5}
    # By hand: rows 55 to 59 (of training), 60 to 64, 65 to 69, 70 to 74; W is in row 70, and in later ones.
    assert unseen.partition(" 'E'")[0] + " 'W' (in 1 of 4 windows)" in load(**series).sequences.notes
    table("s_test.csv", "NSNSN" * 4)
    data = load(**c)
    assert "wind" not in " ".join(data.sequences.notes)
    path = table("new.csv", ["N", "S", "", "storm", "W", "storm"])
    new = read_new(path, shipped.changed(**c), data.preparation)
    assert "3 cells of wind hold words that the training set does not: 'storm' (2), 'W' (1)" in new.notes
    np.testing.assert_array_equal(new.x[0][:, 1:], [[1, 0], [0, 1], *np.zeros((4, 2))])
    for winds, said in (("NSx", "1 cell of wind holds a word that"), (["", "", ""], "wind is empty, and not so in")):
        new = read_new(table("new.csv", winds), shipped.changed(**c), data.preparation)
        assert any(note.startswith(said) for note in new.notes)


HOURLY = [f"2024-01-0{1 + k // 24} {k % 24:02}:00,{k * k % 7},{k % 5}" for k in range(72)]
PADDED, TWICE = [row + ",," for row in HOURLY], [f"{row},{k % 3},{k % 4}" for k, row in enumerate(HOURLY)]


@pytest.mark.parametrize(
    ("above", "rows", "names", "note"),
    [
        (["Price,Close,Close,Open,Open", "Ticker,A,B,A,B", "Date,,,,"], TWICE,
         ["Date", "Close A", "Close B", "Open A", "Open B"], "lines 2 to 3 joined to the header: Close A, Close B"),
        (["Ticker,A,A,B,B", "Price,Open,Close,Open,Close"], TWICE,
         ["Ticker", "A Open", "A Close", "B Open", "B Close"], "line 2 joined to the header: A Open, A Close"),
        (["Price,Close,Open", "Ticker,A,A", "Date,,"], HOURLY, ["Date", "Close", "Open"], "lines 2 to 3, below the"),
        (["Ticker,A,A", "Price,Close,Open"], HOURLY, ["Ticker", "Close", "Open"], "line 2 joined to the header"),
        (["time,temp,air", "", ",°C,hPa"], HOURLY, ["time", "temp", "air"], "line 3, .* left out: °C, hPa"),
        (['"TOA5","CR1000"', "time,temp,air", "TS,degC,hPa", ",Avg,Smp"], HOURLY, ["time", "temp", "air"],
         "lines 3 to 4, below the header"),
        (["Station 5", "Height: 20 m, hourly", "time,temp,air"], HOURLY, ["time", "temp", "air"],
         "2 lines above the header left out: 'Station 5'"),
        (["Station 5,,,,", "time,temp,air,,"], PADDED, ["time", "temp", "air"], "1 line above the header left out"),
    ],
)  # fmt: skip
def test_titles_and_headers_of_several_lines_are_read(tmp_path, above, rows, names, note):
    path = write(tmp_path / "t.csv", "\n".join([*above, *rows, ""]))
    table = read_table(path)
    assert [name for name in table.names if name] == names and len(table.lines) == 72
    assert any(re.match(note, own) for own in table.notes)
    np.testing.assert_array_equal(table.columns[1], [k * k % 7 for k in range(72)])
    assert load(DATASET=str(path), TARGET=names[1], WINDOW=5).task.targets == [names[1]]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["time,temp,air", "2023-12-31 23:00,error,error", *HOURLY], "line 2 has no number, 'error' say: delete it if"),
        (["who,temp", "ann,x", *("ben,1" for _ in range(9))], "line 2 has no number, 'x' say"),
        (["Station 5", *HOURLY], "has 3 columns, but line 1 above its first numbers has not: delete what is a title"),
        (["time,temp,air", *HOURLY, "time,temp,air", *HOURLY], "line 74 is the header again: delete it"),
    ],
)
def test_lines_that_may_belong_to_a_header_are_asked_about(tmp_path, lines, message):
    with pytest.raises(InputError, match=message):
        load(DATASET=str(write(tmp_path / "t.csv", "\n".join(lines))), TARGET=1, WINDOW=5)


def test_a_second_table_below_is_left_out_and_named_by_its_line(tmp_path):
    months = [f"{2010 + k // 12}{k % 12 + 1:02},  {k % 7}.5, {k % 5}" for k in range(60)]
    lines = [
        "Made of the 202401 database.",
        "",
        ",Mkt-RF,RF",
        *months,
        "",
        " Annual Factors",
        ",Mkt-RF,RF",
        "2010, 1, 2",
    ]
    read = load(DATASET=str(write(tmp_path / "t.csv", "\n".join(lines))), TARGET="Mkt-RF", WINDOW=5).sequences
    np.testing.assert_array_equal(read.x[0], [[k % 7 + 0.5, k % 5] for k in range(60)])
    assert read.times[0][-1] == np.datetime64("2014-12-01")
    assert "line 65 begins a second table ('Annual Factors'): it is left out, with what follows" in read.notes


def days(order, text="{day:%m/%d/%Y}"):
    start = np.datetime64("2020-01-01")
    return [text.format(day=(start + np.timedelta64(int(i), "D")).item()) for i in order]


def test_rows_newest_first_are_reversed_and_it_is_said(tmp_path):
    order = range(59, -1, -1)
    rows = "".join(f'"{day}","1,{i:03d}.5"\n' for i, day in zip(order, days(order)))
    data = load(DATASET=str(write(tmp_path / "t.csv", '"Date","Price"\n' + rows)), WINDOW=5)
    assert data.sequences.x[0][:3, 0].tolist() == [1000.5, 1001.5, 1002.5]
    assert any("they were reversed" in note for note in data.sequences.notes)


def test_date_and_clock_in_two_columns_are_one_time(tmp_path):
    rows = "".join(f"{1 + h // 24:02d}/03/2004;{h % 24:02d}.00.00;{h},5\n" for h in range(60))
    data = load(
        DATASET=str(write(tmp_path / "t.csv", "Date;Time;T;;\n" + rows.replace(",5\n", ",5;;\n") + ";;;;\n")), WINDOW=5
    )
    assert "columns not used as inputs: Date, Time" in data.sequences.notes and data.preparation.columns == ["T"]


def test_uneven_steps_are_named_and_months_are_even(tmp_path):
    order = [i for i in range(80) if i % 7 < 5]
    rows = "".join(f"{day},{i}\n" for i, day in zip(order, days(order, "{day:%Y-%m-%d}")))
    data = load(DATASET=str(write(tmp_path / "t.csv", "date,v\n" + rows)), WINDOW=5)
    assert any(
        "steps between rows are 1 to 3 days" in note and "SEASON counts rows" in note for note in data.sequences.notes
    )
    rows = "".join(f"{2000 + i // 12}-{i % 12 + 1:02d},{i}\n" for i in range(60))
    data = load(DATASET=str(write(tmp_path / "t.csv", "date,v\n" + rows)), WINDOW=5)
    assert not any("steps between" in note for note in data.sequences.notes)


def test_year_month_and_day_in_columns_are_a_time(tmp_path):
    days = np.arange("2019-12-20", "2020-03-20", dtype="datetime64[D]").tolist()
    rows = [f"{day.year},{day.month},{day.day},{k}" for k, day in enumerate(days) if k % 10]  # every tenth is missing
    for reverse in (False, True):
        write(tmp_path / "t.csv", "\n".join(["Year,month,day,v", *(rows[::-1] if reverse else rows)]))
        data = load(DATASET=str(tmp_path / "t.csv"), TARGET="v", WINDOW=5)
        assert "steps between rows are 1 to 2 days" in " ".join(data.sequences.notes)
        assert data.sequences.columns == ["Year", "month", "day", "v"] and data.sequences.x[0][0, 3] == 1
    write(tmp_path / "t.csv", "\n".join(["year,month,day,v", *rows, *(row + "5" for row in rows)]))
    with pytest.raises(InputError, match="line 83: '2019-12-21T00:00:00' goes back in time"):
        load(DATASET=str(tmp_path / "t.csv"), TARGET="v", WINDOW=5)
    write(tmp_path / "t.csv", "\n".join(["year,month,v", *(f"2020,{1 + k // 10},{k}" for k in range(90))]))
    notes = load(DATASET=str(tmp_path / "t.csv"), TARGET="v", WINDOW=5).sequences.notes
    assert not [note for note in notes if "rmse" not in note]  # weeks of a month: order is unknown


def test_values_that_mean_missing_are_pointed_at_in_inputs_and_asked_about_in_targets(tmp_path):
    """One rule for all columns: -200 far outside the rest in T is known in the wider NO and in the mostly empty N."""
    rng = np.random.default_rng(0)
    columns = {"T": rng.normal(20, 5, 200), "NO": rng.uniform(0, 1500, 200), "N": rng.uniform(0, 90, 200)}
    columns |= {"Q": rng.uniform(0, 1500, 200), "shop": rng.uniform(90, 110, 200), "v": rng.normal(size=200)}
    for name, often in (("T", 9), ("NO", 7), ("N", 190)):
        columns[name][rng.permutation(200)[:often]] = -200
    columns["Q"][:6], columns["shop"][::7] = 9999, 0
    table = np.column_stack([*columns.values()]).round(2)
    write(tmp_path / "t.csv", "\n".join([",".join(columns), *(",".join(f"{v:g}" for v in row) for row in table)]))
    own = {"DATASET": str(tmp_path / "t.csv"), "WINDOW": 5}
    notes = load(**own, TARGET="v").sequences.notes
    said = {note.split(",")[0] for note in notes if "far outside the rest" in note}
    assert said == {
        "T is -200 9 times",
        "NO is -200 7 times",
        "N is -200 190 times",
        "Q is 9999 6 times",
        "shop is 0 29 times",
    }
    for constants in ({"TARGET": "NO"}, {"TARGET": ["v", 1]}, {"LABEL": "NO"}, {"LABEL": "NO", "TASK": "regression"}):
        with pytest.raises(InputError, match="column 'NO' of (TARGET|LABEL) is -200 7 times.*empty those cells"):
            load(**own | constants)
    with pytest.raises(InputError, match="column 'Q' of LABEL is 9999 6 times.*leave those sequences out"):
        load(**own | {"LABEL": "Q", "SEQUENCE": "row", "WINDOW": None})
    assert load(**own, TARGET="shop").task.targets == ["shop"]  # closed each seventh day: no code


def test_two_codes_of_one_column_and_one_that_comes_twice_are_pointed_at(tmp_path):
    u, w = np.arange(60) % 5, np.arange(60) % 7
    u[1::7], u[2::7], w[[20, 30]] = -999, 9999, 99999
    write(tmp_path / "t.csv", "\n".join(["u,w,v", *(f"{a},{b},{k * k % 11}" for k, (a, b) in enumerate(zip(u, w)))]))
    notes = load(DATASET=str(tmp_path / "t.csv"), WINDOW=5, TARGET="v").sequences.notes
    said = {note.split(",")[0] for note in notes if "far outside the rest" in note}
    assert said == {"u is -999 9 times", "u is 9999 9 times", "w is 99999 2 times"}


@pytest.mark.parametrize("code", [-200, -999, 9999999])
@pytest.mark.parametrize("form", ["rows", "series in rows", "classes in rows", "X", "y", "two columns of y", "ts"])
def test_values_that_mean_missing_are_seen_in_every_format(tmp_path, form, code):
    rng, path, asked = np.random.default_rng(0), tmp_path / f"d.{'ts' if form == 'ts' else 'npz'}", None
    x, y, own = rng.normal(size=(60, 8, 2)), rng.normal(30, 5, 60), {}
    holes = x.copy()
    holes[::7, 3, 1] = code  # 9 times
    if form.endswith("rows"):
        labels = np.where(np.arange(60) % 7, np.arange(60) % 2, code if form == "classes in rows" else 0)
        cells = np.column_stack([x[..., 1] if form == "classes in rows" else holes[..., 1], labels])
        own = (
            {"SEQUENCE": "row", "TASK": "forecasting", "WINDOW": 3}
            if "series" in form
            else {"SEQUENCE": "row", "LABEL": -1}
        )
        np.savetxt(path := tmp_path / "d.csv", cells, delimiter=",", fmt="%.9g")
        said = {
            "rows": "the only feature",
            "series in rows": "column 'value' of TARGET",
            "classes in rows": "column -1 of LABEL",
        }
        said, asked = said[form], "empty those cells" if "series" in form else None
    elif form == "X":
        np.savez(path, X=holes, y=np.arange(60) % 2)
        said = "feature 1"
    else:
        y[::7] = code
        said, asked = "y, column 1," if "two" in form else "y", "leave those sequences out"
        lines = [f"{','.join(map(str, a[:, 0]))}:{number}" for a, number in zip(x, y)]
        path.write_text("\n".join(["@targetLabel true", "@data", *lines]))
        if form != "ts":
            np.savez(path, X=x, y=np.stack([x[:, 0, 0], y], axis=1) if "two" in form else y)
    expected = f"{said} is {code} 9 times, far outside the rest"
    if asked:
        with pytest.raises(InputError, match=f"{expected}, as what is missing is written: {asked}"):
            load(DATASET=str(path), **own)
    else:
        assert any(note.startswith(expected) for note in load(DATASET=str(path), **own).sequences.notes)


def beats(n, seed):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    return np.column_stack([rng.normal(size=(n, 12)) + 2 * y[:, None], y])


@pytest.mark.parametrize("label", [-1, 12, "12"])
def test_each_row_a_sequence_with_its_class_in_a_column(shipped, tmp_path, label):
    for part, table in (("train", beats(60, 0)), ("test", beats(30, 1))):
        np.savetxt(tmp_path / f"beats_{part}.csv", table, delimiter=",")
    c = shipped.changed(DATASET=str(tmp_path / "beats_train.csv"), SEQUENCE="row", LABEL=label)
    c = c.changed(RUN_DIR=str(tmp_path / "run"), EPOCHS=10)
    data = load(**c)
    np.testing.assert_allclose(data.train.take(slice(None))[:, :, 0], beats(60, 0)[:, :12], rtol=1e-6)
    np.testing.assert_array_equal(data.test.y, beats(30, 1)[:, 12])
    train_model.main(c)
    assert evaluate_model.main(c)["accuracy"] > 0.8
    np.savetxt(tmp_path / "new.csv", beats(5, 2)[:, :12], delimiter=",")  # without labels
    predict_model.predict(str(tmp_path / "run"), tmp_path / "new.csv")


def test_rows_with_a_header_a_label_in_words_and_unequal_length(tmp_path):
    text = "who,a,b,c\n" + "".join(f"{'xy'[i % 2]},{i},{i + 1},{'' if i % 3 == 0 else i + 2}\n" for i in range(30))
    data = load(DATASET=str(write(tmp_path / "t.csv", text)), SEQUENCE="row", LABEL="who")
    assert data.task.classes == ["x", "y"] and data.preparation.unequal_lengths


def test_decimals_in_the_label_column_are_numbers_to_predict(tmp_path):
    np.savetxt(tmp_path / "t.csv", np.random.default_rng(0).normal(size=(40, 8)), delimiter=",")
    assert load(DATASET=str(tmp_path / "t.csv"), SEQUENCE="row", LABEL=0).task.metric == "rmse"


@pytest.mark.parametrize(
    ("text", "constants", "message"),
    [
        ("1,2\n3,4\n", {}, 'SEQUENCE = "row".*LABEL = -1'),
        ("1,2\n3,4\n", {"SEQUENCE": "row"}, "LABEL says which holds the labels.*-1 for the last"),
        ("1,2\n3,4\n", {"SEQUENCE": "row", "LABEL": 2}, "LABEL = 2 is impossible.*2 columns"),
        ("a,b\n1,x\n2,y\n", {"SEQUENCE": "row", "LABEL": "a"}, "column 'b' holds words"),
        ("t,fault\n" + "".join(f"{i / 7},{i % 2}\n" for i in range(60)), {}, "'fault', holds 0 and 1 alone.*TARGET"),
        ("a,b\n1,2\n1,2,3\n", {}, "line 3 has 3 cells"),
        ("a,b\n" + "1,2\n" * 30 + "1,x\n", {}, "line 32, column 'b': 'x'"),
        ("a,b\n" + "1,2\n" * 30 + "1,1e400\n", {}, "line 32, column 'b': '1e400'"),
    ],
)
def test_what_a_table_could_mean_is_asked_and_faults_are_placed(tmp_path, text, constants, message):
    with pytest.raises(InputError, match=message):
        load(DATASET=str(write(tmp_path / "t.csv", text)), **constants)


@pytest.mark.parametrize("form", ["plain", "word last", "missing", "quoted", "commas", "wide"])
def test_reading_rows_takes_a_few_times_the_size_of_the_file(tmp_path, monkeypatch, shipped, form):
    monkeypatch.setattr("readers.tables.cells.STRETCH", 20_000)
    monkeypatch.setattr("readers.tables.numpy_fast_path.SAMPLE", 20_000)
    values, cells = np.random.default_rng(0).normal(size=(40, 10_000) if form == "wide" else (1000, 400)).round(6), []
    gaps = np.random.default_rng(1).random(values.shape) < (0.01 if form == "missing" else 0)
    for row, missing in zip(values, gaps):
        cells.append([f"{value:.6f}" if not gap else "" for value, gap in zip(row, missing)])
    quote, mark = '"' * (form == "quoted"), ";" if form == "commas" else ","
    labels = "ab" if form == "word last" else "01"
    text = "\n".join(mark.join([*(quote + cell + quote for cell in row), labels[k % 2]]) for k, row in enumerate(cells))
    path = write(tmp_path / "t.csv", text.replace(".", ",") if form == "commas" else text)
    del text, cells
    c = shipped.changed(SEQUENCE="row", LABEL=-1)
    tracemalloc.start()
    made, _ = wide_sequences.read(path, c)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6 * path.stat().st_size
    kept = [np.flatnonzero(~own).max() + 1 for own in gaps]  # a row ends with its last value
    for sequence, row, missing, n in zip(made.x, values, gaps, kept):
        np.testing.assert_array_equal(sequence[:, 0], np.where(missing, np.nan, row)[:n])


def test_columns_that_lie_side_by_side_are_not_copied():
    table = np.arange(60.0).reshape(10, 6)
    for places, copied in (([1, 2, 3], False), ([3, 2, 1], True), ([1, 3], True), ([5], False)):
        beside = side_by_side([table.T[k] for k in places])
        np.testing.assert_array_equal(beside, table[:, places])
        assert np.shares_memory(beside, table) != copied
    np.testing.assert_array_equal(side_by_side([np.arange(3.0), np.ones(3)]), [[0, 1], [1, 1], [2, 1]])


@pytest.mark.parametrize("size", [4, 10, 1000])
def test_columns_are_the_same_in_stretches_of_any_size(tmp_path, monkeypatch, size):
    monkeypatch.setattr("readers.tables.cells.STRETCH", size)
    lines = [f"{'' if k < 7 else k};{'NA' if k < 7 else f'w{k % 3}'};;{k},5" for k in range(30)]
    table = read_table(write(tmp_path / "t.csv", "\n".join(["a;b;c;d", *lines, "1;2;;", ""])))
    np.testing.assert_array_equal(table.columns[0], [np.nan] * 7 + [*range(7, 30), 1])
    assert table.columns[1][7:] == [*(f"w{k % 3}" for k in range(7, 30)), "2"] and not any(table.columns[2])
    np.testing.assert_array_equal(table.columns[3], [*(np.arange(30) + 0.5), np.nan])
    for line, fault in (
        ("x;w;;1,5", "line 32, column 'a': 'x' is"),
        ("1;w;;1.5", "column 'd' has decimal commas .* line 2\\) and .* line 32"),
        ("1;w", "line 32 has 2 cells"),
    ):
        with pytest.raises(InputError, match=fault):
            read_table(write(tmp_path / "t.csv", "\n".join(["a;b;c;d", *lines, line, ""])))


def test_a_long_cell_is_read_alike_whatever_was_read_before(tmp_path):
    write(tmp_path / "t.csv", f'note,v\n"{"x" * 200_000}",1\n"y",2\n')
    read = f"readers.tables.delimited.read_table(pathlib.Path({str(tmp_path / 't.csv')!r})).columns[1]"
    code = f"import pathlib, readers.tables; print({read})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "[1. 2.]\n", done.stderr


@pytest.mark.parametrize("content", [b"\x1f\x8bdamaged", gzip.compress(b"a,b\n1,2\n", mtime=0)[:-9]])
def test_a_damaged_gz_is_named(tmp_path, content):
    (tmp_path / "t.csv.gz").write_bytes(content)
    with pytest.raises(InputError, match="damaged .gz"):
        load(DATASET=str(tmp_path / "t.csv.gz"))


@pytest.mark.parametrize("form", [form for form in TIME_FORMATS if not re.search("%[bBypI]", form)])
def test_time_stamps_of_digits_are_those_of_strptime(form):
    rng = np.random.default_rng(0)
    fields = [rng.integers(low, high, 200) for low, high in ((1900, 2100), (1, 13), (1, 29), (0, 24), (0, 60), (0, 60))]
    written = [datetime(*map(int, row)).strftime(form) for row in zip(*fields)]
    short = [re.sub(r"\b0(\d)\b", r"\1", cell) for cell in written]
    for cells in (written, short):
        expected = np.array([datetime.strptime(cell, form) for cell in cells], dtype="datetime64[s]")
        assert any((reading == expected).all() for reading in parse_times(cells))
    fields = {"%Y": "2001", "%m": "02", "%d": "31", "%H": "12", "%M": "00", "%S": "00"}
    no_date = form if "%d" in form else form.replace("%m", "13")
    for field, digits in fields.items():
        no_date = no_date.replace(field, digits)
    for wrong in (no_date, written[0][:-1] + "x", written[0] + "0", written[0][:-1] + "\N{FULLWIDTH DIGIT ZERO}"):
        assert not parse_times([*written, wrong])


@pytest.mark.parametrize("form", ["%d.%m.%Y %H:%M:%S", "%d/%m/%y %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %I:%M:%S"])
@pytest.mark.parametrize("zone", ["", "Z", " UTC", "+05:30", " -0330", "+01"])
@pytest.mark.parametrize("digits", [1, 3, 6, 9])
def test_fractions_of_a_second_and_zones_are_read_in_any_form(form, zone, digits):
    rng, minutes = np.random.default_rng(0), {"+05:30": 330, " -0330": -210, "+01": 60}.get(zone, 0)
    utc, nanoseconds = (
        np.datetime64("2021-01-13T14:00:00"),
        np.sort(rng.integers(0, 10**digits, 50)) * 10 ** (9 - digits),
    )
    local, cells = (utc + np.timedelta64(minutes, "m")).item(), []
    for mark, own in zip(",." * 25, nanoseconds):
        half = f"{local: %p}" if "%I" in form else ""
        cells.append(f"{local.strftime(form)}{mark}{own:09}"[: digits - 9 or None] + half + zone)
    expected = utc.astype("datetime64[ns]") + nanoseconds.astype("timedelta64[ns]")
    (reading,) = parse_times(cells)
    np.testing.assert_array_equal(reading, expected)


@pytest.mark.parametrize(
    ("first", "rest", "expected"),
    [
        ("01/02/2010", "01/03/2010 01/04/2010 01/05/2010", "2010-01-02"),  # days, the month first
        ("01/11/2009", "01/12/2009 01/01/2010 01/02/2010", "2009-11-01"),  # months, the day first
        ("31-12-99", "01-01-00 02-01-00", "1999-12-31"),
        ("01/02/2010 11:59 PM", "01/03/2010 12:01 AM", "2010-01-02T23:59:00"),
    ],
)
def test_of_two_readings_of_a_date_the_even_one_counts(first, rest, expected):
    cells = [first, *(rest.split(" ") if "M" not in rest else [rest])]
    times, _ = choose_reading(parse_times(cells), np.array([0, len(cells)]))
    assert times[0] == np.datetime64(expected)


def test_rows_have_names_and_an_empty_last_column_is_none(shipped, tmp_path):
    values = np.random.default_rng(0).normal(size=(30, 4)).round(3)
    rows = [",".join([f"C{k:03}", *map(str, row), "ab"[k % 2]]) for k, row in enumerate(values)]
    write(tmp_path / "t.csv", "\n".join(["consumer,p,q,r,s,y,", *(row + "," for row in rows)]))
    c = shipped.changed(
        DATASET=str(tmp_path / "t.csv"), SEQUENCE="row", LABEL="y", EPOCHS=1, RUN_DIR=str(tmp_path / "r")
    )
    data = load(**c)
    np.testing.assert_array_equal(data.sequences.x[:, :, 0], values)
    assert data.sequences.names == [f"C{k:03}" for k in range(30)] and not data.sequences.notes
    train_model.main(c)
    evaluate_model.main(c)
    with open(tmp_path / "r" / "predictions.csv") as file:
        assert all(row["name"] == f"C{int(row['index']):03}" for row in csv.DictReader(file))
    write(tmp_path / "t.csv", "\n".join(["consumer,p,q,r,s,y", *("C" + row[4:] for row in rows)]))  # all of one name
    with pytest.raises(InputError, match=r"'consumer' holds words; .*: IGNORE = \['consumer'\] leaves it out"):
        load(**c)
    np.testing.assert_array_equal(load(**c.changed(IGNORE=[0])).sequences.x[:, :, 0], values)


@pytest.mark.parametrize("kind", ["rows", "wide", "stream", "files", "series"])
@pytest.mark.parametrize("junk", ["x{}", "{}", "{},", "'2020-13-{}"])
def test_ignored_columns_are_left_out_of_any_table(tmp_path, kind, junk):
    """With a column of IGNORE, whatever it holds, the data are those of the file without it."""
    rng, wide = np.random.default_rng(1), {"SEQUENCE": "row", "TASK": "forecasting", "WINDOW": 2}
    rows = [[f"p{k // 20}", "ab"[k // 20 % 2], *rng.normal(size=6).round(3)] for k in range(120)]
    own, header = {
        "rows": ({"SEQUENCE": "row", "LABEL": "what"}, ["what", *"efghij"]),
        "wide": (wide, ["who", *"efghij"]),
        "stream": ({"SEQUENCE": "who", "LABEL": "what", "WINDOW": 5}, ["who", "what", *"efghij"]),
        "files": ({"SEQUENCE": "file", "LABEL": "what", "WINDOW": 5}, ["what", *"efghij"]),
        "series": ({"TARGET": "e", "WINDOW": 5}, [*"efghij"]),
    }[kind]
    cells = [[row[0] + str(k), *row[2:]] if kind == "wide" else row[8 - len(header) :] for k, row in enumerate(rows)]

    def read(extra):
        for part in range(6 if kind == "files" else 1):
            some = [*enumerate(cells)][20 * part : 20 * part + 20] if kind == "files" else [*enumerate(cells)]
            lines = [[*row[:3], *[f'"{junk.format(k if k % 7 else "word")}"'] * extra, *row[3:]] for k, row in some]
            (tmp_path / "d").mkdir(exist_ok=True)
            header_line = ",".join([*header[:3], *["junk"] * extra, *header[3:]])
            body = "\n".join(",".join(map(str, line)) for line in lines)
            write(tmp_path / "d" / f"{part}.csv", header_line + "\n" + body + "\n")
        path = tmp_path / "d" if kind == "files" else tmp_path / "d" / "0.csv"
        return load(DATASET=str(path), **own, IGNORE=["junk"] if extra else None)

    without, ignored = read(False), read(True)
    np.testing.assert_array_equal(without.train.take(slice(None)), ignored.train.take(slice(None)))
    np.testing.assert_array_equal(without.test.y, ignored.test.y)
    if kind == "series":
        notes = load(DATASET=str(tmp_path / "d" / "0.csv"), **own, IGNORE=["junk", "other"]).sequences.notes
        assert "IGNORE = ['junk', 'other']: there is no column 'other'" in notes


def test_new_rows_whose_length_differs_do_not_take_the_label_for_a_step(shipped, tmp_path):
    values = np.random.default_rng(0).normal(size=(40, 5)).round(3)
    cells = [[*map(str, row[: 3 + k % 3]), *[""] * (2 - k % 3)] for k, row in enumerate(values)]
    write(tmp_path / "t.csv", "".join(",".join([*row, str(k % 2)]) + "\n" for k, row in enumerate(cells)))
    c = shipped.changed(
        DATASET=str(tmp_path / "t.csv"), SEQUENCE="row", LABEL=-1, EPOCHS=1, RUN_DIR=str(tmp_path / "r")
    )
    train_model.main(c)

    def answers(rows):
        write(tmp_path / "new.csv", "".join(",".join(row) + "\n" for row in rows))
        predict_model.predict(c.RUN_DIR, tmp_path / "new.csv")
        return (tmp_path / "r" / "new_predictions.csv").read_text()

    assert answers(cells) == answers([[*row, "1"] for row in cells])
    with pytest.raises(InputError, match="has 4 columns, and nothing tells whether a label is among them.*write 5"):
        answers([[*row[:3], "1"] for row in cells])


@pytest.mark.parametrize("unlabelled", [True, False])
def test_rows_that_end_with_a_separator_have_no_label_there(shipped, tmp_path, unlabelled):
    rows = [f"{k % 2},{k},{3 * k % 7},{k % 4}," for k in range(20)]
    c = shipped.changed(DATASET=str(write(tmp_path / "t.csv", "\n".join(rows))), SEQUENCE="row", LABEL=-1)
    with pytest.raises(InputError, match="column '4' of LABEL is empty in all rows: -1 counts empty columns too"):
        load(**c)
    data = load(**c.changed(LABEL=0))
    new = write(tmp_path / "new.csv", "\n".join(row[2:] if unlabelled else row for row in rows))
    if unlabelled:
        with pytest.raises(InputError, match="4 columns, 1 of them empty, and nothing tells .* write 3 columns"):
            read_new(new, c.changed(LABEL=0), data.preparation)
    else:
        np.testing.assert_array_equal(read_new(new, c.changed(LABEL=0), data.preparation).x, data.sequences.x)


@pytest.mark.parametrize("decimals", [0, 1, 4, 9, 14])
def test_numbers_are_those_that_python_reads(tmp_path, decimals):
    rng = np.random.default_rng(decimals)
    numbers = rng.normal(size=(2000, 3)) * 10.0 ** rng.integers(-3, 15 - decimals, (2000, 3))
    cells = [[f"{number:.{decimals}f}" for number in row] for row in numbers.tolist()]
    cells += [["-0", ".5", "5."], ["007", "+1", "1e-3"], ["123456789012345678", "nan", "-1.5E5"]]
    table = read_table(write(tmp_path / "t.csv", "\n".join(["a,b,c", *map(",".join, cells)])))
    expected = np.array([[float(cell) for cell in row] for row in cells])
    assert np.stack(table.columns, axis=1).tobytes() == expected.tobytes()
