"""Climate data: NetCDF 3 (SciPy) and 4 (h5netcdf) by xarray, one place, the mean of a box, or each cell a series.

Variables over time are columns; time stamps are decoded, packed values scaled, fill values are gaps.
"""

import warnings

import numpy as np

from core.errors import DAMAGED, InputError
from readers.domains.cf_times import time_axis, time_stamps
from readers.domains.grids import choose_cells, degrees
from readers.domains.netcdf_files import open_data_set, product
from readers.file_checks import refuse_damaged, refuse_larger_than_memory
from readers.tables.columns import identifier_columns, shorten
from readers.tables.dataframes import refuse_without
from readers.tables.series import read_series
from readers.tables.table import Table, with_numbers

DAMAGED_LATER = (*DAMAGED, OverflowError)  # what values raise as they are read
FILL = 9e36  # what the NetCDF library writes where nothing was written lies above
ONE = """python -c "import xarray as x; x.open_dataset('{name}').isel({dimension}=0).to_netcdf('one.nc')" """.strip()


def read(path, c, preparation=None):
    """Read a NetCDF file as one series or several: see readers/__init__.py.

    REGION chooses cells of a grid; with its dimensions in SEQUENCE each cell is a series. Variables without the time,
    and bounds of cells, are left out.
    Returns and raises as readers.tables.series.read does; InputError too for a grid of which nothing says what is
    meant, and for another dimension with more than one value.
    """
    refuse_without(path, "xarray", "h5netcdf", "cftime")
    if c.LABEL is not None or c.TASK not in (None, "forecasting"):
        line = f"xarray.open_dataset('{path.name}').to_dataframe().to_csv('{path.stem}.csv')"
        raise InputError(f"{path} is read to be forecast: for another TASK, or a LABEL, make a table of it: {line}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of dates that need cftime
        with refuse_damaged(path, "cannot be read as NetCDF", DAMAGED_LATER), open_data_set(path) as data:
            table, sequence = _table(path, data, c, preparation)
    table = with_numbers(path, table, identifier_columns(c.changed(SEQUENCE=sequence)))
    return read_series(path, [(path, table)], 0, c.changed(SEQUENCE=sequence, TASK="forecasting"), preparation)


def _table(path, data, c, preparation):
    """Return (a Table of the chosen cells of an xarray.Dataset, SEQUENCE as the table has it).

    A row for each cell and time. The columns are the time, the dimensions in SEQUENCE, and the variables.
    """
    time = time_axis(path, data)
    axis = data[time].dims[0]
    sequence = [] if c.SEQUENCE in (None, "file") else c.SEQUENCE if isinstance(c.SEQUENCE, list) else [c.SEQUENCE]
    if unknown := [name for name in sequence if name not in data.sizes or name == axis]:
        could = shorten([name for name in data.sizes if name != axis]) or "none"
        raise InputError(f"SEQUENCE = {c.SEQUENCE!r} is impossible: {unknown[0]!r} is none of the dimensions ({could})")
    names = _variables(data, axis, c, preparation)
    if not names:
        raise InputError(f"{path} holds no variable of numbers over {axis!r} besides {shorten([*data.variables])}")
    data, averaged, weights, notes = choose_cells(path, data, names, sequence, c.REGION)
    data = data.isel(
        {name: 0 for name, size in data.sizes.items() if size == 1 and name not in (axis, *sequence, *averaged)}
    )
    names = _of_one_level(path, data, names, axis, sequence, averaged, c)
    if left_out := [name for name in data.data_vars if name not in names]:
        notes.append(f"variables that are not used: {shorten(left_out)}")
    rows = product(data.sizes[name] for name in (axis, *sequence))
    refuse_larger_than_memory(path, rows * (8 * len(names) * product(data.sizes[name] for name in averaged) + 80))
    sequence = {name: _coordinate(data, name) for name in sequence}
    values = [_values(data[name], axis, sequence, averaged, weights) for name in names]
    kept = ~np.any([np.isnan(own).all(axis=1) for own in values], axis=0)  # cells that have all variables
    if sequence and weights is not None:
        kept &= weights.transpose(*sequence).values.ravel() > 0
    if not kept.any():
        raise InputError(
            f"{path}: {shorten(names)} hold no value there: choose another REGION, or IGNORE what is empty"
        )
    if not kept.all() and weights is None:
        notes.append(f"{(~kept).sum()} of {len(kept)} cells left out: they lack all values of a variable")
    stamps, exist, more = time_stamps(path, data[time])
    cells = np.unravel_index(np.flatnonzero(kept), [*map(len, sequence.values())] or 1)
    axes = [own[places].repeat(len(stamps)) for own, places in zip(sequence.values(), cells)]
    columns = [
        stamps * int(kept.sum()),
        *(own if own.dtype.kind == "f" else own.tolist() for own in axes),
        *(own[kept][:, exist].ravel() for own in values),
    ]
    table = Table([time, *sequence, *names], columns, range(1, len(columns[0]) + 1), True, [*notes, *more])
    return table, [*sequence] or None


def _variables(data, axis, c, preparation):
    """Return the names of the variables of numbers over the time: not the bounds of cells, nor those in IGNORE."""
    bounds = {own.attrs.get("bounds", own.encoding.get("bounds")) for own in data.variables.values()}
    wanted = data.data_vars if preparation is None else preparation.columns
    return [
        name
        for name, own in data.data_vars.items()
        if axis in own.dims
        and own.dtype.kind in "fiu"
        and name in wanted
        and name not in (*bounds, *(c.IGNORE or ()))
        and not name.endswith(("_bnds", "_bounds"))
    ]


def _of_one_level(path, data, names, axis, sequence, averaged, c):
    """Return the variables without a further dimension. Raises: InputError where one to forecast has one."""
    targets = c.TARGET if isinstance(c.TARGET, list) else names if c.TARGET is None else [c.TARGET]
    kept = []
    for name in names:
        others = [own for own in data[name].dims if own not in (axis, *sequence, *averaged)]
        if others and name in targets:
            values = _coordinate(data, others[0])
            span = f"{len(values)} values ({values[0]} to {values[-1]})"
            raise InputError(
                f"{path}: {name} has a dimension {others[0]!r} of {span}: SEQUENCE = "
                f"{[*sequence, others[0]]!r} makes each a series, IGNORE = [{name!r}] leaves the "
                f"variable out, and one value of it is taken by {ONE.format(name=path.name, dimension=others[0])}"
            )
        kept += [] if others else [name]
    return kept


def _values(variable, axis, sequence, averaged, weights):
    """Return a variable as (cells, time) float64, NaN in gaps: of the cells along `sequence`, or of the mean of all."""
    variable = variable.astype(np.float64)
    variable = variable.where(np.abs(variable) < FILL)
    if {*averaged} & {*variable.dims}:
        variable = variable.broadcast_like(weights).weighted(weights).mean(averaged)
    missing = {name: len(cells) for name, cells in sequence.items() if name not in variable.dims}
    variable = variable.expand_dims(missing).transpose(*sequence, axis)
    return variable.values.reshape(-1, variable.sizes[axis])


def _coordinate(data, name):
    """Return what tells places along a dimension apart (n,): numbers, or words, or else their count."""
    if name not in data.variables:
        return np.arange(data.sizes[name], dtype=float)
    variable = data.variables[name]
    return degrees(variable).values if variable.dtype.kind in "fiu" else variable.values.astype(str)
