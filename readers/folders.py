"""Folders of files: CLASS/* of tables, arrays, recordings or clips (Keras' convention), one file a sequence.

`train/` and `test/` inside, and a validation set beside them, are the official sets.
"""

import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.errors import InputError
from core.files import project_path
from readers.arrays.numpy_files import load_sequence
from readers.below import is_clutter
from readers.file_checks import refuse_special
from readers.folder_contents import describe, one_class
from readers.labels_beside import labels_beside
from readers.media import cases, dicom, pictures, sound, texts, video
from readers.official_sets import divide
from readers.signals.record_files import is_part_of_record, listed_records
from readers.tables.cells import is_plain_number
from readers.tables.columns import find_column, identifier_columns, listed, shorten
from readers.tables.delimited import TABLES, read_table
from readers.tables.joined_labels import labels_of_files
from readers.tables.labelled_time_steps import read_recordings
from readers.text_files import read_any_text
from sequences.types import Sequences

SETS = {"train", "training", "test", "testing", "val", "valid", "validation"}  # names of sets rather than classes
OFFICIAL = ("val", "valid", "validation", "dev")  # names of a validation set's folder beside train and test
PLACES = {1: (0,), 2: (0, 2), 3: (0, 1, 2)}  # in sequences.types.SPLITS, of so many official sets
UNLABELLED = {"unsup", "unsupervised", "unlabelled", "unlabeled"}  # of files without labels, as aclImdb has them
CONVERT = {"sound": ", or convert it to .wav", "video": ", or convert it to .gif"}
OPTIONAL = {"sound": sound, **cases.KINDS}  # kinds of files that are read where an optional package is installed


def holds_classes(path):
    """Tell whether a folder holds a folder for each class."""
    return classes_in(path) > 0


def classes_in(path):
    """Return how many classes a folder, or its folders `train` and `test`, have folders of files for."""
    return len({name for folder in split_folders(path) for name, files in class_files(folder).items() if files})


def holds_clips(path):
    """Tell whether most of what can be read in a folder are clips, whose classes a table may say."""
    kinds = [kind in cases.KINDS for kind in map(kind_of, path.iterdir()) if kind]
    return 2 * sum(kinds) >= len(kinds) > 0


def split_folders(path):
    """Return the folders `train` and `test` where both are there, else the folder itself."""
    inside = {folder.name.lower(): folder for folder in path.iterdir() if folder.is_dir()}
    return [inside["train"], inside["test"]] if {"train", "test"} <= set(inside) else [path]


def class_files(path):
    """Return {name of a class folder: its files that can be read}; folders that begin with _ or . are no class."""
    folders = sorted(f for f in path.iterdir() if f.is_dir() and f.name[0] not in "._" and not is_clutter(f.name))
    return {
        folder.name: [item for f in sorted(folder.iterdir()) for item in ([f] if kind_of(f) else _clips_inside(f))]
        for folder in folders
    }


def _clips_inside(folder):
    """Return the clips in a folder of a class, a patient's or a study's, in which there are several."""
    return cases.clips_below(folder, cases.DEPTH - 1) if folder.is_dir() and folder.name[0] not in "._" else []


def suffix_of(file):
    """Return the suffix of a file in lower case, of a packed one with what was packed: ".csv.gz"."""
    return "".join(file.suffixes[-2:] if file.suffix == ".gz" else [file.suffix]).lower()


def kind_of(file):
    """Return what a file is read as (a kind of clip, "sound", "picture" or its suffix), or None for another."""
    if file.name[0] in "._" and file.is_dir() or is_clutter(file.name) or is_part_of_record(file):
        return None
    if kind := cases.kind_of_clip(file):
        return kind
    if video.is_picture(file) and file.is_file():
        return "picture"
    if not file.is_file():
        return None
    suffix = suffix_of(file)
    if suffix in sound.SOUND:
        return "sound"
    return suffix if suffix in TABLES or suffix == ".npy" else None


@dataclass(frozen=True)
class Files:
    """The files of a folder that are read, and what is known of each."""

    files: list
    set_of: list  # places of their official sets
    labels: list | None  # None where their content says them
    groups: np.ndarray | None = None
    target_names: list | None = None

    def those(self, places, **fields):
        """Return some of the files, with other fields."""
        kept = {name: [getattr(self, name)[k] for k in places] for name in ("files", "set_of")}
        return replace(self, **kept, **fields)


def read(path, c, preparation=None):
    """Read a folder with one sequence a file: see readers/__init__.py.

    The class is the name of the file's folder, or a table beside the files or LABEL_FILE says it; files without any of
    these (SEQUENCE = "file") have it in the column LABEL. Of several kinds of files the most frequent is read, the
    others are named.
    """
    sets, (records, notes) = official_sets(path), listed_records(path)
    label_file = None if c.LABEL_FILE is None else project_path(c.LABEL_FILE, "LABEL_FILE").resolve()
    new = preparation is not None
    if len(sets) == 1 and not (new or records or label_file) and (clips := cases.read(path, c)) is not None:
        return clips, None
    unlabelled = [] if new else _unlabelled_folders(sets)
    found = dict.fromkeys(records, (None, 0)) or _files_of(path, sets, unlabelled, preparation, label_file)
    if not found:
        raise InputError(f"{path} holds no files that can be read: {describe(path)}")
    kind, used = _most_frequent_kind(path, found)
    for file in used:
        refuse_special(file, allowed=file.is_dir())
    labels, set_of = map(list, zip(*map(found.get, used)))
    chosen = Files(used, set_of, None if None in labels else labels)
    _refuse_sets_as_classes(path, chosen.labels)
    left_out = _left_out(path, sets, used, unlabelled, chosen.labels is not None, kind)
    left_out = [file for file in left_out if file.resolve() != label_file]
    if not new:
        chosen, more = _with_labels_apart(path, kind, chosen, c)
        notes = [*notes, *more]
        if c.LABEL is None and c.LABEL_FILE is None and len({*(chosen.labels or [])}) == 1:
            raise InputError(one_class(sets[0], chosen.labels[0]))
        if kind == "video" and chosen.groups is None and c.GROUP is None and c.TEST_FILES is None:
            groups, more = video.sources(chosen.files)
            chosen, notes = replace(chosen, groups=groups and np.array(groups)), [*notes, *more]
    for place in set(range(len(sets))) - {*chosen.set_of}:
        unread = f"; left out: {_shown(path, left_out)}" * bool(left_out)
        raise InputError(f"{sets[place]} holds no file of {kind} that can be read, and the other set does{unread}")
    notes += _notes_of_left_out(path, kind, left_out, unlabelled)
    return divide(_read_chosen(path, kind, chosen, sets, c, preparation).noted(*notes))


def _with_labels_apart(path, kind, chosen, c):
    """Give files the labels that LABEL_FILE or a table beside them has, where there is one; the others are left out.

    Returns: (Files, notes).
    """
    names = [file.relative_to(path).as_posix() for file in chosen.files]
    if c.LABEL_FILE is not None:
        if kind in TABLES and not (kind == ".txt" and _are_texts(chosen.files, None)):
            return replace(chosen, labels=None), []  # of tables: see joined_labels.with_labels
        kept, labels, target_names, notes = labels_of_files(names, c)
        return chosen.those(kept, labels=[*labels], target_names=target_names), notes
    if kind not in OPTIONAL or len({*(chosen.labels or [])}) > 1 and c.LABEL is None:
        return chosen, []
    named, group_of, notes = labels_beside(path, chosen.files, c)
    kept = [k for k, file in enumerate(chosen.files) if file in named]
    if not kept:
        return chosen, []
    labels, groups = ([of and of[chosen.files[k]] for k in kept] for of in (named, group_of))
    return chosen.those(kept, labels=labels, groups=group_of and np.array(groups)), notes


def _read_chosen(path, kind, chosen, sets, c, preparation):
    """Read the chosen files, of one kind. Returns: Sequences, their official sets in `splits`."""
    places = PLACES[len(sets)]
    of_each = {"groups": chosen.groups, "splits": np.take(places, chosen.set_of)}
    one_picture = kind == "dicom" and not any(f.is_dir() for f in chosen.files) and dicom.is_single(chosen.files[0])
    if kind == "picture" or one_picture:
        read = pictures.read_files(path, chosen.files, chosen.labels, chosen.set_of, c, preparation, of_each)
    else:
        read = _read_files(path, kind, chosen.files, chosen.labels, c, preparation, of_each)
    if read.splits is None:  # of tables, some of which LABEL_FILE may have left out
        folders = [own.name for own in sets]
        set_of = [folders.index(Path(name).parts[0]) if len(sets) > 1 else 0 for name in read.names]
        read = read.replace(splits=np.take(places, set_of))
    if read.kind == "clips" and chosen.labels and c.GROUP is None:
        read = read.cautioned(*cases.patient_cautions(chosen.files, chosen.labels, chosen.set_of))
    return read.replace(target_names=chosen.target_names or read.target_names)


def _unlabelled_folders(sets):
    """Return the class folders that by their names hold files without labels, and are not in each of the sets."""
    folders = [folder for own in sets for folder in own.iterdir() if folder.is_dir()]
    in_all = [len(sets) > 1 and all((own / folder.name).is_dir() for own in sets) for folder in folders]
    return [own for own, everywhere in zip(folders, in_all) if own.name.lower() in UNLABELLED and not everywhere]


def _refuse_sets_as_classes(path, labels):
    """Raise InputError where what folders are named after are sets rather than classes."""
    if labels and (names := {label.lower() for label in labels}) <= SETS:
        raise InputError(
            f"{path} holds {', '.join(sorted(names))}: official sets are the folders train and test, both needed, each "
            "with a folder for each class; a validation set is cut from the training set (VALIDATION_SIZE)"
        )


def has_table_of_classes(path, c):
    """Tell whether a table in a folder says the classes of clips or recordings, in it or in one folder of it."""
    if c.TASK in ("forecasting", "transcription") or sound.metadata_of(path) or len(split_folders(path)) == 2:
        return False
    files = [file for file in sorted(path.iterdir()) if not is_clutter(file.name)]
    if not any(file.is_file() and file.suffix.lower() in TABLES for file in files):
        return False
    items = [file for file in files if kind_of(file) in OPTIONAL]
    recordings = [file for file in items if kind_of(file) == "sound"]
    if c.LABEL is None and recordings and all("_" in file.name for file in recordings):  # LABEL_*.wav
        return False
    items = items or [file for files in class_files(path).values() for file in files if kind_of(file) in OPTIONAL]
    several = len({file.parent for file in items}) > 1
    return bool(items and not (several and c.LABEL is None) and labels_beside(path, items, c)[0])


def _most_frequent_kind(path, found):
    """Return (the most frequent kind of files, those of that kind that can be read here); InputError for none."""
    kind = Counter(map(kind_of, found)).most_common(1)[0][0]
    used = [file for file in found if kind_of(file) == kind and (kind not in OPTIONAL or OPTIONAL[kind].can_read(file))]
    if not used:
        how = OPTIONAL[kind].INSTALL + CONVERT.get(kind, "")
        raise InputError(f"{path} holds no {kind} that can be read here: {how}")
    return kind, used


def official_sets(path):
    """Return the folders `train`, `val` (where there is one) and `test` where the first and the last are there.

    Else the folder itself, in a list.
    """
    train, *test = split_folders(path)
    inside = {folder.name.lower(): folder for folder in path.iterdir() if folder.is_dir()}
    return [train, *([inside[name] for name in OFFICIAL if name in inside][:1] if test else []), *test]


def _files_of(path, sets, unlabelled, preparation, label_file):
    """Return {file: (its class or None, the place of its set)} of what can be read; pictures where nothing else can.

    label_file: path of the table with the labels, which is none of them.

    In new data for a run of clips, the folders of `path` with frames or slices are clips themselves.
    """
    own = {file: (None, 0) for file in sorted(path.iterdir()) if kind_of(file)}
    if preparation is not None and preparation.kind == "clips" and any(file.is_dir() for file in own):
        return {file: where for file, where in own.items() if kind_of(file) in cases.KINDS}
    by_class = {
        file: (name, place)
        for place, folder in enumerate(sets)
        for name, files in class_files(folder).items()
        for file in files
        if folder / name not in unlabelled
    }
    found = {file: where for file, where in (by_class or own).items() if file.resolve() != label_file}
    return {file: where for file, where in found.items() if kind_of(file) != "picture"} or found


def _left_out(path, sets, used, unlabelled, by_class, kind):
    """Return the files and folders that are not read, sorted, but for those in folders of unlabelled files."""
    classes = {folder / name for folder in sets for name in class_files(folder)}
    seen = {*used, *classes, *sets, *(parent for file in used for parent in file.parents)}
    beside = (file for folder in {path, *sets} for file in folder.iterdir())
    left_out = [file for file in beside if file.is_dir() or not by_class or kind_of(file) == kind]
    left_out += [file for folder in classes - {*used, *unlabelled} for file in folder.iterdir()]
    return sorted(f for f in left_out if not is_clutter(f.name) and f not in seen and not is_part_of_record(f))


def _shown(path, files):
    return shorten([file.relative_to(path) for file in files], 4)


def _notes_of_left_out(path, kind, left_out, unlabelled):
    """Say what was left out, in a list of lines."""
    notes = []
    if unlabelled:
        names = ", ".join(f"{own.relative_to(path)} ({sum(1 for _ in own.iterdir())} files)" for own in unlabelled)
        notes.append(f"left out, since by its name it has no labels: {names}")
    if left_out:
        install = kind in OPTIONAL and any(kind_of(file) == kind for file in left_out)
        how = f" ({OPTIONAL[kind].INSTALL})" if install else ""
        what = "files or folders" if len(left_out) > 1 else "file or folder"
        notes.append(f"{len(left_out)} {what} left out: {_shown(path, left_out)}{how}")
    return notes


def _read_files(path, kind, files, labels, c, preparation, of_each):
    """Read files of one kind; labels: of each, or None; of_each: other fields of Sequences, of each or None.

    Returns: Sequences, of streams with a label in every row.
    """
    names = [file.relative_to(path).as_posix() for file in files]
    if kind == ".txt" and _are_texts(files, preparation):
        return texts.read_files(path, files, labels).replace(**of_each)
    if kind in TABLES:
        return _read_tables(path, [*zip(names, files)], labels, c, preparation)
    if labels is None and preparation is None and kind in OPTIONAL:
        raise InputError(f"{path}: {describe(path)}")
    if labels is None and preparation is None:
        raise InputError(f"{path}: files of {kind} need a folder for each class, CLASS/NAME")
    of_each = {**of_each, "names": names, "y": labels}
    if kind in cases.KINDS:
        read = video.read_all(files, c, **of_each).noted(*cases.clip_notes(files))
    elif kind == "sound":
        read = sound.read_all(files, preparation and preparation.sample_rate, **of_each).replace(kind="streams")
    else:
        read = _from_arrays(path, [load_sequence(file) for file in files]).replace(**of_each)
    if read.y is not None and read.kind == "clips":
        return read.replace(y=np.array(read.y))
    return read if read.y is None else read.replace(y=[np.full(len(x), label) for x, label in zip(read.x, read.y)])


def _read_tables(path, named, labels, c, preparation):
    """Read tables of one recording each. named: list of (name, file); labels: see _read_files. Returns: Sequences."""
    options = {"leave_out": True, "identifiers": identifier_columns(c), "ignored": c.IGNORE}
    tables = [(name, read_table(file, **options)) for name, file in named]
    columns = (
        []
        if labels is None
        else [find_column(path, tables[0][1].names, column, "LABEL", preparation) for column in listed(c.LABEL)]
    )
    by_folder = not columns or None in columns
    recordings = read_recordings(path, tables, c, preparation, labels if by_folder else None)
    note = f"classes are those of the column {shorten(columns)}, not the names of the folders"
    return recordings if by_folder else recordings.noted(note)


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
