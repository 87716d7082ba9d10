"""Maps: true and forecast places of tracks, and errors of the cells of a grid. Each returns a Picture."""

import numpy as np

from reports.pictures import MAX_MARKERS, subplots
from reports.rendering import Picture
from sequences.geography import wrapped

MAX_CELLS_PER_VALUE = 4  # of a raster for each place that has a value: with more of them empty, places are dots


def forecast_places(track, begin, true, forecasts, meridian, caption):
    """Draw the end of a track with its forecasts, each joined with the place that it was meant for.

    Parameters: track (time, 2), whose test set has its first place in row `begin`; true and forecasts (n, 2), those of
    the test set at the last step ahead; all are latitude and longitude in degrees, unrolled; NaN where nothing was
    measured; meridian, the least longitude to write.
    """
    figure, (axes,) = subplots(8.5, 4.8, right=2.0)
    many = {"rasterized": len(true) > MAX_MARKERS}
    axes.plot(*track[:begin, ::-1].T, color="0.6", linewidth=1, label="before the test set")
    axes.plot(*track[begin - 1 :, ::-1].T, color="0.35", linewidth=1.2, marker=".", markersize=4, label="true", **many)
    misses = np.stack([true, forecasts, np.full_like(true, np.nan)], axis=1).reshape(-1, 2)
    axes.plot(*misses[:, ::-1].T, color="C1", linewidth=0.8, alpha=0.5, **many)
    dots = {"linestyle": "", "marker": ".", "markersize": 5, "alpha": 0.8}
    axes.plot(*forecasts[:, ::-1].T, color="C1", label="forecast", **dots, **many)
    _finish(axes, true[:, 0])
    axes.xaxis.set_major_formatter(lambda value, _: f"{wrapped(value, meridian):.7g}")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    return Picture(figure, "Map", caption, "map.png")


def errors_of_places(positions, errors):
    """Draw the error (n,) at each of n places, (latitude, longitude) in degrees, NaN where there is none."""
    latitude, longitude = np.array(positions).T
    south_north, row = np.unique(latitude, return_inverse=True)
    west_east, column = np.unique(longitude, return_inverse=True)
    figure, (axes,) = subplots(7.5, 4.6)
    if min(len(south_north), len(west_east)) > 1 and row.max() * column.max() < MAX_CELLS_PER_VALUE * len(errors):
        raster = np.full((len(south_north), len(west_east)), np.nan)
        raster[row, column] = errors
        drawn = axes.pcolormesh(west_east, south_north, raster, cmap="viridis", shading="nearest", rasterized=True)
    else:
        drawn = axes.scatter(longitude, latitude, c=errors, cmap="viridis")
    figure.colorbar(drawn, ax=axes, label="RMSE")
    _finish(axes, latitude)
    return Picture(figure, "Map", "Error of the network at each place", "map.png")


def _finish(axes, latitude):
    """Label the axes of a map; a kilometre is as long to the east as to the north."""
    axes.set(xlabel="longitude", ylabel="latitude")
    axes.ticklabel_format(useOffset=False)
    middle = np.nanmean(latitude) if np.isfinite(latitude).any() else 0.0
    axes.set_aspect(1 / max(0.1, np.cos(np.radians(middle))), adjustable="datalim")
    axes.grid(alpha=0.3)
