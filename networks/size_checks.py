"""Constants of the network that are possible each, but not together or with sequences of this shape."""

from core.errors import InputError
from core.wording import counted
from networks import video


def check_sizes(shape, c):
    """Refuse constants that leave nothing of sequences or frames, or do not go together.

    Parameters: shape of one sequence, (time, features) or (time, height, width, channels), or of a text (words,).
    Raises: InputError.
    """
    if len(shape) == 4 and c.ARCHITECTURE not in video.ARCHITECTURES:
        allowed = ", ".join(map(repr, video.ARCHITECTURES))
        raise InputError(f"ARCHITECTURE = {c.ARCHITECTURE!r} is impossible for video: it must be one of {allowed}")
    for name in ("ATTENTION", "BIDIRECTIONAL"):
        if c[name] and "lstm" not in c.ARCHITECTURE:
            raise InputError(f'{name} = True is impossible with ARCHITECTURE = "{c.ARCHITECTURE}": it has no LSTM')
    if c.ARCHITECTURE in ("lstm", "trend"):
        return
    least = least_steps(c)
    size, unit = (shape[0], "time step") if len(shape) < 3 else (min(shape[1:3]), "pixel")
    deep = c.ARCHITECTURE.startswith("deep")
    also = f"; WINDOW = {least} or more fits too" if size == c.WINDOW else ""
    if size < c.KERNEL_SIZE:
        fits = f"{counted(size, unit)} allow 1 to {size}" if size > 1 else f"1 {unit} allows 1, with POOL_SIZE = 1"
        raise InputError(f"KERNEL_SIZE = {c.KERNEL_SIZE} is impossible: {fits}{also}")
    left = size if deep else size - c.KERNEL_SIZE + 1
    if left < c.POOL_SIZE:
        fits = f"{counted(left, unit)}, which allow{'s 1' if left == 1 else f' 1 to {left}'}"
        raise InputError(f"POOL_SIZE = {c.POOL_SIZE} is impossible: the convolution leaves {fits}{also}")


def least_steps(c):
    """Return how many time steps a sequence needs at least, or pixels the side of a frame that is convolved."""
    if c.ARCHITECTURE in ("lstm", "trend"):
        return 1
    deep = c.ARCHITECTURE.startswith("deep")
    return max(c.KERNEL_SIZE, c.POOL_SIZE) if deep else c.KERNEL_SIZE + c.POOL_SIZE - 1
