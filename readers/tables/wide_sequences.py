"""A table in which each row is a whole sequence (SEQUENCE = "row"): one column its label, the others its time steps."""

import numpy as np

from core.errors import InputError
from readers.tables.columns import (
    as_labels,
    column_named,
    identifier_columns,
    is_missing,
    read_groups,
    refuse_missing,
    shorten,
    side_by_side,
)
from readers.tables.delimited import is_empty, place_of, read_table
from readers.tables.sanity_checks import index_notes, refuse_sentinels, unit_hint
from readers.text_files import read_train_and_test
from sequences.preparation import strip_trailing_nans
from sequences.types import Sequences


def read(path, c, preparation=None):
    """Read such a table and its `_TEST` twin: see readers/__init__.py. LABEL says which column is the label."""

    def read_one(file):
        return file, read_table(file, identifiers=identifier_columns(c), ignored=c.IGNORE)

    first, twin = read_train_and_test(read_one, path)
    train = sequences_from_rows(*first, c, preparation, preparation and preparation.step_names)
    return train, twin and sequences_from_rows(*twin, c, preparation, train.table)


def sequences_from_rows(path, table, c, preparation=None, step_names=None):
    """Make sequences of the rows of one such table; new data may lack LABEL and GROUP.

    Parameters: preparation is described in readers/__init__.py; step_names are those of the time steps in the training
    set, their places where it has no header.
    Returns: Sequences with x (n, time, 1) float64, or a list where rows end with missing cells, and the names of the
    time steps as its table.
    Raises: InputError for a label that is no column and for a column of words among the time steps.
    """
    columns, notes, y, groups = dict(zip(table.names, table.columns)), list(table.notes), None, None
    named = [place_of(table.names, column) for column in (c.LABEL, c.GROUP) if column is not None]
    named = [table.names[place] for place in named if place is not None]
    names = next(iter(columns.values()))
    if isinstance(names, np.ndarray) or table.names[0] in named or len({*names}) < len(names):
        names = None
    else:  # C001, C002, ...: what the rows are called
        del columns[table.names[0]]
    width = len(columns)
    columns = {name: column for name, column in columns.items() if name in named or not is_empty(column)}
    if not table.header or step_names is None or _are_places(step_names):
        labelled = preparation is None or _has_label(path, {width, len(columns)}, step_names, named, preparation, c)
        step_names = None
    else:
        labelled = preparation is None
    if labelled:
        if c.LABEL is None:
            raise InputError(
                f'{path} has {len(columns)} columns: with SEQUENCE = "row" LABEL says which holds the labels, '
                f"{table.names[-1]!r} or -1 for the last, {table.names[0]!r} or 0 for the first; to forecast how each "
                'row goes on, set TASK = "forecasting"'
            )
        label = column_named(path, table.names, c.LABEL, "LABEL")
        if preparation is None:
            refuse_missing(path, label, columns[label], "LABEL")
        if not is_missing(columns[label]).any():  # labels of new data are not needed
            y = as_labels(columns[label])
            if (
                preparation is None
                and isinstance(columns[label], np.ndarray)
                and (y.dtype.kind == "f" or c.TASK == "regression")
            ):
                refuse_sentinels(path, {label: columns[label]}, [label], "LABEL")
        used = {label}
        if c.GROUP is not None:
            group = column_named(path, table.names, c.GROUP, "GROUP")
            groups, variants = read_groups(path, group, columns[group], preparation)
            notes += variants
            used.add(group)
        columns = {name: column for name, column in columns.items() if name not in used}
    if step_names is not None:
        may_end_early = preparation is None or preparation.unequal_lengths
        columns, ignored = _columns_by_name(path, columns, step_names, may_end_early)
        if ignored := [name or "(nameless)" for name in ignored if name not in (c.LABEL, c.GROUP)]:
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
    notes += index_notes(columns)
    return Sequences(x, y, "sequences", groups=groups, names=names, table=[*columns], notes=tuple(notes))


def _are_places(step_names):
    """Tell whether time steps have no names but their places, in a table without a header."""
    return all(name.isdecimal() and int(name) < len(step_names) + 2 for name in step_names)


def _has_label(path, widths, step_names, named, preparation, c):
    """Tell whether new rows, whose columns go by place, hold the label. widths: with and without empty columns.

    Raises: InputError where rows of unequal length could be either.
    """
    steps, others = len(step_names), 1 + (c.GROUP is not None)
    if steps + others in widths and len(named) == others:
        return True
    if steps in widths or not preparation.unequal_lengths:
        return False
    raise InputError(
        f"{path} has {max(widths)} columns, and nothing tells whether a label is among them: the training set has "
        f"{steps} time steps, so write {steps} columns, empty where rows end early, or {steps + others} with the label"
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
