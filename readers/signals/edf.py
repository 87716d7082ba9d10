"""EDF and BDF, the formats of sleep laboratories and EEG, with annotations inside or in a hypnogram beside."""

import warnings
from contextlib import contextmanager

import numpy as np

from core.errors import DAMAGED, InputError
from core.lazy import lazy
from readers.file_checks import refuse_damaged, refuse_larger_than_memory, refuse_special
from readers.signals.record_files import hypnogram_of
from readers.signals.records import Channel, record_table
from readers.tables.dataframes import refuse_without

pyedflib = lazy("pyedflib")


@contextmanager
def _opened(path):
    """Open a file by pyedflib, and turn what it raises for a damaged one into InputError."""
    errors = (*DAMAGED, TypeError, AttributeError)
    with refuse_damaged(path, "cannot be read as EDF or BDF", errors), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _check_size(path)
        with pyedflib.EdfReader(str(path)) as file:
            yield file


def _check_size(path):
    """Refuse a file that is shorter or longer than its header says: pyedflib would print numbers about it."""
    refuse_special(path)
    with open(path, "rb") as file:
        head = file.read(256)
        records, signals = int(head[236:244]), int(head[252:256])
        fields = file.read(256 * max(0, signals))[216 * signals :]
    samples = [int(fields[8 * k : 8 * k + 8]) for k in range(signals)]
    size = 256 * (signals + 1) + records * sum(samples) * (3 if head[:1] == b"\xff" else 2)
    if records >= 0 and size != path.stat().st_size:
        raise InputError(f"{path} has {path.stat().st_size:,} bytes, and its header says {size:,}: cut off?")


def read(path):
    """Read a record. Returns: Table; raises InputError for what is damaged.

    Its column "annotation" has the text of each annotation: from its onset on for as long as it lasts, at its sample
    where it has no duration.
    """
    refuse_without(path, "pyedflib")
    hypnogram = hypnogram_of(path)
    with _opened(path) as file:
        if not file.signals_in_file:
            raise InputError(f"{path} holds annotations and no signals: name the record that they belong to")
        samples = int(max(file.getNSamples()))
        refuse_larger_than_memory(path, 8 * samples * file.signals_in_file)
        channels = [
            Channel(
                file.getLabel(k).strip(),
                file.getPhysicalDimension(k).strip(),
                np.asarray(file.readSignal(k), float),
                int(file.samples_in_datarecord(k)),
            )
            for k in range(file.signals_in_file)
        ]
        rate = float(max(file.getSampleFrequencies()))
        begins, marks = file.getStartdatetime(), [*zip(*file.readAnnotations())]
    if hypnogram is not None:
        with _opened(hypnogram) as file:
            later = (file.getStartdatetime() - begins).total_seconds()
            marks += [(onset + later, duration, text) for onset, duration, text in zip(*file.readAnnotations())]
    spans = [
        (round(onset * rate), max(1, round(duration * rate)), str(text).strip())
        for onset, duration, text in marks
        if np.isfinite([onset, duration]).all() and str(text).strip()
    ]

    def annotation(rows):
        labels = [""] * rows
        for start, length, text in spans:
            begin, end = max(0, start), min(rows, start + length)
            labels[begin:end] = [text] * max(0, end - begin)
        return labels

    notes = _notes_on(spans, samples)
    notes += ["annotations are those of the hypnogram beside the record"] if hypnogram else []
    return record_table(path, channels, rate, {"annotation": annotation} if spans else {}, notes)


def _notes_on(spans, samples):
    """Say how many of the annotations (start, length, text) are outside the record, or overlap."""
    inside = sorted((start, start + length) for start, length, _ in spans if start < samples and start + length > 0)
    overlaps = sum(later < end for (_, end), (later, _) in zip(inside, inside[1:]))
    notes = [f"annotations that begin before another ends, and hold from there on: {overlaps}"] if overlaps else []
    outside = len(spans) - len(inside)
    return notes + ([f"annotations outside the record, left out: {outside}"] if outside else [])
