"""Bands around forecasts: how far the truth may lie from them, learned from the validation set."""

import numpy as np

from evaluation.intervals import LEVELS, conformal_bands, interval_score

EDGES = (("low", -1), ("high", 1))  # of a band


def learn_bands(part, forecasts, state):
    """Learn bands from the forecasts (n, horizon, targets) of a Split that was not trained on.

    Errors may be as wide everywhere, grow with the root of the level where a series counts something, or, where series
    have scales of their own, follow how much a window moves: the interval score decides, for each target.
    Returns: {"bands": {level: for each target its half widths, see conformal_bands}, "bands_by": for
    each target the name in WIDTHS}.
    """
    found, chosen = [], []
    for k, place in enumerate(state["places"]):
        errors = forecasts[:, :, k] - part.y[:, :, k]
        names = WIDTHS if np.ptp(part.unit[:, k]) else ("alike", "level")
        widths = {name: WIDTHS[name](part, place) for name in names}
        scores = {name: interval_score(errors, own) for name, own in widths.items()}
        chosen.append(min(scores, key=scores.get))
        found.append(conformal_bands(errors, widths[chosen[-1]]))
    return {"bands": {level: [band[level] for band in found] for level in found[0]}, "bands_by": chosen}


def are_bands(state):
    """Tell whether what run.json says of bands is what `learn_bands` can have returned."""

    def are_sizes(sizes):
        return (
            isinstance(sizes, list)
            and len(sizes) == state["horizon"]
            and all(type(v) in (int, float) and 0 <= v < np.inf for v in sizes)
        )

    bands, by, count = state.get("bands", {}), state.get("bands_by"), len(state["places"])
    if by is None:
        return bands == {}
    return (
        isinstance(by, list)
        and len(by) == count
        and all(isinstance(name, str) and name in WIDTHS for name in by)
        and isinstance(bands, dict)
        and all(
            level in LEVELS and isinstance(own, list) and len(own) == count and all(map(are_sizes, own))
            for level, own in bands.items()
        )
    )


def _alike(part, place):
    return np.ones(len(part))


def _level(part, place):
    """Return the root of the mean size of a column over each window's last quarter (n,)."""
    last = max(1, part.shape[0] // 4)
    sizes = [np.abs(x[:, -last:, place].astype(np.float64)).mean(axis=1) for x in part.blocks()]
    return np.sqrt(np.maximum(np.concatenate(sizes), 1e-12))


def _movement(part, place):
    """Return how far a column lies from its last value over each window, the root of the mean square (n,)."""
    own = [x[:, :, place].astype(np.float64) for x in part.blocks()]
    moves = np.concatenate([np.sqrt(((x - x[:, -1:]) ** 2).mean(axis=1)) for x in own])
    return np.maximum(moves, np.maximum(1e-3 * moves.mean(), 1e-12))


WIDTHS = {"alike": _alike, "level": _level, "movement": _movement}


def half_widths(part, state):
    """Return half the width of each band around the forecasts of a Split: {"80": (n, horizon, targets), ...}."""
    if not state.get("bands"):
        return {}
    widths = np.stack([WIDTHS[by](part, place) for by, place in zip(state["bands_by"], state["places"])], axis=1)
    return {name: widths[:, None] * np.array(band).T for name, band in state["bands"].items()}
