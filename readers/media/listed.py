"""Lists of recordings with what is said in them, as public speech sets have them: one way to read all of those."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import InputError
from core.wording import counted
from readers.damaged import ONE_IN
from readers.file_checks import refuse_special
from readers.media import sound
from readers.official_sets import divide
from readers.tables.columns import shorten
from sequences.types import SPLITS

TRAINING, VALIDATION, TEST = range(len(SPLITS))
SETS = {"train": TRAINING, "dev": VALIDATION, "test": TEST}
SET_NAME = re.compile(rf"({'|'.join(SETS)})([-_]|$)")


@dataclass(frozen=True)
class Recording:
    """A line of a list of recordings."""

    file: Path | None  # None where the recording is not there
    where: str  # the list, the line and the name, for messages
    said: str  # as it is written there
    speaker: str | None = None
    split: int = TRAINING


def asks_for_transcripts(c):
    """Tell whether the constants leave transcripts to be learned."""
    return c.LABEL is None and c.TASK in (None, "transcription")


def set_of(folders):
    """Return which set the names of folders say, one below the other (train-clean-100, dev, test): else training."""
    named = (SET_NAME.match(folder.lower()) for folder in folders)
    return next((SETS[match[1]] for match in named if match), TRAINING)


def speaker_groups(speakers, names, c):
    """Take the speakers (n,) for groups, unless there is only one, or TEST_FILES, which finds names (n,), divides one.

    Returns: (groups (n,) or None, a list of the note that says so).
    """
    different = {*speakers}
    if len(different) < 2:
        return None, []
    if c.TEST_FILES is not None:
        held_out = {speaker for speaker, name in zip(speakers, names) if re.search(c.TEST_FILES, name)}
        kept = {speaker for speaker, name in zip(speakers, names) if not re.search(c.TEST_FILES, name)}
        if both := sorted(held_out & kept):
            return None, [f"TEST_FILES has {counted(len(both), 'speaker')} in both sets: {shorten(both, 3)}"]
    note = f"the {len(different)} speakers are groups: each stays in one set of a split (GROUP says otherwise)"
    return np.array(speakers), [note]


def written(said, where, needed=True):
    """Return a transcript (or label) with single spaces and composed letters (NFC).

    Raises: InputError for letters that cannot be shown and, where it is needed, for an empty one.
    """
    said = " ".join(unicodedata.normalize("NFC", said).split())
    if needed and not said or not said.isprintable():
        raise InputError(f"{where} holds {'letters that cannot be shown' if said else 'no transcript'}")
    return said


def read_listed(path, recordings, c, preparation=None, notes=()):
    """Read a list of Recording: see readers/__init__.py. notes: of the reader that made the list.

    Speakers are groups unless GROUP says otherwise, official sets count unless TEST_FILES or TEST_SIZE = 0 does.
    """
    notes = [*notes]
    if preparation is None and c.TEST_FILES is None and c.TEST_SIZE and any(r.split == TEST for r in recordings):
        recordings = sorted(recordings, key=lambda recording: recording.split)
        splits = np.array([r.split for r in recordings if r.file is not None])
    else:
        splits = None
    found = _present(path, recordings, notes)
    files = [r.file for r in found]
    groups, names = None, [file.relative_to(path).as_posix() for file in files]
    if preparation is None and all(r.speaker for r in found):
        groups = np.array([r.speaker for r in found])
        if c.GROUP is None:
            groups, note = speaker_groups(groups, names, c)
            notes += note if splits is None else []
    fields = {
        "y": np.array([written(r.said, r.where) for r in found], dtype=object),
        "groups": groups,
        "splits": splits,
        "names": names,
    }
    read = sound.read_all(files, preparation and preparation.sample_rate, **fields)
    read = read.replace(kind="recordings", transcripts=True, notes=(*read.notes, *notes))
    return divide(read)


def _present(path, recordings, notes):
    """Return the recordings that are there, with a note of others. Raises InputError for many, and for one twice."""
    found, missing = {}, []
    for recording in recordings:
        if recording.file is None:
            missing.append(recording.where)
            continue
        if recording.file in found:
            raise InputError(f"{recording.where} names {recording.file.name} for the second time")
        refuse_special(recording.file)
        found[recording.file] = recording
    if len(missing) * ONE_IN > len(recordings):
        raise InputError(
            f"{len(missing)} of {len(recordings)} listed recordings do not lie below {path}, where they must be; at "
            f"most one in {ONE_IN} is left out: {shorten(missing, 2)}"
        )
    if missing:
        notes.append(f"{counted(len(missing), 'listed recording')} not there, left out: {shorten(missing, 3)}")
    return [*found.values()]
