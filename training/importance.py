"""What the network looks at: permutation importance (Breiman 2001), for any architecture."""

import numpy as np

from sequences.types import Part
from training.prediction import predict

SHUFFLES = 5  # shuffles of each, for the spread
SEQUENCES = 400  # of the test part that are shuffled at most
FEATURES = 20  # shown at most: more are shuffled in groups of neighbours
TIMES = 10  # groups of neighbouring time steps


def importance(model, data, seed):
    """Shuffle a feature, or a tenth of the time steps, among the test sequences: how much of the score is lost?

    Returns: two dictionaries, of features and of time steps, {name: (mean of the score lost, its standard deviation
    over SHUFFLES shuffles)}; a loss is positive whether the score is better when higher or when lower.
    """
    task, rng = data.task, np.random.default_rng(seed)
    chosen = np.sort(rng.permutation(len(data.test))[:SEQUENCES])
    x, y = data.test.take(chosen), data.test.y[chosen]
    sign = 1 if task.better == "higher" else -1

    def scores(copies):
        part = Part(np.concatenate(copies), np.concatenate([y] * len(copies)), np.arange(len(y) * len(copies)))
        answers = task.decode(predict(model, part), data.state)
        split = np.array_split(answers, len(copies))
        return np.array([task.score_of(Part(x, y, chosen), answer, data.state) for answer in split])

    (whole,) = scores([x])

    def lost(pick):
        copies = []
        for _ in range(SHUFFLES):
            copy, order = x.copy(), rng.permutation(len(x))
            copy[pick] = x[order][pick]
            copies.append(copy)
        losses = sign * (whole - scores(copies))
        return float(losses.mean()), float(losses.std(ddof=1))

    features = {name: lost((..., group)) for name, group in groups(x.shape[-1], FEATURES, data.sequences.columns)}
    times = {name: lost((slice(None), group)) for name, group in groups(x.shape[1], TIMES)}
    return features, times


def groups(count, most, names=None):
    """Divide places into `most` groups of neighbours at most. Returns: a list of (name, slice)."""
    bounds = np.unique(np.linspace(0, count, min(count, most) + 1).astype(int))
    names = names or [str(place) for place in range(count)]
    pairs = zip(bounds, bounds[1:])
    return [(names[a] if b - a == 1 else f"{names[a]} to {names[b - 1]}", slice(a, b)) for a, b in pairs]
