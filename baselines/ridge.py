"""Ridge regression on the flattened sequence: the simplest model that sees the whole input.

Hoerl and Kennard (1970); its strength is chosen by scikit-learn's efficient leave-one-out cross-validation.
"""

from typing import NamedTuple

import numpy as np

from core.lazy import lazy

linear_model = lazy("sklearn.linear_model")
preprocessing = lazy("sklearn.preprocessing")

STRENGTHS = np.logspace(-3, 5, 17)
MOST_VALUES = 2**24  # of the inputs that are fitted: 128 MiB
MOST_WORK = 1e10  # rows × inputs × the smaller of the two: a second or two


class Linear(NamedTuple):
    """A linear model: `x @ weights + intercept` for flattened sequences x (n, inputs) as they are."""

    weights: np.ndarray  # (inputs, outputs)
    intercept: np.ndarray  # (outputs,)
    rows: int  # training sequences that it was fitted to
    strength: float  # of the ridge


def fit(part, targets, flatten, seed):
    """Fit ridge regression to the standardised inputs of a Split, or of a seeded sample where it is large.

    targets: function from places in the part (n,) to targets (n, outputs); flatten: function from sequences
    (n, time, ...) float64 to inputs (n, inputs). Returns: Linear.
    """
    return _fit(part, targets, flatten, seed)[0]


def fit_left_out(part, targets, flatten, seed):
    """Fit as `fit` does, and answer each training sequence by what was fitted without it.

    Returns: (Linear, answers float64 (n, outputs)).
    """
    keeping = {"store_cv_results": True, "scoring": "neg_mean_squared_error"}  # the answers, not their errors
    linear, places, ridge = _fit(part, targets, flatten, seed, keeping)
    answers, best = predict(linear, part, flatten), STRENGTHS.tolist().index(ridge.alpha_)
    answers[places] = ridge.cv_results_[..., best].reshape(len(places), -1)
    return linear, answers


def _fit(part, targets, flatten, seed, options=None):
    """Return (Linear, places that it was fitted to, scikit-learn's model). options: of linear_model.RidgeCV."""
    places = sample(part, flatten, seed)
    x, y = flatten(part.take(places).astype(np.float64)), targets(places)
    scaler = preprocessing.StandardScaler()
    ridge = linear_model.RidgeCV(STRENGTHS, **options or {}).fit(scaler.fit_transform(x), y)
    weights = ridge.coef_.reshape(y.shape[1], -1).T / scaler.scale_[:, None]
    model = Linear(weights, ridge.intercept_ - scaler.mean_ @ weights, len(places), float(ridge.alpha_))
    return model, places, ridge


def scaled(linear, scale):
    """Return a linear model whose answers are `scale` times those of `linear`."""
    return linear._replace(weights=scale * linear.weights, intercept=scale * linear.intercept)


def sample(part, flatten, seed):
    """Return the places of the sequences of a Split that are fitted: all, or a seeded sample where it is large."""
    most = most_rows(flatten(part.take(slice(0, 1)).astype(np.float64)).shape[1])
    if len(part) <= most:
        return np.arange(len(part))
    return np.sort(np.random.default_rng(seed).choice(len(part), most, replace=False))


def most_rows(inputs):
    """Return how many training sequences of so many inputs are fitted: see MOST_VALUES and MOST_WORK."""
    by_work = MOST_WORK / inputs**2 if inputs**3 < MOST_WORK else (MOST_WORK / inputs) ** 0.5
    return max(2, int(min(MOST_VALUES / inputs, by_work)))


def predict(linear, part, flatten):
    """Return what the linear model answers for a Split, float64 (n, outputs)."""
    blocks = [flatten(x.astype(np.float64)) @ linear.weights + linear.intercept for x in part.blocks(1024)]
    return np.concatenate(blocks)


def flat(x):
    """Flatten sequences (n, time, ...) to (n, inputs)."""
    return x.reshape(len(x), -1)


def sampled_note(linear, n):
    """Return a line that says so where the model was fitted to a sample, else nothing."""
    return [f"The linear model was fitted to {linear.rows:,} of {n:,} training sequences"] if linear.rows < n else []
