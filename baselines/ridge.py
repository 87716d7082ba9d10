"""Ridge regression on the flattened sequence: the simplest model that sees the whole input.

Hoerl and Kennard (1970); its strength is chosen by scikit-learn's efficient leave-one-out cross-validation.
"""

from dataclasses import dataclass, replace

import numpy as np

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
    strength: float  # of the ridge

    def scaled(self, scale):
        """Return the model whose answers are `scale` times those of this one."""
        return replace(self, weights=scale * self.weights, intercept=scale * self.intercept)


def fit(split, targets, flatten, seed):
    """Fit ridge regression to the standardised inputs of a Split, or of a seeded sample where it is large.

    Parameters: targets, function from places in the split (n,) to targets (n, outputs); flatten, function from
    sequences (n, time, ...) float64 to inputs (n, inputs), as in all functions of this file.
    Returns: LinearModel.
    """
    return _fit(split, targets, flatten, seed)[0]


def fit_leave_one_out(split, targets, flatten, seed):
    """Fit as `fit` does, and answer each training sequence by a model that was fitted without it.

    Returns: (LinearModel, answers float64 (n, outputs)).
    """
    options = {"store_cv_results": True, "scoring": "neg_mean_squared_error"}  # the answers, not their errors
    model, rows, ridge = _fit(split, targets, flatten, seed, options)
    answers, best = predict(model, split, flatten), STRENGTHS.tolist().index(ridge.alpha_)
    answers[rows] = ridge.cv_results_[..., best].reshape(len(rows), -1)
    return model, answers


def _fit(split, targets, flatten, seed, options=None):
    """Return (LinearModel, rows that it was fitted to, scikit-learn's RidgeCV, which got `options`)."""
    most = max_training_rows(flatten(split.take(slice(0, 1)).astype(np.float64)).shape[1])
    rows = np.arange(len(split))
    if len(split) > most:
        rows = np.sort(np.random.default_rng(seed).choice(len(split), most, replace=False))
    x, y = flatten(split.take(rows).astype(np.float64)), targets(rows)
    scaler = preprocessing.StandardScaler()
    ridge = linear_model.RidgeCV(STRENGTHS, **options or {}).fit(scaler.fit_transform(x), y)
    weights = ridge.coef_.reshape(y.shape[1], -1).T / scaler.scale_[:, None]
    model = LinearModel(weights, ridge.intercept_ - scaler.mean_ @ weights, len(rows), float(ridge.alpha_))
    return model, rows, ridge


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


def sample_note(model, n):
    """Say so where a LinearModel was fitted to a sample of n training sequences. Returns: list of one line or none."""
    return [f"The linear model was fitted to {model.rows:,} of {n:,} training sequences"] if model.rows < n else []
