"""WFDB, the format of PhysioNet: a header `.hea`, its signal files, and annotations `.atr`, read by the package wfdb.

wfdb could read from the network, and what a header names: it gets local paths alone, and files of the record's folder.
"""

import warnings
from contextlib import contextmanager

import numpy as np

from core.errors import DAMAGED, InputError
from core.lazy import lazy
from readers.file_checks import refuse_damaged, refuse_larger_than_memory, refuse_special
from readers.signals.records import Channel, record_table
from readers.signals.wfdb_annotations import read_annotations
from readers.tables.dataframes import refuse_without

wfdb = lazy("wfdb")

ERRORS = (*DAMAGED, IndexError, TypeError, AttributeError, ArithmeticError, NameError, AssertionError)
LARGEST_HEADER, LONGEST_LINE = 2**18, 2000  # bytes; wfdb takes very long over longer lines
PACKED = {"508", "516", "524"}  # formats of FLAC, that may take less than a byte a sample
MOSTLY_GAPS = 100  # a record of segments may be so many times as long as they are
RHYTHM = "+"  # symbol of a change of rhythm, the note of which holds until the next


def read(path):
    """Read the record of a header. Returns: Table; raises InputError for what is damaged or leads out of the folder.

    Its column "annotation" has the symbols of `.atr` at their samples, "rhythm" the notes of changes of rhythm, each up
    to the next.
    """
    refuse_without(path, "wfdb")
    if "::" in str(path.absolute()) or "://" in str(path.absolute()):
        raise InputError(f"{path}: wfdb takes a path with '::' or '://' for an address: rename the folder")
    with _damaged(path):
        _check(path)
        record = wfdb.rdrecord(str(path.absolute().with_suffix("")), smooth_frames=False)
        per_frame = record.samps_per_frame or [1] * record.n_sig
        cells = zip(record.sig_name, record.units, record.e_p_signal, per_frame, strict=True)
        channels = [
            Channel(name or "", unit if unit and unit != "NU" else "", np.asarray(values, float), frequency)
            for name, unit, values, frequency in cells
        ]
        rate = float(record.fs * max(per_frame))
    annotations, notes = _read_annotations(path.with_suffix(".atr"), record.counter_freq or record.fs, rate)
    return record_table(path, channels, rate, annotations, notes)


@contextmanager
def _damaged(path):
    """Turn what wfdb raises for a damaged file into InputError, and keep its warnings from the user."""
    with refuse_damaged(path, "cannot be read as a WFDB record", ERRORS), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _check(path, segment=False):
    """Refuse a header that names files elsewhere, or claims more samples than its files can hold."""
    refuse_special(path)
    if path.stat().st_size > LARGEST_HEADER or max(map(len, path.read_bytes().split(b"\n"))) > LONGEST_LINE:
        raise InputError(f"{path} is too large to be a header")
    header = wfdb.rdheader(str(path.absolute().with_suffix("")))
    if not header.fs or not 0 < header.fs < 1e9:
        raise InputError(f"{path} says a rate of {header.fs} Hz")
    if segments := getattr(header, "seg_name", None):
        if segment:
            raise InputError(f"{path} is a segment of another record, and has segments itself")
        lengths = {name: 0 for name in segments if name != "~"}
        for name in lengths:
            lengths[name] = _check(_inside(path, f"{name}.hea"), segment=True)
        if header.sig_len > MOSTLY_GAPS * sum(lengths.values()):
            raise InputError(f"{path} claims {header.sig_len:,} samples, and its segments have far fewer")
        refuse_larger_than_memory(path, 8 * header.sig_len * max(header.n_sig or 1, 1))
        return header.sig_len
    if not header.n_sig or len(header.file_name or ()) != header.n_sig:
        raise InputError(f"{path} describes no signals")
    per_frame, frames = header.samps_per_frame, header.sig_len
    for name in dict.fromkeys(header.file_name):
        if segment and name == "~":  # the layout of other segments
            continue
        file = _inside(path, name)
        own = [k for k, other in enumerate(header.file_name) if other == name]
        in_frame, size = sum(per_frame[k] for k in own), file.stat().st_size
        frames = size // in_frame if header.sig_len is None else frames
        if frames * in_frame > size and not PACKED.intersection(header.fmt[k] for k in own):
            raise InputError(
                f"{path} claims {frames:,} samples of each signal, and {name} has {size:,} bytes: cut off?"
            )
    if any(abs(skew or 0) > frames for skew in header.skew):
        raise InputError(f"{path} moves a signal by more than its length")
    refuse_larger_than_memory(path, 8 * frames * max(per_frame) * header.n_sig)
    return frames


def _inside(path, name):
    """Return the path of a file that a header names. Raises: InputError unless it lies in the folder of the header."""
    if not name or "/" in name or "\\" in name or ":" in name or not name.isprintable():
        raise InputError(f"{path} names the file {name[:40]!r}: only files of its own folder are read")
    file = path.with_name(name)
    if not file.exists():
        raise InputError(f"{path} needs {name}, which does not lie beside it")
    refuse_special(file)
    return file


def _read_annotations(path, record_rate, rate):
    """Read the annotations of a record. Returns: ({name of the column: its labels, see record_table}, notes).

    record_rate, in Hz, is what their samples count by, unless they say another; rate that of the rows.
    """
    if not path.is_file():
        return {}, [f"no annotations: there is no {path.suffix} beside the header"]
    refuse_special(path)
    points, rhythms = [], []
    for time, symbol, note in read_annotations(path, record_rate):
        if symbol != RHYTHM:
            points.append((round(time * rate), symbol))
        elif note:
            rhythms.append((round(time * rate), note))

    def annotation(rows):
        labels = [""] * rows
        for row, symbol in points:
            if row < rows:
                labels[row] = symbol
        return labels

    def rhythm(rows):
        labels, ends = [""] * rows, [row for row, _ in rhythms[1:]] + [rows]
        for (start, note), end in zip(rhythms, ends):
            labels[start:end] = [note] * len(labels[start:end])
        return labels

    columns = {"annotation": annotation} if points else {}
    twice = len(points) - len({row for row, _ in points})
    notes = [f"annotations at the sample of a later one, left out: {twice}"] if twice else []
    return columns | ({"rhythm": rhythm} if rhythms else {}), notes
