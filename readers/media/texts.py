"""Texts: a table with a column TEXT, or a folder for each class with a text in each file (`aclImdb` has it so)."""

import csv
import io
from collections import Counter

import numpy as np

from core.errors import InputError
from readers.tables.columns import column_named, refuse_empty, shown
from readers.tables.delimited import find_separator, is_header
from readers.tables.numpy_fast_path import SAMPLE
from readers.tables.sanity_checks import alike_notes
from readers.text_files import LONGEST, csv_rows, read_any_text, with_twin
from sequences.types import Sequences


def read(path, c, known=None):
    """Read a table with a column of texts and, but for new data, one of labels: see readers/__init__.py."""
    if known is not None and path.suffix.lower() == ".txt":
        return read_lines(path), None
    label, group = (None, None) if known is not None else (c.LABEL, c.GROUP)
    return with_twin(lambda file: read_table(file, c.TEXT, label, group), path)


def read_table(path, text, label, group=None):
    """Read one such table. text, label, group: name or place of the columns; None where they are not needed.

    Cells may hold line breaks where they are quoted. Returns: Sequences with x an array (n,) of strings. Raises
    InputError for columns that are not there and rows of another length.
    """
    content, notes = read_any_text(path)
    lines = [line for line in content.split("\n")[:SAMPLE] if line.strip()]
    if not lines:
        raise InputError(f"{path} is empty")
    rows = rows_of(path, content, find_separator(lines) or ",")
    header = rows[0] if is_header(rows[0], None) and is_name(rows, text, label) else None
    names = [name.strip() for name in header] if header else [str(place) for place in range(len(rows[0]))]
    if header is None and isinstance(text, str):
        raise InputError(f"TEXT = {text!r} is impossible: the first row of {path} holds {shown(rows[0])[:200]}")
    rows = rows[1:] if header else rows
    if not rows:
        raise InputError(f"{path} has a header and no rows")
    repeated = [name for name in names if name and names.count(name) > 1]
    if repeated:
        raise InputError(f"{path} names the column {repeated[0][:40]!r} twice")
    place = names.index(column_named(path, names, text, "TEXT"))
    cells, y, groups = np.array(rows, dtype=object), None, None
    if label is not None:
        own = names.index(column_named(path, names, label, "LABEL"))
        if own == place:
            raise InputError(f"TEXT and LABEL name the same column, {names[own]!r}")
        y = np.array([cell.strip() for cell in cells[:, own]])
        if (y == "").any():
            raise InputError(f"{path}: row {int((y == '').argmax()) + 1} has no label")
    if group is not None:
        own = names.index(column_named(path, names, group, "GROUP"))
        groups = np.array([cell.strip() for cell in cells[:, own]])
        refuse_empty(path, names[own], groups, "GROUP")
        notes += alike_notes(np.unique(groups), "groups")
    broken = sum("\n" in cell for cell in cells[:, place])
    notes += [f"{broken} texts hold line breaks: their quotation marks go over several lines"] if broken else []
    return texts_of(path, cells[:, place], y, notes).replace(groups=groups)


def is_name(rows, text, label):
    """Tell whether the first row may be a header: it holds the name TEXT, or a label that no other row has."""
    if isinstance(text, str) or not isinstance(label, int) or not -len(rows[0]) <= label < len(rows[0]):
        return text in rows[0] or label in rows[0]
    return rows[0][label] not in {row[label] for row in rows[1:]}


def rows_of(path, content, separator):
    """Divide a table into rows of cells. Raises InputError for rows of another length than the first."""
    try:
        rows = [row for row in csv_rows(io.StringIO(content), separator) if any(row)]
        if separator == "\t" and (any("\n" in cell for row in rows for cell in row)):
            # A lone quotation mark in a text: where tabs divide, quotation marks are letters.
            rows = [line.split("\t") for line in content.split("\n") if line.strip()]
    except csv.Error as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    if not rows:
        raise InputError(f"{path} holds no cell that is not empty")
    width = Counter(map(len, rows)).most_common(1)[0][0]
    for number, row in enumerate(rows, 1):
        if len(row) < width or any(row[width:]):
            raise InputError(f"{path}: row {number} has {len(row)} cells, the others have {width}")
    return [row[:width] for row in rows]


def read_lines(path):
    """Read new texts from a text file, one a line."""
    content, notes = read_any_text(path)
    lines = [line for line in content.split("\n") if line.strip()]
    if not lines:
        raise InputError(f"{path} is empty")
    return texts_of(path, np.array(lines, dtype=object), None, notes)


def read_files(path, files, labels):
    """Read files with a text each. labels: list of the class of each, or None. Returns: Sequences."""
    texts = np.array([read_any_text(file)[0] for file in files], dtype=object)
    read = texts_of(path, texts, None if labels is None else np.array(labels), ())
    return read.replace(names=[str(file.relative_to(path)) for file in files])


def texts_of(path, texts, y, notes):
    """Return Sequences of texts. Raises InputError for empty ones and endless ones."""
    lengths = np.array([len(text.strip()) for text in texts])
    if (lengths == 0).any():
        raise InputError(f"{path}: text {int((lengths == 0).argmax()) + 1} is empty")
    if lengths.max() > LONGEST:
        raise InputError(f"{path}: text {int(lengths.argmax()) + 1} has {lengths.max():,} letters, {LONGEST:,} at most")
    return Sequences(texts, y, "texts", texts=list(texts), notes=tuple(notes))
