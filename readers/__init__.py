"""Files in, Sequences out: one file a format, and READERS, the table of formats.

A reader is a function `read(path, c, known=None)`. path: the file (for recordings also the folder); c: Constants;
known: None, or for new data what the run's preparation learned. It returns (Sequences, Sequences of the official test
part or None) and raises InputError, naming file and place, for what it cannot read. It reads every value as it is:
gaps, lengths and scales are the matter of sequences/preparation.py. No pickle is ever read, nothing is executed.
"""

from pathlib import Path

from project.errors import InputError
from readers import arrays, other_programs, rows, series, sound, ts, ucr
from readers.regular import refuse_special, refused_unless_readable

# Format: reader. A folder of `.wav` files counts as `.wav`; in a folder of several formats the first one is taken.
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
    ".wav": sound.read,
    ".csv": series.read,
    ".csv.gz": series.read,
}
TABLES = (".csv", ".csv.gz", ".tsv", ".txt")  # that SEQUENCE = "row" reads


def read_data_set(path, c, known=None):
    """Read the data set at `path`, a file or a folder.

    Returns: (Sequences, Sequences of the official test part or None). Raises InputError for a path that is missing, of
    no known format, or malformed.
    """
    path = Path(path)
    with refused_unless_readable(path):
        suffix, path = find_format(path)
        if c.SEQUENCE == "row":
            if suffix not in TABLES:
                raise InputError(f'SEQUENCE = "row" is for tables ({", ".join(TABLES)}), which {path} is not')
            return rows.read(path, c, known)
        return READERS[suffix](path, c, known)


def read_new(path, c, known):
    """Read new sequences, with labels or without, from one file, or a folder of `.wav`.

    c, known: Constants and preparation of the run that is to predict them. Returns: Sequences. Raises InputError as
    read_data_set does.
    """
    path = Path(path)
    if path.is_dir() and not sound.wav_files(path):
        raise InputError(f"{path} is a folder without .wav files: name one file")
    new, test = read_data_set(path, c, known)
    if test is not None and path.suffix == ".npz":
        raise InputError(f"{path} holds a training and a test part: save the new sequences alone, as X")
    return new


def find_format(path):
    """Tell the format of `path`: (key of READERS, path of the file to read).

    A folder stands for the `NAME_TRAIN` file in it, looked for in the order of READERS, or for its `.wav` files. Of
    several such files the one named like the folder is meant: archives keep variants of a data set beside it.
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
    if sound.wav_files(path):
        return ".wav", path
    raise InputError(f"the folder {path} holds neither a NAME_TRAIN file nor .wav files; allowed formats are {formats}")
