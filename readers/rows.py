"""A table in which each row is a whole sequence (SEQUENCE = "row"): one column its label, the others its time steps."""

import numpy as np

from project.errors import InputError
from readers.columns import column_named, identifiers, labels_of
from readers.doubts import refuse_two_spellings, spelling_notes
from readers.tables import read_table
from readers.text import with_twin
from sequences.preparation import without_tails
from sequences.types import Sequences


def read(path, c, known=None):
    """Read such a table and its `_TEST` twin: see readers/__init__.py. LABEL says which column is the label."""
    return with_twin(lambda file: read_rows(file, c, known), path)


def read_rows(path, c, known=None):
    """Read one such table. known: see readers/__init__.py; new data may lack the columns LABEL and GROUP.

    Returns: Sequences with x (n, time, 1) float64, or a list where rows end with missing cells. Raises InputError for a
    label that is no column and for a column of words among the time steps.
    """
    label, group, table = c.LABEL, c.GROUP, read_table(path, spelled=identifiers(c))
    columns, notes = dict(zip(table.names, table.columns)), list(table.notes)
    y = groups = None
    if known is None or len(columns) != known["steps"]:
        if label is None:
            raise InputError(
                f'{path} has {len(columns)} columns: with SEQUENCE = "row" LABEL says which holds the labels, '
                f"{table.names[-1]!r} or -1 for the last, {table.names[0]!r} or 0 for the first; to forecast how each "
                'row goes on, set TASK = "forecasting"'
            )
        name = column_named(path, table.names, label, "LABEL")
        y, used = labels_of(columns[name]), {name}
        missing = y == "" if y.dtype.kind == "U" else np.isnan(y)
        if known is not None and missing.any():  # labels of new data are not looked at
            y = None
        elif missing.any():
            raise InputError(f"{path}: row {int(missing.argmax()) + 1} has no label in column {name!r}")
        elif y.dtype.kind == "i" and c.TASK != "regression":
            notes += spelling_notes([table], name)
        if group is not None:
            name = column_named(path, table.names, group, "GROUP")
            refuse_two_spellings(path, [table], [name], "GROUP")
            groups = labels_of(columns[name])
            used.add(name)
        columns = {name: column for name, column in columns.items() if name not in used}
    words = [name for name, column in columns.items() if not isinstance(column, np.ndarray)]
    if words:
        raise InputError(f"{path}: column {words[0]!r} holds words; time steps must be numbers")
    if not columns:
        raise InputError(f"{path} has no column of numbers but the labels")
    x = np.stack([*columns.values()], axis=1)[:, :, None]
    return Sequences(without_tails(x), y, groups, notes=tuple(notes))
