"""Bands around forecasts: how far the truth may lie from them, learned from the validation part."""

import numpy as np

from reports.intervals import LEVELS, conformal_bands, interval_score


def learn_bands(part, forecasts, state):
    """Learn bands from the forecasts (n, horizon) of a Part that was not trained on.

    Returns: {"bands": see reports.intervals.conformal_bands, "bands_by_level": whether they are in units of `level_of`:
    errors grow with the root of the level where a series counts something; the interval score decides}.
    """
    errors, levels = forecasts - part.y, level_of(part, state)
    by_level = interval_score(errors, levels) < interval_score(errors, np.ones(len(errors)))
    return {"bands": conformal_bands(errors, levels if by_level else np.ones(len(errors))), "bands_by_level": by_level}


def are_bands(state):
    """Tell whether what run.json says of bands is what `learn_bands` can have returned."""

    def is_size(v):
        return type(v) in (int, float) and 0 <= v < np.inf

    bands, horizon = state.get("bands", {}), state["horizon"]
    return (
        isinstance(bands, dict)
        and type(state.get("bands_by_level", False)) is bool
        and all(
            level in LEVELS and isinstance(sizes, list) and len(sizes) == horizon and all(map(is_size, sizes))
            for level, sizes in bands.items()
        )
    )


def level_of(part, state):
    """Return the root of the mean size of the target over each window's last quarter (n,)."""
    last = max(1, part.shape[0] // 4)
    sizes = [np.abs(x[:, -last:, state["column"]].astype(np.float64)).mean(axis=1) for x in part.blocks()]
    return np.sqrt(np.maximum(np.concatenate(sizes), 1e-12))


def half_widths(part, state):
    """Return half the width of each band around the forecasts of a Part: {"80": (n, horizon), ...}."""
    scales = level_of(part, state) if state.get("bands_by_level") else np.ones(len(part))
    return {name: scales[:, None] * np.array(band) for name, band in state.get("bands", {}).items()}
