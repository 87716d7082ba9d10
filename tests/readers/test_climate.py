"""NetCDF: one place, a box or every cell of a grid as series, against values worked out by NumPy and xarray."""

import h5py
import numpy as np
import pytest
import xarray as xr

from core.errors import InputError
from tests.conftest import load

TIMES = np.arange("2001-01-01T00", "2001-01-06T00", 6, dtype="datetime64[h]").astype("datetime64[ns]")
LATITUDES, LONGITUDES = np.array([60.0, 50.0, 40.0]), np.array([0.0, 10.0, 350.0])
VALUES = np.random.default_rng(0).normal(280, 5, (len(TIMES), 3, 3)).round(2)


def data_set(values=VALUES, times=TIMES, **more):
    coordinates = {"time": times, "lat": LATITUDES, "lon": LONGITUDES}
    return xr.Dataset({"t2m": (("time", "lat", "lon"), values), **more}, coordinates)


def written(tmp_path, data=None, name="d.nc", **options):
    options = {"engine": "scipy", **options}  # NetCDF 3
    path = tmp_path / name
    (data_set() if data is None else data).to_netcdf(path, **options)
    return str(path)


def series(path, **constants):
    """Load a series. Returns: (its values (time, features), Data)."""
    data = load(DATASET=path, **{"WINDOW": 3, "TARGET": "t2m", **constants})
    return data.sequences.x[0], data


@pytest.mark.parametrize("name", ["d.nc", "d.h5", "d.nc4"])
def test_the_nearest_cell_is_read_and_said(tmp_path, name):
    x, data = series(written(tmp_path, name=name, engine="h5netcdf"), REGION=[48, -8])  # 352 degrees east
    np.testing.assert_allclose(x[:, 0], VALUES[:, 1, 2])
    assert any("latitude 50, longitude 350, 2" in note for note in data.sequences.notes)
    np.testing.assert_array_equal(data.sequences.times[0], TIMES.astype("datetime64[s]"))


def test_the_mean_of_a_box_has_cosine_weights_and_leaves_gaps_out(tmp_path):
    values = VALUES.copy()
    values[2, 0, 0] = np.nan
    x, _ = series(written(tmp_path, data_set(values)), REGION=[45, -20, 65, 5])  # across Greenwich
    weights = np.cos(np.radians([[60, 60], [50, 50]]))
    expected = np.array(
        [np.nansum(own * weights) / weights[~np.isnan(own)].sum() for own in values[:, :2][:, :, [0, 2]]]
    )
    np.testing.assert_allclose(x[:, 0], expected)


def test_each_cell_is_a_series(tmp_path):
    values = VALUES.copy()
    values[:, 0, 1] = np.nan  # as land in the sea
    _, data = series(written(tmp_path, data_set(values)), SEQUENCE=["lat", "lon"])
    assert data.sequences.names == ["60 0", "60 350", "50 0", "50 10", "50 350", "40 0", "40 10", "40 350"]
    assert data.sequences.positions[1] == (60.0, 350.0)
    np.testing.assert_allclose(data.sequences.x[3][:, 0], VALUES[:, 1, 1])
    assert any(note.startswith("1 of 9 cells left out") for note in data.sequences.notes)
    _, data = series(written(tmp_path), SEQUENCE=["lon", "lat"], REGION=[45, -20, 65, 5])
    np.testing.assert_allclose(data.sequences.x[2][:, 0], VALUES[:, 0, 2])


def test_packed_values_are_scaled_and_fill_values_are_gaps(tmp_path):
    values = VALUES.copy()
    values[[3, 7], 0, 0] = np.nan
    packed = {"t2m": {"dtype": "int16", "scale_factor": 0.01, "add_offset": 280.0, "_FillValue": -32768}}
    _, data = series(written(tmp_path, data_set(values), encoding=packed), REGION=[60, 0])
    measured = data.sequences.measured[0][:, 0]
    np.testing.assert_array_equal(np.flatnonzero(~measured), [3, 7])
    np.testing.assert_allclose(data.sequences.x[0][measured, 0], values[measured, 0, 0], atol=0.006)
    assert "2 empty cells were carried forward from the row before" in data.sequences.notes


def test_a_grid_needs_a_region(tmp_path):
    with pytest.raises(InputError, match=r"9 cells \(latitude 40 to 60, longitude 0 to 350\).*REGION.*SEQUENCE = \["):
        series(written(tmp_path))
    with pytest.raises(InputError, match="REGION = .-80, 0. is 13,343 km from the nearest"):  # 120 degrees of 6371 km
        series(written(tmp_path), REGION=[-80, 0])
    with pytest.raises(InputError, match="holds no cell"):
        series(written(tmp_path), REGION=[0, 0, 5, 5])


def test_auxiliary_variables_are_left_out_and_levels_asked(tmp_path):
    bounds = {"time_bnds": (("time", "nv"), np.zeros((len(TIMES), 2))), "mask": (("lat", "lon"), np.ones((3, 3)))}
    level = {"wind": (("time", "level", "lat", "lon"), np.stack([VALUES, VALUES], axis=1)), "level": [850, 500]}
    path = written(tmp_path, data_set(sst=(("time", "lat", "lon"), VALUES + 1), **bounds, **level))
    _, data = series(path, REGION=[60, 0])
    assert data.sequences.columns == ["t2m", "sst"]
    left_out = next(note for note in data.sequences.notes if note.startswith("variables that are not used: "))
    assert {*left_out.split(": ")[1].split(", ")} == {"time_bnds", "mask", "wind"}
    with pytest.raises(
        InputError, match=r"wind has a dimension 'level' of 2 values \(850.0 to 500.0\).*isel\(level=0\)"
    ):
        series(path, REGION=[60, 0], TARGET="wind")
    _, data = series(path, REGION=[60, 0], TARGET="wind", SEQUENCE=["level"], IGNORE=["t2m", "sst"])
    assert data.sequences.names == ["850", "500"]


@pytest.mark.parametrize(("calendar", "lost"), [("noleap", 0), ("360_day", 2)])
def test_calendars_of_models_keep_their_hours_and_months(tmp_path, calendar, lost):
    """Of 360 days, 29 and 30 February 2001 stand in no other calendar; 28 February is there."""
    times = xr.date_range("2001-02-20", periods=20, freq="D", calendar=calendar, use_cftime=True)
    times = times + np.timedelta64(18, "h").astype("timedelta64[s]").item()
    data = data_set().isel(lat=0, lon=0).assign_coords(time=times)
    _, data = series(written(tmp_path, data), KNOWN=["hour", "month"])
    stamps = data.sequences.times[0]
    expected = [(own.month, own.day, 18) for own in times if (own.month, own.day) not in ((2, 29), (2, 30))]
    assert [(t.month, t.day, t.hour) for t in stamps.tolist()] == expected
    assert any(f"{lost} rows were left out" in note for note in data.sequences.notes) == bool(lost)


def test_hostile_files_are_refused_in_one_line(tmp_path):
    path = tmp_path / "d.nc"
    with h5py.File(path, "w") as file:
        file.create_dataset("time", (10**12,), "f8", chunks=(1000,)).attrs["units"] = "days since 2000-01-01"
    with pytest.raises(InputError, match="time claims 1,000,000,000,000 values"):
        series(str(path))
    with h5py.File(path, "w") as file:
        file["time"] = h5py.ExternalLink("/etc/passwd", "x")
    with pytest.raises(InputError, match="lies in another file"):
        series(str(path))
    path.write_bytes(b"GRIB" * 99)
    with pytest.raises(InputError, match="begins with b'GRIB'"):
        series(str(path))
    path.with_suffix(".grib").write_bytes(b"GRIB" * 99)
    with pytest.raises(InputError, match="cfgrib"):
        series(str(path.with_suffix(".grib")))
