"""Columns of tables: found by name or place, grouped into recordings, taken as labels, groups and inputs."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import InputError
from readers.tables import sanity_checks
from readers.tables.clocks import clock_note, only_goes_on
from sequences.ignored_labels import PANDAS_NA

A_FILE_EACH = ("file", "annotation")  # values of SEQUENCE with which the rows of a file are one recording
MOST_CLASSES = 12  # different whole numbers that are taken for classes without asking
MOST_WORDS = 10  # different words of a column that become 0/1 columns; more are left out


def column_named(path, names, column, constant):
    """Return the name of a column given by its name, or by its place, from the end where it is negative."""
    if column in names:
        return column
    if isinstance(column, int) and -len(names) <= column < len(names):
        return names[column]
    raise InputError(f"{constant} = {column!r} is impossible: the {len(names)} columns of {path} are {shorten(names)}")


def find_column(path, names, column, constant, preparation):
    """Return the name of a column; None where no constant names one, or new data lack it.

    By place new data lack it where an input of the training set has that place.
    """
    if column is None or preparation is not None and column not in names and not isinstance(column, int):
        return None
    name = column_named(path, names, column, constant)
    return None if preparation is not None and name in (preparation.columns or ()) else name


def identifier_columns(c):
    """Return the columns, by name or place, whose values name something, and so are kept as they are written.

    Returns: list of (column of recordings or groups, None), and (LABEL, how many different whole numbers may name
    classes), unless it holds numbers to predict.
    """
    sequence = c.SEQUENCE if isinstance(c.SEQUENCE, list) else [c.SEQUENCE]
    labels = {None: MOST_CLASSES, "classification": np.inf, "multilabel": None}
    found = [(c.LABEL, labels[c.TASK])] if c.TASK in labels and not isinstance(c.LABEL, list) else []
    found += [(column, None) for column in (*sequence, c.GROUP, c.PIVOT)]
    return [(column, most) for column, most in found if column not in (None, "row", *A_FILE_EACH)]


def shorten(names, most=8):
    """Return the first of many names, separated by commas, for a message."""
    return ", ".join(map(str, names[:most])) + (", ..." if len(names) > most else "")


def is_missing(column):
    """Tell which values (rows,) of a column of numbers or words are missing, as pandas' mark says of words too."""
    column = np.asarray(column)
    return np.isnan(column) if column.dtype.kind == "f" else (column == "") | (column == PANDAS_NA)


def refuse_missing(path, name, column, constant, order=None):
    """Raise InputError where a column that each row needs, named by a constant, is empty in one.

    order: (rows,) where the rows stand in the file, if not one after the other.
    """
    missing = np.flatnonzero(is_missing(column))
    if len(missing):
        row = (missing if order is None else order[missing]).min() + 1
        where = "all rows: -1 counts empty columns too" if len(missing) == len(column) else f"row {row}"
        raise InputError(f"{path}: column {name!r} of {constant} is empty in {where}")


def as_labels(column):
    """Return a column as labels (rows,): words, or whole numbers, or decimals."""
    column = np.asarray(column)
    if column.dtype.kind != "f" or not np.isfinite(column).all():
        return column
    whole = (column == np.round(column)).all() and (np.abs(column) < 2**53).all()
    return column.astype(np.int64) if whole else column


def listed(label):
    """Return LABEL, a column or a list of columns, as a list."""
    return label if isinstance(label, list) else [] if label is None else [label]


def as_label_matrix(path, columns):
    """Return the labels of several columns {name: column} side by side: float64 (rows, columns), NaN where missing.

    Words must be 0, 1, false or true. Raises: InputError, naming the column, for others.
    """
    truth = {"0": 0.0, "1": 1.0, "false": 0.0, "true": 1.0, "": np.nan, "nan": np.nan, PANDAS_NA.lower(): np.nan}
    for name, column in columns.items():
        if np.asarray(column).dtype.kind != "f":
            words = [str(cell).lower() for cell in column]
            if strange := next((word for word in words if word not in truth), None):
                raise InputError(
                    f"{path}: column {name!r} of LABEL holds {strange[:40]!r}: of several labels at once each column "
                    "holds 0 and 1; a column of classes is named alone"
                )
            columns[name] = np.array([truth[word] for word in words])
    return np.stack([*columns.values()], axis=1)


def labels_of(path, columns):
    """Return (the labels of the columns of LABEL, {name: column}, names of several): (rows,) of one, and None.

    Of several as as_label_matrix has them.
    """
    return (as_labels(*columns.values()), None) if len(columns) == 1 else (as_label_matrix(path, columns), [*columns])


def refuse_empty_labels(path, columns):
    """Raise InputError where one of the columns of LABEL, {name: column}, is empty in all rows."""
    for name, column in columns.items():
        if is_missing(column).all():
            refuse_missing(path, name, column, "LABEL")


def read_groups(path, name, column, preparation, order=None):
    """Return a column as groups (rows,); order: see refuse_missing."""
    if preparation is None:  # new data may lack some
        refuse_missing(path, name, column, "GROUP", order)
    return as_labels(column)


def as_words(column):
    """Return a column of words, or of numbers as words: 7 rather than 7.0, nothing for what is missing."""
    if not isinstance(column, np.ndarray):
        return column
    return ["" if np.isnan(value) else f"{value:.15g}" for value in column]


def side_by_side(columns):
    """Return columns (rows,) of numbers as (rows, columns), without a copy where they lie so in memory already."""
    first, places = columns[0], [column.__array_interface__["data"][0] for column in columns]
    one = first.base is not None and all(column.base is first.base for column in columns)
    if one and (np.diff(places) == first.itemsize).all():
        shape, strides = (len(first), len(columns)), (first.strides[0], first.itemsize)
        return np.lib.stride_tricks.as_strided(first, shape, strides, writeable=False)
    return np.stack(columns, axis=1)


@dataclass(frozen=True)
class TableRows:
    """The rows of one table or several, those of a recording (or series) one after the other."""

    path: Path
    tables: list  # (name, Table) that the rows come from
    names: list  # of the columns
    columns: list  # numbers (rows,), NaN where missing, or lists of words
    table_of: np.ndarray  # (rows,) which of the tables a row comes from
    order: np.ndarray  # (rows,) its place in the tables, one below the other
    bounds: np.ndarray  # (recordings + 1,) where recordings begin and end
    recordings: list  # their names
    sequence: list  # names of the columns that tell them apart
    notes: list  # what new data lack to tell them apart

    def column(self, name):
        """Return the column of this name."""
        return self.columns[self.names.index(name)]

    def slices(self):
        """Return where each recording lies."""
        return [slice(start, stop) for start, stop in zip(self.bounds, self.bounds[1:])]

    def location(self, row):
        """Return the file and the line of a row."""
        name, table = self.tables[self.table_of[row]]
        before = sum(len(other.lines) for _, other in self.tables[: self.table_of[row]])
        return f"{name} line {table.lines[self.order[row] - before]}"


def group_rows(path, tables, c, preparation, tables_apart=True):
    """Find the recordings: the rows that share the values of SEQUENCE; with LABEL among them, each stretch of a label.

    Parameters: tables is a list of (name, Table) with the same columns; the rows of two are never one recording where
    tables_apart.
    Returns: TableRows.
    Raises: InputError for tables whose columns differ, and for values of SEQUENCE that are missing or ambiguous.
    """
    names, columns, table_of = _stacked(path, tables)
    wanted = c.SEQUENCE if isinstance(c.SEQUENCE, list) else [] if c.SEQUENCE in A_FILE_EACH else [c.SEQUENCE]
    sequence = [find_column(path, names, column, "SEQUENCE", preparation) for column in wanted]
    lacking = [column for column, name in zip(wanted, sequence) if name is None and column not in (None, c.LABEL)]
    notes = [f"no column {column!r} of SEQUENCE: rows that it told apart stand in one" for column in lacking]
    sequence = [name for name in sequence if name is not None]
    values = [columns[names.index(name)] for name in sequence]
    for name, column in zip(sequence, values):
        refuse_missing(path, name, column, "SEQUENCE")
    codes = [table_of if tables_apart else np.zeros_like(table_of)]
    keys, order, bounds = [(0, [])], np.arange(len(table_of)), np.array([0, len(table_of)])
    if values or codes[0].any():
        codes += [np.unique(column, return_inverse=True)[1] for column in values]
        one = values and c.TASK != "forecasting" and not isinstance(c.LABEL, list)
        label = find_column(path, names, c.LABEL, "LABEL", preparation) if one else None
        first, order, bounds = _order_by(codes, 1 + sequence.index(label) if label in sequence else None)
        keys = [(codes[0][row], [column[row] for column in values]) for row in first]
        del codes  # the reordered columns take as much memory
    if (np.diff(order) != 1).any():
        columns = [x[order] if isinstance(x, np.ndarray) else [x[k] for k in order] for x in columns]
    recordings = _recording_names(keys, tables)
    return TableRows(path, tables, names, columns, table_of[order], order, bounds, recordings, sequence, notes)


def _stacked(path, tables):
    """Put tables below each other: (names of the columns, columns, which table each row comes from (rows,))."""
    (first, table), *others = tables
    for name, other in others:
        if other.names != table.names:
            both = f"{shorten(other.names)} and {shorten(table.names)}"
            apart = "" if {*other.names} & {*table.names} else "; labels stand in the rows that they label"
            raise InputError(f"{path}: {name} has different columns from {first}: {both}{apart}")
    columns = table.columns
    if others:
        columns = []
        for parts in zip(*(table.columns for _, table in tables)):  # numbers where all are, else words
            numeric = all(isinstance(part, np.ndarray) for part in parts)
            columns.append(np.concatenate(parts) if numeric else [cell for part in parts for cell in as_words(part)])
    return table.names, columns, np.repeat(np.arange(len(tables)), [len(table.lines) for _, table in tables])


def _order_by(codes, label):
    """Order rows by codes, a list of (rows,), so that recordings come in the order in which they begin.

    Parameters: label is the place of a code each stretch of which is one recording, or None.
    Returns: (first row of each recording, order of the rows (rows,), bounds of the recordings in it).
    """
    if label is not None:  # number its stretches in what the other codes tell apart
        others = combine([code for k, code in enumerate(codes) if k != label])
        order = np.argsort(others, kind="stable")
        changes = (np.diff(others[order]) != 0) | (np.diff(codes[label][order]) != 0)
        number = np.empty(len(order), int)
        number[order] = np.concatenate([[0], np.cumsum(changes)])
    else:
        number = combine(codes)
    _, first, number = np.unique(number, return_index=True, return_inverse=True)
    number = np.argsort(np.argsort(first))[number]
    return np.sort(first), np.argsort(number, kind="stable"), np.concatenate([[0], np.cumsum(np.bincount(number))])


def combine(codes):
    """Return one code (rows,) for codes, a list of (rows,) whole numbers from 0."""
    combined = codes[0]
    for code in codes[1:]:
        combined = np.unique(combined * (code.max() + 1) + code, return_inverse=True)[1]
    return combined


def _recording_names(keys, tables):
    """Name recordings (table, values of SEQUENCE) by their files and values; those of one name are numbered."""
    names = []
    for table, values in keys:
        words = [f"{value:.15g}" if isinstance(value, float) else str(value) for value in values]
        names.append(" ".join(words if values and not table else [str(tables[table][0]), *words]))
    total, seen = Counter(names), Counter()
    for place, name in enumerate(names):
        seen[name] += 1
        names[place] = f"{name} ({seen[name]})" if total[name] > 1 else name
    return names


def input_columns(rows, skipped, preparation, used=()):
    """Take the columns that are inputs: numbers as they are, each of a few different words as a column of 0 and 1.

    Parameters: rows are TableRows; skipped are the places of columns not used as inputs, used those that have another
    use. New data have a column for each word of the training set.
    Returns: (names of the inputs, values (rows, inputs) float64, notes).
    """
    inputs, unseen, left_out = {}, [], [rows.names[k] or "(nameless)" for k in skipped]
    candidates = [pair for k, pair in enumerate(zip(rows.names, rows.columns)) if k not in (*skipped, *used)]
    for name, column in candidates:
        if isinstance(column, np.ndarray):
            if not np.isnan(column[0]) or not np.isnan(column).all():  # the second takes long
                inputs[name] = column
            else:
                left_out.append(f"{name} (empty)")
            continue
        column = ["" if cell == PANDAS_NA else cell for cell in column]
        words = sorted({cell for cell in column if cell})
        if preparation is not None and preparation.columns is not None:
            words = [w.removeprefix(f"{name}=") for w in preparation.columns if w.startswith(f"{name}=")]
        if not words or len(words) > MOST_WORDS:
            left_out.append(f"{name} ({len(words)} different words)" if words else name)
            continue
        if not any(column):  # in new data
            unseen.append(f"{name} is empty, and not so in the training set: none of its words is there")
        if others := Counter(cell for cell in column if cell and cell not in words):
            some = shorten([f"{word!r} ({count})" for word, count in others.most_common()], 3)
            cells = f"cells of {name} hold words" if others.total() > 1 else f"cell of {name} holds a word"
            unseen.append(f"{others.total()} {cells} that the training set does not: {some}")
        for word in words:
            inputs[f"{name}={word}"] = np.array([float(cell == word) for cell in column])
    if not inputs:
        raise no_numeric_column(rows, used)
    values = side_by_side([*inputs.values()])
    notes = [f"columns not used as inputs: {', '.join(left_out)}"] if left_out else []
    notes += unseen + sanity_checks.unit_notes(dict(candidates))
    return [*inputs], values, notes


def no_numeric_column(rows, used=()):
    """Return the InputError for TableRows without an input; it names a column of texts, or of numbers with a unit."""
    others = {name: column for k, (name, column) in enumerate(zip(rows.names, rows.columns)) if k not in used}
    words = [name for name, column in others.items() if not isinstance(column, np.ndarray)]
    numbers = [name for name, column in zip(rows.names, rows.columns) if isinstance(column, np.ndarray)]
    besides = f" besides {shorten(numbers)}" if numbers else ""
    texts = f"; TEXT names a column of texts, such as {words[0]}" if used and words else ""
    clocks = [name for name in numbers if name in others and only_goes_on(others[name], rows.bounds)]
    clock = f": {clock_note(clocks[-1])}" if clocks else ""
    hint = clock or next(filter(None, map(sanity_checks.unit_hint, others.values())), texts)
    return InputError(f"{rows.path} has no numeric column to learn from{besides}{hint}")
