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
from readers.below import is_clutter
from readers.domains import netcdf, tracks
from readers.domains.netcdf_files import is_netcdf
from readers.file_checks import refuse_special, refused_unless_readable
from readers.folder_contents import describe, seen
from readers.in_memory import IN_MEMORY, DataFrameInMemory, sequences_in_memory
from readers.media import (
    cases,
    common_voice,
    dicom,
    kaldi,
    librispeech,
    nifti,
    pictures,
    sound,
    texts,
    transcripts,
    ucf101,
    video,
)
from readers.sentinels import sentinel_notes
from readers.signals.record_files import header_of, holds_records
from readers.tables import labelled_time_steps, series, uci_har, wide_sequences, wide_series
from readers.tables.cells import is_plain_number
from readers.tables.columns import A_FILE_EACH
from readers.tables.delimited import TABLES, first_row
from readers.tables.joined_labels import with_array_labels
from readers.text_files import TRAIN_AND_TEST, twin_of
from readers.ways_on import way_on
from readers.whole_numbers import rounded_value_notes

NETCDF = (".nc", ".nc4", ".cdf")

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
    **dict.fromkeys(NETCDF, netcdf.read),
    **dict.fromkeys(tracks.TRACKS, tracks.read),
    **dict.fromkeys(sound.SOUND, sound.read),
    **dict.fromkeys(video.VIDEO, video.read),
    **dict.fromkeys((*dicom.SUFFIXES, *nifti.SUFFIXES), video.read),
    **dict.fromkeys(video.IMAGES, pictures.read),
    **dict.fromkeys((suffix for suffix in TABLES if suffix not in (".tsv", ".txt")), series.read),
}


def forecasts(c):
    """Tell whether the constants ask for forecasts."""
    no_labels = c.LABEL is None and c.LABEL_FILE is None
    return c.TASK == "forecasting" or c.TASK is None and no_labels and c.TARGET is not None


def is_ucr(path, c):
    """Tell whether a text file is of the UCR archive: no header, and after the label numbers alone."""
    if c.TASK == "forecasting" or c.TARGET is not None or READERS[folders.suffix_of(path)] is not ucr.read:
        return False
    cells, header = first_row(path)
    return header is None and all(map(is_plain_number, " ".join(cells[1:]).split()))


# What a row of a table is, and its reader: the first line that holds for (path, c, preparation).
TABLE_READERS = (
    # A text; its task knows no other data.
    (
        lambda path, c, fitted: c.TEXT is None and fitted is None and texts.is_fasttext(path),
        texts.read_fasttext,
    ),
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
    (
        lambda path, c, fitted: c.SEQUENCE is not None and c.SEQUENCE != "file" and not forecasts(c),
        labelled_time_steps.read,
    ),
    (
        lambda path, c, fitted: (c.LABEL is not None or c.LABEL_FILE is not None) and c.TASK != "forecasting",
        labelled_time_steps.read,
    ),
    # A whole sequence, its label first; or else a time step of a series.
    (lambda path, c, fitted: is_ucr(path, c), ucr.read),
    (lambda path, c, fitted: True, series.read),
)

# What a folder holds, and its reader; other folders are those of a format, of sound, or of classes.
FOLDER_READERS = (
    (lambda path, c: tracks.holds_tracks(path), tracks.read),
    (lambda path, c: uci_har.folder_of(path) is not None, uci_har.read),  # a channel a file
    (lambda path, c: c.SEQUENCE == "file" and forecasts(c), series.read_folder),  # a series a file
    (lambda path, c: c.SEQUENCE in A_FILE_EACH, folders.read),  # a labelled recording a file
    (lambda path, c: holds_records(path) and forecasts(c), series.read_folder),
    (lambda path, c: holds_records(path), folders.read),
    (librispeech.holds, librispeech.read),
    (kaldi.holds, kaldi.read),
    (common_voice.holds, common_voice.read),
    (transcripts.has_metadata, transcripts.read),  # recordings, and a table that names them
    (ucf101.holds, ucf101.read),
    (folders.has_table_of_classes, folders.read),
)


TRIED = 10  # folders in a folder, of which one may be the data set
TRANSCRIPTS_NEEDED = (
    'TASK = "transcription" needs a folder of recordings with metadata.csv (columns file_name and transcription), '
    "with *.trans.txt, with wav.scp and text, or with train.tsv and test.tsv"
)


def read_data_set(path, c):
    """Read the data set at `path`, a file or a folder.

    Returns: (Sequences, Sequences of the official test set or None).
    Raises: InputError for a path that is missing, of no known format, or malformed.
    """
    train, test = _read(Path(path), c)
    train = train.noted(*sentinel_notes(train, path, c), *rounded_value_notes(train))
    if test is not None:
        notes = [*sentinel_notes(test, f"the test set of {path}", c), *rounded_value_notes(test)]
        test = test.noted(*(f"test set: {note}" for note in notes))
    return train, test


def read_in_memory(x, y, c, preparation=None):
    """Read what a notebook or a program holds.

    Parameters: x, a pandas DataFrame, read as a table, or see readers/in_memory.py; y, labels beside an x that is no
    DataFrame, or None; c, Constants; preparation, None or for new data that of the run.
    Returns: Sequences. Raises: InputError as read_data_set does.
    """
    if not hasattr(x, "iloc"):
        read = sequences_in_memory(x, y, c, preparation)
    elif y is not None:
        raise InputError("a DataFrame holds its labels: name their column by LABEL (or TARGET) in place of y")
    elif not hasattr(x, "columns"):
        raise InputError("x is one column of a DataFrame: x.to_frame() makes a table of it")
    else:
        read, _ = _read_table(DataFrameInMemory(x), c, preparation)
    return read.noted(*sentinel_notes(read, IN_MEMORY, c), *rounded_value_notes(read))


def _read_table(path, c, preparation):
    read = next(read for holds, read in TABLE_READERS if holds(path, c, preparation))
    return read(path, c, preparation)


def _read(path, c, preparation=None):
    """Read what is at `path`; preparation: see the head of this file. Returns and raises as read_data_set does."""
    with refused_unless_readable(path):
        if path.is_dir():
            if c.SEQUENCE in A_FILE_EACH and c.TEST_FILES is None and preparation is None:
                refuse_twins(path)
            for holds, read in FOLDER_READERS:
                if holds(path, c):
                    if c.LABEL_FILE is not None and read is transcripts.read:
                        raise InputError(f"{path} has a table that says what its files are: LABEL_FILE must be None")
                    return read(path, c, preparation)
            if c.TASK == "transcription" and preparation is None:
                raise InputError(f"{TRANSCRIPTS_NEEDED}; {seen(path)}")
        suffix, path = find_format(path, c)
        if suffix is None or path.is_dir() and c.LABEL_FILE is not None:
            return folders.read(path, c, preparation)
        if suffix in NETCDF or suffix in (".h5", ".hdf5") and is_netcdf(path):
            return netcdf.read(path, c, preparation)
        if suffix in TABLES:
            return _read_table(path, c, preparation)
        if c.SEQUENCE not in (None, *A_FILE_EACH):
            raise InputError(f"SEQUENCE = {c.SEQUENCE!r} is for tables ({', '.join(TABLES)}), which {path} is not")
        if suffix == ".dcm" and preparation is not None and preparation.kind == "sequences" and dicom.is_single(path):
            return pictures.read(path, c, preparation)
        train, test = READERS[suffix](path, c, preparation)
        if c.LABEL_FILE is not None and preparation is None and not path.is_dir():
            if test is not None:
                raise InputError(f"{path} has a test set with labels: LABEL_FILE must be None")
            train = with_array_labels(train, c)
        return train, test


def refuse_twins(path):
    """Raise InputError for a folder of sequences, a file each, two of which are named like official sets."""
    if pair := twins_in(path):
        raise InputError(
            f'{path} holds {pair[0].name} and {pair[1].name}, which SEQUENCE = "file" makes sequences like all others: '
            f"TEST_FILES says which files are the test set; of one series or table name {pair[0].name} itself"
        )


def twins_in(path):
    """Return two files of a folder that are named like official sets, or None."""
    return next(((file, twin) for file in sorted(path.iterdir()) if (twin := twin_of(file))), None)


def read_new(path, c, preparation):
    """Read new sequences, with labels or without, from one file or a folder of files.

    Parameters: c and preparation are the constants and the preparation of the run that is to predict them.
    Returns: Sequences.
    Raises: InputError as read_data_set does.
    """
    path = Path(path)
    if c.LABEL_FILE is not None:  # labels that new data lack
        c = c.changed(LABEL_FILE=None, LABEL=None)
    with refused_unless_readable(path):
        if path.is_dir() and (pair := twins_in(path)):
            both = f"{pair[0].name} and {pair[1].name}, a training and a test set"
            raise InputError(f"{path} holds {both}: new sequences are needed alone, name the file that holds them")
        if path.is_dir() and tracks.holds_tracks(path):
            new, test = tracks.read(path, c, preparation)
        elif path.is_dir() and preparation.kind == "series":
            new, test = series.read_folder(path, c, preparation)
        elif preparation.kind == "clips" and path.is_dir() and cases.kind_of_clip(path):
            new, test = video.read(path, c, preparation)
        else:
            layouts = [lambda path, c: sound.sound_files(path), *(holds for holds, _ in FOLDER_READERS)]
            files = path.is_dir() and not any(holds(path, c) for holds in layouts)
            new, test = (folders.read if files else _read)(path, c, preparation)
    if test is not None and (path.suffix == ".npz" or path.is_dir()):
        raise InputError(f"{path} holds a training and a test set: new sequences are needed alone (in .npz as X)")
    return new.noted(*sentinel_notes(new, path), *rounded_value_notes(new))


def find_format(path, c=None):
    """Tell the format of `path`: (key of READERS, path of the file to read), (None, path) for a folder of many files.

    A folder stands for the `NAME_TRAIN` file in it, looked for in the order of READERS, for its sound files, or for the
    folders of its classes. Of several NAME_TRAIN files the one named like the folder is meant: archives keep
    variants of a data set beside it.
    """
    if not path.exists():
        raise InputError(f"{path} does not exist")
    if path.is_file():
        path = header_of(path) or path
        suffix = ".dcm" if dicom.is_file(path) else folders.suffix_of(path)
        if suffix not in READERS:
            raise InputError(f"{path} is in no known format{way_on(path, READERS)}")
        return suffix, path
    refuse_special(path, allowed=path.is_dir())
    if found := _format_of_folder(path):
        return found
    inside = [folder for folder in sorted(path.iterdir()) if folder.is_dir() and not is_clutter(folder.name)]
    if frames := [folder for folder in inside if video.is_clip(folder)]:
        raise InputError(
            f"{path} holds folders of frames ({frames[0].name}): clips need a folder for each class, CLASS/CLIP/*, or "
            "a table that names each and its class"
        )
    readable = [folder for folder in inside[:TRIED] if _holds_a_data_set(folder, c)]
    if len(readable) == 1:
        raise InputError(
            f"{path} is not a data set, but the folder {readable[0].name} in it is: set DATASET = {str(readable[0])!r}"
        )
    raise InputError(f"the folder {path} cannot be read as it is: {describe(path)}")


def _format_of_folder(path):
    """Return what find_format does of a folder, or None. Raises InputError for several NAME_TRAIN files."""
    trains = [file for file in sorted(path.iterdir()) if any(train in file.name for train, _ in TRAIN_AND_TEST)]
    for suffix in READERS:
        ends = tuple(train + suffix[1:] for train, _ in TRAIN_AND_TEST)
        found = [file for file in trains if file.name.endswith(ends)]
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
    return (None, path) if folders.holds_classes(path) or folders.holds_clips(path) else None


def _holds_a_data_set(folder, c):
    """Tell whether a folder can be read by itself, at a glance."""
    try:
        found = _format_of_folder(folder)
        if found and found[0] is None:
            return folders.classes_in(folder) > 1
        return found is not None or c is not None and any(holds(folder, c) for holds, _ in FOLDER_READERS)
    except InputError:
        return False
