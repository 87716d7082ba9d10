"""A table in which each row is a whole sequence (SEQUENCE = "row"): one column its label, the others its time steps."""

import numpy as np

from core.errors import InputError
from readers.tables.columns import (
    column_named,
    identifier_columns,
    labels_of,
    listed,
    read_groups,
    refuse_empty_labels,
    shorten,
    side_by_side,
)
from readers.tables.delimited import read_table
from readers.tables.joined_labels import with_own_label_file, with_row_labels
from readers.tables.label_file import read_label_file
from readers.tables.sanity_checks import index_hints, unit_hint, without_index
from readers.tables.table import is_empty, place_of
from readers.text_files import read_train_and_test
from sequences.preparation import strip_trailing_nans
from sequences.types import Sequences


def read(path, c, preparation=None):
    """Read such a table and its `_TEST` twin: see readers/__init__.py. LABEL says which column is the label."""

    def read_one(file):
        if c.LABEL_FILE is None or preparation is not None:
            return file, read_table(file, identifiers=identifier_columns(c), ignored=c.IGNORE), c
        own = with_own_label_file(path, file, c)
        ids = [(name, None) for name in read_label_file(own).others]
        table = read_table(file, identifiers=identifier_columns(c) + ids, ignored=c.IGNORE)
        return file, *with_row_labels(file, table, own)

    first, twin = read_train_and_test(read_one, path)
    train = sequences_from_rows(*first, preparation, preparation and preparation.step_names)
    return train, twin and sequences_from_rows(*twin, preparation, train.table)


def sequences_from_rows(path, table, c, preparation=None, step_names=None):
    """Make sequences of the rows of one such table; new data may lack LABEL and GROUP.

    Parameters: preparation is described in readers/__init__.py; step_names are those of the time steps in the training
    set, their places where it has no header.
    Returns: Sequences with x (n, time, 1) float64, or a list where rows end with missing cells, and the names of the
    time steps as its table.
    Raises: InputError for a label that is no column and for a column of words among the time steps.
    """
    columns, y, groups, notes = dict(zip(table.names, table.columns)), None, None, list(table.notes)
    target_names, special = None, listed(c.LABEL) + listed(c.GROUP)
    named = [place_of(table.names, column) for column in special]
    named = [table.names[place] for place in named if place is not None]
    if table.names[0] not in (*named, *(step_names or ())):
        columns, index_notes = without_index(columns)
        notes += index_notes
    first, names = next(iter(columns.items()))
    if isinstance(names, np.ndarray) or first in named or len({*names}) < len(names):
        names = None
    else:  # C001, C002, ...: what the rows are called
        if hint := unit_hint(columns.pop(first)):
            notes.append(f"column {first!r} is read as names of the rows{hint}")
    width = len(columns)
    columns = {name: column for name, column in columns.items() if name in named or not is_empty(column)}
    if not table.header or step_names is None or _are_places(step_names):
        labelled = preparation is None or _has_label(path, {width, len(columns)}, step_names, named, preparation, c)
        step_names = None
    else:
        labelled = preparation is None
    if labelled:
        columns, y, target_names, groups = _take_labels(path, table, columns, c, preparation)
    if step_names is not None:
        may_end_early = preparation is None or preparation.unequal_lengths
        columns, ignored = _columns_by_name(path, columns, step_names, may_end_early)
        if ignored := [name or "(nameless)" for name in ignored if name not in special]:
            notes.append(f"columns that are not in the training set are ignored: {shorten(ignored)}")
    words = [name for name, column in columns.items() if not isinstance(column, np.ndarray)]
    if words:
        hint = unit_hint(columns[words[0]])
        raise InputError(
            f"{path}: column {words[0]!r} holds words; time steps must be numbers{hint}: IGNORE = [{words[0]!r}] "
            "leaves it out"
        )
    if not columns:
        raise InputError(f"{path} has no column of numbers but the labels")
    x = strip_trailing_nans(side_by_side([*columns.values()])[:, :, None])
    notes += index_hints(columns)
    return Sequences(x, y, groups=groups, names=names, table=[*columns], target_names=target_names, notes=tuple(notes))


def _take_labels(path, table, columns, c, preparation):
    """Take the columns LABEL and GROUP out of columns {name: column}.

    Returns: (the other columns, labels (rows,) or (rows, columns), None of new data, names of several, groups (rows,)
    or None).
    """
    if c.LABEL is None:
        raise InputError(
            f'{path} has {len(columns)} columns: with SEQUENCE = "row" LABEL says which holds the labels, '
            f"{table.names[-1]!r} or -1 for the last, {table.names[0]!r} or 0 for the first; to forecast how each "
            'row goes on, set TASK = "forecasting"'
        )
    labels = {name: columns[name] for name in (column_named(path, table.names, k, "LABEL") for k in listed(c.LABEL))}
    y = target_names = None
    if preparation is None:
        refuse_empty_labels(path, labels)
        y, target_names = labels_of(path, labels)
    others = {name: own for name, own in columns.items() if name not in labels}
    if c.GROUP is None:
        return others, y, target_names, None
    group = column_named(path, table.names, c.GROUP, "GROUP")
    groups = read_groups(path, group, columns[group], preparation)
    return {name: own for name, own in others.items() if name != group}, y, target_names, groups


def _are_places(step_names):
    """Tell whether time steps have no names but their places, in a table without a header."""
    return {*step_names} <= {*map(str, range(len(step_names) + 2))}


def _has_label(path, widths, step_names, named, preparation, c):
    """Tell whether new rows, whose columns go by place, hold the label. widths: with and without empty columns.

    Raises: InputError where they could be either.
    """
    steps, others = len(step_names), len(listed(c.LABEL) + listed(c.GROUP))
    with_label, without = steps + others in widths and len(named) == others, steps in widths
    if with_label and (preparation.unequal_lengths or not without):  # both: rows end with a separator
        return True
    if not with_label and (without or not preparation.unequal_lengths):
        return False
    found = f"{max(widths)} columns" + (f", {max(widths) - min(widths)} of them empty" if len(widths) > 1 else "")
    raise InputError(
        f"{path} has {found}, and nothing tells whether a label is among them: the training set has {steps} time "
        f"steps, so write {steps} columns, empty where rows end early, or {steps + others} with the label"
    )


def _columns_by_name(path, columns, names, may_end_early):
    """Put columns into the order of the training set's time steps; the last may be missing where may_end_early.

    Returns: ({name: column}, names of those that it does not know). Raises InputError for one that is not there.
    """
    found = [name for name in names if name in columns]
    wanted = names[: len(found)] if may_end_early and found else names
    if lost := [name for name in wanted if name not in columns]:
        here = f"its columns are {shorten([*columns])}; without a header they go by place"
        raise InputError(f"{path} has no column {lost[0] or '(nameless)'!r}, which the training set has; {here}")
    return {name: columns[name] for name in found}, [name for name in columns if name not in found]
