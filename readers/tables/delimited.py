"""Tables in text: any of four separators, a header or none, quoted cells, several encodings.

Numbers are read by NumPy, a whole column at a time. The readers of tables decide what a column means.
"""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from operator import itemgetter

import numpy as np

from core.errors import InputError
from readers.file_checks import refuse_damaged
from readers.tables.cells import (
    GROUPED,
    MISSING,
    columns_from_cells,
    mostly_numbers,
    numbers_from_cells,
    split_cells,
    to_number,
)
from readers.tables.columns import shorten
from readers.tables.numpy_fast_path import SAMPLED_ROWS, read_columns_fast
from readers.text_files import csv_reader, read_any_text

TABLES = (".csv", ".csv.gz", ".tsv", ".txt")
HEADER_NUMBERS = 4  # numbers that count up in a header of numbers
FIRST_ROWS = 6  # the first of which may be a header of numbers
PRINTED = re.compile(r"[+-]?\d\.\d{4,}e[+-]\d\d")  # a number as programs print it, where a person would write a name
SEPARATORS = (";", "\t", ",")  # else blanks
FIRST_LETTER = itemgetter(slice(0, 1))  # of a line
WITH_COMMA = re.compile(r"[+-]?\d[\d.]*,[\d.,]*\d([eE][+-]?\d+)?")
COMMENT = re.compile(r"[ \t]*[#%]")  # below the first row only without separators: spreadsheets write #N/A


@dataclass(frozen=True)
class Table:
    """A table: columns of numbers, NaN where a cell is missing, or of words."""

    names: list  # of the columns; "0", "1", ... without a header
    columns: list  # float64 (rows,) or lists of strings
    lines: list  # line of the file of each row
    header: bool  # whether the file has one
    notes: list


def read_table(path, leave_out=False, headless=None, identifiers=(), ignored=None):
    """Read a table from a text file, or one packed by gzip.

    Parameters: leave_out leaves out a few rows of another length, and names them; headless says why a table without a
    header is refused, where it is; identifiers: see readers/tables/columns.py identifier_columns; ignored are columns,
    by name or place, that are left empty.
    Returns: Table.
    Raises: InputError, naming the line, for rows of another length and for a word in a column of numbers.
    """
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
    first, header, header_rows = find_header(path, body, lines[0], comments, separator)
    if header is None and headless is not None:
        raise InputError(f"{path} has no header: {headless}")
    if header is None and only_first_counts_up(
        [split_cells(path, 0, row, separator) for row in body[:FIRST_ROWS]], separator
    ):
        header, header_rows = first, 1
        notes.append(f"line {lines[0]} is read as a header: its numbers count up ({shorten(first, 5)})")
    body, lines = body[header_rows:], lines[header_rows:]
    if not body:
        raise InputError(f"{path} has a header and no rows")
    names = header or [str(place) for place in range(len(first))]
    if leave_out:
        body, lines, damaged = _without_damaged(body, lines, len(names), separator)
        notes += damaged
    skipped = None if comments or notes or lines[-1] - lines[0] + 1 != len(body) else lines[0] - 1
    empty = {place_of(names, column): column for column in ignored or ()}
    if None in empty:
        notes.append(f"IGNORE = {ignored!r}: {path.name} has no column {empty[None]!r}")
    columns = _read_columns(path, body, lines, names, separator, skipped, empty)
    used = [k for k, (name, column) in enumerate(zip(names, columns)) if name or not is_empty(column)]
    repeated = [name for name, times in Counter(names[k] for k in used).items() if times > 1]
    if repeated:
        raise InputError(f"{path} names the column {repeated[0][:40]!r} twice")
    for column, most_labels in identifiers:
        k = place_of(names, column)
        if k is not None and isinstance(columns[k], np.ndarray):
            rows = zip(lines, body, np.isnan(columns[k]))
            words = ["" if missing else split_cells(path, i, line, separator, k)[k] for i, line, missing in rows]
            columns[k] = _numbers_or_names(columns[k], words, most_labels)
    return Table([names[k] for k in used], [columns[k] for k in used], lines, header is not None, notes)


def _has_decimal_commas(path, body, lines):
    """Tell whether commas between tabs are decimal marks: 0,5 says so, 1,234.5 and 1,234,567 say that they are not.

    Raises: InputError where nothing tells 2,647 from 2647.
    """
    written = [(i, line) for i, line in zip(lines, body) if "," in line and ";" not in line]
    cells = [
        (i, cell) for i, line in written for cell in map(str.strip, line.split("\t")) if WITH_COMMA.fullmatch(cell)
    ]
    if not cells or any(cell.count(",") > 1 or "." in cell.partition(",")[2] for _, cell in cells):
        return False
    if all(GROUPED.fullmatch(cell) for _, cell in cells):
        i, cell = cells[0]
        both = f"{cell.replace(',', '.')} or {cell.replace(',', '')}"
        raise InputError(f"{path} line {i}: {cell} may have a decimal comma or one of thousands: write {both}")
    return True


def place_of(names, column):
    """Return the place of a column given by its name, or by its place; None where it is not there."""
    if column in names:
        return names.index(column)
    by_place = isinstance(column, int) and -len(names) <= column < len(names)
    return column % len(names) if by_place else None


def _numbers_or_names(numbers, words, most_labels):
    """Return a column that names something: numbers (rows,) where they print as they are written, else the words.

    So 007 is not 7, nor 1e3 1000. most_labels: see identifier_columns; decimals are then no names either.
    """
    known = numbers[~np.isnan(numbers)]
    if most_labels is not None:
        different = np.unique(known)
        if len(different) > most_labels or (different != np.round(different)).any():
            return numbers
    exact = (np.abs(known) < 2**53).all()
    if exact and all(word == f"{number:.15g}" for number, word in zip(numbers.tolist(), words) if word):
        return numbers
    return numbers if exact and all(PRINTED.fullmatch(word) for word in words if word) else words


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


def find_header(path, body, i, comments, separator):
    """Return (cells of the first row, names of the columns or None, rows that they take): a comment may name them."""
    first = split_cells(path, i, body[0], separator)
    if not first:  # blanks that are no spaces
        raise InputError(f"{path} line {i} holds nothing that can be read")
    if is_header(first, separator):
        return first, first, 1
    named = split_cells(path, 0, comments[-1].lstrip("#% "), separator) if comments else []
    if len(named) == len(first):
        return first, [re.split(r"[:\s]+", named[0])[-1], *named[1:]], 0
    return first, None, 0


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


def is_header(cells, separator):
    """Tell whether the first row names the columns: it holds something, and no number."""
    return any(cells) and all(to_number(cell, separator) is None for cell in cells if cell.lower() not in MISSING)


def only_first_counts_up(rows, separator):
    """Tell whether the numbers of the first of rows of cells go evenly, as years and places do, and no others do."""

    def counts(cells):
        values = [to_number(cell, separator) for cell in cells if cell.lower() not in MISSING]
        steps = np.diff([value for value in values if value is not None and abs(value) < 1e300])
        return len(steps) >= HEADER_NUMBERS - 1 and steps[0] != 0 and np.allclose(steps, steps[0], rtol=1e-6, atol=0)

    return len(rows) > 1 and counts(rows[0]) and not any(map(counts, rows[1:]))


def _read_columns(path, body, lines, names, separator, skipped, empty):
    """Return the columns of a table: float64 (rows,) where most cells are numbers, else lists of words.

    skipped: lines of the file before the rows `body`, where those are all the rest of it as it stands; else None.
    empty: places of columns to leave empty.
    """
    plain = skipped is not None and path.suffix.lower() in TABLES
    commas = separator == ";" and any("," in line for line in body[:SAMPLED_ROWS])  # they may be decimal marks
    columns = None if commas else read_columns_fast(body, len(names), separator, (path, skipped) if plain else None)
    if columns is None:
        return columns_from_cells(path, body, lines, names, separator, empty)
    columns = [[""] * len(body) if k in empty else column for k, column in enumerate(columns)]
    return [
        numbers_from_cells(path, name, column, lines, separator, {})
        if not isinstance(column, np.ndarray) and mostly_numbers(column, separator)
        else column
        for name, column in zip(names, columns)
    ]


def is_empty(column):
    """Tell whether a column has no value at all."""
    return np.isnan(column).all() if isinstance(column, np.ndarray) else not any(column)
