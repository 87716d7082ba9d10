"""What clips of all formats are made of: frames, cropped and scaled, and slices of volumes, picked evenly."""

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.errors import InputError

MOST_PIXELS = 2**25  # of a frame
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # refuse_large refuses smaller ones
DISPLAYED = (1, 99)  # per cent: without a window these percentiles of a volume become black and white


@dataclass(frozen=True)
class Slices:
    """The slices of a volume, read one at a time."""

    count: int
    read: Callable[[int], np.ndarray]  # the place of a slice: its values (height, width), or its colours (..., 3)
    windowed: bool  # values go from 0, black, to 255, white; else they are of any unit


def natural(path):
    """Return a key that sorts files as people number them: frame2 before frame10."""
    return [(int(part), part) if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path.name)], path.name


def refuse_large(path, width, height):
    """Raise InputError for a frame of more than MOST_PIXELS, before any memory is taken for it."""
    if width * height > MOST_PIXELS:
        raise InputError(f"{path} has {width} × {height} pixels, {MOST_PIXELS:,} at most")


def crop(image, size):
    """Crop the centre of an image, as wide as high, and scale it to `size`. Returns: array (size, size[, 3])."""
    side = min(image.size)
    left, top = ((length - side) // 2 for length in image.size)
    return np.asarray(image.crop((left, top, left + side, top + side)).resize((size, size)))


def pick_evenly(count, wanted):
    """Return `wanted` places of `count` frames, evenly spaced from the first to the last; some repeat where few."""
    return np.linspace(0, count - 1, wanted).round().astype(int)


def clip_of_slices(slices, count, size):
    """Make a clip of Slices, `count` of them, as any clip. Returns: array uint8 (count, size, size, 3)."""
    places, which = np.unique(pick_evenly(slices.count, count), return_inverse=True)
    frames = []
    for place in places:
        values = slices.read(int(place))
        image = Image.fromarray(values.astype(np.uint8 if values.ndim == 3 else np.float32))
        frames.append(crop(image, size))
    frames = np.stack([frame if frame.ndim == 3 else np.repeat(frame[..., None], 3, axis=2) for frame in frames])
    if not slices.windowed:
        frames = frames.astype(np.float64)
        black, white = np.percentile(frames, DISPLAYED)
        frames = (frames - black) * (255 / max(white - black, 1e-30))
    return frames.clip(0, 255).round().astype(np.uint8)[which]
