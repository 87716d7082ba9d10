"""A table in memory: its columns of numbers or words, whatever file they come from."""

from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal
from numbers import Real

import numpy as np

from core.errors import InputError
from core.wording import counted_was
from readers.file_checks import refuse_larger_than_memory
from readers.tables.cells import MISSING, PRINTED, mostly_numbers, numbers_from_cells, to_number
from readers.tables.columns import shorten
from readers.text_files import LONGEST
from readers.whole_numbers import EXACT, count_rounded_cells, integer_note, is_rounded

MOST_COLUMNS = 200_000
SEVERAL = (list, tuple, dict, set, bytes, bytearray, np.ndarray)  # what no cell of a table can hold


def refuse_wide(path, count, most=MOST_COLUMNS):
    """Raise InputError for a table of more columns than `most`: each is looked at by itself."""
    if count > most:
        raise InputError(
            f"{path} has {count:,} columns, and {most:,} are the most: if each is a time step or a record, turn rows "
            "into columns (df.T); else write the numbers as .npz, X (n, time, features) and y"
        )


class Unreadable(list):
    """A column with cells of several values, which are empty in it; `why` says where. It may be left out."""


@dataclass(frozen=True)
class Table:
    """A table: columns of numbers, NaN where a cell is missing, or of words."""

    names: list  # of the columns; "0", "1", ... without a header
    columns: list  # float64 (rows,) or lists of strings
    lines: list  # line of the file of each row
    header: bool  # whether the file has one
    notes: list
    rate: float | None = None  # rows in a second, Hz, where the file says so
    annotations: tuple = ()  # names of columns that label rows, and are never inputs


def place_of(names, column):
    """Return the place of a column given by its name, or by its place; None where it is not there."""
    if column in names:
        return names.index(column)
    by_place = isinstance(column, int) and -len(names) <= column < len(names)
    return column % len(names) if by_place else None


def empty_row_notes(lines, empty):
    """Say which of the empty rows of a file lie between those that hold something: no time passes there any more.

    Parameters: lines, numbers of the rows that hold something, sorted; empty, of the others. Returns: list of one line
    or none.
    """
    inside = [i for i in empty if lines[0] < i < lines[-1]]
    if not inside:
        return []
    where = f"line{'s' * (len(inside) > 1)} {shorten(inside, 5)}"
    return [f"{counted_was(len(inside), 'empty row')} left out ({where}): the rows around count as neighbours"]


def is_empty(column):
    """Tell whether a column has no value at all."""
    return np.isnan(column).all() if isinstance(column, np.ndarray) else not any(column)


def ignored_places(names, ignored, notes):
    """Return the places of the columns IGNORE, names or places; add a note for one that is not there."""
    places = {place_of(names, column): column for column in ignored or ()}
    if None in places:
        notes.append(f"IGNORE = {ignored!r}: there is no column {places[None]!r}")
    return places


def without_nameless(path, table):
    """Leave out the columns that have neither a name nor a value; raise InputError for a name that comes twice."""
    used = [k for k, (name, column) in enumerate(zip(table.names, table.columns)) if name or not is_empty(column)]
    repeated = [name for name, times in Counter(table.names[k] for k in used).items() if times > 1]
    if repeated:
        raise InputError(f"{path} names the column {repeated[0][:40]!r} twice")
    return replace(table, names=[table.names[k] for k in used], columns=[table.columns[k] for k in used])


def has_names(cells, separator, most_labels):
    """Tell whether a column that names something has a name that is no number; most_labels: see identifier_columns."""
    different = {*cells}
    numbers = [to_number(cell, separator) for cell in different if cell.lower() not in MISSING]
    few = most_labels is None or len(different) <= most_labels
    return few and any(number is None or not np.isfinite(number) for number in numbers)


def numbers_or_names(numbers, words, most_labels):
    """Return a column that names something: numbers (rows,) where they print as they are written, else the words.

    So 007 is not 7, nor 1e3 1000. most_labels: see identifier_columns; decimals are then no names either.
    """
    known = numbers[~np.isnan(numbers)]
    if most_labels is not None:
        different = np.unique(known)
        if len(different) > most_labels or (different != np.round(different)).any():
            return numbers
    exact = (np.abs(known) < EXACT).all()
    if exact and all(word == f"{number + 0.0:.15g}" for number, word in zip(numbers.tolist(), words) if word):
        return numbers
    return numbers if exact and all(PRINTED.fullmatch(word) for word in words if word) else words


def column_of_values(path, name, values, lines):
    """Make a column of the values (rows,) of a file whose cells have types, None where they are missing.

    Parameters: lines are those of the file, of each value.
    Returns: an array of numbers (rows,), or a list of words, as Python prints them, or Unreadable.
    Raises: InputError for a word of more than LONGEST letters, naming the line, and for more than memory can hold.
    """
    types = {*map(type, values)} - {type(None)}
    if types and all(issubclass(kind, (Real, Decimal)) and kind is not bool for kind in types):
        kind = np.int64 if types == {int} and None not in values else float
        if kind is float and any(isinstance(value, int) and abs(value) > EXACT for value in values):
            return [word(value) for value in values]  # as names they keep their digits
        try:
            return np.array([np.nan if value is None else value for value in values], dtype=kind)
        except OverflowError:  # whole numbers beyond 64 bits
            return [word(value) for value in values]
    if several := tuple(kind for kind in types if issubclass(kind, SEVERAL)):
        k = next(k for k, value in enumerate(values) if isinstance(value, several))
        words = Unreadable(["" if isinstance(value, several) else word(value) for value in values])
        words.why = (
            f"{path} line {lines[k]}: column {name[:40]!r} holds {type(values[k]).__name__} values, and a cell is one "
            f"number or one word: write a column for each of its values, or leave it out, IGNORE = [{name[:40]!r}]"
        )
        return words
    words = [*map(word, values)]
    longest = max(map(len, words), default=0)
    if longest > LONGEST:
        line = next(line for line, cell in zip(lines, words) if len(cell) == longest)
        raise InputError(f"{path} line {line} has a cell of {longest:,} letters, and {LONGEST:,} are the most")
    refuse_larger_than_memory(path, sum(map(len, words)))  # a file may have a long word once, for all rows
    return words


def word(value):
    """Write a value as a text table has it."""
    if isinstance(value, str):
        return value.strip()
    return "" if value is None or value != value else str(value)  # NaN, NaT


def with_numbers(path, table, identifiers=(), ignored=None):
    """Turn columns of words that mostly hold numbers into numbers, as those of a text table are.

    Parameters: table has columns of words as they are written, or of numbers, whole ones too; identifiers and ignored:
    see readers/tables/delimited.py read_table.
    Returns: Table. Raises: InputError, naming the line, for what is no finite number in a column of numbers.
    """
    notes = [*table.notes]
    names, columns, empty = table.names, [*table.columns], ignored_places(table.names, ignored, notes)
    most = {place_of(names, column): most for column, most in identifiers}
    for k, column in enumerate(columns):
        if k in empty:
            columns[k] = [""] * len(table.lines)
        elif isinstance(column, Unreadable):
            raise InputError(column.why)
        elif isinstance(column, np.ndarray):
            exact = column.dtype.kind == "f" or column.min() > -EXACT and column.max() < EXACT
            columns[k] = column.astype(float) if exact or k not in most else [*map(str, column.tolist())]
            if not exact and k not in most:
                notes += integer_note(names[k], int(is_rounded(column).sum()))
            if len(infinite := np.flatnonzero(np.isinf(columns[k]) if exact else ())):
                line = table.lines[infinite[0]]
                raise InputError(f"{path} line {line}, column {names[k]!r}: infinity is not a finite number")
        elif mostly_numbers(column, ",") and not (k in most and has_names(column, ",", most[k])):
            numbers = numbers_from_cells(path, names[k], column, table.lines, ",", {})
            columns[k] = numbers_or_names(numbers, column, most[k]) if k in most else numbers
            if columns[k] is numbers:
                notes += integer_note(names[k], count_rounded_cells(column))
    return without_nameless(path, replace(table, columns=columns, notes=notes))
