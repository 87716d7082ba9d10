"""Single pictures, a file each: a picture is the sequence of its rows of pixels."""

import numpy as np
from PIL import Image

from core.errors import InputError
from core.wording import counted
from readers.damaged import leave_out
from readers.file_checks import refuse_damaged, refuse_special
from readers.media import dicom
from readers.media.frames import clip_of_slices, crop
from readers.media.video import PILLOW_ERRORS, frames_of_image, stacked
from sequences.types import Sequences

GREY = ("1", "L", "I", "F")  # how Pillow's names of modes without colours begin


def read(path, c, preparation=None):
    """Read one picture: see readers/__init__.py."""
    return read_all([path], c, preparation, names=[path.name]), None


def read_all(paths, c, preparation=None, **of_each):
    """Read pictures: the centre of each, as wide as high, scaled to FRAME_SIZE, or to what the training set has.

    Parameters: of_each, fields of Sequences with an item for each picture.
    Returns: Sequences with x uint8 (n, FRAME_SIZE, FRAME_SIZE), where some have colours (n, FRAME_SIZE, 3 FRAME_SIZE).
    Raises: InputError for what is no picture, and for new ones where the training set has none.
    """
    if preparation is None:
        size, channels = c.FRAME_SIZE, 1 if all(map(_is_grey, paths)) else 3
    else:
        size, channels = preparation.steps, preparation.features[-1] // (preparation.steps or 1)
        if preparation.kind != "sequences" or [size * channels] != preparation.features or channels not in (1, 3):
            raise InputError(
                f"{paths[0]} is a single picture; the training set holds none (a clip is a folder of them)"
            )
    shape = (len(paths), size, size * channels)
    x, damaged = stacked(paths, lambda path: _read_rows(path, size, channels), shape, "pictures")
    of_each, notes = leave_out(damaged, paths, "picture", of_each)
    note = f"{counted(len(x), 'picture')} read row by row: {size} time steps of {size * channels} numbers"
    colours = " (red, green, blue of each pixel)" * (channels == 3)
    return Sequences(x, picture=(size, size, channels), **of_each).noted(
        *notes, f"{note}{colours}, scaled to {size} × {size} pixels"
    )


def read_files(path, files, labels, set_of, c, preparation, of_each):
    """Read a folder of single pictures, its `files`.

    Parameters: labels of each, or None; set_of, the place of the official set of each; of_each, other fields of
    Sequences.
    Returns: Sequences. Raises: InputError where they may be the frames or slices of cases.
    """
    classes = [{label for label, own in zip(labels or [], set_of) if own == place} for place in {*set_of}]
    recurring = len(classes) > 1 and all(own == classes[0] for own in classes)  # cases would lie in one set each
    meant = c.SEQUENCE == "file" and (labels or c.TASK == "anomaly")
    if preparation is None and not (labels and recurring or meant):
        raise InputError(
            f"{path} holds folders of frames ({files[0].parent.name}): clips need a folder for each class, "
            "CLASS/CLIP/*, or a table beside their folders that says the classes (labels.csv); where each picture is a "
            'sequence, of its rows of pixels, SEQUENCE = "file" says so, of pictures in a folder for each class or '
            "named in LABEL_FILE"
        )
    names = [file.relative_to(path).as_posix() for file in files]
    return read_all(files, c, preparation, y=np.array(labels) if labels else None, names=names, **of_each)


def _is_grey(path):
    refuse_special(path)
    if dicom.is_file(path):
        return not dicom.has_colours(path)
    with refuse_damaged(path, "is damaged, or no image", PILLOW_ERRORS), Image.open(path) as image:
        return image.mode.startswith(GREY)


def _read_rows(path, size, channels):
    """Return the rows of one picture, uint8 (size, size * channels)."""
    if dicom.is_file(path):
        picture = clip_of_slices(dicom.open_slices(path), 1, size)[0]
    else:
        picture = crop(next(frames_of_image(path)), size)
    return picture[..., :channels].reshape(size, -1)
