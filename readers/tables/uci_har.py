"""UCI's layout of activity data: `Inertial Signals/*_train.txt`, a file a channel, a sequence a line, labels beside."""

import numpy as np

from core.errors import InputError
from readers.folders import split_folders
from readers.tables.delimited import read_table
from readers.text_files import read_any_text
from sequences.types import Sequences

SIGNALS = "Inertial Signals"  # the folder of the channels, in that of each set


def folder_of(path):
    """Return the folder of the data: `path`, or where it was unpacked into, the only folder in it; None if neither."""
    inside = [folder for folder in sorted(path.iterdir()) if folder.is_dir() and folder.name[0] not in "._"]
    return next((folder for folder in (path, *inside[: len(inside) == 1]) if _folders_of_sets(folder)), None)


def _folders_of_sets(path):
    """Return the folders of the sets, `train` and `test` or `path` itself; [] where none has channels."""
    sets = split_folders(path)
    return sets if any((folder / SIGNALS).is_dir() for folder in sets) else []


def read(path, c, preparation=None):
    """Read such a folder: see readers/__init__.py.

    Returns: (Sequences with the subjects as groups, Sequences of the official test set or None).
    """
    folder = folder_of(path)
    sets = [_read_set(folder, own) for own in _folders_of_sets(folder)]
    if folder != path:
        sets[0] = sets[0].noted(f"read from the folder {folder.name} in {path.name}")
    if len(sets) == 2 and sets[0].columns != sets[1].columns:
        raise InputError(f"{folder}: train and test have different channels: {sets[0].columns} and {sets[1].columns}")
    return sets[0], sets[1] if len(sets) == 2 else None


def _read_set(path, folder):
    suffix = f"_{folder.name.lower()}"
    channels = {f.stem.lower().removesuffix(suffix): f for f in sorted((folder / SIGNALS).glob("*.txt"))}
    if not channels:
        raise InputError(f"{folder / SIGNALS} holds no .txt files")
    matrices = [_read_matrix(file) for file in channels.values()]
    shapes = {name: matrix.shape for name, matrix in zip(channels, matrices)}
    if len(set(shapes.values())) > 1:
        raise InputError(f"{folder / SIGNALS}: its channels differ in shape: {shapes}")
    x = np.stack(matrices, axis=2)
    y, subjects = (_one_a_line(folder, f"{what}{suffix}.txt", len(x)) for what in ("y", "subject"))
    names = path / "activity_labels.txt"
    if y is not None and names.is_file():
        pairs = [line.split(None, 1) for line in read_any_text(names)[0].splitlines()]
        numbered = [pair for pair in pairs if len(pair) == 2 and pair[0].isdecimal() and len(pair[0]) < 20]
        words = {int(number): word for number, word in numbered}  # 01 is 1
        y = np.array([words.get(label, str(label)).strip() for label in y.tolist()])
    return Sequences(x, y, "sequences", groups=subjects, columns=[*channels])


def _read_matrix(file):
    table = read_table(file)
    if table.header or not all(isinstance(column, np.ndarray) for column in table.columns):
        raise InputError(f"{file} must hold only numbers, one sequence a line")
    return np.stack(table.columns, axis=1)


def _one_a_line(folder, name, n):
    """Return the whole numbers (n,) of a file, one a line; None where it is not there."""
    file = folder / name
    if not file.is_file():
        return None
    values = _read_matrix(file)[:, 0]
    if len(values) != n or not (values == np.round(values)).all():
        raise InputError(f"{file} must hold {n} whole numbers, one for each line of the channels")
    return values.astype(np.int64)
