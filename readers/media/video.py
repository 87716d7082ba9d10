"""Video clips: `.gif` and folders of frames by Pillow, other formats where PyAV is installed."""

import hashlib
import importlib.util
import itertools
import struct

import numpy as np
from PIL import Image

from core.cache import cached
from core.errors import InputError
from readers.file_checks import refuse_special
from readers.parallel import read_many
from sequences.rows_on_disk import open_npy
from sequences.types import Sequences

VIDEO = (".gif", ".mp4", ".avi", ".mov", ".mpg", ".mpeg", ".mkv", ".webm")
IMAGES = (".png", ".jpg", ".jpeg", ".bmp")
INSTALL = "pip install av"
# Playlists, which name other files, are none of them.
FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,avi,mpeg,mpegvideo,mpegts,matroska,webm"
# What Pillow raises for damaged files.
BROKEN = (OSError, ValueError, SyntaxError, IndexError, TypeError, struct.error, Image.DecompressionBombError)
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


def read(path, c, known=None):
    """Read one clip, a file: see readers/__init__.py."""
    if not can_read(path):
        raise InputError(f"{path} needs the package av (PyAV) to be read: {INSTALL}, or convert it to .gif")
    return Sequences(read_all([path], c), kind="clips", names=[path.name]), None


def read_all(paths, c):
    """Read clips, several at a time. Returns: array uint8 (n, FRAMES, FRAME_SIZE, FRAME_SIZE, 3), or RowsOnDisk of it.

    More than MEMORY are read once into a file in runs/cache and stay there. Raises InputError for what is no clip, too
    large, or endless.
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
    of = [shape, [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files]]
    path = cached(hashlib.sha256(repr(of).encode()).hexdigest()[:32], shape, clips)
    try:
        return open_npy(path)
    except (ValueError, OSError) as error:
        raise InputError(f"{path} is damaged ({error}): delete it") from error


def read_clip(path, count, size):
    """Read one clip. Returns: array uint8 (count, size, size, 3), frames picked evenly; a short clip repeats some."""
    of_file = _frames_of_image if path.suffix.lower() == ".gif" else _frames_of_video
    frames = _frames_of_folder if path.is_dir() else of_file
    kept, stride = [], 1
    for number, frame in enumerate(frames(path), 1):
        if number > MOST_FRAMES:
            raise InputError(f"{path} has more than {MOST_FRAMES:,} frames: cut it")
        if (number - 1) % stride:
            continue
        kept.append(_cropped(frame, size))
        if len(kept) == max(KEPT, 4 * count):  # every second one is enough: the clip is long
            kept, stride = kept[::2], 2 * stride
    if not kept:
        raise InputError(f"{path} has no frames")
    places = np.linspace(0, len(kept) - 1, count).round().astype(int)
    return np.stack([kept[place] for place in places])


def _cropped(image, size):
    """Crop the centre of an image, as wide as high, and scale it to `size`. Returns: array uint8 (size, size, 3)."""
    side = min(image.size)
    left, top = ((length - side) // 2 for length in image.size)
    return np.asarray(image.crop((left, top, left + side, top + side)).resize((size, size)))


def _frames_of_folder(path):
    for file in sorted(file for file in path.iterdir() if file.suffix.lower() in IMAGES):
        refuse_special(file)
        yield next(_frames_of_image(file))


def _frames_of_image(path):
    """Yield the frames of an image. Raises InputError for none, and for one that would fill the memory."""
    try:
        with Image.open(path) as image:
            for number in itertools.count():
                _refuse_large(path, image)
                if image.width * image.height * number > MOST_DECODED:
                    raise InputError(f"{path} has more than {MOST_DECODED:,} pixels in its frames: make them smaller")
                yield _eight_bits(image).convert("RGB")
                try:
                    image.seek(number + 1)
                except EOFError:
                    return
    except InputError:
        raise
    except BROKEN as error:
        raise InputError(f"{path} is damaged, or no image ({error})") from error


def _eight_bits(image):
    """Bring a grey image of 16 bits to 8: Pillow would cut off what is above 255."""
    if not image.mode.startswith("I"):
        return image
    return Image.fromarray((np.asarray(image).clip(0, 2**16 - 1) >> 8).astype(np.uint8))


def _refuse_large(path, image):
    if image.width * image.height > MOST_PIXELS:
        raise InputError(f"{path} has {image.width} × {image.height} pixels, {MOST_PIXELS:,} at most")


def _frames_of_video(path):
    import av

    try:
        with av.open(str(path), options={"format_whitelist": FORMATS}) as container:
            if not container.streams.video:
                raise InputError(f"{path} has no pictures in it")
            stream = container.streams.video[0]
            _refuse_large(path, stream)
            for frame in container.decode(stream):
                yield frame.to_image()
    except InputError:
        raise
    except (av.FFmpegError, ValueError) as error:
        raise InputError(f"{path} is damaged, or no video ({error})") from error
