"""NetCDF files, opened with nothing but their axes in memory; hostile ones are refused before."""

import contextlib
import subprocess
import sys

import numpy as np

from core.errors import DAMAGED, InputError
from core.lazy import lazy
from readers.arrays.numpy_files import UNPACKED
from readers.file_checks import refuse_damaged

xarray, h5py = lazy("xarray"), lazy("h5py")
LONGEST = 10**8  # values of an axis, which are in memory before anything else is known
ERRORS = (*DAMAGED, TypeError, AttributeError, IndexError, OverflowError)  # of damaged files that are opened


# A damaged file can hold the HDF5 library for ever, or end its process, where attributes are read: another one tries.
LONGEST_TRY = 60  # seconds that it may take
TRY = """
import sys, h5py
with h5py.File(sys.argv[1], "r") as file:
    plain = [name for name in file if isinstance(file.get(name, getlink=True), h5py.HardLink)]
    [dict(own.attrs) for own in (file, *map(file.get, plain))]
"""


def is_netcdf(path):
    """Tell whether an HDF5 file is a NetCDF 4 one: an axis in it has a unit, as the time has."""
    with contextlib.suppress(*ERRORS), h5py.File(path, "r") as file:
        plain = [name for name in file if isinstance(file.get(name, getlink=True), h5py.HardLink)]
        return any("CLASS" in file[name].attrs and "units" in file[name].attrs for name in plain)
    return False


def open_data_set(path):
    """Open a file as an xarray.Dataset: NetCDF 3 by SciPy, NetCDF 4 by h5netcdf, whose damaged files end no process.

    Raises: InputError for what is no NetCDF file, or claims what no memory holds.
    """
    with open(path, "rb") as file:
        start = file.read(8)
    if start[:4] == b"CDF\x05":
        raise InputError(f"{path} is NetCDF in the form CDF-5: nccopy -k nc4 {path.name} {path.stem}_4.nc converts it")
    if start == b"\x89HDF\r\n\x1a\n":
        with refuse_damaged(path, "cannot be read as NetCDF", ERRORS):
            _refuse_hostile(path)
    elif start[:4] not in (b"CDF\x01", b"CDF\x02"):
        raise InputError(f"{path} cannot be read as NetCDF: it begins with {start[:4]!r}")
    engine = "scipy" if start[:3] == b"CDF" else "h5netcdf"
    with refuse_damaged(path, "cannot be read as NetCDF", ERRORS):
        return xarray.open_dataset(path, engine=engine, decode_timedelta=False, cache=False)


def _refuse_hostile(path):
    """Refuse an HDF5 file whose variables lie in other files, or whose axes or blocks no memory holds."""
    try:
        done = subprocess.run([sys.executable, "-I", "-c", TRY, str(path)], capture_output=True, timeout=LONGEST_TRY)
    except subprocess.TimeoutExpired:
        raise InputError(f"{path} cannot be read as NetCDF: it holds the HDF5 library for ever") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().split("\n")[-1][:200]
        raise InputError(f"{path} cannot be read as NetCDF: {said or 'it is damaged'}")
    with h5py.File(path, "r") as file:
        for name in file:
            if not isinstance(file.get(name, getlink=True), h5py.HardLink):
                raise InputError(f"{path}: {name} lies in another file, which is not read")
            own = file[name]
            if not isinstance(own, h5py.Dataset):
                continue
            if own.external or own.is_virtual:
                raise InputError(f"{path}: {name} lies in another file, which is not read")
            block = product(own.chunks or [1]) * own.dtype.itemsize
            if own.ndim == 1 and own.size > LONGEST or block > UNPACKED:
                raise InputError(f"{path}: {name} claims {own.size:,} values, more than any memory holds at once")


def product(sizes):
    """Return the product of whole numbers, however large."""
    return int(np.prod([*sizes], dtype=object))
