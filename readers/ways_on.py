"""Formats that are not read, and what leads on from each."""

import os

PICKLE = "opening a pickle runs the code in it, so none is read. Where you trust it, save what it holds from Python: "
PANDAS = 'in Python, pandas.{}("{{name}}").to_csv("{{stem}}.csv") makes a table of it'
# Suffix: the way on from a file of this name.
WAYS_ON = {
    **dict.fromkeys(
        (".pkl", ".pickle", ".joblib", ".pt", ".pth"),
        PICKLE + 'a DataFrame with df.to_csv("{stem}.csv"), arrays with np.savez("{stem}.npz", X=X, y=y)',
    ),
    **dict.fromkeys((".xls", ".xlsb", ".ods"), PANDAS.format("read_excel")),
    **dict.fromkeys((".sas7bdat", ".xpt"), PANDAS.format("read_sas")),
    ".sav": PANDAS.format("read_spss"),
    ".dta": PANDAS.format("read_stata"),
    ".orc": PANDAS.format("read_orc"),
    **dict.fromkeys(
        (".mha", ".mhd", ".nrrd"),
        'in Python, SimpleITK.WriteImage(SimpleITK.ReadImage("{name}"), "{stem}.nii.gz") writes it as NIfTI',
    ),
    **dict.fromkeys(
        (".hdr", ".img"), 'in Python, nibabel.save(nibabel.load("{name}"), "{stem}.nii.gz") writes it as NIfTI'
    ),
    **dict.fromkeys(
        (".grib", ".grb", ".grib2", ".grb2"),
        'pip install xarray cfgrib h5netcdf, then in Python xarray.open_dataset("{name}", engine="cfgrib")'
        '.to_netcdf("{stem}.nc") makes NetCDF of it',
    ),
    **dict.fromkeys(
        (".nc", ".nc4"),
        'name one file; in Python, xarray.open_mfdataset([...]).to_netcdf("all.nc") makes one of several',
    ),
    ".zarr": 'in Python, xarray.open_zarr("{name}").to_netcdf("{stem}.nc") makes NetCDF of it',
    ".rds": 'in R, write.csv(readRDS("{name}"), "{stem}.csv", row.names = FALSE) makes a table of it',
    **dict.fromkeys((".rda", ".rdata"), 'in R, load("{name}"), then write.csv(...) of the table in it, makes one'),
    **dict.fromkeys((".zip", ".tar", ".tgz", ".7z", ".rar"), "unpack it, and name the folder or the file in it"),
    **dict.fromkeys((".gz", ".bz2", ".xz", ".zst"), "unpack it, and name the file in it"),
}


def way_of(name):
    """Say what leads on from a file of this name, of a format that is not read; None where nothing is known."""
    stem, suffix = os.path.splitext(name)
    if not suffix:
        return "its name has no suffix that says what it is: rename it, .txt or .tsv say"
    return WAYS_ON[suffix.lower()].format(name=name, stem=stem) if suffix.lower() in WAYS_ON else None


def way_on(file, allowed):
    """Say what leads on from a file of no known format, for the end of a message. allowed: suffixes to name else."""
    way = way_of(file.name)
    return f": {way}" if way else f"; allowed are {', '.join(allowed)}"
