"""LibriSpeech as it is downloaded: SPEAKER/CHAPTER/*.flac with SPEAKER-CHAPTER.trans.txt, a line `ID WORDS` each.

The folders train-* and test-* above them are the official sets, dev-* the official validation set.
"""

from core.errors import InputError
from readers.below import files_below
from readers.media import sound
from readers.media.listed import Recording, asks_for_transcripts, read_listed, set_of
from readers.text_files import read_any_text

ENDING = ".trans.txt"  # of the name of a list


def holds(path, c):
    """Tell whether there are such lists in a folder or below it."""
    return asks_for_transcripts(c) and any(files_below(path, ENDING))


def read(path, c, preparation=None):
    """Read such a folder, or any part of it: see readers/__init__.py. The groups are the speakers."""
    recordings, notes = [], []
    lists = [*files_below(path, ENDING)]
    for file in lists:
        text, more = read_any_text(file)
        notes += more
        split = set_of(file.relative_to(path).parts[:-1])
        beside = {found.stem: found for found in file.parent.iterdir() if found.suffix.lower() in sound.SOUND}
        for number, line in enumerate(text.split("\n"), 1):
            if words := line.split(None, 1):
                name, said = words[0], "".join(words[1:])
                speaker = None if c.GROUP else name.partition("-")[0]
                where = f"{file} line {number} ({name[:80]})"
                recordings.append(Recording(beside.get(name), where, said, speaker, split))
    if not recordings:
        raise InputError(f"{lists[0]} is empty: a line is the name of a recording and its words")
    return read_listed(path, recordings, c, preparation, dict.fromkeys(notes))
