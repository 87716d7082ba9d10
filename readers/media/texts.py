"""Texts: a table with a column TEXT, or a folder for each class with a text in each file (`aclImdb` has it so)."""

from collections import Counter

import numpy as np

from core.errors import InputError
from readers.tables.columns import column_named, read_groups, refuse_missing, shorten
from readers.tables.delimited import is_header, read_quoted_rows
from readers.text_files import LONGEST, read_any_text, read_train_and_test
from sequences.types import Sequences


def read(path, c, preparation=None):
    """Read a table with a column of texts and, but for new data, one of labels: see readers/__init__.py."""
    if preparation is not None and path.suffix.lower() == ".txt":
        return read_lines(path), None
    label, group = (None, None) if preparation is not None else (c.LABEL, c.GROUP)
    return read_train_and_test(lambda file: read_table(file, c.TEXT, label, group), path)


def read_table(path, text, label, group=None):
    """Read one such table. Cells may hold line breaks where they are quoted.

    Parameters: text, label and group are names or places of the columns; None where they are not needed.
    Returns: Sequences with x an array (n,) of strings.
    Raises: InputError for columns that are not there and rows of another length.
    """
    rows, notes = read_quoted_rows(path)
    if not rows:
        raise InputError(f"{path} is empty")
    width = Counter(map(len, rows)).most_common(1)[0][0]
    for number, row in enumerate(rows, 1):
        if len(row) < width or any(row[width:]):
            raise InputError(f"{path}: row {number} has {len(row)} cells, the others have {width}")
    rows = [row[:width] for row in rows]
    header = rows[0] if is_header(rows[0], None) and _names_columns(rows, text, label) else None
    names = [name.strip() for name in header] if header else [str(place) for place in range(len(rows[0]))]
    if header is None and isinstance(text, str):
        raise InputError(f"TEXT = {text!r} is impossible: the first row of {path} holds {shorten(rows[0])[:200]}")
    rows = rows[1:] if header else rows
    if not rows:
        raise InputError(f"{path} has a header and no rows")
    repeated = [name for name in names if name and names.count(name) > 1]
    if repeated:
        raise InputError(f"{path} names the column {repeated[0][:40]!r} twice")
    cells = dict(zip(names, np.array(rows, dtype=object).T))
    text_name, y, groups = column_named(path, names, text, "TEXT"), None, None
    if label is not None:
        name = column_named(path, names, label, "LABEL")
        if name == text_name:
            raise InputError(f"TEXT and LABEL name the same column, {name!r}")
        y = np.array([cell.strip() for cell in cells[name]])
        refuse_missing(path, name, y, "LABEL")
    if group is not None:
        name = column_named(path, names, group, "GROUP")
        groups, variants = read_groups(path, name, [cell.strip() for cell in cells[name]], None)
        notes += variants
    if broken := sum("\n" in cell for cell in cells[text_name]):
        notes.append(f"{broken} texts hold line breaks: their quotation marks span several lines")
    return from_texts(path, cells[text_name], y, notes).replace(groups=groups)


def _names_columns(rows, text, label):
    """Tell whether the first row may be a header: it holds the name TEXT, or a label that no other row has."""
    if isinstance(text, str) or not isinstance(label, int) or not -len(rows[0]) <= label < len(rows[0]):
        return text in rows[0] or label in rows[0]
    return rows[0][label] not in {row[label] for row in rows[1:]}


def read_lines(path):
    """Read new texts from a text file, one a line. Returns: Sequences without labels."""
    content, notes = read_any_text(path)
    lines = [line for line in content.split("\n") if line.strip()]
    if not lines:
        raise InputError(f"{path} is empty")
    return from_texts(path, lines, None, notes)


def read_files(path, files, labels):
    """Read files with a text each. labels: list of the class of each, or None. Returns: Sequences."""
    texts = from_texts(path, [read_any_text(file)[0] for file in files], None if labels is None else np.array(labels))
    return texts.replace(names=[str(file.relative_to(path)) for file in files])


def from_texts(path, texts, y, notes=()):
    """Return Sequences of texts, a list of strings. Raises InputError for empty ones and endless ones."""
    lengths = np.array([len(text.strip()) for text in texts])
    if (lengths == 0).any():
        raise InputError(f"{path}: text {int((lengths == 0).argmax()) + 1} is empty")
    if lengths.max() > LONGEST:
        raise InputError(f"{path}: text {int(lengths.argmax()) + 1} has {lengths.max():,} letters, {LONGEST:,} at most")
    return Sequences(np.array(texts, dtype=object), y, "texts", texts=list(texts), notes=tuple(notes))
