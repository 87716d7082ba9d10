"""UCF101 as it is downloaded: a folder of clips for each class, and lists of the official sets beside.

`trainlist01.txt` has a line `CLASS/CLIP.avi NUMBER` for each clip to train with, `testlist01.txt` those to test with.
There are three such pairs: the first is taken unless TEST_FILES finds the name of another list.
"""

import re

import numpy as np

from core.errors import InputError
from core.wording import counted
from readers.below import files_below, is_clutter
from readers.damaged import ONE_IN
from readers.file_checks import refuse_special
from readers.media import video
from readers.media.listed import TEST, TRAINING
from readers.official_sets import divide
from readers.tables.columns import shorten
from readers.text_files import read_any_text

LIST = re.compile(r"(train|test)list(\d+)\.txt")


def holds(path, c):
    """Tell whether there is a pair of such lists in a folder, or in a folder of it."""
    return c.TASK in (None, "classification") and bool(_pairs_of_lists(path))


def read(path, c, preparation=None):
    """Read the clips that two such lists name: see readers/__init__.py. The groups are the videos they are cut from.

    TEST_FILES that finds no list picks clips, as it does elsewhere.
    """
    pairs = _pairs_of_lists(path)
    found = [pair for pair in pairs if c.TEST_FILES is None or re.search(c.TEST_FILES, pair[1].name)]
    lists = (found or pairs)[0]
    below = [*files_below(path, video.VIDEO)]
    split_of, notes = _match(path, lists, below)
    used = sorted(split_of, key=lambda file: (split_of[file], file))
    for file in used:
        refuse_special(file)
    official, groups, more = bool(found) and preparation is None, None, []
    if official:
        notes = [f"official sets are {lists[0].name} and {lists[1].name}", *notes]
        if len(pairs) > 1:
            others = " or ".join(repr(test.stem) for train, test in pairs if test != lists[1])
            notes[0] += f" (TEST_FILES = {others} takes others)"
    if official and c.GROUP is None:
        groups, more = video.sources(used)
    read = video.read_all(
        used,
        c,
        y=np.array([file.parent.name for file in used]),
        groups=groups and np.array(groups),
        names=[file.relative_to(path).as_posix() for file in used],
        splits=np.array([split_of[file] for file in used]) if official else None,
    )
    return divide(read.noted(*notes, *more))


def _match(path, lists, below):
    """Find the clips that two lists name among those below a folder.

    Returns: ({clip: place of its set in SPLITS}, notes). Raises: InputError for a clip on both, and for many missing.
    """
    by_name = {(file.parent.name, file.name): file for file in below}
    folders = {folder for folder, _ in by_name}
    split_of, missing, absent = {}, [], []
    for split, file in zip((TRAINING, TEST), lists):
        for line in filter(str.strip, read_any_text(file)[0].split("\n")):
            name = re.sub(r"\s+\d+$", "", line.strip()).replace("\\", "/")
            *_, folder, clip = ("", *name.split("/"))
            if (found := by_name.get((folder, clip))) is None:
                (missing if folder in folders or not folder else absent).append(name[:80])
            elif split_of.setdefault(found, split) != split:
                raise InputError(f"{lists[0]} and {file.name} both name {name[:80]}")
    both = f"{lists[0]} and {lists[1].name}"
    if len({*split_of.values()}) < 2 or len(missing) * ONE_IN > len(missing) + len(split_of):
        raise InputError(
            f"{both} name {len(missing) + len(absent)} clips that are not below {path}, and {len(split_of)} that are: "
            f"{shorten([*missing, *absent], 3)}"
        )
    notes = []
    if absent:
        classes = sorted({name.split("/")[-2] for name in absent})
        notes.append(f"{len(absent)} listed clips left out, whose classes have no folder here: {shorten(classes, 3)}")
    if missing:
        notes.append(f"{counted(len(missing), 'listed clip')} not there, left out: {shorten(missing, 3)}")
    if unlisted := [file.relative_to(path).as_posix() for file in below if file not in split_of]:
        notes.append(f"{counted(len(unlisted), 'clip')} on neither list, left out: {shorten(unlisted, 3)}")
    return split_of, notes


def _pairs_of_lists(path):
    """Return [(list to train with, list to test with)] in a folder and its folders, by their numbers."""
    found = {}
    for folder in (path, *(f for f in sorted(path.iterdir()) if f.is_dir() and not is_clutter(f.name))):
        for file in folder.glob("*list*.txt"):
            if match := LIST.fullmatch(file.name):
                found.setdefault(match[2], {})[match[1]] = file
    return [(own["train"], own["test"]) for _, own in sorted(found.items()) if len(own) == 2]
