"""What a folder that cannot be read holds, in one line, and what would make it readable."""

import os
from collections import Counter
from itertools import islice

from readers.below import entries_below, is_clutter
from readers.media import sound, video
from readers.tables.columns import shorten
from readers.tables.delimited import TABLES
from readers.ways_on import WAYS_ON, way_of

LOOKED_AT = 100_000  # files
SHOWN = 3  # suffixes, or names


def describe(path):
    """Say what was seen in a folder, and what leads on from the layout that it is closest to."""
    found = _found(path)
    return f"{_seen(path, found)}. {_way_on(found)}" if found else _seen(path, found)


def seen(path):
    """Say what was seen in a folder."""
    return _seen(path, _found(path))


def _found(path):
    """Return [(name of a file, its suffix, folders between)] of the files below a folder."""
    entries = islice(entries_below(path), LOOKED_AT)
    return [(entry.name, os.path.splitext(entry.name)[1].lower(), level) for entry, level in entries]


def _seen(path, found):
    folders = sorted(f.name for f in path.iterdir() if f.is_dir() and not is_clutter(f.name))
    inside = f" (folders: {shorten(folders, SHOWN)})" if folders else ""
    if not found:
        return f"it is empty{inside}"
    suffixes = Counter(suffix or "without suffix" for _, suffix, _ in found)
    counts = [f"{count:,} × {suffix}" for suffix, count in suffixes.most_common()]
    depth = max(level for *_, level in found)
    where = "in it" if not depth else "in one folder" if depth == 1 else f"up to {depth} folders deep"
    return f"seen: {shorten(counts, SHOWN)}, {where}{inside}"


def one_class(path, name):
    """Say that the folder `name` was taken for a class, and is the only one."""
    return (
        f"{path}: names of folders are classes, and {name} is the only one with files to read: each class needs a "
        f"folder, or a table beside {name} must name each file and its class. If {name} itself is the data set, "
        f"set DATASET = {str(path / name)!r}"
    )


def _way_on(found):
    """Return the sentence that leads on. found: see _found."""
    levels = {kind: [level for _, suffix, level in found if suffix in ends] for kind, ends in KINDS.items()}
    if name := next((name for name, suffix, _ in found if suffix in WAYS_ON), None):
        return f"For {name}: {way_of(name)}"
    tables = [name for name, suffix, level in found if suffix in TABLES and not level]
    if levels["recordings"] and tables:
        return f"If {tables[0]} lists the recordings, TEXT names its column of transcripts, LABEL that of classes"
    for kind, own in levels.items():
        if own and min(own) > 1:
            return f"Closest is a folder for each class, CLASS/NAME, but {kind} lie deeper: name a folder further down"
    if levels["recordings"]:
        return "For recordings names must begin with LABEL_, or a metadata.csv name each file and its transcription"
    if levels["clips"]:
        return "Clips need a folder for each class, CLASS/CLIP, or a table that names each and its class"
    if levels["images"]:
        single = 'with SEQUENCE = "file" each is a sequence, in a folder for each class or named in LABEL_FILE'
        return f"Images are frames of clips, CLASS/CLIP/*; {single}"
    if tables:
        own = "set DATASET to one of its tables"
        if len(tables) > 1:
            own += '; or SEQUENCE = "file", with TARGET to forecast or LABEL, makes each of them a sequence'
            own += "; if one holds the labels of another, LABEL_FILE names it"
        return f"{own[0].upper()}{own[1:]}"
    return "Needed is a file NAME_TRAIN, sound, a folder for each class with files in it, or one file's own name"


KINDS = {"recordings": sound.SOUND, "clips": video.VIDEO, "images": video.IMAGES, "tables": TABLES}
