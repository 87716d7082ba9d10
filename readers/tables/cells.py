"""The cells of a table, as they are written, turned into columns: of numbers where most cells are, else of words.

A stretch of rows at a time, so that no table is in memory as cells, each of which takes many times what it holds.
"""

import contextlib
import csv
import re

import numpy as np

from core.errors import InputError
from readers.text_files import csv_rows

MISSING = ("", "na", "n/a", "#n/a", "nan", "null", "none", "?", "-")  # in small letters
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")
GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+")
STRETCH = 2**21  # cells that are in memory at a time
SOME = 1000  # cells that tell whether a column holds numbers


def cells_of(path, i, line, separator, last=-2):
    """Divide line i into stripped cells; last: place of the last that is needed, where what follows may stay whole."""
    if separator is None:
        return line.split(None, last + 1)
    if '"' not in line:
        return [cell.strip() for cell in line.split(separator, last + 1)]
    try:
        return [cell.strip() for cell in next(csv_rows([line], separator, strict=True))]
    except (csv.Error, StopIteration) as error:
        raise InputError(f"{path} line {i} cannot be read as .csv: {error}") from error


def to_number(cell, separator):
    """Return the float that a cell holds, or None."""
    cell = cell.strip()
    if separator == ";" and "," in cell and "." not in cell:
        cell = cell.replace(",", ".", 1)
    elif THOUSANDS.fullmatch(cell):
        cell = cell.replace(",", "")
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None


def columns_of_cells(path, body, lines, names, separator):
    """Return the columns of a table: float64 (rows,), NaN where a cell is missing, or lists of words.

    body: lines of text; lines: the number of each. Raises InputError, naming the line, for a row of another length and
    for a lone word in a column of numbers.
    """
    columns, marks = [None] * len(names), [{} for _ in names]
    for start, stretch in stretches(path, body, lines, len(names), separator):
        for k, cells in enumerate(stretch):
            if columns[k] is None and (numeric := are_numbers(cells, separator)) is not None:
                columns[k] = np.full(len(body), np.nan) if numeric else [""] * start
            if isinstance(columns[k], list):
                columns[k] += cells
            elif columns[k] is not None:
                own = slice(start, start + len(cells))
                columns[k][own] = numbers_of(path, names[k], cells, lines[own], separator, marks[k])
    refuse_two_marks(path, names, marks)
    return [[""] * len(body) if column is None else column for column in columns]


def refuse_two_marks(path, names, marks):
    """Raise InputError for commas in one column and points in another where one has 1.234 alone: it may be a thousand.

    marks: of each column, see numbers_of.
    """
    commas, points = (
        sorted(("decimal" in own, f"column {name!r} {own[mark]}") for name, own in zip(names, marks) if mark in own)
        for mark in ",."
    )
    if commas and points and not (commas[0][0] and points[0][0]):
        raise InputError(f"{path} has decimal commas, {commas[0][1]}, and points, {points[0][1]}: write all alike")


def stretches(path, body, lines, width, separator):
    """Yield (place of its first row, its columns of cells) of a stretch of rows at a time."""
    size = max(1, STRETCH // width)
    for start in range(0, len(body), size):
        rows = []
        for i, line in zip(lines[start : start + size], body[start : start + size]):
            row = cells_of(path, i, line, separator)
            if len(row) < width or any(row[width:]):
                raise InputError(f"{path} line {i} has {len(row)} cells, the header has {width}")
            rows.append(row[:width])
        yield start, zip(*rows)


def column_of(path, name, cells, lines, separator):
    """Return one column, whose cells are there: see columns_of_cells."""
    if are_numbers(cells, separator):
        return numbers_of(path, name, cells, lines, separator, {})
    return cells


def are_numbers(cells, separator):
    """Tell whether most of the first cells that hold something are numbers; None where none does."""
    some = [cell for cell in cells[:SOME] if cell.lower() not in MISSING]
    some = some or [cell for cell in cells if cell.lower() not in MISSING]
    return sum(to_number(cell, separator) is not None for cell in some) * 2 > len(some) if some else None


def numbers_of(path, name, cells, lines, separator, marks):
    """Return cells as float64 (n,), NaN where they are missing.

    name: of the column; lines: of the file, of each cell; marks: {decimal mark of the column: where it was seen}, and
    "decimal" where it is no mark of thousands, which grows. Raises InputError for a word, and for decimal commas
    beside decimal points.
    """
    text = "\n".join(cells)
    if separator == ";":
        for mark in {",", "."} - set(marks):
            if mark in text:
                k = next(k for k, cell in enumerate(cells) if mark in cell)
                marks[mark] = f"({cells[k][:40]!r} in line {lines[k]})"
        if {",", "."} <= set(marks):  # 1.234 may be a thousand beside 1,5
            seen = f"decimal commas {marks[',']} and points {marks['.']}"
            raise InputError(f"{path}: column {name!r} has {seen}: write all alike")
        written = (cell for cell in cells if "." in cell or "," in cell)
        if "decimal" not in marks and not all(map(GROUPED.fullmatch, written)):
            marks["decimal"] = True
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
