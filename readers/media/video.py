"""Clips: `.gif` and folders of frames by Pillow, other video where PyAV is installed, and volumes of slices."""

import hashlib
import importlib.util
import re
import struct
from contextlib import contextmanager

import numpy as np
from PIL import Image, ImageSequence

from core.clip_cache import cached
from core.errors import DamagedFile, InputError
from readers.damaged import attempted, leave_out
from readers.file_checks import refuse_damaged, refuse_special
from readers.media import dicom, nifti
from readers.media.frames import clip_of_slices, crop, natural, pick_evenly, refuse_large
from readers.parallel import read_many
from sequences.rows_on_disk import open_npy
from sequences.types import Sequences

VIDEO = (".gif", ".mp4", ".avi", ".mov", ".mpg", ".mpeg", ".mkv", ".webm")
IMAGES = (".png", ".jpg", ".jpeg", ".bmp")
INSTALL = "pip install av"
# Playlists, which name other files, are none of them.
FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,avi,mpeg,mpegvideo,mpegts,matroska,webm"
# What Pillow raises for damaged files.
PILLOW_ERRORS = (OSError, ValueError, SyntaxError, IndexError, TypeError, struct.error, Image.DecompressionBombError)
MOST_DECODED = 2**31  # pixels in all frames of a .gif
MOST_FRAMES = 100_000  # of a clip
SOURCE = re.compile(r"(.*_g\d+)_c\d+(\.\w+)?")  # of a clip: the video that it is cut from
KEPT = 1024  # frames of a clip that wait to be picked from
LARGEST = 2**27  # bytes of a clip
MEMORY = 2**30  # bytes that clips may take in memory


def can_read(path):
    """Tell whether a clip of frames or video can be read here."""
    return path.is_dir() or path.suffix.lower() == ".gif" or importlib.util.find_spec("av") is not None


def is_clip(path):
    """Tell whether a path is a clip of frames or video: a file of a known format, or a folder of frames."""
    if path.is_dir():
        return any(map(is_picture, path.iterdir()))
    return path.suffix.lower() in VIDEO


def is_picture(path):
    """Tell whether a path is a picture by its name."""
    return path.suffix.lower() in IMAGES and not path.name.startswith(".")


def opener_of(path):
    """Return what opens a clip that is a volume: the function of its format, or None."""
    return nifti.open_slices if nifti.is_nifti(path) else dicom.open_slices if dicom.is_dicom(path) else None


def read(path, c, preparation=None):
    """Read one clip, a file or a folder of frames or slices: see readers/__init__.py."""
    if not (opener_of(path) or can_read(path)):
        raise InputError(f"{path} needs the package av (PyAV) to be read: {INSTALL}, or convert it to .gif")
    return read_all([path], c, names=[path.name]), None


def read_all(paths, c, **of_each):
    """Read clips, several at a time; more than MEMORY are read once into a file in runs/cache and stay there.

    Parameters: of_each, fields of Sequences with an item for each clip.
    Returns: Sequences with x an array uint8 (n, FRAMES, FRAME_SIZE, FRAME_SIZE, 3), or RowsOnDisk of it, without
    clips that are damaged: see readers/damaged.py.
    Raises: InputError for what is no clip, too large, or endless.
    """
    shape = (len(paths), c.FRAMES, c.FRAME_SIZE, c.FRAME_SIZE, 3)
    size = np.prod(shape[1:], dtype=object)
    if size > LARGEST:
        most = f"{size / 2**20:,.0f} MiB of each clip, {LARGEST / 2**20:,.0f} at most"
        raise InputError(f"FRAMES = {c.FRAMES} and FRAME_SIZE = {c.FRAME_SIZE} make {most}")
    x, damaged = stacked(paths, lambda path: read_clip(path, c.FRAMES, c.FRAME_SIZE), shape, "clips")
    of_each, notes = leave_out(damaged, paths, "clip", of_each)
    return Sequences(x, kind="clips", notes=tuple(notes), **of_each)


def sources(files):
    """Tell which clips are cut from one video, as UCF101 names them: v_Archery_g01_c01.avi, v_Archery_g01_c02.avi.

    Returns: (list of groups (n,), a list of the note that says so); (None, []) where names say nothing, or all one.
    """
    found = [SOURCE.fullmatch(file.name) for file in files]
    if not all(found) or len({match[1] for match in found}) < 2:
        return None, []
    groups = [match[1] for match in found]
    note = f"{len(set(groups))} groups by the names of the clips, _g01 and so on: each stays in one set"
    return groups, [f"{note} (GROUP says otherwise)"]


def stacked(paths, read_one, shape, what):
    """Read what `read_one` makes of each path, arrays of uint8, as read_all does: together they have this shape.

    what: the files' name in a line of progress.
    Returns: (array, or RowsOnDisk, of those that are whole; {place of a damaged one: what is wrong}).
    """
    arrays = read_many(attempted(read_one), paths, what)
    if np.prod(shape, dtype=object) <= MEMORY:
        arrays = [*arrays]
        damaged = {place: str(own) for place, own in enumerate(arrays) if isinstance(own, DamagedFile)}
        whole = [own for place, own in enumerate(arrays) if place not in damaged]
        return np.array(whole, dtype=np.uint8).reshape(-1, *shape[1:]), damaged
    files = [file for path in paths for file in (sorted(path.iterdir(), key=natural) if path.is_dir() else [path])]
    content = [shape, [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files]]
    path, damaged = cached(hashlib.sha256(repr(content).encode()).hexdigest()[:32], shape, arrays)
    with refuse_damaged(path, "is damaged, delete it", (ValueError, OSError)):
        return open_npy(path), damaged


def read_clip(path, count, size):
    """Read one clip, its frames picked evenly or repeated. Returns: array uint8 (count, size, size, 3)."""
    if open_slices := opener_of(path):
        return clip_of_slices(open_slices(path), count, size)
    if path.is_dir():
        images = sorted(filter(is_picture, path.iterdir()), key=natural)
        frames = (next(frames_of_image(file)) for file in images)
    elif path.suffix.lower() == ".gif":
        frames = frames_of_image(path)
    else:
        return _read_video(path, count, size)
    kept, stride = [], 1
    for number, frame in enumerate(frames):
        _refuse_endless(path, number)
        if number % stride:
            continue
        kept.append(crop(frame, size))
        if len(kept) == max(KEPT, 4 * count):  # every second one is enough: the clip is long
            kept, stride = kept[::2], 2 * stride
    if not kept:
        raise DamagedFile(f"{path} has no frames")
    return np.stack([kept[place] for place in pick_evenly(len(kept), count)])


def frames_of_image(path):
    """Yield the frames of an image. Raises InputError for none, and for one that would fill the memory."""
    refuse_special(path)
    with refuse_damaged(path, "is damaged, or no image", PILLOW_ERRORS), Image.open(path) as image:
        refuse_large(path, image.width, image.height)
        for number, frame in enumerate(ImageSequence.Iterator(image)):
            refuse_large(path, frame.width, frame.height)
            if frame.width * frame.height * number > MOST_DECODED:
                raise InputError(f"{path} has more than {MOST_DECODED:,} pixels in its frames: make them smaller")
            if frame.mode.startswith("I"):  # grey of 16 bits: Pillow would cut off what is above 255
                frame = Image.fromarray((np.asarray(frame).clip(0, 2**16 - 1) >> 8).astype(np.uint8))
            yield frame.convert("RGB")


def _refuse_endless(path, number):
    if number == MOST_FRAMES:
        raise InputError(f"{path} has more than {MOST_FRAMES:,} frames: cut it")


def _read_video(path, count, size):
    """Read a clip as read_clip does, but make pictures of those frames alone that are picked.

    Which these are depends on how many there are: where the file is wrong about that, it is decoded once more.
    """
    frames, said = None, _said_frames(path)
    while frames != said:
        frames, kept, decoded = said, {}, 0
        stride = 1
        while -(-frames // stride) >= max(KEPT, 4 * count):  # as read_clip
            stride *= 2
        places = range(0, frames, stride)
        picked = [places[k] for k in pick_evenly(len(places), count)]
        for frame in _frames_of_video(path):
            _refuse_endless(path, decoded)
            if decoded in picked:
                kept[decoded] = crop(Image.fromarray(frame.to_ndarray(format="rgb24")), size)
            decoded += 1
        if not decoded:
            raise DamagedFile(f"{path} has no frames")
        said = decoded
    return np.stack([kept[place] for place in picked])


def _said_frames(path):
    """Return how many frames a video has by what its container says, or by its packets."""
    with _opened(path) as (container, stream):
        return stream.frames or max(1, sum(packet.size > 0 for packet in container.demux(stream)))


def _frames_of_video(path):
    with _opened(path) as (container, stream):
        refuse_large(path, stream.width, stream.height)
        stream.codec_context.thread_count = 1  # several clips are read at a time
        yield from container.decode(stream)


@contextmanager
def _opened(path):
    """Open a video, (its container, its stream of pictures). Raises: DamagedFile for one that cannot be decoded."""
    import av

    damaged = refuse_damaged(path, "is damaged, or no video", (av.FFmpegError, ValueError))
    with damaged, av.open(str(path), options={"format_whitelist": FORMATS}) as container:
        if not container.streams.video:
            raise DamagedFile(f"{path} has no video in it")
        yield container, container.streams.video[0]
