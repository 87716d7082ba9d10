"""A table in which each row is a whole sequence (SEQUENCE = "row"): one column its label, the others its time steps."""

import numpy as np

from core.errors import InputError
from readers.tables.columns import column_named, identifiers, labels_of, refuse_empty, shown, side_by_side
from readers.tables.delimited import read_table
from readers.tables.sanity_checks import (
    alike_notes,
    index_notes,
    refuse_two_spellings,
    spelling_notes,
    unit_hint,
)
from readers.text_files import with_twin
from sequences.preparation import without_tails
from sequences.types import Sequences


def read(path, c, known=None):
    """Read such a table and its `_TEST` twin: see readers/__init__.py. LABEL says which column is the label."""
    first, twin = with_twin(lambda file: (file, read_table(file, spelled=identifiers(c))), path)
    train = from_rows(*first, c, known, known and known.get("step_names"))
    return train, twin and from_rows(*twin, c, known, train.table)


def from_rows(path, table, c, known=None, step_names=None):
    """Make sequences of the rows of one such table. known: see readers/__init__.py; new data may lack LABEL and GROUP.

    step_names: names of the time steps in the training set, None where it has no header.
    Returns: Sequences with x (n, time, 1) float64, or a list where rows end with missing cells, and the names of the
    time steps as its table. Raises InputError for a label that is no column and for a column of words among the time
    steps.
    """
    columns, notes, y, groups = dict(zip(table.names, table.columns)), list(table.notes), None, None
    named = step_names if table.header else None
    unlabelled = known is not None and isinstance(c.LABEL, str) and c.LABEL not in columns
    if known is None or named is None and len(columns) != known["steps"] and not unlabelled:
        if c.LABEL is None:
            raise InputError(
                f'{path} has {len(columns)} columns: with SEQUENCE = "row" LABEL says which holds the labels, '
                f"{table.names[-1]!r} or -1 for the last, {table.names[0]!r} or 0 for the first; to forecast how each "
                'row goes on, set TASK = "forecasting"'
            )
        name = column_named(path, table.names, c.LABEL, "LABEL")
        y, used = labels_of(columns[name]), {name}
        missing = y == "" if y.dtype.kind == "U" else np.isnan(y)
        if known is not None and missing.any():  # labels of new data are not looked at
            y = None
        elif missing.any():
            raise InputError(f"{path}: row {int(missing.argmax()) + 1} has no label in column {name!r}")
        elif y.dtype.kind == "i" and c.TASK != "regression":
            notes += spelling_notes([table], name)
        if c.GROUP is not None:
            name = column_named(path, table.names, c.GROUP, "GROUP")
            refuse_two_spellings(path, [table], [name], "GROUP")
            if known is None:
                refuse_empty(path, name, columns[name], "GROUP")
            groups = labels_of(columns[name])
            notes += alike_notes(np.unique(groups), "groups")
            used.add(name)
        columns = {name: column for name, column in columns.items() if name not in used}
    if named is not None:
        columns, ignored = by_name(path, columns, named, known is None or known["unequal_lengths"])
        if ignored := [name or "(nameless)" for name in ignored if name not in (c.LABEL, c.GROUP)]:
            notes.append(f"columns that the training set has not are ignored: {shown(ignored)}")
    words = [name for name, column in columns.items() if not isinstance(column, np.ndarray)]
    if words:
        hint = unit_hint(columns[words[0]])
        raise InputError(f"{path}: column {words[0]!r} holds words; time steps must be numbers{hint}")
    if not columns:
        raise InputError(f"{path} has no column of numbers but the labels")
    x = side_by_side([*columns.values()])[:, :, None]
    own = list(columns) if table.header else None
    return Sequences(without_tails(x), y, groups=groups, table=own, notes=(*notes, *index_notes(columns)))


def by_name(path, columns, names, may_end_early):
    """Put columns into the order of the training set's time steps. may_end_early: whether the last may lack.

    Returns: ({name: column}, names of those that it does not know). Raises InputError for one that is not there.
    """
    found = [name for name in names if name in columns]
    wanted = names[: len(found)] if may_end_early and found else names
    if lost := [name for name in wanted if name not in columns]:
        here = f"its columns are {shown(list(columns))}; without a header they go by place"
        raise InputError(f"{path} has no column {lost[0] or '(nameless)'!r}, which the training set has; {here}")
    return {name: columns[name] for name in found}, [name for name in columns if name not in found]
