"""Sheets of `.xlsx` workbooks as tables, read by openpyxl."""

import contextlib
import itertools
import re
import struct
import warnings
import zipfile
import zlib

from core.errors import InputError
from core.lazy import lazy
from core.wording import counted
from readers.arrays.numpy_files import UNPACKED
from readers.file_checks import refuse_damaged, refuse_larger_than_memory
from readers.tables.cells import FIRST_ROWS, is_header, only_first_counts_up
from readers.tables.columns import shorten
from readers.tables.dataframes import refuse_without
from readers.tables.table import Table, column_of_values, empty_row_notes, refuse_wide, word

openpyxl = lazy("openpyxl")
DENSE = 2**27  # bytes of a workbook, unpacked, that may be packed as well as can be
PACKED = 100  # times smaller than itself a larger one is at the most
FORMULA = re.compile(rb"[<:]f[ />]")
CELL, ROW_END = re.compile(rb"[<:]c[ />]"), re.compile(rb"[/:]row>")
DIGITS = 15  # of a number that a spreadsheet keeps
MOST = 10**DIGITS
MOST_ROWS, MOST_COLUMNS = 2**20, 2**14  # of a sheet, as spreadsheet programs have them
MOST_CELLS = 50_000_000


def read(path):
    """Read the first sheet of a workbook that is not hidden; a note names the others.

    Returns: Table, its words as they are: see readers/tables/table.py with_numbers.
    Raises: InputError for a damaged workbook, titles above the table, and a formula whose value the file does not have.
    """
    refuse_without(path, "openpyxl")
    errors = (zipfile.BadZipFile, zlib.error, struct.error, openpyxl.utils.exceptions.InvalidFileException)
    errors += (SyntaxError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, EOFError)
    errors += (RuntimeError,)  # of encrypted workbooks, and those packed in a way that Python does not know
    with refuse_damaged(path, "cannot be read as .xlsx", errors), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of styles and extensions, which hold no values
        with zipfile.ZipFile(path) as archive:
            _refuse_bomb(path, archive)
            sheets = [name for name in archive.namelist() if "worksheets/" in name]
            for name in sheets:
                refuse_wide(path, _cells_of_first_row(archive, name), MOST_COLUMNS)
            formulas = any(_holds_formulas(archive, name) for name in sheets)
        with _first_sheet(path) as (sheet, others):
            rows = {number: row for number, row in _rows(path, sheet) if any(value is not None for value in row)}
        if formulas and any(None in row for row in rows.values()):
            _refuse_formulas(path)
    if not rows:
        raise InputError(f"{path}: the sheet {sheet.title!r} is empty")
    notes = [f"the sheet {sheet.title!r} is read; the workbook also has {shorten(others)}"] if others else []
    return _table(path, rows, notes)


def _refuse_bomb(path, archive):
    """Raise InputError for a workbook that unpacks to far more than a table could."""
    size = sum(member.file_size for member in archive.infolist())
    if size > UNPACKED or size > max(DENSE, PACKED * path.stat().st_size):
        raise InputError(f"{path} unpacks to {size / 2**30:.1f} GiB, more than a table in it can take: save it as .csv")
    refuse_larger_than_memory(path, size)


def _holds_formulas(archive, name):
    """Tell whether a sheet holds formulas, with which reading takes three times as long."""
    with archive.open(name) as file:
        end = b""
        while block := file.read(2**20):
            if FORMULA.search(end + block):
                return True
            end = block[-2:]
    return False


def _cells_of_first_row(archive, name):
    """Count the cells of the first row of a sheet without openpyxl, which takes minutes for a million."""
    row = bytearray()
    with archive.open(name) as file:
        while not (end := ROW_END.search(row, max(0, len(row) - 2**20 - 5))) and (block := file.read(2**20)):
            row += block
    return len(CELL.findall(row, 0, end.start() if end else len(row)))


@contextlib.contextmanager
def _first_sheet(path, data_only=True):
    """Open the first sheet that is not hidden. Yields: (sheet, titles of the others)."""
    with contextlib.closing(openpyxl.load_workbook(path, read_only=True, data_only=data_only)) as book:
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
        if not sheets:
            raise InputError(f"{path} holds no sheet of cells")
        sheets[0].reset_dimensions()  # what a file says of them may be false
        yield sheets[0], [sheet.title for sheet in book.worksheets if sheet is not sheets[0]]


def _rows(path, sheet):
    """Yield (number, values) of each row of a sheet."""
    cells = 0
    for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
        cells += len(row)
        if number > MOST_ROWS or cells > MOST_CELLS:
            raise InputError(f"{path}: the sheet {sheet.title!r} has over {MOST_CELLS:,} cells: write it as .csv")
        yield number, row


def _refuse_formulas(path):
    """Raise InputError for a formula without its value: programs that write workbooks may leave that to Excel."""
    with _first_sheet(path) as (known, _), _first_sheet(path, data_only=False) as (written, _):
        for values, formulas in zip(known.iter_rows(), written.iter_rows()):
            for value, formula in zip(values, formulas):
                # Excel's own "" is of the type "str".
                if formula.data_type == "f" and value.value is None and value.data_type != "str":
                    raise InputError(
                        f"{path}: cell {formula.coordinate} of the sheet {written.title!r} holds a formula "
                        f"({getattr(formula.value, 'text', formula.value)[:40]}) without its value: open it in a "
                        "spreadsheet program and save it"
                    )


def _table(path, rows, notes):
    """Make a Table of rows {number: values}, the first of which may be a header."""
    first = [[*map(word, row)] for row in itertools.islice(rows.values(), FIRST_ROWS)]
    counts = only_first_counts_up(first, ",")
    header, (above, *lines) = counts or is_header(first[0], ","), rows
    if counts:
        notes = [*notes, f"line {above} is read as a header: its numbers count up ({shorten(first[0], 5)})"]
    lines = lines if header else [above, *lines]
    if not lines:
        raise InputError(f"{path} has a header and no rows")
    notes = [*notes, *empty_row_notes(lines, sorted({*range(lines[0], lines[-1])} - {*lines}))]
    columns = [*itertools.zip_longest(*(rows[line] for line in lines))]
    names = first[0] if header else [*map(str, range(len(columns)))]
    names += [""] * (len(columns) - len(names))
    nameless = [k for k, column in enumerate(columns) if not names[k] and any(value is not None for value in column)]
    if len(nameless) > 1:
        column = openpyxl.utils.get_column_letter(nameless[0] + 1)
        raise InputError(
            f"{path} line {above} is taken for the header, but has no name for column {column}: remove what "
            "stands above the names of the columns"
        )
    notes += digit_notes(columns)
    columns += [()] * (len(names) - len(columns))
    columns = [
        column_of_values(path, name, column or [None] * len(lines), lines) for name, column in zip(names, columns)
    ]
    return Table(names, columns, lines, header, notes)


def digit_notes(columns):
    """Say how many whole numbers of columns of values have more digits than a spreadsheet keeps: a list of lines."""
    long = [value for column in columns for value in column if isinstance(value, (int, float)) and abs(value) >= MOST]
    if not long:
        return []
    many = f"{counted(len(long), 'number')} of over {DIGITS} digits, such as {word(long[0])}"
    return [f"{many}: spreadsheets round them (ids keep all digits in cells formatted as text)"]
