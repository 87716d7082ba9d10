"""What the readers of tables share: columns by name or place, which rows belong together, numbers from columns."""

from collections import Counter

import numpy as np

from core.errors import InputError

MOST_WORDS = 10  # different words of a column that become 0/1 columns; more are left out


def column_named(path, names, column, constant):
    """Return the name of a column given by its name, or by its place, from the end where it is negative."""
    if column in names:
        return column
    if isinstance(column, int) and -len(names) <= column < len(names):
        return names[column]
    raise InputError(f"{constant} = {column!r} is impossible: the {len(names)} columns of {path} are {shown(names)}")


def find_column(path, names, column, constant, known):
    """Return the name of a column; None where no constant names one, or new data lack it.

    By place new data lack it where an input of the training set has that place.
    """
    if column is None or known is not None and column not in names and not isinstance(column, int):
        return None
    name = column_named(path, names, column, constant)
    return None if known is not None and name in (known["columns"] or ()) else name


def identifiers(c):
    """Return the columns, by name or place, whose values name something: recordings, groups, classes."""
    sequence = c.SEQUENCE if isinstance(c.SEQUENCE, list) else [c.SEQUENCE]
    return [column for column in (*sequence, c.GROUP, c.LABEL) if column not in (None, "row", "file")]


def labels_of(column):
    """Return a column as labels: words, or whole numbers, or decimals."""
    if not isinstance(column, np.ndarray):
        return np.array(column)
    if np.isfinite(column).all() and (column == np.round(column)).all() and (np.abs(column) < 2**53).all():
        return column.astype(np.int64)
    return column


def shown(names):
    """Write names of columns for a message, shortened."""
    return ", ".join(map(str, names[:8])) + (", ..." if len(names) > 8 else "")


def one_table(path, tables):
    """Put tables of the same columns, a list of (name, Table), below each other.

    Returns: (names of the columns, columns, which table each row comes from (rows,)). Raises InputError for tables
    whose columns differ.
    """
    (first, table), *others = tables
    for name, other in others:
        if other.names != table.names:
            raise InputError(
                f"{path}: {name} has other columns than {first}: {shown(other.names)} and {shown(table.names)}"
            )
    columns = [_joined(parts) for parts in zip(*(table.columns for _, table in tables))]
    return table.names, columns, np.repeat(np.arange(len(tables)), [len(table.lines) for _, table in tables])


def _joined(parts):
    """Put the parts of a column, one of each file, below each other: numbers where all are, else words."""
    if len(parts) == 1:
        return parts[0]
    if all(isinstance(part, np.ndarray) for part in parts):
        return np.concatenate(parts)
    return [cell for part in parts for cell in as_words(part)]


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


def steps_of(column, bounds):
    """Return the steps of a column of numbers inside the recordings; bounds: (recordings + 1,) of their rows."""
    inside = np.ones(bounds[-1], bool)
    inside[bounds[:-1]] = False
    return np.diff(column, prepend=column[:1])[inside]


def reordered(column, order):
    """Return a column, numbers or words, in another order of its rows."""
    return column[order] if isinstance(column, np.ndarray) else [column[k] for k in order]


def sequence_columns(path, names, c, known):
    """Return the names of the columns that tell recordings apart."""
    columns = c.SEQUENCE if isinstance(c.SEQUENCE, list) else [c.SEQUENCE]
    if columns in ([None], ["file"]):
        return []
    found = [find_column(path, names, column, "SEQUENCE", known) for column in columns]
    return [name for name in found if name is not None]


def recordings_in(path, names, columns, origin, c, known):
    """Find the recordings: the rows that share the values of SEQUENCE; with LABEL among them, each stretch of a label.

    Returns: (key (table, values) of each, order of rows (n,), bounds (recordings + 1,)).
    """
    used = sequence_columns(path, names, c, known)
    values = [columns[names.index(name)] for name in used]
    if not values and not origin.any():
        return [(0, [])], np.arange(len(origin)), np.array([0, len(origin)])
    for name, column in zip(used, values):
        refuse_empty(path, name, column, "SEQUENCE")
    codes = [origin, *(np.unique(column, return_inverse=True)[1] for column in values)]
    label = find_column(path, names, c.LABEL, "LABEL", known) if used and c.TASK != "forecasting" else None
    if label in used:
        codes.append(_stretches(codes, 1 + used.index(label)))
    _, first, number = np.unique(np.stack(codes, axis=1), axis=0, return_index=True, return_inverse=True)
    number = np.argsort(np.argsort(first))[number.reshape(-1)]  # recordings in the order in which they begin
    order = np.argsort(number, kind="stable")
    bounds = np.concatenate([[0], np.cumsum(np.bincount(number))])
    keys = [(origin[row], [column[row] for column in values]) for row in np.sort(first)]
    return keys, order, bounds


def refuse_empty(path, name, column, constant):
    """Raise InputError where a column that tells something apart is empty in a row."""
    column = np.asarray(column)
    empty = np.isnan(column) if column.dtype.kind == "f" else column == ""
    if empty.any():
        raise InputError(f"{path}: column {name!r} of {constant} is empty in row {int(empty.argmax()) + 1}")


def _stretches(codes, label):
    """Number the stretches of one label (rows,): what the other codes tell apart, cut where codes[label] changes."""
    whole = np.stack([code for k, code in enumerate(codes) if k != label], axis=1)
    number = np.unique(whole, axis=0, return_inverse=True)[1].reshape(-1)
    order = np.argsort(number, kind="stable")
    changes = (np.diff(number[order]) != 0) | (np.diff(codes[label][order]) != 0)
    stretches = np.empty(len(number), int)
    stretches[order] = np.concatenate([[0], np.cumsum(changes)])
    return stretches


def inputs_of(names, columns, skipped, known):
    """Return ({name: numbers (rows,)}, names of columns of words that are left out)."""
    named, left_out = {}, []
    for k, (name, column) in enumerate(zip(names, columns)):
        if k in skipped:
            continue
        if isinstance(column, np.ndarray):
            if not np.isnan(column[0]) or not np.isnan(column).all():  # the second takes long
                named[name] = column
            else:
                left_out.append(f"{name} (empty)")
            continue
        words = sorted({cell for cell in column if cell})
        if known is not None and known["columns"] is not None:  # the words of the training set
            words = [w.removeprefix(f"{name}=") for w in known["columns"] if w.startswith(f"{name}=")]
        if not words or len(words) > MOST_WORDS:
            left_out.append(f"{name} ({len(words)} different words)" if words else name)
            continue
        for word in words:
            named[f"{name}={word}"] = np.array([float(cell == word) for cell in column])
    return named, left_out


def called(keys, tables):
    """Return the names of recordings: of their files, or the values of SEQUENCE; those of one name are numbered."""
    names = []
    for table, values in keys:
        words = [f"{v:.15g}" if isinstance(v, float) else str(v) for v in values]
        names.append(" ".join(words if values and not table else [tables[table][0], *words]))
    often, seen = Counter(names), Counter()
    for place, name in enumerate(names):
        seen[name] += 1
        names[place] = f"{name} ({seen[name]})" if often[name] > 1 else name
    return names
