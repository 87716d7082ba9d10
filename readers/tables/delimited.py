"""Tables in text: any of four separators, a header or none, quoted cells, several encodings.

Numbers are read by NumPy, a whole column at a time. The readers of tables decide what a column means.
"""

import csv
import io
import re
from collections import Counter
from operator import itemgetter

import numpy as np

from core.errors import InputError
from core.wording import counted
from readers.file_checks import refuse_damaged
from readers.tables import dataframes, excel, json_records
from readers.tables.cells import (
    FIRST_ROWS,
    GROUPED,
    MISSING,
    SAMPLED_CELLS,
    columns_from_cells,
    mostly_numbers,
    numbers_from_cells,
    only_first_counts_up,
    split_cells,
    to_number,
)
from readers.tables.columns import as_words, shorten
from readers.tables.headers import before_second_table, count_titles, find_header, join_header
from readers.tables.numpy_fast_path import SAMPLED_ROWS, marks_follow_commas, read_columns_fast
from readers.tables.table import Table, ignored_places, numbers_or_names, place_of, with_numbers, without_nameless
from readers.text_files import csv_reader, read_any_text

TEXT_TABLES = (".csv", ".csv.gz", ".tsv", ".txt", ".dat", ".data", ".asc", ".tab")
TYPED_TABLES = {  # files whose cells say what they are
    ".parquet": dataframes.read_parquet,
    ".feather": dataframes.read_feather,
    **dict.fromkeys((".xlsx", ".xlsm"), excel.read),
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), json_records.read),
}
TABLES = (*TEXT_TABLES, *TYPED_TABLES)
SEPARATORS = (";", "\t", ",")  # else blanks
FIRST_LETTER = itemgetter(slice(0, 1))  # of a line
WITH_COMMA = re.compile(r"[+-]?\d[\d.]*,[\d.,]*\d([eE][+-]?\d+)?")
COMMENT = re.compile(r"[ \t]*[#%]")  # below the first row only without separators: spreadsheets write #N/A


def read_table(path, leave_out=False, headless=None, identifiers=(), ignored=None):
    """Read a table from a text file, or one packed by gzip, or from one of TYPED_TABLES.

    Parameters: leave_out leaves out a few rows of another length, and names them; headless says why a table without a
    header is refused, where it is; identifiers: see readers/tables/columns.py identifier_columns; ignored are columns,
    by name or place, that are left empty.
    Returns: Table.
    Raises: InputError, naming the line, for rows of another length and for a word in a column of numbers.
    """
    if path.suffix.lower() in TYPED_TABLES:
        table = TYPED_TABLES[path.suffix.lower()](path)
        if not table.header and headless is not None:
            raise InputError(f"{path} has no header: {headless}")
        return with_numbers(path, table, identifiers, ignored)
    text, notes = read_any_text(path)
    body, lines, comments = split_rows(text)
    del text  # as large as the file
    if not body:
        raise InputError(f"{path} is empty")
    separator = find_separator(body[:SAMPLED_ROWS])
    if separator == "," and body[0].endswith(";"):  # a mark at the end of each line
        body = [line.rstrip("; ") for line in body]
    if separator == "\t" and _has_decimal_commas(path, body, lines):  # read as between semicolons
        body, separator = [line.replace("\t", ";") for line in body], ";"
    if titles := count_titles(path, body, lines, separator):
        shown = body[0].strip(" ,;\t")[:40]
        notes.append(f"{counted(titles, 'line')} above the header left out: {shown!r}")
        body, lines, comments = body[titles:], lines[titles:], []
    first, header, header_rows = find_header(path, body, lines[0], comments, separator)
    if header is None and headless is not None:
        raise InputError(f"{path} has no header: {headless}")
    if header is None and only_first_counts_up(
        [split_cells(path, 0, row, separator) for row in body[:FIRST_ROWS]], separator
    ):
        header, header_rows = first, 1
        notes.append(f"line {lines[0]} is read as a header: its numbers count up ({shorten(first, 5)})")
    elif header_rows:
        body, lines, cut = before_second_table(path, body, lines, separator)
        header, header_rows, joined = join_header(path, header, body, lines, separator)
        notes += [*cut, *joined]
    body, lines = body[header_rows:], lines[header_rows:]
    if not body:
        raise InputError(f"{path} has a header and no rows")
    names = header or [str(place) for place in range(len(first))]
    if leave_out:
        body, lines, damaged = _without_damaged(body, lines, len(names), separator)
        notes += damaged
    empty = ignored_places(names, ignored, notes)
    columns = _columns_with_names(path, body, lines, names, separator, identifiers, empty)
    return without_nameless(path, Table(names, columns, lines, header is not None, notes))


def _columns_with_names(path, body, lines, names, separator, identifiers, empty):
    """Read the columns, those whose values name something as they are written.

    Parameters: identifiers: see read_table; empty are the places of columns that are left empty.
    Returns: list of columns, as Table has them. Raises: InputError as read_table does.
    """
    identifiers = {place_of(names, column): most for column, most in identifiers}
    named = {}
    for k in {*identifiers} - {None, *empty}:
        some = _cells(path, body[:SAMPLED_CELLS], lines, separator, k)
        if mostly_numbers(some, separator) is not False:  # else all are read as words
            named[k] = _cells(path, body, lines, separator, k)
    words = {k: cells for k, cells in named.items() if _has_names(cells, separator, identifiers[k])}
    columns = _read_columns(path, body, lines, names, separator, {*empty, *words})
    columns = [words.get(k, column) for k, column in enumerate(columns)]
    for k, cells in named.items():
        if isinstance(columns[k], np.ndarray):
            cells = ["" if missing else cell for cell, missing in zip(cells, np.isnan(columns[k]))]
            columns[k] = numbers_or_names(columns[k], cells, identifiers[k])
    return columns


def _has_decimal_commas(path, body, lines):
    """Tell whether commas between tabs are decimal marks: 0,5 says so, 1,234.5 and 1,234,567 say that they are not.

    Raises: InputError where nothing tells 2,647 from 2647.
    """
    cells = (
        (i, cell)
        for i, line in zip(lines, body)
        if "," in line and ";" not in line
        for cell in map(str.strip, line.split("\t"))
        if WITH_COMMA.fullmatch(cell)
    )
    if marks_follow_commas(body, "\t"):
        cells = [*cells]
        if any(cell.count(",") > 1 or "." in cell.partition(",")[2] for _, cell in cells):
            return False
    grouped = None
    for i, cell in cells:
        if not GROUPED.fullmatch(cell):
            return True
        grouped = grouped or (i, cell)
    if grouped:
        i, cell = grouped
        both = f"{cell.replace(',', '.')} or {cell.replace(',', '')}"
        raise InputError(f"{path} line {i}: {cell} may have a decimal comma or one of thousands: write {both}")
    return False


def _cells(path, body, lines, separator, k):
    """Return the cells of the k-th column, nothing where a row is too short: the reader of all cells says so."""
    rows = (split_cells(path, i, line, separator, k) for i, line in zip(lines, body))
    return [row[k] if k < len(row) else "" for row in rows]


def _has_names(cells, separator, most_labels):
    """Tell whether a column that names something has a name that is no number; most_labels: see identifier_columns."""
    different = {*cells}
    numbers = [to_number(cell, separator) for cell in different if cell.lower() not in MISSING]
    few = most_labels is None or len(different) <= most_labels
    return few and any(number is None or not np.isfinite(number) for number in numbers)


def split_rows(text):
    """Split a text into rows. Returns: (lines that hold something, the number of each, lines of comment)."""
    lines = text.split("\n")
    while len(lines) > 1 and not lines[-1]:
        lines.pop()
    if not set(map(FIRST_LETTER, lines)) & {"", *"#% \t,;"}:  # neither comments nor empty rows
        return (lines if lines[0] else []), range(1, len(lines) + 1), []
    kept = [(i, line) for i, line in enumerate(lines, 1) if line.strip("\t ,;")]
    comments = [line for _, line in kept[:100] if COMMENT.match(line)]
    first = next((i for i, line in kept if not COMMENT.match(line)), 0)
    kept = [(i, line) for i, line in kept if not COMMENT.match(line) or i > first and re.search("[,;\t]", line)]
    return [line for _, line in kept], [i for i, _ in kept], comments


def _without_damaged(body, lines, width, separator):
    """Leave out rows of another number of cells, one in twenty at most. Returns: (rows, their lines, notes)."""
    counts = np.array([len(line.split()) if separator is None else line.count(separator) + 1 for line in body])
    bad = np.flatnonzero(counts != width)
    if not len(bad) or len(bad) * 20 > len(body) or any('"' in body[k] for k in bad):
        return body, lines, []  # the reader of cells says what is wrong with them
    kept = np.flatnonzero(counts == width)
    note = f"lines without exactly {width} cells, left out: {shorten([lines[k] for k in bad], 5)}"
    return [body[k] for k in kept], [lines[k] for k in kept], [note]


def first_row(path):
    """Return (the cells of the first row of a text file, the names of its columns or None)."""
    body, lines, comments = split_rows(read_any_text(path)[0][:100_000])
    if not body:
        raise InputError(f"{path} is empty")
    return find_header(path, body, lines[0], comments, find_separator(body[:SAMPLED_ROWS]))[:2]


def read_quoted_rows(path, bars=False):
    """Read a table of words, whose cells may hold line breaks where they are quoted.

    Returns: (rows of cells, none of them all empty, notes); with bars, lines that all have | are divided by it.
    """
    if path.suffix.lower() in TYPED_TABLES:
        table = TYPED_TABLES[path.suffix.lower()](path)
        rows = zip(*map(as_words, table.columns))
        return [*([table.names] if table.header else []), *map(list, rows)], table.notes
    content, notes = read_any_text(path)
    lines = [line for line in content.split("\n") if line.strip()]
    if bars and all("|" in line for line in lines[:SAMPLED_ROWS]):
        return [line.split("|") for line in lines], notes
    separator = find_separator(lines[:SAMPLED_ROWS]) or ","
    with refuse_damaged(path, "cannot be read", csv.Error):
        rows = [row for row in csv_reader(io.StringIO(content), separator) if any(row)]
    if separator == "\t" and any("\n" in cell for row in rows for cell in row):
        # A lone quotation mark in a text: where tabs divide, quotation marks are letters.
        rows = [line.split("\t") for line in lines]
    return rows, notes


def find_separator(lines):
    """Return the separator that divides most lines into the same number of cells, two at least; None for blanks."""
    ends_lines = sum(";" in line.rstrip("; ") for line in lines) * 2 <= len(lines)  # it does not divide them
    for separator in SEPARATORS[1:] if ends_lines and any("," in line for line in lines) else SEPARATORS:
        counts = Counter(re.sub(r'"[^"]*"', "", line).count(separator) for line in lines)
        cells, times = counts.most_common(1)[0] if lines else (0, 0)
        if cells and times * 2 > len(lines):
            return separator
    return None


def _read_columns(path, body, lines, names, separator, empty):
    """Return the columns of a table: float64 (rows,) where most cells are numbers, else lists of words.

    empty: places of columns to leave empty.
    """
    columns = read_columns_fast(body, len(names), separator)
    if columns is None:
        return columns_from_cells(path, body, lines, names, separator, empty)
    for k, column in enumerate(columns):
        numeric = isinstance(column, np.ndarray) or mostly_numbers(column, separator)
        if k in empty or numeric is None:  # IGNORE, or nothing but NA
            columns[k] = [""] * len(body)
        elif numeric and not isinstance(column, np.ndarray):
            columns[k] = numbers_from_cells(path, names[k], column, lines, separator, {})
    return columns
