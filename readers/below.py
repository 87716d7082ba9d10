"""What lies below a folder, without what systems leave in folders, and without following links to folders."""

import os
from pathlib import Path

CLUTTER = {"__MACOSX", "Thumbs.db", "thumbs.db", "desktop.ini", "ehthumbs.db", "$RECYCLE.BIN"}
DEPTH = 8  # folders in folders that are looked into


def is_clutter(name):
    """Tell whether a file or folder is hidden, or one that a system writes and no data set holds."""
    return name.startswith(".") or name in CLUTTER


def entries_below(folder, depth=DEPTH, level=0):
    """Yield (os.DirEntry, folders between) of the files in a folder and its folders, those of a folder by name."""
    with os.scandir(folder) as entries:
        entries = sorted((entry for entry in entries if not is_clutter(entry.name)), key=lambda entry: entry.name)
    folders = []
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            folders.append(entry.path)
        elif entry.is_file():
            yield entry, level
    for inside in folders if level < depth else ():
        yield from entries_below(inside, depth, level + 1)


def files_below(folder, endings="", depth=DEPTH):
    """Yield as Paths the files in a folder and its folders whose names end so, in lower case."""
    for entry, _ in entries_below(folder, depth):
        if entry.name.lower().endswith(endings):
            yield Path(entry.path)
