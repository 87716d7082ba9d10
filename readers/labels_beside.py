"""A table beside files or folders that names them and says the class of each: `labels.csv`, by any column names."""

import re
from collections import Counter, defaultdict

from core.errors import InputError
from core.wording import counted
from readers.tables.columns import as_labels, column_named, listed, shorten
from readers.tables.delimited import read_quoted_rows
from readers.text_files import to_numbers

TABLES = (".csv", ".tsv", ".txt", ".xlsx")  # that may name files
WITHOUT = ("", "na", "n/a", "nan")  # of a class, in lower case
SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}(\.gz)?$")  # of a file; 1.2.840 in a name has none


def labels_beside(path, items, c):
    """Read the classes (or numbers to predict) of files or folders from a table in the folder `path`.

    The column that names most of them is found, by names with suffixes or without, with folders or without; LABEL names
    that of classes where there are several others, and GROUP may name one of groups.

    Parameters: items, list of Paths below path.
    Returns: ({item: label}, {item: group} or None, notes), ({}, None, []) where no table names any of them. Items that
    the table does not name have no label, and a note counts them.
    Raises: InputError where it must be asked which column or table is meant, and for one name with two labels.
    """
    by_key = _items_by_key(path, items)
    tables = [file for file in sorted(path.iterdir()) if file.suffix.lower() in TABLES and file.is_file()]
    found = [(*_read(file, by_key), file) for file in tables if file.name[0] != "."]
    most = max((matches for matches, *_ in found), default=0)
    found = [own for own in found if own[0] == most > 0]
    if len(found) > 1 and isinstance(c.LABEL, str):
        found = [own for own in found if c.LABEL in own[1][0]] or found
    if not found:
        return {}, None, []
    if len(found) > 1:
        names = " and ".join(own[-1].name for own in found[:2])
        raise InputError(
            f"{path} holds {names}, which both name its files: LABEL must be a column of one of them alone"
        )
    _, rows, place, table = found[0]
    header, rows = _split_header(rows, place, by_key)
    return _labels(path, table, header, rows, place, by_key, items, c)


def _keys(name):
    """Return the forms of a name to look for, the most exact first."""
    name = name.strip().replace("\\", "/").removeprefix("./").strip("/")
    last = name.rpartition("/")[2]
    stem = SUFFIX.sub("", last)
    number = stem.isascii() and stem.isdigit()  # spreadsheets make 7 of 007
    return [name, SUFFIX.sub("", name), last, stem, *[stem.lstrip("0")] * number]


def _items_by_key(path, items):
    """Return {form of a name: the items that it means}: one by its own name, all that lie in a folder by the folder's.

    What several items are called by their own names means none of them.
    """
    by_key, by_folder = defaultdict(dict), defaultdict(dict)
    for item in items:
        inside = item.relative_to(path)
        for key in _keys(inside.as_posix()):
            by_key[key][item] = None
        for folder in inside.parts[:-1]:
            for key in {folder, _keys(folder)[-1]}:
                by_folder[key][item] = None
    return {**by_folder, **{key: named for key, named in by_key.items() if len(named) == 1}}


def _find(cell, by_key):
    """Return the items that a cell names, none or several."""
    return next((by_key[key] for key in _keys(cell) if key in by_key), {})


def _read(table, by_key):
    """Return (how many cells of a table's best column name items, its rows of cells, the place of that column)."""
    rows, _ = read_quoted_rows(table)
    if all(len(row) == 1 for row in rows):  # a name, a blank, its class
        rows = [row[0].rsplit(None, 1) for row in rows]
    matches = Counter(k for row in rows for k, cell in enumerate(row) if _find(cell, by_key))
    place, many = matches.most_common(1)[0] if matches else (0, 0)
    return many, rows, min(k for k in matches if matches[k] == many) if matches else place


def _split_header(rows, place, by_key):
    """Return (names of the columns, rows below them): the first row is a header where it names no item."""
    if _find(rows[0][place] if place < len(rows[0]) else "", by_key):
        return [str(k) for k in range(max(map(len, rows)))], rows
    return [cell.strip() for cell in rows[0]], rows[1:]


def _labels(path, table, header, rows, place, by_key, items, c):
    """Match the rows of a table with items: see labels_beside."""
    group = header.index(c.GROUP) if c.GROUP in header else None
    if len(labels := listed(c.LABEL)) > 1:
        raise InputError(
            f"LABEL = {c.LABEL!r} is impossible: {table} has one class for each file or folder, one column"
        )
    others = [k for k in range(len(header)) if k not in (place, group)]
    if labels:
        column = header.index(column_named(table, header, labels[0], "LABEL"))
    elif len(others) == 1:
        column = others[0]
    else:
        shown = shorten([header[k] for k in others]) or "no other column"
        raise InputError(
            f"{table} names files or folders in {header[place]!r}, beside it {shown}: LABEL says the class"
        )
    found, groups, strangers = {}, {}, []
    for row in rows:
        name, label = (row[k].strip() if k < len(row) else "" for k in (place, column))
        named = _find(name, by_key)
        if not named:
            strangers.append(name)
        for item in named if label.lower() not in WITHOUT else ():
            if found.setdefault(item, label) != label:
                raise InputError(f"{table} gives {name[:80]!r} two labels, {found[item]!r} and {label!r}")
            if group is not None:
                groups[item] = row[group].strip() if group < len(row) else ""
    notes = [f"classes are those of the column {header[column]!r} of {table.name}"]
    notes += [f"groups are those of its column {c.GROUP!r}"] * (group is not None)
    if without := [item.relative_to(path).as_posix() for item in items if item not in found]:
        notes.append(f"{len(without)} without a class in {table.name}, left out: {shorten(without, 3)}")
    if strangers:
        notes.append(
            f"{counted(len(strangers), 'row')} of {table.name} without a file or folder: {shorten(strangers, 3)}"
        )
    return dict(zip(found, _as_classes([*found.values()]))), groups if group is not None else None, notes


def _as_classes(words):
    """Return labels as the readers of tables do: words, or numbers where all are numbers."""
    try:
        return as_labels(to_numbers(words, "labels")).tolist()
    except InputError:
        return words
