"""Folders of files: CLASS/* of tables, arrays or recordings (Keras' convention), one file a sequence, and UCI's layout.

`train/` and `test/` inside are the official sets.
"""

import re
from collections import Counter

import numpy as np

from core.errors import InputError
from readers.arrays.numpy_files import load_sequence
from readers.file_checks import refuse_special
from readers.media import sound, texts, video
from readers.tables.cells import is_plain_number
from readers.tables.columns import find_column, identifier_columns, listed, shorten
from readers.tables.delimited import TABLES, read_table
from readers.tables.labelled_time_steps import read_recordings, split_at
from readers.text_files import read_any_text
from readers.ways_on import way_on
from sequences.types import Sequences

SPLITS = {"train", "training", "test", "testing", "val", "valid", "validation"}  # names of splits rather than classes
SIGNALS = "Inertial Signals"  # folder of the UCI activity layout
OPTIONAL = {"sound": sound, "video": video}  # kinds of files that are read where an optional package is installed


def holds_classes(path):
    """Tell whether a folder holds a folder for each class, or UCI's layout."""
    return is_uci_har(path) or any(files for folder in split_folders(path) for files in class_files(folder).values())


def split_folders(path):
    """Return the folders `train` and `test` where both are there, else the folder itself."""
    inside = {folder.name.lower(): folder for folder in path.iterdir() if folder.is_dir()}
    return [inside["train"], inside["test"]] if {"train", "test"} <= set(inside) else [path]


def class_files(path):
    """Return {name of a class folder: its files that can be read}; folders that begin with _ or . are no class."""
    folders = sorted(f for f in path.iterdir() if f.is_dir() and f.name[0] not in "._")
    return {folder.name: [f for f in sorted(folder.iterdir()) if kind_of(f)] for folder in folders}


def suffix_of(file):
    """Return the suffix of a file in lower case, of a packed one with what was packed: ".csv.gz"."""
    return "".join(file.suffixes[-2:] if file.suffix == ".gz" else [file.suffix]).lower()


def kind_of(file):
    """Return what a file is read as ("sound", "video" or its suffix), or None; a folder of frames is a clip."""
    if file.name[0] in "._" and file.is_dir() or file.name.startswith("."):
        return None
    if video.is_clip(file):
        return "video"
    if not file.is_file():
        return None
    suffix = suffix_of(file)
    if suffix in sound.SOUND:
        return "sound"
    return suffix if suffix in TABLES or suffix == ".npy" else None


def read(path, c, preparation=None):
    """Read a folder with one sequence a file: see readers/__init__.py.

    The class is the name of the file's folder; files without such a folder (SEQUENCE = "file") have it in the column
    LABEL. Of several kinds of files the most frequent is read, the others are named.
    """
    if is_uci_har(path):
        return read_uci_har(path, c, preparation)
    folders = split_folders(path)
    found = [file for folder in folders for files in class_files(folder).values() for file in files]
    by_class = bool(found)
    found = found or [file for file in sorted(path.iterdir()) if kind_of(file)]
    if not found:
        raise InputError(f"{path} holds no files that can be read{way_on(path, (*TABLES, '.npy', *sound.SOUND))}")
    kind = Counter(map(kind_of, found)).most_common(1)[0][0]
    used = [file for file in found if kind_of(file) == kind and (kind not in OPTIONAL or OPTIONAL[kind].can_read(file))]
    if not used:
        how = f"{OPTIONAL[kind].INSTALL}, or convert it to {'.wav' if kind == 'sound' else '.gif'}"
        raise InputError(f"{path} holds no {kind} that can be read here: {how}")
    labels = [file.parent.name for file in used] if by_class else None
    if labels and (names := {label.lower() for label in labels}) <= SPLITS:
        raise InputError(
            f"{path} holds {', '.join(sorted(names))}: official sets are the folders train and test, both needed, each "
            "with a folder for each class; a validation set is cut from the training set (VALIDATION_SIZE)"
        )
    for file in used:
        refuse_special(file, allowed=file.is_dir())
    sequences = _read_files(path, kind, used, labels, c, preparation)
    classes = {folder / name for folder in folders for name in class_files(folder)}
    left_out = [file for folder in {path, *folders} for file in folder.iterdir() if file.is_dir() or not by_class]
    left_out += [file for folder in classes for file in folder.iterdir()]
    left_out = sorted(f for f in left_out if f.name[0] != "." and f not in {*used, *classes, *folders})
    shown = shorten([file.relative_to(path) for file in left_out], 4)
    if left_out:
        install = kind in OPTIONAL and any(kind_of(file) == kind for file in left_out)
        how = f" ({OPTIONAL[kind].INSTALL})" if install else ""
        what = "files or folders" if len(left_out) > 1 else "file or folder"
        sequences = sequences.noted(f"{len(left_out)} {what} left out: {shown}{how}")
    training = sum(file.is_relative_to(folders[0]) for file in used)
    if len(folders) == 2 and not 0 < training < len(used):
        empty = folders[training > 0]
        unread = f"; left out: {shown}" * bool(left_out)
        raise InputError(f"{empty} holds no file of {kind} that can be read, and the other set does{unread}")
    return (sequences, None) if training == len(used) else split_at(sequences, training)


def _read_files(path, kind, files, labels, c, preparation):
    """Read files of one kind; labels: of each, or None. Returns: Sequences, of streams with a label in every row."""
    names = [str(file.relative_to(path)) for file in files]
    if kind == ".txt" and _are_texts(files, preparation):
        return texts.read_files(path, files, labels)
    if kind in TABLES:
        options = {"leave_out": True, "identifiers": identifier_columns(c), "ignored": c.IGNORE}
        tables = [read_table(file, **options) for file in files]
        columns = (
            []
            if labels is None
            else [find_column(path, tables[0].names, column, "LABEL", preparation) for column in listed(c.LABEL)]
        )
        by_folder = not columns or None in columns
        recordings = read_recordings(path, [*zip(names, tables)], c, preparation, labels if by_folder else None)
        note = f"classes are those of the column {shorten(columns)}, not the names of the folders"
        return recordings if by_folder else recordings.noted(note)
    if labels is None and preparation is None and kind != "video":
        raise InputError(f"{path}: files of {kind} need a folder for each class, CLASS/NAME")
    if kind == "video":
        read = Sequences(video.read_all(files, c), kind="clips")
    elif kind == "sound":
        read = sound.read_all(files, preparation and preparation.sample_rate).replace(kind="streams")
    else:
        read = _from_arrays(path, [load_sequence(file) for file in files])
    if labels is not None and read.kind == "clips":
        read = read.replace(y=np.array(labels))
    elif labels is not None:
        read = read.replace(y=[np.full(len(x), label) for x, label in zip(read.x, labels)])
    return read.replace(names=names)


def _from_arrays(path, x):
    """Return Sequences of arrays (time_i, features) or (time, height, width, channels)."""
    clips = x[0].ndim == 4
    shapes = sorted({values.shape if clips else values.shape[1:] for values in x})
    if len(shapes) > 1:
        problem = "clips in .npy files must be of one shape" if clips else "its files differ in features"
        raise InputError(f"{path}: {problem}: {', '.join(map(str, shapes[:3]))}")
    return Sequences(np.stack(x), kind="clips") if clips else Sequences(x, kind="streams")


def _are_texts(files, preparation):
    """Tell whether `.txt` files hold texts: the first of them no number where a table has its first rows."""
    if preparation is not None:
        return preparation.kind == "texts"
    prose = 0
    for file in files[:20]:
        lines = read_any_text(file)[0].split("\n")[:3]
        cells = [cell for line in lines for cell in re.split(r"[\s,;]+", line) if cell]
        prose += 2 * sum(map(is_plain_number, cells)) < len(cells)
    return 2 * prose > len(files[:20])


def is_uci_har(path):
    """Tell whether a folder is of UCI's activity layout, whole or only one set."""
    return any((folder / SIGNALS).is_dir() for folder in split_folders(path))


def read_uci_har(path, c, preparation=None):
    """Read UCI's activity layout: a text file a channel, one sequence a line; labels and subjects in files beside.

    Returns: (Sequences with the subjects as groups, Sequences of the official test set or None).
    """
    sets = [_read_channels_of(path, folder) for folder in split_folders(path)]
    if len(sets) == 2 and sets[0].columns != sets[1].columns:
        raise InputError(f"{path}: train and test have different channels: {sets[0].columns} and {sets[1].columns}")
    return sets[0], sets[1] if len(sets) == 2 else None


def _read_channels_of(path, folder):
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
        words = dict(pair for pair in pairs if len(pair) == 2)
        y = np.array([words.get(str(label), str(label)).strip() for label in y])
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
