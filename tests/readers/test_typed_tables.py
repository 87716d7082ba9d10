"""Tables whose cells have types (DataFrames, Parquet, Excel, JSON) are read as the text table of the same cells."""

import json
import time
import zipfile
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import openpyxl
import pandas as pd
import pytest

from core.errors import InputError
from readers import read_data_set
from readers.tables import excel
from readers.tables.dataframes import table_from_dataframe
from readers.tables.delimited import read_table
from tests.conftest import load

HOURS = pd.date_range("2024-03-31", periods=60, freq="h", name="time")
LOAD = np.round(50 + 9 * np.sin(np.arange(60) / 4), 3)
FRAME = pd.DataFrame({"load": LOAD, "rain": np.arange(60) % 5, "wind": ["N", "S", None] * 20}, index=HOURS)
V = {"TARGET": "load", "WINDOW": 5}


def same(table, other):
    assert (table.names, table.header, len(table.lines)) == (other.names, other.header, len(other.lines))
    for column, expected in zip(table.columns, other.columns, strict=True):
        np.testing.assert_array_equal(column, expected)


def save(path, frame):
    """Write a DataFrame in the format of a suffix."""
    if path.suffix in (".json", ".jsonl"):
        frame.reset_index().to_json(path, orient="records", date_format="iso", lines=path.suffix == ".jsonl")
    else:
        getattr(frame, {".csv": "to_csv", ".xlsx": "to_excel"}.get(path.suffix, f"to_{path.suffix[1:]}"))(path)
    return path


COLUMNS = {
    "numbers": [1.5, np.nan, 1e-7, 123456789.125],
    "whole": [1, 2, 3, 2**60],
    "nullable": pd.array([1, None, 3, 4], dtype="Int64"),
    "missing and true": pd.array([True, None, False, True], dtype="boolean"),
    "true": [True, False, True, True],
    "words": ["a", None, "b c", "a"],
    "numbers as words": ["1.5", "2", "", "3e2"],
    "objects": pd.Series([Decimal("1.25"), None, Decimal("3"), 4], dtype=object),
    "mixed": pd.Series(["A1", "B", 7.0, None], dtype=object),
    "kinds": pd.Categorical(["x", "y", None, "x"]),
    "kinds of numbers": pd.Categorical([3, 1, 3, 1]),
    "days": pd.to_datetime(["2024-01-01", "2024-01-02", None, "2024-01-04"]),
    "times": pd.to_datetime(["2024-01-01 05:00", "2024-01-02 00:00:00.250", None, "2024-01-04"], format="mixed"),
    "in a zone": pd.date_range("2024-03-30 23:00", periods=4, freq="h", tz="Europe/Berlin"),
    "months": pd.period_range("2024-01", periods=4, freq="M"),
    "python's days": [date(2024, 1, 1), date(2024, 1, 2), None, date(2024, 1, 4)],
    "empty": pd.Series([None] * 4, dtype=object),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_of_a_dataframe_is_read_as_its_text(tmp_path, name):
    frame = pd.DataFrame({"t": [0.5, 1, 2, 3], name: COLUMNS[name]})
    frame.to_csv(tmp_path / "t.csv", index=False)
    same(table_from_dataframe("it", frame), read_table(tmp_path / "t.csv"))


@pytest.mark.parametrize(
    ("frame", "names", "header"),
    [
        (FRAME, ["time", "load", "rain", "wind"], True),
        (FRAME.rename_axis(None), ["index", "load", "rain", "wind"], True),
        (FRAME.set_index("rain", append=True), ["time", "rain", "load", "wind"], True),
        (FRAME.reset_index().query("rain > 1"), ["time", "load", "rain", "wind"], True),  # row numbers with gaps
        (pd.concat({"Close": FRAME[["load"]], "": FRAME[["rain"]]}, axis=1), ["time", "Close load", "rain"], True),
        (pd.DataFrame(np.arange(6.0).reshape(3, 2)), ["0", "1"], False),
    ],
)
def test_index_and_names_of_a_dataframe(frame, names, header):
    table = table_from_dataframe("it", frame)
    assert (table.names, table.header) == (names, header)
    assert len(table.columns) == len(names) and all(len(column) == len(frame) for column in table.columns)


def test_names_in_a_dataframe_stay_as_they_are_written():
    who, label = ["007", "7", "4b"], ["5", "50", "5%"]  # most of them numbers, and names all the same
    frame = pd.DataFrame({"who": who, "number": [2**60 + 1, 2**60, 1], "x": [1.0, 2.0, 3.0], "label": label})
    names = [("who", None), ("number", None), ("label", 50)]
    table = table_from_dataframe("it", frame, identifiers=names, ignored=["x", "y"])
    assert table.columns == [who, [str(2**60 + 1), str(2**60), "1"], ["", "", ""], label]
    assert "there is no column 'y'" in table.notes[0]


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".xlsx", ".json", ".jsonl"])
def test_a_format_trains_and_predicts_as_the_text_table(tmp_path, suffix):
    text = load(DATASET=str(save(tmp_path / "d.csv", FRAME)), **V).sequences
    read = load(DATASET=str(save(tmp_path / f"d{suffix}", FRAME)), **V).sequences
    assert read.columns == text.columns and read.table == text.table
    np.testing.assert_array_equal(read.x[0], text.x[0])
    np.testing.assert_array_equal(read.times[0].astype("datetime64[s]"), text.times[0].astype("datetime64[s]"))
    (tmp_path / "one").mkdir()
    for k, part in enumerate(("train", "test")):  # a twin, and a folder of series
        save(tmp_path / f"T_{part}{suffix}", FRAME.iloc[40 * k : 40 + 20 * k])
        save(tmp_path / "one" / f"{part}{suffix}", FRAME)
    twin = load(DATASET=str(tmp_path / f"T_train{suffix}"), **V).sequences
    assert [*twin.held_out] == [20] and len(twin.x[0]) == 60
    assert len(load(DATASET=str(tmp_path / "one"), SEQUENCE="file", **V).sequences.x) == 2


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl", ".xlsx"])
def test_texts_and_classes_in_a_typed_table(tmp_path, suffix):
    rows = {"label": np.arange(40) % 2, "review": [f"{'good' if k % 2 else 'bad'}\nfilm {k}" for k in range(40)]}
    path = save(tmp_path / f"d{suffix}", pd.DataFrame(rows))
    read = load(DATASET=str(path), TEXT="review", LABEL="label").sequences
    assert read.texts[1] == "good\nfilm 1" and read.y.tolist() == ["0", "1"] * 20


def workbook(path, rows, *others, hidden=None):
    book = openpyxl.Workbook()
    book.active.title = "data"
    for row in rows:
        book.active.append(row)
    for title in others:
        book.create_sheet(title)
    if hidden:
        book.create_sheet(hidden, 0).sheet_state = "hidden"
    book.save(path)
    return path


def test_the_first_sheet_in_sight_is_read_and_the_others_are_named(tmp_path):
    rows = [["time", "load", None], [], *([datetime(2024, 1, 1, k), k / 2, None] for k in range(9))]
    table = read_table(workbook(tmp_path / "d.xlsx", rows, "Notes", "2023", hidden="lists"))
    assert table.names == ["time", "load"] and table.columns[1].tolist() == [k / 2 for k in range(9)]
    assert table.columns[0][1] == "2024-01-01 01:00:00" and [*table.lines] == [*range(3, 12)]
    assert table.notes == ["the sheet 'data' is read; the workbook also has lists, Notes, 2023"]


def test_numbers_that_count_up_above_a_sheet_are_a_header(tmp_path):
    table = read_table(workbook(tmp_path / "d.xlsx", [[2001, 2002, 2003, 2004], [5, 9, 1, 7], [3, 2, 8, 4]]))
    assert table.names == ["2001", "2002", "2003", "2004"] and "read as a header" in table.notes[0]


def repacked(path, change):
    """Change the first sheet of a workbook, as other programs write it."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, change(content) if "worksheets/sheet" in name else content)
    return path


def test_formulas_count_as_the_values_that_the_file_has(tmp_path):
    rows = [["a", "b"], [1, "=A2*2"], [3, None], [4, "=A4*2"]]
    path = workbook(tmp_path / "d.xlsx", rows)
    with pytest.raises(InputError, match=r"cell B2 of the sheet 'data' holds a formula \(=A2\*2\) without its value"):
        read_table(path)
    path = repacked(path, lambda sheet: sheet.replace(b"<v></v>", b"<v>8</v>").replace(b"<v />", b"<v>8</v>"))
    np.testing.assert_array_equal(read_table(path).columns[1], [8, np.nan, 8])


REFUSED = [
    ("d.xlsx", [["Sales 2024"], [], ["a", "b", "c"], [1, 2, 3]], "line 1 is taken for the header, .*for column B"),
    ("d.xlsx", [["a", "b"], [1, 2], [3, "x"], [4, 5]], "line 3, column 'b': 'x' is not a finite number"),
    ("d.xlsx", [], "the sheet 'data' is empty"),
    ("d.xlsx", [["a", "b"]], "has a header and no rows"),
    ("d.json", '[{"a": 1}, {"a": [1, 2]}]', "line 2: column 'a' holds list values, .*IGNORE = ..a.."),
    ("d.json", '{"a": {"0": 1, "1": 2}}', "line 1: column 'a' holds dict values"),
    ("d.json", "[1, 2]", "line 1 is no record .*orient="),
    ("d.json", '[{"a": 1}, {"a": 2}', "as .json is no JSON"),
    ("d.json", "[" * 100_000, "as .json is no JSON: .*recursion"),
    ("d.json", '[{"a": 1, "a": 2}]', "an object has a name twice"),
    ("d.jsonl", '{"a": 1}\n{"a": 2\n', "line 2 is no JSON"),
    ("d.jsonl", '{"a": 1}\n{"a": 2}\n{"a": "x"}\n', "has no numeric column|line 3, column 'a': 'x'"),
    ("d.jsonl", '{"a": 1}\n{"a": 1e999}\n', "line 2, column 'a': infinity is not a finite number"),
    ("d.jsonl", '{"a": 1}\n{"a": 1' + "0" * 400 + "}\n", "line 2, column 'a': '10{39}' is not a finite number"),
    ("d.jsonl", "", "is empty"),
    ("d.parquet", b"PAR1", "cannot be read as .parquet"),
    ("d.feather", b"ARROW1", "cannot be read as .feather"),
    ("d.xlsx", b"PK\x03\x04", "cannot be read as .xlsx"),
    ("d.parquet", pd.DataFrame({"a": [[1, 2], [3]]}), "line 1: column 'a' holds ndarray values"),
    ("d.parquet", pd.DataFrame({"a": [b"x", b"y"]}), "line 1: column 'a' holds bytes values"),
    ("d.parquet", pd.DataFrame({"a": [1.0, np.inf]}), "line 2, column 'a': infinity"),
    ("d.parquet", pd.DataFrame({"a": []}), "has a header and no rows"),
    ("d.pkl", b"\x80\x04", r'runs the code in it.* df.to_csv\("d.csv"\)'),
    ("d.dta", b"", r'pandas.read_stata\("d.dta"\).to_csv\("d.csv"\)'),
    ("d.sav", b"", "pandas.read_spss"),
    ("d.rds", b"", r'readRDS\("d.rds"\)'),
    ("d.json.gz", b"", "unpack it"),
    ("d/a.pkl", b"", "For a.pkl: opening a pickle"),
    ("d.csv", b"PK\x03\x04....xl/workbook.xml", "is an Excel workbook, not text: name it .xlsx"),
    ("d.txt", b"PK\x03\x04" + b"\0" * 40, "is a zip archive, not text"),
    ("d.csv", b"\xd0\xcf\x11\xe0" + b"\0" * 40, "old Excel workbook"),
]


@pytest.mark.parametrize(("name", "content", "message"), REFUSED, ids=[message[:40] for *_, message in REFUSED])
def test_what_cannot_be_read_is_named_with_its_place(tmp_path, name, content, message):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    if isinstance(content, list):
        workbook(path, content)
    elif isinstance(content, pd.DataFrame):
        save(path, content)
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=message) as refusal:
        load(DATASET=str(path if path.parent == tmp_path else path.parent), TARGET="a", WINDOW=2)
    assert "\n" not in str(refusal.value)


def row(number, column):
    return f'<row r="{number}"><c r="{column}{number}"><v>1</v></c></row>'


BOMBS = {
    "packed": " " * 2**25,
    "rows that are not there": row(99_999_999, "A"),
    "columns that are not there": "".join(row(number, "ZZZ") for number in range(2, 60)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_workbook_of_huge_size_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch, name):
    monkeypatch.setattr(excel, "DENSE", 2**24)  # as they are, 128 MiB and 50,000,000
    monkeypatch.setattr(excel, "MOST_CELLS", 1_000_000)
    path = workbook(tmp_path / "d.xlsx", [["a", "b"], [1, 2]])

    def change(sheet):
        start, end = sheet.index(b'<row r="2"'), sheet.index(b"</sheetData>")
        return sheet[:start] + BOMBS[name].encode() + sheet[end:]

    repacked(path, change)
    with pytest.raises(InputError, match="GiB, more than a table|over 1,000,000 cells"):
        read_table(path)


@pytest.mark.parametrize(("suffix", "install"), [(".xlsx", "openpyxl"), (".parquet", "pandas pyarrow")])
def test_a_missing_package_is_named_with_the_line_that_installs_it(tmp_path, monkeypatch, suffix, install):
    path = save(tmp_path / f"d{suffix}", FRAME)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=f"needs the package {install.split()[0]} to be read: pip install {install},"):
        read_table(path)


def test_cells_of_several_values_matter_only_where_they_are_used(tmp_path):
    rows = [{"text": f"film {k}", "label": k % 2, "votes": [k, 2]} for k in range(40)]
    (tmp_path / "d.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert len(load(DATASET=str(tmp_path / "d.jsonl"), TEXT="text", LABEL="label").sequences.texts) == 40
    assert read_table(tmp_path / "d.jsonl", ignored=["votes"]).columns[2] == [""] * 40
    with pytest.raises(InputError, match="text 1 is empty"):
        load(DATASET=str(tmp_path / "d.jsonl"), TEXT="votes", LABEL="label")


def test_json_may_be_lines_and_records_may_lack_values(tmp_path):
    rows = [{"a": 1, "c": "x"}, {"b": True, "a": 2.5}, {"a": None, "c": "y"}]
    (tmp_path / "d.json").write_text("\n".join(map(json.dumps, rows)), encoding="utf-16")
    table = read_table(tmp_path / "d.json")
    assert table.names == ["a", "c", "b"] and table.columns[1:] == [["x", "", "y"], ["", "True", ""]]
    np.testing.assert_array_equal(table.columns[0], [1, 2.5, np.nan])


@pytest.mark.parametrize("suffix", [".dat", ".data", ".asc", ".tab"])
def test_other_suffixes_of_text_tables(tmp_path, suffix):
    for k in range(4):
        rows = (f"{i / 100:.2f} {i // 30 % 2} {'NaN' if i % 9 else i % 7} {i % 5}" for i in range(120))
        (tmp_path / f"subject{k}{suffix}").write_text("\n".join(rows))
    data = load(DATASET=str(tmp_path), SEQUENCE="file", LABEL=1, WINDOW=10)
    assert data.train.shape == (10, 2) and set(map(int, data.sequences.y)) == {0, 1}


@pytest.mark.parametrize("kind", ["DataFrame", "json"])
def test_long_ids_keep_their_digits_where_one_is_missing(tmp_path, kind):
    ids = [None if k == 7 else 2**60 + k % 3 for k in range(30)]
    if kind == "DataFrame":
        table = table_from_dataframe("it", pd.DataFrame({"id": pd.array(ids, "Int64"), "u": range(30)}), [("id", None)])
    else:
        (tmp_path / "t.json").write_text(json.dumps([{"id": own, "u": k} for k, own in enumerate(ids)]))
        table = read_table(tmp_path / "t.json", identifiers=[("id", None)])
    assert table.columns[0] == ["" if own is None else str(own) for own in ids]


def test_numbers_of_more_digits_than_a_spreadsheet_keeps_are_counted(tmp_path):
    book = openpyxl.Workbook()
    for row in (["id", "u"], *([1234567890123456 + k, k] for k in range(4)), ["12345678901234567", 4]):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    notes = read_table(tmp_path / "t.xlsx").notes
    assert "4 numbers of over 15 digits, such as 1234567890123456: spreadsheets round them" in notes[0]


def test_wide_tables_are_read_in_seconds_and_wider_ones_refused_at_once(shipped, tmp_path):
    values = np.round(np.random.default_rng(0).normal(size=(4, 50_000)), 3)
    wide = pd.DataFrame(values, columns=[f"c{k}" for k in range(50_000)]).assign(label=[*"abab"])
    c = shipped.changed(SEQUENCE="row", LABEL="label")
    for write, name in ((wide.to_csv, "wide.csv"), (wide.to_parquet, "wide.parquet")):
        write(tmp_path / name, index=False)
        start = time.process_time()
        read, _ = read_data_set(tmp_path / name, c)
        assert time.process_time() - start < (3 if name == "wide.csv" else 12)
        np.testing.assert_array_equal(read.x[:, :, 0], values)
    names = [f"c{k}" for k in range(200_001)]
    (tmp_path / "d.csv").write_text(f"{','.join(names)}\n{','.join('1' * 200_001)}\n")
    (tmp_path / "d.jsonl").write_text(json.dumps(dict.fromkeys(names, 1)))
    book = openpyxl.Workbook(write_only=True)
    book.create_sheet("s").append(names[: 2**14 + 1])
    book.save(tmp_path / "d.xlsx")
    for name, found in (("d.csv", "200,001"), ("d.jsonl", "200,001"), ("d.xlsx", "16,385")):
        with pytest.raises(InputError, match=f"has {found} columns, and .* are the most: .*turn rows into columns"):
            read_table(tmp_path / name)
