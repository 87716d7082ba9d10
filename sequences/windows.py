"""Windows: over a series, cut after the split so that nothing straddles it; over streams and new recordings."""

import numpy as np

from core.errors import InputError
from sequences.gaps import fill_gaps
from sequences.types import SPLITS, Split


class Windows:
    """Windows over rows, cut when they are asked for by `x[which]`: those that overlap take no memory of their own."""

    def __init__(self, values, starts, size):
        """values: (rows, features[, ...]); starts: (n,) the first row of each window; size: rows of a window."""
        self.values, self.starts = values, starts
        self.shape, self.dtype = (len(starts), size, *values.shape[1:]), values.dtype

    def __len__(self):
        return len(self.starts)

    @property
    def ndim(self):
        """The number of axes."""
        return len(self.shape)

    def __getitem__(self, which):
        """Cut windows: a slice or whole numbers (n,). Returns: array (n, size, features[, ...])."""
        return self.values[self.starts[which][:, None] + np.arange(self.shape[1])]


class WindowNames:
    """Names of windows, made when they are asked for: the recording and the steps of it."""

    def __init__(self, starts, size, names, begins):
        """starts: (n,) the first row of each window; names, begins: of each recording its name and first row."""
        self.starts, self.size, self.names, self.begins = starts, size, names, begins

    def __len__(self):
        return len(self.starts)

    def __getitem__(self, place):
        """Return the name of one window."""
        recording = int(np.searchsorted(self.begins, self.starts[place], "right")) - 1
        first = self.starts[place] - self.begins[recording]
        return f"{self.names[recording]}, steps {first} to {first + self.size - 1}"


def window_parts(marks, series, window, horizon):
    """Return the part (n,), its place in SPLITS, that holds all targets of each window; -1: none, or of two series.

    marks, series: see forecast_windows.
    """
    n = max(0, len(marks) - window - horizon + 1)
    inside = series[:n] == series[window + horizon - 1 :][:n]
    first, last = marks[window:][:n], marks[window + horizon - 1 :][:n]
    return np.where(inside & (first == last), first, -1)


def forecast_windows(values, targets, marks, series, window, horizon, stride=1):
    """Cut series, one after the other in `values`, into windows of past rows and the values to forecast after each.

    values: (rows, features); targets: (rows, columns), NaN where not measured; marks: (rows,) the part
    of each row, its place in SPLITS, -1 for none; series: (rows,) the series of each. A window lies in one series and
    belongs to the part that holds all of its targets; one whose targets lie in two parts, or of which none was
    measured, is left out. Of the others of each series every stride-th is taken.
    Returns: ({part: Split with x (n, window, features), y (n, horizon, columns) and rows, the first of each window},
    windows left out because nothing was measured).
    """
    part = window_parts(marks, series, window, horizon)
    measured = np.concatenate([[0], np.cumsum(~np.isnan(targets).all(axis=1))])  # rows, up to each
    known = measured[window + horizon :] > measured[window:-horizon]
    windows, parts, empty = Windows(values, np.arange(len(part)), window), {}, 0
    for place, name in enumerate(SPLITS):
        whole = part == place
        empty += int((whole & ~known).sum())
        rows = np.flatnonzero(whole & known)
        _, first, of = np.unique(series[rows], return_index=True, return_inverse=True)
        rows = rows[(np.arange(len(rows)) - first[of]) % stride == 0]  # counted in each series
        y = targets[rows[:, None] + window + np.arange(horizon)]
        parts[name] = Split(windows, y, rows, dtype=values.dtype.name)
    return parts, empty


def cut_around(new, marked, steps, where):
    """Cut new recordings into windows of `steps` around their marked rows, as those of the training set were.

    Parameters: marked is a list of bool (time_i,); where the path, for messages.
    Returns: Sequences with names that give file and place. Raises: InputError where there is no window.
    """
    windows, places = [], []
    for name, x, rows in zip(new.names, new.x, marked):
        for start in np.flatnonzero(rows) - steps // 2:
            if 0 <= start <= len(x) - steps:
                windows.append(x[start : start + steps])
                places.append(f"{name}, steps {start} to {start + steps - 1}")
    if not windows:
        raise InputError(f"{where} has no annotation with {steps} rows around it")
    left_out = sum(rows.sum() for rows in marked) - len(windows)
    note = f"annotations too near to an end of their recording for a window, left out: {left_out}"
    return new.replace(x=windows, names=places, y=None, groups=None).noted(*[note] * bool(left_out))


def cut_recordings(new, steps, where):
    """Cut new sequences that are longer than the network's input into windows of `steps`, every half window.

    The last window ends with the recording. where: the path, for messages.
    Returns: Sequences with names that give file or number and place.
    """
    lengths = [len(x) for x in new.x] if isinstance(new.x, list) else [new.x.shape[1]] * len(new.x)
    if max(lengths) <= steps:
        return new
    new = fill_gaps(new, where)
    names = new.names or [str(i) for i in range(len(lengths))]
    windows, places, measured = [], [], []
    for i, (name, length) in enumerate(zip(names, lengths)):
        sequence = new.x[i]
        starts = [*range(0, max(1, length - steps), max(1, steps // 2)), max(0, length - steps)]
        for start in dict.fromkeys(starts):
            windows.append(sequence[start : start + steps])
            measured.append(None if new.measured is None else new.measured[i][start : start + steps])
            places.append(f"{name}, steps {start} to {min(start + steps, length) - 1}" if length > steps else name)
    note = f"recordings longer than {steps} time steps were cut into windows, every {max(1, steps // 2)} steps"
    measured = None if new.measured is None else measured
    return new.replace(x=windows, names=places, y=None, groups=None, measured=measured).noted(note)
