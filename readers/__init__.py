"""Files in, Sequences out: one file a format, and READERS, the table of formats.

A reader is a function `read(path, c, preparation=None)`. path: the file (for recordings also the folder); c: Constants;
preparation: None, or for new data that of the run (sequences/preparation.py). It returns (Sequences,
Sequences of the official test set or None) and raises InputError, naming file and place, for what it cannot read. It
reads every value as it is: sequences/preparation.py deals with gaps, lengths and scales. No pickle is ever read,
nothing is executed.
"""

from pathlib import Path

from core.errors import InputError
from readers import folders
from readers.arrays import mat_hdf5_arff, numpy_files, ts, ucr
from readers.file_checks import refuse_special, refused_unless_readable
from readers.media import sound, texts, transcripts, video
from readers.sentinels import sentinel_notes
from readers.tables import labelled_time_steps, series, wide_sequences, wide_series
from readers.tables.cells import is_plain_number
from readers.tables.delimited import TABLES, first_row
from readers.text_files import TRAIN_AND_TEST, twin_of
from readers.ways_on import way_on

# Format: reader. A folder of sound files counts as `.wav`; in a folder of several formats the first one is taken.
READERS = {
    ".ts": ts.read,
    ".npz": numpy_files.read_npz,
    ".npy": numpy_files.read_npy,
    ".mat": mat_hdf5_arff.read_mat,
    ".h5": mat_hdf5_arff.read_h5,
    ".hdf5": mat_hdf5_arff.read_h5,
    ".arff": mat_hdf5_arff.read_arff,
    ".tsv": ucr.read,
    ".txt": ucr.read,
    **dict.fromkeys(sound.SOUND, sound.read),
    **dict.fromkeys(video.VIDEO, video.read),
    **dict.fromkeys((suffix for suffix in TABLES if suffix not in (".tsv", ".txt")), series.read),
}


def forecasts(c):
    """Tell whether the constants ask for forecasts."""
    return c.TASK == "forecasting" or c.TASK is None and c.LABEL is None and c.TARGET is not None


def is_ucr(path, c):
    """Tell whether a text file is of the UCR archive: no header, and after the label numbers alone."""
    if c.TASK == "forecasting" or c.TARGET is not None or READERS[folders.suffix_of(path)] is not ucr.read:
        return False
    cells, header = first_row(path)
    return header is None and all(map(is_plain_number, " ".join(cells[1:]).split()))


# What a row of a table is, and its reader: the first line that holds for (path, c, preparation).
TABLE_READERS = (
    # A text; its task knows no other data.
    (lambda path, c, fitted: c.TEXT is None and fitted is None and texts.is_fasttext(path), texts.read_fasttext),
    (
        lambda path, c, fitted: c.TEXT is not None or fitted is not None and fitted.kind == "texts",
        texts.read,
    ),
    # A whole series to forecast, or a whole sequence with its label.
    (lambda path, c, fitted: c.SEQUENCE == "row" and forecasts(c), wide_series.read),
    (lambda path, c, fitted: c.SEQUENCE == "row", wide_sequences.read),
    # In new data for a run that was trained on named columns, a time step of what it was trained on.
    (lambda path, c, fitted: fitted is not None and fitted.kind == "series", series.read),
    (
        lambda path, c, fitted: fitted is not None and fitted.columns is not None,
        labelled_time_steps.read,
    ),
    # A time step of recordings, with a label.
    (lambda path, c, fitted: c.SEQUENCE not in (None, "file") and not forecasts(c), labelled_time_steps.read),
    (lambda path, c, fitted: c.LABEL is not None and c.TASK != "forecasting", labelled_time_steps.read),
    # A whole sequence, its label first; or else a time step of a series.
    (lambda path, c, fitted: is_ucr(path, c), ucr.read),
    (lambda path, c, fitted: True, series.read),
)

# What a folder holds, and its reader; other folders are those of a format, of sound, or of classes.
FOLDER_READERS = (
    (lambda path, c: c.SEQUENCE == "file" and forecasts(c), series.read),  # a series a file
    (lambda path, c: c.SEQUENCE == "file", folders.read),  # a labelled recording a file
    (transcripts.has_metadata, transcripts.read),  # recordings, and a table that names them
)


def read_data_set(path, c):
    """Read the data set at `path`, a file or a folder.

    Returns: (Sequences, Sequences of the official test set or None).
    Raises: InputError for a path that is missing, of no known format, or malformed.
    """
    train, test = _read(Path(path), c)
    train = train.noted(*sentinel_notes(train, path, c))
    if test is not None:
        test = test.noted(*(f"test set: {note}" for note in sentinel_notes(test, f"the test set of {path}", c)))
    return train, test


def _read(path, c, preparation=None):
    """Read what is at `path`; preparation: see the head of this file. Returns and raises as read_data_set does."""
    with refused_unless_readable(path):
        if path.is_dir():
            if c.SEQUENCE == "file" and c.TEST_FILES is None and preparation is None:
                refuse_twins(path)
            for holds, read in FOLDER_READERS:
                if holds(path, c):
                    return read(path, c, preparation)
        suffix, path = find_format(path)
        if suffix is None:
            return folders.read(path, c, preparation)
        if suffix in TABLES:
            read = next(read for holds, read in TABLE_READERS if holds(path, c, preparation))
            return read(path, c, preparation)
        if c.SEQUENCE not in (None, "file"):
            raise InputError(f"SEQUENCE = {c.SEQUENCE!r} is for tables ({', '.join(TABLES)}), which {path} is not")
        return READERS[suffix](path, c, preparation)


def refuse_twins(path):
    """Raise InputError for a folder of sequences, a file each, two of which are named like official sets."""
    for file in sorted(path.iterdir()):
        if twin := twin_of(file):
            raise InputError(
                f'{path} holds {file.name} and {twin.name}, which SEQUENCE = "file" makes sequences like all others: '
                f"TEST_FILES says which files are the test set; of one series or table name {file.name} itself"
            )


def read_new(path, c, preparation):
    """Read new sequences, with labels or without, from one file or a folder of files.

    Parameters: c and preparation are the constants and the preparation of the run that is to predict them.
    Returns: Sequences.
    Raises: InputError as read_data_set does.
    """
    path = Path(path)
    with refused_unless_readable(path):
        if path.is_dir() and preparation.kind == "series":
            new, test = series.read(path, c.changed(SEQUENCE="file"), preparation)
        elif path.is_dir() and not sound.sound_files(path) and not transcripts.has_metadata(path, c):
            new, test = folders.read(path, c, preparation)
        else:
            new, test = _read(path, c, preparation)
    if test is not None and (path.suffix == ".npz" or path.is_dir()):
        raise InputError(f"{path} holds a training and a test set: new sequences are needed alone (in .npz as X)")
    return new.noted(*sentinel_notes(new, path))


def find_format(path):
    """Tell the format of `path`: (key of READERS, path of the file to read), (None, path) for a folder of many files.

    A folder stands for the `NAME_TRAIN` file in it, looked for in the order of READERS, for its sound files, or for the
    folders of its classes. Of several NAME_TRAIN files the one named like the folder is meant: archives keep
    variants of a data set beside it.
    """
    if not path.exists():
        raise InputError(f"{path} does not exist")
    if path.is_file():
        suffix = folders.suffix_of(path)
        if suffix not in READERS:
            raise InputError(f"{path} is in no known format{way_on(path, READERS)}")
        return suffix, path
    refuse_special(path, allowed=path.is_dir())
    for suffix in READERS:
        ends = [train + suffix[1:] for train, _ in TRAIN_AND_TEST]
        found = sorted(file for end in ends for file in path.glob(f"*{end}"))
        named = [f"{path.name}{end}" for end in ends]
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
    if folders.holds_classes(path):
        return None, path
    if frames := [folder for folder in sorted(path.iterdir()) if folder.is_dir() and video.is_clip(folder)]:
        raise InputError(
            f"{path} holds folders of frames ({frames[0].name}): clips need a folder for each class, CLASS/CLIP/*"
        )
    raise InputError(
        f"the folder {path} holds no NAME_TRAIN file, no sound, and no folder for each class with files in it"
        f"{way_on(path, READERS)}. If each of its files is a sequence with labels in a column, set SEQUENCE = "
        '"file"; of several data sets, name one file'
    )
