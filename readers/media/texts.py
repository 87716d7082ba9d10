"""Texts: a table with a column TEXT, or a folder for each class with a text in each file (`aclImdb` has it so)."""

import re
from array import array
from collections import Counter
from itertools import pairwise

import numpy as np

from core.errors import InputError
from readers.tables.cells import is_header
from readers.tables.columns import column_named, labels_of, listed, read_groups, refuse_empty_labels, shorten
from readers.tables.delimited import TYPED_TABLES, quoted_rows
from readers.tables.joined_labels import with_own_label_file, with_row_labels
from readers.tables.table import Table
from readers.text_files import LONGEST, read_any_text, read_train_and_test
from sequences.ignored_labels import PANDAS_NA
from sequences.types import FASTTEXT, Sequences

SHORT, MOST_KNOWN = 40, 1_000  # letters of a cell, as of a label, that is kept once, and how many different ones are
ROW = "row of the file"  # name of a column beside those of the file
LABELS_FIRST = re.compile(rf"((?:{FASTTEXT}\S+\s*)*)(.*)", re.DOTALL)


def read(path, c, preparation=None):
    """Read a table with a column of texts and, but for new data, one of labels: see readers/__init__.py."""
    if preparation is not None and path.suffix.lower() == ".txt":
        return read_lines(path), None
    if c.LABEL_FILE is None or preparation is not None:
        return read_train_and_test(lambda file: read_table(file, c, preparation is None), path)
    return read_train_and_test(lambda file: read_table(file, with_own_label_file(path, file, c), True), path)


def is_fasttext(path):
    """Tell whether a file holds fastText's lines, `__label__x __label__y text`."""
    if path.suffix.lower() in TYPED_TABLES:
        return False
    with open(path, "rb") as file:
        return file.read(len(FASTTEXT)) == FASTTEXT.encode()


def read_fasttext(path, c, preparation=None):
    """Read such a file and its `_TEST` twin: see readers/__init__.py."""
    if c.LABEL_FILE is not None:
        raise InputError(f"{path} has labels in its lines: LABEL_FILE must be None")
    return read_train_and_test(read_lines, path)


def read_table(path, c, labelled):
    """Read one such table. Cells may hold line breaks where they are quoted.

    Parameters: labelled, whether the columns LABEL and GROUP are needed.
    Returns: Sequences with x an array (n,) of strings.
    Raises: InputError for columns that are not there and rows of another length.
    """
    apart = labelled and c.LABEL_FILE is not None
    text, labels, group = c.TEXT, listed(c.LABEL) if labelled and not apart else [], c.GROUP if labelled else None
    columns, notes = _read_columns(path)
    first = [*columns[:, 0]]
    header = first if is_header(first, None) and _names_columns(columns, text, labels) else None
    names = [name.strip() for name in header] if header else [str(place) for place in range(len(columns))]
    if header is None and isinstance(text, str):
        raise InputError(f"TEXT = {text!r} is impossible: the first row of {path} holds {shorten(first)[:200]}")
    columns = columns[:, 1:] if header else columns
    if not columns.size:
        raise InputError(f"{path} has a header and no rows")
    repeated = [name for name in names if name and names.count(name) > 1]
    if repeated:
        raise InputError(f"{path} names the column {repeated[0][:40]!r} twice")
    text_name, y, target_names, groups = column_named(path, names, text, "TEXT"), None, None, None
    if apart:
        columns, y, target_names, notes = _labels_apart(path, names, columns, bool(header), notes, c)
    cells = dict(zip(names, columns))
    if labels:
        found = [column_named(path, names, label, "LABEL") for label in labels]
        if text_name in found:
            raise InputError(f"TEXT and LABEL name the same column, {text_name!r}")
        labels = {name: np.array([cell.strip() for cell in cells[name]]) for name in found}
        refuse_empty_labels(path, labels)
        y, target_names = labels_of(path, labels)
    if group is not None:
        name = column_named(path, names, group, "GROUP")
        groups = read_groups(path, name, [cell.strip() for cell in cells[name]], None)
    broken = sum("\n" in cell for cell in cells[text_name])
    if broken and path.suffix.lower() not in TYPED_TABLES:
        hold = "texts hold line breaks: their" if broken > 1 else "text holds line breaks: its"
        notes.append(f"{broken} {hold} quotation marks span several lines")
    texts = ["" if cell == PANDAS_NA else cell for cell in cells[text_name]]
    return from_texts(path, texts, y, notes).replace(groups=groups, target_names=target_names)


def _labels_apart(path, names, columns, header, notes, c):
    """Match the rows of columns (columns, rows) of words with LABEL_FILE.

    Returns: (columns of those that have a label, their labels, names of several labels or None, notes).
    """
    words = [[cell.strip() for cell in column] for column in columns]
    rows = np.arange(columns.shape[1])
    table = Table([*names, ROW], [*words, rows], (rows + 1).tolist(), header, notes)
    table, c = with_row_labels(path, table, c)
    found = dict(zip(table.names, table.columns))
    y, target_names = labels_of(path, {name: found[name] for name in listed(c.LABEL)})
    return columns[:, found[ROW]], y, target_names, table.notes


def _read_columns(path):
    """Read the cells of a table of words.

    Returns: (columns (columns, rows) of strings, notes). Raises: InputError for rows of another length.
    """
    (rows, notes), cells, widths, known = quoted_rows(path), [], array("l"), {}
    for row in rows:  # a list of each would take as much as a short text
        for cell in row:
            if len(cell) < SHORT and len(known) < MOST_KNOWN:
                known.setdefault(cell, cell)
            cells.append(known.get(cell, cell))
        widths.append(len(row))
    if not widths:
        raise InputError(f"{path} is empty")
    width, many = Counter(widths).most_common(1)[0]
    if many < len(widths):
        begins = np.cumsum([0, *widths])
        for number, (begin, end) in enumerate(pairwise(begins), 1):
            if end - begin < width or any(cells[begin + width : end]):
                raise InputError(f"{path}: row {number} has {end - begin} cells, the others have {width}")
        cells = [cell for begin in begins[:-1] for cell in cells[begin : begin + width]]
    return np.array(cells, dtype=object).reshape(-1, width).T, notes


def _names_columns(columns, text, labels):
    """Tell whether the first row may be a header: it holds the name TEXT, or a label that no other row has."""
    places = [k for k in labels if isinstance(k, int) and -len(columns) <= k < len(columns)]
    if isinstance(text, str) or not places or len(places) < len(labels):
        return text in columns[:, 0] or any(label in columns[:, 0] for label in labels)
    return all(columns[k, 0] not in {*columns[k, 1:]} for k in places)


def read_lines(path):
    """Read texts from a text file, one a line; labels stand before them as fastText has it, or nowhere."""
    content, notes = read_any_text(path)
    lines = [line for line in content.split("\n") if line.strip()]
    if not lines:
        raise InputError(f"{path} is empty")
    pairs = [LABELS_FIRST.fullmatch(line.strip()).groups() for line in lines]
    labels, texts = [own.replace(FASTTEXT, "").split() for own, _ in pairs], [text for _, text in pairs]
    mark = FASTTEXT if any(len(own) > 1 for own in labels) else ""  # one label each is a class
    marks = [" ".join(mark + label for label in own) for own in labels]
    return from_texts(path, texts, np.array(marks) if any(labels) else None, notes)


def read_files(path, files, labels):
    """Read files with a text each. labels: list of the class of each, or None. Returns: Sequences."""
    texts = from_texts(path, [read_any_text(file)[0] for file in files], None if labels is None else np.array(labels))
    return texts.replace(names=[file.relative_to(path).as_posix() for file in files])


def from_texts(path, texts, y, notes=()):
    """Return Sequences of texts, a list of strings. Raises InputError for empty ones and endless ones."""
    lengths = np.fromiter((len(text.strip()) for text in texts), int)
    if (lengths == 0).any():
        raise InputError(f"{path}: text {int((lengths == 0).argmax()) + 1} is empty")
    if lengths.max() > LONGEST:
        raise InputError(f"{path}: text {int(lengths.argmax()) + 1} has {lengths.max():,} letters, {LONGEST:,} at most")
    return Sequences(np.array(texts, dtype=object), y, "texts", texts=list(texts), notes=tuple(notes))
