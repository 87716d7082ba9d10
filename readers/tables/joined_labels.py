"""The labels of LABEL_FILE joined to what they are the labels of: rows of tables, whole tables' rows, files, arrays."""

from dataclasses import replace

import numpy as np

from core.errors import InputError
from core.files import project_path
from core.wording import counted
from readers.tables.anomaly_ranges import holds_ranges, with_ranges
from readers.tables.columns import as_words, combine, labels_of, listed
from readers.tables.label_file import (
    file_forms,
    id_forms,
    in_order,
    match,
    nothing_fits,
    order_notes,
    positions_of,
    read_label_file,
    with_known_columns,
)
from readers.tables.table import place_of
from readers.tables.timed_labels import holds_at_times, rows_by_time, time_columns
from readers.text_files import twin_of


def with_labels(path, tables, c):
    """Join labels to tables whose rows are time steps, without the rows of sequences that have none.

    Parameters: tables, a list of (name, Table), of a folder one for each file.
    Returns: (tables with a column for each label, c in which LABEL names these columns, notes).
    Raises: InputError where nothing fits, and for times that cannot be compared.
    """
    if len(tables) == 2 and not path.is_dir() and with_own_label_file(path, None, c) != c:
        train, joined, notes = with_labels(path, tables[:1], c)
        test, _, more = with_labels(path, tables[1:], with_own_label_file(path, None, c))
        return train + test, joined, notes + more
    if holds_ranges(c):
        return with_ranges(path, tables, c)
    file = read_label_file(c)
    by_file = path.is_dir() and c.SEQUENCE in (None, "file")
    places = [] if by_file else [place_of(tables[0][1].names, column) for column in listed(c.SEQUENCE)]
    sequence = [tables[0][1].names[place] for place in places if place is not None]
    sequence = [name for name in sequence if name in file.others] or sequence
    names, sequence_of = _sequences(tables, sequence, by_file)
    forms = file_forms if by_file else id_forms
    file = with_known_columns(file, c, sequence, names if sequence or by_file else [], forms, time_columns)
    _refuse_same_names(path, tables[0][1], file)
    positions = positions_of(file.ids(), names, forms) if file.keys else [0] * len(file.lines)
    if (file.keys or len(names) == 1) and holds_at_times(file, positions):
        rows, kept, notes = rows_by_time(path, tables, file, names, positions, sequence_of)
    elif file.keys:
        found, notes = match(file, names, forms)
        rows = [found[own] for own in sequence_of]
        kept = [own >= 0 for own in rows]
    else:
        file, rows, notes = _rows_in_order(file, names if sequence or by_file else [], sequence_of, by_file)
        kept = [own >= 0 for own in rows]
    joined = [(name, _joined(table, file, *own)) for (name, table), *own in zip(tables, rows, kept)]
    return [own for own in joined if len(own[1].lines)], changed(c, file), notes


def changed(c, file):
    """Return c in which LABEL names the columns of labels."""
    return c.changed(LABEL=file.labels[0] if len(file.labels) == 1 else file.labels)


def with_own_label_file(path, file, c):
    """Return c in which LABEL_FILE is that of a file: of a twin of `path` the twin of LABEL_FILE, if it has one."""
    twin = None if file == path else twin_of(project_path(c.LABEL_FILE, "LABEL_FILE"))
    return c if twin is None else c.changed(LABEL_FILE=str(twin))


def with_row_labels(path, table, c):
    """Join labels to a Table each row of which is a sequence. Returns: (Table, c as with_labels changes it).

    The id is the column that both tables have, or the first of the table if it holds different words.
    """
    file = read_label_file(c)
    both = [name for name in table.names if name in file.others][:1]
    first = table.columns[0]
    if not both and not isinstance(first, np.ndarray) and len({*first}) == len(first):
        both = table.names[:1]
    names = [(cell,) for name in both for cell in as_words(table.columns[table.names.index(name)])]
    file = with_known_columns(file, c, both, names, id_forms, lambda names: [])
    _refuse_same_names(path, table, file)
    n = len(table.lines)
    if file.keys:
        rows, notes = match(file, names, id_forms)
        place = table.names.index(both[0])  # first, as words: what rows are called, and no time step
        order = [place, *(k for k in range(len(table.names)) if k != place)]
        columns = [[name[0] for name in names], *(table.columns[k] for k in order[1:])]
        table = replace(table, names=[table.names[k] for k in order], columns=columns)
    elif (file := in_order(known := file, n)) is not None:
        rows, notes = np.arange(n), order_notes(file, counted(n, "row"))
    else:
        raise nothing_fits(known, names)
    return replace(joined := _joined(table, file, rows, rows >= 0), notes=[*joined.notes, *notes]), changed(c, file)


def labels_of_files(names, c):
    """Match files, given by their names, with LABEL_FILE.

    Returns: (places of those that have a label, (n,); labels (n,) or (n, labels); names of several or None; notes).
    """
    sequences = [(name,) for name in names]
    file = with_known_columns(read_label_file(c), c, [], sequences, file_forms, time_columns)
    if not file.keys:
        raise nothing_fits(file, sequences)
    rows, notes = match(file, sequences, file_forms)
    kept = np.flatnonzero(rows >= 0)
    columns = {name: _taken(column, rows[kept]) for name, column in file.label_columns().items()}
    return kept, *labels_of(file.path, columns), notes


def with_array_labels(sequences, c):
    """Give Sequences of arrays, which have no ids, the labels of LABEL_FILE in its order."""
    if sequences.y is not None:
        raise InputError(f"{c.DATASET} has labels of its own: LABEL_FILE must be None")
    known = with_known_columns(read_label_file(c), c, [], [], id_forms, time_columns)
    if (file := in_order(known, len(sequences.x))) is None:
        size = f"{counted(len(known.lines), 'row')} and {counted(len(known.words), 'column')}"
        raise InputError(
            f"{known.path} has {size}: arrays have no ids, so it must hold nothing but labels, one for each of the "
            f"{len(sequences.x)} sequences, nan where there is none (empty lines do not count)"
        )
    y, target_names = labels_of(file.path, file.label_columns())
    return sequences.replace(y=y, target_names=target_names).noted(*order_notes(file, f"{len(y)} sequences"))


def _refuse_same_names(path, table, file):
    """Raise InputError where a label is called as a column of the data is."""
    if same := next((name for name in file.labels if name in table.names), None):
        raise InputError(f"{path} and {file.path.name} both have a column {same!r}: rename it in one of them")


def _rows_in_order(file, names, sequence_of, by_file):
    """Match the labels of a file that holds nothing else by their order, of sequences or of the rows of one recording.

    Returns: (LabelFile, rows of it for those of each table, notes). Raises: InputError for another number of them.
    """
    count = len(names) if names else sum(map(len, sequence_of))
    ordered = None if by_file else in_order(file, count)
    if ordered is None:
        raise nothing_fits(file, names)
    ends = np.cumsum([0, *map(len, sequence_of)])
    rows = sequence_of if names else [np.arange(*span) for span in zip(ends, ends[1:])]
    return ordered, rows, order_notes(file, f"{count} {'sequences' if names else 'rows'}")


def _sequences(tables, sequence, by_file):
    """Return (the sequences, tuples of words; of each table which of them a row is of (rows,))."""
    names, found = {}, []
    for name, table in tables:
        columns = [table.columns[table.names.index(own)] for own in sequence]
        if not columns:
            place = names.setdefault((str(name),) if by_file else (), len(names))
            found.append(np.full(len(table.lines), place))
            continue
        code = combine([np.unique(column, return_inverse=True)[1] for column in columns])
        _, first, code = np.unique(code, return_index=True, return_inverse=True)
        place = np.empty(len(first), int)
        for own in np.argsort(first):  # in the order in which they begin
            ids = tuple(as_words(column[first[own] : first[own] + 1])[0] for column in columns)
            place[own] = names.setdefault(ids, len(names))
        found.append(place[code])
    return [*names], found


def _joined(table, file, rows, kept):
    """Add the labels at `rows` of LabelFile, -1 none, to a Table as columns; without the rows that are not kept."""
    columns = [*table.columns, *(_taken(column, rows) for column in file.label_columns().values())]
    lines = table.lines
    if not kept.all():
        where = np.flatnonzero(kept)
        columns = [own[where] if isinstance(own, np.ndarray) else [own[row] for row in where] for own in columns]
        lines = [lines[row] for row in where]
    return replace(table, names=[*table.names, *file.labels], columns=columns, lines=lines)


def _taken(column, rows):
    """Return the cells of a column, numbers or words, at `rows`: nothing where a row is -1."""
    if isinstance(column, np.ndarray):
        return np.where(rows >= 0, column[rows], np.nan)
    return [column[row] if row >= 0 else "" for row in rows]
