"""Tables in text: any of four separators, a header or none, quoted cells, several encodings.

Numbers are read by NumPy, a whole column at a time. The readers of tables decide what a column means.
"""

import csv
import re
from collections import Counter
from itertools import chain, islice

import numpy as np

from core.errors import InputError
from core.wording import counted
from readers.file_checks import refuse_damaged
from readers.signals import edf, wfdb_records
from readers.tables import dataframes, excel, json_records
from readers.tables.cells import (
    FIRST_ROWS,
    GROUPED,
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
from readers.tables.lines import Lines, is_any
from readers.tables.not_a_series_checks import way_to_learn_texts
from readers.tables.numpy_fast_path import SAMPLED_ROWS, marks_follow_commas, read_columns_fast
from readers.tables.table import (
    Table,
    empty_row_notes,
    has_names,
    ignored_places,
    numbers_or_names,
    place_of,
    refuse_wide,
    with_numbers,
    without_nameless,
)
from readers.text_files import csv_reader, read_any_text, read_utf8
from readers.whole_numbers import EXACT, count_rounded_cells, integer_note

TEXT_TABLES = (".csv", ".csv.gz", ".tsv", ".txt", ".dat", ".data", ".asc", ".tab")
TYPED_TABLES = {  # files whose cells say what they are
    ".parquet": dataframes.read_parquet,
    ".feather": dataframes.read_feather,
    **dict.fromkeys((".xlsx", ".xlsm"), excel.read),
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), json_records.read),
    ".hea": wfdb_records.read,
    **dict.fromkeys((".edf", ".bdf"), edf.read),
}
TABLES = (*TEXT_TABLES, *TYPED_TABLES)
TYPED_TABLES[".dataframe"] = lambda path: dataframes.typed_table(path, path.frame)  # of no file: readers/in_memory.py
SPANNING = "a quoted cell spans several lines: of texts, TEXT names the column, and LABEL that of their classes"
FIRST_TEXTS = 200  # rows that tell whether a column holds texts
SEPARATORS = (";", "\t", ",")  # else blanks
WITH_COMMA = re.compile(r"[+-]?\d[\d.]*,[\d.,]*\d([eE][+-]?\d+)?")
LINE = re.compile(rb"[^\n]*\n|[^\n]+")  # with its line break
COMMENT = re.compile(r"[ \t]*[#%]")  # below the first row only without separators: spreadsheets write #N/A


def read_table(path, leave_out=False, headless=None, identifiers=(), ignored=None):
    """Read a table from a text file, or one packed by gzip, or from one of TYPED_TABLES.

    Parameters: leave_out leaves out a few rows of another length, and names them; headless says why a table without
    a header is refused, where it is; identifiers: see readers/tables/columns.py identifier_columns; ignored are
    columns, by name or place, that are left empty.
    Returns: Table.
    Raises: InputError, naming the line, for rows of another length and for a word in a column of numbers.
    """
    if path.suffix.lower() in TYPED_TABLES:
        table = TYPED_TABLES[path.suffix.lower()](path)
        if not table.header and headless is not None:
            raise InputError(f"{path} has no header: {headless}")
        return with_numbers(path, table, identifiers, ignored)
    body, lines, empty_lines, comments, notes = split_rows(*read_utf8(path))
    if not body:
        raise InputError(f"{path} is empty")
    body.refuse_huge(path, lines)
    separator = find_separator(body[:SAMPLED_ROWS])
    if separator is None and find_separator(_records(body[:SAMPLED_ROWS])) is not None:
        raise InputError(f"{path}: {SPANNING}")
    if separator == "," and body[0].endswith(";"):  # a mark at the end of each line
        body = Lines("\n".join(line.rstrip("; ") for line in body).encode())
    if separator == "\t" and _has_decimal_commas(path, body, lines):  # read as between semicolons
        body, separator = body.replace(b"\t", b";"), ";"
    refuse_wide(path, len(body[0].split()) if separator is None else 1 + body[0].count(separator))
    if titles := count_titles(path, body, lines, separator):
        shown = body[0].strip(" ,;\t")[:40]
        notes.append(f"{counted(titles, 'line')} above the header left out: {shown!r}")
        body, lines, comments = body[titles:], lines[titles:], []
    first, header, header_rows = find_header(path, body, lines[0], comments, separator)
    if header is None and headless is not None:
        way = _way_to_learn_texts(body, lines, None, separator)
        raise InputError(f"{path} has no header: {way or headless}")
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
    notes += empty_row_notes(lines, empty_lines)
    names = header or [str(place) for place in range(len(first))]
    if leave_out:
        body, lines, damaged = _without_damaged(body, lines, len(names), separator)
        notes += damaged
    empty = ignored_places(names, ignored, notes)
    try:
        columns = _columns_with_names(path, body, lines, names, separator, identifiers, empty)
    except InputError as error:
        if way := _way_to_learn_texts(body, lines, header, separator):
            raise InputError(f"{error}; {way}") from error
        raise
    notes += _rounding_notes(path, body, lines, separator, names, columns)
    return without_nameless(path, Table(names, columns, lines, header is not None, notes))


def _rounding_notes(path, body, lines, separator, names, columns):
    """Say in which columns whole numbers are too large to be exact, a list of lines."""
    large = [k for k, own in enumerate(columns) if isinstance(own, np.ndarray) and (np.abs(own) >= EXACT).any()]
    counts = {names[k]: count_rounded_cells(_cells(path, body, lines, separator, k)) for k in large}
    return [line for name, count in counts.items() for line in integer_note(name, count)]


def _way_to_learn_texts(body, lines, header, separator):
    """Say which constants learn texts, if the first of the rows hold some; nothing otherwise."""
    some = body[:FIRST_TEXTS]
    if any(line.count('"') % 2 for line in some):
        return SPANNING
    columns = [[*cells] for cells in zip(*(split_cells("", i, line, separator) for i, line in zip(lines, some)))]
    for k, cells in enumerate(columns):
        if mostly_numbers(cells, separator):
            numbers = [to_number(cell, separator) for cell in cells]
            columns[k] = np.array([np.nan if number is None else number for number in numbers])
    return way_to_learn_texts(dict(zip(header or range(len(columns)), columns)))


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
    words = {k: cells for k, cells in named.items() if has_names(cells, separator, identifiers[k])}
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
    if marks_follow_commas(body):
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


def split_rows(content, notes):
    """Split a text, UTF-8, into rows.

    Returns: (Lines that hold something, the number of each, those of empty lines, lines of comment, notes).
    """
    rows = Lines(content)
    while len(rows) and rows.starts[-1] == rows.ends[-1]:
        rows = rows[:-1]
    doubtful = np.flatnonzero(is_any(np.frombuffer(content, np.uint8)[rows.starts], "\n#% \t,;"))
    if not len(doubtful):  # neither comments nor empty rows
        return rows, range(1, len(rows) + 1), [], [], notes
    empty = [k for k in doubtful if not rows[k].strip("\t ,;")]
    kept = np.delete(np.arange(len(rows)), empty)
    comments = [k for k in np.intersect1d(doubtful, kept) if COMMENT.match(rows[k])]
    first = min(np.setdiff1d(kept, comments), default=-1)
    left_out = [k for k in comments if k < first or not re.search("[,;\t]", rows[k])]
    comments = [rows[k] for k in comments if k in kept[:100]]
    kept = np.setdiff1d(kept, left_out)
    return rows[kept], kept + 1, [int(k) + 1 for k in empty], comments, notes


def _without_damaged(body, lines, width, separator):
    """Leave out rows of another number of cells, one in twenty at most. Returns: (rows, their lines, notes)."""
    counts = np.array([len(line.split(separator)) for line in body])
    bad = np.flatnonzero(counts != width)
    if not len(bad) or len(bad) * 20 > len(body) or any('"' in body[k] for k in bad):
        return body, lines, []  # the reader of cells says what is wrong with them
    kept = np.flatnonzero(counts == width)
    note = f"lines without exactly {width} cells, left out: {shorten([lines[k] for k in bad], 5)}"
    return body[kept], [lines[k] for k in kept], [note]


def first_row(path):
    """Return (the cells of the first row of a text file, the names of its columns or None)."""
    text, notes = read_any_text(path)
    body, lines, _, comments, _ = split_rows(text[:100_000].encode(), notes)
    if not body:
        raise InputError(f"{path} is empty")
    return find_header(path, body, lines[0], comments, find_separator(body[:SAMPLED_ROWS]))[:2]


def read_quoted_rows(path, bars=False):
    """Read a table of words as quoted_rows does. Returns: (list of rows, notes)."""
    rows, notes = quoted_rows(path, bars)
    return [*rows], notes


def quoted_rows(path, bars=False):
    """Read a table of words, whose cells may hold line breaks where they are quoted.

    Returns: (iterator over rows, lists of cells, none of them all empty, notes); with bars, lines that all have | are
    divided by it.
    """
    if path.suffix.lower() in TYPED_TABLES:
        table = TYPED_TABLES[path.suffix.lower()](path)
        rows = zip(*map(as_words, table.columns))
        return chain([table.names] if table.header else [], map(list, rows)), table.notes
    content, notes = read_utf8(path)

    def all_lines():  # a list of all, or a string, would take several times what the file does
        return (found[0].decode() for found in LINE.finditer(content))

    def lines():
        return (line.rstrip("\n") for line in all_lines() if not line.isspace())

    def rows():
        with refuse_damaged(path, "cannot be read", csv.Error):
            yield from filter(any, csv_reader(all_lines(), separator))

    sample = [*islice(lines(), SAMPLED_ROWS)]
    if bars and all("|" in line for line in sample):
        return (line.split("|") for line in lines()), notes
    separator = find_separator(_records(sample)) or find_separator(sample) or ","
    alike = separator == "\t" and len({line.count("\t") for line in lines()}) == 1
    if alike and any("\n" in cell for row in rows() for cell in row):
        # A lone quotation mark in a text: where tabs divide lines alike, quotation marks in them are letters.
        return (line.split("\t") for line in lines()), notes
    return rows(), notes


def _records(lines):
    """Join lines where a quoted cell holds line breaks: until quotation marks are even in number."""
    records, odd = [], False
    for line in lines:
        if odd:
            records[-1] += f"\n{line}"
        else:
            records.append(line)
        odd ^= line.count('"') % 2 == 1
    return records


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
    columns = read_columns_fast(body, len(names), separator, empty)
    numeric = [isinstance(column, list) and mostly_numbers(column, separator) for column in columns or ()]
    if columns is None or separator == ";" and any(numeric):  # whose decimal marks must be those of the others
        return columns_from_cells(path, body, lines, names, separator, empty)
    for k, column in enumerate(columns):
        if numeric[k] is None:  # nothing but NA
            columns[k] = [""] * len(body)
        elif numeric[k]:
            columns[k] = numbers_from_cells(path, names[k], column, lines, separator, {})
    return columns
