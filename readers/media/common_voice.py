"""Common Voice as it is downloaded: train.tsv, dev.tsv and test.tsv, which list the recordings in clips/.

So are other sets with a table for each official set, of any columns that readers/media/recording_tables.py knows.
"""

from core.errors import InputError
from readers.below import is_clutter
from readers.media.listed import TEST, TRAINING, VALIDATION, Recording, asks_for_transcripts, read_listed
from readers.media.recording_tables import RecordingsByName, read_recording_table
from readers.tables.columns import shorten

SUFFIXES = (".tsv", ".csv")
STEMS = {"train": TRAINING, **dict.fromkeys(("dev", "valid", "validation", "val"), VALIDATION), "test": TEST}


def holds(path, c):
    """Tell whether a folder holds a table of recordings to train with and one to test with."""
    return asks_for_transcripts(c) and {TRAINING, TEST} <= {split for split, _ in _tables(path, c)}


def read(path, c, preparation=None):
    """Read such a folder: see readers/__init__.py. The groups are the speakers, where a column names them."""
    recordings, by_name, tables = [], RecordingsByName(path), _tables(path, c)
    for split, table in tables:
        for number, row in enumerate(table.rows, 1):
            if len(row) < table.needed:
                raise InputError(f"{table.file}: row {number} has {len(row)} cells, {table.needed} are needed")
            name = row[table.files].strip()
            speaker = None if table.group is None else row[table.group].strip()
            if not speaker and table.group is not None and not table.speakers:
                raise InputError(f"{table.file}: row {number} has nothing in the column GROUP = {c.GROUP!r}")
            where = f"{table.file}: row {number} ({name[:80]})"
            recordings.append(Recording(by_name.find(name), where, row[table.answers[0]], speaker, split))
    used = {table.file for _, table in tables}
    others = [
        f.name for f in sorted(path.iterdir()) if f.suffix in SUFFIXES and f not in used and not is_clutter(f.name)
    ]
    notes = [f"official sets are {', '.join(table.file.name for _, table in tables)}"]
    notes += [f"not read: {shorten(others)}"] if others else []
    return read_listed(path, recordings, c, preparation, [*notes, *by_name.notes()])


def _tables(path, c):
    """Return [(place of the set in SPLITS, RecordingTable)] of a folder."""
    files = [(split, path / (stem + suffix)) for stem, split in STEMS.items() for suffix in SUFFIXES]
    read = [(split, read_recording_table(file, c)) for split, file in files if file.is_file()]
    return [(split, table) for split, table in read if table is not None and table.rows]
