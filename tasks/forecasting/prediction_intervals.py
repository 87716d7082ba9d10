"""Prediction intervals: how far the truth may lie from forecasts, learned from the validation set."""

from dataclasses import dataclass

import numpy as np

from evaluation.conformal_prediction import DECILES, LEVELS, conformal_half_widths, interval_score

EDGES = (("low", -1), ("high", 1))  # of an interval


def _constant(split, place):
    return np.ones(len(split))


def _level(split, place):
    """Return the root of the mean size of a column over each window's last quarter (n,)."""
    last = max(1, split.shape[0] // 4)
    sizes = np.concatenate([np.abs(x[:, -last:, place].astype(np.float64)).mean(axis=1) for x in split.blocks()])
    return np.sqrt(np.maximum(sizes, 1e-9 * sizes.mean()) if sizes.any() else np.ones_like(sizes))


def _movement(split, place):
    """Return how far a column lies from its last value over each window, the root of the mean square (n,)."""
    columns = [x[:, :, place].astype(np.float64) for x in split.blocks()]
    moves = np.concatenate([np.sqrt(((x - x[:, -1:]) ** 2).mean(axis=1)) for x in columns])
    return np.maximum(moves, 1e-3 * moves.mean()) if moves.any() else np.ones_like(moves)


WIDTHS = {"constant": _constant, "level": _level, "movement": _movement}


@dataclass(frozen=True)
class PredictionIntervals:
    """Half widths of intervals, in units of a width of each window."""

    half_widths_of: dict[str, list[list[float]]]  # {level in %: for each target the half width at each step ahead}
    width_by: list[str]  # for each target a name in WIDTHS

    @classmethod
    def fit(cls, split, forecasts, places):
        """Learn from the forecasts (n, horizon, targets) of a Split that was not trained on.

        Errors may be as wide everywhere, grow with the root of the level where a series counts something, or, where
        series have scales of their own, follow how much a window moves: the interval score decides, for each target.
        """
        found, chosen = [], []
        for k, place in enumerate(places):
            errors = forecasts[:, :, k] - split.y[:, :, k]
            names = WIDTHS if np.ptp(split.unit[:, k]) else ("constant", "level")
            widths = {name: WIDTHS[name](split, place) for name in names}
            scores = {name: interval_score(errors, width) for name, width in widths.items()}
            chosen.append(min(scores, key=scores.get))
            found.append(conformal_half_widths(errors, widths[chosen[-1]], DECILES | LEVELS))
        levels = [level for level in found[0] if all(level in of_target for of_target in found)]
        return cls({level: [of_target[level] for of_target in found] for level in levels}, chosen)

    def half_widths(self, split, places):
        """Return half the width around the forecasts of a Split: {"20": (n, horizon, targets), ..., "95": ...}."""
        widths = [WIDTHS[by](split, place) for by, place in zip(self.width_by, places)]
        widths = np.stack(widths, axis=1)[:, None]
        return {level: widths * np.array(of_targets).T for level, of_targets in self.half_widths_of.items()}


@dataclass(frozen=True)
class Forecasts:
    """What one method forecasts for a Split, in the units of the series."""

    values: np.ndarray  # (n, horizon, targets)
    half_widths: dict  # of its prediction intervals, {level in %: of the same shape}, {} where none were learned

    @classmethod
    def around(cls, values, intervals, split, places):
        """Put PredictionIntervals, or None, around forecasts of a Split."""
        return cls(values, {} if intervals is None else intervals.half_widths(split, places))

    def shown(self):
        """Return the half widths of the intervals that people see."""
        return {level: size for level, size in self.half_widths.items() if level in LEVELS}
