"""Clips whose classes a table beside them says: `labels.csv` and CASE/*.png, CASE/*.dcm, scan.nii.gz, clip.gif."""

import re

import numpy as np

from core.errors import InputError
from readers.labels_beside import labels_beside
from readers.media import dicom, nifti, video

DEPTH = 4  # folders below each other that clips are looked for in
PATIENT = re.compile(r"patient|case|subj|sub-|person", re.IGNORECASE)  # in names that are those of one person
KINDS = {"dicom": dicom, "nifti": nifti, "video": video}  # the modules that tell whether their packages are installed


def kind_of_clip(path):
    """Return what a clip is read as, a key of KINDS, or None for what is no clip; a folder of frames is one."""
    if path.name[0] in "._" and path.is_dir():
        return None
    kinds = {"nifti": nifti.is_nifti, "dicom": dicom.is_dicom, "video": video.is_clip}
    return next((kind for kind, holds in kinds.items() if holds(path)), None)


def clips_below(folder, depth=DEPTH):
    """Return the clips in a folder, files or folders of frames, and those in its folders, sorted by name."""
    found = []
    for path in sorted(path for path in folder.iterdir() if path.name[0] not in "._"):
        if kind_of_clip(path):
            found.append(path)
        elif path.is_dir() and depth > 1:
            found += clips_below(path, depth - 1)
    return found


def read(path, c):
    """Read the clips below a folder that a table in it names: see readers/labels_beside.py.

    Returns: Sequences, or None where no table does, or where folders say the classes and LABEL does not say otherwise.
    """
    clips = clips_below(path)
    folders = {clip.parent for clip in clips}
    by_folders = len(folders) > 1 and all(folder.parent == path for folder in folders) and len(clips) > len(folders)
    if not clips or by_folders and c.LABEL is None:
        return None
    labels, groups, notes = labels_beside(path, clips, c)
    clips = [clip for clip in clips if clip in labels]
    if not clips:
        return None
    for clip in clips:
        kind = kind_of_clip(clip)
        if not KINDS[kind].can_read(clip):
            raise InputError(f"{clip} cannot be read without a package: {KINDS[kind].INSTALL}")
    y, groups = np.array([labels[clip] for clip in clips]), groups and np.array([groups[clip] for clip in clips])
    names = [clip.relative_to(path).as_posix() for clip in clips]
    read = video.read_all(clips, c, y=y, groups=groups, names=names).replace(labelled_beside=True)
    return read.noted(*notes, *clip_notes(clips))


def clip_notes(clips):
    """Say how clips were read, a list of lines."""
    volumes = [clip for clip in clips if nifti.is_nifti(clip)]
    return nifti.slicing_notes(volumes) if volumes else []


def patient_cautions(clips, labels, sets):
    """Say which patients' folders (or volumes) lie in two official sets or two classes, in a list of a line or none.

    labels, sets: of each clip.
    """
    seen = {}
    for clip, *where in zip(clips, labels, sets):
        if kind_of_clip(clip) != "video" or clip.is_dir() and PATIENT.search(clip.name):
            seen.setdefault(clip.name, set()).add(tuple(where))
    twice = {name: where for name, where in seen.items() if len(where) > 1}
    if not twice:
        return []
    what = "sets" if any(len({own for _, own in where}) > 1 for where in twice.values()) else "classes"
    name = next(iter(twice))
    shared = f"{name!r} and {len(twice) - 1} more lie" if len(twice) > 1 else f"{name!r} lies"
    return [
        f"{shared} in two {what}: if they are the same patients, set GROUP to a regular expression that finds the "
        r'patient, such as "/([^/]+)$": the score may tell how well they are known again'
    ]
