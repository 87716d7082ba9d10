"""Tables in text: any of four separators, a header or none, quoted cells, several encodings. Columns out.

Numbers are read by NumPy, a whole column at a time. What a column means is the matter of readers/tables/series.py.
"""

import re
from collections import Counter
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from core.errors import InputError
from readers.tables.cells import MISSING, cells_of, column_of, columns_of_cells, to_number
from readers.tables.numpy_fast_path import SAMPLE, quick_columns
from readers.text_files import read_any_text

TABLES = (".csv", ".csv.gz", ".tsv", ".txt")
HEADER_NUMBERS = 4  # numbers that count up in a header of numbers
AFTER = 6  # rows, the first of which may be one
NAMES = 100_000  # different numbers of a column that may name something; more are measurements
SEPARATORS = (";", "\t", ",")  # else blanks
FIRST = itemgetter(slice(0, 1))  # letter of a line
COMMENT = re.compile(r"[ \t]*[#%]")  # after the first row only of a line without cells: spreadsheets write #N/A


class Table(NamedTuple):
    """A table: columns of numbers, NaN where a cell is missing, or of words."""

    names: list  # of the columns; "0", "1", ... without a header
    columns: list  # float64 (rows,) or lists of strings
    lines: list  # line of the file of each row
    header: bool  # whether the file has one
    notes: list
    spelled: dict = {}  # {name of a column of numbers: {(number, the word that it is written as)}}, see read_table


def read_table(path, leave_out=False, headless=None, spelled=()):
    """Read a table from a text file, or one packed by gzip. Returns: Table.

    leave_out: leave out a few rows of another length, and name them; headless: why a table without a header is refused,
    where it is; spelled: columns, by name or place, of whose numbers it is kept how they are written. Raises
    InputError, naming the line, for rows of another length and for a word in a column of numbers.
    """
    text, notes = read_any_text(path)
    body, numbers, comments = rows_of(text)
    del text  # as large as the file
    if not body:
        raise InputError(f"{path} is empty")
    separator = find_separator(body[:SAMPLE])
    if separator == "," and body[0].endswith(";"):  # a mark at the end of each line
        body = [line.rstrip("; ") for line in body]
    first, header, inside = header_of(path, body, numbers[0], comments, separator)
    if header is None and headless is not None:
        raise InputError(f"{path} has no header: {headless}")
    if header is None and counts_alone([cells_of(path, 0, line, separator) for line in body[:AFTER]], separator):
        header, inside = first, 1
        notes.append(f"line {numbers[0]} is read as a header: its numbers count up ({', '.join(first[:5])}, ...)")
    body, numbers = body[inside:], numbers[inside:]
    if not body:
        raise InputError(f"{path} has a header and no rows")
    names = header or [str(place) for place in range(len(first))]
    if leave_out:
        body, numbers, damaged = without_damaged(body, numbers, len(names), separator)
        notes += damaged
    skipped = None if comments or notes or numbers[-1] - numbers[0] + 1 != len(body) else numbers[0] - 1
    columns = columns_of(path, body, numbers, names, separator, skipped)
    used = [i for i, (name, column) in enumerate(zip(names, columns)) if name or not is_empty(column)]
    repeated = [name for name, times in Counter(names[i] for i in used).items() if times > 1]
    if repeated:
        raise InputError(f"{path} names the column {repeated[0][:40]!r} twice")
    ways = spellings(path, body, numbers, separator, names, columns, spelled)
    return Table([names[i] for i in used], [columns[i] for i in used], numbers, header is not None, notes, ways)


def spellings(path, body, numbers, separator, names, columns, wanted):
    """Return {name: {(number, word)}} of the wanted columns that hold numbers: 007 and 7 are two words for one."""
    ways = {}
    for column in wanted:
        known = isinstance(column, int) and -len(names) <= column < len(names)
        place = names.index(column) if column in names else range(len(names))[column] if known else None
        if place is None or not isinstance(columns[place], np.ndarray) or len(np.unique(columns[place])) > NAMES:
            continue
        words = (cells_of(path, i, line, separator, place)[place] for i, line in zip(numbers, body))
        ways[names[place]] = {pair for pair in zip(columns[place].tolist(), words) if pair[0] == pair[0]}
    return ways


def rows_of(text):
    """Divide a text into rows. Returns: (lines that hold something, the number of each, lines of comment)."""
    lines = text.split("\n")
    while len(lines) > 1 and not lines[-1]:
        lines.pop()
    if not set(map(FIRST, lines)) & {"", *"#% \t,;"}:  # neither comments nor empty rows
        return (lines if lines[0] else []), range(1, len(lines) + 1), []
    kept = [(i, line) for i, line in enumerate(lines, 1) if line.strip("\t ,;")]
    comments = [line for _, line in kept[:100] if COMMENT.match(line)]
    first = next((i for i, line in kept if not COMMENT.match(line)), 0)
    kept = [(i, line) for i, line in kept if not COMMENT.match(line) or i > first and re.search("[,;\t]", line)]
    return [line for _, line in kept], [i for i, _ in kept], comments


def without_damaged(body, numbers, width, separator):
    """Leave out rows of another number of cells, one in twenty at most. Returns: (lines, their numbers, notes)."""
    counts = np.array([len(line.split()) if separator is None else line.count(separator) + 1 for line in body])
    bad = np.flatnonzero(counts != width)
    if not len(bad) or len(bad) * 20 > len(body) or any('"' in body[k] for k in bad):
        return body, numbers, []  # the reader of cells says what is wrong with them
    shown = ", ".join(str(numbers[k]) for k in bad[:5]) + (", ..." if len(bad) > 5 else "")
    kept = np.flatnonzero(counts == width)
    note = f"lines that have not {width} cells, left out: {shown}"
    return [body[k] for k in kept], [numbers[k] for k in kept], [note]


def header_of(path, body, i, comments, separator):
    """Return (cells of the first row, names of the columns or None, rows that they take): a comment may name them."""
    first = cells_of(path, i, body[0], separator)
    if not first:  # blanks that are no spaces
        raise InputError(f"{path} line {i} holds nothing that can be read")
    if is_header(first, separator):
        return first, first, 1
    named = cells_of(path, 0, comments[-1].lstrip("#% "), separator) if comments else []
    if len(named) == len(first):
        return first, [re.split(r"[:\s]+", named[0])[-1], *named[1:]], 0
    return first, None, 0


def first_row(path):
    """Return (the cells of the first row of a text file, the names of its columns or None)."""
    body, numbers, comments = rows_of(read_any_text(path)[0][:100_000])
    if not body:
        raise InputError(f"{path} is empty")
    separator = find_separator(body[:SAMPLE])
    return header_of(path, body, numbers[0], comments, separator)[:2]


def find_separator(lines):
    """Return the separator that divides most lines into the same number of cells, two at least; None for blanks."""
    best, score = None, (1, 0)
    marks = sum(";" in line.rstrip("; ") for line in lines) * 2 <= len(lines)  # a ; ends lines, it does not divide
    for separator in SEPARATORS[1:] if marks and any("," in line for line in lines) else SEPARATORS:
        counts = Counter(re.sub(r'"[^"]*"', "", line).count(separator) for line in lines)
        cells, times = counts.most_common(1)[0]
        if cells and times * 2 > len(lines) and (times, cells) > score and best is None:
            best, score = separator, (times, cells)
    return best


def is_header(cells, separator):
    """Tell whether the first row names the columns: it holds no number."""
    return not any(to_number(cell, separator) is not None for cell in cells if cell.lower() not in MISSING) and any(
        cells
    )


def counts_alone(rows, separator):
    """Tell whether the numbers of the first row go up or down evenly, as years and places do, and no others do.

    rows: lists of cells, the first few of a table.
    """

    def counts(cells):
        values = [to_number(cell, separator) for cell in cells if cell.lower() not in MISSING]
        steps = np.diff([value for value in values if value is not None and abs(value) < 1e300])
        return len(steps) >= HEADER_NUMBERS - 1 and steps[0] != 0 and np.allclose(steps, steps[0], rtol=1e-6, atol=0)

    return len(rows) > 1 and counts(rows[0]) and not any(map(counts, rows[1:]))


def columns_of(path, body, numbers, names, separator, skipped):
    """Return the columns of a table: float64 (rows,) where most cells are numbers, else lists of words.

    skipped: lines of the file before the rows `body`, where those are all the rest of it as it stands; else None.
    """
    plain = skipped is not None and path.suffix.lower() in TABLES
    commas = separator == ";" and any("," in line for line in body[:SAMPLE])  # they may be decimal marks
    quick = None if commas else quick_columns(body, len(names), separator, (path, skipped) if plain else None)
    if quick is None:
        return columns_of_cells(path, body, numbers, names, separator)
    return [
        column if isinstance(column, np.ndarray) else column_of(path, name, column, numbers, separator)
        for name, column in zip(names, quick)
    ]


def is_empty(column):
    """Tell whether a column has no value at all."""
    return np.isnan(column).all() if isinstance(column, np.ndarray) else not any(column)
