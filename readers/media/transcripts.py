"""Recordings with their transcripts: a folder with metadata.csv or .tsv, as audio folders in public hubs have it.

One column names the files, one holds their transcripts. LJSpeech's `id|text` without a header is read too.
"""

import unicodedata
from pathlib import Path

import numpy as np

from core.errors import InputError
from readers.file_checks import refuse_special
from readers.folders import split_folders
from readers.media import sound
from readers.tables.columns import column_named, labels_of, listed, shorten
from readers.tables.delimited import read_quoted_rows
from readers.tables.labelled_time_steps import split_at
from sequences.types import Sequences


def has_metadata(path, c):
    """Tell whether a folder, or its `train` and `test`, hold metadata with the transcripts or classes of recordings."""
    return all(_read_metadata(sound.metadata_of(folder), c) is not None for folder in split_folders(path))


def read(path, c, preparation=None):
    """Read a folder of recordings with their metadata: see readers/__init__.py.

    y are the transcripts (n,), with single spaces and composed letters (Unicode NFC); with LABEL classes.
    """
    splits = [_list_recordings(folder, path, c) for folder in split_folders(path)]
    files, labels, groups, notes = ([item for split in splits for item in split[k]] for k in range(4))
    frames = sound.read_all(files, preparation and preparation.sample_rate)
    if c.LABEL is None:
        y, target_names = np.array(labels, dtype=object)[:, 0], None
    else:
        y, target_names = labels_of(path, dict(zip(map(str, listed(c.LABEL)), np.array(labels).T)))
    recordings = Sequences(
        frames.x,
        y,
        "recordings",
        groups=np.array(groups) if groups else None,
        names=[str(file.relative_to(path)) for file in files],
        sample_rate=frames.sample_rate,
        target_names=target_names,
        transcripts=c.LABEL is None and c.TASK in (None, "transcription"),
        notes=(*frames.notes, *notes),
    )
    return (recordings, None) if len(splits) == 1 else split_at(recordings, len(splits[0][0]))


def _read_metadata(file, c):
    """Return (rows of cells, cells a row, places of the column of files and of answers, of GROUP or None), or None."""
    if file is None:
        return None
    refuse_special(file)
    rows, _ = read_quoted_rows(file, bars=True)
    if not rows:
        return None
    header = [cell.strip() for cell in rows[0]]
    file_name = next((name for name in sound.FILES if name in header), None)
    if file_name is None:  # LJSpeech: no header, the text as it is read aloud comes last
        is_ljspeech = len(header) in (2, 3) and all(header) and _find_recording(file.parent, header[0]) is not None
        return (rows, len(header), (0, len(header) - 1), None) if is_ljspeech else None
    if c.LABEL is not None or c.TEXT is not None:
        columns, constant = (listed(c.LABEL), "LABEL") if c.LABEL is not None else ([c.TEXT], "TEXT")
        answers = [column_named(file, header, column, constant) for column in columns]
    else:
        answers = [name for name in sound.TRANSCRIPTS if name in header][:1]
        if not answers:
            return None
    group = header.index(c.GROUP) if c.GROUP in header else None
    return rows[1:], len(header), (*map(header.index, [file_name, *answers]),), group


def _list_recordings(folder, path, c):
    """Return (files that the metadata of a folder list, answers of each, group of each, notes)."""
    table = sound.metadata_of(folder)
    rows, width, places, group = _read_metadata(table, c)
    if not rows:
        raise InputError(f"{table} has a header and no rows")
    files, answers, groups = {}, [], []
    needed = max(*places, group or 0) + 1
    for number, row in enumerate(rows, 1):
        if len(row) < needed:
            raise InputError(f"{table}: row {number} has {len(row)} cells, {needed} are needed")
        if len(row) > width and any(row[width:]):
            raise InputError(f"{table}: row {number} has {len(row)} cells, {width} are allowed: quote the transcript")
        name = row[places[0]].strip()
        own = [" ".join(unicodedata.normalize("NFC", row[place]).split()) for place in places[1:]]
        file = _find_recording(folder, name)
        if file is None:
            raise InputError(f"{table}: row {number} names {name[:80]!r}, which is not a recording in {folder}")
        if file in files:
            raise InputError(f"{table}: row {number} names {name[:80]!r} for the second time")
        if not (all(own) or c.TASK == "multilabel") or not all(map(str.isprintable, own)):
            what = "letters that cannot be shown" if all(own) else "no transcript"
            raise InputError(f"{table}: row {number} ({name[:80]}) holds {what}")
        refuse_special(file)
        files[file] = number
        answers.append(own)
        groups += [row[group].strip()] if group is not None else []
    beside = {found for parent in {file.parent for file in files} for found in sound.sound_files(parent)} - set(files)
    left_out = sorted(str(file.relative_to(path)) for file in beside)
    notes = [f"{len(beside)} recordings are not in {table.name}, left out: {shorten(left_out)}"] if beside else []
    return [*files], answers, groups, notes


def _find_recording(folder, name):
    """Return the recording of this name in a folder or in one of its own folders, or None; never outside it."""
    if not name or "\0" in name or Path(name).is_absolute() or ".." in Path(name).parts:
        return None
    names = [name, *(name + suffix for suffix in sound.SOUND)]
    folders = [folder, *(folder / inside for inside in ("wavs", "clips", "audio"))]
    for file in (parent / possible for parent in folders for possible in names):
        try:
            if file.suffix.lower() in sound.SOUND and file.is_file():
                return file if file.resolve().is_relative_to(folder.resolve()) else None
        except OSError:  # too long a name
            return None
    return None
