"""A table in which each row is a whole sequence (SEQUENCE = "row"): one column its label, the others its time steps."""

import numpy as np

from core.errors import InputError
from readers.tables.columns import (
    column_named,
    identifier_columns,
    is_missing,
    read_groups,
    read_labels,
    refuse_missing,
    shorten,
    side_by_side,
)
from readers.tables.delimited import read_table
from readers.tables.sanity_checks import index_notes, unit_hint
from readers.text_files import with_twin
from sequences.preparation import without_tails
from sequences.types import Sequences


def read(path, c, known=None):
    """Read such a table and its `_TEST` twin: see readers/__init__.py. LABEL says which column is the label."""
    first, twin = with_twin(lambda file: (file, read_table(file, identifiers=identifier_columns(c))), path)
    train = sequences_from_rows(*first, c, known, known and known.step_names)
    return train, twin and sequences_from_rows(*twin, c, known, train.table)


def sequences_from_rows(path, table, c, known=None, step_names=None):
    """Make sequences of the rows of one such table; new data may lack LABEL and GROUP.

    Parameters: known is described in readers/__init__.py; step_names are those of the time steps in the training set,
    None where it has no header.
    Returns: Sequences with x (n, time, 1) float64, or a list where rows end with missing cells, and the names of the
    time steps as its table.
    Raises: InputError for a label that is no column and for a column of words among the time steps.
    """
    columns, notes, y, groups = dict(zip(table.names, table.columns)), list(table.notes), None, None
    step_names = step_names if table.header else None
    unlabelled = known is not None and isinstance(c.LABEL, str) and c.LABEL not in columns
    if known is None or step_names is None and len(columns) != known.steps and not unlabelled:
        if c.LABEL is None:
            raise InputError(
                f'{path} has {len(columns)} columns: with SEQUENCE = "row" LABEL says which holds the labels, '
                f"{table.names[-1]!r} or -1 for the last, {table.names[0]!r} or 0 for the first; to forecast how each "
                'row goes on, set TASK = "forecasting"'
            )
        label = column_named(path, table.names, c.LABEL, "LABEL")
        if known is None:
            refuse_missing(path, label, columns[label], "LABEL")
        if not is_missing(columns[label]).any():  # labels of new data are not needed
            y, spelled = read_labels([table], label, columns[label], c)
            notes += spelled
        used = {label}
        if c.GROUP is not None:
            group = column_named(path, table.names, c.GROUP, "GROUP")
            groups, variants = read_groups(path, [table], group, columns[group], known)
            notes += variants
            used.add(group)
        columns = {name: column for name, column in columns.items() if name not in used}
    if step_names is not None:
        may_end_early = known is None or known.unequal_lengths
        columns, ignored = _columns_by_name(path, columns, step_names, may_end_early)
        if ignored := [name or "(nameless)" for name in ignored if name not in (c.LABEL, c.GROUP)]:
            notes.append(f"columns that the training set does not have are ignored: {shorten(ignored)}")
    words = [name for name, column in columns.items() if not isinstance(column, np.ndarray)]
    if words:
        hint = unit_hint(columns[words[0]])
        raise InputError(f"{path}: column {words[0]!r} holds words; time steps must be numbers{hint}")
    if not columns:
        raise InputError(f"{path} has no column of numbers but the labels")
    x = without_tails(side_by_side([*columns.values()])[:, :, None])
    names = [*columns] if table.header else None
    return Sequences(x, y, "sequences", groups=groups, table=names, notes=(*notes, *index_notes(columns)))


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
