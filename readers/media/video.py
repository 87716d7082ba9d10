"""Video clips: `.gif` and folders of frames by Pillow, other formats where PyAV is installed."""

import hashlib
import importlib.util
import struct

import numpy as np
from PIL import Image, ImageSequence

from core.clip_cache import cached
from core.errors import InputError
from readers.file_checks import refuse_damaged, refuse_special
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
MOST_PIXELS = 2**25  # of a frame
MOST_DECODED = 2**31  # pixels in all frames of a .gif
MOST_FRAMES = 100_000  # of a clip
KEPT = 1024  # frames of a clip that wait to be picked from
LARGEST = 2**27  # bytes of a clip
MEMORY = 2**30  # bytes that clips may take in memory


def can_read(path):
    """Tell whether a clip can be read here."""
    return path.is_dir() or path.suffix.lower() == ".gif" or importlib.util.find_spec("av") is not None


def is_clip(path):
    """Tell whether a path is a clip: a file of a known format, or a folder of frames."""
    if path.is_dir():
        return any(file.suffix.lower() in IMAGES for file in path.iterdir())
    return path.suffix.lower() in VIDEO


def read(path, c, preparation=None):
    """Read one clip, a file: see readers/__init__.py."""
    if not can_read(path):
        raise InputError(f"{path} needs the package av (PyAV) to be read: {INSTALL}, or convert it to .gif")
    return Sequences(read_all([path], c), kind="clips", names=[path.name]), None


def read_all(paths, c):
    """Read clips, several at a time; more than MEMORY are read once into a file in runs/cache and stay there.

    Returns: array uint8 (n, FRAMES, FRAME_SIZE, FRAME_SIZE, 3), or RowsOnDisk of it.
    Raises: InputError for what is no clip, too large, or endless.
    """
    shape = (len(paths), c.FRAMES, c.FRAME_SIZE, c.FRAME_SIZE, 3)
    size = np.prod(shape[1:], dtype=object)
    if size > LARGEST:
        most = f"{size / 2**20:,.0f} MiB of each clip, {LARGEST / 2**20:,.0f} at most"
        raise InputError(f"FRAMES = {c.FRAMES} and FRAME_SIZE = {c.FRAME_SIZE} make {most}")
    clips = read_many(lambda path: read_clip(path, c.FRAMES, c.FRAME_SIZE), paths, "clips")
    if np.prod(shape, dtype=object) <= MEMORY:
        return np.stack([*clips])
    files = [file for path in paths for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
    content = [shape, [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files]]
    path = cached(hashlib.sha256(repr(content).encode()).hexdigest()[:32], shape, clips)
    with refuse_damaged(path, "is damaged, delete it", (ValueError, OSError)):
        return open_npy(path)


def read_clip(path, count, size):
    """Read one clip, its frames picked evenly or repeated. Returns: array uint8 (count, size, size, 3)."""
    if path.is_dir():
        images = sorted(file for file in path.iterdir() if file.suffix.lower() in IMAGES)
        frames = (next(_frames_of_image(file)) for file in images)
    else:
        frames = _frames_of_image(path) if path.suffix.lower() == ".gif" else _frames_of_video(path)
    kept, stride = [], 1
    for number, frame in enumerate(frames):
        if number == MOST_FRAMES:
            raise InputError(f"{path} has more than {MOST_FRAMES:,} frames: cut it")
        if number % stride:
            continue
        kept.append(_crop(frame, size))
        if len(kept) == max(KEPT, 4 * count):  # every second one is enough: the clip is long
            kept, stride = kept[::2], 2 * stride
    if not kept:
        raise InputError(f"{path} has no frames")
    places = np.linspace(0, len(kept) - 1, count).round().astype(int)
    return np.stack([kept[place] for place in places])


def _crop(image, size):
    """Crop the centre of an image, as wide as high, and scale it to `size`. Returns: array uint8 (size, size, 3)."""
    side = min(image.size)
    left, top = ((length - side) // 2 for length in image.size)
    return np.asarray(image.crop((left, top, left + side, top + side)).resize((size, size)))


def _frames_of_image(path):
    """Yield the frames of an image. Raises InputError for none, and for one that would fill the memory."""
    refuse_special(path)
    with refuse_damaged(path, "is damaged, or no image", PILLOW_ERRORS), Image.open(path) as image:
        _refuse_large(path, image)
        for number, frame in enumerate(ImageSequence.Iterator(image)):
            _refuse_large(path, frame)
            if frame.width * frame.height * number > MOST_DECODED:
                raise InputError(f"{path} has more than {MOST_DECODED:,} pixels in its frames: make them smaller")
            if frame.mode.startswith("I"):  # grey of 16 bits: Pillow would cut off what is above 255
                frame = Image.fromarray((np.asarray(frame).clip(0, 2**16 - 1) >> 8).astype(np.uint8))
            yield frame.convert("RGB")


def _refuse_large(path, image):
    if image.width * image.height > MOST_PIXELS:
        raise InputError(f"{path} has {image.width} × {image.height} pixels, {MOST_PIXELS:,} at most")


def _frames_of_video(path):
    import av

    damaged = refuse_damaged(path, "is damaged, or no video", (av.FFmpegError, ValueError))
    with damaged, av.open(str(path), options={"format_whitelist": FORMATS}) as container:
        if not container.streams.video:
            raise InputError(f"{path} has no video in it")
        stream = container.streams.video[0]
        _refuse_large(path, stream)
        for frame in container.decode(stream):
            yield frame.to_image()
