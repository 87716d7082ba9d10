"""Folders of files: CLASS/* of tables, arrays or recordings (Keras' convention), one file a sequence, and UCI's layout.

`train/` and `test/` inside are the official sets.
"""

import re
from collections import Counter

import numpy as np

from core.errors import DAMAGED, InputError
from readers.file_checks import refuse_special
from readers.media import sound, texts, video
from readers.tables.columns import find_column, identifiers
from readers.tables.delimited import TABLES, read_table
from readers.tables.labelled_rows import divided, recordings
from readers.tables.numpy_fast_path import is_plain
from readers.text_files import read_any_text
from sequences.types import Sequences

SPLITS = {"train", "training", "test", "testing", "val", "valid", "validation"}  # names of parts rather than classes
SIGNALS = "Inertial Signals"  # folder of the UCI activity layout


def is_one(path):
    """Tell whether a folder holds a folder for each class, or UCI's layout."""
    return has_channels(path) or any(files for part in parts_of(path) for files in class_files(part).values())


def parts_of(path):
    """Return the folders of the parts: `train` and `test` where both are there, else the folder itself."""
    inside = {folder.name.lower(): folder for folder in path.iterdir() if folder.is_dir()}
    return [inside["train"], inside["test"]] if {"train", "test"} <= set(inside) else [path]


def class_files(path):
    """Return {name of a class folder: its files that can be read}; folders that begin with _ or . are no class."""
    folders = sorted(f for f in path.iterdir() if f.is_dir() and f.name[0] not in "._")
    return {folder.name: [f for f in sorted(folder.iterdir()) if kind_of(f)] for folder in folders}


def kind_of(file):
    """Return what a file is read as, or None; a folder of frames is a clip."""
    if file.name[0] in "._" and file.is_dir() or file.name.startswith("."):
        return None
    if video.is_clip(file):
        return "video"
    if not file.is_file():
        return None
    suffix = "".join(file.suffixes[-2:] if file.suffix == ".gz" else [file.suffix]).lower()
    if suffix in sound.SOUND:
        return "sound"
    return suffix if suffix in TABLES or suffix == ".npy" else None


def read(path, c, known=None):
    """Read a folder with one sequence a file: see readers/__init__.py.

    The class is the name of the file's folder; files without such a folder (SEQUENCE = "file") have it in the column
    LABEL. Of several kinds of files the most frequent is read, the others are named.
    """
    if has_channels(path):
        return read_channels(path, c, known)
    found, left_out = [], []  # (part, class or None, file)
    for part, folder in enumerate(parts_of(path)):
        classes = class_files(folder)
        for name, files in classes.items():
            found += [(part, name, file) for file in files]
            left_out += [f for f in (folder / name).iterdir() if f not in files and f.name[0] != "."]
        left_out += [f for f in folder.iterdir() if f.is_dir() and f.name[0] == "_"]
        left_out += [f for f in folder.iterdir() if f.is_dir() and f.name[0] not in "._" and f.name not in classes]
    if parts_of(path) != [path]:
        left_out += [f for f in path.iterdir() if f.is_dir() and f.name[0] != "." and f not in parts_of(path)]
    if not found:
        found = [(0, None, file) for file in sorted(path.iterdir()) if kind_of(file)]
        left_out += [f for f in path.iterdir() if f.is_file() and not kind_of(f) and f.name[0] != "."]
    if not found:
        raise InputError(f"{path} holds no files that can be read: {', '.join((*TABLES, '.npy', *sound.SOUND))}")
    kind = Counter(kind_of(file) for _, _, file in found).most_common(1)[0][0]
    left_out += [file for _, _, file in found if kind_of(file) != kind]
    found = [item for item in found if kind_of(item[2]) == kind]
    if kind == "sound":
        left_out += [file for _, _, file in found if not sound.can_read(file)]
        found = [item for item in found if sound.can_read(item[2])]
        if not found:
            raise InputError(f"{path} holds no sound that can be read here: {sound.INSTALL}, or convert it to .wav")
    if kind == "video":
        left_out += [file for _, _, file in found if not video.can_read(file)]
        found = [item for item in found if video.can_read(item[2])]
        if not found:
            raise InputError(f"{path} holds no video that can be read here: {video.INSTALL}, or convert it to .gif")
    classes = {name.lower() for _, name, _ in found if name is not None}
    if classes and classes <= SPLITS:
        raise InputError(
            f"{path} holds {', '.join(sorted(classes))}: official sets are the folders train and test, both needed, "
            "each with a folder for each class; a validation set is cut from the training set (VALIDATION_SIZE)"
        )
    for _, _, file in found:
        refuse_special(file, allowed=file.is_dir())
    stream = _read_all(path, kind, found, c, known)
    if left_out:
        shown = ", ".join(str(f.relative_to(path)) for f in sorted(left_out)[:4])
        more = ", ..." if len(left_out) > 4 else ""
        install = {"sound": sound.INSTALL, "video": video.INSTALL}.get(kind)
        install = f" ({install})" if install and any(kind_of(f) == kind for f in left_out) else ""
        stream = stream.replace(
            notes=(*stream.notes, f"{len(left_out)} files or folders left out: {shown}{more}{install}")
        )
    training = sum(part == 0 for part, _, _ in found)
    if parts_of(path) != [path] and not 0 < training < len(found):
        part, shown = parts_of(path)[training > 0], ", ".join(str(f.relative_to(path)) for f in sorted(left_out)[:4])
        raise InputError(f"{part} holds no file of {kind} that can be read, and the other set does ({shown})")
    return (stream, None) if training == len(found) else divided(stream, training)


def _read_all(path, kind, found, c, known):
    """Read files (part, class or None, file) of one kind. Returns: Sequences, a label in every row."""
    names = [str(file.relative_to(path)) for _, _, file in found]
    labels = [name for _, name, _ in found]
    labels = None if labels[0] is None else labels
    if kind == ".txt" and _are_texts([file for _, _, file in found], known):
        return texts.read_files(path, [file for _, _, file in found], labels)
    if kind in TABLES:
        tables = [
            (name, read_table(file, leave_out=True, spelled=identifiers(c))) for name, (_, _, file) in zip(names, found)
        ]
        column = None if labels is None else find_column(path, tables[0][1].names, c.LABEL, "LABEL", known)
        if column is not None:
            labels, note = None, f"classes are those of the column {column}, not the names of the folders"
            read = recordings(path, tables, c, known)
            return read.replace(notes=(*read.notes, note))
        if labels is None and known is None and c.LABEL is None:
            raise InputError(
                f'SEQUENCE = "file" needs LABEL, the column with the label of each row of the files in {path}, or to '
                "forecast TARGET"
            )
        return recordings(path, tables, c, known, labels)
    if kind == "video":
        x = video.read_all([file for _, _, file in found], c)
        return Sequences(x, None if labels is None else np.array(labels), "clips", names=names)
    if labels is None and known is None:
        raise InputError(f"{path}: files of {kind} need a folder for each class, CLASS/NAME")
    rate, notes = None, ()
    if kind == "sound":
        x, rate, notes = sound.read_all([file for _, _, file in found], known and known["sample_rate"])
    else:
        x = [_array(file) for _, _, file in found]
        if x[0].ndim == 4:
            return _clips(path, x, labels, names)
    y = None if labels is None else [np.full(len(values), label) for values, label in zip(x, labels)]
    shapes = {values.shape[1:] for values in x}
    if len(shapes) > 1:
        raise InputError(f"{path}: its files differ in features: {', '.join(map(str, sorted(shapes)[:3]))}")
    return Sequences(x, y, "streams", names=names, sample_rate=rate, notes=notes)


def _clips(path, x, labels, names):
    """Return Sequences of clips that lie in arrays (time, height, width, channels)."""
    shapes = sorted({values.shape for values in x})
    if len(shapes) > 1:
        raise InputError(f"{path}: clips in .npy files must be of one shape: {', '.join(map(str, shapes[:3]))}")
    return Sequences(np.stack(x), None if labels is None else np.array(labels), "clips", names=names)


def _are_texts(files, known):
    """Tell whether `.txt` files hold texts: the first of them no number where a table has its first rows."""
    if known is not None:
        return known["vocabulary"] is not None
    prose = 0
    for file in files[:20]:
        lines = read_any_text(file)[0].split("\n")[:3]
        cells = [cell for line in lines for cell in re.split(r"[\s,;]+", line) if cell]
        prose += 2 * sum(map(is_plain, cells)) < len(cells)
    return 2 * prose > len(files[:20])


def _array(file):
    """Load a `.npy` file that holds one sequence: (time,), (time, features) or (time, height, width[, channels])."""
    try:
        x = np.load(file, allow_pickle=False)
    except DAMAGED as error:
        raise InputError(f"{file} cannot be read as .npy: {error}") from error
    if x.dtype.kind not in "fiub" or x.ndim not in (1, 2, 3, 4) or 0 in x.shape:
        raise InputError(f"{file} holds {x.dtype} of shape {x.shape}; numbers (time,) or (time, features) are needed")
    return x[..., np.newaxis] if x.ndim in (1, 3) else x


def has_channels(path):
    """Tell whether a folder is of UCI's activity layout, whole or one part."""
    return any((part / SIGNALS).is_dir() for part in parts_of(path))


def read_channels(path, c, known=None):
    """Read UCI's activity layout: a text file a channel, one sequence a line; labels and subjects in files beside.

    Returns: (Sequences with the subjects as groups, Sequences of the official test set or None).
    """
    parts = [_part_of_channels(path, folder) for folder in parts_of(path)]
    if len(parts) == 2 and parts[0].columns != parts[1].columns:
        raise InputError(f"{path}: train and test have other channels: {parts[0].columns} and {parts[1].columns}")
    return parts[0], parts[1] if len(parts) == 2 else None


def _part_of_channels(path, folder):
    ending = f"_{folder.name.lower()}"
    channels = {f.stem.lower().removesuffix(ending): f for f in sorted((folder / SIGNALS).glob("*.txt"))}
    if not channels:
        raise InputError(f"{folder / SIGNALS} holds no .txt files")
    matrices = {name: _matrix(file) for name, file in channels.items()}
    shapes = {name: matrix.shape for name, matrix in matrices.items()}
    if len(set(shapes.values())) > 1:
        raise InputError(f"{folder / SIGNALS}: its channels differ in shape: {shapes}")
    x = np.stack([*matrices.values()], axis=2)
    y, subjects = (_one_a_line(folder, f"{what}{ending}.txt", len(x)) for what in ("y", "subject"))
    names = path / "activity_labels.txt"
    if y is not None and names.is_file():
        pairs = [line.split(None, 1) for line in read_any_text(names)[0].splitlines()]
        words = dict(pair for pair in pairs if len(pair) == 2)
        y = np.array([words.get(str(label), str(label)).strip() for label in y])
    return Sequences(x, y, groups=subjects, columns=[*channels])


def _matrix(file):
    table = read_table(file)
    words = [name for name, column in zip(table.names, table.columns) if not isinstance(column, np.ndarray)]
    if words or table.header:
        raise InputError(f"{file} must hold numbers alone, one sequence a line")
    return np.stack(table.columns, axis=1)


def _one_a_line(folder, name, n):
    file = folder / name
    if not file.is_file():
        return None
    values = _matrix(file)[:, 0]
    if len(values) != n or not (values == np.round(values)).all():
        raise InputError(f"{file} must hold {n} whole numbers, one for each line of the channels")
    return values.astype(np.int64)
