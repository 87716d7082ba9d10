"""Forecasts of places: how longitudes are written, and errors in kilometres."""

from dataclasses import dataclass

import numpy as np

from evaluation.intervals import mean_of_measured
from sequences.geography import LATITUDE, LONGITUDE, great_circle, wrapped


@dataclass(frozen=True)
class Track:
    """Which of the targets are latitude and longitude."""

    latitude: int | None  # place among the targets; None: the longitude alone is forecast
    longitude: int
    meridian: float  # the least longitude as the file writes it

    @classmethod
    def find(cls, series, targets):
        """Find the longitude among targets, names, of series that move. Returns: Track or None."""
        if series.meridian is None:
            return None
        found = [
            [k for k, name in enumerate(targets) if form.search(str(name))] or [None] for form in (LATITUDE, LONGITUDE)
        ]
        (latitude, *_), (longitude, *_) = found
        return None if longitude is None else cls(latitude, longitude, series.meridian)

    def as_written(self, values):
        """Return values (..., targets) with the longitude put back to where the file has it."""
        values = values.copy()
        values[..., self.longitude] = wrapped(values[..., self.longitude], self.meridian)
        return values

    def places(self, values):
        """Return the latitudes and longitudes (...,) of values (..., targets)."""
        return values[..., self.latitude], values[..., self.longitude]

    def figures(self, true, answers):
        """Return the mean and median error in km of answers, {name: (n, horizon, targets)}, over all and per step.

        Nothing where the latitude is not forecast.
        """
        if self.latitude is None:
            return {}
        found = {}
        for name, values in answers.items():
            errors = great_circle(*self.places(true), *self.places(values))
            steps = mean_of_measured(errors, axis=0)
            found[name] = {
                "mean": float(mean_of_measured(errors)),
                "median": float(np.nanmedian(errors)),
                "per_step": [None if np.isnan(step) else float(step) for step in steps],
            }
        return {"kilometres": found}
