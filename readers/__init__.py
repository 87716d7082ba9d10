"""Files in, Sequences out: one file a format, and READERS, the table of formats.

A reader is a function `read(path, c, known=None)`. path: the file (for recordings also the folder); c: Constants;
known: None, or for new data what the run's preparation learned. It returns (Sequences, Sequences of the official test
set or None) and raises InputError, naming file and place, for what it cannot read. It reads every value as it is:
gaps, lengths and scales are the matter of sequences/preparation.py. No pickle is ever read, nothing is executed.
"""

from pathlib import Path

from core.errors import InputError
from readers import folders
from readers.arrays import mat_hdf5_arff as other_programs
from readers.arrays import numpy_files as arrays
from readers.arrays import ts, ucr
from readers.file_checks import refuse_special, refused_unless_readable
from readers.media import sound, texts, transcripts, video
from readers.tables import labelled_rows as streams
from readers.tables import row_sequences as rows
from readers.tables import series
from readers.tables import wide_series as wide
from readers.tables.delimited import TABLES, first_row
from readers.tables.numpy_fast_path import is_plain

# Format: reader. A folder of sound files counts as `.wav`; in a folder of several formats the first one is taken.
READERS = {
    ".ts": ts.read,
    ".npz": arrays.read_npz,
    ".npy": arrays.read_npy,
    ".mat": other_programs.read_mat,
    ".h5": other_programs.read_h5,
    ".hdf5": other_programs.read_h5,
    ".arff": other_programs.read_arff,
    ".tsv": ucr.read,
    ".txt": ucr.read,
    **dict.fromkeys(sound.SOUND, sound.read),
    **dict.fromkeys(video.VIDEO, video.read),
    ".csv": series.read,
    ".csv.gz": series.read,
}


def read_data_set(path, c, known=None):
    """Read the data set at `path`, a file or a folder.

    Returns: (Sequences, Sequences of the official test set or None). Raises InputError for a path that is missing, of
    no known format, or malformed.
    """
    path = Path(path)
    with refused_unless_readable(path):
        if path.is_dir() and c.SEQUENCE == "file":
            return (series if forecasts(c) else folders).read(path, c, known)
        if path.is_dir() and transcripts.is_one(path, c):
            return transcripts.read(path, c, known)
        suffix, path = find_format(path)
        if suffix is None:
            return folders.read(path, c, known)
        if suffix in TABLES:
            return reader_of_table(suffix, path, c, known)(path, c, known)
        if c.SEQUENCE not in (None, "file"):
            raise InputError(f"SEQUENCE = {c.SEQUENCE!r} is for tables ({', '.join(TABLES)}), which {path} is not")
        return READERS[suffix](path, c, known)


def forecasts(c):
    """Tell whether the constants ask for forecasts."""
    return c.TASK == "forecasting" or c.TASK is None and c.LABEL is None and c.TARGET is not None


def reader_of_table(suffix, path, c, known):
    """Choose the reader of a table: its rows are sequences, steps of labelled recordings, or steps of series."""
    if c.TEXT is not None or known is not None and known["vocabulary"] is not None:
        return texts.read
    if c.SEQUENCE == "row":
        return wide.read if forecasts(c) else rows.read
    if known is not None and known["columns"] is not None:
        return series.read if known["steps"] is None else streams.read
    if c.SEQUENCE not in (None, "file") and c.LABEL is None and not forecasts(c):
        raise InputError(
            f"SEQUENCE = {c.SEQUENCE!r} needs LABEL, the column with the label of each row, or to forecast TARGET"
        )
    if c.LABEL is not None and c.TASK != "forecasting":
        return streams.read
    if c.TARGET is None and READERS[suffix] is ucr.read and c.TASK != "forecasting":
        cells, header = first_row(path)
        if header is None and all(map(is_plain, " ".join(cells[1:]).split())):
            return ucr.read
    return series.read


def read_new(path, c, known):
    """Read new sequences, with labels or without, from one file or a folder of files.

    c, known: Constants and preparation of the run that is to predict them. Returns: Sequences. Raises InputError as
    read_data_set does.
    """
    path = Path(path)
    with refused_unless_readable(path):
        if path.is_dir() and known["steps"] is None:
            new, test = series.read(path, c.changed(SEQUENCE="file"), known)
        elif path.is_dir() and not sound.sound_files(path) and not transcripts.is_one(path, c):
            new, test = folders.read(path, c, known)
        else:
            new, test = read_data_set(path, c, known)
    if test is not None and (path.suffix == ".npz" or path.is_dir()):
        raise InputError(f"{path} holds a training and a test set: new sequences are needed alone (in .npz as X)")
    return new


def find_format(path):
    """Tell the format of `path`: (key of READERS, path of the file to read), (None, path) for a folder of many files.

    A folder stands for the `NAME_TRAIN` file in it, looked for in the order of READERS, for its sound files, or for the
    folders of its classes. Of several NAME_TRAIN files the one named like the folder is meant: archives keep
    variants of a data set beside it.
    """
    formats = ", ".join(READERS)
    if not path.exists():
        raise InputError(f"{path} does not exist")
    if path.is_file():
        suffix = "".join(path.suffixes[-2:] if path.suffix == ".gz" else [path.suffix]).lower()
        if suffix not in READERS:
            raise InputError(f"{path} is of no known format; allowed are {formats}")
        return suffix, path
    refuse_special(path, allowed=path.is_dir())
    for suffix in READERS:
        found = sorted(file for train in ("_TRAIN", "_train") for file in path.glob(f"*{train}{suffix}"))
        named = [f"{path.name}{train}{suffix}" for train in ("_TRAIN", "_train")]
        found = [file for file in found if file.name in named] or found
        if len(found) > 1:
            raise InputError(
                f"{path} holds several data sets ({found[0].name}, {found[1].name}), none named like the folder: "
                "name one file"
            )
        if found:
            refuse_special(found[0])
            return suffix, found[0]
    if sound.sound_files(path):
        return ".wav", path
    if folders.is_one(path):
        return None, path
    if frames := [folder for folder in sorted(path.iterdir()) if folder.is_dir() and video.is_clip(folder)]:
        raise InputError(
            f"{path} holds folders of frames ({frames[0].name}): clips need a folder for each class, CLASS/CLIP/*"
        )
    raise InputError(
        f"the folder {path} holds no NAME_TRAIN file, no sound, and no folder for each class with files in it; allowed "
        f'formats are {formats}. If each of its files is a sequence with labels in a column, set SEQUENCE = "file"'
    )
