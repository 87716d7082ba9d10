"""NIfTI by nibabel: a volume is a clip of its slices."""

import gzip
import importlib.util
import logging
import struct
import warnings
from collections import Counter

import numpy as np

from core.errors import DAMAGED, InputError
from core.lazy import lazy
from core.wording import counted
from readers.file_checks import refuse_damaged, refuse_special
from readers.media.frames import Slices, refuse_large

nibabel = lazy("nibabel")
orientations = lazy("nibabel.orientations")

SUFFIXES = (".nii", ".nii.gz")
INSTALL = "pip install nibabel"
PLANES = ("sagittal", "coronal", "axial")  # what slices across each axis are called
LARGEST = 2**29  # bytes of a volume, which takes twice as many while it is unpacked
MOST_PACKED = 1032  # times that DEFLATE packs at most: a larger claim is false
EXTENSIONS = 2**24  # bytes of a header's extensions


def can_read(path):
    """Tell whether NIfTI can be read here."""
    return importlib.util.find_spec("nibabel") is not None


def is_nifti(path):
    """Tell whether a path is a NIfTI file by its name."""
    return path.name.lower().endswith(SUFFIXES) and path.is_file() and not path.name.startswith(".")


def open_slices(path):
    """Open a NIfTI file with a volume, its slices those across the axis of the longest spacing: see slicing_notes.

    Returns: Slices, seen from the patient's right, front or feet as radiologists turn them, scale factors applied.
    Raises: InputError for what is damaged, too large, no volume of numbers, or several volumes.
    """
    image, axis = _open(path)
    with np.errstate(all="ignore"), _refused_if_damaged(path):
        values = np.asanyarray(image.dataobj.get_unscaled())
        values = values.reshape(values.shape[:3])
        values = orientations.apply_orientation(values, orientations.io_orientation(image.affine))
        lowest = np.nanmin(values) if values.dtype.kind == "f" else 0  # NaN, outside what was measured, is black
        slope, intercept = float(image.dataobj.slope), float(image.dataobj.inter)

    def read(place):
        plane = np.take(values, place, axis=axis).T[::-1]
        with np.errstate(all="ignore"):
            plane = np.where(np.isnan(plane), lowest, plane) * slope + intercept
        if not (np.abs(plane) < np.finfo(np.float32).max).all():
            where = f"slice {place} (counted from 0)"
            raise InputError(
                f"{path}: {where} holds infinite values, or nothing but NaN: numpy.nan_to_num makes them 0"
            )
        return plane

    return Slices(values.shape[axis], read, windowed=False)


def slicing_notes(paths):
    """Say which way volumes are cut, a list of one line."""
    planes = Counter(PLANES[_open(path)[1]] for path in paths)
    found = ", ".join(f"{counted(n, 'volume')} into {plane} slices" for plane, n in planes.most_common())
    return [f"{found}: across the axis of the longest spacing, of equal ones the last"]


def _open(path):
    """Open a file. Returns: (its image, not yet read, the axis to cut across once it is turned to right-front-up)."""
    refuse_special(path)
    if not can_read(path):
        raise InputError(f"{path} needs the package nibabel to be read: {INSTALL}")
    # It mends headers, and says so line by line.
    logging.getLogger("nibabel.global").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", category=UserWarning, module=r"nibabel|readers\.media\.nifti")
    with np.errstate(all="ignore"), _refused_if_damaged(path):
        _refuse_endless(path)
        image = nibabel.load(path)
        shape = image.shape
        if image.get_data_dtype().kind not in "iuf":
            raise InputError(f"{path} holds {image.get_data_dtype()} and not plain numbers: save it as grey")
        if len(shape) < 3 or max(shape[3:], default=1) > 1:
            raise InputError(f"{path} has the shape {shape}: {_way_on(path, len(shape))}")
        claimed = int(np.prod(shape, dtype=object)) * image.get_data_dtype().itemsize
        packed = path.stat().st_size * (MOST_PACKED if path.name.lower().endswith(".gz") else 1)
        if min(shape) < 1 or claimed > min(packed, LARGEST):
            most = f"the file can hold {packed}, {LARGEST} are allowed: cut it, or save whole numbers"
            raise InputError(f"{path} claims the shape {shape}, {claimed} bytes; {most}")
        axes = orientations.io_orientation(image.affine)[:, 0]
        if np.isnan(axes).any():
            raise InputError(f"{path} has an affine that turns its axes nowhere: nibabel can set another")
        spacing = np.empty(3)
        spacing[axes.astype(int)] = np.round(image.header.get_zooms()[:3], 3)
    axis = 2 - int(spacing[::-1].argmax())
    sides = [shape[:3][int(np.flatnonzero(axes == k)[0])] for k in range(3) if k != axis]
    refuse_large(path, *sides)
    return image, axis


def _way_on(path, axes):
    """Say what may be meant by an image of other than three axes, and how to write it so."""
    if axes < 3:
        return "a volume has three axes"
    image = f'image = nibabel.load("{path.name}")'
    return (
        f"a clip is one volume, {image}; nibabel.save(image.slicer[..., 0], ...) writes the first; for a time series "
        "of voxels write numpy.savez(..., X=..., y=...) with X of shape (n, time, voxels)"
    )


def _refused_if_damaged(path):
    own = (nibabel.filebasedimages.ImageFileError, nibabel.spatialimages.HeaderDataError)
    own += (nibabel.spatialimages.ImageDataError, AttributeError, TypeError, IndexError, ArithmeticError, struct.error)
    return refuse_damaged(path, "is damaged, or no NIfTI file", (*DAMAGED, *own))


def _refuse_endless(path):
    """Refuse a header whose extensions, which nibabel reads at once, would be larger than EXTENSIONS."""
    with (gzip.open if path.name.lower().endswith(".gz") else open)(path, "rb") as file:
        header = file.read(348)
    for order in "<>":
        kind = struct.unpack(order + "i", header[:4])[0]
        if kind in (348, 540):
            offset = struct.unpack_from(*((order + "f", header, 108) if kind == 348 else (order + "q", header, 168)))[0]
            if not offset <= EXTENSIONS:
                raise InputError(f"{path} is damaged: its header claims that {offset:.0f} bytes come before its values")
