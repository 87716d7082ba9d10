"""Grids of climate data: where latitude and longitude are, and the cells that REGION chooses."""

from dataclasses import dataclass

import numpy as np

from core.errors import InputError
from core.lazy import lazy
from core.wording import counted
from readers.file_checks import refuse_larger_than_memory
from readers.tables.columns import shorten
from sequences.geography import great_circle

xarray = lazy("xarray")
FAR = 500  # km from a place to its nearest cell: no grid's cells lie so far apart
NAMES = {"latitude": ("lat", "latitude", "nav_lat"), "longitude": ("lon", "longitude", "nav_lon")}
UNITS = {"latitude": ("degrees_north", "degree_north"), "longitude": ("degrees_east", "degree_east")}


@dataclass(frozen=True)
class Grid:
    """The cells of a data set, on one or two dimensions of the file."""

    path: object
    dimensions: list  # names
    latitude: np.ndarray  # of each cell, (size of each dimension,)
    longitude: np.ndarray

    @classmethod
    def find(cls, path, data, variables):
        """Find the grid that variables, names in an xarray.Dataset, lie on. Returns: Grid, None where there is none."""
        used = {dimension for name in variables for dimension in data[name].dims}
        axes = [_axis(data, kind, used) for kind in NAMES]
        if any(axis is None for axis in axes):
            return None
        dimensions = [*dict.fromkeys([*axes[0].dims, *axes[1].dims])]
        refuse_larger_than_memory(path, 16 * int(np.prod([data.sizes[own] for own in dimensions], dtype=object)))
        sizes = {own: data.sizes[own] for own in dimensions}
        return cls(path, dimensions, *(degrees(axis).set_dims(sizes).values for axis in axes))

    def ranges(self):
        """Say how many cells there are and over what they reach."""
        names = zip(("latitude", "longitude"), (self.latitude, self.longitude))
        return f"{self.latitude.size:,} cells ({', '.join(f'{n} {v.min():g} to {v.max():g}' for n, v in names)})"

    def nearest(self, place):
        """Find the cell nearest to a place, [latitude, longitude]. Returns: ({dimension: index}, note)."""
        distance = great_circle(self.latitude, self.longitude, *place)
        cell = np.unravel_index(int(np.nanargmin(distance)), distance.shape)
        which = f"latitude {self.latitude[cell]:g}, longitude {self.longitude[cell]:g}"
        if distance[cell] > FAR:
            raise InputError(
                f"REGION = {place!r} is {distance[cell]:,.0f} km from the nearest cell in {self.path} ({which}), which "
                f"has {self.ranges()}"
            )
        note = f"REGION: the nearest cell is at {which}, {distance[cell]:.0f} km away"
        return {name: [int(index)] for name, index in zip(self.dimensions, cell)}, note

    def box(self, region):
        """Find the cells in a box, [south, west, north, east]. Returns: bool (size of each dimension,)."""
        south, west, north, east = region
        width = 360 if east - west >= 360 else (east - west) % 360
        eastward = (self.longitude - west) % 360
        inside = (self.latitude >= south) & (self.latitude <= north) & (eastward <= width)
        if not inside.any():
            raise InputError(f"REGION = {region!r} holds no cell of {self.path}, which has {self.ranges()}")
        return inside

    def weights(self, inside):
        """Return the area of each cell in a box but for a factor, 0 of others: (size of each dimension,)."""
        return np.where(inside, np.cos(np.radians(self.latitude)), 0.0)


def _axis(data, kind, used):
    """Return the variable that holds the "latitude" or "longitude" of a data set's cells, or None."""
    for name, variable in data.variables.items():
        known = variable.attrs.get("standard_name") == kind or variable.attrs.get("units") in UNITS[kind]
        if variable.dims and {*variable.dims} <= used and (known or name.lower() in NAMES[kind]) and variable.ndim < 3:
            return variable
    return None


def degrees(variable):
    """Return an xarray.Variable as float64, its numbers as they are written: 50.1 in 32 bits is not 50.099998."""
    values = np.asarray(variable.values)
    if values.dtype == np.float32:
        values = values.astype(str)
    return xarray.Variable(variable.dims, values.astype(np.float64))


def choose_cells(path, data, variables, sequence, region):
    """Take the cells of a data set that REGION and SEQUENCE choose.

    Parameters: data, an xarray.Dataset; variables, names of those that are read; sequence, names of dimensions.
    Returns: (data, the dimensions to take the mean over, the weight of each cell (their sizes,) or None, notes).
    Raises: InputError for a grid of which nothing says what is meant.
    """
    grid = Grid.find(path, data, variables)
    if region is None:
        if grid is not None and grid.latitude.size > 1 and not {*grid.dimensions} <= {*sequence}:
            raise _whole_grid(grid, variables)
        return data, [], None, []
    if grid is None:
        raise InputError(f"REGION = {region!r} is impossible: {path} has no grid of latitudes and longitudes")
    if len(region) == 2:
        cell, note = grid.nearest(region)
        data = data.isel(cell)
        return data.isel({name: 0 for name in cell if name not in sequence}), [], None, [note]
    weights = grid.weights(grid.box(region))
    spans = [slice(places.min(), places.max() + 1) for places in np.nonzero(weights)]
    cells, weights = int((weights > 0).sum()), weights[tuple(spans)]
    data = data.isel(dict(zip(grid.dimensions, spans)))
    if {*grid.dimensions} <= {*sequence}:
        return data, [], xarray.DataArray(weights, dims=grid.dimensions), [f"REGION holds {counted(cells, 'cell')}"]
    if {*grid.dimensions} & {*sequence}:
        raise _whole_grid(grid, variables)
    note = f"REGION: the mean of {counted(cells, 'cell')}, weighted by the cosine of the latitude"
    return data, grid.dimensions, xarray.DataArray(weights, dims=grid.dimensions), [note]


def _whole_grid(grid, variables):
    """Return the InputError for a grid of which no constant says what is meant."""
    cells = ", ".join(f'"{name}"' for name in grid.dimensions)
    return InputError(
        f"{grid.path} holds {shorten(variables, 3)} on a grid of {grid.ranges()}: REGION = [latitude, longitude] takes "
        f"the nearest cell, REGION = [south, west, north, east] the mean of a box, SEQUENCE = [{cells}] makes each "
        "cell a series"
    )
