"""Tables that are damaged, or made to fill the memory, are refused in one line."""

import os
import time

import numpy as np
import openpyxl
import pandas as pd
import pytest

from core.errors import InputError
from readers import file_checks
from readers.tables import lines
from readers.tables.delimited import read_table
from readers.text_files import LONGEST


def refused(path, message):
    """Check that a table is refused with one line of this pattern."""
    with pytest.raises(InputError, match=message) as refusal:
        read_table(path)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("offsets", [[0, 2**30, 2**30, 2**30], [0, 1, -5, 4]])
def test_words_that_lie_outside_a_feather_file_are_not_followed(tmp_path, offsets):
    path = tmp_path / "d.feather"
    frame = pd.DataFrame({"word": pd.array(["a", "bb", "c"], dtype="string"), "value": [1.0, 2, 3]})
    frame.to_feather(path, compression="uncompressed")
    content = path.read_bytes()
    kinds = (np.int32, np.int64)  # of offsets: versions of pandas write one or the other
    (kind,) = (kind for kind in kinds if content.count(np.array([0, 1, 3, 4], kind).tobytes()) == 1)
    path.write_bytes(content.replace(np.array([0, 1, 3, 4], kind).tobytes(), np.array(offsets, kind).tobytes()))
    refused(path, "cannot be read as .feather")


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (6, 84, "zip file version 8.4"),
        (8, 1, "is encrypted"),
        (8, 32, "compressed patched data"),
        (10, 99, "compression method is not supported"),
    ],
)
def test_a_workbook_packed_in_an_unknown_way_is_refused(tmp_path, place, value, message):
    path, book = tmp_path / "d.xlsx", openpyxl.Workbook()
    for row in [["a", "b"], [1, 2], [3, 4]]:
        book.active.append(row)
    book.save(path)
    content = bytearray(path.read_bytes())
    start = content.find(b"PK\1\2")  # each entry of the directory at the end
    while start >= 0:
        content[start + place] = value
        start = content.find(b"PK\1\2", start + 1)
    path.write_bytes(content)
    refused(path, f"cannot be read as .xlsx: .*{message}")


LONG = {
    "letters": "x" * (LONGEST + 1),
    "digits": "1" * (LONGEST + 1),
    "words": "word " * (LONGEST // 5 + 1),
    "quoted letters": '"' + "x" * (LONGEST + 1) + '"',
    "quoted cells": '"' + "1234," * (LONGEST // 5 + 1) + '"',
}


@pytest.mark.parametrize("kind", LONG)
def test_the_longest_cell_is_as_long_quoted_as_not(tmp_path, kind):
    path = tmp_path / "d.csv"
    path.write_text(f"date,a\n2001-01,1\n2001-02,{LONG[kind]}\n2001-03,4\n")
    too_long = r"has a cell of 10,485,7\d\d letters, and 10,485,760 are the most|.*field limit \(10485760\)"
    refused(path, f"line 3 ({too_long})")


@pytest.mark.parametrize("kind", ["letters", "words"])
@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_the_longest_cell_that_has_a_type_is_as_long(tmp_path, kind, suffix):
    path, frame = tmp_path / f"d{suffix}", pd.DataFrame({"a": [1, 2], "b": ["x", LONG[kind]]})
    if suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_json(path, orient="records", lines=True)
    refused(path, r"line 2 has a cell of 10,485,76\d letters, and 10,485,760 are the most")


def test_a_word_that_a_file_has_once_for_all_rows_is_counted_in_each(tmp_path, monkeypatch):
    path = tmp_path / "d.parquet"
    pd.DataFrame({"a": np.arange(200), "b": ["x" * 10_000] * 200}).to_parquet(path)
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    monkeypatch.setattr(file_checks, "TIMES", memory // 1_000_000)  # as if a megabyte were the most; it has two
    refused(path, "GiB of cells; reading it takes about")


def test_a_line_of_more_cells_than_memory_may_hold_is_not_divided(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "MOST_CELLS", 1_000_000)  # as it is, 5,000,000
    path = tmp_path / "d.csv"
    path.write_text("date,a\n2001-01," + "1,20000000," * 10**6 + "\n2001-02,4\n")
    refused(path, "line 2 holds ',' 2,000,001 times, and 1,000,000 cells are the most")


def test_many_blanks_around_a_number_take_no_time(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text("a,b\n" + "1,2\n" * 20_000 + f"3,{' ' * 20_000}4\n")
    started = time.process_time()
    np.testing.assert_array_equal(read_table(path).columns[1], [2] * 20_000 + [4])
    assert time.process_time() - started < 1


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("row", [1, 70])  # among the first, which tell what a column holds, and below
def test_numbers_of_thousands_of_digits(tmp_path, separator, row):
    path = tmp_path / "d.csv"

    def read(cell):
        cells = ["9007199254740993"] * 80
        cells[row] = cell
        path.write_text("\n".join(["a,b", *(f"{cell},{k}" for k, cell in enumerate(cells))]).replace(",", separator))
        return read_table(path)

    assert read("0" * 5000 + "7").columns[0][row] == 7
    assert read("0" * 5000 + "9007199254740993").notes == [
        "a: 80 whole numbers were rounded: 64-bit floats do not have all beyond 2**53"
    ]
    assert read("0." + "1" * 5000).columns[0][row] == float("0." + "1" * 20)
    for cell in ("1" * 5000, "1e" + "9" * 5000):
        read("1")
        path.write_text(path.read_text().replace(f"\n1{separator}", f"\n{cell}{separator}"))
        refused(path, rf"line {row + 2}, column 'a': '{cell[:40]}' is not a finite number")


def test_a_line_of_words_above_short_lines_is_named(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text("date,v,shop\n2001-01-01,w,a\n2001-01-02,3,b\n2001-01-03,3\n")
    refused(path, "line 2 has no number, 'w' say")
