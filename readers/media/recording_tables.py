"""Tables that list recordings: the column of their files, by any name, of transcripts or classes, and of speakers."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from core.wording import counted
from readers.below import files_below
from readers.file_checks import refuse_special
from readers.media import sound
from readers.tables.columns import column_named, listed
from readers.tables.delimited import read_quoted_rows

SPEAKERS = ("client_id", "speaker", "speaker_id")  # names of the column of who speaks
SAMPLE = 20  # rows that tell a column of files


@dataclass(frozen=True)
class RecordingTable:
    """A table that lists recordings: its rows of cells, and what stands where."""

    file: Path
    rows: list  # without the header
    width: int  # cells of the header
    files: int  # place of the column of files
    answers: list  # places of the columns of transcripts or, with LABEL, of labels
    group: int | None  # place of the column GROUP, or of speakers
    speakers: bool  # whether it is that of speakers, which no constant names

    @property
    def needed(self):
        """How many cells a row needs."""
        return max(self.files, *self.answers, self.group or 0) + 1


def read_recording_table(file, c):
    """Read a table that lists recordings. Returns: RecordingTable, or None where it does not."""
    refuse_special(file)
    rows, _ = read_quoted_rows(file, bars=True)
    if not rows:
        return None
    header, width = [cell.strip() for cell in rows[0]], len(rows[0])
    files = _column_of_files(file.parent, header, rows[1 : SAMPLE + 1])
    if files is None:  # LJSpeech: no header, the text as it is read aloud comes last
        is_ljspeech = width in (2, 3) and all(header) and find_recording(file.parent, header[0]) is not None
        return RecordingTable(file, rows, width, 0, [width - 1], None, False) if is_ljspeech else None
    if c.LABEL is not None or c.TEXT is not None:
        columns, constant = (listed(c.LABEL), "LABEL") if c.LABEL is not None else ([c.TEXT], "TEXT")
        answers = [header.index(column_named(file, header, column, constant)) for column in columns]
    else:
        lower = [name.lower() for name in header]
        answers = [lower.index(name) for name in sound.TRANSCRIPTS if name in lower][:1]
        if c.TASK == "transcription" and width == 2:
            answers = answers or [1 - files]
        if not answers:
            return None
    speakers = c.GROUP is None and c.LABEL is None and any(name in header for name in SPEAKERS)
    groups = SPEAKERS if speakers else [c.GROUP]
    group = next((header.index(name) for name in groups if name in header), None)
    return RecordingTable(file, rows[1:], width, files, answers, group, speakers)


def _column_of_files(folder, header, rows):
    """Return the place of the column of files: one with a known name, or the only one whose cells name sound files."""
    if named := [header.index(name) for name in sound.FILES if name in header]:
        return named[0]
    rows = [row for row in rows if len(row) == len(header)]
    if not rows or any(find_recording(folder, name) for name in header):
        return None
    places = [k for k in range(len(header)) if all(_is_sound(row[k]) for row in rows)]
    places = places or [k for k in range(len(header)) if all(find_recording(folder, row[k].strip()) for row in rows)]
    return places[0] if len(places) == 1 else None


def _is_sound(name):
    return name.strip().lower().endswith((*sound.SOUND, *sound.OTHER))


def find_recording(folder, name):
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


class RecordingsByName:
    """The recordings below a folder, found by the last part of a path where the rest is another machine's."""

    def __init__(self, folder):
        self.folder, self.by_name, self.count = folder, None, 0

    def find(self, path):
        """Return the one recording that a path names, as it is or else by its last part alone, or None."""
        if (file := find_recording(self.folder, path)) is not None:
            return file
        *folders, name = path.replace("\\", "/").split("/")
        if ".." in folders:
            return None
        if self.by_name is None:
            self.by_name = defaultdict(list)
            for file in files_below(self.folder, sound.SOUND):
                if not file.is_symlink():
                    self.by_name[file.name].append(file)
        found = self.by_name.get(name, ())
        self.count += len(found) == 1
        return found[0] if len(found) == 1 else None

    def notes(self):
        """Return a list of the note that says how many were found so, if any."""
        if not self.count:
            return []
        return [f"{counted(self.count, 'recording')} found by file name alone, below {self.folder}"]
