"""The cells of a table, as they are written, turned into columns: of numbers where most cells are, else of words.

A stretch of rows at a time, so that no table is in memory as cells, each of which takes many times what it holds.
"""

import contextlib
import csv
import re

import numpy as np

from core.errors import InputError
from readers.text_files import LONGEST, csv_reader
from sequences.ignored_labels import PANDAS_NA

MISSING = ("", "na", PANDAS_NA.lower(), "n/a", "#n/a", "nan", "null", "none", "?", "-")  # in lower case
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")
PRINTED = re.compile(r"[+-]?\d\.\d{4,}e[+-]\d\d")  # a number as programs print it, where a person would write a name
GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+")
HEADER_NUMBERS = 4  # numbers that count up in a header of numbers
FIRST_ROWS = 6  # the first of which may be a header of numbers
STRETCH = 2**19  # cells that are in memory at a time
SAMPLED_CELLS = 1000  # tell whether a column holds numbers


def split_cells(path, i, line, separator, last=-2):
    """Split line i into stripped cells; last: place of the last that is needed, where what follows may stay whole."""
    if separator is None or '"' not in line:
        cells = [cell.strip() for cell in line.split(separator, last + 1)]
        if last < 0 and len(line) > LONGEST and (longest := max(map(len, cells), default=0)) > LONGEST:
            raise InputError(f"{path} line {i} has a cell of {longest:,} letters, and {LONGEST:,} are the most")
        return cells
    try:
        return [cell.strip() for cell in next(csv_reader([line], separator, strict=True))]
    except (csv.Error, StopIteration) as error:
        spans = "; cells that span several lines are read as texts (TEXT, LABEL)" if line.count('"') % 2 else ""
        raise InputError(f"{path} line {i} cannot be read as .csv: {error}{spans}") from error


def to_number(cell, separator):
    """Return the float that a cell holds, or None."""
    cell = cell.strip()
    if separator == ";" and "," in cell and "." not in cell:
        cell = cell.replace(",", ".", 1)
    elif "," in cell and THOUSANDS.fullmatch(cell):
        cell = cell.replace(",", "")
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
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


def is_plain_number(cell):
    """Tell whether NumPy reads a cell as a number."""
    try:
        return "_" not in cell and float(cell) is not None
    except ValueError:
        return False


def columns_from_cells(path, body, lines, names, separator, empty=()):
    """Read the columns of a table cell by cell.

    Parameters: body are lines of text, lines the number of each in the file; empty are places of columns
    to leave empty.
    Returns: columns of float64 (rows,), NaN where a cell is missing, or lists of words.
    Raises: InputError, naming the line, for a row of another length and for a lone word in a column of numbers.
    """
    columns, decimal_marks = [None] * len(names), [{} for _ in names]
    size = max(1, STRETCH // len(names))
    for start in range(0, len(body), size):
        rows, rows_lines = [], lines[start : start + size]
        for i, line in zip(rows_lines, body[start : start + size]):
            row = split_cells(path, i, line, separator)
            if len(row) < len(names) or any(row[len(names) :]):
                raise InputError(f"{path} line {i} has {len(row)} cells, the header has {len(names)}")
            rows.append(row[: len(names)])
        for k, cells in enumerate(zip(*rows)):
            if k not in empty and columns[k] is None and (numeric := mostly_numbers(cells, separator)) is not None:
                columns[k] = np.full(len(body), np.nan) if numeric else [""] * start
            if isinstance(columns[k], list):
                columns[k] += cells
            elif columns[k] is not None:
                numbers = numbers_from_cells(path, names[k], cells, rows_lines, separator, decimal_marks[k])
                columns[k][start : start + len(cells)] = numbers
    # Commas in one column and points in another, where one has 1.234 alone: it may be a thousand.
    commas, points = (
        sorted(
            ("decimal" in seen, f"column {name!r} {seen[mark]}")
            for name, seen in zip(names, decimal_marks)
            if mark in seen
        )
        for mark in ",."
    )
    if commas and points and not (commas[0][0] and points[0][0]):
        raise InputError(
            f"{path} has decimal commas, {commas[0][1]}, and points, {points[0][1]}: write all of them the same way"
        )
    return [[""] * len(body) if column is None else column for column in columns]


def mostly_numbers(cells, separator):
    """Tell whether most of the first cells that hold something are numbers; None where none does."""
    filled = [cell for cell in cells[:SAMPLED_CELLS] if cell.lower() not in MISSING]
    filled = filled or [cell for cell in cells if cell.lower() not in MISSING]
    return sum(to_number(cell, separator) is not None for cell in filled) * 2 > len(filled) if filled else None


def numbers_from_cells(path, name, cells, lines, separator, decimal_marks):
    """Read cells as numbers.

    Parameters: name is the column's; lines are those of the file, of each cell; decimal_marks, which grows, says where
    in the column each mark was seen, and has "decimal" where it is no mark of thousands.
    Returns: float64 (n,), NaN where they are missing.
    Raises: InputError for a word, and for decimal commas beside decimal points.
    """
    text = "\n".join(cells)
    if separator == ";":
        for mark in {",", "."} - set(decimal_marks):
            if mark in text:
                k = next(k for k, cell in enumerate(cells) if mark in cell)
                decimal_marks[mark] = f"({cells[k][:40]!r} in line {lines[k]})"
        if {",", "."} <= set(decimal_marks):  # 1.234 may be a thousand beside 1,5
            seen = f"decimal commas {decimal_marks[',']} and points {decimal_marks['.']}"
            raise InputError(f"{path}: column {name!r} has {seen}: write all of them the same way")
        written = (cell for cell in cells if "." in cell or "," in cell)
        if "decimal" not in decimal_marks and not all(map(GROUPED.fullmatch, written)):
            decimal_marks["decimal"] = True
    with contextlib.suppress(ValueError):
        plain = text.replace(",", ".").split("\n") if separator == ";" else cells
        numbers = np.array([float(cell or "nan") for cell in plain])
        if "_" not in text and not np.isinf(numbers).any():
            return numbers
    numbers = np.full(len(cells), np.nan)
    for k, cell in enumerate(cells):
        if cell.lower() not in MISSING:
            number = to_number(cell, separator)
            if number is None or not np.isfinite(number):
                raise InputError(f"{path} line {lines[k]}, column {name!r}: {cell[:40]!r} is not a finite number")
            numbers[k] = number
    return numbers
