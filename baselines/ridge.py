"""Ridge regression on the flattened sequence: the simplest model that sees the whole input.

Hoerl and Kennard (1970); its strength is chosen by scikit-learn's efficient leave-one-out cross-validation.
"""

from dataclasses import dataclass, replace

import numpy as np

from baselines import DESCRIPTIONS, LINEAR
from core.lazy import lazy

linear_model = lazy("sklearn.linear_model")
preprocessing = lazy("sklearn.preprocessing")

STRENGTHS = np.logspace(-3, 5, 17)
MAX_VALUES = 2**24  # of the inputs that are fitted: 128 MiB
MAX_WORK = 1e10  # rows × inputs × the smaller of the two: a second or two


@dataclass(frozen=True)
class LinearModel:
    """A linear model: `x @ weights + intercept` for flattened sequences x (n, inputs), not standardised."""

    weights: np.ndarray  # (inputs, outputs)
    intercept: np.ndarray  # (outputs,)
    rows: int  # training sequences that it was fitted to

    def scaled(self, scale):
        """Return the model whose answers are `scale` times those of this one."""
        return replace(self, weights=scale * self.weights, intercept=scale * self.intercept)


def fit(split, targets, flatten, seed):
    """Fit ridge regression to the standardised inputs of a Split, or of a seeded sample where it is large.

    Parameters: targets, function from places in the split (n,) to targets (n, outputs), NaN where nothing was measured;
    flatten, function from sequences (n, time, ...) float64 to inputs (n, inputs), as in all functions of this file.
    Returns: LinearModel. Each output is fitted to the sequences in which it was measured, one that never was is 0; the
    outputs that were measured most often choose the strength for all.
    """
    x, y, rows = _sample(split, targets, flatten, seed)
    weights, intercept = np.zeros((x.shape[1], y.shape[1])), np.zeros(y.shape[1])
    patterns, pattern_of = np.unique(~np.isnan(y), axis=1, return_inverse=True)
    chooses, others = linear_model.RidgeCV(STRENGTHS), None
    for k in np.argsort(-patterns.sum(axis=0) * np.bincount(pattern_of)):
        measured, outputs = patterns[:, k], pattern_of == k
        if measured.any():
            own = slice(None) if measured.all() else measured  # takes no copy
            weights[:, outputs], intercept[outputs] = _solve(x[own], y[own][:, outputs], others or chooses)
            others = linear_model.Ridge(chooses.alpha_)
    return LinearModel(weights, intercept, len(rows))


def fit_held_out(split, targets, flatten, seed, groups):
    """Fit ridge regression as `fit` does, and answer sequences by models that were fitted without their groups.

    Their errors choose the strength. That of a group is (1 - H)⁻¹ times its error in the fit to all, where H is its
    block of the matrix that turns targets into answers: of groups of one, leave-one-out cross-validation.
    Parameters: groups (n,) of the sequences of the Split, whole numbers.
    Returns: (LinearModel, answers float64 (rows, outputs), rows of the Split that are fitted and answered).
    """
    x, y, rows = _sample(split, targets, flatten, seed)
    scaler = preprocessing.StandardScaler()
    z, centred = scaler.fit_transform(x), y - y.mean(axis=0)
    values, vectors = np.linalg.eigh(z @ z.T if len(z) <= z.shape[1] else z.T @ z)
    kept = values > values[-1] * len(values) * np.finfo(float).eps
    values, vectors = values[kept], vectors[:, kept]
    if len(z) > z.shape[1]:
        vectors = z @ vectors / np.sqrt(values)
    members = [np.flatnonzero(groups[rows] == name) for name in np.unique(groups[rows])]
    best, answers, strength = np.inf, None, None
    for alpha in STRENGTHS:
        shrunk = vectors * (values / (values + alpha))
        errors = centred - shrunk @ (vectors.T @ centred)
        for own in members:
            hat = shrunk[own] @ vectors[own].T + 1 / len(z)
            errors[own] = np.linalg.solve(np.eye(len(own)) - hat, errors[own])
        if (errors**2).mean() < best:
            best, answers, strength = (errors**2).mean(), y - errors, alpha
    model = LinearModel(*_solve(x, y, linear_model.Ridge(strength)), len(rows))
    return model, answers, rows


def _sample(split, targets, flatten, seed):
    """Return (inputs (rows, inputs), targets (rows, outputs), rows of the split that are fitted)."""
    most = max_training_rows(flatten(split.take(slice(0, 1)).astype(np.float64)).shape[1])
    rows = np.arange(len(split))
    if len(split) > most:
        rows = np.sort(np.random.default_rng(seed).choice(len(split), most, replace=False))
    return flatten(split.take(rows).astype(np.float64)), targets(rows), rows


def _solve(x, y, ridge):
    """Fit scikit-learn's `ridge` to standardised inputs. Returns: (weights, intercept), not standardised."""
    scaler = preprocessing.StandardScaler()
    ridge.fit(scaler.fit_transform(x), y)
    weights = ridge.coef_.reshape(y.shape[1], -1).T / scaler.scale_[:, None]
    return weights, ridge.intercept_ - scaler.mean_ @ weights


def max_training_rows(inputs):
    """Return how many training sequences of so many inputs are fitted at most: see MAX_VALUES and MAX_WORK."""
    by_work = MAX_WORK / inputs**2 if inputs**3 < MAX_WORK else (MAX_WORK / inputs) ** 0.5
    return max(2, int(min(MAX_VALUES / inputs, by_work)))


def predict(model, split, flatten):
    """Return what a LinearModel answers for a Split, float64 (n, outputs)."""
    blocks = [flatten(x.astype(np.float64)) @ model.weights + model.intercept for x in split.blocks(1024)]
    return np.concatenate(blocks)


def flat(x):
    """Flatten sequences (n, time, ...) to (n, inputs)."""
    return x.reshape(len(x), -1)


def sample_note(model, n, name=LINEAR):
    """Say so where a LinearModel was fitted to a sample of n training sequences. Returns: list of one line or none."""
    fitted = DESCRIPTIONS[name].capitalize()
    return [f"{fitted} was fitted to {model.rows:,} of {n:,} training sequences"] if model.rows < n else []
