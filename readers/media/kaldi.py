"""Kaldi's data folders: `wav.scp` names the recordings, `text` what is said in them, `utt2spk` who says it.

The folders train, dev and test above them are the official sets. No command in `wav.scp` is ever executed.
"""

from core.errors import InputError
from readers.below import files_below
from readers.media.listed import Recording, asks_for_transcripts, read_listed, set_of
from readers.media.recording_tables import RecordingsByName
from readers.text_files import read_any_text

LIST, TEXT, SPEAKERS = "wav.scp", "text", "utt2spk"
DEPTH = 3


def holds(path, c):
    """Tell whether there is such a folder."""
    return asks_for_transcripts(c) and any(files_below(path, LIST, DEPTH))


def read(path, c, preparation=None):
    """Read one such folder, or several below `path`: see readers/__init__.py. The groups are the speakers."""
    by_name, recordings, notes = RecordingsByName(path), [], []
    for scp in files_below(path, LIST, DEPTH):
        folder = scp.parent
        if not (folder / TEXT).is_file():
            raise InputError(
                f"{folder} holds {LIST} without {TEXT}: a line of it is the name of a recording and its words"
            )
        if (folder / "segments").is_file():
            raise InputError(
                f"{folder / 'segments'} cuts recordings into utterances, which is not done here: "
                "extract_segments of Kaldi writes each into a file of its own"
            )
        files, speakers = _pairs(scp), {} if c.GROUP else _pairs(folder / SPEAKERS)
        said = _pairs(folder / TEXT)
        split = set_of(folder.relative_to(path).parts)
        for name, words in said.items():
            where = f"{folder / TEXT} ({name[:80]})"
            recordings.append(Recording(_find(scp, name, files, by_name), where, words, speakers.get(name), split))
        if silent := files.keys() - said.keys():
            notes.append(f"{len(silent)} recordings of {scp} are not in {TEXT}, left out")
    if not recordings:
        raise InputError(f"{path}: the files {TEXT} in it are empty")
    return read_listed(path, recordings, c, preparation, [*notes, *by_name.notes()])


def _pairs(file):
    """Return {name: what follows it} of a file, {} where it is not there."""
    if not file.is_file():
        return {}
    lines = (line.split(None, 1) for line in read_any_text(file)[0].split("\n"))
    return {line[0]: line[1].strip() if len(line) > 1 else "" for line in lines if line}


def _find(scp, name, files, by_name):
    """Return the recording of this name, or None. Raises InputError for a command, and for a place in an archive."""
    path = files.get(name, "")
    if path.endswith("|"):
        raise InputError(
            f"{scp}: {name[:80]} is the command {path[:60]!r}, which is not executed: run the commands yourself, write "
            "what they print into .wav files, and name those"
        )
    if ".ark:" in path:
        raise InputError(f"{scp}: {name[:80]} lies in an archive, {path[:60]!r}: wav-copy of Kaldi writes .wav files")
    return by_name.find(path)
