"""DICOM by pydicom: a folder with the slices of a case, or a file with several frames, is a clip."""

import importlib.util
import warnings

import numpy as np

from core.errors import InputError
from core.lazy import lazy
from readers.file_checks import refuse_special
from readers.media.dicom_values import DECODERS, is_coloured, read_values, refuse_damaged_dicom, window_of
from readers.media.frames import Slices, natural, refuse_large

pydicom, pixels = lazy("pydicom"), lazy("pydicom.pixels")

SUFFIXES = (".dcm", ".dicom", ".ima")  # files with another suffix, a number say, or none are known by their beginning
MAGIC = slice(128, 132)
INSTALL = "pip install pydicom"
SAME_DIRECTION = 0.01  # the most that direction cosines of the slices of one volume differ by
MOST_SLICES = 100_000  # of a case


def can_read(path):
    """Tell whether DICOM can be read here."""
    return importlib.util.find_spec("pydicom") is not None


def is_dicom(path):
    """Tell whether a path is a DICOM file, or a folder with some."""
    return any(map(is_file, path.iterdir())) if path.is_dir() else is_file(path)


def is_file(path):
    """Tell whether a path is a DICOM file with a picture; a DICOMDIR lists others."""
    suffix = path.suffix.lower()
    if suffix in SUFFIXES or not path.is_file() or path.name.startswith(".") or path.name == "DICOMDIR":
        return suffix in SUFFIXES and not path.name.startswith(".")
    if suffix and not suffix[1:].isdecimal():  # a UID ends in a number
        return False
    return _begins_well(path)


def _begins_well(path):
    with open(path, "rb") as file:
        return file.read(MAGIC.stop)[MAGIC] == b"DICM"


def is_single(file):
    """Tell whether a DICOM file holds a single picture."""
    return _frames_in(file, _read_header(file)) == 1


def has_colours(file):
    """Tell whether a DICOM file holds colours."""
    return is_coloured(_read_header(file))


def open_slices(path):
    """Open a DICOM file, or the files of a folder, as one volume.

    Slices are in the order of their position along the normal, or else of InstanceNumber, or else of their names.
    Values are rescaled, and windowed where all slices have a window.
    Returns: Slices. Raises: InputError for what is damaged, is no picture, needs a package, or does not fit together.
    """
    files = sorted(filter(is_file, path.iterdir()), key=natural) if path.is_dir() else [path]
    if len(files) > MOST_SLICES:
        raise InputError(f"{path} has more than {MOST_SLICES:,} slices: divide it")
    headers = [_read_header(file) for file in files]
    sizes = [(header.Rows, header.Columns) for header in headers]
    if other := next((k for k, size in enumerate(sizes) if size != sizes[0]), None):
        shown = [f"{files[k].name} {sizes[k][0]} × {sizes[k][1]}" for k in (0, other)]
        raise InputError(f"{path}: slices of one case must have one size: {' and '.join(shown)}; divide the folder")
    with np.errstate(all="ignore"), refuse_damaged_dicom(path, "has a damaged header"):
        counts = [_frames_in(file, header) for file, header in zip(files, headers)]
        order = _order(path, files, headers) if set(counts) == {1} else range(len(files))
        frames = [(files[k], headers[k], frame) for k in order for frame in range(counts[k])]
        windowed = all(is_coloured(header) or window_of(header, frame) for _, header, frame in frames)
    return Slices(len(frames), lambda place: read_values(*frames[place], windowed), windowed)


def _read_header(file):
    """Read all of a file but its pixels. Raises: InputError for damaged files, and for those that cannot be decoded."""
    refuse_special(file)
    if not can_read(file):
        raise InputError(f"{file} needs the package pydicom to be read: {INSTALL}")
    if not _begins_well(file):
        how = "where pydicom.dcmread with force=True reads it, save_as with enforce_file_format=True mends it"
        raise InputError(f"{file} is no DICOM file, or one without its beginning: {how}")
    warnings.filterwarnings("ignore", category=UserWarning, module=r"pydicom|readers\.media\.dicom")  # of odd values
    with refuse_damaged_dicom(file, "is damaged, or no DICOM file"):
        syntax = pydicom.filereader.read_file_meta_info(file).TransferSyntaxUID
        if "Deflate" in syntax.name:  # a few bytes may unpack to any number
            raise InputError(f"{file} is packed as a whole, {syntax.name}: dcmconv +te of DCMTK unpacks it")
        header = pydicom.dcmread(file, stop_before_pixels=True)
        rows, columns = header.get("Rows"), header.get("Columns")
        if not isinstance(rows, int) or not isinstance(columns, int) or 0 in (rows, columns):
            raise InputError(
                f"{file} holds no picture, its modality is {str(header.get('Modality'))[:16]!r}: take it out"
            )
        refuse_large(file, columns, rows)
        if syntax.is_compressed and not pixels.get_decoder(syntax).is_available:
            raise InputError(f"{file} is compressed by {syntax.name}, which needs packages: {DECODERS}")
    return header


def _frames_in(file, header):
    with refuse_damaged_dicom(file, "has a damaged header"):
        count = int(header.get("NumberOfFrames") or 1)
    if not 1 <= count <= MOST_SLICES:
        raise InputError(f"{file} claims {count} frames, {MOST_SLICES:,} are allowed")
    return count


def _order(path, files, headers):
    """Return the order (n,) of slices in files that hold one each. Raises: InputError for two directions."""
    directions = [header.get("ImageOrientationPatient") for header in headers]
    places = [header.get("ImagePositionPatient") for header in headers]
    if all(directions) and all(places):
        directions = np.array(directions, dtype=float)
        apart = np.abs(directions - directions[0]).max(axis=1) > SAME_DIRECTION
        if apart.any():
            names = f"{files[0].name} and {files[int(apart.argmax())].name}"
            raise InputError(f"{path} holds slices in several directions ({names}): put each series into a folder")
        along = np.array(places, dtype=float) @ np.cross(directions[0, :3], directions[0, 3:])
        if len(np.unique(along.round(3))) == len(files):
            return np.argsort(along)
    numbers = [header.get("InstanceNumber") for header in headers]
    complete = len({*numbers} - {None, ""}) == len(files)
    return np.argsort([int(number) for number in numbers]) if complete else np.arange(len(files))
