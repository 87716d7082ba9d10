"""Recordings with what is said in them: a folder with metadata.csv or .tsv, as audio folders in public hubs have it.

One column names the files, one holds their transcripts. LJSpeech's `id|text` without a header is read too.
"""

import csv
import io
import unicodedata
from pathlib import Path

import numpy as np

from core.errors import InputError
from readers.file_checks import refuse_special
from readers.folders import parts_of
from readers.media import sound
from readers.tables.columns import column_named, shown
from readers.tables.delimited import find_separator
from readers.tables.labelled_rows import divided
from readers.tables.numpy_fast_path import SAMPLE
from readers.text_files import csv_rows, read_any_text
from sequences.types import Sequences


def is_one(path, c):
    """Tell whether a folder, or its `train` and `test`, hold metadata that say what is said, or which class it is."""
    return all(_columns(sound.metadata_of(part), c) is not None for part in parts_of(path))


def read(path, c, known=None):
    """Read a folder of recordings with their metadata: see readers/__init__.py.

    y are the transcripts (n,), their spaces evened out and their letters composed (Unicode NFC); with LABEL classes.
    """
    parts = [_listed(part, path, c) for part in parts_of(path)]
    files, labels, groups, notes = ([item for part in parts for item in part[k]] for k in range(4))
    x, rate, changed = sound.read_all(files, known and known["sample_rate"])
    names = [str(file.relative_to(path)) for file in files]
    read = Sequences(
        x,
        np.array(labels) if c.LABEL is not None else np.array(labels, dtype=object),
        kind="recordings",
        groups=np.array(groups) if groups else None,
        names=names,
        sample_rate=rate,
        transcripts=c.LABEL is None and c.TASK in (None, "transcription"),
        notes=(*changed, *notes),
    )
    return (read, None) if len(parts) == 1 else divided(read, len(parts[0][0]))


def _columns(file, c):
    """Return (rows, their cells, places of the columns of files and answers, of GROUP or None); None without them."""
    if file is None:
        return None
    rows = _rows_of(file)
    if not rows:
        return None
    header = [cell.strip() for cell in rows[0]]
    own = next((name for name in sound.FILES if name in header), None)
    if own is None:  # LJSpeech: no header, the text as it is read aloud comes last
        return (rows, len(header), (0, len(header) - 1), None) if _is_ljspeech(file, header) else None
    wanted = c.LABEL if c.LABEL is not None else c.TEXT
    if wanted is not None:
        constant = "LABEL" if c.LABEL is not None else "TEXT"
        answers = column_named(file, header, wanted, constant)
    else:
        answers = next((name for name in sound.TRANSCRIPTS if name in header), None)
    if answers is None:
        return None
    group = header.index(c.GROUP) if c.GROUP in header else None
    return rows[1:], len(header), (header.index(own), header.index(answers)), group


def _is_ljspeech(file, header):
    return len(header) in (2, 3) and all(header) and _find(file.parent, header[0]) is not None


def _rows_of(file):
    """Divide metadata into rows of cells. Raises InputError for what csv cannot read."""
    refuse_special(file)
    content, _ = read_any_text(file)
    lines = [line for line in content.split("\n")[:SAMPLE] if line.strip()]
    if not lines:
        return []
    if all("|" in line for line in lines):
        return [line.split("|") for line in content.split("\n") if line.strip()]
    try:
        return [row for row in csv_rows(io.StringIO(content), find_separator(lines) or ",") if any(row)]
    except csv.Error as error:
        raise InputError(f"{file} cannot be read: {error}") from error


def _listed(folder, path, c):
    """Return (files that the metadata of a folder list, answer of each, group of each, notes)."""
    table = sound.metadata_of(folder)
    rows, width, places, group = _columns(table, c)
    if not rows:
        raise InputError(f"{table} has a header and no rows")
    files, answers, groups = {}, [], []
    for number, row in enumerate(rows, 1):
        if len(row) <= max(*places, group or 0):
            raise InputError(f"{table}: row {number} has {len(row)} cells, {max(*places, group or 0) + 1} are needed")
        if len(row) > width and any(row[width:]):
            raise InputError(f"{table}: row {number} has {len(row)} cells, {width} are allowed: quote what is said")
        name, answer = row[places[0]].strip(), " ".join(unicodedata.normalize("NFC", row[places[1]]).split())
        file = _find(folder, name)
        if file is None:
            raise InputError(f"{table}: row {number} names {name[:80]!r}, which is no recording in {folder}")
        if file in files:
            raise InputError(f"{table}: row {number} names {name[:80]!r} for the second time")
        if not answer or not answer.isprintable():
            what = "nothing that is said" if not answer else "letters that cannot be shown"
            raise InputError(f"{table}: row {number} ({name[:80]}) holds {what}")
        refuse_special(file)
        files[file] = number
        answers.append(answer)
        groups += [row[group].strip()] if group is not None else []
    beside = {found for parent in {file.parent for file in files} for found in sound.sound_files(parent)} - set(files)
    left_out = sorted(str(file.relative_to(path)) for file in beside)
    notes = [f"{len(beside)} recordings are not in {table.name}, left out: {shown(left_out)}"] if beside else []
    return list(files), answers, groups, notes


def _find(folder, name):
    """Return the recording of this name in a folder or in one of its own folders, or None; never outside it."""
    if not name or "\0" in name or Path(name).is_absolute() or ".." in Path(name).parts:
        return None
    names = [name, *(name + suffix for suffix in sound.SOUND)]
    inside = [folder, *(folder / own for own in ("wavs", "clips", "audio"))]
    for file in (parent / own for parent in inside for own in names):
        try:
            if file.suffix.lower() in sound.SOUND and file.is_file():
                return file if file.resolve().is_relative_to(folder.resolve()) else None
        except OSError:  # too long a name
            return None
    return None
