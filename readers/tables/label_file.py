"""Labels in a table of their own, LABEL_FILE: which of its columns is what, and which of its rows is of which sequence.

Ids are compared as they are written: 1 and 01 are two.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.errors import InputError
from core.files import project_path
from core.wording import counted
from readers.tables.cells import mostly_numbers
from readers.tables.clocks import COUNTERS
from readers.tables.columns import as_words, column_named, identifier_columns, is_missing, listed, shorten
from readers.tables.delimited import TABLES, read_quoted_rows, read_table

SUFFIX = re.compile(r"\.[A-Za-z]\w{1,7}(\.gz)?$")  # of a file; 1.2.840 has none
MOST_COLUMNS = 1000  # of such a file


@dataclass(frozen=True)
class LabelFile:
    """A table with the labels of sequences that are elsewhere."""

    path: Path
    words: dict  # {name of a column: its cells as they are written}
    columns: dict  # {name of a column: numbers (rows,), or words}
    lines: list  # of the file, of each row
    header: bool  # whether it has one
    labels: list  # names of the columns that are learned
    keys: list  # names of the columns that say which sequence a row is of; none where the order or the time does
    others: list  # names of the columns left
    notes: tuple = ()  # what reading its labels changed

    def ids(self):
        """Return what each row is called, a list of tuples of words."""
        return [*zip(*(self.words[name] for name in self.keys))]

    def label_columns(self):
        """Return {name: numbers or words (rows,)} of the columns of labels."""
        return {name: self.columns[name] for name in self.labels}


def read_label_file(c):
    """Read LABEL_FILE. Returns: LabelFile in which nothing but what LABEL names is known of its columns."""
    path = project_path(c.LABEL_FILE, "LABEL_FILE")
    if not path.is_file():
        raise InputError(f"LABEL_FILE = {c.LABEL_FILE!r} is not found: it must be the path of a table of labels")
    if not path.name.lower().endswith(TABLES):
        raise InputError(f"LABEL_FILE = {c.LABEL_FILE!r} must be a table ({', '.join(TABLES)})")
    rows, _ = read_quoted_rows(path)
    if (
        rows
        and all(len(row) == 1 for row in rows)
        and not mostly_numbers(cells := [row[0].strip() for row in rows], None)
    ):
        # Words alone: the first may be a header or a label, see in_order.
        column, given = {cells[0]: cells[1:]}, [column_named(path, cells[:1], own, "LABEL") for own in listed(c.LABEL)]
        lines, others = [*range(2, len(cells) + 1)], [own for own in column if own not in given]
        return LabelFile(path, column, column, lines, True, given, [], others)
    table = read_table(path, identifiers=[(place, None) for place in range(MOST_COLUMNS)])
    # Places as names would be those of the data too.
    names = table.names if table.header else [f"{path.stem} {name}" for name in table.names]
    given = [column_named(path, names, column, "LABEL") for column in listed(c.LABEL)]
    words = dict(zip(names, map(as_words, table.columns)))
    others = [name for name in words if name not in given]
    return LabelFile(path, words, {}, [*table.lines], table.header, given, [], others)


def with_known_columns(file, c, sequence, names, forms, time_columns):
    """Find the columns of ids and of labels in LabelFile.

    Parameters: sequence are names of the columns of the data that tell sequences apart, none of files; names, the
    sequences, tuples of words, as they are there; forms turns one into all that may mean it, the most exact first;
    time_columns, those of others that tell the time.
    Returns: LabelFile. Raises: InputError where it must be asked which column is the label.
    """
    free, keys, given = file.others, [], file.labels
    if len(file.words) > 1:
        keys = [name for name in sequence if name in free]
        if not keys and len(sequence) < 2 and names:  # a column of another name
            found = {own: {*positions_of([(word,) for word in file.words[own]], names, forms)} - {-1} for own in free}
            best = max(map(len, found.values()))
            keys = [own for own in found if len(found[own]) == best > 0][:1]
    others = [name for name in free if name not in keys]
    if not given:
        given = [name for name in others if name not in time_columns(others)]
        given = given if len(given) < 2 else [name for name in given if not COUNTERS.search(name)]
        if len(given) != 1 and names and not keys and not time_columns(others):
            raise nothing_fits(file, names)
        if len(given) != 1:
            apart = f", of which {shorten(keys)} tells sequences apart" * bool(keys)
            raise InputError(
                f"LABEL must name the column to learn among those of {file.path}: {shorten([*file.words])}{apart}"
            )
    columns, notes = file.columns, ()
    if not columns:
        places = [[*file.words].index(name) for name in given]
        kinds = c.changed(LABEL=places[0] if len(places) == 1 else places, SEQUENCE=None, GROUP=None, PIVOT=None)
        table = read_table(file.path, identifiers=identifier_columns(kinds))
        columns = dict(zip(file.words, table.columns))
        notes = tuple(f"{file.path.name}: {note}" for note in table.notes)
    others = [name for name in others if name not in given]
    return replace(file, columns=columns, labels=given, keys=keys, others=others, notes=notes)


def in_order(file, n):
    """Return LabelFile if it holds nothing but labels and has n rows, as many as there are sequences; else None.

    A lone column of words may have no header: its first line is then a label too.
    """
    if file.keys or file.others:
        return None
    (name, column), *more = file.label_columns().items()
    if len(file.lines) == n - 1 and not more and file.header and not isinstance(column, np.ndarray):
        return replace(file, labels=["label"], columns={"label": [name, *column]}, lines=[1, *file.lines])
    return file if len(file.lines) == n else None


def order_notes(file, what):
    """Say that labels were matched by their order, a list of lines. what: what there is, "100 sequences"."""
    told = "nothing but the order tells which is whose"
    return [f"{file.path.name} holds, in this order, the labels of {what}: {told}", *file.notes]


def match(file, names, forms):
    """Find the row of LabelFile with the label of each sequence of `names`, tuples of words.

    Parameters: forms: see with_known_columns.
    Returns: (rows (n,), -1 where there is none, notes of what is left out on either side).
    Raises: InputError where nothing fits, and for two labels of one sequence.
    """
    rows, positions = np.full(len(names), -1), positions_of(file.ids(), names, forms)
    labels = file.label_columns().values()
    empty = np.any([is_missing(column) for column in labels], axis=0)
    for row, position in enumerate(positions):
        if position < 0 or empty[row]:
            continue
        if (first := rows[position]) >= 0 and any(column[first] != column[row] for column in labels):
            both = f"lines {file.lines[first]} and {file.lines[row]}"
            raise InputError(f"{file.path} {both} give {_shown(names[position])} two labels")
        rows[position] = row
    if (rows < 0).all():
        raise nothing_fits(file, names)
    return rows, unmatched_notes(file, [own for own, row in zip(names, rows) if row < 0], len(names), positions)


def nothing_fits(file, names):
    """Return the InputError, with examples of both sides, for labels that fit no sequence of `names`."""
    shown = [name for name in file.keys or file.others or file.labels if name in file.words]
    theirs = f"in it {shorten(shown)} {'is' if len(shown) == 1 else 'are'} "
    theirs += _some(zip(*(file.words[name] for name in shown)))
    ours = f"the {len(names)} sequences are {_some(names)}" if names else "the data have no ids"
    return InputError(
        f"no row of {file.path} fits: {ours}; {theirs}. Rows are matched by ids as they are written, in a column named "
        "like that of SEQUENCE, by names of files, by time (columns onset and duration), or in their order where there "
        "is nothing but labels, one for each sequence"
    )


def unmatched_notes(file, without, of, positions):
    """Say which sequences (names) have no label, and which rows, whose positions are -1, are of no sequence."""
    strangers = [own for own, position in zip(file.ids(), positions) if position < 0]
    notes = [f"{shorten(file.labels)} is read from {file.path.name}", *file.notes]
    if without:
        many = f"{len(without)} of {of} sequences without a label in {file.path.name}"
        notes.append(f"{many}, left out: {_some(without)}")
    if strangers:
        notes.append(f"{counted(len(strangers), 'row')} of {file.path.name} without a sequence: {_some(strangers)}")
    return notes


def file_forms(name):
    """Return the forms of the name of a file that may mean it: with its folder or not, with its suffix or not."""
    whole = name[0].strip().replace("\\", "/").removeprefix("./")
    last = whole.rpartition("/")[2]
    return [(form,) for form in dict.fromkeys([whole, SUFFIX.sub("", whole), last, SUFFIX.sub("", last)])]


def id_forms(name):
    """Return the forms of an id: it alone."""
    return [name]


def positions_of(ids, names, forms):
    """Return the place among `names` of what each id means, -1 where none: see with_known_columns."""
    places = {}
    for place, name in enumerate(names):
        for form in forms(name):
            places[form] = place if places.setdefault(form, place) == place else -1  # the name of two means none
    return [next((places[form] for form in forms(own) if places.get(form, -1) >= 0), -1) for own in ids]


def _shown(name):
    return " ".join(map(repr, name))


def _some(names):
    return shorten([*map(_shown, dict.fromkeys(names))], 3)
