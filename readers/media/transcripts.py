"""Recordings with their transcripts: a folder with metadata.csv or .tsv, as audio folders in public hubs have it.

One column names the files, one holds their transcripts. LJSpeech's `id|text` without a header is read too, and where
there is no metadata file the one table that lists recordings and transcripts.
"""

import numpy as np

from core.errors import InputError
from core.wording import counted_of
from readers.below import files_below, is_clutter
from readers.file_checks import refuse_special
from readers.folders import split_folders
from readers.media import sound
from readers.media.listed import asks_for_transcripts, speaker_groups, written
from readers.media.recording_tables import RecordingsByName, read_recording_table
from readers.official_sets import divide
from readers.tables.columns import labels_of, listed, shorten
from sequences.types import SPLITS


def has_metadata(path, c):
    """Tell whether a folder, or its `train` and `test`, hold metadata with the transcripts or classes of recordings."""
    return all(_metadata(folder, c) is not None for folder in split_folders(path))


def read(path, c, preparation=None):
    """Read a folder of recordings with their metadata: see readers/__init__.py.

    y are the transcripts (n,), with single spaces and composed letters (Unicode NFC); with LABEL classes.
    """
    tables = [(folder, _metadata(folder, c)) for folder in split_folders(path)]
    parts = [_list_recordings(folder, path, table, c) for folder, table in tables]
    files, labels, groups, notes = ([item for part in parts for item in part[k]] for k in range(4))
    if c.LABEL is None:
        y, target_names = np.array(labels, dtype=object)[:, 0], None
    else:
        y, target_names = labels_of(path, dict(zip(map(str, listed(c.LABEL)), np.array(labels).T)))
    names = [file.relative_to(path).as_posix() for file in files]
    if all(table.speakers for _, table in tables):
        groups, note = speaker_groups(groups, names, c)
        notes += note
    places = [SPLITS.index(name) for name in ("training", "test")]
    recordings = sound.read_all(
        files,
        preparation and preparation.sample_rate,
        y=y,
        groups=None if groups is None or not len(groups) else np.array(groups),
        names=names,
        splits=np.repeat(places[: len(parts)], [len(part[0]) for part in parts]),
    )
    return divide(
        recordings.replace(
            target_names=target_names,
            transcripts=asks_for_transcripts(c),
            notes=(*recordings.notes, *notes),
        )
    )


def _metadata(folder, c):
    """Return the RecordingTable of a folder: of its metadata file or, without one, of the only table that is one."""
    if named := sound.metadata_of(folder):
        return read_recording_table(named, c)
    files = [f for f in sorted(folder.iterdir()) if f.suffix.lower() in (".csv", ".tsv") and not is_clutter(f.name)]
    if not files or not asks_for_transcripts(c) or not any(files_below(folder, sound.SOUND)):
        return None
    found = [table for file in files if (table := read_recording_table(file, c)) is not None]
    if len(found) > 1:
        names = shorten([table.file.name for table in found], 3)
        raise InputError(
            f"{folder} holds {names}, which all list recordings: rename the one to use {sound.METADATA[0]}"
        )
    return found[0] if found else None


def _list_recordings(folder, path, table, c):
    """Return (files that the metadata of a folder list, answers of each, group of each, notes)."""
    if not table.rows:
        raise InputError(f"{table.file} has a header and no rows")
    files, answers, groups, recordings = {}, [], [], RecordingsByName(folder)
    for number, row in enumerate(table.rows, 1):
        where = f"{table.file}: row {number}"
        if len(row) < table.needed:
            raise InputError(f"{where} has {len(row)} cells, {table.needed} are needed")
        if len(row) > table.width and any(row[table.width :]):
            raise InputError(f"{where} has {len(row)} cells, {table.width} are allowed: quote the transcript")
        name = row[table.files].strip()
        file = recordings.find(name)
        if file is None:
            raise InputError(f"{where} names {name[:80]!r}, which is not a recording in {folder}")
        if file in files:
            raise InputError(f"{where} names {name[:80]!r} for the second time")
        refuse_special(file)
        files[file] = number
        where = f"{where} ({name[:80]})"
        answers.append([written(row[place], where, needed=c.TASK != "multilabel") for place in table.answers])
        groups += [row[table.group].strip()] if table.group is not None else []
    beside = {found for parent in {file.parent for file in files} for found in sound.sound_files(parent)} - set(files)
    left_out = sorted(file.relative_to(path).as_posix() for file in beside)
    which = counted_of(len(beside), len(beside) + len(files), "recording", "are")
    notes = recordings.notes()
    if beside:
        notes.append(f"{which} not in {table.file.name}, left out: {shorten(left_out)}")
    if table.file.name not in sound.METADATA:
        notes.append(f"transcripts are those of {table.file.name}")
    return [*files], answers, groups, notes
