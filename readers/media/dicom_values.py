"""The values of a DICOM frame: rescaled, windowed, black at the bottom, wherever a file keeps what that takes."""

import struct

import numpy as np

from core.errors import DAMAGED, InputError
from core.lazy import lazy
from readers.file_checks import refuse_damaged

errors, pixels = lazy("pydicom.errors"), lazy("pydicom.pixels")

DECODERS = "pip install pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg"


def refuse_damaged_dicom(file, problem):
    """Turn what pydicom raises for a damaged file into InputError, as refuse_damaged does."""
    own = (errors.BytesLengthException, errors.InvalidDicomError, struct.error)
    other = (AttributeError, TypeError, IndexError, ArithmeticError, AssertionError)
    return refuse_damaged(file, problem, (*DAMAGED, *own, *other))


def read_values(file, header, frame, windowed):
    """Read a frame: grey (height, width) float64, windowed to 0 to 255 where that is so; colours (..., 3) uint8."""
    packages = f"cannot be decoded: it is damaged, or needs other packages ({DECODERS})"
    problem = packages if header.file_meta.TransferSyntaxUID.is_compressed else "is damaged"
    with np.errstate(all="ignore"), refuse_damaged_dicom(file, problem):
        values = pixels.pixel_array(str(file), index=frame)
        if is_coloured(header):
            bits = header.BitsStored
            if header.PhotometricInterpretation == "PALETTE COLOR":
                values = pixels.apply_color_lut(values, header)
                bits = 8 * values.itemsize
            return (values >> max(0, bits - 8)).astype(np.uint8)[..., :3]
        slope, intercept = _attribute(header, frame, "RescaleSlope"), _attribute(header, frame, "RescaleIntercept")
        values = values * float(1 if slope is None else slope) + float(intercept or 0)
        if windowed:
            values = 255 * _displayed(values, *window_of(header, frame), _attribute(header, frame, "VOILUTFunction"))
        values = values if header.get("PhotometricInterpretation") != "MONOCHROME1" else 255 * windowed - values
    if not np.isfinite(values).all():
        raise InputError(f"{file} holds values that are NaN or infinite")
    return values


def is_coloured(header):
    """Tell whether a file holds colours, in three samples or by a palette."""
    return header.get("SamplesPerPixel") == 3 or header.get("PhotometricInterpretation") == "PALETTE COLOR"


def window_of(header, frame):
    """Return (centre, width) of the first window of a frame, or None."""
    centre, width = (_attribute(header, frame, name) for name in ("WindowCenter", "WindowWidth"))
    first = [value if np.isscalar(value) else value[0] for value in (centre, width) if value is not None]
    return (float(first[0]), max(1.0, float(first[1]))) if len(first) == 2 else None


def _displayed(values, centre, width, function):
    """Window values to 0 to 1, as DICOM PS3.3 C.11.2.1.2 has it."""
    if function == "SIGMOID":
        return 1 / (1 + np.exp((-4 * (values - centre) / width).clip(-500, 500)))
    if function != "LINEAR_EXACT":
        centre, width = centre - 0.5, max(width - 1, 1e-9)
    return ((values - centre) / width + 0.5).clip(0, 1)


def _attribute(header, frame, name):
    """Return an attribute of a frame, or None: of the file, or of its functional groups (of enhanced files)."""
    groups = [header]
    for sequence, place in (("PerFrameFunctionalGroupsSequence", frame), ("SharedFunctionalGroupsSequence", 0)):
        items = header.get(sequence) or []
        if place < len(items):
            groups += [element.value[0] for element in items[place] if element.VR == "SQ" and element.value]
    return next((group[name].value for group in groups if name in group and group[name].value not in (None, "")), None)
